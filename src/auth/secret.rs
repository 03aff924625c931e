//! Secrets and their hashes: Argon2id for those made here, bcrypt for those made by WHMCS.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use md5::{Digest, Md5};

use crate::error::{Error, Result};

/// A dummy hash that no secret matches. Secrets of unknown identifiers are checked against it, so that they take as
/// long as those of known ones.
pub const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm8gc3VjaCBjcmVkZW50aWFs$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

const ARGON2: &str = "$argon2";
const BCRYPT: [&str; 3] = ["$2y$", "$2a$", "$2b$"];
/// PHP's own default up to 8.3.
const BCRYPT_COST: u32 = 10;

/// Length of a secret in letters and digits, as long as WHMCS's own.
const LENGTH: usize = 32;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Whether a stored text has the format of a hash that can be verified here.
pub fn is_known_format(stored: &str) -> bool {
    stored.starts_with(ARGON2) || BCRYPT.iter().any(|kind| stored.starts_with(kind))
}

/// Whether a secret matches a stored hash. A text in an unknown format never matches, and takes as long to check as a
/// hash made here.
pub fn matches(stored: &str, secret: &str) -> bool {
    if BCRYPT.iter().any(|kind| stored.starts_with(kind)) {
        return bcrypt::verify(secret, stored).unwrap_or(false);
    }
    let stored = if is_known_format(stored) { stored } else { DUMMY_HASH };
    let hash = PasswordHash::new(stored);
    hash.is_ok_and(|hash| Argon2::default().verify_password(secret.as_bytes(), &hash).is_ok())
}

pub fn hash(secret: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(secret.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| Error::Internal(format!("hashing a secret: {error}").into()))
}

/// Hashes a secret with bcrypt, written as PHP writes it. As there, the first 72 bytes count.
pub fn hash_as_whmcs(secret: &str) -> Result<String> {
    let hash = bcrypt::hash_with_result(secret, BCRYPT_COST);
    let written = hash.map(|hash| hash.format_for_version(bcrypt::Version::TwoY));
    written.map_err(|error| Error::Internal(format!("hashing a secret: {error}").into()))
}

/// The MD5 sum of a text in hexadecimal, which old clients send instead of a password.
pub fn md5_hex(text: &str) -> String {
    format!("{:032x}", u128::from_be_bytes(Md5::digest(text).into()))
}

pub fn is_md5_hex(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Returns a new identifier or secret, with 190 random bits.
pub fn random() -> Result<String> {
    let mut text = String::with_capacity(LENGTH);
    while text.len() < LENGTH {
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
        // Larger bytes are skipped, so that each character is equally likely.
        let even = bytes.iter().filter(|&&byte| usize::from(byte) < 256 / ALPHABET.len() * ALPHABET.len());
        let characters = even.map(|&byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        text.extend(characters.take(LENGTH - text.len()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dummy_hash_is_well_formed_and_never_matches() {
        assert!(PasswordHash::new(DUMMY_HASH).is_ok());
        assert!(!matches(DUMMY_HASH, ""));
    }

    #[test]
    fn the_known_kinds_of_hashes_verify() {
        let argon2 = "$argon2id$v=19$m=8,t=1,p=1$rXTBWRm4BbVFJzdCXxlstA$kWw7TW/vkqcTxDtiL2vZqJBlmDTLpWcyHoswHviWnNY";
        let bcrypt = bcrypt::hash("TestSecret", 4).unwrap();
        let as_php_writes_it = bcrypt.replacen("$2b$", "$2y$", 1);
        for stored in [argon2, &bcrypt, &as_php_writes_it] {
            assert!(matches(stored, "TestSecret"), "{stored}");
            assert!(!matches(stored, "testsecret") && !matches(stored, ""), "{stored}");
        }
        for unknown in ["", "TestSecret", &md5_hex("TestSecret"), "$2y$", "$argon2id$", "$1$x$y", "$2y$99$x"] {
            assert!(!matches(unknown, "TestSecret"), "{unknown}");
        }
    }

    #[test]
    fn new_secrets_verify_and_differ() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert!(one.len() == LENGTH && one != other && one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        for hash in [hash(&one).unwrap(), hash_as_whmcs(&one).unwrap()] {
            assert!(matches(&hash, &one) && !matches(&hash, &other), "{hash}");
        }
        assert!(hash_as_whmcs(&one).unwrap().starts_with("$2y$10$"));
    }

    #[test]
    fn md5_sums_are_recognized() {
        assert_eq!(md5_hex("password"), "5f4dcc3b5aa765d61d8327deb882cf99");
        assert!(is_md5_hex(&md5_hex("x")));
        assert!(!is_md5_hex("5F4DCC3B5AA765D61D8327DEB882CF99") && !is_md5_hex("5f4d"));
    }
}
