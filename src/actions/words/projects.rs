//! Error texts for the refusals of [`crate::operations::projects`].

use super::ErrorText;
use super::clients::CLIENT_NOT_FOUND;
use super::support::STAFF_NOT_FOUND;
use crate::error::Error;
use crate::operations::projects::Refusal;

pub const NOT_ACTIVE: &str = "Project Management is not active.";
pub const PROJECT_NOT_FOUND: &str = "Project ID Not Found";
pub const TASK_NOT_FOUND: &str = "Task ID Not Found";
pub const TIMER_NOT_FOUND: &str = "Timer ID Not Found";
/// The documentation spells what is missing in several ways, one for each group of actions; this is that of UpdateProject.
pub const PROJECT_NOT_SET: &str = "Project ID Not Set";
pub const PROJECT_NOT_SET_SMALL: &str = "Project ID not Set";
pub const PROJECT_REQUIRED: &str = "Project ID is Required";
pub const TASK_REQUIRED: &str = "Task ID is Required";
pub const TIMER_NOT_SET: &str = "Timer ID Not Set";
/// Not documented.
pub const NOT_UNIX_TIME: &str = "Times of timers are in seconds since 1970";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        Error::Refused(match self {
            Refusal::NotActive => NOT_ACTIVE,
            Refusal::ProjectNotFound => PROJECT_NOT_FOUND,
            Refusal::TaskNotFound => TASK_NOT_FOUND,
            Refusal::TimerNotFound => TIMER_NOT_FOUND,
            Refusal::ClientNotFound => CLIENT_NOT_FOUND,
            Refusal::StaffNotFound => STAFF_NOT_FOUND,
        })
    }
}
