//! The pages: one file for each, with what its forms do.

pub mod automation;
pub mod books;
pub mod calls;
pub mod credentials;
pub mod invitations;
mod jobs;
pub mod log_in;
pub mod outbox;
pub mod overview;
pub mod roles;
pub mod sessions;
pub mod settings;
mod stored;
pub mod stories;
