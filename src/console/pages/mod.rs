//! The pages: one file for each, with what its forms do.

pub mod credentials;
pub mod invitations;
pub mod log_in;
pub mod overview;
pub mod roles;
pub mod sessions;
pub mod settings;
