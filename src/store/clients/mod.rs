//! Clients, their users, contacts, groups, custom fields and notes.
//!
//! Tables of other areas are never changed here, except when a client is closed or removed.

pub mod client;
pub mod client_closing;
pub mod client_removal;
pub mod contacts;
pub mod custom_fields;
pub mod details;
pub mod groups;
pub mod list;
pub mod memberships;
pub mod notes;
pub mod person;
pub mod preferences;
pub mod statistics;
pub mod users;
