//! Rules for the details of clients: countries, e-mail addresses, telephone numbers, and the topics of mails that a person
//! wants; and the pages of the client area.
//!
//! What clients buy, owe or ask is never here: orders, invoices and tickets have rules of their own beside this folder.

pub mod country;
pub mod destination;
pub mod email;
pub mod notice;
pub mod permission;
pub mod phone;
pub mod preferences;
pub mod topic;
