//! Texts that callers seal, to keep them themselves or to store them where passwords of services and servers are stored.

use super::{Refusal, Result};
use crate::keyring::{Keyring, OF_CALLERS};

/// Returns a text in a form that only the operator's keys open, and another form each time.
pub fn seal(keyring: &Keyring, text: &str) -> Result<String, Refusal> {
    Ok(keyring.seal(OF_CALLERS, text.as_bytes()).map_err(Refusal::from)?)
}

/// Returns a text that [`seal`] has sealed, or the stored password of a service; nothing else that this program has sealed for
/// itself. A plus that was not encoded in a form came as a blank.
pub fn unseal(keyring: &Keyring, sealed: &str) -> Result<String, Refusal> {
    let text = keyring.open_password(&sealed.trim().replace(' ', "+")).map_err(Refusal::from)?;
    Ok(String::from_utf8(text).map_err(|_| Refusal::NotReadable)?)
}
