//! Database rights: a script that grants only those that are needed, and a check for excessive ones.

use std::collections::BTreeMap;

use super::needs::TableUse;
use crate::custom::TableName;

/// The rights that our own tables need.
pub const OWN_TABLES: [(&str, &str); 41] = [
    ("mod_whmcs_api_agent_days", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_agent_plans", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_agents", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_automation_lease", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_automation_runs", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_billed_terms", "SELECT, INSERT, DELETE"),
    ("mod_whmcs_api_call_counts", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_calls", "SELECT, INSERT, DELETE"),
    ("mod_whmcs_api_charges", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_commissions", "SELECT, INSERT, DELETE"),
    ("mod_whmcs_api_console_factors", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_console_forms", "SELECT, INSERT, DELETE"),
    ("mod_whmcs_api_console_invitations", "SELECT, INSERT, DELETE"),
    ("mod_whmcs_api_console_jobs", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_console_sessions", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_credentials", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_differences", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_event_sequence", "SELECT, UPDATE"),
    ("mod_whmcs_api_events", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_fossbilling_keys", "SELECT, INSERT, DELETE"),
    ("mod_whmcs_api_fossbilling_secrets", "SELECT, INSERT"),
    ("mod_whmcs_api_fossbilling_sessions", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_holds", "SELECT, DELETE"),
    ("mod_whmcs_api_inactive_modules", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_invoice_numbers", "SELECT, INSERT"),
    ("mod_whmcs_api_migrations", "SELECT"),
    ("mod_whmcs_api_module_calls", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_notices", "SELECT, INSERT"),
    ("mod_whmcs_api_oauth_grants", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_oauth_tokens", "SELECT, INSERT, DELETE"),
    ("mod_whmcs_api_outbox", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_outbox_entries", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_quote_invoices", "SELECT, INSERT, DELETE"),
    ("mod_whmcs_api_rate_limits", "SELECT, INSERT, UPDATE"),
    ("mod_whmcs_api_received_mails", "SELECT, INSERT, DELETE"),
    ("mod_whmcs_api_renewals", "SELECT, INSERT"),
    ("mod_whmcs_api_requests", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_revisions", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_settlements", "SELECT, INSERT, DELETE"),
    ("mod_whmcs_api_sso_tokens", "SELECT, INSERT, UPDATE, DELETE"),
    ("mod_whmcs_api_webhooks", "SELECT, INSERT, UPDATE, DELETE"),
];

/// The account that is granted rights, and the database.
#[derive(Debug)]
pub struct Grantee<'g> {
    pub user: &'g str,
    /// The host from which the account connects, `%` for any.
    pub host: &'g str,
    pub database: &'g str,
}

/// Returns the GRANT statements for these uses of tables, one for each table.
pub fn script(grantee: &Grantee<'_>, tables: &BTreeMap<&str, TableUse>, reads_only: bool) -> Vec<String> {
    let grant = |table: &str, rights: &str| {
        let Grantee { user, host, database } = grantee;
        let (user, host) = (quoted(user, '\''), quoted(host, '\''));
        format!("GRANT {rights} ON {}.{} TO {user}@{host};", quoted(database, '`'), quoted(table, '`'))
    };
    let of_whmcs = tables.iter().map(|(table, usage)| grant(table, &rights(usage, reads_only)));
    let ours = OWN_TABLES.iter().map(|(table, rights)| grant(table, if reads_only { "SELECT" } else { rights }));
    of_whmcs.chain(ours).collect()
}

/// Returns the GRANT statements that let an account run custom actions that read these tables, and nothing else.
pub fn for_statements<'t>(grantee: &Grantee<'_>, tables: impl Iterator<Item = &'t TableName>) -> Vec<String> {
    let grant = |TableName { database, table }: &TableName| {
        let database = database.as_deref().unwrap_or(grantee.database);
        let (user, host) = (quoted(grantee.user, '\''), quoted(grantee.host, '\''));
        format!("GRANT SELECT ON {}.{} TO {user}@{host};", quoted(database, '`'), quoted(table, '`'))
    };
    let mut grants: Vec<String> = tables.map(grant).collect();
    grants.sort();
    grants.dedup();
    grants
}

fn rights(usage: &TableUse, reads_only: bool) -> String {
    let update = match (usage.update.is_empty(), usage.lock) {
        (false, _) => Some("UPDATE"),
        // To lock a row, MySQL requires the right to update one of its columns. No action changes an id.
        (true, true) => Some("UPDATE (`id`)"),
        (true, false) => None,
    };
    let select = usage.select.as_ref().map(|_| "SELECT");
    let writing = [(!usage.insert.is_empty()).then_some("INSERT"), update, usage.delete.then_some("DELETE")];
    let writing = writing.into_iter().flatten().filter(|_| !reads_only);
    select.into_iter().chain(writing).collect::<Vec<_>>().join(", ")
}

fn quoted(name: &str, quote: char) -> String {
    let doubled = format!("{quote}{quote}");
    let name = if quote == '\'' { name.replace('\\', "\\\\") } else { name.to_owned() };
    format!("{quote}{}{quote}", name.replace(quote, &doubled))
}

/// Returns what these GRANT statements allow beyond the needs of this server: rights other than reading and writing
/// rows, and rights on all databases.
pub fn excess(grants: &[String]) -> Vec<String> {
    grants.iter().filter_map(|grant| excess_of(grant)).collect()
}

fn excess_of(grant: &str) -> Option<String> {
    // A role is granted without ON; its own rights are listed separately.
    let (rights, rest) = grant.strip_prefix("GRANT ")?.split_once(" ON ")?;
    let place = rest.split(" TO ").next()?.trim();
    let mut excess: Vec<String> = split(rights).filter(|right| !is_needed(right)).map(str::to_owned).collect();
    if place == "*.*" {
        excess = split(rights).filter(|right| *right != "USAGE").map(str::to_owned).collect();
    }
    if rest.contains("WITH GRANT OPTION") {
        excess.push("GRANT OPTION".to_owned());
    }
    (!excess.is_empty()).then(|| format!("{} on {place}", excess.join(", ")))
}

fn is_needed(right: &str) -> bool {
    let name = right.split('(').next().unwrap_or_default().trim();
    ["SELECT", "INSERT", "UPDATE", "DELETE", "USAGE"].contains(&name)
}

/// Splits at commas, except those within a list of columns.
fn split(rights: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    let at_comma = move |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    };
    rights.split(at_comma).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excessive_rights_are_reported() {
        for (grant, message) in [
            ("GRANT USAGE ON *.* TO `me`@`%`", None),
            ("GRANT SELECT, INSERT ON `whmcs`.`tblclients` TO `me`@`%`", None),
            ("GRANT UPDATE (`id`, `credit`) ON `whmcs`.`tblclients` TO `me`@`%`", None),
            ("GRANT `a role`@`%` TO `me`@`%`", None),
            ("GRANT SELECT, DROP ON `whmcs`.* TO `me`@`%`", Some("DROP on `whmcs`.*")),
            ("GRANT SELECT, FILE ON *.* TO `me`@`%`", Some("SELECT, FILE on *.*")),
            ("GRANT ALL PRIVILEGES ON `whmcs`.* TO `me`@`%`", Some("ALL PRIVILEGES on `whmcs`.*")),
            ("GRANT SELECT ON `whmcs`.* TO `me`@`%` WITH GRANT OPTION", Some("GRANT OPTION on `whmcs`.*")),
        ] {
            assert_eq!(excess_of(grant).as_deref(), message, "{grant}");
        }
    }

    #[test]
    fn names_are_quoted() {
        let usage = TableUse { select: Some(["id".to_owned()].into()), lock: true, ..TableUse::default() };
        let grantee = Grantee { user: "o'neil", host: "%", database: "a`b" };
        let script = script(&grantee, &BTreeMap::from([("tblcurrencies", usage)]), false);
        assert_eq!(script[0], "GRANT SELECT, UPDATE (`id`) ON `a``b`.`tblcurrencies` TO 'o''neil'@'%';");
    }
}
