//! Actions that the settings define: as a SELECT of the database, or as an HTTP endpoint of the operator.

use std::collections::BTreeMap;

use anyhow::bail;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::{Endpoint, Secret};

const PREFIX: &str = "WHMCS_API_ACTIONS_";
/// The longest time that an endpoint may take, as for provisioning modules.
const MAX_ENDPOINT_SECONDS: u64 = 600;
/// A statement of an action that takes longer does not belong in an API.
const MAX_SQL_SECONDS: u64 = 60;
const MAX_ROWS: u32 = 100_000;
const MAX_BYTES: u32 = 64 << 20;
const MAX_NAME_BYTES: usize = 64;

/// An action that the settings define. It has either `sql`, or `url` and `secret`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Action {
    /// What the action does, in a sentence, for the documentation page.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// A SELECT with parameters such as `:clientid`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sql: String,
    /// Where the rows stand in the reply: `groups`, or `clients.client`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// Whether the rows are returned in pages, by `limitstart` and `limitnum`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paging: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_rows: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u32>,
    /// The URL of an endpoint, which begins with `http://` or `https://`.
    #[serde(skip_serializing_if = "String::is_empty", serialize_with = "super::endpoint_url::serialize")]
    pub url: String,
    /// The key that signs requests to the endpoint.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub secret: Secret,
    /// Whether the endpoint changes something. If it is not said, it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<ActionAccess>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, ActionParameter>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionAccess {
    Read,
    Write,
}

/// A parameter of an action that the settings define.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ActionParameter {
    #[serde(rename = "type")]
    pub kind: ParameterKind,
    /// Whether a call without the parameter is rejected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Whether several values may be sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub list: bool,
    /// The value if none is sent: a text, a number or a boolean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterKind {
    /// The id of a row.
    Id,
    /// A whole number.
    Integer,
    /// An amount of money.
    Amount,
    Text,
    /// A day.
    Date,
    /// A day and a time on the operator's clock.
    Time,
    Boolean,
}

impl Action {
    /// Whether the action only reads.
    pub fn only_reads(&self) -> bool {
        !self.sql.is_empty() || self.access == Some(ActionAccess::Read)
    }

    /// The endpoint, if the action has one.
    pub fn endpoint(&self) -> Option<Endpoint> {
        (!self.url.is_empty()).then(|| Endpoint {
            url: self.url.clone(),
            secret: self.secret.clone(),
            timeout_seconds: self.timeout_seconds(),
        })
    }

    /// The time limit of the statement, or of a request to the endpoint.
    pub fn timeout_seconds(&self) -> u64 {
        self.timeout_seconds.unwrap_or(if self.sql.is_empty() { 15 } else { 5 })
    }

    pub fn max_rows(&self) -> u32 {
        self.max_rows.unwrap_or(1000)
    }

    pub fn max_bytes(&self) -> usize {
        self.max_bytes.unwrap_or(4 << 20) as usize
    }

    /// Checks what can be checked without the list of actions and without the database.
    pub(super) fn check(&self, name: &str) -> anyhow::Result<()> {
        if !is_name(name) {
            bail!("actions.{name}: the name of an action has letters, digits and _, at most {MAX_NAME_BYTES}");
        }
        match (self.sql.is_empty(), self.url.is_empty()) {
            (false, true) => self.check_sql(name),
            (true, false) => self.check_endpoint(name),
            _ => bail!("actions.{name}: must have either sql or url"),
        }
    }

    fn check_sql(&self, name: &str) -> anyhow::Result<()> {
        if !self.secret.is_empty() || self.access.is_some() {
            bail!("actions.{name}: secret and access are for actions with a url; SQL only reads");
        }
        for (setting, value, most) in [
            ("timeout_seconds", self.timeout_seconds(), MAX_SQL_SECONDS),
            ("max_rows", self.max_rows().into(), MAX_ROWS.into()),
            ("max_bytes", self.max_bytes() as u64, MAX_BYTES.into()),
        ] {
            if !(1..=most).contains(&value) {
                bail!("actions.{name}.{setting}: must be from 1 to {most}");
            }
        }
        Ok(())
    }

    fn check_endpoint(&self, name: &str) -> anyhow::Result<()> {
        if self.reply.is_some() || self.paging || self.max_rows.is_some() || self.max_bytes.is_some() {
            bail!("actions.{name}: reply, paging, max_rows and max_bytes are for actions with sql");
        }
        if !self.url.starts_with("http://") && !self.url.starts_with("https://") {
            bail!("actions.{name}.url: must be the URL of the endpoint, such as https://actions.example.com/{name}");
        }
        if self.secret.is_empty() {
            bail!("actions.{name}.secret: is missing; it signs the requests to the endpoint");
        }
        if !(1..=MAX_ENDPOINT_SECONDS).contains(&self.timeout_seconds()) {
            bail!("actions.{name}.timeout_seconds: must be from 1 to {MAX_ENDPOINT_SECONDS}");
        }
        Ok(())
    }
}

/// Returns path and value for an action's variable: `actions.ProvisionVps.secret` for
/// `WHMCS_API_ACTIONS_PROVISIONVPS_SECRET`, if the file has an action of this name. Parameters are set in the file only.
pub(super) fn setting(variable: &str, settings: &Table) -> Option<(Vec<String>, Value)> {
    let rest = variable.strip_prefix(PREFIX)?.to_lowercase();
    let (key, default) = [
        ("timeout_seconds", Value::Integer(0)),
        ("description", Value::String(String::new())),
        ("access", Value::String(String::new())),
        ("secret", Value::String(String::new())),
        ("url", Value::String(String::new())),
        ("sql", Value::String(String::new())),
    ]
    .into_iter()
    .find(|(key, _)| rest.ends_with(&format!("_{key}")))?;
    let name = rest.strip_suffix(key)?.strip_suffix('_')?;
    let actions = settings.get("actions").and_then(Value::as_table);
    let written = actions.and_then(|actions| actions.keys().find(|written| written.eq_ignore_ascii_case(name)));
    let name = written.map_or(name, String::as_str);
    Some((vec!["actions".to_owned(), name.to_owned(), key.to_owned()], default))
}

/// Whether a text may be the name of an action or of a parameter: such names mean the same in every format.
pub fn is_name(text: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    (1..=MAX_NAME_BYTES).contains(&text.len())
        && text.starts_with(is_letter)
        && text.chars().all(|c| is_letter(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_for_the_action_of_the_file_whatever_its_case_is() {
        let settings: Table = "[actions.ProvisionVps]\nurl = 'http://x'".parse().unwrap();
        let path = |variable: &str| setting(variable, &settings).map(|(path, _)| path.join("."));
        for (variable, expected) in [
            ("WHMCS_API_ACTIONS_PROVISIONVPS_SECRET", Some("actions.ProvisionVps.secret")),
            ("WHMCS_API_ACTIONS_PROVISIONVPS_TIMEOUT_SECONDS", Some("actions.ProvisionVps.timeout_seconds")),
            ("WHMCS_API_ACTIONS_OTHER_SQL", Some("actions.other.sql")),
            ("WHMCS_API_ACTIONS_OTHER_PAGING", None),
            ("WHMCS_API_ACTIONS_SQL", None),
            ("WHMCS_API_MODULES_OTHER_URL", None),
        ] {
            assert_eq!(path(variable).as_deref(), expected, "{variable}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, message) in [
            ("", "must have either sql or url"),
            ("sql = 'x'\nurl = 'http://x'", "must have either sql or url"),
            ("sql = 'x'\nsecret = 'x'", "secret and access are for actions with a url"),
            ("sql = 'x'\naccess = 'read'", "secret and access are for actions with a url"),
            ("sql = 'x'\nmax_rows = 0", "actions.X.max_rows: must be from 1 to 100000"),
            ("sql = 'x'\nmax_bytes = 100000000", "actions.X.max_bytes: must be from 1 to"),
            ("sql = 'x'\ntimeout_seconds = 61", "actions.X.timeout_seconds: must be from 1 to 60"),
            ("url = 'ftp://x'\nsecret = 'x'", "actions.X.url: must be the URL"),
            ("url = 'http://x'", "actions.X.secret: is missing"),
            ("url = 'http://x'\nsecret = 'x'\npaging = true", "are for actions with sql"),
            ("url = 'http://x'\nsecret = 'x'\ntimeout_seconds = 601", "must be from 1 to 600"),
        ] {
            let action: Action = toml::from_str(text).unwrap();
            let error = action.check("X").unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
        let valid: Action = toml::from_str("sql = 'SELECT 1'").unwrap();
        for name in ["", "Get-X", "1X", "Größe", "a b", &"x".repeat(65)] {
            assert!(valid.check(name).unwrap_err().to_string().contains("letters, digits and _"), "{name}");
        }
        assert!(valid.check("Get_X1").is_ok());
    }
}
