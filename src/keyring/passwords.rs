//! How the passwords of services and servers and the settings of modules are stored: sealed with the operator's keys, or as
//! WHMCS has them.
//!
//! WHMCS encrypts `tblhosting.password`, `tblservers.password`, `tblservers.accesshash` and `tblregistrars.value` in a form of
//! its own, which no public document tells. In its database these columns are its own: nothing of them is readable here, and what would
//! write one is rejected, because WHMCS could not read it.

use super::{Keyring, KeyringError, PREFIX};
use crate::config::PasswordStorage;

/// The purpose for which passwords of services are sealed.
pub const OF_SERVICES: &str = "password of a service";
/// The purpose for which settings of registrars and fraud checks are sealed.
pub const OF_MODULES: &str = "setting of a module";
/// The purpose for which EncryptPassword seals texts of its callers.
pub const OF_CALLERS: &str = "EncryptPassword";

/// Writes and reads stored passwords.
#[derive(Clone, Copy)]
pub struct Passwords<'k> {
    storage: PasswordStorage,
    keyring: &'k Keyring,
}

/// The reasons for which a password is not stored.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotStorable {
    #[error("passwords in this database are encrypted by WHMCS")]
    OfWhmcs,
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

impl<'k> Passwords<'k> {
    pub fn new(storage: PasswordStorage, keyring: &'k Keyring) -> Passwords<'k> {
        Passwords { storage, keyring }
    }

    /// Returns a password as it is stored. Without keys that is the password itself. No password is stored as none, anywhere.
    pub fn stored(&self, password: &str) -> Result<String, NotStorable> {
        self.sealed(OF_SERVICES, password)
    }

    /// Returns the value of a setting of a registrar or fraud check as it is stored, likewise.
    pub fn stored_setting(&self, value: &str) -> Result<String, NotStorable> {
        self.sealed(OF_MODULES, value)
    }

    fn sealed(&self, purpose: &str, text: &str) -> Result<String, NotStorable> {
        match self.storage {
            _ if text.is_empty() => Ok(String::new()),
            PasswordStorage::Whmcs => Err(NotStorable::OfWhmcs),
            _ if self.keyring.is_empty() => Ok(text.to_owned()),
            _ => Ok(self.keyring.seal(purpose, text.as_bytes())?),
        }
    }

    /// Returns the password that is stored as this, or `None` if it is encrypted by WHMCS or with a key that is not there.
    pub fn read(&self, stored: &str) -> Option<String> {
        let is_sealed = stored.starts_with(PREFIX) && !self.keyring.is_empty();
        match self.storage {
            _ if stored.is_empty() => Some(String::new()),
            _ if is_sealed => String::from_utf8(self.keyring.open_password(stored).ok()?).ok(),
            PasswordStorage::Whmcs => None,
            _ => Some(stored.to_owned()),
        }
    }
}

impl Keyring {
    /// Opens a sealed password, whoever has stored it: this program, or somebody with a result of EncryptPassword.
    pub fn open_password(&self, sealed: &str) -> Result<Vec<u8>, KeyringError> {
        self.open(OF_SERVICES, sealed).or_else(|_| self.open(OF_CALLERS, sealed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(id: &str, secret: u8) -> Keyring {
        Keyring::of(vec![(id.to_owned(), [secret; 32])])
    }

    #[test]
    fn passwords_are_sealed_with_keys_and_read_back() {
        let keyring = keyring("a", 1);
        let passwords = Passwords::new(PasswordStorage::Own, &keyring);
        let stored = passwords.stored("s3cret").unwrap();
        assert!(stored.starts_with("sealed:a:") && !stored.contains("s3cret"), "{stored}");
        assert_eq!(passwords.read(&stored).as_deref(), Some("s3cret"));
        assert_eq!(passwords.read("from before there were keys").as_deref(), Some("from before there were keys"));
        assert_eq!(passwords.stored("").as_deref(), Ok(""));
    }

    #[test]
    fn without_their_key_they_are_not_read() {
        let (one, other) = (keyring("a", 1), keyring("b", 2));
        let stored = Passwords::new(PasswordStorage::Own, &one).stored("s3cret").unwrap();
        assert_eq!(Passwords::new(PasswordStorage::Own, &other).read(&stored), None);
    }

    #[test]
    fn without_keys_they_are_stored_as_they_are() {
        let none = Keyring::default();
        let passwords = Passwords::new(PasswordStorage::Own, &none);
        for password in ["s3cret", "sealed:by:nobody"] {
            assert_eq!(passwords.read(&passwords.stored(password).unwrap()).as_deref(), Some(password));
        }
    }

    #[test]
    fn those_of_whmcs_are_neither_read_nor_written() {
        let keyring = keyring("a", 1);
        let passwords = Passwords::new(PasswordStorage::Whmcs, &keyring);
        assert_eq!(passwords.stored("s3cret"), Err(NotStorable::OfWhmcs));
        assert_eq!(passwords.stored("").as_deref(), Ok(""));
        assert_eq!(passwords.read("qVdH9xm2eFkS1g=="), None);
        assert_eq!(passwords.read("").as_deref(), Some(""));
    }
}
