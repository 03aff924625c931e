//! Error texts for the refusals of [`crate::operations::support`].

use super::ErrorText;
use super::clients::CONTACT_NOT_FOUND;
use super::services::SERVICE_NOT_FOUND;
use crate::attachments::RejectedFile;
use crate::error::Error;
use crate::operations::Refusal as _;
use crate::operations::support::Refusal;

pub const TICKET_NOT_FOUND: &str = "Ticket ID Not Found";
pub const NO_TICKET: &str = "Ticket ID Required";
pub const REPLY_REQUIRED: &str = "Reply ID Required";
pub const REPLY_IN_FUTURE: &str = "Reply creation date cannot be in the future";
/// Not documented: WHMCS names no error for an announcement without a title.
pub const NO_TITLE: &str = "Title is required";
pub const REPLY_NOT_FOUND: &str = "Reply ID Not Found";
pub const NOTE_NOT_FOUND: &str = "Note ID Not Found";
pub const ANNOUNCEMENT_NOT_FOUND: &str = "Announcement ID Not Found";
/// Not documented; a published client expects it.
pub const SENDER_IS_CLIENT: &str = "A Client Cannot Be Blocked";
pub const NO_FILES: &str = "No Attachments Found";
pub const FILES_REMOVED: &str = "Attachments Deleted";
pub const NO_SUCH_FILE: &str = "Invalid Attachment Index";
/// The beginning of the text; the ids follow.
pub const NOT_MERGEABLE: &str = "Invalid Merge Ticket IDs:";
pub const USER_NOT_FOUND: &str = "The system cannot find the provided user ID.";
pub const DEPARTMENT_NOT_FOUND: &str = "Department ID Not Found";
pub const STAFF_NOT_FOUND: &str = "Admin ID Not Found";
pub const DOMAIN_NOT_FOUND: &str = "Domain ID Not Found";
pub const NO_SENDER: &str = "Name and email address are required if not a client";
pub const NO_SUBJECT: &str = "Subject is required";
pub const NO_MESSAGE: &str = "Message is required";
pub const NOT_AN_EMAIL: &str = "Email Address Invalid";
pub const NOT_A_PRIORITY: &str = "Invalid Ticket Priority. Valid priorities are: Low,Medium,High";
pub const NOT_A_TIME: &str = "Invalid Date Format";
pub const CREATED_IN_FUTURE: &str = "Ticket creation date cannot be in the future";
pub const NO_NUMBER: &str = "Unable to generate ticket number";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        let code = self.code();
        let with_details = |message: String| Error::RefusedAs { code, message };
        match self {
            Refusal::TicketNotFound => Error::Refused(TICKET_NOT_FOUND),
            Refusal::ReplyNotFound => Error::Refused(REPLY_NOT_FOUND),
            Refusal::NoteNotFound => Error::Refused(NOTE_NOT_FOUND),
            Refusal::AnnouncementNotFound => Error::Refused(ANNOUNCEMENT_NOT_FOUND),
            Refusal::NotMergeable { ids } => with_details(format!("{NOT_MERGEABLE} {}", ids.join(", "))),
            Refusal::SenderIsClient => Error::Refused(SENDER_IS_CLIENT),
            Refusal::NoFiles => Error::Refused(NO_FILES),
            Refusal::FilesRemoved => Error::Refused(FILES_REMOVED),
            Refusal::NoSuchFile => Error::Refused(NO_SUCH_FILE),
            Refusal::UserNotFound => Error::Refused(USER_NOT_FOUND),
            Refusal::ContactNotFound => Error::Refused(CONTACT_NOT_FOUND),
            Refusal::DepartmentNotFound => Error::Refused(DEPARTMENT_NOT_FOUND),
            Refusal::StaffNotFound => Error::Refused(STAFF_NOT_FOUND),
            Refusal::ServiceNotFound => Error::Refused(SERVICE_NOT_FOUND),
            Refusal::DomainNotFound => Error::Refused(DOMAIN_NOT_FOUND),
            Refusal::InvalidStatus { valid } => with_details(invalid_status(&valid)),
            Refusal::CreatedInFuture => Error::Refused(CREATED_IN_FUTURE),
            Refusal::FileRejected(reason) => with_details(rejected_file(&reason)),
            Refusal::NoUnusedNumber => Error::Refused(NO_NUMBER),
        }
    }
}

/// The error text for an unknown ticket status, which lists the valid ones.
pub fn invalid_status(valid: &str) -> String {
    format!("Invalid Ticket Status. Valid statuses are: {valid}")
}

fn rejected_file(reason: &RejectedFile) -> String {
    match reason {
        RejectedFile::TooMany { limit } => format!("At most {limit} attachments are allowed"),
        RejectedFile::TypeNotAllowed { name, allowed } => {
            format!("Attachment {name}: this type of file is not allowed. Allowed are {}", allowed.join(", "))
        }
        RejectedFile::TooLarge { name, limit } => format!("Attachment {name}: at most {limit} bytes are allowed"),
    }
}
