//! `whmcs-api domains sync`: domains become what their registrars tell of them.

use sqlx::Connection;
use whmcs_api::domain::Author;
use whmcs_api::domain::id::{AdminId, DomainId};
use whmcs_api::domain::time::{Clock, parse_date_time};
use whmcs_api::operations::domains::registration::synchronization::{SyncOutcome, Synchronization, synchronize};
use whmcs_api::outbox::registrars::Registrars;

use crate::actions::registrar_commands::api_with;
use crate::support::module::{Module, ScriptedResponse};
use crate::support::{NOW, TestApi};

use ScriptedResponse::{Json, Status};

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
            "Active | 2027-03-01 | 2027-03-01 | 0",
        ),
        ("Active", Status(500), "Active | 2027-03-01 | 2027-03-01 | 0"),
        ("Active", Status(501), "Active | 2027-03-01 | 2027-03-01 | 0"),
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

#[tokio::test]
async fn each_domain_has_its_turn() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    api.sql(
        "UPDATE tbldomains SET registrar = 'enom', status = 'Active' WHERE id <> 943; \
         UPDATE tbldomains SET registrar = 'enom', status = 'Pending Transfer' WHERE id = 943",
    )
    .await;
    let mut asked = Vec::new();
    for _ in 0..4 {
        registrar.respond_with(std::iter::repeat_n(Json(r#"{"active":true}"#), 3));
        let outcomes = run(&api, &registrar, Synchronization { limit: 3, ..ALL }).await;
        asked.push(outcomes.into_iter().map(|(id, _)| id).collect::<Vec<_>>());
        registrar.will_say_what_is_usual();
    }
    assert_eq!(asked, [vec![943, 941, 942], vec![943, 944, 945], vec![943, 946], vec![943, 941, 942]]);
}

#[tokio::test]
async fn what_is_on_its_way_is_left_alone() {
    let registrar = Module::start().await;
    let api = api_with(&registrar, |_| {}).await;
    registrar.respond_with([Status(500), Status(500)]);
    api.send("action=DomainRenew&domainid=941").await;
    assert_eq!(run(&api, &registrar, only(941)).await, []);
}
