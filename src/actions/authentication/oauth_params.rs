//! Parameters that actions about OAuth credentials share.

use serde_json::Value as Json;

use crate::actions::words::authentication::invalid_grant;
use crate::error::Result;
use crate::operations::authentication::Grant;
use crate::param::{Param, ParamValue};

/// Names in a text, separated by spaces or commas, or in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(pub Vec<String>);

impl ParamValue for Words {
    fn parse(text: &str) -> Option<Self> {
        let words = text.split([' ', ',', '\n', '\r', '\t']).filter(|word| !word.is_empty());
        Some(Words(words.map(str::to_owned).collect()))
    }

    fn from_list(list: Json) -> Option<Self> {
        let values: Vec<Json> = match list {
            Json::Array(values) => values,
            Json::Object(values) => values.into_iter().map(|(_, value)| value).collect(),
            _ => return None,
        };
        let texts: Option<Vec<&str>> = values.iter().map(Json::as_str).collect();
        Words::parse(&texts?.join(" "))
    }
}

/// Returns the grant type that was sent, if any.
pub fn grant(sent: Param<String>) -> Result<Option<Grant>> {
    match sent {
        Param::Given(text) => Ok(Some(Grant::parse(&text).ok_or_else(|| invalid_grant(&text))?)),
        Param::Malformed(text) => Err(invalid_grant(&text)),
        Param::Absent => Ok(None),
    }
}
