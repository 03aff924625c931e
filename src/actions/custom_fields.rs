//! Custom fields, as several actions take them.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::database::TEXT_BYTES;
use crate::database::writer::Writer;
use crate::error::{Result, refuse, refuse_as};
use crate::param::{Nested, Param};
use crate::store;
use crate::store::clients::custom_fields::Field;

/// What was sent for custom fields, by their ids.
#[derive(Debug, Default)]
pub struct Sent(BTreeMap<i64, String>);

impl Sent {
    /// Reads the parameter `customfields`. Keys that are no ids name no field.
    pub fn read(parameter: Param<Nested>) -> Result<Sent> {
        let Some(nested) = parameter.optional("customfields: not an array")? else { return Ok(Sent::default()) };
        let ids = nested.pairs("customfields")?.into_iter().filter_map(|(key, value)| Some((key.parse().ok()?, value)));
        ids.map(|(id, value)| Ok((id, text(value)?))).collect::<Result<_>>().map(Sent)
    }

    /// The first of these fields that must hold something, and that nothing was sent for.
    pub fn missing<'f>(&self, fields: &'f [Field]) -> Option<&'f Field> {
        let is_filled = |field: &Field| self.0.get(&field.id).is_some_and(|value| !value.is_empty());
        fields.iter().find(|field| field.is_required && !is_filled(field))
    }

    /// The first of these fields that must hold something, and that would be emptied.
    pub fn emptied<'f>(&self, fields: &'f [Field]) -> Option<&'f Field> {
        fields.iter().find(|field| field.is_required && self.0.get(&field.id).is_some_and(String::is_empty))
    }

    /// Sets those of these fields that something was sent for, for one row.
    pub async fn write(&self, books: &mut Writer<'_>, fields: &[Field], row: i64) -> Result<()> {
        for field in fields {
            if let Some(value) = self.0.get(&field.id) {
                store::clients::custom_fields::set(books, field.id, row, value).await?;
            }
        }
        Ok(())
    }
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

    fn sent(json: Json) -> Result<Sent> {
        Sent::read(Param::deserialize(json).unwrap())
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
    fn what_is_no_text_is_told() {
        for (json, told) in [
            (json!({"1": ["x"]}), "customfields: a value is an array"),
            (json!("eA=="), "customfields: not a serialized PHP array: it is cut short or written wrong"),
            (
                json!({"1": "x".repeat(TEXT_BYTES + 1)}),
                "customfields is too long: at most 65535 bytes are allowed for a value",
            ),
        ] {
            assert_eq!(sent(json).unwrap_err().to_string(), told);
        }
    }

    #[test]
    fn required_fields_must_be_filled() {
        let field = |id, is_required| Field { id, name: String::new(), is_required };
        let fields = [field(1, false), field(2, true), field(3, true)];
        let read = sent(json!({"1": "", "2": "x", "3": ""})).unwrap();
        assert_eq!(read.missing(&fields).map(|field| field.id), Some(3));
        assert_eq!(read.emptied(&fields).map(|field| field.id), Some(3));
        assert!(Sent::default().emptied(&fields).is_none());
        assert!(read.missing(&fields[..2]).is_none());
    }
}
