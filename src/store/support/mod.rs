//! Departments and tickets.
//!
//! The content of attached files is never here: tables have only their names, and [`crate::attachments`] stores the files.

pub mod departments;
pub mod overview;
pub mod parties;
pub mod replies;
pub mod statuses;
pub mod ticket_details;
pub mod tickets;
pub mod views;
