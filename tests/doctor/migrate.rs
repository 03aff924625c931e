use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;
use sqlx::mysql::MySqlPool;
use whmcs_api::database::migrations;

use super::{WHMCS_7, WHMCS_9, of_whmcs, tables};
use crate::server::process::{stderr, stdout, whmcs_api};
use crate::support::Database;

const OURS: [&str; 41] = [
    "mod_whmcs_api_agents",
    "mod_whmcs_api_agent_days",
    "mod_whmcs_api_agent_plans",
    "mod_whmcs_api_automation_lease",
    "mod_whmcs_api_automation_runs",
    "mod_whmcs_api_billed_terms",
    "mod_whmcs_api_calls",
    "mod_whmcs_api_call_counts",
    "mod_whmcs_api_charges",
    "mod_whmcs_api_commissions",
    "mod_whmcs_api_console_factors",
    "mod_whmcs_api_console_forms",
    "mod_whmcs_api_console_invitations",
    "mod_whmcs_api_console_jobs",
    "mod_whmcs_api_console_sessions",
    "mod_whmcs_api_credentials",
    "mod_whmcs_api_differences",
    "mod_whmcs_api_events",
    "mod_whmcs_api_event_sequence",
    "mod_whmcs_api_fossbilling_keys",
    "mod_whmcs_api_fossbilling_secrets",
    "mod_whmcs_api_fossbilling_sessions",
    "mod_whmcs_api_holds",
    "mod_whmcs_api_inactive_modules",
    "mod_whmcs_api_invoice_numbers",
    "mod_whmcs_api_migrations",
    "mod_whmcs_api_module_calls",
    "mod_whmcs_api_notices",
    "mod_whmcs_api_oauth_grants",
    "mod_whmcs_api_oauth_tokens",
    "mod_whmcs_api_outbox",
    "mod_whmcs_api_outbox_entries",
    "mod_whmcs_api_quote_invoices",
    "mod_whmcs_api_rate_limits",
    "mod_whmcs_api_received_mails",
    "mod_whmcs_api_renewals",
    "mod_whmcs_api_requests",
    "mod_whmcs_api_revisions",
    "mod_whmcs_api_settlements",
    "mod_whmcs_api_sso_tokens",
    "mod_whmcs_api_webhooks",
];

/// Also if an old WHMCS lacks tables that a database of our own would have.
#[tokio::test]
async fn only_our_own_tables_are_added() {
    for version in [WHMCS_7, WHMCS_9] {
        let database = of_whmcs(version).await;
        let before = definitions(&database).await;
        let done = migrations::run(database.options()).await.unwrap();
        let ours = [
            "0002_own_tables.sql",
            "0005_outbox.sql",
            "0006_settlements.sql",
            "0007_rate_limits.sql",
            "0008_holds.sql",
            "0009_request_records.sql",
            "0012_differences.sql",
            "0013_endpoint_calls.sql",
            "0014_sealed_replies.sql",
            "0016_charges.sql",
            "0017_quotes_and_commissions.sql",
            "0021_single_sign_on_and_mail.sql",
            "0022_invoice_numbers.sql",
            "0023_automation.sql",
            "0025_fossbilling_keys.sql",
            "0026_webhooks.sql",
            "0027_order_of_deliveries.sql",
            "0028_agents.sql",
            "0029_agent_plans.sql",
            "0030_console.sql",
            "0032_calls.sql",
            "0033_console_jobs.sql",
            "0034_fossbilling_sessions.sql",
            "0036_agent_plan_summaries.sql",
            "0037_console_lists.sql",
            "0039_inactive_modules.sql",
        ];
        assert_eq!(done, ours);
        let mut after = definitions(&database).await;
        // Servers differ in the order of tables.
        let added: BTreeSet<String> =
            after.extract_if(.., |(table, _)| table.starts_with("mod_whmcs_api_")).map(|(table, _)| table).collect();
        assert_eq!(added, BTreeSet::from(OURS.map(str::to_owned)));
        assert_eq!(after, before);
        assert!(migrations::run(database.options()).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_sql_that_is_printed_does_the_same() {
    for database in [Database::create().await, of_whmcs(WHMCS_7).await] {
        let url = database.url();
        let printed = move || whmcs_api(&["migrate", "--print-sql", "--database-url", &url]).output().unwrap();
        let before = tables(&database).await;
        let output = printed();
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(tables(&database).await, before, "it was only to be printed");

        // The session has the server's default settings.
        let pool = MySqlPool::connect_with(database.options()).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(stdout(&output))).execute(&pool).await.unwrap();
        assert!(OURS.iter().all(|ours| output.stdout.windows(ours.len()).any(|part| part == ours.as_bytes())));
        assert!(migrations::run(database.options()).await.unwrap().is_empty(), "something was left to do");
        assert_eq!(stdout(&printed()), "");
    }
    let output = whmcs_api(&["migrate", "--print-sql"]).output().unwrap();
    assert!(stderr(&output).contains("database.url"), "{}", stderr(&output));
}

/// Returns the definition of each table.
async fn definitions(database: &Database) -> Vec<(String, String)> {
    let pool = MySqlPool::connect_with(database.options()).await.unwrap();
    let mut definitions = Vec::new();
    for table in tables(database).await {
        let show = AssertSqlSafe(format!("SHOW CREATE TABLE `{table}`"));
        definitions.push(sqlx::query_as(show).fetch_one(&pool).await.unwrap());
    }
    definitions
}
