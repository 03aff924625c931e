//! Texts that callers have sealed, to keep them themselves.

use super::{Refusal, Result};
use crate::keyring::Keyring;

/// What callers sealed is opened for them, and nothing that this program has sealed for itself.
const PURPOSE: &str = "EncryptPassword";

/// Returns a text in a form that only the operator's keys open, and another form each time.
pub fn seal(keyring: &Keyring, text: &str) -> Result<String, Refusal> {
    Ok(keyring.seal(PURPOSE, text.as_bytes()).map_err(Refusal::from)?)
}

/// Returns a text that [`seal`] has sealed. A plus that was not encoded in a form came as a blank.
pub fn unseal(keyring: &Keyring, sealed: &str) -> Result<String, Refusal> {
    let text = keyring.open(PURPOSE, &sealed.trim().replace(' ', "+")).map_err(Refusal::from)?;
    Ok(String::from_utf8(text).map_err(|_| Refusal::NotReadable)?)
}
