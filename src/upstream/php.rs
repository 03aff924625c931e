//! How PHP reads a request that is passed. What this server has checked must be what the WHMCS executes, so whatever the two
//! may read differently is rejected.
//!
//! Of several values of a name PHP takes the last, and maps several spellings to one name. It reads the bodies of POST requests
//! only, and of two types. It ignores parameters beyond a number. And it finds the parts of a multipart form, and their names,
//! in other ways than this server if they are written unusually.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::wire::Malformed;
use crate::wire::decode::names;

/// PHP's `max_input_vars`, unless the operator of the WHMCS has raised it.
const MAX_PARAMETERS: usize = 1_000;
/// The parameters that decide who calls, and what is done.
const DECISIVE: [&str; 6] = ["action", "identifier", "secret", "username", "password", "accesskey"];
/// What decoding leaves of bytes that are no text.
const UNREADABLE: char = char::REPLACEMENT_CHARACTER;

/// The types of bodies that PHP reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyType {
    Form,
    Multipart,
}

impl BodyType {
    /// Returns the type that PHP and this server see in this value of `Content-Type`.
    pub fn of(content_type: &str) -> Option<BodyType> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        match () {
            () if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") => Some(BodyType::Form),
            () if essence.eq_ignore_ascii_case("multipart/form-data") => Some(BodyType::Multipart),
            () => None,
        }
    }
}

/// The parameters that decide who calls and what is done, collected while a request is read.
#[derive(Debug, Default)]
pub struct Decisive {
    values: BTreeMap<&'static str, String>,
    count: usize,
}

impl Decisive {
    /// Adds a parameter. It must not differ from an earlier one that has the same name in PHP.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), Malformed> {
        self.count()?;
        let Some((variable, is_array)) = names::variable(name) else { return Ok(()) };
        let Some(&name) = DECISIVE.iter().find(|decisive| **decisive == variable) else { return Ok(()) };
        if is_array || value.contains(UNREADABLE) {
            return rejected(format!("The value of `{name}` must be a text in UTF-8"));
        }
        match self.values.insert(name, value.to_owned()) {
            Some(other) if other != value => {
                rejected(format!("The parameter `{name}` has several values, of which WHMCS may take another one"))
            }
            _ => Ok(()),
        }
    }

    /// Adds the parameters of a query string or of a form.
    pub fn add_form(&mut self, form: &[u8]) -> Result<(), Malformed> {
        let pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> =
            serde_urlencoded::from_bytes(form).map_err(|error| Malformed(error.to_string().into()))?;
        pairs.iter().try_for_each(|(name, value)| self.add(name, value))
    }

    /// Adds the parameters of a multipart form.
    pub fn add_multipart(&mut self, content_type: &str, body: &[u8]) -> Result<(), Malformed> {
        let unusual = || Malformed("The multipart form is written in a way that WHMCS may read differently".into());
        for part in parts(content_type, body).ok_or_else(unusual)? {
            match part.is_file {
                true => self.count()?,
                false => self.add(part.name, &String::from_utf8_lossy(part.content))?,
            }
        }
        Ok(())
    }

    /// Rejects two credentials, of which WHMCS may take the other one.
    pub fn finish(self) -> Result<(), Malformed> {
        let sent = |names: [&str; 2]| names.map(|name| self.values.get(name).filter(|value| !value.is_empty()));
        let (current, legacy) = (sent(["identifier", "secret"]), sent(["username", "password"]));
        let is_sent = |credential: [Option<&String>; 2]| credential.iter().any(Option::is_some);
        match is_sent(current) && is_sent(legacy) && current != legacy {
            true => rejected(
                "The request has a credential in `identifier` and `secret` and another one in `username` and `password`",
            ),
            false => Ok(()),
        }
    }

    fn count(&mut self) -> Result<(), Malformed> {
        self.count += 1;
        match self.count > MAX_PARAMETERS {
            true => rejected(format!("WHMCS reads {MAX_PARAMETERS} parameters of a request at most")),
            false => Ok(()),
        }
    }
}

/// Returns the error of a body that PHP does not read.
pub fn unread_body() -> Malformed {
    let text =
        "WHMCS reads a body only of a POST request, and as application/x-www-form-urlencoded or multipart/form-data";
    Malformed(text.into())
}

fn rejected<T>(reason: impl Into<Cow<'static, str>>) -> Result<T, Malformed> {
    Err(Malformed(reason.into()))
}

/// A part of a multipart form.
struct Part<'b> {
    name: &'b str,
    is_file: bool,
    content: &'b [u8],
}

/// Returns the parts of a multipart form; `None` if it is written in any way that may be read differently.
fn parts<'b>(content_type: &str, body: &'b [u8]) -> Option<Vec<Part<'b>>> {
    let boundary = boundary(content_type)?;
    let mut between = split(body, format!("--{boundary}").as_bytes()).into_iter();
    let (before, after) = (between.next()?, between.next_back()?);
    let is_whole = before.is_empty() && after.strip_prefix(b"--")?.trim_ascii().is_empty();
    is_whole.then(|| between.map(part).collect())?
}

/// Returns the boundary, if PHP and this server find the same one.
fn boundary(content_type: &str) -> Option<&str> {
    let sent = content_type.split_once(';')?.1.trim_start().strip_prefix("boundary=")?;
    let boundary = match sent.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?.0,
        None => sent.split([',', ';']).next()?,
    };
    (!boundary.is_empty() && multer::parse_boundary(content_type).is_ok_and(|found| found == boundary))
        .then_some(boundary)
}

fn part(bytes: &[u8]) -> Option<Part<'_>> {
    let bytes = bytes.strip_prefix(b"\r\n")?.strip_suffix(b"\r\n")?;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = str::from_utf8(&bytes[..end]).ok()?;
    let mut disposition = None;
    for line in head.split("\r\n") {
        let (name, value) = line.split_once(':')?;
        let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_plain || value.contains(['\r', '\n', '\0']) {
            return None;
        }
        if name.eq_ignore_ascii_case("content-disposition") && disposition.replace(value.trim()).is_some() {
            return None;
        }
    }
    let (name, is_file) = name_of(disposition?)?;
    Some(Part { name, is_file, content: &bytes[end + 4..] })
}

/// Returns the name in a `Content-Disposition`, and whether the part is a file.
fn name_of(disposition: &str) -> Option<(&str, bool)> {
    let (mut name, mut is_file) = (None, false);
    let mut rest = disposition.strip_prefix("form-data")?;
    while !rest.is_empty() {
        let (key, after) = rest.strip_prefix(';')?.trim_start().split_once('=')?;
        let value;
        (value, rest) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_at(after.find(';').unwrap_or(after.len())),
        };
        let is_plain = !value.contains('\\') && (after.starts_with('"') || !value.contains(['"', '\'', ' ', '\t']));
        match key {
            // PHP takes a part with this name alone for a text, and sees quotes in the value: `utf-8'en'a.txt`.
            "filename*" if is_file && is_extended(value) => {}
            _ if !is_plain => return None,
            "name" if name.is_none() => name = Some(value),
            "filename" if !is_file => is_file = true,
            _ => return None,
        }
    }
    Some((name?, is_file))
}

/// Whether this is the value of an extended parameter (RFC 8187): a character set, a language and a text without quotes.
fn is_extended(value: &str) -> bool {
    value.matches('\'').count() == 2 && !value.contains(['"', '\\', ' ', '\t'])
}

fn split<'b>(mut bytes: &'b [u8], separator: &[u8]) -> Vec<&'b [u8]> {
    let mut pieces = Vec::new();
    while let Some(at) = bytes.windows(separator.len()).position(|window| window == separator) {
        pieces.push(&bytes[..at]);
        bytes = &bytes[at + separator.len()..];
    }
    pieces.push(bytes);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=b";

    fn read(content_type: &str, body: &str) -> Option<Vec<(String, bool, String)>> {
        let owned =
            |part: Part<'_>| (part.name.to_owned(), part.is_file, String::from_utf8_lossy(part.content).into_owned());
        Some(parts(content_type, body.as_bytes())?.into_iter().map(owned).collect())
    }

    #[test]
    fn multipart_forms_are_read_as_clients_write_them() {
        for (content_type, head, name, is_file) in [
            (TYPE, "Content-Disposition: form-data; name=\"a[x]\"", "a[x]", false),
            ("Multipart/Form-Data;boundary=\"b\"; charset=utf-8", "content-disposition: form-data; name=a", "a", false),
            (
                TYPE,
                "Content-Disposition: form-data; name=\"a\"; filename=\"x;y='.txt\"\r\nContent-Type: x/y",
                "a",
                true,
            ),
            (TYPE, "Content-Type: x/y\r\nContent-Disposition: form-data; name=\"a\"; filename=x", "a", true),
            (
                TYPE,
                "Content-Disposition: form-data; name=\"a\"; filename=\"x\"; filename*=utf-8''x\r\nContent-Length: 1",
                "a",
                true,
            ),
        ] {
            let body = format!("--b\r\n{head}\r\n\r\none\r\n\r\n--two\n\r\n--b--\r\n");
            let expected = vec![(name.to_owned(), is_file, "one\r\n\r\n--two\n".to_owned())];
            assert_eq!(read(content_type, &body), Some(expected), "{content_type} {head}");
        }
    }

    #[test]
    fn unusual_multipart_forms_are_not_read() {
        let plain = "Content-Disposition: form-data; name=\"a\"";
        let form = |head: &str| format!("--b\r\n{head}\r\n\r\n1\r\n--b--\r\n");
        for (content_type, body) in [
            ("multipart/form-data; x=\"boundary=c\"; boundary=b", form(plain)),
            ("multipart/form-data; Boundary=b", form(plain)),
            (TYPE, form("Content-Disposition: form-data; name=\"a\"; name=\"b\"")),
            (TYPE, form("Content-Disposition: form-data; name='a'")),
            (TYPE, form("Content-Disposition: form-data; name=\"a\\\"b\"")),
            (TYPE, form("Content-Disposition: form-data; name=\"a\"; filename*=utf-8''x")),
            (TYPE, form("Content-Disposition: form-data; name=\"a\"; filename=\"x\"; filename*=utf-8''it's")),
            (TYPE, form("Content-Disposition: form-data; Name=\"a\"")),
            (TYPE, form("Content-Disposition: attachment; name=\"a\"")),
            (TYPE, form(&format!("{plain}\r\n{plain}"))),
            (TYPE, form(&format!("{plain}\r\n folded"))),
            (TYPE, form(&format!("{plain}\nX: y"))),
            (TYPE, form("Content-Type: x/y")),
            (TYPE, format!("preamble\r\n{}", form(plain))),
            (TYPE, format!("{}--b\r\n{plain}\r\n\r\n2\r\n--b--\r\n", form(plain))),
            (TYPE, format!("--b\r\n{plain}\r\n\r\nx\n--b\r\n{plain}\r\n\r\n1\r\n--b--\r\n")),
            (TYPE, format!("--b\r\n{plain}\r\n\r\nx\r\n--bc\r\n{plain}\r\n\r\n1\r\n--b--\r\n")),
            (TYPE, format!("--b\r\n{plain}\r\n\r\ncut")),
            (TYPE, String::new()),
        ] {
            assert_eq!(read(content_type, &body), None, "{content_type}\n{body}");
        }
    }
}
