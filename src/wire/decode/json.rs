//! Decoding of `application/json`, which WHMCS lacks, with real arrays and objects.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{MAX_DEPTH, Malformed, Parameters, number};

pub fn decode(body: &[u8]) -> Result<Parameters, Malformed> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Parameters::default());
    }
    let text = String::from_utf8_lossy(body);
    let members: IndexMap<String, &RawValue> = parse(&text)?;
    let members = members.into_iter().map(|(name, member)| Ok((name, value(member, MAX_DEPTH)?)));
    let values = members.collect::<Result<Map<String, Value>, Malformed>>()?;
    let actions = values.get("action").and_then(Value::as_str).filter(|action| !action.is_empty());
    let actions = actions.map(str::to_owned).into_iter().collect();
    Ok(Parameters { values, actions, files: Vec::new() })
}

fn parse<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, Malformed> {
    serde_json::from_str(text).map_err(|error| Malformed(format!("The body is no JSON object: {error}").into()))
}

/// Decodes a value from its text, so that no number becomes a binary fraction, which would change it: those that are not
/// integers become the text that a form would send.
fn value(raw: &RawValue, depth: usize) -> Result<Value, Malformed> {
    let text = raw.get();
    let inner = || depth.checked_sub(1).ok_or_else(too_deep);
    match text.as_bytes().first() {
        Some(b'[') => {
            let elements: Vec<&RawValue> = parse(text)?;
            let depth = inner()?;
            elements.into_iter().map(|element| value(element, depth)).collect()
        }
        Some(b'{') => {
            let members: IndexMap<String, &RawValue> = parse(text)?;
            let depth = inner()?;
            let members = members.into_iter().map(|(name, member)| Ok((name, value(member, depth)?)));
            members.collect::<Result<Map<String, Value>, Malformed>>().map(Value::Object)
        }
        Some(b'-' | b'0'..=b'9') => Ok(number(text)),
        _ => parse(text),
    }
}

fn too_deep() -> Malformed {
    Malformed(format!("The body is nested deeper than {MAX_DEPTH} levels").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_its_parameters() {
        let parameters = decode(br#"{"action":"AddOrder","pid":[1,2],"amount":12.34,"on":true,"none":null}"#).unwrap();
        assert_eq!(
            Value::Object(parameters.values).to_string(),
            r#"{"action":"AddOrder","pid":[1,2],"amount":"12.34","on":true,"none":null}"#
        );
        assert_eq!(decode(b"  ").unwrap(), Parameters::default());
    }

    /// As texts, in the form of the other API styles: `5.0` is the id 5 in languages that have only floats.
    #[test]
    fn numbers_are_exact() {
        for (sent, value) in [
            ("5", "5"),
            ("-5", "-5"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", r#""18446744073709551616""#),
            ("90071992547409.93", r#""90071992547409.93""#),
            ("0.30000000000000004", r#""0.30000000000000004""#),
            ("5.0", r#""5""#),
            ("12.340", r#""12.34""#),
            ("1e3", r#""1000""#),
            ("1E-7", r#""0.0000001""#),
            ("1e400", r#""1e400""#),
            (r#"[{"a":[0.10]}]"#, r#"[{"a":["0.1"]}]"#),
        ] {
            let parameters = decode(format!(r#"{{"a": {sent} }}"#).as_bytes()).unwrap();
            assert_eq!(parameters.values["a"].to_string(), value, "{sent}");
        }
    }

    #[test]
    fn anything_else_is_rejected_with_the_reason() {
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(MAX_DEPTH + 1), "]".repeat(MAX_DEPTH + 1));
        let very_deep = "[".repeat(100_000);
        for (body, message) in [
            ("[]", "The body is no JSON object: "),
            ("{", "The body is no JSON object: "),
            ("\"text\"", "The body is no JSON object: "),
            ("{} x", "The body is no JSON object: "),
            (&deep, "The body is nested deeper than 16 levels"),
            (&very_deep, "The body is no JSON object: "),
            (&format!(r#"{{"a":{very_deep}"#), "The body is no JSON object: "),
            (r#"{"a":"\ud800"}"#, "The body is no JSON object: "),
            (r#"{"a":01}"#, "The body is no JSON object: "),
        ] {
            let error = decode(body.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
