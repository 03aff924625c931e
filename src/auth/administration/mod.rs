//! Decisions of operators about who may call: credentials and roles. The command line and the console make them.
//!
//! What is done runs in the caller's transaction. Secrets are made here, and told once.

mod credentials;
mod roles;

pub use credentials::{
    Change, Created, CredentialCommand, CredentialRefusal, Rotation, credential, holds,
    perform as administer_credential,
};
pub use roles::{RoleCommand, RoleRefusal, is_grantable, perform as administer_role, permissions_of, role};

/// A refusal in words for the operator.
pub type Result<T, R> = crate::error::Result<std::result::Result<T, R>>;
