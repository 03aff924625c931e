//! Passwords of services.

use super::{Refusal, Result};
use crate::fault::Fault;
use crate::keyring::NotStorable;
use crate::operations::Context;

/// Returns a password of a service as it is stored; rejected where WHMCS encrypts passwords.
pub fn stored(context: &Context<'_>, password: &str) -> Result<String> {
    context.passwords().stored(password).map_err(|error| match error {
        NotStorable::OfWhmcs => Refusal::PasswordsOfWhmcs.into(),
        NotStorable::Keyring(error) => Fault::internal(error).into(),
    })
}
