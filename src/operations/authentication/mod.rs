//! Credentials of programs that log clients in elsewhere (OAuth), single sign-on, and texts that only holders of the operator's keys
//! can read.

pub mod console;
mod oauth;
mod reseal;
mod sealed;
mod sessions;
mod sso;

use super::Result;
use crate::keyring::KeyringError;

pub use oauth::{
    API_SCOPE, ApiRights, CreatedCredential, CredentialUpdate, Grant, NewCredential, create, delete,
    find_by_identifier, hashed, secret, update,
};
pub use reseal::{Resealed, reseal};
pub use sealed::{seal, unseal};
pub use sessions::{LoggedIn, PlannedSession, SessionOf};
pub use sso::{SignedIn, SsoRefusal, SsoUser, create_token, find_user, redeem_token};

/// The reasons for which a credential is not stored or changed, or a text not sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    CredentialNotFound,
    NameMissing,
    ServiceMissing,
    NoScope,
    ScopeNotFound(String),
    ServiceNotFound,
    /// The client of the service does not exist.
    ServiceWithoutClient,
    /// A WHMCS on the same database made the secret with a key of its own, and knows no other.
    SecretOfWhmcs,
    /// The caller has no API credential, whose rights a program could have.
    NoMaker,
    /// Another API credential made the credential, and it has the rights of that.
    NotTheMaker,
    /// A credential of a program stays one, and no other becomes one.
    GrantIsFixed,
    /// This server has no keys.
    NoKeys,
    /// The text was sealed with another key, by another program, or for another purpose.
    NotReadable,
}

impl super::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::CredentialNotFound => "credential_not_found",
            Refusal::NameMissing => "name_missing",
            Refusal::ServiceMissing => "service_missing",
            Refusal::NoScope => "no_scope",
            Refusal::ScopeNotFound(_) => "scope_not_found",
            Refusal::ServiceNotFound => "service_not_found",
            Refusal::ServiceWithoutClient => "service_without_client",
            Refusal::SecretOfWhmcs => "secret_of_whmcs",
            Refusal::NoMaker => "no_credential_of_the_caller",
            Refusal::NotTheMaker => "not_the_maker",
            Refusal::GrantIsFixed => "grant_is_fixed",
            Refusal::NoKeys => "no_keys",
            Refusal::NotReadable => "not_readable",
        }
    }
}

impl From<KeyringError> for Refusal {
    fn from(error: KeyringError) -> Refusal {
        match error {
            KeyringError::NoKeys | KeyringError::NoRandomness(_) => Refusal::NoKeys,
            KeyringError::UnknownKey(_) | KeyringError::Damaged => Refusal::NotReadable,
        }
    }
}
