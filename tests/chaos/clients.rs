//! Clients that hang up in the middle of their calls.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use whmcs_api::config::{Compat, Settings};
use whmcs_api::metrics::Connections;
use whmcs_api::server;

use super::at_length;
use crate::support::{CREDENTIAL, TestApi, all, post, replica};

/// A call that was begun is finished, no connection is stranded and no transaction left open, and nothing that somebody
/// was told of is lost.
#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_up_cancel_nothing() {
    let clients = at_length(20_000, 500) as u64;
    let api = TestApi::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (hosts, router) = replica(&api.database, Compat::default()).await;
    // A new connection has all statements prepared, which is not what is tried here.
    all((0..10).map(|_| post(&router, "action=GetCredits&clientid=1"))).await;
    tokio::spawn(async move {
        let (settings, connections) = (Settings::default(), Connections::default());
        server::serve(listener, router, &settings, &connections, std::future::pending(), Duration::ZERO).await;
    });
    let (mut calls, mut told) = (JoinSet::new(), Vec::new());
    for number in 0..clients {
        calls.spawn(async move {
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
            // At any moment of the call, from before it is read to after it is answered.
            let moment = Duration::from_micros(number * 7919 % 700_000);
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
    let pool = hosts.current();
    timeout(Duration::from_secs(20), async {
        // Some calls may just be between two connections.
        let mut quiet = 0;
        while quiet < 10 {
            quiet = if pool.used() == 0 { quiet + 1 } else { 0 };
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("a connection is stranded");
    let open = "SELECT COUNT(*) FROM information_schema.innodb_trx t \
                JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id WHERE p.db = DATABASE()";
    let open: i64 = sqlx::query_scalar(open).fetch_one(&api.pool).await.unwrap();
    assert_eq!(open, 0, "a transaction is left open");

    let booked = api.rows("SUBSTRING(description, 4)", "tblcredit WHERE description LIKE 'op %'").await;
    let booked: std::collections::HashSet<u64> = booked.iter().map(|id| id.parse().unwrap()).collect();
    let lost = told.iter().filter(|id| !booked.contains(id)).count();
    println!("{clients} clients, {} of them told, {} calls carried out, {lost} lost", told.len(), booked.len());
    assert_eq!(lost, 0);
    assert!(!told.is_empty() && booked.len() > told.len(), "some hear their answer, some do not");
    let entries = api.rows("COUNT(*), SUM(amount)", "tblcredit WHERE description LIKE 'op %'").await;
    assert_eq!(entries, [format!("{0} | {0}.00", booked.len())], "each once");
    api.reply("action=AddCredit&clientid=2&amount=1").await;
}
