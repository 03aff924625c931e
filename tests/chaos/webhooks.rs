//! Three servers and the receiver of their webhooks are killed under load: no event is lost, and none comes under two ids.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::crashes::exchange;
use crate::server::process::{Running, kill, whmcs_api};
use crate::support::{Scratch, TestApi, demo_keys, settings_with_keys};

const SERVERS: usize = 3;
const CALLERS: usize = 24;
/// Calls without a kill, and with kills.
const CALLS: [usize; 2] = [600, 3_000];
const KILLS: usize = 20;

/// A delivery, as it came.
#[derive(Debug, Clone)]
struct Delivery {
    id: String,
    sequence: i64,
    client: i64,
}

type Log = Arc<Mutex<Vec<Delivery>>>;

/// A receiver that can be killed: its connections end wherever they are.
struct Receiver {
    address: SocketAddr,
    log: Log,
    task: JoinHandle<()>,
}

impl Receiver {
    async fn start() -> Receiver {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (address, log) = (listener.local_addr().unwrap(), Log::default());
        let task = tokio::spawn(serve(listener, Arc::clone(&log)));
        Receiver { address, log, task }
    }

    async fn kill(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    async fn restart(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.task = tokio::spawn(serve(listener, Arc::clone(&self.log)));
    }
}

async fn serve(listener: TcpListener, log: Log) {
    let mut connections = JoinSet::new();
    while let Ok((connection, _)) = listener.accept().await {
        connections.spawn(answer(connection, Arc::clone(&log)));
        while connections.try_join_next().is_some() {}
    }
}

/// Takes events from a connection until it ends.
async fn answer(mut connection: TcpStream, log: Log) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        let (head, body) = loop {
            if let Some(request) = request(&buffer) {
                break request;
            }
            if connection.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        };
        let event: Value = serde_json::from_slice(&buffer[head..body]).unwrap();
        let delivery = Delivery {
            id: event["id"].as_str().unwrap().to_owned(),
            sequence: event["sequence"].as_i64().unwrap(),
            client: event["data"]["userid"].as_i64().unwrap(),
        };
        log.lock().unwrap().push(delivery);
        // It may be killed between taking an event and saying so.
        sleep(Duration::from_millis(1)).await;
        connection.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.ok()?;
        buffer.drain(..body);
    }
}

/// Where the body of the first request begins and ends, if it is complete.
fn request(buffer: &[u8]) -> Option<(usize, usize)> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&buffer[..head]).unwrap().to_ascii_lowercase();
    let length: usize = text.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().unwrap();
    (buffer.len() >= head + length).then_some((head, head + length))
}

/// What callers have seen.
#[derive(Default)]
struct Calls {
    sent: AtomicUsize,
    acknowledged: AtomicUsize,
    unanswered: AtomicUsize,
}

/// Makes calls until this many are acknowledged, each about one of four clients, at whichever server runs.
async fn call(calls: &Calls, addresses: &Mutex<Vec<SocketAddr>>, until: usize) {
    while calls.acknowledged.load(Ordering::Relaxed) < until {
        let number = calls.sent.fetch_add(1, Ordering::Relaxed);
        let address = addresses.lock().unwrap()[number % SERVERS];
        let client = 1 + number / SERVERS % 4;
        let request = format!("action=UpdateClient&clientid={client}&companyname=x{number}&skipvalidation=1");
        match timeout(Duration::from_secs(30), exchange(address, &request)).await.ok().flatten() {
            Some((200, body)) if body.contains("success") => {
                calls.acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            Some((503, _)) => {}
            Some((status, body)) => panic!("{status} {body}"),
            None => {
                calls.unanswered.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// Waits until everything was delivered. What waits for a further attempt, or for the end of a claim, need not wait.
async fn delivered(api: &TestApi) {
    let left = "(SELECT COUNT(*) FROM mod_whmcs_api_events WHERE sequence IS NULL) \
                + (SELECT COUNT(*) FROM mod_whmcs_api_outbox_entries WHERE kind = 'webhook' AND state <> 'done')";
    let start = Instant::now();
    while api.rows(left, "(SELECT 1) AS one").await != ["0"] {
        assert!(start.elapsed() < Duration::from_mins(10), "not everything is delivered");
        sleep(Duration::from_secs(2)).await;
        let due = "UPDATE mod_whmcs_api_outbox_entries SET due_at = UTC_TIMESTAMP() WHERE kind = 'webhook' AND state = 'pending'";
        api.sql(due).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_is_lost_when_servers_and_the_receiver_are_killed() {
    // It takes minutes: `make test-chaos` runs it.
    if std::env::var_os("CHAOS").is_none() {
        return;
    }
    let mut settings = settings_with_keys();
    settings.webhooks.allowed_networks = vec!["127.0.0.0/8".parse().unwrap()];
    let api = TestApi::with_settings(settings).await;
    let mut receiver = Receiver::start().await;
    api.reply(&format!("action=AddWebhook&url=http://{}/&events=ClientEdit", receiver.address)).await;
    api.sql("UPDATE mod_whmcs_api_webhooks SET created_at = '2000-01-01'").await;
    let folder = Scratch::new("killed-webhooks");
    let config = folder.join("config.toml");
    let toml = format!(
        "[keys]\nfile = '{}'\n[webhooks]\nallowed_networks = ['127.0.0.0/8']\ntimeout_seconds = 2\n",
        demo_keys().display()
    );
    std::fs::write(&config, toml).unwrap();
    let start_server = || {
        let mut command: Command =
            whmcs_api(&["--config", config.to_str().unwrap(), "serve", "--listen", "127.0.0.1:0"]);
        command.env("WHMCS_API_DATABASE_URL", api.database.url());
        tokio::task::block_in_place(|| Running::start(command))
    };
    let mut servers: Vec<Running> = (0..SERVERS).map(|_| start_server()).collect();
    let addresses = Mutex::new(servers.iter().map(|server| server.address).collect::<Vec<_>>());
    let (calls, start) = (Calls::default(), Instant::now());
    let load = async |until: usize| {
        let callers = (0..CALLERS).map(|_| call(&calls, &addresses, until));
        futures_util::future::join_all(callers).await;
    };

    // While nothing fails, each event comes once, whichever of the three numbers and sends it.
    load(CALLS[0]).await;
    delivered(&api).await;
    let received = receiver.log.lock().unwrap().len();
    assert_eq!(received, calls.acknowledged.load(Ordering::Relaxed), "each event comes once");

    let until = CALLS[0] + CALLS[1];
    let killer = async {
        for number in 1..=KILLS {
            while calls.acknowledged.load(Ordering::Relaxed) < CALLS[0] + CALLS[1] * number / (KILLS + 1) {
                sleep(Duration::from_millis(5)).await;
            }
            if number % 2 == 0 {
                receiver.kill().await;
                sleep(Duration::from_millis(200)).await;
                receiver.restart().await;
            } else {
                let which = number / 2 % SERVERS;
                kill("KILL", servers[which].child.id());
                servers[which].child.wait().unwrap();
                servers[which] = start_server();
                addresses.lock().unwrap()[which] = servers[which].address;
            }
        }
    };
    tokio::join!(load(until), killer);
    delivered(&api).await;

    let deliveries = receiver.log.lock().unwrap().clone();
    let events = api.rows("event_id, sequence", "mod_whmcs_api_events ORDER BY sequence").await;
    let mut seen: BTreeMap<String, i64> = BTreeMap::new();
    let mut last: BTreeMap<i64, i64> = BTreeMap::new();
    for Delivery { id, sequence, client } in &deliveries {
        if let Some(earlier) = seen.insert(id.clone(), *sequence) {
            assert_eq!(earlier, *sequence, "an event has two numbers");
            continue;
        }
        let before = last.insert(*client, *sequence);
        assert!(before < Some(*sequence), "client {client}: {sequence} came after {before:?}");
    }
    let stored: BTreeSet<String> = events.iter().cloned().collect();
    let told: BTreeSet<String> = seen.iter().map(|(id, sequence)| format!("{id} | {sequence}")).collect();
    assert_eq!(told, stored, "each event that is stored was delivered, and no other");
    let numbers: BTreeSet<i64> = seen.values().copied().collect();
    assert_eq!(numbers.len(), events.len(), "each has a number of its own");
    let (acknowledged, unanswered) =
        (calls.acknowledged.load(Ordering::Relaxed), calls.unanswered.load(Ordering::Relaxed));
    println!(
        "{SERVERS} servers and a receiver, killed {KILLS} times in {:.0?}: {acknowledged} calls acknowledged, {unanswered} unanswered; \
         {} events, {} of them delivered again with the same id, 0 lost",
        start.elapsed(),
        events.len(),
        deliveries.len() - events.len()
    );
    assert!((acknowledged..=acknowledged + unanswered).contains(&events.len()), "{} events", events.len());
}
