//! The index of calls: it says of each call of the API log who, what, and what was changed, and finds them newest first.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Connection};
use whmcs_api::config::Settings;
use whmcs_api::domain::time::parse_date_time;
use whmcs_api::store::console::calls::{self, CallFilter, SLICE};

use crate::support::{CREDENTIAL, TestApi, post_from, until_ok};

const INDEX: &str = "tblapilog l JOIN mod_whmcs_api_calls c ON c.log_id = l.id AND c.`at` = l.created_at AND c.action = l.action \
                     AND c.status = l.response_status AND c.is_error = (l.level >= 400) ORDER BY l.id";

/// A server with the console, for which calls are indexed.
async fn api() -> TestApi {
    let mut settings = Settings::default();
    settings.console.enabled = true;
    TestApi::with_settings(settings).await
}

async fn connect(api: &TestApi) -> MySqlConnection {
    MySqlConnection::connect_with(&api.database.options()).await.unwrap()
}

/// Waits until this number of calls are logged.
async fn logged(api: &TestApi, count: usize) {
    until_ok(async || {
        let rows = api.rows("id", "tblapilog").await;
        if rows.len() == count { Ok(()) } else { Err(format!("{count} rows: {rows:?}")) }
    })
    .await;
}

#[tokio::test]
async fn each_call_is_indexed_with_what_it_changed() {
    let api = api().await;
    let mut count = 0;
    for (address, request, expected) in [
        ("127.0.0.1", "action=getcredits&clientid=2", "getcredits | TestIdentifier | 127.0.0.1 | 200 | 0 | 0 | 0"),
        ("127.0.0.1", "action=GetCredits&clientid=9", "GetCredits | TestIdentifier | 127.0.0.1 | 200 | 1 | 0 | 0"),
        (
            "127.0.0.2",
            "action=AddCredit&clientid=2&amount=1",
            "AddCredit | TestIdentifier | 127.0.0.2 | 200 | 0 | 2 | 0",
        ),
        (
            "127.0.0.1",
            "action=AddCredit&clientid=9&amount=1",
            "AddCredit | TestIdentifier | 127.0.0.1 | 200 | 1 | 0 | 0",
        ),
        (
            "127.0.0.1",
            "action=CreateInvoice&userid=3&itemdescription1=x&itemamount1=5",
            "CreateInvoice | TestIdentifier | 127.0.0.1 | 200 | 0 | 3 | 1",
        ),
        (
            "127.0.0.1",
            "action=ApplyCredit&invoiceid=99&amount=1",
            "ApplyCredit | TestIdentifier | 127.0.0.1 | 200 | 1 | 0 | 0",
        ),
        (
            "127.0.0.1",
            "action=UpdateInvoice&invoiceid=1&notes=x",
            "UpdateInvoice | TestIdentifier | 127.0.0.1 | 200 | 0 | 3 | 1",
        ),
        // No id of an invoice: a record must not be lost to what its sender adds.
        (
            "127.0.0.1",
            "action=AddCredit&clientid=2&amount=1&invoiceid=99999999999",
            "AddCredit | TestIdentifier | 127.0.0.1 | 200 | 0 | 2 | 0",
        ),
        ("127.0.0.1", "action=GetInvoice&invoiceid=1", "GetInvoice | TestIdentifier | 127.0.0.1 | 200 | 0 | 0 | 0"),
        ("127.0.0.1", "secret=x&action=GetCredits", "GetCredits | TestIdentifier | 127.0.0.1 | 403 | 1 | 0 | 0"),
        ("127.0.0.1", "action=", " | TestIdentifier | 127.0.0.1 | 400 | 1 | 0 | 0"),
    ] {
        post_from(&api.router, address, &[], &format!("{CREDENTIAL}&{request}")).await;
        count += 1;
        logged(&api, count).await;
        let columns = "c.action, c.caller, c.address, c.status, c.is_error, c.client_id, c.invoice_id";
        let rows = api.rows(columns, INDEX).await;
        assert_eq!((rows.len(), rows.last().map(String::as_str)), (count, Some(expected)), "{request}");
    }
    // A WHMCS may empty its log, and ids begin again.
    api.sql("TRUNCATE tblapilog").await;
    api.send("action=GetCurrencies").await;
    logged(&api, 1).await;
    assert_eq!(api.rows("c.action, c.client_id", INDEX).await, ["GetCurrencies | 0"]);

    let mut db = connect(&api).await;
    calls::forget_before(&mut db, parse_date_time("2027-01-01").unwrap()).await.unwrap();
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_calls").await, ["0"]);

    // What the index rejects is in the log nevertheless.
    api.sql("ALTER TABLE mod_whmcs_api_calls MODIFY caller varchar(3) NOT NULL").await;
    api.send("action=GetCurrencies").await;
    api.send("action=AddCredit&clientid=2&amount=1").await;
    logged(&api, 3).await;
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_calls").await, ["0"]);
    api.sql("DROP TABLE mod_whmcs_api_calls").await;
    api.send("action=GetCurrencies").await;
    api.send("action=AddCredit&clientid=2&amount=1").await;
    logged(&api, 5).await;
    assert!(calls::page(&mut db, &CallFilter::default(), None, 10, Duration::ZERO).await.unwrap().is_none());
    calls::forget_before(&mut db, parse_date_time("2027-01-01").unwrap()).await.unwrap();
    assert_eq!(api.api.lost_records(), 0, "calls are recorded without an index");
}

/// Reads all pages of this size.
async fn all_pages(db: &mut MySqlConnection, filter: &CallFilter, size: usize) -> Vec<i64> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = calls::page(db, filter, after, size, Duration::ZERO).await.unwrap().unwrap();
        assert!(page.calls.len() <= size);
        ids.extend(page.calls.iter().map(|call| call.id));
        match page.next {
            Some(next) => assert_ne!(after.replace(next), Some(next), "the next page begins further back"),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn calls_are_found_by_every_combination_of_conditions() {
    let api = api().await;
    // Thirty calls a second, whose ids are not in the order of their times.
    let rows = 20 * SLICE;
    api.sql(&format!(
        "INSERT INTO mod_whmcs_api_calls (log_id, `at`, action, caller, address, status, is_error, client_id, invoice_id) \
         SELECT n * 7 % 100003, '2026-11-01' + INTERVAL n DIV 30 SECOND, IF(n % 2, 'GetCredits', 'AddCredit'), \
                IF(n = 5, 'Rare', 'Usual'), IF(n % 3, '192.0.2.1', '192.0.2.2'), IF(n % 5, 200, 403), n % 7 = 0, n % 4, n % 6 \
         FROM (SELECT a.n + 1000 * b.n AS n FROM \
                 (WITH RECURSIVE s (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 999) SELECT n FROM s) a, \
                 (WITH RECURSIVE s (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 19) SELECT n FROM s) b) numbers \
         WHERE n < {rows}"
    ))
    .await;
    let mut db = connect(&api).await;
    let time = |seconds: i64| parse_date_time("2026-11-01").map(|at: NaiveDateTime| at + TimeDelta::seconds(seconds));
    let text = |text: &str| Some(text.to_owned());
    let all = CallFilter::default;
    for (filter, condition) in [
        (all(), "TRUE"),
        (CallFilter { action: text("getcredits"), ..all() }, "action = 'GetCredits'"),
        (CallFilter { action: text("Gétcredits"), ..all() }, "FALSE"),
        (CallFilter { caller: text("Rare"), ..all() }, "caller = 'Rare'"),
        (CallFilter { caller: text("rare"), ..all() }, "FALSE"),
        (CallFilter { address: text("192.0.2.2"), ..all() }, "address = '192.0.2.2'"),
        (CallFilter { status: Some(403), ..all() }, "status = 403"),
        (CallFilter { is_error: Some(true), ..all() }, "is_error"),
        (CallFilter { client: Some(3), ..all() }, "client_id = 3"),
        (CallFilter { client: Some(1), invoice: Some(5), ..all() }, "client_id = 1 AND invoice_id = 5"),
        (
            CallFilter { since: time(3), until: time(9), ..all() },
            "`at` >= '2026-11-01 00:00:03' AND `at` < '2026-11-01 00:00:09'",
        ),
        (
            CallFilter {
                action: text("AddCredit"),
                status: Some(403),
                is_error: Some(false),
                since: time(200),
                ..all()
            },
            "action = 'AddCredit' AND status = 403 AND NOT is_error AND `at` >= '2026-11-01 00:03:20'",
        ),
        (
            CallFilter { caller: text("Usual"), client: Some(1), invoice: Some(3), ..all() },
            "caller = 'Usual' AND client_id = 1 AND invoice_id = 3",
        ),
        (CallFilter { caller: text("Usual"), action: text("None"), ..all() }, "FALSE"),
    ] {
        let expected: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT log_id FROM mod_whmcs_api_calls WHERE {condition} ORDER BY `at` DESC, log_id DESC"
        )))
        .fetch_all(&mut db)
        .await
        .unwrap();
        assert_eq!(all_pages(&mut db, &filter, 1_009).await, expected, "{filter:?}");
    }
    // Whatever is asked for, a page reads as long as it may, and says where the next one begins.
    let impossible = CallFilter {
        caller: text("Usual"),
        status: Some(200),
        is_error: Some(true),
        client: Some(1),
        invoice: Some(2),
        ..all()
    };
    for (patience, is_whole) in [(Duration::ZERO, false), (Duration::MAX, true)] {
        let page = calls::page(&mut db, &impossible, None, 50, patience).await.unwrap().unwrap();
        assert_eq!((page.calls.len(), page.next.is_none()), (0, is_whole), "{patience:?}");
    }
}
