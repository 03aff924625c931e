//! Clients that disconnect in the middle of their calls.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use whmcs_api::config::Settings;
use whmcs_api::observability::metrics::Connections;
use whmcs_api::server;

use super::at_length;
use crate::support::{CREDENTIAL, HANG, TestApi, all, ends, eventually, post, serve};

/// Running calls are finished, no connection is lost and no transaction left open, and everything that was acknowledged
/// is in the books.
#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_up_cancel_nothing() {
    let clients = at_length(20_000, 500) as u64;
    let api = TestApi::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut settings = Settings::default();
    settings.limits.call_seconds = HANG.as_secs();
    let (hosts, router) = serve(api.database.options(), settings).await;
    // A new connection prepares all statements first, which is not the subject of this test.
    all((0..10).map(|_| post(&router, "action=GetCredits&clientid=1"))).await;
    tokio::spawn(async move {
        let (settings, connections) = (Settings::default(), Connections::default());
        server::serve(listener, router, &settings, &connections, std::future::pending(), Duration::ZERO).await;
    });
    let (mut calls, mut told) = (JoinSet::new(), Vec::new());
    for number in 0..clients {
        calls.spawn(async move {
            let mut connection = call(address, number).await?;
            // Clients disconnect at any moment, from before the request is read to after it is answered; some wait for
            // their response.
            let moment = if number % 10 == 0 { HANG } else { Duration::from_micros(number * 7919 % 700_000) };
            let mut answer = String::new();
            let _ = timeout(moment, connection.read_to_string(&mut answer)).await;
            answer.contains(r#""result":"success""#).then_some(number)
        });
        sleep(Duration::from_micros(300)).await;
        while calls.len() > 40 {
            told.extend(calls.join_next().await.unwrap().unwrap());
        }
    }
    told.extend(calls.join_all().await.into_iter().flatten());
    // This client disconnects while its call waits for a lock, which is certainly the middle of the call.
    let mut other = api.pool.begin().await.unwrap();
    sqlx::query("UPDATE tblclients SET notes = 'x' WHERE id = 1").execute(&mut *other).await.unwrap();
    let connection = call(address, clients).await.unwrap();
    assert_eq!(clients % 4, 0, "it is of client 1");
    api.lock_waits_reach(1).await;
    drop(connection);
    other.commit().await.unwrap();
    api.eventually("id > 0", &format!("tblcredit WHERE description = 'op {clients}'"), &["1"]).await;
    // One client waits for its response while nobody else calls.
    let mut answer = String::new();
    let mut connection = call(address, clients + 1).await.unwrap();
    ends("a call", connection.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.contains(r#""result":"success""#), "{answer}");
    told.push(clients + 1);
    // Calls of disconnected clients are still running; each of them ends.
    let pool = hosts.current();
    eventually("every connection was returned", async || pool.used() == 0).await;
    eventually("no transaction is open", async || api.transactions().await.is_empty()).await;

    let entries = api.rows("SUBSTRING(description, 4), amount", "tblcredit WHERE description LIKE 'op %'").await;
    let entries: Vec<_> = entries.iter().map(|entry| entry.split_once(" | ").unwrap()).collect();
    assert!(entries.iter().all(|(_, amount)| *amount == "1.00"), "{entries:?}");
    let booked: HashSet<u64> = entries.iter().map(|(id, _)| id.parse().unwrap()).collect();
    assert_eq!(booked.len(), entries.len(), "each call happened once");
    let lost = told.iter().filter(|id| !booked.contains(id)).count();
    println!("{clients} clients, {} of them told, {} calls carried out, {lost} lost", told.len(), booked.len());
    assert_eq!(lost, 0);
    assert!(booked.contains(&clients) && !told.contains(&clients), "executed after the client disconnected");
    api.reply("action=AddCredit&clientid=2&amount=1").await;
}

/// Connects, and sends the call with this number.
async fn call(address: SocketAddr, number: u64) -> Option<TcpStream> {
    let body = format!(
        "responsetype=json&{CREDENTIAL}&action=AddCredit&clientid={}&amount=1&description=op+{number}",
        1 + number % 4
    );
    let request = format!(
        "POST /includes/api.php HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection = TcpStream::connect(address).await.ok()?;
    connection.write_all(request.as_bytes()).await.ok()?;
    Some(connection)
}
