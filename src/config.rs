//! Settings: the defaults, then a TOML file, then the environment, then the command line.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize, Serializer};
use sqlx::mysql::MySqlConnectOptions;
use toml::{Table, Value};

/// Every setting with its default. `config.example.toml` explains them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    pub time_zone: chrono_tz::Tz,
    pub log: String,
    pub database: Database,
    pub limits: Limits,
    pub compat: Compat,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// Empty for the embedded database.
    pub url: DatabaseUrl,
    pub connections: u32,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub request_bytes: usize,
    pub call_seconds: u64,
}

/// Where WHMCS, or what its community built on it, leaves two readings.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Compat {
    pub default_format: DefaultFormat,
    pub slashes: Slashes,
    /// What XML replies tell as the version.
    pub xml_version: String,
    pub unknown_action_status: UnknownActionStatus,
    pub products_active: ProductsShape,
    pub product_url: ProductUrl,
    pub credits_order: CreditsOrder,
}

impl Default for Compat {
    fn default() -> Compat {
        Compat {
            default_format: DefaultFormat::default(),
            slashes: Slashes::default(),
            xml_version: "8.13.1".to_owned(),
            unknown_action_status: UnknownActionStatus::default(),
            products_active: ProductsShape::default(),
            product_url: ProductUrl::default(),
            credits_order: CreditsOrder::default(),
        }
    }
}

/// How a reply is written when the request does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultFormat {
    /// NVP where it is flat, XML where it is nested.
    #[default]
    ByShape,
    Nvp,
    Xml,
    Json,
}

/// How JSON replies write a slash.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Slashes {
    #[default]
    Plain,
    /// With a backslash before it.
    Escaped,
}

/// The HTTP status of a reply that says that there is no such action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum UnknownActionStatus {
    #[default]
    #[serde(rename = "200")]
    Ok,
    #[serde(rename = "403")]
    Forbidden,
}

impl UnknownActionStatus {
    pub fn code(self) -> u16 {
        match self {
            UnknownActionStatus::Ok => 200,
            UnknownActionStatus::Forbidden => 403,
        }
    }
}

/// The key of a product's address, which the documentation spells in two ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductUrl {
    /// `product_url`
    #[default]
    Underscore,
    /// `product-url`
    Hyphen,
}

/// The shape of `products` in the reply of GetProductsActive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProductsShape {
    /// `{"product":[…]}`, as documented and as in GetProducts.
    #[default]
    Wrapped,
    /// `[…]`, as the original script returns it.
    Flat,
}

/// The order of the entries in the reply of GetCredits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditsOrder {
    #[default]
    OldestFirst,
    NewestFirst,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_dir: PathBuf::from("./data"),
            time_zone: chrono_tz::Tz::UTC,
            log: "info".to_owned(),
            database: Database::default(),
            limits: Limits::default(),
            compat: Compat::default(),
        }
    }
}

impl Default for Database {
    fn default() -> Database {
        Database { url: DatabaseUrl(String::new()), connections: 20 }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { request_bytes: 1 << 20, call_seconds: 20 }
    }
}

/// A `mysql://` URL. It holds a password, so it shows itself without.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The whole URL, or `None` for the embedded database.
    pub fn reveal(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(self.0.as_str())
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The user's name ends at the first colon behind the scheme, the password at the last at sign.
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        match rest.rsplit_once('@').and_then(|(login, place)| Some((login.split_once(':')?.0, place))) {
            Some((user, place)) => write!(f, "{scheme}://{user}:***@{place}"),
            None => f.write_str(&self.0),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

pub const PREFIX: &str = "WHMCS_API_";
/// What the command line takes from the environment itself, and what Kubernetes puts there for a service of our name.
const NO_SETTINGS: [&str; 4] = ["WHMCS_API_CONFIG", "WHMCS_API_KEEP", "WHMCS_API_SERVICE_", "WHMCS_API_PORT"];

impl Settings {
    /// Reads the file, if there is one, and lets the environment override it. What is unknown or malformed is an error
    /// that names the setting and what is allowed.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> anyhow::Result<Settings> {
        let mut settings = Table::new();
        if let Some(file) = file {
            let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            settings = check_file(&text).with_context(|| file.display().to_string())?;
        }
        let known = keys();
        for (variable, value) in environment {
            if !variable.starts_with(PREFIX) || NO_SETTINGS.iter().any(|other| variable.starts_with(other)) {
                continue;
            }
            let Some((path, default)) = known.iter().find(|(path, _)| variable_of(path) == variable) else {
                let variables: Vec<String> = known.iter().map(|(path, _)| variable_of(path)).collect();
                bail!("unknown setting {variable} in the environment; known are {}", variables.join(", "));
            };
            let value = parse_like(default, &value).with_context(|| format!("{variable} must be a whole number"))?;
            set(&mut settings, path, value);
            Settings::check(&settings).with_context(|| format!("{variable} in the environment"))?;
        }
        Settings::check(&settings)
    }

    fn check(settings: &Table) -> anyhow::Result<Settings> {
        let settings: Settings = serde_path_to_error::deserialize(Value::Table(settings.clone()))
            .map_err(|error| anyhow::anyhow!("{}: {}", error.path(), error.inner().message()))?;
        if settings.database.connections == 0 {
            bail!("database.connections: must be at least 1");
        }
        if settings.limits.call_seconds == 0 {
            bail!("limits.call_seconds: must be at least 1");
        }
        let is_whole = |url: &str| {
            let options = url.parse::<MySqlConnectOptions>().ok();
            let is_scheme = url.starts_with("mysql://") || url.starts_with("mariadb://");
            is_scheme && options.is_some_and(|options| options.get_database().is_some())
        };
        if settings.database.url.reveal().is_some_and(|url| !is_whole(url)) {
            bail!("database.url: must be mysql://user:password@host/database, or empty for the embedded database");
        }
        Ok(settings)
    }
}

/// Reads a file by itself, so that an error tells the line and the setting. The line's text it does not tell: there may
/// be a password in it.
fn check_file(text: &str) -> anyhow::Result<Table> {
    let located = |error: &toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..start].split(|&byte| byte == b'\n').count();
        anyhow::anyhow!("line {line}: {}", error.message())
    };
    let document = toml::Deserializer::parse(text).map_err(|error| located(&error))?;
    let settings: Result<Settings, _> = serde_path_to_error::deserialize(document);
    settings.map_err(|error| located(error.inner()).context(error.path().to_string()))?;
    Ok(text.parse()?)
}

/// Every setting's path and default value, from the defaults themselves.
fn keys() -> Vec<(Vec<String>, Value)> {
    let defaults = Table::try_from(Settings::default()).unwrap_or_default();
    let mut keys = Vec::new();
    for (name, value) in defaults {
        match value {
            Value::Table(section) => {
                keys.extend(section.into_iter().map(|(key, value)| (vec![name.clone(), key], value)));
            }
            value => keys.push((vec![name], value)),
        }
    }
    keys
}

/// `WHMCS_API_DATABASE_URL` for `database.url`.
fn variable_of(path: &[String]) -> String {
    format!("{PREFIX}{}", path.join("_").to_uppercase())
}

/// Text stays as it is: a password of digits is no number.
fn parse_like(default: &Value, text: &str) -> Option<Value> {
    match default {
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        _ => Some(Value::String(text.to_owned())),
    }
}

fn set(settings: &mut Table, path: &[String], value: Value) {
    match path {
        [section, key] => {
            let section = settings.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(section) = section {
                section.insert(key.clone(), value);
            }
        }
        [key] => {
            settings.insert(key.clone(), value);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_environment(variables: &[(&str, &str)]) -> anyhow::Result<Settings> {
        let owned = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Settings::load(None, owned)
    }

    #[test]
    fn the_example_file_lists_every_setting_with_its_default() {
        let example: Table = include_str!("../config.example.toml").parse().unwrap();
        assert_eq!(example, Table::try_from(Settings::default()).unwrap());
    }

    #[test]
    fn the_environment_reaches_every_setting() {
        let settings = from_environment(&[
            ("PATH", "/bin"),
            ("WHMCS_API_CONFIG", "x"),
            ("WHMCS_API_PORT", "tcp://10.0.0.1:8080"),
            ("WHMCS_API_SERVICE_HOST", "10.0.0.1"),
            ("WHMCS_API_LISTEN", "[::1]:9000"),
            ("WHMCS_API_DATABASE_URL", "mysql://root:0123@db/whmcs"),
            ("WHMCS_API_LIMITS_CALL_SECONDS", "5"),
            ("WHMCS_API_COMPAT_PRODUCTS_ACTIVE", "flat"),
        ])
        .unwrap();
        assert_eq!(settings.listen.to_string(), "[::1]:9000");
        assert_eq!(settings.database.url.reveal(), Some("mysql://root:0123@db/whmcs"));
        assert_eq!(settings.limits.call_seconds, 5);
        assert_eq!(settings.compat.products_active, ProductsShape::Flat);
    }

    #[test]
    fn what_is_wrong_is_named_with_what_is_allowed() {
        for (variable, value, told) in [
            ("WHMCS_API_LISTNE", "x", "WHMCS_API_LISTEN"),
            ("WHMCS_API_LISTEN", "8080", "listen"),
            ("WHMCS_API_DATABASE_CONNECTIONS", "many", "whole number"),
            ("WHMCS_API_DATABASE_CONNECTIONS", "0", "at least 1"),
            ("WHMCS_API_DATABASE_CONNECTIONS", "-1", "database.connections"),
            ("WHMCS_API_DATABASE_URL", "postgres://x/y", "mysql://user:password@host/database"),
            ("WHMCS_API_DATABASE_URL", "mysql://user:password@host", "mysql://user:password@host/database"),
            ("WHMCS_API_DATABASE_URL", "mysql://host:port/x", "mysql://user:password@host/database"),
            ("WHMCS_API_COMPAT_PRODUCTS_ACTIVE", "round", "`wrapped` or `flat`"),
            ("WHMCS_API_TIME_ZONE", "Atlantis", "time_zone"),
        ] {
            let error = format!("{:#}", from_environment(&[(variable, value)]).unwrap_err());
            assert!(error.contains(variable) && error.contains(told), "{error}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        for (url, shown) in [
            ("mysql://root:s3cr:e@t@db:3306/whmcs", "mysql://root:***@db:3306/whmcs"),
            ("mysql://root@db/whmcs", "mysql://root@db/whmcs"),
            ("", ""),
        ] {
            let url = DatabaseUrl(url.to_owned());
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), shown);
        }
    }
}
