//! `make bench-guessing`: measures how guessing of secrets affects other clients.
//!
//! Starts the demo and measures a client that calls it steadily: first alone, then while 10,000 wrong secrets per
//! second arrive from the same address. Fails if the client's p99 or the server's memory exceeds its bound.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, sleep_until};
use whmcs_api::demo;

const ATTEMPTS_PER_SECOND: u32 = 10_000;
const ATTACKERS: u32 = 16;
const ALONE: Duration = Duration::from_secs(5);
const ATTACK: Duration = Duration::from_secs(20);
const BETWEEN_CALLS: Duration = Duration::from_millis(10);
const P99_BOUND: Duration = Duration::from_millis(50);
const MEMORY_BOUND: u64 = 128 * 1024;

/// The demo server, which is stopped when this is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

#[tokio::main]
async fn main() {
    let data_dir = std::env::temp_dir().join(format!("whmcs-api-guessing-{}", std::process::id()));
    let (server, address) = start(&data_dir);
    let alone = call_steadily(address, ALONE).await;
    let memory_alone = memory(&server, "VmRSS");
    let (attempts, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    let attack = async {
        let attackers = (0..ATTACKERS).map(|number| guess(address, number, &attempts, &refused));
        join(attackers).await;
    };
    let (under_attack, ()) = tokio::join!(call_steadily(address, ATTACK), attack);
    let memory_at_most = memory(&server, "VmHWM");
    drop(server);
    let _ = std::fs::remove_dir_all(data_dir);

    let (attempts, refused) = (attempts.into_inner(), refused.into_inner());
    println!("wrong secrets sent       {attempts} in {} s, {} of them rejected unchecked", ATTACK.as_secs(), refused);
    println!("                         calls   p50        p99        slowest");
    for (name, mut times) in [("a known client alone", alone), ("the same under attack", under_attack)] {
        times.sort();
        let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
        println!("{name:<24} {:<7} {:<10.1?} {:<10.1?} {:.1?}", times.len(), at(50), at(99), at(100));
        assert!(at(99) < P99_BOUND, "the p99 is above {P99_BOUND:?}");
    }
    println!("memory of the server     {} MiB alone, {} MiB at most", memory_alone / 1024, memory_at_most / 1024);
    assert!(memory_at_most < MEMORY_BOUND, "the server's memory is above {} MiB", MEMORY_BOUND / 1024);
    let wanted = u64::from(ATTEMPTS_PER_SECOND) * ATTACK.as_secs();
    assert!(attempts * 10 > wanted * 9, "this machine could not send {ATTEMPTS_PER_SECOND} attempts a second");
}

fn start(data_dir: &std::path::Path) -> (Server, SocketAddr) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_whmcs-api"))
        .args(["demo", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data_dir)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut lines = BufReader::new(child.stderr.take().expect("its standard error is piped")).lines();
    let address = loop {
        let line = lines.next().expect("the server logs its address").expect("it says it in text");
        if let Some((_, url)) = line.split_once("http://") {
            break url.split('/').next().unwrap_or_default().parse().expect("an address");
        }
    };
    std::thread::spawn(move || lines.for_each(drop));
    (Server(child), address)
}

/// In KiB.
fn memory(server: &Server, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.0.id())).expect("its status");
    let line = status.lines().find(|line| line.starts_with(field)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

/// Durations of the calls of a client with the right secret.
async fn call_steadily(address: SocketAddr, duration: Duration) -> Vec<Duration> {
    let mut connection = Connection::open(address).await;
    let (start, mut times) = (Instant::now(), Vec::new());
    let secret = demo::SECRET;
    while start.elapsed() < duration {
        let before = Instant::now();
        let status = connection.call(demo::IDENTIFIER, secret).await;
        times.push(before.elapsed());
        assert_eq!(status, 200, "a client with the right secret was refused");
        sleep(BETWEEN_CALLS).await;
    }
    times
}

async fn guess(address: SocketAddr, number: u32, attempts: &AtomicU64, refused: &AtomicU64) {
    let mut connection = Connection::open(address).await;
    let start = tokio::time::Instant::now();
    let pace = Duration::from_secs(1) * ATTACKERS / ATTEMPTS_PER_SECOND;
    for attempt in 0.. {
        let due = start + pace * attempt;
        if due - start >= ATTACK {
            return;
        }
        sleep_until(due).await;
        // Half of them use the other client's identifier, half one of many others.
        let unknown = format!("Unknown{attempt}");
        let identifier = if attempt % 2 == 0 { demo::IDENTIFIER } else { &unknown };
        let status = connection.call(identifier, &format!("wrong{number}x{attempt}")).await;
        attempts.fetch_add(1, Ordering::Relaxed);
        match status {
            429 => refused.fetch_add(1, Ordering::Relaxed),
            403 | 503 => 0,
            other => panic!("the response to a wrong secret was {other}"),
        };
    }
}

async fn join(futures: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if futures.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

/// A connection that is kept open.
struct Connection(TcpStream);

impl Connection {
    async fn open(address: SocketAddr) -> Connection {
        let stream = TcpStream::connect(address).await.expect("the server accepts connections");
        stream.set_nodelay(true).expect("a TCP connection");
        Connection(stream)
    }

    /// Returns the status, once the whole response has arrived.
    async fn call(&mut self, identifier: &str, secret: &str) -> u16 {
        let body = format!("identifier={identifier}&secret={secret}&action=GetCredits&clientid=1&responsetype=json");
        let request = format!(
            "POST /includes/api.php HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.write_all(request.as_bytes()).await.expect("the server accepts requests");
        let mut answer = Vec::new();
        loop {
            let count = self.0.read_buf(&mut answer).await.expect("the server answers");
            assert!(count > 0, "the server closed the connection");
            let text = String::from_utf8_lossy(&answer);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if body.len() >= length.and_then(|length| length.parse().ok()).expect("a length") {
                    return text.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
                }
            }
        }
    }
}
