//! Authentication and authorization.
//!
//! This module finds out who is calling and from which address, and decides which actions they may call. What an action
//! does, and how a request arrives over HTTP, is unknown here.

pub mod administration;
mod authenticator;
pub mod bans;
pub mod console;
pub mod failures;
mod keys;
pub mod login;
pub mod password;
pub mod permission;
pub mod rate_limits;
pub mod second_factor;
pub mod secret;
pub mod sessions;
pub mod tokens;
mod verifier;

use crate::domain::Author;
use crate::domain::id::ClientId;
use crate::store::system::credentials::Sought;
use crate::wire::Parameters;

pub use authenticator::{AuthAttempt, Authenticator};
pub use keys::KeyOf;
use permission::{Audience, Permissions, Target};
use rate_limits::{CallerId, OwnLimits};

/// The credentials that a request carries.
#[derive(Debug, Clone, Copy)]
pub struct Login<'p> {
    pub identifier: &'p str,
    pub secret: &'p str,
    /// Whether it was sent as `username` and `password`, for which old clients send the MD5 sum of the secret.
    is_legacy: bool,
}

impl<'p> Login<'p> {
    /// What the credential is looked up by.
    fn sought(self) -> Sought<&'p str> {
        let by_sum = self.is_legacy && secret::is_md5_hex(self.secret);
        Sought::Identifier { identifier: self.identifier, by_sum }
    }

    /// Reads `identifier` and `secret`, or the same pair in `username` and `password`. Empty values count as not sent.
    pub fn from_parameters(parameters: &'p Parameters) -> Option<Login<'p>> {
        let pair = |identifier, secret, is_legacy| {
            let (identifier, secret) = (parameters.text(identifier)?, parameters.text(secret)?);
            Some(Login { identifier, secret, is_legacy })
        };
        pair("identifier", "secret", false).or_else(|| pair("username", "password", true))
    }
}

/// An authenticated caller.
pub struct Caller {
    pub id: CallerId,
    pub author: Author,
    /// The credential's identifier, or the user name of staff.
    pub name: String,
    pub limits: OwnLimits,
    rights: Rights,
}

enum Rights {
    /// The caller's credential is verified by the upstream, which decides about each call.
    Unverified,
    /// A member of staff who logs in with a password may call everything, and custom actions if a setting says so.
    Staff { custom_actions: bool },
    /// The caller may call the actions that at least one of the roles permits.
    Roles(Vec<Permissions>),
    /// The caller is a client, and may do what clients may do for themselves.
    Client(ClientId),
    /// Nobody is known of whom there are no rights.
    Guest,
    /// The caller has a token, and may call the actions of these names that at least one of the roles permits.
    Token { roles: Vec<Permissions>, actions: Vec<String> },
}

impl Caller {
    pub fn may_call(&self, action: Target<'_>) -> bool {
        match &self.rights {
            Rights::Unverified | Rights::Client(_) | Rights::Guest => false,
            Rights::Staff { custom_actions } => *custom_actions || !action.is_custom,
            Rights::Roles(roles) => roles.iter().any(|role| role.permits(action)),
            Rights::Token { roles, actions } => {
                let is_named = actions.iter().any(|name| name.eq_ignore_ascii_case(action.name));
                is_named && roles.iter().any(|role| role.permits(action))
            }
        }
    }

    /// Whether the caller may call what is for this audience, and the permissions of staff allow.
    pub fn may_call_for(&self, audience: Audience, action: Target<'_>) -> bool {
        match (audience, &self.rights) {
            (Audience::Everybody, _) | (Audience::Clients, Rights::Client(_)) => true,
            (Audience::Clients, _) => false,
            (Audience::Staff, _) => self.may_call(action),
        }
    }

    /// The client who calls.
    pub fn client(&self) -> Option<ClientId> {
        if let Rights::Client(client) = self.rights { Some(client) } else { None }
    }

    /// The API credential with which the caller calls, if it is one: neither a token nor a member of staff.
    pub fn own_credential(&self) -> Option<i64> {
        match (&self.rights, self.id) {
            (Rights::Roles(_), CallerId::Credential(id)) => Some(id),
            _ => None,
        }
    }

    /// Whether this server has verified the credential.
    pub fn is_verified(&self) -> bool {
        !matches!(self.rights, Rights::Unverified)
    }

    /// Whether the upstream may be asked to run an action for the caller. What a caller may do whom only the upstream knows, it
    /// decides itself. It knows no tokens.
    pub fn may_pass(&self, action: Target<'_>) -> bool {
        let has_token = matches!(self.rights, Rights::Token { .. });
        !has_token && (!self.is_verified() || self.may_call(action))
    }
}

/// Compares two texts in constant time.
pub fn equal_in_constant_time(one: &str, other: &str) -> bool {
    use subtle::ConstantTimeEq;
    one.as_bytes().ct_eq(other.as_bytes()).into()
}
