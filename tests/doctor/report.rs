use std::collections::BTreeSet;

use whmcs_api::actions::{Access, ActionEntry, CATALOGUE};
use whmcs_api::config::{AutomationRun, Entities, Settings};
use whmcs_api::database::migrations;
use whmcs_api::database::pool;
use whmcs_api::doctor;
use whmcs_api::doctor::needs::NEEDS;

use super::{WHMCS_7, WHMCS_9, checksums, codes, examine, not_working, of_whmcs, sql};
use crate::server::process::{Running, stderr, stdout, whmcs_api};
use crate::support::{Database, documented_calls, serve};

#[test]
fn what_each_action_needs_is_known() {
    // The credential is all that these read of WHMCS's tables.
    let without = ["DecryptPassword", "EncryptPassword", "GetPermissionsList"];
    let is_without = |entry: &ActionEntry| without.contains(&&*entry.name) || entry.group == "webhooks";
    for entry in CATALOGUE.iter().filter(|entry| !is_without(entry)) {
        assert!(NEEDS.contains_key(&*entry.name), "{} (make update)", entry.name);
    }
    let parts = [
        doctor::needs::ADMISSION,
        doctor::needs::LOG,
        doctor::needs::UPKEEP,
        doctor::needs::MAIL,
        doctor::needs::MODULES,
        doctor::needs::REGISTRARS,
        doctor::needs::GATEWAYS,
        doctor::needs::SIGN_IN,
        doctor::needs::TOKEN,
        doctor::needs::RECEIVED_MAIL,
        doctor::needs::CONSOLE,
        doctor::needs::FOSSBILLING,
        doctor::needs::AUTOMATION,
        "agent",
        "webhook",
    ];
    for part in parts {
        assert!(NEEDS.contains_key(part), "{part} (make update)");
    }
    let is_known = |name: &str| parts.contains(&name) || CATALOGUE.iter().any(|entry| entry.name == name);
    let unknown: Vec<_> = NEEDS.keys().filter(|name| !is_known(name)).collect();
    assert!(unknown.is_empty(), "needs.json has what there is not: {unknown:?}");
}

#[tokio::test]
async fn nothing_is_in_the_way_of_a_database_of_our_own() {
    let database = Database::create().await;
    migrations::run(database.options()).await.unwrap();
    let report = examine(database.options(), &Settings::default()).await;
    assert_eq!(codes(&report.problems), Vec::<&str>::new(), "{:?}", report.problems);
    assert_eq!(not_working(&report), Vec::<&str>::new());
    assert!(codes(&report.warnings).contains(&"wide_rights"), "the tests' user may do everything");
}

/// Each count is true now, which the start of a server confirms, and after `migrate` has created what is missing.
#[tokio::test]
async fn on_an_incomplete_database_every_count_is_true() {
    let all = CATALOGUE.len();
    let reading = CATALOGUE.iter().filter(|entry| entry.access == Access::Read).count();
    for (statements, problems, now, after) in [
        ("", vec!["not_migrated"], 0, all),
        ("CREATE TABLE wp_posts (id int)", vec!["not_migrated"], 0, all),
        ("migrate; DROP TABLE mod_whmcs_api_migrations", vec!["not_migrated"], 0, all),
        (
            "migrate; DELETE FROM mod_whmcs_api_migrations WHERE version = 3; DROP TABLE tbladdons",
            vec!["not_migrated"],
            0,
            all,
        ),
        ("migrate; DELETE FROM mod_whmcs_api_migrations WHERE version = 8", vec!["not_migrated"], 0, all),
        ("migrate; DROP TABLE mod_whmcs_api_requests", vec!["missing_table"], reading, reading),
        ("migrate; DROP TABLE mod_whmcs_api_credentials", vec!["missing_table"], 0, 0),
        (
            "migrate; INSERT INTO mod_whmcs_api_holds (name, reason, created_at) VALUES ('restore', 'x', NOW())",
            vec!["unfinished_restore"],
            0,
            0,
        ),
        ("migrate; DROP DATABASE_TABLES", vec!["missing_table"], 0, 0),
    ] {
        let database = Database::create().await;
        let mut statements = statements;
        if let Some(rest) = statements.strip_prefix("migrate; ") {
            migrations::run(database.options()).await.unwrap();
            statements = rest;
        }
        let of_whmcs: Vec<String> =
            super::tables(&database).await.into_iter().filter(|table| !table.starts_with("mod_whmcs_api_")).collect();
        let drop_all = format!("DROP TABLE {}", of_whmcs.join(", "));
        sql(&database, if statements == "DROP DATABASE_TABLES" { &drop_all } else { statements }).await;
        let report = examine(database.options(), &Settings::default()).await;
        let told = codes(&report.problems);
        assert_eq!(told, problems, "{statements}: {:?}", report.problems);
        let works = report.actions.iter().filter(|action| action.works).count();
        let later = report.actions.iter().filter(|action| action.works || action.works_after_migrate).count();
        assert_eq!((works, later), (now, after), "{statements}: {:?}", report.problems);
        let is_foreign = codes(&report.warnings).contains(&"other_tables");
        assert_eq!(is_foreign, statements.contains("wp_posts"), "{:?}", report.warnings);
        let mut connection = pool::connect(database.options()).await.unwrap();
        let starts = migrations::require(&mut connection).await.is_ok();
        let is_kept_from_starting = ["not_migrated", "unfinished_restore"].iter().any(|code| told.contains(code));
        assert_eq!(starts, !is_kept_from_starting, "{statements}");
    }
}

/// A held outbox is no problem for actions.
#[tokio::test]
async fn a_held_outbox_is_told() {
    let database = Database::create().await;
    migrations::run(database.options()).await.unwrap();
    sql(&database, "INSERT INTO mod_whmcs_api_holds (name, reason, created_at) VALUES ('outbox', 'restored', NOW())")
        .await;
    let report = examine(database.options(), &Settings::default()).await;
    assert_eq!((codes(&report.problems), not_working(&report)), (vec![], vec![]));
    assert!(codes(&report.warnings).contains(&"outbox_held"), "{:?}", report.warnings);
}

/// A database of WHMCS 9 with additional columns, tables and rows.
#[tokio::test]
async fn beside_a_new_whmcs_only_our_own_tables_are_missing() {
    let database = of_whmcs(WHMCS_9).await;
    let before = checksums(&database).await;
    let report = examine(database.options(), &Settings::default()).await;
    assert_eq!(checksums(&database).await, before, "the doctor wrote something");
    assert_eq!(codes(&report.problems), ["not_migrated"]);
    assert_eq!(report.whmcs.as_deref(), Some("9.0.1-release.1"));
    assert!(codes(&report.warnings).contains(&"html_entities"));

    migrations::run(database.options()).await.unwrap();
    let report = examine(database.options(), &Settings::default()).await;
    assert_eq!(codes(&report.problems), Vec::<&str>::new());
    assert_eq!(failing_calls(&database).await, BTreeSet::new());
}

/// Whether anybody runs the automation of a WHMCS's database, or two would.
#[tokio::test]
async fn it_is_told_who_runs_the_automation_of_a_whmcs() {
    let database = of_whmcs(WHMCS_9).await;
    migrations::run(database.options()).await.unwrap();
    let (own, in_place, never) = (AutomationRun::OnOwnDatabase, AutomationRun::InPlaceOfWhmcs, AutomationRun::Never);
    for (setting, marker, told) in [
        (own, "''", "never ran"),
        (own, "'2020-01-01 06:00:00'", "ran last at 2020-01-01 06:00:00"),
        (own, "UTC_TIMESTAMP()", ""),
        (in_place, "UTC_TIMESTAMP()", "the daily automation does not run"),
        (in_place, "'2020-01-01 06:00:00'", ""),
        (never, "''", ""),
    ] {
        let marker = format!(
            "DELETE FROM tblconfiguration WHERE setting = 'lastDailyCronInvocationTime'; \
             INSERT INTO tblconfiguration (setting, value, created_at, updated_at) \
               VALUES ('lastDailyCronInvocationTime', {marker}, NOW(), NOW())"
        );
        sql(&database, &marker).await;
        let mut settings = Settings::default();
        settings.automation.run = setting;
        let report = examine(database.options(), &settings).await;
        let finding = report.warnings.iter().find(|finding| finding.code == "automation");
        let message = finding.map_or("", |finding| &*finding.message);
        assert!(message.contains(told) && message.is_empty() == told.is_empty(), "{setting:?} {marker}: {message}");
    }
}

/// The doctor's report on actions agrees with the outcome of their calls.
#[tokio::test]
async fn beside_an_old_whmcs_it_is_told_what_does_not_work() {
    let database = of_whmcs(WHMCS_7).await;
    migrations::run(database.options()).await.unwrap();
    sql(&database, include_str!("../support/fixtures/invoice_numbers.sql")).await;
    let mut settings = Settings::default();
    settings.api_log.calls = whmcs_api::config::LoggedCalls::Off;
    let report = examine(database.options(), &settings).await;
    assert_eq!(codes(&report.problems), ["missing_column", "missing_table"]);
    for code in ["narrow_characters", "mixed_collations", "html_entities", "invoice_numbers"] {
        assert!(codes(&report.warnings).contains(&code), "{code}: {:?}", report.warnings);
    }
    let told: BTreeSet<String> = not_working(&report).into_iter().map(str::to_owned).collect();
    for action in ["AddClient", "ValidateLogin", "OpenTicket"] {
        assert!(told.contains(action), "{action}: {told:?}");
    }
    for action in ["GetInvoices", "GetClients", "GetPromotions", "AddCredit", "CreateInvoice", "GetCurrencies"] {
        assert!(!told.contains(action), "{action}: {:?}", report.problems);
    }
    let failing = failing_calls(&database).await;
    assert!(!failing.is_empty() && failing.is_subset(&told), "{failing:?} fail, the doctor reported {told:?}");
}

/// The doctor says how texts will be stored, and the server does so: with entities where a WHMCS shows them, unless the
/// setting says otherwise.
#[tokio::test]
async fn texts_are_stored_as_the_doctor_says() {
    let beside = of_whmcs(WHMCS_9).await;
    migrations::run(beside.options()).await.unwrap();
    let alone = Database::create().await;
    migrations::run(alone.options()).await.unwrap();
    whmcs_api::demo::fill(alone.options()).await.unwrap();
    sql(&alone, "DELETE FROM tblconfiguration WHERE setting = 'Version'; UPDATE tblclients SET lastname = 'x', companyname = 'x'").await;
    let (encoded, plain) = ("O&#039;Neil &lt;b&gt;", "O'Neil <b>");
    for (database, setting, told, stored) in [
        (&beside, Entities::Auto, Some(("html_entities", "with HTML entities")), encoded),
        (&beside, Entities::Encoded, Some(("html_entities", "with HTML entities")), encoded),
        (&beside, Entities::Plain, Some(("plain_texts", "as they are sent")), plain),
        (&alone, Entities::Auto, None, plain),
        (&alone, Entities::Encoded, None, encoded),
    ] {
        let mut settings = Settings::default();
        settings.compat.entities = setting;
        let report = examine(database.options(), &settings).await;
        let is_about_texts = |finding: &&doctor::Finding| ["html_entities", "plain_texts"].contains(&finding.code);
        let finding = report.warnings.iter().find(is_about_texts);
        assert_eq!(finding.map(|finding| finding.code), told.map(|(code, _)| code), "{setting:?}");
        assert!(finding.is_none_or(|finding| finding.message.contains(told.unwrap().1)), "{finding:?}");
        let mut serve = whmcs_api(&["serve", "--listen", "127.0.0.1:0"]);
        serve.env("WHMCS_API_DATABASE_URL", database.url());
        if setting != Entities::Auto {
            serve.env("WHMCS_API_COMPAT_ENTITIES", format!("{setting:?}").to_lowercase());
        }
        tokio::task::spawn_blocking(move || {
            let reply = Running::start(serve).call("action=UpdateClient&clientid=1&firstname=O%27Neil+%3Cb%3E");
            assert!(reply.contains("success"), "{reply}");
        })
        .await
        .unwrap();
        let pool = sqlx::MySqlPool::connect_with(database.options()).await.unwrap();
        let name: String =
            sqlx::query_scalar("SELECT firstname FROM tblclients WHERE id = 1").fetch_one(&pool).await.unwrap();
        assert_eq!(name, stored, "{setting:?}");
    }
}

/// Returns the actions whose documented calls fail here because the database lacks something.
async fn failing_calls(database: &Database) -> BTreeSet<String> {
    let mut settings = Settings::default();
    settings.compat.configuration_writable.push("*".to_owned());
    settings.api_log.calls = whmcs_api::config::LoggedCalls::Off;
    let folder = crate::support::Scratch::new(&format!("failing-{}", database.name()));
    settings.attachments.dir = folder.to_path_buf();
    let (_hosts, router) = serve(database.options(), settings).await;
    let calls = documented_calls(&router).await;
    let mut failing = BTreeSet::new();
    for (request, status, reply) in calls {
        let action = request.split('&').next().unwrap_or_default();
        assert_ne!(status, 500, "{request}: {reply}");
        if status == 501 {
            assert_eq!(
                reply["message"],
                "This action does not work with this database. `whmcs-api doctor` tells its operator why"
            );
            failing.insert(action.to_owned());
        }
    }
    failing
}

#[tokio::test]
async fn each_fault_is_found() {
    for (statement, code, told, action) in [
        ("DROP TABLE tblcredit", "missing_table", "tblcredit is missing", "AddCredit"),
        ("ALTER TABLE tblcredit DROP COLUMN relid", "missing_column", "tblcredit.relid is missing", "GetCredits"),
        (
            "ALTER TABLE tblpromotions ADD COLUMN x text NOT NULL",
            "column_without_default",
            "tblpromotions.x has no default",
            "AddPromoCode",
        ),
        (
            "ALTER TABLE tblcredit ENGINE = MyISAM",
            "no_transactions",
            "tblcredit has the storage engine MyISAM",
            "AddCredit",
        ),
    ] {
        let database = Database::create().await;
        migrations::run(database.options()).await.unwrap();
        sql(&database, statement).await;
        let report = examine(database.options(), &Settings::default()).await;
        assert_eq!(codes(&report.problems), [code], "{statement}: {:?}", report.problems);
        let problem = &report.problems[0];
        assert!(problem.message.starts_with(told), "{statement}: {}", problem.message);
        assert!(problem.actions.iter().any(|name| name == action), "{statement}: {:?}", problem.actions);
        assert!(!problem.actions.iter().any(|name| name == "GetPaymentMethods"), "{statement}: {:?}", problem.actions);
        assert_eq!(not_working(&report), problem.actions, "{statement}");
    }
}

#[tokio::test]
async fn what_may_matter_is_told() {
    let database = Database::create().await;
    migrations::run(database.options()).await.unwrap();
    sql(
        &database,
        "ALTER TABLE tblclients MODIFY credit double NOT NULL; \
         ALTER TABLE tbltax CONVERT TO CHARACTER SET utf8mb3; \
         INSERT INTO tblactivitylog (date, description, user, ipaddr) VALUES (NOW() + INTERVAL 14 HOUR, '', '', '')",
    )
    .await;
    let settings = Settings {
        database: whmcs_api::config::Database { connections: 100_000, ..Default::default() },
        ..Settings::default()
    };
    let report = examine(database.options(), &settings).await;
    assert_eq!(codes(&report.problems), Vec::<&str>::new());
    for (code, told) in [
        ("other_type", "tblclients.credit holds a floating-point number, where WHMCS has an exact number"),
        ("narrow_characters", "1 tables cannot hold every character"),
        ("mixed_collations", "tables have different collations"),
        ("other_time_zone", "set time_zone to that of WHMCS"),
        ("few_connections", "database.connections is 100000"),
        ("few_prepared_statements", "max_prepared_stmt_count"),
        ("wide_rights", "doctor --grants"),
    ] {
        let is_told = |finding: &doctor::Finding| finding.code == code && finding.message.contains(told);
        assert!(report.warnings.iter().any(is_told), "{code}: {:?}", report.warnings);
    }
}

/// The command as an operator runs it.
#[tokio::test]
async fn the_command_tells_by_its_status() {
    let database = of_whmcs(WHMCS_9).await;
    let url = database.url();
    let doctor = |arguments: &[&str]| {
        let mut command = whmcs_api(&["doctor", "--database-url", &url]);
        command.args(arguments);
        command.output().unwrap()
    };
    let output = doctor(&[]);
    assert!(!output.status.success());
    assert!(
        stdout(&output)
            .contains("Problems:\n  tables are missing (0002_own_tables.sql, 0005_outbox.sql, 0006_settlements.sql, 0007_rate_limits.sql, \
                       0008_holds.sql, 0009_request_records.sql, 0012_differences.sql, 0013_endpoint_calls.sql, \
                       0014_sealed_replies.sql, 0016_charges.sql, 0017_quotes_and_commissions.sql, \
                       0021_single_sign_on_and_mail.sql, 0022_invoice_numbers.sql, 0023_automation.sql, \
                       0025_fossbilling_keys.sql, 0026_webhooks.sql, 0027_order_of_deliveries.sql, \
                       0028_agents.sql, 0029_agent_plans.sql, 0030_console.sql, 0032_calls.sql, 0033_console_jobs.sql, \
                       0034_fossbilling_sessions.sql, 0036_agent_plan_summaries.sql, 0037_console_lists.sql, \
                       0039_inactive_modules.sql)"),
        "{}",
        stdout(&output)
    );
    assert!(
        stdout(&output).contains(&format!(
            "\n0 of {0} actions would work.\nAfter `whmcs-api migrate`, {0} would.\n",
            CATALOGUE.len()
        )),
        "{}",
        stdout(&output)
    );
    assert!(stderr(&output).contains("1 problem found"), "{}", stderr(&output));

    let output = doctor(&["--read-only", "--json", "--action", "GetCredits"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["problems"], serde_json::json!([]));
    assert_eq!(report["actions"], serde_json::json!([{"action": "GetCredits", "works": true}]));

    let output = whmcs_api(&["doctor", "--database-url", "mysql://nobody:x@127.0.0.1:1/x"]).output().unwrap();
    assert!(!output.status.success() && stderr(&output).contains("connecting to database.url"), "{}", stderr(&output));
    assert!(pool::connect(database.options()).await.is_ok());
}
