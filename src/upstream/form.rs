//! Parameters as a form that PHP reads, for requests that WHMCS could not read as they were sent: those in JSON, and those of
//! the modern style.

use std::fmt::Write;

use serde_json::Value;

use crate::wire::Parameters;

/// The parameter with the idempotency key, of which WHMCS knows nothing.
const IDEMPOTENCY_KEY: &str = "idempotencykey";

/// An encoded form.
pub struct Form {
    pub content_type: String,
    pub body: Vec<u8>,
}

impl Form {
    /// Encodes parameters and files. `more` replaces parameters of the same names.
    pub fn of(parameters: &Parameters, more: &[(&str, &str)]) -> Form {
        let is_replaced = |name: &str| more.iter().any(|(other, _)| *other == name);
        let mut pairs = pairs(parameters);
        pairs.retain(|(name, _)| !is_replaced(name));
        pairs.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        match parameters.files.is_empty() {
            true => Form {
                content_type: "application/x-www-form-urlencoded".to_owned(),
                body: serde_urlencoded::to_string(pairs).unwrap_or_default().into_bytes(),
            },
            false => multipart(&pairs, parameters),
        }
    }
}

/// Returns the names and values of parameters as a form has them.
pub fn pairs(parameters: &Parameters) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (name, value) in parameters.values.iter().filter(|(name, _)| *name != IDEMPOTENCY_KEY) {
        add(name.clone(), value, &mut pairs);
    }
    pairs
}

/// Adds the pairs of a value, whose names PHP reads as arrays: `a[b][0]`.
fn add(name: String, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, member)| add(format!("{name}[{key}]"), member, pairs));
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, element)| add(format!("{name}[{index}]"), element, pairs));
        }
        Value::String(text) => pairs.push((name, text.clone())),
        Value::Number(number) => pairs.push((name, number.to_string())),
        // As PHP converts them to text: the text `false` would be true there.
        Value::Bool(true) => pairs.push((name, "1".to_owned())),
        Value::Bool(false) | Value::Null => pairs.push((name, String::new())),
    }
}

fn multipart(pairs: &[(String, String)], parameters: &Parameters) -> Form {
    let contents = || {
        let texts = pairs.iter().map(|(_, value)| value.as_bytes());
        texts.chain(parameters.files.iter().map(|file| &*file.content))
    };
    let boundary = boundary(contents);
    let mut body = Vec::new();
    let mut part = |header: String, content: &[u8]| {
        body.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: form-data; {header}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    for (name, value) in pairs {
        part(format!("name=\"{}\"", quoted(name)), value.as_bytes());
    }
    for file in &parameters.files {
        let header = format!("name=\"{}\"; filename=\"{}\"", quoted(&file.parameter), quoted(&file.name));
        part(header + "\r\nContent-Type: application/octet-stream", &file.content);
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Form { content_type: format!("multipart/form-data; boundary={boundary}"), body }
}

/// Returns a boundary that occurs in no content.
fn boundary<'c, C: Iterator<Item = &'c [u8]>>(contents: impl Fn() -> C) -> String {
    let mut boundary = "whmcs-api-0".to_owned();
    for number in 1_u64.. {
        let bytes = boundary.as_bytes();
        if !contents().any(|content| content.windows(bytes.len()).any(|window| window == bytes)) {
            break;
        }
        boundary.truncate("whmcs-api-".len());
        let _ = write!(boundary, "{number:016x}");
    }
    boundary
}

/// Encodes the characters that end a quoted text, as browsers do.
fn quoted(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::File;

    async fn decoded(form: &Form) -> Parameters {
        Parameters::decode("", &form.content_type, &form.body).await.unwrap()
    }

    #[tokio::test]
    async fn a_form_is_read_as_what_was_sent_in_json() {
        let json = r#"{"action":"x","a":{"b":[1,"two",{"c":"d&="}]},"yes":true,"no":false,"none":null,"n":1.50,"secret":"old"}"#;
        let sent = Parameters::decode("", "application/json", json.as_bytes()).await.unwrap();
        let form = Form::of(&sent, &[("action", "GetX"), ("secret", "new")]);
        let expected = r#"{"a":{"b":{"0":"1","1":"two","2":{"c":"d&="}}},"yes":"1","no":"","none":"","n":"1.5","action":"GetX","secret":"new"}"#;
        let read = serde_json::to_string(&decoded(&form).await.values).unwrap();
        // Lists are arrays here and there; both are the same to PHP.
        assert_eq!(read.replace(r#"["1","two",{"c":"d&="}]"#, r#"{"0":"1","1":"two","2":{"c":"d&="}}"#), expected);
    }

    #[tokio::test]
    async fn files_are_sent_with_texts() {
        let file = |content: &[u8]| File {
            parameter: "attachments[0]".to_owned(),
            name: "a \"b\".txt".to_owned(),
            content: content.to_vec(),
        };
        for content in [&b"plain"[..], b"\r\n--whmcs-api-0\r\n", b"whmcs-api-0 whmcs-api-0000000000000001", b""] {
            let mut parameters = Parameters::default();
            parameters.values.insert("message".to_owned(), "two\r\nlines".into());
            parameters.files.push(file(content));
            let read = decoded(&Form::of(&parameters, &[("action", "OpenTicket")])).await;
            assert_eq!(read.text("message"), Some("two\r\nlines"));
            assert_eq!(read.text("action"), Some("OpenTicket"));
            assert_eq!(read.files.len(), 1);
            assert_eq!((&*read.files[0].parameter, &*read.files[0].content), ("attachments[0]", content));
        }
    }
}
