//! Who is calling, and what they may call.

pub mod failures;
mod gate;
pub mod password;
pub mod permission;
pub mod secret;
mod verifier;

use crate::domain::Author;
use crate::wire::Parameters;

pub use gate::{Gate, Visitor};
use permission::{Permissions, Target};

/// What a request says of who sends it.
#[derive(Debug, Clone, Copy)]
pub struct Login<'p> {
    pub identifier: &'p str,
    pub secret: &'p str,
    /// Whether it came as `username` and `password`, where old clients send the MD5 sum of a secret.
    is_legacy: bool,
}

impl<'p> Login<'p> {
    /// `identifier` and `secret`, or the same pair in `username` and `password`. Empty ones count as not sent.
    pub fn of(parameters: &'p Parameters) -> Option<Login<'p>> {
        let pair = |identifier, secret, is_legacy| {
            let (identifier, secret) = (parameters.text(identifier)?, parameters.text(secret)?);
            Some(Login { identifier, secret, is_legacy })
        };
        pair("identifier", "secret", false).or_else(|| pair("username", "password", true))
    }
}

/// Somebody whose secret was right.
pub struct Caller {
    pub author: Author,
    /// The credential's identifier, or the user name of staff.
    pub name: String,
    rights: Rights,
}

enum Rights {
    /// Those of staff who log in themselves.
    Everything,
    /// What any of the roles permits.
    Roles(Vec<Permissions>),
}

impl Caller {
    pub fn may_call(&self, action: Target<'_>) -> bool {
        match &self.rights {
            Rights::Everything => true,
            Rights::Roles(roles) => roles.iter().any(|role| role.permits(action)),
        }
    }
}

/// Compares without telling by its duration where the texts begin to differ.
pub fn are_equal(one: &str, other: &str) -> bool {
    use subtle::ConstantTimeEq;
    one.as_bytes().ct_eq(other.as_bytes()).into()
}
