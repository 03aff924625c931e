//! Decoding of `application/json`, which WHMCS lacks, with real arrays and objects.

use serde_json::{Map, Value};

use super::{MAX_DEPTH, Malformed, Parameters};

pub fn decode(body: &[u8]) -> Result<Parameters, Malformed> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Parameters::default());
    }
    let text = String::from_utf8_lossy(body);
    let values: Map<String, Value> = serde_json::from_str(&text)
        .map_err(|error| Malformed(format!("The body is no JSON object: {error}").into()))?;
    if values.values().any(|value| is_deeper_than(MAX_DEPTH, value)) {
        return Err(Malformed(format!("The body is nested deeper than {MAX_DEPTH} levels").into()));
    }
    let actions = values.get("action").and_then(Value::as_str).filter(|action| !action.is_empty());
    let actions = actions.map(str::to_owned).into_iter().collect();
    Ok(Parameters { values, actions, files: Vec::new() })
}

fn is_deeper_than(limit: usize, value: &Value) -> bool {
    let is_deeper = |value| limit == 0 || is_deeper_than(limit - 1, value);
    match value {
        Value::Array(list) => list.iter().any(is_deeper),
        Value::Object(map) => map.values().any(is_deeper),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_its_parameters() {
        let parameters = decode(br#"{"action":"AddOrder","pid":[1,2],"amount":12.34,"on":true,"none":null}"#).unwrap();
        assert_eq!(
            Value::Object(parameters.values).to_string(),
            r#"{"action":"AddOrder","pid":[1,2],"amount":12.34,"on":true,"none":null}"#
        );
        assert_eq!(decode(b"  ").unwrap(), Parameters::default());
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
        ] {
            let error = decode(body.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
