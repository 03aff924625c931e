//! Suspensions, terminations and cancellations.

use whmcs_api::automation::Request;
use whmcs_api::config::Settings;

use super::{counted, run, run_with};
use crate::support::TestApi;

/// A service of client 1 that is due on 1 December, with an unpaid invoice.
const SERVICE: &str = "\
    INSERT INTO tblproducts (id, gid, name) VALUES (1, 1, 'Small'); \
    INSERT INTO tblhosting (id, userid, packageid, qty, regdate, domain, amount, billingcycle, nextduedate, nextinvoicedate, domainstatus) \
      VALUES (1, 1, 1, 1, '2026-11-01', 'one.example', 10.00, 'Monthly', '2026-12-01', '2027-01-01', 'Active'); \
    INSERT INTO tblhostingaddons (id, hostingid, userid, name, billingcycle, status) VALUES (1, 1, 1, 'Backup', 'Free Account', 'Active'); \
    INSERT INTO tblinvoices (id, userid, status, duedate, subtotal, total) VALUES (1, 1, 'Unpaid', '2026-12-01', 10, 10); \
    INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, amount, duedate) VALUES (1, 1, 'Hosting', 1, 10, '2026-12-01');";

async fn api_with(settings: Settings, change: &str) -> TestApi {
    let api = TestApi::with_settings(settings).await;
    api.sql(SERVICE).await;
    api.sql(change).await;
    api
}

/// The automation ran on the day before, so that it is not catching up.
async fn run_after(api: &TestApi, day_before: &str, date: &str) -> String {
    api.sql(&format!(
        "INSERT INTO mod_whmcs_api_automation_runs (day, task, started_at, finished_at, counts) \
         VALUES ('{day_before}', 'day', '2026-01-01', '2026-01-01', '{{}}')"
    ))
    .await;
    let results = run(api, date).await;
    ["suspensions", "terminations", "cancellations"]
        .into_iter()
        .filter(|task| results.iter().any(|(name, _)| name == task))
        .map(|task| counted(&results, task))
        .filter(|counted| !counted.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

const STATE: &str =
    "domainstatus, suspendreason, (SELECT status FROM tblhostingaddons), (SELECT status FROM tblinvoices WHERE id = 1)";

#[tokio::test]
async fn services_that_are_not_paid_are_suspended_and_terminated() {
    let mut settings = Settings::default();
    settings.automation.terminate_days = 30;
    let active = "Active |  | Active | Unpaid";
    let suspended = "Suspended | Overdue on Payment | Active | Unpaid";
    for (change, day_before, date, done, state) in [
        ("", "2026-12-06", "2026-12-07", "", active),
        ("", "2026-12-07", "2026-12-08", "suspended 1", suspended),
        // After days without a run, nothing is suspended.
        ("", "2026-12-06", "2026-12-08", "", active),
        ("UPDATE tblhosting SET nextduedate = '2026-12-02'", "2026-12-07", "2026-12-08", "", active),
        (
            "UPDATE tblhosting SET overideautosuspend = 1, overidesuspenduntil = '2026-12-20'",
            "2026-12-07",
            "2026-12-08",
            "",
            active,
        ),
        (
            "UPDATE tblhosting SET overideautosuspend = 1, overidesuspenduntil = '2026-12-07'",
            "2026-12-07",
            "2026-12-08",
            "suspended 1",
            suspended,
        ),
        (
            "INSERT INTO tblclientgroups (id, groupname, susptermexempt) VALUES (1, 'Friends', 'on'); UPDATE tblclients SET groupid = 1",
            "2026-12-07",
            "2026-12-08",
            "",
            active,
        ),
        // Its client was asked to pay later than the term began, as after a standstill.
        ("UPDATE tblinvoices SET duedate = '2026-12-05'", "2026-12-07", "2026-12-08", "", active),
        ("UPDATE tblinvoices SET duedate = '2026-12-05'", "2026-12-11", "2026-12-12", "suspended 1", suspended),
        ("UPDATE tblinvoices SET status = 'Paid'", "2026-12-07", "2026-12-08", "", "Active |  | Active | Paid"),
        ("", "2026-12-30", "2026-12-31", "terminated 1", "Terminated | Overdue on Payment | Terminated | Cancelled"),
    ] {
        let api = api_with(settings.clone(), change).await;
        let counted = run_after(&api, day_before, date).await;
        let rows = api.rows(STATE, "tblhosting").await;
        // A service that is terminated was suspended in the same run.
        let done = if done == "terminated 1" { "suspended 1, terminated 1" } else { done };
        assert_eq!((counted.as_str(), rows), (done, vec![state.to_owned()]), "{change} {date}");
    }
}

#[tokio::test]
async fn requests_to_cancel_are_carried_out_when_they_are_due() {
    let cancelled = "Cancelled |  | Cancelled | Cancelled";
    for (kind, change, date, done, state) in [
        ("Immediate", "", "2026-11-20", "cancelled 1", cancelled),
        ("End of Billing Period", "", "2026-11-30", "", "Active |  | Active | Unpaid"),
        ("End of Billing Period", "", "2026-12-01", "cancelled 1", cancelled),
        // The invoice is for something else, too.
        (
            "Immediate",
            "INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, amount) VALUES (1, 1, 'Domain', 4, 10)",
            "2026-11-20",
            "cancelled 1",
            "Cancelled |  | Cancelled | Unpaid",
        ),
        (
            "Immediate",
            "UPDATE tblhosting SET domainstatus = 'Terminated'",
            "2026-11-20",
            "",
            "Terminated |  | Active | Unpaid",
        ),
    ] {
        let request = format!("INSERT INTO tblcancelrequests (relid, type) VALUES (1, '{kind}'); {change}");
        let api = api_with(Settings::default(), &request).await;
        let day_before = super::morning(date).date().pred_opt().unwrap().to_string();
        let counted = run_after(&api, &day_before, date).await;
        assert_eq!(
            (counted.as_str(), api.rows(STATE, "tblhosting").await),
            (done, vec![state.to_owned()]),
            "{kind} {date}"
        );
    }
}

/// Where clients get notices that invoices are overdue, a suspension waits until they have had one for as long as there is between
/// the two: here six days.
#[tokio::test]
async fn whoever_was_not_told_is_not_suspended() {
    let template =
        "INSERT INTO tblemailtemplates (type, name, subject) VALUES ('invoice', 'First Invoice Overdue Notice', 'x');";
    let told =
        |on: &str| format!("INSERT INTO mod_whmcs_api_notices VALUES ('invoice', 1, 'first', '2026-12-01', '{on}');");
    let without = "UPDATE tblclients SET overideduenotices = 1;";
    for (change, date, done) in [
        (told("2026-12-02"), "2026-12-08", "suspended 1"),
        (told("2026-12-03"), "2026-12-08", ""),
        (told("2026-12-03"), "2026-12-09", "suspended 1"),
        // The notice is made up for in the same run.
        (String::new(), "2026-12-08", ""),
        (without.to_owned(), "2026-12-08", "suspended 1"),
    ] {
        let api = api_with(Settings::default(), &format!("{template} {change}")).await;
        let day_before = super::morning(date).date().pred_opt().unwrap().to_string();
        assert_eq!(run_after(&api, &day_before, date).await, done, "{change} {date}");
    }
}

/// A run that would suspend more services than the operator allows suspends none, until it is confirmed.
#[tokio::test]
async fn too_many_endings_are_asked_about() {
    let mut settings = Settings::default();
    settings.automation.max_endings = 0;
    let api = api_with(settings, "").await;
    assert_eq!(run_after(&api, "2026-12-07", "2026-12-08").await, "");
    assert_eq!(api.rows("domainstatus", "tblhosting").await, ["Active"]);
    let dry = run_with(&api, "2026-12-08", &Request { is_dry: true, ..Request::default() }).await;
    assert_eq!(counted(&dry, "suspensions"), "suspended 1");
    assert_eq!(api.rows("domainstatus", "tblhosting").await, ["Active"]);
    run_with(&api, "2026-12-08", &Request { is_confirmed: true, ..Request::default() }).await;
    assert_eq!(api.rows("domainstatus", "tblhosting").await, ["Suspended"]);
    assert_eq!(
        api.rows("description", "tblactivitylog ORDER BY id DESC LIMIT 1").await,
        ["Service Suspended - Service ID: 1"]
    );
}

/// The limit is that of a run, whatever ends the services.
#[tokio::test]
async fn all_endings_of_a_run_count() {
    let mut settings = Settings::default();
    settings.automation.max_endings = 1;
    let other = "INSERT INTO tblhosting (id, userid, packageid, qty, regdate, amount, billingcycle, nextduedate, domainstatus) \
                   VALUES (2, 1, 1, 1, '2026-11-01', 0.00, 'Free Account', '0000-00-00', 'Active'); \
                 INSERT INTO tblcancelrequests (relid, type) VALUES (2, 'Immediate')";
    let api = api_with(settings, other).await;
    assert_eq!(run_after(&api, "2026-12-07", "2026-12-08").await, "cancelled 1");
    assert_eq!(api.rows("domainstatus", "tblhosting ORDER BY id").await, ["Active", "Cancelled"]);
    assert_eq!(counted(&run(&api, "2026-12-09").await, "suspensions"), "suspended 1");
}

/// A service whose module is not in the settings cannot be suspended, which a run tells.
#[tokio::test]
async fn what_is_rejected_is_a_failure() {
    let api = api_with(Settings::default(), "UPDATE tblproducts SET servertype = 'nothing'").await;
    super::ran_before(&api, "2026-12-08").await;
    let results = run(&api, "2026-12-08").await;
    let (_, suspensions) = results.iter().find(|(name, _)| *name == "suspensions").unwrap();
    assert_eq!((suspensions.failures, suspensions.counts.len()), (1, 0));
    let failures = api.rows("failures", "mod_whmcs_api_automation_runs WHERE task = 'suspensions'").await;
    assert_eq!(failures, ["1"]);
}

/// For a day that has passed nothing is suspended and nobody is told anything, and it is no record of that day.
#[tokio::test]
async fn a_day_that_has_passed_harms_nobody() {
    let template = "INSERT INTO tblemailtemplates (name, type, subject, message, language) VALUES \
                    ('First Invoice Overdue Notice', 'invoice', 'Overdue', 'x', '')";
    let api = api_with(Settings::default(), template).await;
    super::ran_before(&api, "2026-12-08").await;
    let results = run_with(&api, "2026-12-08", &Request { is_past: true, ..Request::default() }).await;
    assert!(results.iter().all(|(name, _)| !["reminders", "late_fees", "unsuspensions"].contains(name)), "{results:?}");
    assert!(results.iter().any(|(name, _)| *name == "invoices"));
    assert_eq!(api.rows("domainstatus", "tblhosting").await, ["Active"]);
    let none = [""; 0];
    assert_eq!(api.rows("1", "mod_whmcs_api_notices").await, none);
    assert_eq!(api.rows("1", "mod_whmcs_api_automation_runs WHERE day = '2026-12-08' AND task = 'day'").await, none);
    assert_eq!(api.rows("1", "tblconfiguration WHERE setting = 'lastDailyCronInvocationTime'").await, none);
}

/// What belongs to a service ends with it: its addons, and its unpaid invoices that are for nothing else and hold no money.
#[tokio::test]
async fn what_belongs_to_a_service_ends_with_it() {
    let request = "INSERT INTO tblcancelrequests (relid, type) VALUES (1, 'Immediate');";
    let line = |kind: &str, related: i64| {
        format!(
            "INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, amount) VALUES (1, 1, '{kind}', {related}, 1);"
        )
    };
    for (change, invoice) in [
        (String::new(), "Cancelled"),
        (line("GroupDiscount", 0) + &line("LateFee", 0) + &line("Addon", 1), "Cancelled"),
        (line("Addon", 2), "Unpaid"),
        (line("", 0), "Unpaid"),
        ("UPDATE tblinvoices SET credit = 5, total = 5;".to_owned(), "Unpaid"),
        ("INSERT INTO tblaccounts (userid, invoiceid, amountin) VALUES (1, 1, 5);".to_owned(), "Unpaid"),
        (
            "INSERT INTO mod_whmcs_api_charges (kind, client_id, invoice_id, state) VALUES ('capture', 1, 1, 'sent');"
                .to_owned(),
            "Unpaid",
        ),
    ] {
        let api = api_with(Settings::default(), &format!("{request} {change}")).await;
        run_after(&api, "2026-11-19", "2026-11-20").await;
        let rows = api.rows(STATE, "tblhosting").await;
        assert_eq!(rows, [format!("Cancelled |  | Cancelled | {invoice}")], "{change}");
    }
}

/// A module that is asked decides what becomes of the service: its status stays until it has answered.
#[tokio::test]
async fn modules_are_asked() {
    let mut settings = Settings::default();
    settings
        .modules
        .insert("cpanel".to_owned(), serde_json::from_str(r#"{"url": "http://127.0.0.1:1/", "secret": "x"}"#).unwrap());
    let api = api_with(settings, "UPDATE tblproducts SET servertype = 'cpanel'").await;
    assert_eq!(run_after(&api, "2026-12-07", "2026-12-08").await, "suspended 1");
    let payload = "JSON_UNQUOTE(JSON_EXTRACT(payload, '$.arguments.suspend_reason')), JSON_UNQUOTE(JSON_EXTRACT(payload, '$.arguments.mail'))";
    assert_eq!(
        api.rows(&format!("summary, {payload}"), "mod_whmcs_api_outbox_entries WHERE kind = 'module'").await,
        ["Suspend | Overdue on Payment | Service Suspension Notification"]
    );
    assert_eq!(api.rows("domainstatus", "tblhosting").await, ["Active"]);
    // The command that waits is not replaced, and a payment withdraws it.
    assert_eq!(counted(&run(&api, "2026-12-09").await, "suspensions"), "");
    api.reply("action=AddInvoicePayment&invoiceid=1&gateway=paypal").await;
    let states = api.rows("state", "mod_whmcs_api_outbox_entries WHERE kind = 'module' ORDER BY id").await;
    assert_eq!(states, ["superseded"]);
}

/// A payment withdraws what was asked for because of lateness, and nothing else.
#[tokio::test]
async fn a_fixed_term_ends_although_it_is_paid() {
    let mut settings = Settings::default();
    settings
        .modules
        .insert("cpanel".to_owned(), serde_json::from_str(r#"{"url": "http://127.0.0.1:1/", "secret": "x"}"#).unwrap());
    let api = api_with(settings, "UPDATE tblproducts SET servertype = 'cpanel', autoterminatedays = 10").await;
    run_after(&api, "2026-11-19", "2026-11-20").await;
    api.reply("action=AddInvoicePayment&invoiceid=1&gateway=paypal").await;
    let commands = api.rows("summary, state", "mod_whmcs_api_outbox_entries WHERE kind = 'module'").await;
    assert_eq!(commands, ["Terminate | pending"]);
}

/// A service is not suspended while what it costs is being charged.
#[tokio::test]
async fn a_charge_in_progress_is_waited_for() {
    for (state, done) in [("sent", ""), ("unknown", ""), ("pending", ""), ("declined", "suspended 1")] {
        let charge = format!(
            "INSERT INTO mod_whmcs_api_charges (kind, client_id, invoice_id, state) VALUES ('capture', 1, 1, '{state}')"
        );
        let api = api_with(Settings::default(), &charge).await;
        assert_eq!(run_after(&api, "2026-12-07", "2026-12-08").await, done, "{state}");
    }
}
