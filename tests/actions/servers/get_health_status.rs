use whmcs_api::config::Settings;

use crate::support::desk::Desk;
use crate::support::{Calls, Scratch, TestApi, TestCertificate};

pub const CALLS: Calls =
    Calls { demo: &["GetHealthStatus"], every_parameter: "GetHealthStatus&fetchStatus=1", ..Calls::NONE };

/// The list in which a check is, and what it says.
async fn found(api: &TestApi, check: &str) -> (String, String) {
    let reply = api.reply("action=GetHealthStatus").await;
    let lists = reply["checks"].as_object().unwrap();
    assert_eq!(lists.keys().collect::<Vec<_>>(), ["success", "warning", "danger"]);
    for (list, checks) in lists {
        if let Some(found) = checks.as_array().unwrap().iter().find(|found| found["name"] == check) {
            assert_eq!((&found["type"], &found["severityLevel"]), (&check.into(), &list.as_str().into()));
            return (list.clone(), found["body"].as_str().unwrap().to_owned());
        }
    }
    panic!("there is no check {check}: {reply}")
}

#[tokio::test]
async fn all_is_well_until_something_is_not() {
    let desk = Desk::open().await;
    for check in [
        "database_version",
        "database_writing",
        "clock",
        "outbox",
        "module_queue",
        "api_log",
        "time_zone",
        "attachments",
        "links",
        "database_disk",
    ] {
        let (list, body) = found(&desk, check).await;
        assert_eq!(list, "success", "{check}: {body}");
    }
    // The tests have no mail server.
    assert_eq!(found(&desk, "mail").await.0, "warning");
    assert!(found(&desk, "disk").await.1.ends_with(" left"));
    assert_eq!(
        found(&desk, "automation").await,
        ("warning".to_owned(), "The daily automation has never run".to_owned())
    );
    for (statement, check, list, body) in [
        (
            "INSERT INTO tblmodulequeue (service_type, service_id) VALUES ('service', 1), ('service', 2)",
            "module_queue",
            "warning",
            "2 commands to modules and registrars have failed",
        ),
        (
            "INSERT INTO mod_whmcs_api_outbox_entries (kind, state) VALUES ('module', 'failed')",
            "outbox",
            "warning",
            "1 entries of the outbox have failed for good",
        ),
        (
            "INSERT INTO mod_whmcs_api_outbox_entries (kind, state, due_at) VALUES ('nothing', 'pending', '2026-11-20 12:14:59')",
            "outbox",
            "danger",
            "1 entries of the outbox have been due for more than 15 minutes",
        ),
        (
            "INSERT INTO mod_whmcs_api_holds (name, reason) VALUES ('outbox', 'A restore')",
            "outbox",
            "danger",
            "The outbox is held: nothing is sent until it is released",
        ),
        (
            "INSERT INTO tblconfiguration (setting, value, created_at, updated_at) \
             VALUES ('lastDailyCronInvocationTime', '2026-11-20 09:00:00', NOW(), NOW())",
            "automation",
            "success",
            "The daily automation has run within the last 26 hours",
        ),
        (
            "INSERT INTO mod_whmcs_api_automation_runs (day, task, started_at, finished_at, failures, counts) VALUES \
               ('2026-11-19', 'day', '2026-11-19 09:00:00', '2026-11-19 09:01:00', 5, '{}'), \
               ('2026-11-19', 'late_fees', '2026-11-19 09:00:00', '2026-11-19 09:01:00', 5, '{}'), \
               ('2026-11-20', 'day', '2026-11-20 09:00:00', '2026-11-20 09:02:00', 3, '{\"marker\":\"2026-11-20 09:00:00\"}'), \
               ('2026-11-20', 'invoices', '2026-11-20 09:00:00', '2026-11-20 09:01:00', 0, '{}'), \
               ('2026-11-20', 'late_fees', '2026-11-20 09:01:00', '2026-11-20 09:02:00', 3, '{}')",
            "automation",
            "warning",
            "3 steps of the latest daily automation have failed: late_fees",
        ),
        (
            "UPDATE mod_whmcs_api_automation_runs SET finished_at = NULL WHERE day = '2026-11-20' AND task IN ('day', 'late_fees')",
            "automation",
            "danger",
            "The daily automation has not ended: late_fees began at 2026-11-20 09:01:00 UTC",
        ),
        (
            // It is begun again and again.
            "UPDATE mod_whmcs_api_automation_runs SET started_at = '2026-11-20 12:25:00' WHERE finished_at IS NULL",
            "automation",
            "danger",
            "The daily automation has begun, and not ended for more than 26 hours: the last time was 2026-11-19 09:01:00 UTC",
        ),
        (
            "UPDATE mod_whmcs_api_automation_runs SET finished_at = started_at, failures = 0 WHERE day = '2026-11-20'",
            "automation",
            "success",
            "The daily automation has run within the last 26 hours",
        ),
        (
            // A WHMCS has run its own since, which leaves no record here.
            "UPDATE mod_whmcs_api_automation_runs SET failures = 1 WHERE day = '2026-11-20'; \
             UPDATE tblconfiguration SET value = '2026-11-20 10:00:00' WHERE setting = 'lastDailyCronInvocationTime'",
            "automation",
            "success",
            "The daily automation has run within the last 26 hours",
        ),
        (
            "UPDATE tblconfiguration SET value = '2026-11-19 09:00:00' WHERE setting = 'lastDailyCronInvocationTime'",
            "automation",
            "danger",
            "The daily automation has not run for more than 26 hours: the last time was 2026-11-19 09:00:00",
        ),
        (
            "INSERT INTO tblactivitylog (date, description) VALUES ('2026-11-20 13:30:00', 'x')",
            "time_zone",
            "warning",
            "The latest line of the activity log is dated 2026-11-20 13:30:00, in the future: see time_zone in the settings",
        ),
    ] {
        desk.sql(statement).await;
        assert_eq!(found(&desk, check).await, (list.to_owned(), body.to_owned()));
    }
}

#[tokio::test]
async fn attachments_need_a_folder() {
    let desk = Desk::open().await;
    let files = desk.files();
    assert_eq!(found(&desk, "attachments").await.0, "success");
    assert_eq!(desk.files(), files, "nothing is left of the check");
    desk.replace_folder_by_a_file();
    let (list, body) = found(&desk, "attachments").await;
    assert!(list == "danger" && body.starts_with("Attachments cannot be stored: "), "{list} {body}");
}

#[tokio::test]
async fn the_certificate_in_the_settings_is_judged() {
    let folder = Scratch::new("health-certificate");
    let tls = TestCertificate::valid(-5000, 5000).write(&folder);
    let api = TestApi::with_settings(Settings { tls: tls.clone(), ..Settings::default() }).await;
    let valid = ("success".to_owned(), "The TLS certificate is valid".to_owned());
    assert_eq!(found(&api, "certificate").await, valid);
    for (certificate, time) in [
        (TestCertificate::valid(-6000, -5000), "TLS: the TLS certificate expired at "),
        (TestCertificate::valid(5000, 6000), "TLS: the TLS certificate is not valid before "),
    ] {
        certificate.write(&folder);
        let (list, body) = found(&api, "certificate").await;
        assert!(list == "danger" && body.starts_with(time), "{list} {body}");
    }
    std::fs::remove_file(&tls.key).unwrap();
    let (list, body) = found(&api, "certificate").await;
    assert!(list == "danger" && body.starts_with("The TLS certificate cannot be read: "), "{list} {body}");
}

#[tokio::test]
async fn settings_without_which_links_lead_nowhere_are_named() {
    let mut settings = Settings::default();
    settings.users.reset_url = "https://my.example.com/reset?token={token}".to_owned();
    settings.sso.portal_url = "https://my.example.com/sso?token={token}".to_owned();
    let api = TestApi::with_settings(settings).await;
    assert_eq!(found(&api, "links").await.0, "success");
    api.sql("UPDATE tblconfiguration SET value = '' WHERE setting = 'SystemURL'").await;
    let missing = "users.invite_url, links.invoice, links.quote, links.ticket, sso.redeem_url";
    let message = format!("Links lead nowhere: set {missing}, or WHMCS's setting SystemURL");
    assert_eq!(found(&api, "links").await, ("warning".to_owned(), message));
}
