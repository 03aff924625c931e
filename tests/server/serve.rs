use std::collections::BTreeSet;

use super::process::{Running, stderr, stdout, whmcs_api};
use crate::support::Database;

/// The tables of a running WHMCS, created by hand: columns, data and indexes are the operator's.
#[tokio::test]
async fn migrate_adds_what_is_missing_and_alters_nothing() {
    let database = Database::create().await;
    let pool = sqlx::MySqlPool::connect_with(database.options()).await.unwrap();
    sqlx::raw_sql(
        "CREATE TABLE tblcredit (id int AUTO_INCREMENT PRIMARY KEY, clientid int, admin_id int, date date, description text, \
                                 amount decimal(10,2), relid int, billing_note_id int NOT NULL DEFAULT 0) CHARACTER SET utf8mb3; \
         INSERT INTO tblcredit (clientid, amount) VALUES (1, 5)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let definition = || async {
        let row: (String, String) = sqlx::query_as("SHOW CREATE TABLE tblcredit").fetch_one(&pool).await.unwrap();
        row.1
    };
    let before = definition().await;

    let url = database.url();
    let output = tokio::task::spawn_blocking(move || {
        let serve =
            whmcs_api(&["serve", "--listen", "127.0.0.1:0"]).env("WHMCS_API_DATABASE_URL", &url).output().unwrap();
        assert!(stderr(&serve).contains("run `whmcs-api migrate` first"), "{}", stderr(&serve));
        let migrate = || whmcs_api(&["migrate"]).env("WHMCS_API_DATABASE_URL", &url).output().unwrap();
        let (first, second) = (migrate(), migrate());
        let mut serve = whmcs_api(&["serve", "--listen", "127.0.0.1:0"]);
        let serving = Running::start({
            serve.env("WHMCS_API_DATABASE_URL", &url);
            serve
        });
        assert!(serving.call("action=GetCredits").contains("Authentication Failed"));
        (stdout(&first) + &stderr(&first), stdout(&second) + &stderr(&second))
    })
    .await
    .unwrap();

    assert!(output.0.contains("0001_core_tables.sql, 0002_own_tables.sql"), "{}", output.0);
    assert_eq!(output.1, "The database is up to date.\n");
    assert_eq!(definition().await, before);
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT CAST(table_name AS CHAR) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name NOT LIKE 'tbl%'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    // Servers differ in the order of tables.
    assert_eq!(
        tables.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        BTreeSet::from([
            "mod_project",
            "mod_projectlog",
            "mod_projectmessages",
            "mod_projecttasks",
            "mod_projecttimes",
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
            "mod_whmcs_api_webhooks"
        ])
    );
}
