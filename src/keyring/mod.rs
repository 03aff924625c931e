//! The operator's keys: they seal secrets that must be stored, and hash what must only be compared.
//!
//! Keys are in a file, the same on all servers of a database, and never in the database or a log. Each has an id. The
//! first key of the file seals; every key opens what it has sealed, so that a key can be replaced by another one.
//!
//! What is sealed, and what is done without keys, is decided by those who call this module.

mod file;
mod passwords;

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD as BASE64;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use ring::hmac::{self, HMAC_SHA256};

pub use file::{add, create, ensure, put_first, write_new};
pub use passwords::{NotStorable, OF_CALLERS, OF_MODULES, OF_SERVICES, Passwords};

/// The beginning of each sealed text.
const PREFIX: &str = "sealed:";
const SECRET_BYTES: usize = 32;
/// Each text is sealed with a key of its own, which follows from the operator's key and this many random bytes.
const SALT_BYTES: usize = 24;

/// The keys of the operator; there may be none.
#[derive(Clone, Default)]
pub struct Keyring {
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: String,
    secret: [u8; SECRET_BYTES],
    for_hashes: hmac::Key,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    #[error("there is no key file (keys.file), without which nothing can be sealed")]
    NoKeys,
    #[error("the key file lacks the key {0}, with which a text was sealed")]
    UnknownKey(String),
    /// The text was changed, or was sealed for another purpose.
    #[error("a sealed text cannot be opened")]
    Damaged,
    #[error("no randomness: {0}")]
    NoRandomness(getrandom::Error),
}

impl Keyring {
    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The ids of the keys, first that of the key which seals.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| &*key.id)
    }

    /// Seals a text. It can be opened for the same purpose only, which names the row that it is stored in: a text that
    /// was copied to another row is recognized as such.
    pub fn seal(&self, purpose: &str, text: &[u8]) -> Result<String, KeyringError> {
        let key = self.keys.first().ok_or(KeyringError::NoKeys)?;
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(KeyringError::NoRandomness)?;
        let mut sealed = text.to_vec();
        let sealing = key.for_salt(&salt)?;
        sealing
            .seal_in_place_append_tag(only_nonce(), Aad::from(purpose.as_bytes()), &mut sealed)
            .map_err(|_| KeyringError::Damaged)?;
        Ok(format!("{PREFIX}{}:{}", key.id, BASE64.encode([&salt[..], &sealed].concat())))
    }

    /// Opens a text that was sealed for the same purpose.
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<Vec<u8>, KeyringError> {
        let (id, encoded) =
            sealed.strip_prefix(PREFIX).and_then(|rest| rest.split_once(':')).ok_or(KeyringError::Damaged)?;
        let key = self.keys.iter().find(|key| key.id == id);
        let key = key.ok_or_else(|| KeyringError::UnknownKey(id.to_owned()))?;
        let mut bytes = BASE64.decode(encoded).map_err(|_| KeyringError::Damaged)?;
        let (salt, sealed) = bytes.split_at_mut_checked(SALT_BYTES).ok_or(KeyringError::Damaged)?;
        let opened = key.for_salt(salt)?.open_in_place(only_nonce(), Aad::from(purpose.as_bytes()), sealed);
        opened.map(|text| text.to_vec()).map_err(|_| KeyringError::Damaged)
    }

    /// Returns the hash of these parts with each key, first with the key which seals. Without the keys, nobody can test
    /// guesses of what was hashed.
    pub fn hashes<'p>(&self, parts: &(impl Iterator<Item = &'p [u8]> + Clone)) -> Vec<[u8; 32]> {
        self.keys.iter().map(|key| key.hash(parts.clone())).collect()
    }

    fn of(keys: Vec<(String, [u8; SECRET_BYTES])>) -> Keyring {
        let key = |(id, secret): (String, [u8; SECRET_BYTES])| Key { for_hashes: hash_key(&secret), id, secret };
        Keyring { keys: keys.into_iter().map(key).collect() }
    }
}

impl Key {
    /// The key of one text.
    fn for_salt(&self, salt: &[u8]) -> Result<LessSafeKey, KeyringError> {
        let extracted = Salt::new(HKDF_SHA256, salt).extract(&self.secret);
        let expanded = extracted.expand(&[b"whmcs-api sealed text"], &CHACHA20_POLY1305);
        Ok(LessSafeKey::new(UnboundKey::from(expanded.map_err(|_| KeyringError::Damaged)?)))
    }

    fn hash<'p>(&self, parts: impl Iterator<Item = &'p [u8]>) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.for_hashes);
        for part in parts {
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }
}

/// A key of one text is used once, so its nonce may be any.
fn only_nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

fn hash_key(secret: &[u8]) -> hmac::Key {
    match Prk::new_less_safe(HKDF_SHA256, secret).expand(&[b"whmcs-api hash"], HMAC_SHA256) {
        Ok(expanded) => hmac::Key::from(expanded),
        Err(never) => unreachable!("HKDF expands to the length of its own hash: {never}"),
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

impl PartialEq for Keyring {
    fn eq(&self, other: &Keyring) -> bool {
        let keys = |keyring: &Keyring| keyring.keys.iter().map(|key| (key.id.clone(), key.secret)).collect::<Vec<_>>();
        keys(self) == keys(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(keys: &[(&str, u8)]) -> Keyring {
        Keyring::of(keys.iter().map(|&(id, byte)| (id.to_owned(), [byte; SECRET_BYTES])).collect())
    }

    #[test]
    fn a_sealed_text_is_opened_with_its_key_and_for_its_purpose_only() {
        let one = keyring(&[("a", 1)]);
        let sealed = one.seal("row 1", b"DE89 3704").unwrap();
        assert!(sealed.starts_with("sealed:a:") && !sealed.contains("3704"), "{sealed}");
        assert_eq!(one.open("row 1", &sealed), Ok(b"DE89 3704".to_vec()));
        assert_eq!(one.open("row 2", &sealed), Err(KeyringError::Damaged));
        assert_eq!(keyring(&[("a", 2)]).open("row 1", &sealed), Err(KeyringError::Damaged));
        assert_eq!(keyring(&[("b", 1)]).open("row 1", &sealed), Err(KeyringError::UnknownKey("a".to_owned())));
        assert_eq!(Keyring::default().seal("row 1", b""), Err(KeyringError::NoKeys));
        let mut changed = sealed.clone().into_bytes();
        let last = changed.len() - 3;
        changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };
        for text in [&*String::from_utf8(changed).unwrap(), &sealed[..20], "sealed:a:", "sealed:a", "plain", ""] {
            assert_eq!(one.open("row 1", text), Err(KeyringError::Damaged), "{text}");
        }
    }

    #[test]
    fn no_text_is_sealed_twice_in_the_same_way() {
        let one = keyring(&[("a", 1)]);
        assert_ne!(one.seal("row 1", b"x"), one.seal("row 1", b"x"));
    }

    #[test]
    fn the_first_key_seals_and_all_of_them_open() {
        let (old, both) = (keyring(&[("old", 1)]), keyring(&[("new", 2), ("old", 1)]));
        let sealed = old.seal("x", b"text").unwrap();
        assert_eq!(both.open("x", &sealed), Ok(b"text".to_vec()));
        assert!(both.seal("x", b"text").unwrap().starts_with("sealed:new:"));
    }

    #[test]
    fn hashes_depend_on_the_key_and_on_where_parts_end() {
        let hashes = |keyring: &Keyring, parts: &[&str]| keyring.hashes(&parts.iter().map(|part| part.as_bytes()));
        let (old, both) = (keyring(&[("old", 1)]), keyring(&[("new", 2), ("old", 1)]));
        let of_both = hashes(&both, &["ab", "c"]);
        assert_eq!(of_both[1..], hashes(&old, &["ab", "c"]));
        assert_ne!(of_both[0], of_both[1]);
        assert_ne!(hashes(&old, &["ab", "c"]), hashes(&old, &["a", "bc"]));
        assert!(hashes(&Keyring::default(), &["ab"]).is_empty());
    }

    #[test]
    fn keys_are_not_shown() {
        assert_eq!(format!("{:?}", keyring(&[("a", 1), ("b", 2)])), r#"["a", "b"]"#);
    }
}
