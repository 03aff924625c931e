//! `make bench-console`: measures how long the first page of calls takes in the console, of ten million.
//!
//! Starts a private database on disk, fills the index of calls, and reads pages under each filter, alone and together. Fails if one
//! of them takes longer than its bound. It also measures what the index costs where calls are recorded.

use std::time::{Duration, Instant};

use sqlx::{Connection, Executor, MySqlConnection};
use whmcs_api::database::embedded::Embedded;
use whmcs_api::database::migrations;
use whmcs_api::domain::time::parse_date_time;
use whmcs_api::store::console::calls::{self, CallFilter, Place};
use whmcs_api::store::system::api_log::{Indexing, Record, insert_all};

const CALLS: u32 = 10_000_000;
/// Number of calls that one statement inserts.
const STEP: u32 = 500_000;
const BOUND: Duration = Duration::from_millis(100);
/// As the pages have them.
const PAGE: usize = 50;
const PATIENCE: Duration = Duration::from_millis(50);
const REPETITIONS: usize = 20;
/// Number of calls that are recorded with the index and without it.
const RECORDED: u32 = 64_000;
/// Number of calls of a batch, as under load.
const BATCH: u32 = 512;
/// The keys of the index, each with the time.
const KEYS: [&str; 7] = ["at", "action", "caller", "address", "status", "is_error", "client_id"];
/// Of a tenth of a year, at about three calls a second.
const FIRST: &str = "2026-10-20 00:00:00";

#[tokio::main]
async fn main() {
    let calls: u32 = std::env::var("CALLS").ok().and_then(|calls| calls.parse().ok()).unwrap_or(CALLS);
    let directory = std::env::temp_dir().join(format!("whmcs-api-console-{}", std::process::id()));
    let embedded = Embedded::start(&directory).await.expect("the database starts");
    let mut db = MySqlConnection::connect_with(&embedded.options()).await.expect("it accepts connections");
    db.execute("CREATE DATABASE calls").await.expect("a database");
    let options = embedded.options().database("calls");
    migrations::run(options.clone()).await.expect("its tables");
    let mut db = MySqlConnection::connect_with(&options).await.expect("it accepts connections");

    let filled = fill(&mut db, calls).await;
    println!("{calls} calls were indexed in {:.0} s, on {} MiB of disk", filled.as_secs_f64(), size(&mut db).await);
    println!("{:<44} {:>6} {:>9} {:>9}", "page", "calls", "median", "slowest");
    let mut is_within = true;
    for (name, filter, after) in pages(calls) {
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..REPETITIONS {
            let start = Instant::now();
            let page = calls::page(&mut db, &filter, after, PAGE, PATIENCE).await.expect("the page is read");
            times.push(start.elapsed());
            found = page.expect("there is an index").calls.len();
        }
        times.sort();
        let (median, slowest) = (times[REPETITIONS / 2], times[REPETITIONS - 1]);
        println!("{name:<44} {found:>6} {median:>9.1?} {slowest:>9.1?}");
        is_within &= slowest < BOUND;
    }
    for (name, indexing) in [("without the index", Indexing::Off), ("with the index", Indexing::On)] {
        let took = record(&mut db, indexing).await;
        let each = took.as_secs_f64() * 1_000_000.0 / f64::from(RECORDED);
        println!("{RECORDED} calls were recorded {name} in {:.1} s: {each:.0} µs each", took.as_secs_f64());
    }
    drop(db);
    embedded.stop().await.expect("the database stops");
    let _ = std::fs::remove_dir_all(directory);
    assert!(is_within, "a page took longer than {BOUND:?}");
}

/// Fills the index: 120 actions, 40 callers and 500 addresses, a few of them with most of the calls; every tenth call has failed,
/// and every fifth has changed one of 200,000 clients.
async fn fill(db: &mut MySqlConnection, calls: u32) -> Duration {
    let start = Instant::now();
    // A key is built faster of all rows than row by row.
    let dropped = KEYS.map(|key| format!("DROP KEY `{key}`")).join(", ");
    change(db, &dropped).await;
    for from in (1..=calls).step_by(STEP as usize) {
        let to = (from + STEP - 1).min(calls);
        let insert = format!(
            "INSERT INTO mod_whmcs_api_calls (log_id, `at`, action, caller, address, status, is_error, client_id, invoice_id) \
             SELECT seq, '{FIRST}' + INTERVAL seq DIV 3 SECOND, CONCAT('Action', FLOOR(POW(RAND(seq), 4) * 120)), \
                    CONCAT('Credential', FLOOR(POW(RAND(seq + 1), 3) * 40)), CONCAT('192.0.2.', FLOOR(POW(RAND(seq + 2), 3) * 500)), \
                    IF(seq % 100 = 0, 403, 200), seq % 10 = 0, IF(seq % 5 = 0, seq * 7919 % 200000 + 1, 0), \
                    IF(seq % 25 = 0, seq * 104729 % 900000 + 1, 0) \
             FROM seq_{from}_to_{to}"
        );
        sqlx::query(sqlx::AssertSqlSafe(insert)).execute(&mut *db).await.expect("calls are inserted");
    }
    let added = KEYS.map(|key| {
        format!("ADD KEY `{key}` ({})", if key == "at" { "`at`".to_owned() } else { format!("`{key}`, `at`") })
    });
    change(db, &added.join(", ")).await;
    db.execute("ANALYZE TABLE mod_whmcs_api_calls").await.expect("the table is analyzed");
    start.elapsed()
}

async fn change(db: &mut MySqlConnection, how: &str) {
    let change = format!("ALTER TABLE mod_whmcs_api_calls {how}");
    sqlx::query(sqlx::AssertSqlSafe(change)).execute(db).await.expect("the keys are changed");
}

async fn size(db: &mut MySqlConnection) -> i64 {
    let size = "SELECT CAST((data_length + index_length) DIV 1048576 AS SIGNED) FROM information_schema.tables \
                WHERE table_schema = 'calls' AND table_name = 'mod_whmcs_api_calls'";
    sqlx::query_scalar(size).fetch_one(db).await.expect("the size is known")
}

fn pages(calls: u32) -> Vec<(&'static str, CallFilter, Option<Place>)> {
    let text = |text: &str| Some(text.to_owned());
    let time = |text: &str| parse_date_time(text);
    let all = CallFilter::default;
    let middle = Place {
        at: parse_date_time(FIRST).expect("it is a time") + chrono::TimeDelta::seconds(i64::from(calls / 6)),
        id: i64::from(calls / 2),
    };
    let (common, rare) = ("Action0", "Action119");
    vec![
        ("all", all(), None),
        ("all, from the middle on", all(), Some(middle)),
        ("the most frequent action", CallFilter { action: text(common), ..all() }, None),
        ("the same, from the middle on", CallFilter { action: text(common), ..all() }, Some(middle)),
        ("a rare action", CallFilter { action: text(rare), ..all() }, None),
        ("an action that nobody calls", CallFilter { action: text("None"), ..all() }, None),
        ("the busiest credential", CallFilter { caller: text("Credential0"), ..all() }, None),
        ("a credential that is hardly used", CallFilter { caller: text("Credential39"), ..all() }, None),
        ("an address", CallFilter { address: text("192.0.2.250"), ..all() }, None),
        ("status 200", CallFilter { status: Some(200), ..all() }, None),
        ("status 403", CallFilter { status: Some(403), ..all() }, None),
        ("status 504, which none has", CallFilter { status: Some(504), ..all() }, None),
        ("errors", CallFilter { is_error: Some(true), ..all() }, None),
        ("what changed a client", CallFilter { client: Some(4711), ..all() }, None),
        ("what changed an invoice", CallFilter { client: Some(4711), invoice: Some(4711), ..all() }, None),
        (
            "an hour",
            CallFilter { since: time("2026-11-01 12:00:00"), until: time("2026-11-01 13:00:00"), ..all() },
            None,
        ),
        (
            "an action before a time",
            CallFilter { action: text(common), until: time("2026-11-01 13:00:00"), ..all() },
            None,
        ),
        ("an action of a credential", CallFilter { action: text(common), caller: text("Credential0"), ..all() }, None),
        (
            "a rare action of a rare credential",
            CallFilter { action: text(rare), caller: text("Credential39"), ..all() },
            None,
        ),
        (
            "a rare action of the busiest credential",
            CallFilter { action: text(rare), caller: text("Credential0"), ..all() },
            None,
        ),
        (
            "errors of the busiest credential with 403",
            CallFilter { caller: text("Credential0"), status: Some(403), is_error: Some(true), ..all() },
            None,
        ),
        ("errors with 504, which none has", CallFilter { status: Some(504), is_error: Some(true), ..all() }, None),
        (
            "an action that has no errors with 504",
            CallFilter { action: text(common), status: Some(504), ..all() },
            None,
        ),
    ]
}

async fn record(db: &mut MySqlConnection, indexing: Indexing) -> Duration {
    let at = parse_date_time("2026-12-01 00:00:00").expect("it is a time");
    let record = |number: u32| Record {
        at,
        action: format!("Action{}", number % 120),
        endpoint: "/includes/api.php".to_owned(),
        method: "POST".to_owned(),
        request: "x".repeat(300),
        request_headers: format!(
            r#"{{"request_id":"{number}","address":"192.0.2.{}","credential":"Credential{}"}}"#,
            number % 250,
            number % 40
        ),
        response: "x".repeat(700),
        response_headers: r#"{"Content-Type":"application/json","duration":1.5}"#.to_owned(),
        status: 200,
        level: 200,
        client: 0,
        invoice: 0,
    };
    let mut took = Duration::ZERO;
    for batch in 0..RECORDED / BATCH {
        let records: Vec<Record> = (0..BATCH).map(|number| record(batch * BATCH + number)).collect();
        let start = Instant::now();
        let mut transaction = db.begin().await.expect("a transaction");
        insert_all(&mut transaction, &records, indexing).await.expect("the calls are recorded");
        transaction.commit().await.expect("they are committed");
        took += start.elapsed();
    }
    took
}
