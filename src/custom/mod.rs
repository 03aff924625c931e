//! Custom actions: those that the settings define, as a SELECT of the database or as an HTTP endpoint of the operator.
//!
//! What a definition says is checked when the server starts. How calls of custom actions are carried out is in
//! [`crate::api`]; nothing here knows of transactions, of callers, or of HTTP.

mod exchange;
mod parameters;
mod sql;

use std::fmt;

use schemars::{Schema, json_schema};
use serde_json::{Map, Value as Json, json};

use crate::config;
use crate::database::Access;

pub use exchange::{Answer, EndpointAction, RequestBody, params};
pub use parameters::{Argument, Parameters};
pub use sql::{SqlAction, SqlReply, TableName};

/// An action that the settings define.
#[derive(Debug)]
pub struct CustomAction {
    pub name: String,
    description: String,
    pub parameters: Parameters,
    pub kind: CustomKind,
}

#[derive(Debug)]
pub enum CustomKind {
    Sql(SqlAction),
    Endpoint(EndpointAction),
}

/// A definition in the settings that is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidAction {
    action: String,
    why: String,
}

impl InvalidAction {
    pub fn new(action: &str, why: impl Into<String>) -> InvalidAction {
        InvalidAction { action: action.to_owned(), why: why.into() }
    }
}

impl fmt::Display for InvalidAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "actions.{}: {}", self.action, self.why)
    }
}

impl std::error::Error for InvalidAction {}

impl CustomAction {
    /// The group in which the documentation lists custom actions.
    pub const GROUP: &str = "custom";

    /// Checks a definition.
    pub fn new(name: &str, setting: &config::Action) -> Result<CustomAction, InvalidAction> {
        let invalid = |why| InvalidAction::new(name, why);
        let parameters = Parameters::new(setting).map_err(invalid)?;
        let kind = match setting.sql.is_empty() {
            false => CustomKind::Sql(SqlAction::new(setting, &parameters).map_err(invalid)?),
            true => CustomKind::Endpoint(EndpointAction::new(setting)),
        };
        Ok(CustomAction { name: name.to_owned(), description: setting.description.clone(), parameters, kind })
    }

    pub fn access(&self) -> Access {
        match &self.kind {
            CustomKind::Sql(_) => Access::Read,
            CustomKind::Endpoint(endpoint) => endpoint.access,
        }
    }

    /// The statement of the action, if it has one.
    pub fn as_sql(&self) -> Option<&SqlAction> {
        match &self.kind {
            CustomKind::Sql(sql) => Some(sql),
            CustomKind::Endpoint(_) => None,
        }
    }

    /// Whether all is known that the schema of the reply can have.
    pub fn is_described(&self) -> bool {
        self.as_sql().is_none_or(SqlAction::is_checked)
    }

    /// Returns the schema of the parameters.
    pub fn request_schema(&self) -> Schema {
        let mut properties = self.parameters.schemas();
        if self.as_sql().is_some_and(|sql| sql.is_paged) {
            add_paging(&mut properties);
        }
        let default = "A custom action of this server, which its settings define.";
        let description = if self.description.is_empty() { default } else { &self.description };
        let takes_others = matches!(self.kind, CustomKind::Endpoint(_)) && self.parameters.is_empty();
        let mut schema = json_schema!({"type": "object", "description": description, "properties": properties});
        if takes_others {
            schema.insert("additionalProperties".to_owned(), true.into());
        }
        schema
    }

    /// Returns the schema of the reply.
    pub fn reply_schema(&self) -> Schema {
        match &self.kind {
            CustomKind::Sql(sql) => sql.reply_schema(),
            CustomKind::Endpoint(_) => json_schema!({"type": "object", "additionalProperties": true}),
        }
    }
}

fn add_paging(properties: &mut Map<String, Json>) {
    let number = |description: &str| json!({"type": "integer", "minimum": 0, "description": description});
    properties.insert("limitstart".to_owned(), number("Number of rows to skip; by default, none."));
    properties.insert("limitnum".to_owned(), number("Maximum number of rows to return; by default, 25."));
}
