//! Decoding of the parameter `customfields`, which several actions share.

use serde_json::Value as Json;

use crate::database::TEXT_BYTES;
use crate::error::{Result, refuse, refuse_as};
use crate::operations::clients::CustomFieldValues;
use crate::param::{Nested, Param};

/// Decodes the parameter `customfields`: values by the ids of their fields. Keys that are not ids are ignored.
pub fn read(parameter: Param<Nested>) -> Result<CustomFieldValues> {
    let Some(nested) = parameter.optional("customfields: not an array")? else {
        return Ok(CustomFieldValues::default());
    };
    let ids = nested.pairs("customfields")?.into_iter().filter_map(|(key, value)| Some((key.parse().ok()?, value)));
    ids.map(|(id, value)| Ok((id, text(value)?))).collect::<Result<_>>().map(CustomFieldValues)
}

fn text(value: Json) -> Result<String> {
    let text = match value {
        Json::String(text) => text,
        Json::Number(number) => number.to_string(),
        Json::Bool(true) => "1".to_owned(),
        Json::Bool(false) | Json::Null => String::new(),
        Json::Array(_) | Json::Object(_) => return refuse("customfields: a value is an array"),
    };
    if text.len() > TEXT_BYTES {
        return refuse_as(
            "too_long",
            format!("customfields is too long: at most {TEXT_BYTES} bytes are allowed for a value"),
        );
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    fn sent(json: Json) -> Result<CustomFieldValues> {
        read(Param::deserialize(json).unwrap())
    }

    #[test]
    fn values_are_texts_by_the_ids_of_their_fields() {
        let read = sent(json!({"2": "x", "3": 7, "4": true, "5": null, "name": "y"})).unwrap();
        let texts: Vec<_> = read.0.into_iter().collect();
        assert_eq!(texts, [(2, "x".into()), (3, "7".into()), (4, "1".into()), (5, String::new())]);
        assert!(sent(json!("")).unwrap().0.is_empty());
        assert_eq!(sent(json!(["x", "y"])).unwrap().0[&1], "y");
    }

    #[test]
    fn values_that_are_no_text_are_rejected() {
        for (json, message) in [
            (json!({"1": ["x"]}), "customfields: a value is an array"),
            (json!("eA=="), "customfields: not a serialized PHP array: it is truncated or malformed"),
            (
                json!({"1": "x".repeat(TEXT_BYTES + 1)}),
                "customfields is too long: at most 65535 bytes are allowed for a value",
            ),
        ] {
            assert_eq!(sent(json).unwrap_err().to_string(), message);
        }
    }
}
