//! Users: who log in, and what they may do for which clients. How they log in is in `clients`, which they come with.
//!
//! A client has one owner, who has all permissions and is never removed; nothing here changes who that is. Users and clients
//! have names and addresses of their own, which do not follow each other.

mod accounts;
mod invites;
mod mails;
mod memberships;
mod tokens;

use super::Result;

pub use accounts::{NewAccount, add, change_password, check_new, reset_password, update};
pub use invites::invite;
pub use memberships::{permissions, remove_from_client, set_permissions};

/// The reasons for which a change of a user is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    UserNotFound,
    ClientNotFound,
    /// A user has the e-mail address already.
    UserExists,
    /// The user may not act for the client at all.
    NotAMember,
    /// The user may act for the client already.
    AlreadyAMember,
    /// The owner cannot be removed.
    OwnerNotRemovable,
    /// The owner has all permissions.
    OwnerHasAll,
    /// No permission that exists was named.
    NoPermissions,
    /// The password has changed while the old one was checked.
    PasswordChanged,
}

impl super::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::UserNotFound => "user_not_found",
            Refusal::ClientNotFound => "client_not_found",
            Refusal::UserExists => "user_exists",
            Refusal::NotAMember => "not_a_member",
            Refusal::AlreadyAMember => "already_a_member",
            Refusal::OwnerNotRemovable => "owner_not_removable",
            Refusal::OwnerHasAll => "owner_has_all",
            Refusal::NoPermissions => "no_permissions",
            Refusal::PasswordChanged => "password_changed",
        }
    }
}
