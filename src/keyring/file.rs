//! The file of the operator's keys: a line for each key, with its id and its secret as base64.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use tracing::warn;

use super::{Keyring, SECRET_BYTES};

const HEADER: &str = "\
# The keys with which whmcs-api seals secrets in the database. The first one seals; each opens what it has sealed.
# Keep a copy apart from the backups of the database: what was sealed is lost without it (docs/keys.md).
";
/// Maximum length of an id.
const ID_BYTES: usize = 32;
/// The permissions of others than the file's owner.
const OTHERS: u32 = 0o077;

type Keys = Vec<(String, [u8; SECRET_BYTES])>;

impl Keyring {
    /// Reads the keys in a file; there are none if the path is empty. Errors never quote the file.
    pub fn load(path: &Path) -> anyhow::Result<Keyring> {
        if path.as_os_str().is_empty() {
            return Ok(Keyring::default());
        }
        let keys = read(path)?;
        if fs::metadata(path).is_ok_and(|file| file.permissions().mode() & OTHERS != 0) {
            warn!("{} can be read by others than its owner: `chmod 600` it", path.display());
        }
        Ok(Keyring::of(keys))
    }
}

/// Writes a new file with one key, unless there is a file.
pub fn ensure(path: &Path) -> anyhow::Result<()> {
    if path.exists() { Ok(()) } else { create(path).map(drop) }
}

/// Writes a new file with one key, and returns the key's id. An existing file is never replaced.
pub fn create(path: &Path) -> anyhow::Result<String> {
    let (id, secret) = new_key(&[])?;
    write_new(path, &text(&[(id.clone(), secret)])).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => anyhow!("{} is there already; `key add` adds a key to it", path.display()),
        _ => anyhow!("writing {}: {error}", path.display()),
    })?;
    Ok(id)
}

/// Writes a new file that nobody but its owner can read. If root writes it, it belongs to the owner of the folder, who may run the
/// server afterwards.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    if file.metadata()?.uid() == 0 {
        let owner = fs::metadata(folder)?;
        fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Adds a key, which opens and does not seal yet, and returns its id.
pub fn add(path: &Path) -> anyhow::Result<String> {
    let mut keys = read(path)?;
    let (id, secret) = new_key(&keys)?;
    keys.push((id.clone(), secret));
    replace(path, &keys)?;
    Ok(id)
}

/// Makes a key of the file the one that seals.
pub fn put_first(path: &Path, id: &str) -> anyhow::Result<()> {
    let mut keys = read(path)?;
    let Some(at) = keys.iter().position(|(other, _)| other == id) else {
        bail!("{} has no key {id}", path.display());
    };
    let key = keys.remove(at);
    keys.insert(0, key);
    replace(path, &keys)
}

fn read(path: &Path) -> anyhow::Result<Keys> {
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            anyhow!("keys.file: {} does not exist; `whmcs-api key create` writes a new one", path.display())
        }
        _ => anyhow!("keys.file: reading {}: {error}", path.display()),
    })?;
    parse(&text).with_context(|| format!("keys.file: {}", path.display()))
}

fn parse(text: &str) -> anyhow::Result<Keys> {
    let mut keys = Keys::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut words = line.split_whitespace();
        let (Some(id), Some(secret), None) = (words.next(), words.next(), words.next()) else {
            bail!("line {number}: must be the id of a key, a blank and {SECRET_BYTES} bytes as base64");
        };
        if id.len() > ID_BYTES || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            bail!("line {number}: the id of a key must have at most {ID_BYTES} letters, digits, - and _");
        }
        if keys.iter().any(|(other, _)| other == id) {
            bail!("line {number}: there is another key with this id");
        }
        let secret = BASE64.decode(secret).ok().and_then(|secret| secret.try_into().ok());
        let secret = secret.with_context(|| format!("line {number}: the key is not {SECRET_BYTES} bytes as base64"))?;
        keys.push((id.to_owned(), secret));
    }
    if keys.is_empty() {
        bail!("contains no key");
    }
    Ok(keys)
}

fn text(keys: &[(String, [u8; SECRET_BYTES])]) -> String {
    keys.iter().fold(HEADER.to_owned(), |mut text, (id, secret)| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{id} {}", BASE64.encode(secret));
        text
    })
}

/// Writes the whole file anew, so that a reader finds all keys at any time.
fn replace(path: &Path, keys: &[(String, [u8; SECRET_BYTES])]) -> anyhow::Result<()> {
    let context = || format!("writing {}", path.display());
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}", std::process::id()));
    let _ = fs::remove_file(&unfinished);
    write_new(Path::new(&unfinished), &text(keys)).with_context(context)?;
    fs::rename(&unfinished, path).with_context(context)
}

/// Makes a key with an id that none of these has.
fn new_key(others: &[(String, [u8; SECRET_BYTES])]) -> anyhow::Result<(String, [u8; SECRET_BYTES])> {
    loop {
        let id = format!("{:08x}", getrandom::u32().map_err(no_randomness)?);
        if others.iter().all(|(other, _)| *other != id) {
            let mut secret = [0; SECRET_BYTES];
            getrandom::fill(&mut secret).map_err(no_randomness)?;
            return Ok((id, secret));
        }
    }
}

fn no_randomness(error: getrandom::Error) -> anyhow::Error {
    anyhow!("no randomness: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gets_keys_and_another_first_one() {
        let folder = std::env::temp_dir().join(format!("whmcs-api-keys-{}", std::process::id()));
        let path = folder.join("keys");
        assert!(Keyring::load(Path::new("")).unwrap().is_empty());
        assert!(Keyring::load(&path).unwrap_err().to_string().contains("does not exist"));
        ensure(&path).unwrap();
        let one = Keyring::load(&path).unwrap();
        let sealed = one.seal("x", b"text").unwrap();
        ensure(&path).unwrap();
        assert_eq!(Keyring::load(&path).unwrap(), one);
        assert!(create(&path).unwrap_err().to_string().contains("is there already"));
        let added = add(&path).unwrap();
        let first = one.ids().next().unwrap().to_owned();
        assert_eq!(Keyring::load(&path).unwrap().ids().collect::<Vec<_>>(), [&*first, &*added]);
        put_first(&path, &added).unwrap();
        let two = Keyring::load(&path).unwrap();
        assert_eq!(two.ids().collect::<Vec<_>>(), [&*added, &*first]);
        assert_eq!(two.open("x", &sealed).unwrap(), b"text");
        assert!(put_first(&path, "other").unwrap_err().to_string().contains("has no key other"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_wrong_line_is_named_and_not_quoted() {
        let key = BASE64.encode([7; SECRET_BYTES]);
        for (text, error) in [
            (String::new(), "contains no key"),
            ("# a\n\n".to_owned(), "contains no key"),
            (format!("# a\n{key}"), "line 2: must be the id of a key"),
            (format!("a {key} b"), "line 1: must be the id of a key"),
            (format!("ä {key}"), "line 1: the id of a key must have"),
            (format!("{} {key}", "a".repeat(33)), "line 1: the id of a key must have"),
            (format!("a {key}\na {key}"), "line 2: there is another key with this id"),
            ("a c2VjcmV0".to_owned(), "line 1: the key is not 32 bytes"),
            ("a s3cr3t!".to_owned(), "line 1: the key is not 32 bytes"),
        ] {
            let found = format!("{:#}", parse(&text).unwrap_err());
            assert!(found.contains(error) && !found.contains("s3cr3t") && !found.contains(&*key), "{text}: {found}");
        }
        assert_eq!(parse(&format!("  a {key}  \n# b\n")).unwrap(), [("a".to_owned(), [7; SECRET_BYTES])]);
    }
}
