//! Departments, tickets and announcements.
//!
//! The content of attached files is never here: tables have only their names, and [`crate::attachments`] stores the files.

pub mod announcements;
pub mod departments;
pub mod messages;
pub mod overview;
pub mod parties;
pub mod predefined;
pub mod received_mails;
pub mod removal;
pub mod replies;
pub mod spam_filters;
pub mod statuses;
pub mod ticket_details;
pub mod tickets;
pub mod views;
