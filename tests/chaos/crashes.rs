//! The database, and then the server, are killed under load.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::mysql::MySqlPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use whmcs_api::config::Settings;
use whmcs_api::database::embedded::Embedded;
use whmcs_api::database::hosts::Hosts;
use whmcs_api::database::migrations;
use whmcs_api::database::pool;

use super::at_length;
use super::load::Load;
use crate::server::process::{Running, database_process, kill, whmcs_api};
use crate::support::{CREDENTIAL, Scratch, TestApi, post, router};

const CALLERS: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn no_money_is_lost_when_the_database_is_killed() {
    let (acknowledged, kills) = (at_length(50_000, 1_000), at_length(5, 2));
    let folder = Scratch::new("killed-database");
    let mut database = Embedded::start(&folder).await.unwrap();
    pool::create_database(database.options(), "whmcs", false).await.unwrap();
    let options = database.options().database("whmcs");
    migrations::run(options.clone()).await.unwrap();
    let books = MySqlPool::connect_lazy_with(options.clone());
    sqlx::raw_sql(include_str!("../support/fixtures/fixture.sql")).execute(&books).await.unwrap();
    let hosts = Hosts::open(vec![options], 20).await.unwrap();
    let server = router(hosts, &Settings::default());
    let load = Load::prepare(&server).await;

    let (done, start) = (AtomicBool::new(false), Instant::now());
    let killer = async {
        for kill_number in 1..=kills {
            while load.acknowledged() < acknowledged * kill_number / (kills + 1) {
                sleep(Duration::from_millis(10)).await;
            }
            kill("KILL", database_process(&folder));
            database.wait_for_exit().await;
            // Dropping the database frees its directory.
            database = restart(database, &folder).await;
        }
        while load.acknowledged() < acknowledged {
            sleep(Duration::from_millis(10)).await;
        }
        done.store(true, Ordering::Relaxed);
        // The database runs as long as this value is held.
        database
    };
    let send = async |_, request: String| Some(post(&server, &format!("{CREDENTIAL}&{request}")).await);
    let ((), database) = tokio::join!(load.run(CALLERS, false, &done, send), killer);
    let verdict = load.judge(&books).await;
    drop(database);
    println!(
        "database killed {kills} times in {:.0?}, longest pause {:.1?}: {verdict:?}",
        start.elapsed(),
        load.longest_gap()
    );
    verdict.assert_right();
    assert!(verdict.acknowledged >= acknowledged);
}

async fn restart(killed: Embedded, folder: &std::path::Path) -> Embedded {
    drop(killed);
    Embedded::start(folder).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_money_is_lost_when_the_server_is_killed() {
    let (acknowledged, kills) = (at_length(50_000, 600), at_length(20, 3));
    let api = TestApi::new().await;
    let load = Load::prepare(&api.router).await;
    let start_server = || {
        // Another port each time: the last one may be in use by now.
        let mut command = whmcs_api(&["serve", "--listen", "127.0.0.1:0"]);
        command.env("WHMCS_API_DATABASE_URL", api.database.url());
        tokio::task::block_in_place(|| Running::start(command))
    };
    let mut server = start_server();
    let address = Mutex::new(server.address);
    let (done, start) = (AtomicBool::new(false), Instant::now());
    let unanswered = AtomicUsize::new(0);
    let killer = async {
        for kill_number in 1..=kills {
            while load.acknowledged() < acknowledged * kill_number / (kills + 1) {
                sleep(Duration::from_millis(5)).await;
            }
            kill("KILL", server.child.id());
            server.child.wait().unwrap();
            server = start_server();
            *address.lock().unwrap() = server.address;
        }
        while load.acknowledged() < acknowledged {
            sleep(Duration::from_millis(5)).await;
        }
        done.store(true, Ordering::Relaxed);
    };
    let send = async |_, request: String| {
        let address = *address.lock().unwrap();
        let answer = timeout(Duration::from_secs(30), exchange(address, &request)).await.ok().flatten();
        unanswered.fetch_add(usize::from(answer.is_none()), Ordering::Relaxed);
        answer
    };
    tokio::join!(load.run(CALLERS, true, &done, send), killer);
    let verdict = load.judge(&api.pool).await;
    println!(
        "server killed {kills} times in {:.0?}, {} calls unanswered and sent again: {verdict:?}",
        start.elapsed(),
        unanswered.into_inner()
    );
    verdict.assert_right();
    assert!(verdict.acknowledged >= acknowledged && verdict.unknown == 0);
}

/// Sends a request on a connection of its own. Returns `None` without a complete response.
pub async fn exchange(address: SocketAddr, request: &str) -> Option<(u16, String)> {
    let body = format!("responsetype=json&{CREDENTIAL}&{request}");
    let head = format!(
        "POST /includes/api.php HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    exchange_raw(address, &(head + &body)).await
}

/// Sends the text of a request that closes the connection. Returns `None` without a complete response.
pub async fn exchange_raw(address: SocketAddr, request: &str) -> Option<(u16, String)> {
    let mut connection = TcpStream::connect(address).await.ok()?;
    connection.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    (body.len() == length).then(|| Some((head.get(9..12)?.parse().ok()?, body.to_owned())))?
}

/// The check for lost and doubled calls finds them when there are some.
#[tokio::test]
async fn the_judge_sees_what_is_missing_and_what_is_doubled() {
    let api = TestApi::new().await;
    let load = Load::prepare(&api.router).await;
    let done = AtomicBool::new(false);
    let send = async |_, request: String| {
        done.store(load.acknowledged() > 40, Ordering::Relaxed);
        Some(post(&api.router, &format!("{CREDENTIAL}&{request}")).await)
    };
    load.run(4, false, &done, send).await;
    load.judge(&api.pool).await.assert_right();
    let judged = async |statement: &str| {
        api.sql(statement).await;
        let verdict = load.judge(&api.pool).await;
        (verdict.lost, verdict.doubled, verdict.findings.is_empty())
    };
    assert_eq!(judged("DELETE FROM tblcredit WHERE description = 'op 0'").await, (1, 0, false));
    assert_eq!(
        judged("UPDATE tblclients SET credit = credit - 0.01 WHERE id = 1").await,
        (1, 0, true),
        "lost without a trace"
    );
    assert_eq!(judged("UPDATE tblaccounts SET amountin = amountin + 1 WHERE transid = 'op-2'").await, (1, 1, true));
    assert_eq!(judged("DELETE FROM tblaccounts WHERE transid = 'op-6'").await, (2, 1, true));
    assert_eq!(judged("UPDATE tblinvoices SET credit = 0, total = total + credit WHERE id = 1").await, (2, 2, false));
    let apply = "DELETE FROM tblcredit WHERE description LIKE 'Credit Applied to Invoice #1%' LIMIT 1";
    assert_eq!(judged(apply).await.0, 3);
    let delete = r#"DELETE FROM tblapilog WHERE request LIKE '%"op 0"%'"#;
    let double = r#"INSERT INTO tblapilog (action, request, response, level, request_headers, response_headers)
        SELECT action, request, response, level, '', '' FROM tblapilog WHERE request LIKE '%"op 4"%'"#;
    for (statement, expected) in [(delete, (1, 0)), (double, (1, 1))] {
        api.sql(statement).await;
        let verdict = load.judge(&api.pool).await;
        assert_eq!((verdict.unrecorded, verdict.recorded_twice), expected, "{statement}");
    }
}
