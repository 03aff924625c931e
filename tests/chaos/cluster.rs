//! Two servers write to two nodes of a cluster, one of which is killed under load and joins again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::mysql::MySqlPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use whmcs_api::config::Settings;
use whmcs_api::database::errors::is_late_preparation;
use whmcs_api::database::hosts::Hosts;
use whmcs_api::database::lease::Lease;

use super::at_length;
use super::galera::Galera;
use super::load::Load;
use crate::support::{
    CREDENTIAL, SmtpServer, all, api_with, connections, eventually, kill_any, post, router, until_ok,
};

#[tokio::test(flavor = "multi_thread")]
async fn no_money_is_lost_when_a_node_of_the_cluster_is_killed() {
    let acknowledged = at_length(10_000, 400);
    let mut galera = Galera::form(3).await;
    let mut servers = Vec::new();
    let mut watches = Vec::new();
    // Each server prefers another node. This is not recommended, and the hardest case.
    for order in [[0, 1, 2], [1, 2, 0]] {
        let hosts = Hosts::open(order.map(|node| galera.options(node)).to_vec(), 16).await.unwrap();
        servers.push(router(Arc::clone(&hosts), &Settings::default()));
        watches.push(tokio::spawn(async move { hosts.watch().await }));
    }
    let load = Load::prepare(&servers[0]).await;
    let books: Vec<MySqlPool> = (0..3).map(|node| galera.books(node)).collect();

    let (done, start) = (AtomicBool::new(false), Instant::now());
    let reached = async |share: usize| {
        while load.acknowledged() < acknowledged * share / 10 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let killer = async {
        reached(4).await;
        galera.kill(1);
        let (killed, before) = (Instant::now(), load.acknowledged());
        // Calls in progress at the failure are not counted.
        while load.acknowledged() < before + 50 {
            sleep(Duration::from_millis(10)).await;
        }
        let resumed = killed.elapsed();
        reached(7).await;
        let joining = Instant::now();
        galera.join(1).await;
        let joined = joining.elapsed();
        reached(10).await;
        done.store(true, Ordering::Relaxed);
        (galera, resumed, joined)
    };
    let send = async |caller: usize, request: String| {
        Some(post(&servers[caller % servers.len()], &format!("{CREDENTIAL}&{request}")).await)
    };
    let renewer = renew_connections([&books[0], &books[2]], &done);
    let ((), (_galera, resumed, joined), renewed) = tokio::join!(load.run(32, true, &done, send), killer, renewer);
    for (node, books) in books.iter().enumerate() {
        let verdict = load.judge(books).await;
        println!("node {}: {verdict:?}", node + 1);
        verdict.assert_right();
        assert!(verdict.acknowledged >= acknowledged && verdict.unknown == 0);
    }
    println!(
        "a cluster of 3, two writers, {renewed} connections renewed: {} acknowledged in {:.0?}; writes resumed {resumed:.1?} after \
         a node was killed (longest pause {:.1?}), which was back {joined:.1?} after its start",
        load.acknowledged(),
        start.elapsed(),
        load.longest_gap(),
    );
    watches.iter().for_each(tokio::task::JoinHandle::abort);
}

/// One key is sent at once to three servers on three nodes.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_comes_to_three_nodes_at_once_is_applied_once() {
    let keys = at_length(1_000, 20);
    let galera = Galera::form(3).await;
    let mut servers = Vec::new();
    for node in 0..3 {
        servers.push(router(Hosts::open(vec![galera.options(node)], 10).await.unwrap(), &Settings::default()));
    }
    for key in 0..keys {
        let request =
            format!("{CREDENTIAL}&action=AddCredit&clientid=2&amount=1&description=x&idempotencykey=key-{key}");
        let answers = all(servers.iter().map(|server| post(server, &request))).await;
        assert!(answers[0].0 == 200 && answers.iter().all(|answer| *answer == answers[0]), "{key}: {answers:?}");
    }
    let books = galera.books(2);
    let credit: i64 = sqlx::query_scalar("SELECT CAST(credit AS SIGNED) FROM tblclients WHERE id = 2")
        .fetch_one(&books)
        .await
        .unwrap();
    println!("{keys} keys, each at once to 3 servers on 3 nodes: {credit} applied, replies identical");
    assert_eq!(usize::try_from(credit), Ok(keys));
    check_late_preparation(&galera, &books).await;
}

/// On a cluster, a transaction that has prepared a statement is not committed. It is when it is run again.
async fn check_late_preparation(galera: &Galera, books: &MySqlPool) {
    let hosts = Hosts::open(vec![galera.options(0)], 1).await.unwrap();
    let mut lease = Lease::acquire_to_write(&hosts).await.unwrap();
    for (is_committed, credit) in [(false, 30), (true, 500)] {
        sqlx::query("UPDATE tblclients SET credit = ? WHERE id = 3").bind(500).execute(&mut *lease).await.unwrap();
        let committed = lease.commit().await;
        assert_eq!(committed.as_ref().is_err_and(is_late_preparation), !is_committed, "{committed:?}");
        let stored = "SELECT CAST(credit AS SIGNED) FROM tblclients WHERE id = 3";
        assert_eq!(sqlx::query_scalar::<_, i64>(stored).fetch_one(books).await.unwrap(), credit);
    }
}

/// Three servers on three nodes share one outbox: what one of them claims, the others cannot.
#[tokio::test(flavor = "multi_thread")]
async fn mails_arrive_once_from_three_nodes() {
    let mails = at_length(3_000, 150);
    let galera = Galera::form(3).await;
    let books = galera.books(1);
    sqlx::raw_sql("UPDATE tblclients SET email = 'one@example.com' WHERE id = 1").execute(&books).await.unwrap();
    let server = SmtpServer::start().await;
    let settings = Settings { mail: server.settings(), ..Settings::default() };
    let (stopping, mut deliveries, mut routers) = (CancellationToken::new(), Vec::new(), Vec::new());
    for node in 0..3 {
        let hosts = Hosts::open(vec![galera.options(node)], 10).await.unwrap();
        let (api, router) = api_with(hosts, None, &settings);
        let stopping = stopping.clone();
        deliveries.push(tokio::spawn(async move { api.run_outbox(stopping).await }));
        routers.push(router);
    }
    for batch in 0..mails / 50 {
        let send = async |number: usize| {
            let request =
                format!("customsubject=Mail+{number}&action=SendEmail&id=1&customtype=general&custommessage=x");
            post(&routers[number % 3], &format!("{CREDENTIAL}&{request}")).await.1
        };
        let answers = all((batch * 50..(batch + 1) * 50).map(send)).await;
        assert!(answers.iter().all(|answer| answer.contains("success")), "{answers:?}");
    }
    let waiting = async || {
        let count = "SELECT COUNT(*) FROM mod_whmcs_api_outbox_entries";
        sqlx::query_scalar::<_, i64>(count).fetch_one(&books).await.unwrap()
    };
    eventually("all mails were sent", async || waiting().await == 0).await;
    stopping.cancel();
    all(deliveries).await;
    let mut subjects: Vec<String> = server.received().iter().map(|mail| mail.header("Subject").to_owned()).collect();
    println!("{mails} mails from 3 servers on 3 nodes: {} arrived", subjects.len());
    subjects.sort();
    subjects.dedup();
    assert_eq!((server.received().len(), subjects.len()), (mails, mails));
}

/// Closes connections of the servers, so that new ones are opened all the time.
async fn renew_connections(nodes: [&MySqlPool; 2], done: &AtomicBool) -> usize {
    let mut renewed = 0;
    while !done.load(Ordering::Relaxed) {
        for node in nodes {
            let mut idle = connections(node).await.unwrap_or_default();
            idle.retain(|one| one.database.is_some() && one.command == "Sleep");
            renewed += usize::from(kill_any(&idle, node).await);
        }
        sleep(Duration::from_millis(20)).await;
    }
    renewed
}

/// Three servers on three nodes invoice the same services at once, and then take the payments: each term is billed once, and the
/// invoices are numbered without a gap.
#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_bill_each_term_once_and_number_without_gaps() {
    let services = at_length(1_000, 60);
    let galera = Galera::form(3).await;
    let books = galera.books(0);
    sqlx::raw_sql(include_str!("../support/fixtures/invoice_numbers.sql")).execute(&books).await.unwrap();
    let mut connection = books.acquire().await.unwrap();
    sqlx::raw_sql("SET SESSION sql_mode = ''").execute(&mut *connection).await.unwrap();
    // Half of the services share an invoice with another one.
    for id in 1..=services {
        let insert = "INSERT INTO tblhosting (id, userid, packageid, qty, regdate, domain, amount, billingcycle, nextduedate, \
                                              nextinvoicedate, domainstatus, paymentmethod) \
                      VALUES (? + 1000, 1 + ? % 4, 1, 1, '2026-01-01', 'x', 10, 'Monthly', '2026-11-20' + INTERVAL ? DIV 8 DAY, \
                              '2026-11-20' + INTERVAL ? DIV 8 DAY, 'Active', 'paypal')";
        let (number, day) = (id as u64, id as u64 % 90);
        let insert = sqlx::query(insert).bind(number).bind(number).bind(day).bind(day);
        insert.execute(&mut *connection).await.unwrap();
    }
    drop(connection);
    let mut settings = Settings::default();
    settings.automation.invoice_days = Some(20);
    let mut servers = Vec::new();
    for node in 0..3 {
        servers.push(router(Hosts::open(vec![galera.options(node)], 10).await.unwrap(), &settings));
    }
    let call = async |node: usize, request: &str| {
        let key = format!("idempotencykey={node}-{}", request.replace(['&', '='], "-"));
        until_ok(async || {
            let (status, body) = post(&servers[node], &format!("{CREDENTIAL}&{request}&{key}")).await;
            assert!(matches!(status, 200 | 409 | 503 | 504), "{request}: {status} {body}");
            let is_done = status == 200 && body.contains("success");
            is_done.then_some(()).ok_or_else(|| format!("{request}: {status} {body}"))
        })
        .await;
    };
    all((0..3).map(|node| call(node, "action=GenInvoices&noemails=1"))).await;
    let unpaid = "SELECT CAST(id AS SIGNED) FROM tblinvoices WHERE status = 'Unpaid'";
    let invoices: Vec<i64> = sqlx::query_scalar(unpaid).fetch_all(&books).await.unwrap();
    let payments = invoices.iter().enumerate().map(async |(number, invoice)| {
        let pay = format!("action=AddInvoicePayment&invoiceid={invoice}&gateway=paypal&noemail=1&transid=t{invoice}");
        call(number % 3, &pay).await;
    });
    all(payments).await;

    let lines = "SELECT COUNT(*), COUNT(DISTINCT relid, duedate), COUNT(DISTINCT relid) FROM tblinvoiceitems WHERE type = 'Hosting'";
    let (lines, terms, billed): (i64, i64, i64) = sqlx::query_as(lines).fetch_one(&books).await.unwrap();
    let numbers = "SELECT invoicenum FROM tblinvoices WHERE status = 'Paid' ORDER BY invoicenum";
    let numbers: Vec<String> = sqlx::query_scalar(numbers).fetch_all(&books).await.unwrap();
    println!(
        "{lines} terms of {billed} services on {} invoices, by three servers on three nodes at once",
        numbers.len()
    );
    let expected = i64::try_from(services).unwrap();
    assert_eq!((lines, terms, billed), (expected, expected, expected));
    // Credit has paid some at once.
    let unpaid = "SELECT COUNT(*) FROM tblinvoices WHERE status <> 'Paid'";
    assert_eq!(sqlx::query_scalar::<_, i64>(unpaid).fetch_one(&books).await.unwrap(), 0);
    let expected: Vec<String> = (7..7 + numbers.len()).map(|number| format!("2026-{number:04}")).collect();
    assert_eq!(numbers, expected);
    assert_eq!(super::load::findings(&books).await, [""; 0]);
}
