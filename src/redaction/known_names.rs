//! What names tell about their values, in a cache: the same names come again and again.

use std::cell::RefCell;

use super::names::{self, NAME_BYTES, is_field, is_plain};
use super::shapes;

/// Size of each thread's cache of names: a power of two.
const CACHE_SIZE: usize = 2048;

/// What a name tells about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Neither the name nor its value needs redaction.
    Harmless,
    /// The value is a secret.
    Secret,
    /// The value is that of a custom field.
    Field,
    /// The name itself needs redaction.
    Unusual,
}

/// The names in the cache and their kinds.
type Known = [Option<(Box<str>, Kind)>; CACHE_SIZE];

thread_local! {
    /// A name is in the slot by its hash or in the neighboring one.
    static KNOWN: RefCell<Known> = const { RefCell::new([const { None }; CACHE_SIZE]) };
}

/// Whether neither the name nor its value needs redaction.
pub fn is_harmless(name: &str) -> bool {
    kind(name) == Kind::Harmless
}

/// Whether a value with this name is not logged: it is a secret or may contain one.
pub fn is_hidden(name: &str) -> bool {
    matches!(kind(name), Kind::Secret | Kind::Field)
}

/// Whether a value with this name is a secret.
pub fn is_secret(name: &str) -> bool {
    kind(name) == Kind::Secret
}

fn kind(name: &str) -> Kind {
    let slot = slot(name.as_bytes());
    let known = |names: &Known| {
        let slots = [slot, slot ^ 1].into_iter().filter_map(|slot| names[slot].as_ref());
        slots.filter(|(known, _)| **known == *name).map(|(_, kind)| *kind).next()
    };
    if let Some(kind) = KNOWN.with_borrow(|names| known(names)) {
        return kind;
    }
    let kind = kind_by_letters(name);
    if name.len() <= NAME_BYTES {
        KNOWN.with_borrow_mut(|names| {
            if let Some(other) = names[slot].replace((name.into(), kind)) {
                names[slot ^ 1] = Some(other);
            }
        });
    }
    kind
}

/// Returns the slot of a name in the cache. It depends on the length and a few of the letters: a hash of all would take
/// longer than the comparison.
fn slot(name: &[u8]) -> usize {
    let (first, last) = match (name.first_chunk(), name.last_chunk()) {
        (Some(first), Some(last)) => (u32::from_le_bytes(*first), u32::from_le_bytes(*last)),
        _ => (name.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)), 0),
    };
    let middle = name.get(name.len() / 2).copied().unwrap_or_default();
    let sum = u64::from(first ^ last.rotate_left(11)) << 16 ^ u64::from(middle) << 8 ^ name.len() as u64;
    // The high bits of a product depend on all bits.
    let slot = sum.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - CACHE_SIZE.ilog2());
    usize::try_from(slot).unwrap_or_default()
}

fn kind_by_letters(name: &str) -> Kind {
    match name {
        name if names::is_secret(name) => Kind::Secret,
        name if is_field(name) => Kind::Field,
        name if is_plain(name) && !shapes::are_in(name) => Kind::Harmless,
        _ => Kind::Unusual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_recognized() {
        for name in [
            "secret",
            "password",
            "password2",
            "rootpw",
            "PASSWORD",
            "accesskey",
            "access_key",
            "cardnum",
            "cvv",
            "bankacct",
            "pw",
            "card[num]",
            "authcode",
            "passwordhash",
            "securityqans",
            "access_token",
            "IBAN",
            "idempotencykey",
            "pin",
            "api-key",
            "ftp_pw",
            "userpw",
            "otp",
            "OTP-code",
            "totp",
            "license_key",
            "licensekey",
            "sshkey",
            "ssh_key",
            "private_key",
            "key",
            "session_id",
            "PHPSESSION",
            "clientCredential",
            "jwt",
            "transfersecret",
            " password",
        ] {
            assert!(is_secret(name) && is_hidden(name) && !is_harmless(name), "{name}");
        }
        for name in
            ["customfields", "customfields1", "customfields[3]", "customfield", " customfields", "domainfields[0]"]
        {
            assert!(!is_secret(name) && is_hidden(name) && !is_harmless(name), "{name}");
        }
        for name in [
            "clientid",
            "description",
            "paymentmethod",
            "expirydate",
            "notes",
            "transid",
            "identifier",
            "message",
            "keyword",
            "keys_held",
            "hotpink",
            "shipping",
            "ipaddress",
            "spwn",
            "domain",
            "signature",
            "promocode",
            "statuscode",
        ] {
            assert!(!is_hidden(name) && is_harmless(name), "{name}");
        }
    }
}
