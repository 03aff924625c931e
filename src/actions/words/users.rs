//! Error texts for the refusals of [`crate::operations::users`].

use super::ErrorText;
use super::clients::USER_EXISTS;
use crate::error::Error;
use crate::operations::users::Refusal;

pub const USER_NOT_FOUND: &str = "Invalid user id";
pub const CLIENT_NOT_FOUND: &str = "Invalid client id";
pub const NOT_AN_EMAIL: &str = "The email address entered is not valid";
pub const NOT_A_MEMBER: &str = "User is not associated with client";
pub const ALREADY_A_MEMBER: &str = "User already associated with client";
pub const OWNER_NOT_REMOVABLE: &str = "You cannot remove the account owner";
pub const OWNER_HAS_ALL: &str = "Permissions cannot be set on a client owner";
pub const NO_PERMISSIONS: &str = "Missing permissions definition";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        Error::Refused(match self {
            Refusal::UserNotFound => USER_NOT_FOUND,
            Refusal::ClientNotFound => CLIENT_NOT_FOUND,
            Refusal::UserExists => USER_EXISTS,
            Refusal::NotAMember => NOT_A_MEMBER,
            Refusal::AlreadyAMember => ALREADY_A_MEMBER,
            Refusal::OwnerNotRemovable => OWNER_NOT_REMOVABLE,
            Refusal::OwnerHasAll => OWNER_HAS_ALL,
            Refusal::NoPermissions => NO_PERMISSIONS,
            Refusal::PasswordChanged => "The password has changed meanwhile",
        })
    }
}
