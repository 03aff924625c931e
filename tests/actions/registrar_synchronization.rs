//! `whmcs-api domains sync`: domains become what their registrars tell of them.

use sqlx::Connection;
use whmcs_api::domain::Author;
use whmcs_api::domain::id::{AdminId, DomainId};
use whmcs_api::domain::time::{Clock, parse_date_time};
use whmcs_api::operations::domains::registration::Refusal;
use whmcs_api::operations::domains::registration::synchronization::{SyncOutcome, Synchronization, synchronize};
use whmcs_api::outbox::registrars::Registrars;

use crate::actions::registrar_commands::api_with;
use crate::support::module::{Module, ScriptedResponse};
use crate::support::{NOW, TestApi, eventually};

use ScriptedResponse::{Json, JsonLater, Status};

const ALL: Synchronization = Synchronization {
    domain: None,
    limit: 50,
    is_dry_run: false,
    due_days_before: None,
    failed_transfer_status: String::new(),
};

/// Synchronizes, and returns the ids of the domains with their outcomes.
async fn run(api: &TestApi, registrar: &Module, how: Synchronization) -> Vec<(i64, SyncOutcome)> {
    let registrars = Registrars::new(&[("enom".to_owned(), registrar.registrar())].into()).unwrap();
    let mut db = sqlx::MySqlConnection::connect_with(&api.database.options()).await.unwrap();
    let author = Author { admin: AdminId(0), name: "System".to_owned(), address: String::new() };
    let now = Clock::fixed(parse_date_time(NOW).unwrap()).now();
    let done = synchronize(&mut db, &registrars, &how, &author, now).await.unwrap();
    done.into_iter().map(|one| (one.domain.id.0, one.outcome)).collect()
}

fn only(domain: i64) -> Synchronization {
    Synchronization { domain: Some(DomainId(domain)), ..ALL }
}

#[tokio::test]
async fn a_domain_becomes_what_its_registrar_tells() {
    for (status, says, after) in [
        ("Active", Json(r#"{"active":true,"expirydate":"2027-03-01"}"#), "Active | 2027-03-01 | 2027-03-01 | 1"),
        ("Active", Json(r#"{"active":true,"expirydate":"2028-03-01"}"#), "Active | 2028-03-01 | 2027-03-01 | 1"),
        ("Active", Json(r#"{"transferredAway":true}"#), "Transferred Away | 2027-03-01 | 2027-03-01 | 1"),
        ("Active", Json(r#"{"cancelled":true}"#), "Cancelled | 2027-03-01 | 2027-03-01 | 1"),
        ("Pending Registration", Json(r#"{"active":true}"#), "Active | 2027-03-01 | 2027-03-01 | 1"),
        (
            "Pending Transfer",
            Json(r#"{"completed":true,"expirydate":"2028-03-01"}"#),
            "Active | 2028-03-01 | 2027-03-01 | 1",
        ),
        ("Pending Transfer", Json("{}"), "Pending Transfer | 2027-03-01 | 2027-03-01 | 1"),
        ("Pending Transfer", Json(r#"{"failed":true,"reason":"x"}"#), "Pending Transfer | 2027-03-01 | 2027-03-01 | 1"),
        (
            "Active",
            Json(r#"{"error":"No","cancelled":true,"expirydate":"2029-01-01"}"#),
            "Active | 2027-03-01 | 2027-03-01 | 1",
        ),
        ("Active", Status(500), "Active | 2027-03-01 | 2027-03-01 | 1"),
        ("Active", Status(501), "Active | 2027-03-01 | 2027-03-01 | 1"),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        api.sql(&format!("UPDATE tbldomains SET status = '{status}' WHERE id = 941")).await;
        let columns = "status, expirydate, nextduedate, synced";
        let before = api.checksums().await;
        registrar.respond_with([says]);
        run(&api, &registrar, Synchronization { is_dry_run: true, ..only(941) }).await;
        assert_eq!(api.checksums().await, before, "a dry run wrote something: {says:?}");
        registrar.will_say_what_is_usual();
        registrar.respond_with([says]);
        run(&api, &registrar, only(941)).await;
        assert_eq!(api.rows(columns, "tbldomains WHERE id = 941").await, [after], "{status} {says:?}");
        let function = if status == "Pending Transfer" { "TransferSync mine.com" } else { "Sync mine.com" };
        assert_eq!(registrar.domain_functions(), [function, function], "{says:?}");
    }
}

#[tokio::test]
async fn due_dates_and_failed_transfers_follow_where_that_is_wanted() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    registrar.respond_with([Json(r#"{"active":true,"expirydate":"2028-03-01"}"#)]);
    run(&api, &registrar, Synchronization { due_days_before: Some(1), ..only(941) }).await;
    let dates = api.rows("expirydate, nextduedate, nextinvoicedate", "tbldomains WHERE id = 941").await;
    assert_eq!(dates, ["2028-03-01 | 2028-02-29 | 2028-02-29"]);
    api.sql("UPDATE tbldomains SET status = 'Pending Transfer' WHERE id = 941").await;
    registrar.respond_with([Json(r#"{"failed":true,"reason":"Wrong code"}"#)]);
    let how = Synchronization { failed_transfer_status: "Cancelled".to_owned(), ..only(941) };
    let failed = SyncOutcome::TransferFailed("Wrong code".to_owned());
    assert_eq!(run(&api, &registrar, how).await, [(941, failed)]);
    assert_eq!(api.rows("status", "tbldomains WHERE id = 941").await, ["Cancelled"]);
}

/// Transfers do not count towards the limit, and neither do domains about which nobody can be asked.
#[tokio::test]
async fn each_domain_has_its_turn() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    api.sql(
        "UPDATE tbldomains SET registrar = 'enom', status = 'Active'; \
         UPDATE tbldomains SET status = 'Pending Transfer' WHERE id = 943; \
         UPDATE tbldomains SET registrar = 'nowhere' WHERE id = 941; \
         UPDATE tbldomains SET registrar = '' WHERE id = 946; \
         INSERT INTO tbldomains (id, userid, domain, registrar, status) VALUES (950, 1, 'away.com', 'nowhere', 'Pending Transfer')",
    )
    .await;
    let mut asked = Vec::new();
    for says in [Json(r#"{"active":true}"#), Status(500), Json(r#"{"error":"No"}"#), Json(r#"{"active":true}"#)] {
        registrar.will_say_what_is_usual();
        registrar.respond_with(std::iter::repeat_n(says, 3));
        let outcomes = run(&api, &registrar, Synchronization { limit: 2, ..ALL }).await;
        asked.push(outcomes.into_iter().map(|(id, _)| id).collect::<Vec<_>>());
    }
    assert_eq!(asked, [vec![943, 942, 944], vec![943, 945], vec![943, 942, 944], vec![943, 945]]);
    // A dry run takes nobody's turn.
    for _ in 0..2 {
        let dry = Synchronization { limit: 2, is_dry_run: true, ..ALL };
        assert_eq!(run(&api, &registrar, dry).await.len(), 1, "the round is over");
    }
}

#[tokio::test]
async fn what_a_domain_has_no_report_for_is_said() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    let reason = |reason: &str| reason.to_owned();
    for (id, says, outcome) in [
        (941, Json(r#"{"error":"No"}"#), Refusal::RefusedByRegistrar { reason: reason("No") }),
        (941, Status(501), Refusal::NotSupported),
        (941, Status(404), Refusal::NoAnswer { reason: reason("The registrar enom answered with HTTP status 404") }),
        (
            945,
            Status(404),
            Refusal::NoAnswer { reason: reason("No registrar nowhere is set up in this server's settings") },
        ),
        (946, Status(404), Refusal::NoRegistrar { domain: reason("none.org") }),
    ] {
        registrar.will_say_what_is_usual();
        registrar.respond_with([says]);
        assert_eq!(run(&api, &registrar, only(id)).await, [(id, SyncOutcome::NoReport(outcome))], "{says:?}");
    }
}

#[tokio::test]
async fn a_client_learns_that_a_transfer_is_complete() {
    for (status, says, mails, line) in [
        ("Pending Transfer", r#"{"completed":true,"expirydate":"2028-03-01"}"#, 1, 1),
        ("Pending Transfer", "{}", 0, 0),
        ("Pending Transfer", r#"{"failed":true,"reason":"x"}"#, 0, 0),
        ("Pending Registration", r#"{"active":true}"#, 0, 1),
    ] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        api.sql(&format!(
            "SET SESSION sql_mode = ''; \
             INSERT INTO tblemailtemplates (type, name, subject, message) VALUES \
               ('domain', 'Domain Transfer Completed', 'Welcome, {{$domain_name}}', '<p>It is number {{$domain_id}}</p>'); \
             UPDATE tbldomains SET status = '{status}' WHERE id = 941"
        ))
        .await;
        registrar.respond_with([Json(says)]);
        run(&api, &registrar, only(941)).await;
        let sent = api.rows("userid, subject, message", "tblemails").await;
        assert_eq!(sent.len(), mails, "{status} {says}: {sent:?}");
        assert!(
            sent.iter().all(|mail| mail.starts_with("1 | Welcome, mine.com | ") && mail.contains("number 941")),
            "{sent:?}"
        );
        let lines = api.rows("description, userid, user", "tblactivitylog WHERE description LIKE 'Domain Sync%'").await;
        let expected = "Domain Synchronized - Domain ID: 941 - Domain: mine.com | 1 | System";
        assert_eq!(lines, vec![expected; line], "{status} {says}");
    }
}

/// A renewal that is paid moves the due date while the registrar answers.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_changes_meanwhile_stays() {
    for change in ["nextduedate = '2030-01-01'", "expirydate = '2030-01-01'", "status = 'Fraud'"] {
        let registrar = Module::start().await;
        let api = api_with(&registrar, |_| {}).await;
        registrar.respond_with([JsonLater(r#"{"active":true,"expirydate":"2028-03-01"}"#)]);
        let how = Synchronization { due_days_before: Some(0), ..only(941) };
        let (outcomes, columns) = tokio::join!(run(&api, &registrar, how), async {
            eventually("the registrar is asked", async || registrar.in_hand() == 1).await;
            api.sql(&format!("UPDATE tbldomains SET {change} WHERE id = 941")).await;
            let columns = api.rows("status, expirydate, nextduedate", "tbldomains WHERE id = 941").await;
            registrar.speak(1);
            columns
        });
        assert_eq!(outcomes, [(941, SyncOutcome::ChangedMeanwhile)], "{change}");
        let after = api.rows("status, expirydate, nextduedate", "tbldomains WHERE id = 941").await;
        assert_eq!(after, columns, "{change}");
        assert_eq!(api.rows("COUNT(*)", "tblactivitylog").await, ["0"], "{change}");
    }
}

#[tokio::test]
async fn what_is_on_its_way_is_left_alone() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    registrar.respond_with([Status(500), Status(500)]);
    api.send("action=DomainRenew&domainid=941").await;
    for state in ["pending", "running", "unknown"] {
        api.sql(&format!("UPDATE mod_whmcs_api_outbox_entries SET state = '{state}'")).await;
        assert_eq!(run(&api, &registrar, only(941)).await, [], "{state}");
    }
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET state = 'failed'").await;
    assert_eq!(run(&api, &registrar, only(941)).await.len(), 1);
}
