//! Names of values that are secrets.

/// Parts of names whose values are secrets.
const SECRET_NAMES: [&str; 27] = [
    "apisig",
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
    "secondfactorconfig",
    "secret",
    "securityqans",
    "securityquestionanswer",
    "session",
    "token",
    "transfercode",
    "twofa",
];
/// Beginnings and ends of names whose values are secrets, such as `pwresetkey`, `ftp_pw` and `otp_code`.
const SECRET_BEGINNINGS: [&[u8]; 2] = [b"otp", b"pw"];
const SECRET_ENDS: [&[u8]; 4] = [b"key", b"otp", b"pin", b"pw"];
/// Parts of the names of settings whose values are secrets, besides those of all names.
const SECRET_SETTINGS: [&str; 5] = ["2fa", "key", "license", "mailconfig", "smtp"];
/// Beginnings of names that hold the values of custom fields, of which some are of type `password`. Types can change at
/// any time, so no value of these is logged.
const FIELD_NAMES: [&[u8]; 2] = [b"customfield", b"domainfield"];
/// Maximum length of a parameter's name that is logged, and the characters allowed in it besides letters and digits.
pub const NAME_BYTES: usize = 64;
const NAME_CHARACTERS: &str = "-_.[]: ";

/// Whether a name can be logged: a body that was mistaken for a form may have become a name.
pub fn is_plain(name: &str) -> bool {
    name.len() <= NAME_BYTES && name.chars().all(|c| c.is_ascii_alphanumeric() || NAME_CHARACTERS.contains(c))
}

/// Whether a value with this name is a secret.
pub fn is_secret(name: &str) -> bool {
    with_letters(name, is_secret_word)
}

/// Whether the value of a setting of WHMCS's with this name is a secret.
pub fn is_secret_setting(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    is_secret(&name) || SECRET_SETTINGS.iter().any(|part| name.contains(part))
}

/// Whether a value with this name is that of a custom field.
pub fn is_field(name: &str) -> bool {
    with_letters(name, |letters| FIELD_NAMES.iter().any(|part| letters.starts_with(part)))
}

/// The id of a credential, which opens nothing.
const CREDENTIAL_ID: &[u8] = b"credentialid";

fn is_secret_word(letters: &[u8]) -> bool {
    if letters == CREDENTIAL_ID {
        return false;
    }
    let has_secret = |at: usize| {
        let rest = &letters[at..];
        may_begin_secret(rest) && SECRET_NAMES.iter().any(|part| rest.starts_with(part.as_bytes()))
    };
    SECRET_BEGINNINGS.iter().any(|part| letters.starts_with(part))
        || SECRET_ENDS.iter().any(|part| letters.ends_with(part))
        || (0..letters.len()).any(has_secret)
}

/// Passes the name's letters and digits, in lower case, to `check`.
fn with_letters(name: &str, check: impl Fn(&[u8]) -> bool) -> bool {
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
