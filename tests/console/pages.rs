//! What pages show, and what they never show.

use whmcs_api::config::{Endpoint, Secret};
use whmcs_api::console::NAVIGATION;

use super::browser::{Browser, console, console_with};
use crate::support::{CREDENTIAL, post, until_ok};

/// What would do something in a page if it were not escaped.
pub const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// Nothing of a text has become a part of the page.
#[track_caller]
fn assert_harmless(path: &str, body: &str) {
    for part in ["<script>alert", "<img", "onerror=alert(2)>", "\"'><"] {
        let found = body.find(part).map(|at| body[at.saturating_sub(80)..].chars().take(200).collect::<String>());
        assert!(found.is_none(), "{path} has {part}: {found:?}");
    }
}

#[tokio::test]
async fn hostile_texts_are_shown_as_texts() {
    let api = console().await;
    let mut alice = Browser::new(&api.router);
    alice.headers = vec![("user-agent".to_owned(), HOSTILE.to_owned())];
    alice.log_in(&api, "alice", super::browser::PASSWORD).await.leads_to("/console");
    let sql = HOSTILE.replace('\'', "''");
    api.sql(&format!(
        "UPDATE tblapi_roles SET role = '{sql}', description = '{sql}', permissions = '{{\"x<script>alert(3)</script>\":1}}' WHERE id = 1; \
         UPDATE tblapi_roles SET permissions = '<script>alert(4)' WHERE id = 2; \
         UPDATE tbldeviceauth SET description = '{sql}', identifier = '{sql}' WHERE id = 1; \
         UPDATE tbladminroles SET name = '{sql}'; UPDATE tbladmins SET username = '{sql}' WHERE id = 11"
    ))
    .await;
    let hostile = "%3Cscript%3Ealert(1)%3C/script%3E%22'%3E%3Cimg%20src=x%20onerror=alert(2)%3E";
    let mut paths: Vec<String> = NAVIGATION.iter().map(|(path, _)| (*path).to_owned()).collect();
    paths.push(format!("/console/credentials/1?action={hostile}"));
    paths.extend([
        format!("/console/login?to={hostile}"),
        format!("/console?notice={hostile}"),
        format!("/console/{hostile}"),
    ]);
    for path in paths {
        assert_harmless(&path, &alice.get(&path).await.body);
    }
    let answer = alice.submit("/console/roles", "/console/roles", &[("name", HOSTILE), ("patterns", HOSTILE)]).await;
    assert_eq!(answer.status, 422);
    assert_harmless("a refusal", &answer.body);
    let guest = Browser::new(&api.router);
    let answer = guest.try_log_in(HOSTILE, HOSTILE, HOSTILE).await;
    assert_harmless("a log-in", &answer.body);
    alice.get("/console/sessions").await.shows(&["&lt;script&gt;alert(1)&lt;/script&gt;"]);
}

#[tokio::test]
async fn the_overview_tells_how_the_server_is_doing() {
    let api = console().await;
    for (request, times) in
        [("action=GetCredits&clientid=1", 3), ("action=GetInvoice&invoiceid=99", 1), ("action=Nothing", 1)]
    {
        for _ in 0..times {
            post(&api.router, &format!("{CREDENTIAL}&{request}")).await;
        }
    }
    api.sql(
        "INSERT INTO mod_whmcs_api_automation_runs (day, task, started_at, finished_at, failures, counts) VALUES \
           ('2026-11-20', 'reminders', '2026-11-20 06:00:00', '2026-11-20 06:00:10', 2, '{}'), \
           ('2026-11-20', 'charges', '2026-11-20 06:00:10', NULL, 0, '{}'); \
         INSERT INTO tblmodulequeue (completed) VALUES (0)",
    )
    .await;
    let lara = Browser::of(&api, "lara").await;
    // Of all servers, by the index of calls, which is written in the background.
    until_ok(async || match api.rows("COUNT(*)", "mod_whmcs_api_calls").await.remove(0).as_str() {
        "5" => Ok(()),
        count => Err(format!("{count} calls")),
    })
    .await;
    api.sql(
        "INSERT INTO mod_whmcs_api_calls (log_id, `at`, action, caller, address, status, is_error, client_id, invoice_id, took) VALUES \
           (1001, '2026-11-20 11:31:00', 'Slow', '', '', 200, 0, 0, 0, 2500000), (1002, '2026-11-20 12:31:00', 'Slow', '', '', 200, 1, 0, 0, 500000), \
           (1003, '2026-11-20 02:00:00', 'Lengthy', '', '', 200, 0, 0, 0, 9000000), (1004, '2026-11-19 12:45:00', 'Older', '', '', 200, 0, 0, 0, NULL), \
           (1005, '2026-11-19 12:29:00', 'Too old', '', '', 200, 0, 0, 0, NULL)",
    )
    .await;
    let page = lara.get("/console").await;
    page.shows(&[
        "9 calls in the last 24 hours, 3 of them with an error; at most 6 in ten minutes",
        "Of all servers with a console.",
        "Slow 2 1 1500.0 ms 2500.0 ms",
        "GetCredits 3 0",
        "GetInvoice 1 1",
        "warning This server sends no mails",
        "Failed commands of modules and registrars 1",
        "Tasks today 2",
        "2026-11-20 06:00:10",
        "Not ended 1",
        "Failures today 2",
        "No regular audits",
        "times are in UTC",
    ]);
    assert!(page.body.contains("<svg class=\"chart\" role=\"img\" aria-label=\"9 calls in the last 24 hours"));
    assert!(!page.text().contains("Lengthy"), "the times are those of the last hour");
    assert!(page.body.contains("aria-current=\"page\">Overview</a>"));
    api.api.audit().await;
    api.sql("DROP TABLE mod_whmcs_api_calls").await;
    lara.get("/console").await.shows(&[
        "Last audit: 2026-11-20 12:30:00",
        "4 calls in the last 24 hours, 0 of them with an error; at most 4 in ten minutes",
        "Of this server alone, since it started",
        "GetCredits 3 0",
    ]);
}

#[tokio::test]
async fn the_settings_in_force_are_shown_without_secrets() {
    let api = console_with(|settings| {
        let canary = || Secret("canary-of-a-secret".to_owned());
        settings.access.access_key = canary();
        settings.mail.smtp_password = canary();
        settings.sso.secret = canary();
        let endpoint = Endpoint { url: "https://panel.example.com/".to_owned(), secret: canary(), timeout_seconds: 60 };
        settings.modules.insert("cpanel".to_owned(), endpoint);
        settings.time_zone = chrono_tz::Tz::Europe__Berlin;
        settings.database.url = "mysql://user:canary-of-a-secret@host/database".parse().unwrap();
    })
    .await;
    let lara = Browser::of(&api, "lara").await;
    let page = lara.get("/console/settings").await;
    assert!(!page.body.contains("canary"), "a secret is shown");
    page.shows(&[
        "access.access_key \"***\" set reload",
        "console.listen \"\" default restart",
        "console.look [\"3\", \"7\"] set reload",
        "database.connections 20 default restart",
        "time_zone \"Europe/Berlin\" set restart",
    ]);
    let changed = lara.get("/console/settings?changed=1").await;
    changed.shows(&["time_zone"]);
    assert!(!changed.text().contains("database.connections"));
    // Times are in the operator's zone.
    let sessions = lara.get("/console/sessions").await;
    sessions.shows(&["2026-11-20 13:30:00", "times are in Europe/Berlin"]);
    // Scripts show them in that of the browser.
    assert!(sessions.body.contains("<time datetime=\"2026-11-20T12:30:00Z\">2026-11-20 13:30:00</time>"));
    lara.get("/console/calls").await.shows(&["From ( Europe/Berlin )", "Until ( Europe/Berlin )"]);
    api.sql(
        "INSERT INTO tblactivitylog (date, description, user, userid, ipaddr) VALUES \
           ('2026-11-20 13:00:00', 'In time', 'x', 1, ''), ('2026-11-20 00:00:00', 'Of a day', 'x', 1, '')",
    )
    .await;
    let story = lara.get("/console/books/clients/1").await;
    assert!(
        story.body.contains("<time datetime=\"2026-11-20T12:00:00Z\">2026-11-20 13:00:00</time>"),
        "{}",
        story.body
    );
    assert!(story.body.contains("<td>2026-11-20</td><td>x</td>"), "{}", story.body);
}
