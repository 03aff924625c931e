//! Parameters that actions about OAuth credentials share.

use serde_json::Value as Json;

use crate::actions::Catalogue;
use crate::actions::words::authentication::{invalid_grant, invalid_scope};
use crate::call::Call;
use crate::error::{Error, Result};
use crate::operations::authentication::{API_SCOPE, ApiRights, Grant};
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

/// Returns what the scopes of a program permit, such as `api:AddCredit`. One that the caller itself may not call is rejected like
/// one that does not exist.
pub fn api_rights(call: &Call<'_>, scopes: &[String]) -> Result<ApiRights> {
    let catalogue = Catalogue::of(call.settings).map_err(|invalid| Error::Internal(invalid.to_string().into()))?;
    let mut actions: Vec<String> = Vec::new();
    for scope in scopes {
        let entry = scope.strip_prefix(API_SCOPE).and_then(|name| catalogue.find(name));
        let entry = entry.filter(|entry| call.rights.may_call(entry.target())).ok_or_else(|| invalid_scope(scope))?;
        if !actions.iter().any(|action| *action == entry.name) {
            actions.push(entry.name.to_string());
        }
    }
    Ok(ApiRights { maker: call.rights.own_credential(), actions })
}
