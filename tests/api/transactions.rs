//! The rules of all writes: a write happens whole and once, or not at all, whatever happens meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::to_bytes;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{Acquire, AssertSqlSafe};
use tower::ServiceExt;

use whmcs_api::config::{LoggedCalls, Settings};
use whmcs_api::database::hosts::Hosts;
use whmcs_api::database::pool::Pool;

use crate::support::{
    CREDENTIAL, Cut, NEVER_SECONDS, NOW, Proxy, TestApi, all, api_with, connections_to, ends, eventually, form,
    kill_any, post, serve,
};

#[tokio::test]
async fn a_reply_is_stored_with_what_it_tells_of() {
    let api = TestApi::new().await;
    let (_, reply) = api.send("action=AddCredit&clientid=1&amount=1").await;
    assert_eq!(api.rows("reply, created_at", "mod_whmcs_api_requests").await, [format!("{reply} | {NOW}")]);
    assert_eq!(
        api.rows("subject, revision", "mod_whmcs_api_revisions WHERE subject <> 'api-log'").await,
        ["client:1 | 1"]
    );
    api.send("action=AddCredit&clientid=1&amount=1").await;
    assert_eq!(
        api.rows("subject, revision", "mod_whmcs_api_revisions WHERE subject <> 'api-log'").await,
        ["client:1 | 2"]
    );
}

#[tokio::test]
async fn reading_leaves_no_trace() {
    let api = TestApi::new().await;
    api.reply("action=GetCredits&clientid=1").await;
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_requests").await, ["0"]);
}

#[tokio::test]
async fn old_requests_are_forgotten() {
    let api = TestApi::new().await;
    let old: Vec<_> = (0..2500).map(|number| format!("(UNHEX('{number:064x}'), '', '2026-11-18 23:59:59')")).collect();
    let insert = "INSERT INTO mod_whmcs_api_requests (request_key, fingerprint, created_at) VALUES";
    api.sql(&format!("{insert} {}, ('new', '', '2026-11-19')", old.join(", "))).await;
    let border = whmcs_api::domain::time::parse_date_time("2026-11-19").unwrap();
    whmcs_api::store::system::requests::forget_before(&mut api.pool.acquire().await.unwrap(), border).await.unwrap();
    assert_eq!(api.rows("LEFT(request_key, 3)", "mod_whmcs_api_requests").await, ["new"]);
}

/// The lock is held for longer than the lock wait timeout, so the first attempt fails and a later one succeeds.
#[tokio::test]
async fn waits_for_a_lock_that_somebody_holds() {
    let mut settings = Settings::default();
    settings.limits.call_seconds = NEVER_SECONDS;
    let api = TestApi::with_settings(settings).await;
    let mut other = api.pool.acquire().await.unwrap();
    let mut lock = other.begin().await.unwrap();
    sqlx::query("UPDATE tblclients SET credit = credit + 1 WHERE id = 1").execute(&mut *lock).await.unwrap();
    let (answer, ()) = tokio::join!(api.send("action=AddCredit&clientid=1&amount=1"), async {
        let first = api.lock_waits_reach(1).await;
        eventually("another attempt waits", async || {
            let waiting = api.lock_waits().await;
            waiting.len() == 1 && waiting != first
        })
        .await;
        lock.commit().await.unwrap();
    });
    assert_eq!(answer, (200, r#"{"result":"success","newbalance":"102.00"}"#.to_owned()));
    assert_eq!(api.rows("COUNT(*)", "tblcredit WHERE clientid = 1").await, ["2"]);
}

/// A lock is held for longer than a call's time limit. Nothing was committed, so the client may retry.
#[tokio::test]
async fn a_call_that_runs_out_of_time_says_that_nothing_was_changed() {
    let api = TestApi::new().await;
    let mut settings = Settings::default();
    settings.limits.call_seconds = 1;
    let (connections, router) = serve(api.database.options(), settings).await;
    let mut other = api.pool.acquire().await.unwrap();
    let mut lock = other.begin().await.unwrap();
    sqlx::query("UPDATE tblclients SET notes = 'x' WHERE id = 1").execute(&mut *lock).await.unwrap();
    let request = format!("{CREDENTIAL}&action=AddCredit&clientid=1&amount=1&responsetype=json");
    let response = router.clone().oneshot(form(&request)).await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "1");
    let body = to_bytes(response.into_body(), 1000).await.unwrap();
    let busy = r#"{"result":"error","message":"The server is busy. Nothing was changed, please try again"}"#;
    assert_eq!(std::str::from_utf8(&body).unwrap(), busy);
    lock.commit().await.unwrap();
    assert_nothing_left_behind(&api, connections.current()).await;
    assert_eq!(api.rows("COUNT(*)", "tblcredit WHERE clientid = 1").await, ["1"]);
    // On a busy machine, the time limit may be exceeded again.
    eventually("it succeeds", async || post(&router, &request).await.0 == 200).await;
    assert_eq!(api.rows("COUNT(*)", "tblcredit WHERE clientid = 1").await, ["2"]);
}

/// The database commits, and is then gone for good.
#[tokio::test]
async fn a_commit_that_nobody_can_ask_for_is_told_as_such() {
    let api = TestApi::new().await;
    let proxy = Proxy::start("gone", api.database.options(), Cut::ForGood, 1);
    let options = proxy.options(api.database.options());
    let (_connections, router) = serve(options, Settings::default()).await;
    let (status, body) = post(&router, &format!("{CREDENTIAL}&action=AddCredit&clientid=1&amount=1")).await;
    assert_eq!(status, 504);
    assert!(body.contains("Whether the change was made is not known"), "{body}");
    let (status, _) = post(&router, &format!("{CREDENTIAL}&action=AddCredit&clientid=1&amount=1")).await;
    assert_eq!(status, 503, "no call gets through, so nothing was changed");
}

/// A deadlock of two transactions: the database rolls one back, and it is retried.
#[tokio::test(flavor = "multi_thread")]
async fn runs_again_what_a_deadlock_rolled_back() {
    let api = TestApi::new().await;
    api.reply("action=AddCredit&clientid=1&amount=1").await;
    let mut other = api.pool.acquire().await.unwrap();
    let mut deadlock = other.begin().await.unwrap();
    // The other transaction locks the second row that the call needs, and makes itself the more expensive one to roll
    // back.
    for statement in [
        "UPDATE tblclients SET notes = 'x' WHERE id = 1",
        "INSERT INTO tblactivitylog (date, description, user, ipaddr) VALUES ('2026-01-01', '', '', ''), ('2026-01-01', '', '', '')",
        "UPDATE tblcredit SET relid = relid + 1",
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *deadlock).await.unwrap();
    }
    let (answer, ()) = tokio::join!(api.send("action=AddCredit&clientid=1&amount=1"), async {
        api.lock_waits_reach(1).await;
        let first_row = "UPDATE mod_whmcs_api_revisions SET revision = revision + 1 WHERE subject = 'client:1'";
        sqlx::query(first_row).execute(&mut *deadlock).await.unwrap();
        deadlock.commit().await.unwrap();
    });
    assert_eq!(answer, (200, r#"{"result":"success","newbalance":"102.00"}"#.to_owned()));
}

/// The connection is lost at the COMMIT. Whether that was before or after it took effect, the call is applied once, and
/// answered as usual: even if running it again would be rejected because it was applied.
#[tokio::test]
async fn a_lost_commit_is_asked_for_and_not_guessed() {
    for (name, cut) in [("cut-before", Cut::Before), ("cut-after", Cut::After)] {
        let api = TestApi::new().await;
        let proxy = Proxy::start(name, api.database.options(), cut, 3);
        let options = proxy.options(api.database.options());
        let (_connections, router) = serve(options, Settings::default()).await;
        api.reply("action=AddCreditApi&userid=2&itemamount=7&paymentmethod=stripe").await;
        for (request, reply) in [
            ("AddInvoicePayment&invoiceid=1&transid=x", ""),
            ("AddCredit&clientid=2&amount=7&type=remove", r#""newbalance":"0.00""#),
            ("AddCredit&clientid=2&amount=1", r#""newbalance":"1.00""#),
        ] {
            let answer = post(&router, &format!("{CREDENTIAL}&action={request}")).await;
            let separator = if reply.is_empty() { "" } else { "," };
            assert_eq!(answer, (200, format!(r#"{{"result":"success"{separator}{reply}}}"#)), "{cut:?} {request}");
        }
        assert_eq!(proxy.cuts_left(), 0);
        assert_eq!(
            api.rows("amount", "tblcredit WHERE clientid = 2 ORDER BY id").await,
            ["7.00", "-7.00", "1.00"],
            "{cut:?}"
        );
        assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_requests").await, ["4"], "{cut:?}");
    }
}

/// The database loses a transaction at each of its statements, and reports no error.
#[tokio::test]
async fn a_transaction_that_vanishes_is_run_again() {
    // The number of prepared statements, the credential's included.
    for (name, key, statements) in [("vanish", "", 7), ("vanish-with-key", "&idempotencykey=key", 8)] {
        let calls = 2 * statements;
        let api = TestApi::new().await;
        let mut settings = Settings::default();
        // The records of calls are moved by transactions of their own.
        settings.api_log.calls = LoggedCalls::Off;
        let proxy = Proxy::start(name, api.database.options(), Cut::Vanish, statements);
        let (hosts, router) = serve(proxy.options(api.database.options()), settings).await;
        for call in 1..=calls {
            let key = if key.is_empty() { String::new() } else { format!("{key}-{call}") };
            let request = format!("action=AddCredit&clientid=2&amount=1&description=call+{call}{key}");
            let expected = format!(r#"{{"result":"success","newbalance":"{call}.00"}}"#);
            assert_eq!(post(&router, &format!("{CREDENTIAL}&{request}")).await, (200, expected), "{name}");
        }
        assert_eq!(proxy.cuts_left(), 0, "{name}: each statement was tried");
        let written = [
            (
                "COUNT(*), SUM(amount), COUNT(DISTINCT description)",
                "tblcredit WHERE clientid = 2",
                format!("{calls} | {calls}.00 | {calls}"),
            ),
            ("credit", "tblclients WHERE id = 2", format!("{calls}.00")),
            ("COUNT(*)", "tblactivitylog WHERE description LIKE 'Added Credit%'", calls.to_string()),
            ("COUNT(*)", "mod_whmcs_api_requests WHERE reply IS NOT NULL", calls.to_string()),
        ];
        for (columns, table, expected) in written {
            assert_eq!(api.rows(columns, table).await, [expected], "{name}: {table}");
        }
        assert_nothing_left_behind(&api, hosts.current()).await;
    }
}

/// Connections are cut at each message of a transaction and some messages more, before the database gets it and after
/// it has answered. Acknowledged calls are in the books once, rejected ones are not; for all others, the client was
/// told that the outcome is unknown.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_or_doubled_when_connections_are_cut() {
    let api = TestApi::new().await;
    let proxy = Proxy::start("cut-anywhere", api.database.options(), Cut::Anywhere, 80);
    let (hosts, router) = serve(proxy.options(api.database.options()), Settings::default()).await;
    let answers = add_credit(&router, || proxy.cuts_left() > 0).await;
    assert_eq!(proxy.cuts_left(), 0);
    assert_books_say(&api, &answers).await;
    assert_nothing_left_behind(&api, hosts.current()).await;
    assert_books_balance(&api).await;
}

/// The database itself closes connections that are in use, and sends an error on them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_or_doubled_when_connections_are_killed() {
    let api = TestApi::new().await;
    let killed = AtomicU32::new(0);
    let is_enough = || killed.load(Ordering::Relaxed) >= 40;
    let (answers, ()) = tokio::join!(add_credit(&api.router, || !is_enough()), async {
        while !is_enough() {
            killed.fetch_add(u32::from(kill_a_connection(&api).await), Ordering::Relaxed);
        }
    });
    assert_books_say(&api, &answers).await;
    assert_nothing_left_behind(&api, api.hosts.current()).await;
    assert_books_balance(&api).await;
}

/// Eight callers add credit while `goes_on` returns true. Returns the number of each call and its response.
async fn add_credit(router: &Router, goes_on: impl Fn() -> bool) -> Vec<(u32, (u16, String))> {
    let goes_on = &goes_on;
    let callers = all((0..8).map(|caller| async move {
        let mut answers = Vec::new();
        for number in (0..).take_while(|&number| number < 20 || goes_on()) {
            let (client, id) = (1 + (caller + number) % 4, caller * 1_000_000 + number);
            let call = format!("action=AddCredit&clientid={client}&amount=1&description=call+{id}");
            answers.push((id, post(router, &format!("{CREDENTIAL}&{call}")).await));
        }
        answers
    }));
    ends("the load", callers).await.into_iter().flatten().collect()
}

/// Kills a connection that is executing a statement, if there is one.
async fn kill_a_connection(api: &TestApi) -> bool {
    let Ok(mut connections) = connections_to(api.database.name(), &api.pool).await else { return false };
    connections.retain(|one| one.is_busy() && one.statement != "SHOW PROCESSLIST");
    kill_any(&connections, &api.pool).await
}

async fn assert_books_say(api: &TestApi, answers: &[(u32, (u16, String))]) {
    for (id, (status, body)) in answers {
        let entries = api.rows("COUNT(*)", &format!("tblcredit WHERE description = 'call {id}'")).await;
        let expected: &[&str] = match status {
            200 => &["1"],
            504 => &["0", "1"],
            _ => &["0"],
        };
        assert!(expected.contains(&entries[0].as_str()), "{status} {body} but {entries:?} entries");
    }
}

/// Every balance is the sum of its history, and none is below zero.
async fn assert_books_balance(api: &TestApi) {
    let wrong = api
        .rows(
            "c.id, c.credit",
            "tblclients c WHERE c.credit < 0 OR c.credit <> COALESCE((SELECT SUM(amount) FROM tblcredit WHERE clientid = c.id), 0)",
        )
        .await;
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Waits for running calls; then no transaction is open, and every connection was returned.
async fn assert_nothing_left_behind(api: &TestApi, connections: &Pool) {
    eventually("every connection was returned", async || connections.used() == 0).await;
    // The statements fail while an open transaction holds a lock. The database rolls back the transaction of a closed
    // connection when it notices.
    for rows in
        ["id FROM tblclients", "subject FROM mod_whmcs_api_revisions", "request_key FROM mod_whmcs_api_requests"]
    {
        eventually("no lock is held", async || {
            let lock = AssertSqlSafe(format!("SELECT {rows} FOR UPDATE NOWAIT"));
            sqlx::query(lock).fetch_all(&api.pool).await.is_ok()
        })
        .await;
    }
}

/// The replica is another database with other books, so that the reply shows which of them was queried.
#[tokio::test]
async fn actions_that_only_read_ask_the_replica_while_there_is_one() {
    let (primary, other) = (TestApi::new().await, TestApi::new().await);
    other.sql("UPDATE tblcredit SET description = 'from the replica'; DELETE FROM tbldeviceauth").await;
    let replica = Hosts::open_replicas(vec![other.database.options()], 2).await;
    let hosts = Hosts::open(vec![primary.database.options()], 2).await.unwrap();
    let (_, router) = api_with(hosts, Some(Arc::clone(&replica)), &Settings::default());
    let read = async || post(&router, &format!("{CREDENTIAL}&action=GetCredits&clientid=1")).await.1;
    assert!(read().await.contains("from the replica"), "the credential was looked up on the primary");
    let (status, body) = post(&router, &format!("{CREDENTIAL}&action=AddCredit&clientid=1&amount=1")).await;
    assert_eq!((status, body.as_str()), (200, r#"{"result":"success","newbalance":"101.00"}"#));
    assert_eq!(primary.rows("credit", "tblclients WHERE id = 1").await, ["101.00"]);
    // A missing replica is detected once, and delays no call.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = MySqlConnectOptions::new().host("127.0.0.1").port(listener.local_addr().unwrap().port());
    let tried = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tried);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let gone = Hosts::open_replicas(vec![nobody], 2).await;
    assert_eq!(tried.load(Ordering::Relaxed), 1, "the replica closes the connection");
    let hosts = Hosts::open(vec![primary.database.options()], 2).await.unwrap();
    let (_, router) = api_with(hosts, Some(gone), &Settings::default());
    let (status, body) = post(&router, &format!("{CREDENTIAL}&action=GetCredits&clientid=1")).await;
    assert!(status == 200 && body.contains("Opening balance"), "{body}");
    assert_eq!(tried.load(Ordering::Relaxed), 1, "the replica is not tried again");
}

/// The first server in the list does not answer at first, then both do.
#[tokio::test(flavor = "multi_thread")]
async fn calls_go_to_the_first_server_that_can_be_used() {
    let api = TestApi::new().await;
    let proxy = Proxy::start("first-server", api.database.options(), Cut::ForGood, 1);
    let hosts = Hosts::open(vec![proxy.options(api.database.options()), api.database.options()], 2).await.unwrap();
    let (_, router) = api_with(Arc::clone(&hosts), None, &Settings::default());
    tokio::spawn(async move { hosts.watch().await });
    let add = async || post(&router, &format!("{CREDENTIAL}&action=AddCredit&clientid=2&amount=1")).await;
    // The first server commits and is then gone: the outcome is read from the second one.
    assert_eq!(add().await, (200, r#"{"result":"success","newbalance":"1.00"}"#.to_owned()));
    assert_eq!(proxy.cuts_left(), 0, "the call went to the first server");
    assert_eq!(add().await, (200, r#"{"result":"success","newbalance":"2.00"}"#.to_owned()));
    assert_eq!(api.rows("amount", "tblcredit WHERE clientid = 2").await, ["1.00", "1.00"]);
}
