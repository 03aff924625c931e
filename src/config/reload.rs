//! Reading settings again while the server runs: which changes take effect, and which need a restart.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::{Table, Value};

use super::Settings;
use super::load::set;

/// The settings, and sections of settings, that take effect when they are read again. All others need a restart: the
/// listeners, the connections to the database, the clock, and the limits with which these were made.
pub const RELOADABLE: [&str; 91] = [
    "access.access_key",
    "access.admin_login",
    "access.admin_permission",
    "access.allow",
    "access.failure_minutes",
    "access.failures_per_address",
    "access.failures_per_identifier",
    "access.owner_permission",
    "access.secret_readers",
    "access.staff_custom_actions",
    "affiliates",
    "api_log",
    "attachments",
    "audit_hours",
    "automation",
    "bans",
    "compat.accept_quote_twice",
    "compat.add_funds_rules",
    "compat.amounts",
    "compat.configuration_readable",
    "compat.configuration_writable",
    "compat.credits_order",
    "compat.default_cancellation",
    "compat.default_format",
    "compat.domain_addon_columns",
    "compat.domain_group_column",
    "compat.domain_late_fees",
    "compat.domain_status",
    "compat.downgrade_credit",
    "compat.duplicate_transid",
    "compat.failed_transfer_status",
    "compat.free_domain_always",
    "compat.free_domain_once",
    "compat.fossbilling_money",
    "compat.free_orders",
    "compat.other_departments",
    "compat.paid_twice",
    "compat.product_url",
    "compat.products_active",
    "compat.project_management",
    "compat.project_status",
    "compat.released_domain_status",
    "compat.renewal_due_date",
    "compat.slashes",
    "compat.staff_online_minutes",
    "compat.tax_compound",
    "compat.tax_per_line",
    "compat.todo_wrapper",
    "compat.unknown_action_status",
    "compat.unpublished_announcements",
    "compat.upgrade_days",
    "compat.user_permissions",
    "compat.whois_text",
    "compat.xml_version",
    "console.administer",
    "console.enabled",
    "console.idle_minutes",
    "console.look",
    "console.operate",
    "console.plain_http",
    "console.second_factor",
    "console.session_hours",
    "docs",
    "drain_seconds",
    "fossbilling_limits",
    "fraud",
    "gateways",
    "invoices",
    "keys",
    "limits.body_seconds",
    "limits.call_seconds",
    "limits.calls_per_day",
    "limits.calls_per_minute",
    "limits.reply_cache_bytes",
    "limits.request_bytes",
    "links",
    "log",
    "mail",
    "mail_tickets",
    "mcp",
    "module_queue",
    "modules",
    "notifications",
    "orders",
    "pdf",
    "registrars",
    "sso",
    "upstream",
    "users",
    "webhooks",
    "whois",
];

/// Whether a change of the setting with this path, such as `access.allow`, takes effect without a restart.
pub fn is_reloadable(path: &str) -> bool {
    RELOADABLE.iter().any(|entry| {
        let rest = path.strip_prefix(entry);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// Where settings come from: a file, the environment, and options of the command line, which override the others.
#[derive(Debug, Clone, Default)]
pub struct Source {
    pub file: Option<PathBuf>,
    pub environment: Vec<(String, String)>,
    /// Values by path.
    pub options: Vec<(&'static str, String)>,
}

/// The settings of a running server.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub settings: Settings,
    /// The settings that differ from the defaults, or repeat them, as they were written.
    written: Table,
}

/// What came of reading settings again. The settings are named, and never shown, as they may be secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The settings whose change takes effect.
    pub applied: Vec<String>,
    /// The settings whose change needs a restart.
    pub needs_restart: Vec<String>,
}

impl Source {
    /// Reads and checks the settings.
    pub fn read(&self) -> anyhow::Result<Loaded> {
        let mut written = Settings::load_table(self.file.as_deref(), self.environment.iter().cloned())?;
        for (path, value) in &self.options {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            set(&mut written, &path, Value::String(value.clone()));
        }
        let settings = Settings::from_table(&written)?;
        // It is named, so that `config` shows it and a change is noticed.
        if let Some(path) = settings.default_key_file().and_then(|path| path.into_os_string().into_string().ok()) {
            set(&mut written, &["keys".to_owned(), "file".to_owned()], Value::String(path));
        }
        Ok(Loaded { settings: Settings::from_table(&written)?, written })
    }
}

impl Loaded {
    /// Returns the settings that are in force after `new` were read, and what has changed: of those that need a restart,
    /// the values stay as they are.
    pub fn reloaded(&self, new: &Loaded) -> anyhow::Result<(Loaded, Changes)> {
        let (old, new) = (values(&self.written), values(&new.written));
        let mut changes = Changes { applied: Vec::new(), needs_restart: Vec::new() };
        let mut written = self.written.clone();
        let mut paths: Vec<&Vec<String>> = old.keys().chain(new.keys()).collect();
        paths.sort();
        paths.dedup();
        for path in paths.into_iter().filter(|path| old.get(*path) != new.get(*path)) {
            let name = path.join(".");
            if !is_reloadable(&name) {
                changes.needs_restart.push(name);
                continue;
            }
            changes.applied.push(name);
            match new.get(path) {
                Some(value) => set(&mut written, path, value.clone()),
                None => remove(&mut written, path),
            }
        }
        Ok((Loaded { settings: Settings::from_table(&written)?, written }, changes))
    }
}

/// A setting for operators to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Such as `access.allow`.
    pub path: String,
    /// As TOML. Secrets are hidden.
    pub value: String,
    /// Whether it differs from the default.
    pub is_changed: bool,
}

impl Settings {
    /// Returns the settings in force in the order of their paths, with secrets hidden.
    pub fn shown(&self) -> Vec<Shown> {
        let written = Table::try_from(self).unwrap_or_default();
        let (mut current, mut defaults) = (BTreeMap::new(), BTreeMap::new());
        add_values(&[], &written, &mut current);
        add_values(&[], &Table::try_from(Settings::default()).unwrap_or_default(), &mut defaults);
        let shown = |(path, value): (Vec<String>, Value)| Shown {
            is_changed: defaults.get(&path) != Some(&value),
            path: path.join("."),
            value: value.to_string(),
        };
        current.into_iter().map(shown).collect()
    }
}

/// The value of each setting by its path, with the defaults of those that are not written.
fn values(written: &Table) -> BTreeMap<Vec<String>, Value> {
    let mut values = BTreeMap::new();
    for table in [&Table::try_from(Settings::default()).unwrap_or_default(), written] {
        add_values(&[], table, &mut values);
    }
    values
}

fn add_values(section: &[String], table: &Table, values: &mut BTreeMap<Vec<String>, Value>) {
    for (key, value) in table {
        let path = [section, std::slice::from_ref(key)].concat();
        match value {
            Value::Table(table) => add_values(&path, table, values),
            value => {
                values.insert(path, value.clone());
            }
        }
    }
}

/// Removes a value, and the tables that are empty without it.
fn remove(table: &mut Table, path: &[String]) {
    let Some((key, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        table.remove(key);
    } else if let Some(Value::Table(inner)) = table.get_mut(key) {
        remove(inner, rest);
        if inner.is_empty() {
            table.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str) -> Loaded {
        let written: Table = text.parse().unwrap();
        Loaded { settings: Settings::from_table(&written).unwrap(), written }
    }

    /// Another valid value of a setting.
    fn other(path: &str, value: &Value) -> Value {
        match value {
            Value::Boolean(value) => Value::Boolean(!value),
            // Most are far from their largest value, and percentages are at it.
            Value::Integer(value) if path == "sso.ttl" => Value::Integer(value - 1),
            // Later than services end.
            Value::Integer(_) if path == "automation.cancel_invoice_days" => Value::Integer(90),
            Value::Integer(value) => Value::Integer(if *value == 100 { 99 } else { value + 1 }),
            Value::Array(_) if path == "attachments.extensions" => Value::Array(vec![".csv".into()]),
            Value::Array(_) if path == "compat.domain_addon_columns" => Value::Array(vec!["monthly".into(); 3]),
            Value::Array(_) if path == "automation.renewing_modules" => Value::Array(vec!["cpanel".into()]),
            Value::Array(days) if path.starts_with("automation.") => Value::Array(vec![5.into(); days.len()]),
            Value::Array(_) if path.starts_with("upstream.") => Value::Array(vec!["AddCredit".into()]),
            Value::Array(_) => Value::Array(vec!["192.0.2.0/24".into()]),
            Value::String(value) => Value::String(other_text(path, value)),
            value => panic!("{path}: {value}"),
        }
    }

    fn other_text(path: &str, value: &str) -> String {
        let choices = match path {
            "listen" | "metrics.listen" | "console.listen" => &["192.0.2.1:80"][..],
            "time_zone" => &["Europe/Berlin"],
            "log" => &["debug"],
            "log_format" => &["json"],
            "database.url" | "database.replica_url" | "database.actions_url" => {
                &["mysql://user:password@host/database"]
            }
            "traces.url" => &["http://collector"],
            "upstream.url" => &["https://whmcs/api.php"],
            "users.reset_url" | "users.invite_url" | "sso.portal_url" => &["https://my/{token}"],
            "sso.redeem_url" => &["https://api/oauth/singlesignon.php"],
            "links.invoice" | "links.quote" | "links.ticket" => &["https://my/{id}{number}"],
            "invoices.numbering" | "sso.mode" => &["off"],
            "invoices.number_reset" => &["monthly"],
            "pdf.language" => &["german"],
            "pdf.paper" => &["letter"],
            "access.secret_readers" => &["nobody"],
            "affiliates.bonus" | "affiliates.percentage" | "automation.late_fee" | "automation.late_fee_percentage" => {
                &["12.50"]
            }
            "automation.month_end" => &["clamped"],
            "automation.run" => &["never"],
            "automation.starts_on" => &["2026-12-01"],
            "api_log.calls" => &["errors"],
            "mail.from_address" => &["billing@example.com"],
            "mail.smtp_encryption" => &["tls"],
            "compat.unknown_action_status" => &["403"],
            "compat.fossbilling_money" => &["texts"],
            "crypto.mode" => &["own"],
            "orders.fraud_check" => &["none"],
            _ if path.starts_with("compat.") => &[
                "json",
                "escaped",
                "flat",
                "hyphen",
                "newest_first",
                "gateway",
                "strict",
                "no_invoice",
                "rejected",
                "none",
                "encoded",
                "plain",
                "8.0.0",
                "moves",
                "new_invoice",
                "end_of_billing_period",
                "thirty",
                "visible",
                "item",
                "list",
            ],
            _ => return format!("{value}x"),
        };
        let with = |choice: &str| {
            let mut written = Table::new();
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            set(&mut written, &path, choice.into());
            Settings::from_table(&written).is_ok()
        };
        if let [choice] = choices {
            return (*choice).to_owned();
        }
        choices.iter().find(|choice| with(choice)).unwrap_or_else(|| panic!("{path}: another value")).to_string()
    }

    /// Every setting is either applied or kept as it is, and said to need a restart: no other changes with it.
    #[test]
    fn each_setting_is_applied_or_needs_a_restart() {
        // What is not written depends on the database.
        let base = loaded("console.enabled = false").written;
        let old = Loaded { settings: Settings::from_table(&base).unwrap(), written: base.clone() };
        let shown = |settings: &Settings| Table::try_from(settings).unwrap();
        for (path, default) in values(&Table::new()) {
            let name = path.join(".");
            let mut written = base.clone();
            set(&mut written, &path, other(&name, &default));
            // Some are valid only together with another one.
            for (section, key, value) in [
                ("database.replica_url", ["database", "url"], "mysql://user@host/database"),
                ("database.actions_url", ["database", "url"], "mysql://user@host/database"),
                ("sso.portal_url", ["sso", "secret"], "0123456789abcdef0123456789abcdef"),
                ("tls.certificate", ["tls", "key"], "key.pem"),
                ("tls.key", ["tls", "certificate"], "certificate.pem"),
            ] {
                if name == section {
                    set(&mut written, &key.map(str::to_owned), value.into());
                }
            }
            let new = Loaded { settings: Settings::from_table(&written).unwrap(), written };
            let (current, changes) = old.reloaded(&new).unwrap();
            let is_alone = changes.applied.iter().all(|applied| *applied == name || applied == "sso.secret");
            let is_reloadable = changes.applied.contains(&name) && is_alone && changes.needs_restart.is_empty();
            let needs_restart = changes.applied.is_empty() && changes.needs_restart.contains(&name);
            assert!(is_reloadable != needs_restart, "{name}: {changes:?}");
            assert_eq!(is_reloadable, super::is_reloadable(&name), "{name}");
            let expected = if is_reloadable { &new.settings } else { &old.settings };
            assert_eq!(shown(&current.settings), shown(expected), "{name}");
            // Read once more, nothing is to be applied; what needs a restart still does.
            let (_, again) = current.reloaded(&new).unwrap();
            assert_eq!((again.applied, again.needs_restart), (Vec::new(), changes.needs_restart), "{name}");
            // And back again.
            let (back, _) = current.reloaded(&old).unwrap();
            assert_eq!(shown(&back.settings), shown(&old.settings), "{name}");
        }
    }

    #[test]
    fn each_entry_of_the_list_is_a_setting_or_a_section() {
        let sections = Table::try_from(Settings::default()).unwrap();
        for entry in RELOADABLE {
            let is_setting = values(&Table::new()).keys().any(|path| path.join(".") == entry);
            assert!(is_setting || sections.get(entry).is_some_and(Value::is_table), "{entry}");
        }
    }

    #[test]
    fn the_documentation_names_the_settings_that_need_a_restart() {
        let documentation = include_str!("../../docs/settings.md");
        let (_, rest) = documentation.split_once("need a restart:").unwrap();
        let (list, _) = rest.split_once("\n\n").unwrap();
        let mut named: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
        let mut needed: Vec<String> = Vec::new();
        for path in values(&Table::new()).into_keys().filter(|path| !is_reloadable(&path.join("."))) {
            let section = format!("[{}]", path[0]);
            let is_whole =
                path.len() > 1 && !RELOADABLE.iter().any(|entry| entry.starts_with(&format!("{}.", path[0])));
            needed.push(if is_whole { section } else { path.join(".") });
        }
        needed.sort();
        needed.dedup();
        named.sort_unstable();
        assert_eq!(named, needed);
    }

    /// Whatever endpoint has a login or a key in its URL.
    #[test]
    fn secrets_in_urls_are_not_shown() {
        const URL: &str = "url = 'https://quiet:silent@host/x?key=hidden'";
        for section in
            ["modules.x", "registrars.x", "gateways.x", "fraud.x", "notifications.x", "actions.Foo", "traces"]
        {
            let secret = if section == "traces" { "" } else { "\nsecret = 'unspoken'" };
            let format = if section == "notifications.x" { "\nformat = 'json'" } else { "" };
            let shown = loaded(&format!("[{section}]\n{URL}{secret}{format}")).settings.shown();
            let url = shown.iter().find(|setting| setting.path == format!("{section}.url")).unwrap();
            assert!(
                !["quiet", "silent", "hidden"].iter().any(|word| url.value.contains(word)),
                "{section}: {}",
                url.value
            );
        }
    }

    #[test]
    fn modules_come_and_go_and_secrets_are_not_shown() {
        let module = |secret: &str| format!("[modules.\"c.panel\"]\nurl = 'http://x'\nsecret = '{secret}'\n");
        let (none, one, other) = (loaded(""), loaded(&module("quiet")), loaded(&module("silent")));
        let (with, changes) = none.reloaded(&one).unwrap();
        assert_eq!(changes.applied, ["modules.c.panel.secret", "modules.c.panel.url"]);
        assert_eq!(with.settings.modules["c.panel"].secret.0, "quiet");
        let (changed, changes) = with.reloaded(&other).unwrap();
        assert_eq!(changes.applied, ["modules.c.panel.secret"]);
        assert_eq!(changed.settings.modules["c.panel"].secret.0, "silent");
        assert!(changed.reloaded(&none).unwrap().0.settings.modules.is_empty());
    }
}
