//! Loading settings: the defaults, then a TOML file, then the environment.

use std::path::Path;

use anyhow::{Context, bail};
use axum::http::HeaderName;
use toml::{Table, Value};
use tracing_subscriber::filter::Targets;

use super::actions;
use super::{Console, DatabaseUrl, Endpoint, Mail, NotificationFormat, Settings, Traces};

/// The size of a `text` column, less what marks a cut.
const MAX_LOGGED_BYTES: usize = 65_000;

/// Longer times exceed the database's calendar, or are a mistake.
const MAX_DAYS: u64 = 36_500;

/// An endpoint that takes longer is considered hanging.
const MAX_ENDPOINT_SECONDS: u64 = 600;
/// Supervisors that stop a server wait no longer than this.
const MAX_DRAIN_SECONDS: u64 = 600;
/// The largest number of attempts that the column stores in all installations.
const MAX_ATTEMPTS: u32 = 100;
/// Maximum time for which one server may claim a mail.
const MAX_MAIL_SECONDS: u64 = 3_600;

const URL_HINT: &str = "must be mysql://user:password@host/database, or several hosts with commas between, or empty";

pub const PREFIX: &str = "WHMCS_API_";
/// The tables of endpoints. Each endpoint is a table of its own, whose settings have the name of the endpoint in their
/// variables.
const ENDPOINTS: [&str; 5] = ["modules", "registrars", "gateways", "fraud", "notifications"];
/// Variables with our prefix that are no settings: those of the command line, and those that Kubernetes sets for a
/// service of our name.
const NOT_SETTINGS: [&str; 5] =
    ["WHMCS_API_CONFIG", "WHMCS_API_COMPARE_SECRET", "WHMCS_API_KEEP", "WHMCS_API_SERVICE_", "WHMCS_API_PORT"];

/// `console = false` in a file has a variable, too.
const CONSOLE: &str = "WHMCS_API_CONSOLE";
const CONSOLE_ENABLED: &str = "WHMCS_API_CONSOLE_ENABLED";

impl Settings {
    /// Loads the file, if there is one, and lets the environment override it. An unknown or malformed setting is an
    /// error that names the setting and the allowed values.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> anyhow::Result<Settings> {
        Settings::from_table(&Settings::load_table(file, environment)?)
    }

    /// Loads settings as [`Settings::load`] does, without the defaults.
    pub(super) fn load_table(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> anyhow::Result<Table> {
        let mut settings = Table::new();
        if let Some(file) = file {
            let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            settings = check_file(&text).with_context(|| file.display().to_string())?;
            Console::write_out(&mut settings);
        }
        let known = keys();
        // The settings of an endpoint are only valid together, as are those of an action.
        let mut others = Vec::new();
        for (variable, value) in environment {
            let setting = endpoint_setting(&variable).or_else(|| actions::setting(&variable, &settings));
            let Some((path, default)) = setting else {
                others.push((variable, value));
                continue;
            };
            let value =
                parse_like(&default, &value).with_context(|| format!("{variable} must be {}", kind_of(&default)))?;
            set(&mut settings, &path, value);
        }
        Settings::check(&settings).context(
            "in the file, or WHMCS_API_MODULES_…, WHMCS_API_REGISTRARS_…, WHMCS_API_GATEWAYS_…, WHMCS_API_FRAUD_…, \
             WHMCS_API_NOTIFICATIONS_… or WHMCS_API_ACTIONS_… in the environment",
        )?;
        for (variable, value) in others {
            if !variable.starts_with(PREFIX) || NOT_SETTINGS.iter().any(|other| variable.starts_with(other)) {
                continue;
            }
            let name = if variable == CONSOLE { CONSOLE_ENABLED } else { &variable };
            let Some((path, default)) = known.iter().find(|(path, _)| variable_of(path) == name) else {
                let variables: Vec<String> = known.iter().map(|(path, _)| variable_of(path)).collect();
                bail!("unknown setting {variable} in the environment; known are {}", variables.join(", "));
            };
            let value =
                parse_like(default, &value).with_context(|| format!("{variable} must be {}", kind_of(default)))?;
            set(&mut settings, path, value);
            Settings::check(&settings).with_context(|| format!("{variable} in the environment"))?;
        }
        Ok(settings)
    }

    /// Checks settings without the defaults, and adds those.
    pub(super) fn from_table(settings: &Table) -> anyhow::Result<Settings> {
        let is_console_set = settings.get("console").is_some_and(|console| console.get("enabled").is_some());
        let mut settings = Settings::check(settings)?;
        // Pages that take the passwords of staff do not appear by themselves beside a WHMCS.
        settings.console.enabled |= !is_console_set && settings.database.url.reveal().is_none();
        settings.check_combinations()?;
        Ok(settings)
    }

    /// Checks each setting by itself, because variables of the environment are added one by one.
    fn check(settings: &Table) -> anyhow::Result<Settings> {
        let settings: Settings = serde_path_to_error::deserialize(Value::Table(settings.clone()))
            .map_err(|error| anyhow::anyhow!("{}: {}", error.path(), error.inner().message()))?;
        for (path, number) in settings.at_least_one() {
            if number == 0 {
                bail!("{path}: must be at least 1");
            }
        }
        if settings.api_log.bytes > MAX_LOGGED_BYTES {
            bail!("api_log.bytes: must be at most {MAX_LOGGED_BYTES}, which is what the column holds");
        }
        if settings.audit_hours > MAX_DAYS * 24
            || settings.api_log.keep_days > MAX_DAYS
            || settings.access.failure_minutes > MAX_DAYS * 24 * 60
        {
            bail!("audit_hours, api_log.keep_days, access.failure_minutes: must be at most {MAX_DAYS} days");
        }
        settings.automation.check()?;
        if settings.drain_seconds > MAX_DRAIN_SECONDS {
            bail!("drain_seconds: must be at most {MAX_DRAIN_SECONDS}");
        }
        if HeaderName::from_bytes(settings.access.proxy_header.as_bytes()).is_err() {
            bail!("access.proxy_header: must be the name of a header, such as X-Forwarded-For");
        }
        if settings.metrics.address().is_err() {
            bail!("metrics.listen: must be an address with a port, such as 127.0.0.1:9464, or empty");
        }
        if settings.log.parse::<Targets>().is_err() {
            bail!("log: must be a level, such as info, or levels of targets, such as info,whmcs_api=debug");
        }
        settings.traces.check()?;
        settings.console.check()?;
        settings.mail.check()?;
        settings.whois.check()?;
        settings.upstream.check()?;
        settings.users.check()?;
        settings.sso.check()?;
        settings.links.check()?;
        settings.pdf.check()?;
        for (path, url) in [
            ("database.url", &settings.database.url),
            ("database.replica_url", &settings.database.replica_url),
            ("database.actions_url", &settings.database.actions_url),
        ] {
            if !is_complete(url) {
                bail!("{path}: {URL_HINT}");
            }
        }
        settings.modules.iter().try_for_each(|(name, module)| check_endpoint("modules", name, module))?;
        let registrars = settings.registrars.iter().map(|(name, registrar)| (name, registrar.endpoint()));
        registrars.into_iter().try_for_each(|(name, endpoint)| check_endpoint("registrars", name, &endpoint))?;
        let gateways = settings.gateways.iter().map(|(name, gateway)| (name, gateway.endpoint()));
        gateways.into_iter().try_for_each(|(name, endpoint)| check_endpoint("gateways", name, &endpoint))?;
        settings.fraud.iter().try_for_each(|(name, endpoint)| check_endpoint("fraud", name, endpoint))?;
        for (name, notification) in &settings.notifications {
            let is_signed = notification.format == NotificationFormat::Json;
            check_endpoint_with("notifications", name, &notification.endpoint(), is_signed)?;
        }
        settings.actions.iter().try_for_each(|(name, action)| action.check(name))?;
        Ok(settings)
    }

    fn check_combinations(&self) -> anyhow::Result<()> {
        if self.database.url.reveal().is_none() && self.database.replica_url.reveal().is_some() {
            bail!("database.replica_url: the embedded database has no replica; set database.url, too");
        }
        if self.database.url.reveal().is_none() && self.database.actions_url.reveal().is_some() {
            bail!("database.actions_url: the embedded database has no other account; set database.url, too");
        }
        self.tls.check()
    }

    fn at_least_one(&self) -> [(&'static str, u64); 25] {
        let Settings {
            database,
            access,
            attachments,
            bans,
            fossbilling_limits,
            limits,
            mail,
            mail_tickets,
            module_queue,
            upstream,
            webhooks,
            ..
        } = self;
        [
            ("webhooks.timeout_seconds", webhooks.timeout_seconds),
            ("database.connections", database.connections.into()),
            ("database.actions_connections", database.actions_connections.into()),
            ("access.failures_per_address", access.failures_per_address.into()),
            ("access.failures_per_identifier", access.failures_per_identifier.into()),
            ("access.failure_minutes", access.failure_minutes),
            ("attachments.file_bytes", attachments.file_bytes as u64),
            ("bans.default_days", bans.default_days.into()),
            ("fossbilling_limits.session_minutes", fossbilling_limits.session_minutes.into()),
            ("mail_tickets.per_hour", mail_tickets.per_hour.into()),
            ("mail_tickets.max_bytes", mail_tickets.max_bytes),
            ("mail.smtp_port", mail.smtp_port.into()),
            ("mail.attempts", mail.attempts.into()),
            ("mail.connect_seconds", mail.connect_seconds),
            ("mail.accept_seconds", mail.accept_seconds),
            ("limits.handshake_seconds", limits.handshake_seconds),
            ("limits.header_seconds", limits.header_seconds),
            ("limits.body_seconds", limits.body_seconds),
            ("limits.reply_seconds", limits.reply_seconds),
            ("limits.call_seconds", limits.call_seconds),
            ("limits.calls", limits.calls as u64),
            ("limits.connections", limits.connections.min(limits.connections_per_address) as u64),
            ("module_queue.attempts", module_queue.attempts.into()),
            ("module_queue.retry_minutes", module_queue.retry_minutes.into()),
            ("upstream.calls", upstream.calls as u64),
        ]
    }
}

fn check_endpoint(table: &str, name: &str, endpoint: &Endpoint) -> anyhow::Result<()> {
    check_endpoint_with(table, name, endpoint, true)
}

fn check_endpoint_with(table: &str, name: &str, endpoint: &Endpoint, is_signed: bool) -> anyhow::Result<()> {
    if !endpoint.url.starts_with("http://") && !endpoint.url.starts_with("https://") {
        bail!("{table}.{name}.url: must be the URL of the endpoint, such as https://{table}.example.com/{name}");
    }
    if is_signed && endpoint.secret.0.is_empty() {
        bail!("{table}.{name}.secret: is missing; it signs the requests");
    }
    if !(1..=MAX_ENDPOINT_SECONDS).contains(&endpoint.timeout_seconds) {
        bail!("{table}.{name}.timeout_seconds: must be from 1 to {MAX_ENDPOINT_SECONDS}");
    }
    Ok(())
}

/// Returns path and default of an endpoint's variable: `modules.cpanel.secret` for `WHMCS_API_MODULES_CPANEL_SECRET`.
fn endpoint_setting(variable: &str) -> Option<(Vec<String>, Value)> {
    let rest = variable.strip_prefix(PREFIX)?.to_lowercase();
    let (table, rest) =
        ENDPOINTS.iter().find_map(|table| Some((*table, rest.strip_prefix(table)?.strip_prefix('_')?)))?;
    let text = || Value::String(String::new());
    let of_all = [("timeout_seconds", Value::Integer(0)), ("url", text()), ("secret", text())];
    let of_registrars: [(&str, Value); 4] = [
        ("idempotent", Value::Boolean(false)),
        ("on_payment", Value::Boolean(false)),
        ("nameservers", Value::Array(Vec::new())),
        ("display_name", text()),
    ];
    let is_known = |key: &str| match table {
        "registrars" => true,
        "gateways" => key == "idempotent",
        _ => false,
    };
    let of_notifications = [("format", text()), ("identifiers", Value::Array(Vec::new()))];
    let keys = of_all
        .into_iter()
        .chain(of_registrars.into_iter().filter(|(key, _)| is_known(key)))
        .chain(of_notifications.into_iter().filter(|_| table == "notifications"));
    keys.into_iter().find_map(|(key, default)| {
        let name = rest.strip_suffix(key)?.strip_suffix('_')?;
        Some((vec![table.to_owned(), name.to_owned(), key.to_owned()], default))
    })
}

impl Traces {
    fn check(&self) -> anyhow::Result<()> {
        let is_url = ["http://", "https://"].iter().any(|scheme| self.url.starts_with(scheme));
        if !self.url.is_empty() && !is_url {
            bail!("traces.url: must be the URL of a collector, such as http://127.0.0.1:4318/v1/traces, or empty");
        }
        if self.percent > 100 {
            bail!("traces.percent: must be at most 100");
        }
        Ok(())
    }
}

impl Mail {
    fn check(&self) -> anyhow::Result<()> {
        if self.attempts > MAX_ATTEMPTS {
            bail!("mail.attempts: must be at most {MAX_ATTEMPTS}");
        }
        if self.connect_seconds > MAX_MAIL_SECONDS || self.accept_seconds > MAX_MAIL_SECONDS {
            bail!("mail.connect_seconds, mail.accept_seconds: must be at most {MAX_MAIL_SECONDS}");
        }
        if !self.from_address.is_empty() && self.from_address.parse::<lettre::Address>().is_err() {
            bail!("mail.from_address: must be an address, such as billing@example.com");
        }
        Ok(())
    }
}

impl std::str::FromStr for DatabaseUrl {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<DatabaseUrl> {
        let url = DatabaseUrl(text.to_owned());
        if !is_complete(&url) {
            bail!("{URL_HINT}");
        }
        Ok(url)
    }
}

fn is_complete(url: &DatabaseUrl) -> bool {
    let text = url.reveal().unwrap_or("mysql://");
    let is_scheme = text.starts_with("mysql://") || text.starts_with("mariadb://");
    is_scheme && url.servers().is_ok_and(|servers| servers.iter().all(|server| server.get_database().is_some()))
}

/// Checks a file by itself, so that an error names the line and the setting. It does not quote the line, because that
/// may contain a password.
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

/// The path and default value of every setting, derived from the defaults.
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

/// The variable of a setting, such as `WHMCS_API_DATABASE_URL` for `database.url`.
fn variable_of(path: &[String]) -> String {
    format!("{PREFIX}{}", path.join("_").to_uppercase())
}

/// Parses a value with the type of the default, so that a password of digits stays text. A list is separated by commas.
fn parse_like(default: &Value, text: &str) -> Option<Value> {
    match default {
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        Value::Array(_) => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            Some(Value::Array(parts.map(|part| Value::String(part.to_owned())).collect()))
        }
        _ => Some(Value::String(text.to_owned())),
    }
}

fn kind_of(default: &Value) -> &'static str {
    match default {
        Value::Integer(_) => "a whole number",
        Value::Boolean(_) => "true or false",
        _ => "text",
    }
}

pub(super) fn set(settings: &mut Table, path: &[String], value: Value) {
    match path {
        [] => {}
        [key] => {
            settings.insert(key.clone(), value);
        }
        [section, path @ ..] => {
            let section = settings.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(section) = section {
                set(section, path, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ProductsShape;

    fn from_environment(variables: &[(&str, &str)]) -> anyhow::Result<Settings> {
        let owned = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Settings::load(None, owned)
    }

    #[test]
    fn the_example_file_lists_every_setting_with_its_default() {
        let example: Table = include_str!("../../config.example.toml").parse().unwrap();
        assert_eq!(example, Table::try_from(Settings::default()).unwrap());
    }

    #[test]
    fn the_console_is_turned_off_with_one_word() {
        assert!(!from_environment(&[("WHMCS_API_CONSOLE", "false")]).unwrap().console.enabled);
        assert!(from_environment(&[("WHMCS_API_CONSOLE_IDLE_MINUTES", "5")]).unwrap().console.enabled);
        let error = format!("{:#}", from_environment(&[("WHMCS_API_CONSOLE", "no")]).unwrap_err());
        assert!(error.contains("WHMCS_API_CONSOLE must be true or false"), "{error}");
        for (text, enabled) in [("console = false", false), ("console = true", true), ("[console]\nlook = ['1']", true)]
        {
            let mut written = check_file(text).unwrap();
            Console::write_out(&mut written);
            assert_eq!(Settings::from_table(&written).unwrap().console.enabled, enabled, "{text}");
            // Beside a WHMCS it is served only where that is said.
            let database = toml::toml! { url = "mysql://whmcs@localhost/whmcs" };
            written.insert("database".to_owned(), Value::Table(database));
            assert_eq!(Settings::from_table(&written).unwrap().console.enabled, text == "console = true", "{text}");
        }
        for (text, part) in [
            ("console = 3", "expected true, false or a table"),
            ("[console]\nenable = true", "unknown field `enable`"),
            ("[console]\nlook = '1'", "console.look"),
        ] {
            let error = format!("{:#}", check_file(text).unwrap_err());
            assert!(error.contains(part), "{text}: {error}");
        }
        for (name, value) in
            [("LISTEN", "8081"), ("SESSION_HOURS", "0"), ("SESSION_HOURS", "721"), ("IDLE_MINUTES", "0")]
        {
            assert!(from_environment(&[(&format!("WHMCS_API_CONSOLE_{name}"), value)]).is_err(), "{name} {value}");
        }
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
            ("WHMCS_API_ACCESS_ALLOW", "10.0.0.0/8, 2001:db8::1,"),
            ("WHMCS_API_ACCESS_ADMIN_LOGIN", "true"),
            ("WHMCS_API_MODULES_MY_PANEL_URL", "http://127.0.0.1:9/x"),
            ("WHMCS_API_MODULES_MY_PANEL_SECRET", "0123"),
            ("WHMCS_API_REGISTRARS_ENOM_URL", "http://127.0.0.1:9/e"),
            ("WHMCS_API_REGISTRARS_ENOM_SECRET", "4567"),
            ("WHMCS_API_REGISTRARS_ENOM_IDEMPOTENT", "true"),
            ("WHMCS_API_REGISTRARS_ENOM_ON_PAYMENT", "false"),
            ("WHMCS_API_REGISTRARS_ENOM_NAMESERVERS", "ns1.example.com, ns2.example.com"),
            ("WHMCS_API_REGISTRARS_ENOM_DISPLAY_NAME", "Enom, Inc."),
            ("WHMCS_API_ACTIONS_PROVISION_VPS_URL", "http://127.0.0.1:9/x"),
            ("WHMCS_API_ACTIONS_PROVISION_VPS_SECRET", "0123"),
            ("WHMCS_API_ACTIONS_PROVISION_VPS_TIMEOUT_SECONDS", "7"),
            ("WHMCS_API_ACTIONS_GETONE_SQL", "SELECT 1 AS one"),
        ])
        .unwrap();
        assert_eq!(settings.listen.to_string(), "[::1]:9000");
        assert_eq!(settings.database.url.reveal(), Some("mysql://root:0123@db/whmcs"));
        assert_eq!(settings.limits.call_seconds, 5);
        let allowed: Vec<String> = settings.access.allow.iter().map(ToString::to_string).collect();
        assert_eq!(allowed, ["10.0.0.0/8", "2001:db8::1"]);
        assert!(settings.access.admin_login);
        assert_eq!(settings.compat.products_active, ProductsShape::Flat);
        let module = &settings.modules["my_panel"];
        assert_eq!((&*module.url, &*module.secret.0, module.timeout_seconds), ("http://127.0.0.1:9/x", "0123", 60));
        let enom = &settings.registrars["enom"];
        assert_eq!((&*enom.secret.0, enom.idempotent, enom.on_payment), ("4567", true, false));
        assert_eq!((&*enom.display_name, enom.nameservers.len()), ("Enom, Inc.", 2));
        let action = settings.actions["provision_vps"].endpoint().unwrap();
        assert_eq!((&*action.url, &*action.secret.0, action.timeout_seconds), ("http://127.0.0.1:9/x", "0123", 7));
        assert_eq!(settings.actions["getone"].sql, "SELECT 1 AS one");
    }

    #[test]
    fn an_endpoint_needs_an_address_and_a_secret() {
        for table in ENDPOINTS {
            // Only some formats of notifications are signed.
            let missing = if table == "notifications" { "cpanel.secret: is missing" } else { "missing field `secret`" };
            for (variables, message) in [
                (&[("URL", "ftp://x"), ("SECRET", "s")][..], "cpanel.url: must be the URL"),
                (&[("URL", "http://x")], missing),
                (&[("URL", "http://x"), ("SECRET", "")], "cpanel.secret: is missing"),
                (&[("URL", "http://x"), ("SECRET", "s"), ("TIMEOUT_SECONDS", "0")], "must be from 1 to 600"),
                (&[("URL", "http://x"), ("SECRET", "s"), ("TIMEOUT_SECONDS", "long")], "whole number"),
            ] {
                let prefix = format!("WHMCS_API_{}_CPANEL", table.to_uppercase());
                let variables: Vec<_> =
                    variables.iter().map(|(key, value)| (format!("{prefix}_{key}"), *value)).collect();
                let variables: Vec<_> = variables.iter().map(|(variable, value)| (&**variable, *value)).collect();
                let error = format!("{:#}", from_environment(&variables).unwrap_err());
                assert!(error.contains(&table.to_uppercase()) && error.contains(message), "{error}");
            }
        }
    }

    #[test]
    fn errors_name_the_setting_and_the_allowed_values() {
        for (variable, value, message) in [
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
            ("WHMCS_API_ACCESS_ALLOW", "everyone", "an address such as 198.51.100.7 nor a network such as 10.0.0.0/8"),
            ("WHMCS_API_ACCESS_ALLOW", "10.0.0.0/33", "access.allow"),
            ("WHMCS_API_ACCESS_ADMIN_LOGIN", "perhaps", "true or false"),
            ("WHMCS_API_ACCESS_PROXY_HEADER", "no header", "X-Forwarded-For"),
            ("WHMCS_API_API_LOG_BYTES", "70000", "at most 65000"),
            ("WHMCS_API_API_LOG_CALLS", "some", "`all`, `errors`, `off`"),
            ("WHMCS_API_LIMITS_CALLS", "0", "at least 1"),
            ("WHMCS_API_LIMITS_HANDSHAKE_SECONDS", "0", "at least 1"),
            ("WHMCS_API_DRAIN_SECONDS", "3600", "at most 600"),
            ("WHMCS_API_LOG_FORMAT", "xml", "`text` or `json`"),
            ("WHMCS_API_METRICS_LISTEN", "9464", "127.0.0.1:9464"),
            ("WHMCS_API_TRACES_URL", "collector:4318", "http://127.0.0.1:4318/v1/traces"),
            ("WHMCS_API_TRACES_PERCENT", "101", "at most 100"),
            ("WHMCS_API_MAIL_SMTP_ENCRYPTION", "ssl", "`none`, `starttls`, `tls`"),
            ("WHMCS_API_MAIL_SMTP_PORT", "0", "at least 1"),
            ("WHMCS_API_MAIL_ATTEMPTS", "1000", "at most 100"),
            ("WHMCS_API_MAIL_ACCEPT_SECONDS", "86400", "at most 3600"),
            ("WHMCS_API_MAIL_FROM_ADDRESS", "billing", "billing@example.com"),
            ("WHMCS_API_WHOIS_TIMEOUT_SECONDS", "61", "from 1 to 60"),
            ("WHMCS_API_WHOIS_CONCURRENT", "0", "at least 1"),
            ("WHMCS_API_COMPAT_WHOIS_TEXT", "xml", "`html` or `plain`"),
            ("WHMCS_API_UPSTREAM_URL", "billing.example.com", "https://billing.example.com/includes/api.php"),
            ("WHMCS_API_UPSTREAM_URL", "https://me:canary@billing.example.com/", "without a user name"),
            ("WHMCS_API_UPSTREAM_URL", "https://billing.example.com/includes/api.php?a=1", "without a user name, `?`"),
            ("WHMCS_API_UPSTREAM_CALLS", "0", "at least 1"),
            ("WHMCS_API_UPSTREAM_TIMEOUT_SECONDS", "0", "from 1 to 600"),
            ("WHMCS_API_UPSTREAM_REPLY_BYTES", "0", "from 1 to"),
            ("WHMCS_API_UPSTREAM_ACTIONS", "billing/*", "such as Get*"),
            ("WHMCS_API_UPSTREAM_COMPARE", "Get Clients", "such as Get*"),
        ] {
            let error = format!("{:#}", from_environment(&[(variable, value)]).unwrap_err());
            assert!(error.contains(variable) && error.contains(message), "{error}");
        }
    }

    #[test]
    fn a_url_may_name_several_servers() {
        let url = DatabaseUrl("mysql://me:a,b%40@one:3307, two,[::1]:3308/whmcs?ssl-mode=DISABLED".to_owned());
        let servers = url.servers().unwrap();
        let displayed: Vec<_> =
            servers.iter().map(|server| format!("{} {}", server.get_host(), server.get_port())).collect();
        assert_eq!(displayed, ["one 3307", "two 3306", "::1 3308"]);
        assert!(servers.iter().all(|server| server.get_database() == Some("whmcs")));
        assert!(DatabaseUrl::default().servers().unwrap().is_empty());
    }

    #[test]
    fn passwords_are_not_shown() {
        for (url, displayed) in [
            ("mysql://root:s3cr:e@t@db:3306/whmcs", "mysql://root:***@db:3306/whmcs"),
            ("mysql://root@db/whmcs", "mysql://root@db/whmcs"),
            ("", ""),
        ] {
            let url = DatabaseUrl(url.to_owned());
            assert_eq!(url.to_string(), displayed);
            assert_eq!(format!("{url:?}"), displayed);
        }
    }
}
