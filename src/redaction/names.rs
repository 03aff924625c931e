//! Names of values that are secrets.

use std::cell::RefCell;

use super::shapes;

/// Parts of names whose values are secrets.
const SECRET_NAMES: [&str; 24] = [
    "auth",
    "bank",
    "card",
    "ccnum",
    "ccv",
    "cookie",
    "credential",
    "cvc",
    "cvv",
    "eppcode",
    "expdate",
    "hash",
    "iban",
    "issuenum",
    "jwt",
    "mnemonic",
    "pass",
    "pwd",
    "secret",
    "securityqans",
    "session",
    "token",
    "transfercode",
    "twofa",
];
/// Beginnings and ends of names whose values are secrets, such as `pwresetkey`, `ftp_pw` and `otp_code`.
const SECRET_BEGINNINGS: [&[u8]; 2] = [b"otp", b"pw"];
const SECRET_ENDS: [&[u8]; 4] = [b"key", b"otp", b"pin", b"pw"];
/// Beginnings of names that hold the values of custom fields, of which some are of type `password`. Types can change at
/// any time, so no value of these is logged.
const FIELD_NAMES: [&[u8]; 2] = [b"customfield", b"domainfield"];
/// Maximum length of a parameter's name that is logged, and the characters allowed in it besides letters and digits.
const NAME_BYTES: usize = 64;
const NAME_CHARACTERS: &str = "-_.[]: ";
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
    /// Names whose kind is known: the same names come again and again. A name is in the slot by its hash or in the
    /// neighboring one.
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

/// Whether a name can be logged: a body that was mistaken for a form may have become a name.
pub fn is_plain(name: &str) -> bool {
    name.len() <= NAME_BYTES && name.chars().all(|c| c.is_ascii_alphanumeric() || NAME_CHARACTERS.contains(c))
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
    let of_value = with_letters(name, |letters| match letters {
        letters if is_secret_word(letters) => Some(Kind::Secret),
        letters if FIELD_NAMES.iter().any(|part| letters.starts_with(part)) => Some(Kind::Field),
        _ => None,
    });
    of_value.unwrap_or(if is_plain(name) && !shapes::are_in(name) { Kind::Harmless } else { Kind::Unusual })
}

fn is_secret_word(letters: &[u8]) -> bool {
    let has_secret = |at: usize| {
        let rest = &letters[at..];
        may_begin_secret(rest) && SECRET_NAMES.iter().any(|part| rest.starts_with(part.as_bytes()))
    };
    SECRET_BEGINNINGS.iter().any(|part| letters.starts_with(part))
        || SECRET_ENDS.iter().any(|part| letters.ends_with(part))
        || (0..letters.len()).any(has_secret)
}

/// Passes the name's letters and digits, in lower case, to `check`.
fn with_letters<T>(name: &str, check: impl Fn(&[u8]) -> T) -> T {
    // Most names are short, so a buffer on the stack suffices.
    let (mut short, mut long) = ([0; NAME_BYTES], Vec::new());
    let letters: &mut [u8] = match short.get_mut(..name.len()) {
        Some(short) => short,
        None => {
            long.resize(name.len(), 0);
            &mut long
        }
    };
    let mut length = 0;
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        letters[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    check(&letters[..length])
}

/// Whether a secret's name starts with these first two letters. Hardly any other name contains such a pair.
fn may_begin_secret(letters: &[u8]) -> bool {
    let &[first @ b'a'..=b'z', second @ b'a'..=b'z', ..] = letters else { return false };
    SECOND_LETTERS[usize::from(first - b'a')] & 1 << (second - b'a') != 0
}

/// For each first letter of a secret's name, a bit for each possible second letter.
const SECOND_LETTERS: [u32; 26] = {
    let mut letters = [0; 26];
    let mut at = 0;
    while at < SECRET_NAMES.len() {
        let name = SECRET_NAMES[at].as_bytes();
        letters[(name[0] - b'a') as usize] |= 1 << (name[1] - b'a');
        at += 1;
    }
    letters
};

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
