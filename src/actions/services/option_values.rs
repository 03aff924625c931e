//! The parameter `configoptions` of actions that change services.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::error::Result;
use crate::operations::services::options::OptionValue;
use crate::param::{Nested, Param};

/// Decodes new values by the ids of their options. Keys that are not ids, and empty values, are ignored.
pub fn option_values(array: Param<Nested>) -> Result<BTreeMap<i64, OptionValue>> {
    let array = array.optional("configoptions must be an array")?;
    let pairs = array.map(|array| array.pairs("configoptions")).transpose()?.unwrap_or_default();
    Ok(pairs.into_iter().filter_map(|(id, value)| Some((id.parse().ok()?, option_value(&value)?))).collect())
}

fn option_value(value: &Json) -> Option<OptionValue> {
    let Json::Object(fields) = value else {
        let text = scalar(value);
        let is_empty = text.as_ref().is_some_and(String::is_empty);
        return (!is_empty).then(|| text.as_deref().and_then(number).map_or(OptionValue::Invalid, OptionValue::Number));
    };
    let field = |name| fields.get(name).map(|value| scalar(value).as_deref().and_then(number));
    Some(match (field("optionid"), field("qty")) {
        (Some(None), _) | (_, Some(None)) => OptionValue::Invalid,
        (choice, quantity) => OptionValue::Choice { choice: choice.flatten(), quantity: quantity.flatten() },
    })
}

fn number(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// Returns a number or a text as text.
fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(value) => Some(if *value { "1" } else { "" }.to_owned()),
        Json::Null => Some(String::new()),
        Json::Array(_) | Json::Object(_) => None,
    }
}
