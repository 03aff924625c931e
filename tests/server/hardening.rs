//! Clients that are slow, too many, or send too much.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::process::{Running, whmcs_api};
use crate::support::{CREDENTIAL, HANG, NEVER_SECONDS, TestApi};

/// Starts the program on a test's database. No client is too slow for it unless the settings say so.
pub fn start(api: &TestApi, settings: &[(&str, &str)]) -> Running {
    let mut command = whmcs_api(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("WHMCS_API_DATABASE_URL", api.database.url());
    for limit in ["HANDSHAKE", "HEADER", "BODY", "REPLY", "CALL"] {
        command.env(format!("WHMCS_API_LIMITS_{limit}_SECONDS"), NEVER_SECONDS.to_string());
    }
    command.envs(settings.iter().map(|(name, value)| (format!("WHMCS_API_{name}"), value)));
    Running::start(command)
}

pub fn request(body: &str) -> String {
    format!(
        "POST /includes/api.php HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub fn a_call() -> String {
    request(&format!("{CREDENTIAL}&action=GetCredits&clientid=1&responsetype=json"))
}

/// Sends one part every 100 ms until the server has closed the connection; returns the response and its time.
fn trickle(server: &Running, parts: impl Iterator<Item = String>) -> (String, Duration) {
    let start = Instant::now();
    let mut connection = TcpStream::connect(server.address).unwrap();
    connection.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut answer = Vec::new();
    for part in parts {
        let is_sent = connection.write_all(part.as_bytes()).is_ok();
        let mut bytes = [0; 4096];
        match connection.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&bytes[..count]),
            Err(_) if is_sent => {}
            Err(_) => break,
        }
        assert!(start.elapsed() < HANG, "the connection is still open");
    }
    (String::from_utf8(answer).unwrap(), start.elapsed())
}

/// Each time limit is one second in turn, and the others are longer than this test takes.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_slow_is_cut_off() {
    let api = TestApi::new().await;
    let (short_head, short_body) =
        (start(&api, &[("LIMITS_HEADER_SECONDS", "1")]), start(&api, &[("LIMITS_BODY_SECONDS", "1")]));
    tokio::task::block_in_place(|| {
        let call = a_call();
        let head = "POST /includes/api.php HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n";
        let endless = |text: &str| std::iter::repeat_n(text.to_owned(), 100_000);
        let begun = |text: &str, rest: &str| [text.to_owned()].into_iter().chain(endless(rest));
        std::thread::scope(|scope| {
            let slow = [
                scope.spawn(|| trickle(&short_head, begun("POST /includes/api.php HTTP/1.1\r\nx: ", "y"))),
                scope.spawn(|| trickle(&short_body, begun(head, "x"))),
                scope.spawn(|| trickle(&short_head, endless(""))),
                scope.spawn(|| {
                    // On a busy machine, a call that came too late is repeated.
                    let mut tries = std::iter::repeat_with(|| trickle(&short_head, begun(&call, ""))).take(100);
                    tries.find(|(answer, _)| !answer.is_empty()).unwrap()
                }),
            ];
            for (slow, (what, status)) in slow.into_iter().zip([
                ("a slow head", ""),
                ("a slow body", "HTTP/1.1 408 "),
                ("silence", ""),
                ("silence after a call", "HTTP/1.1 200 "),
            ]) {
                let (answer, after) = slow.join().unwrap();
                assert!(answer.starts_with(status) && (status.is_empty() == answer.is_empty()), "{what}: {answer}");
                assert!(after >= Duration::from_secs(1), "{what}: it had {after:?}");
            }
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_slow_keeps_nobody_waiting() {
    let api = TestApi::new().await;
    let server = start(&api, &[]);
    tokio::task::block_in_place(|| {
        let call = a_call();
        let (head, _) = call.split_at(call.find("\r\n\r\n").unwrap() + 4);
        let slow: Vec<TcpStream> = ["", &call[..20], head, &call]
            .iter()
            .flat_map(|begun| std::iter::repeat_n(begun, 10))
            .map(|begun| {
                let mut connection = TcpStream::connect(server.address).unwrap();
                connection.write_all(begun.as_bytes()).unwrap();
                connection
            })
            .collect();
        for _ in 0..20 {
            assert!(full_answer(&server, &call).starts_with("HTTP/1.1 200 "));
        }
        for mut connection in slow {
            connection.set_nonblocking(true).unwrap();
            assert!(!matches!(connection.read(&mut [0]), Ok(0)), "slow connections are still open");
        }
    });
}

/// A client that sends requests and never reads the responses.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_cut_off() {
    let api = TestApi::new().await;
    let server = start(&api, &[("LIMITS_REPLY_SECONDS", "1")]);
    tokio::task::block_in_place(|| {
        let mut connection = TcpStream::connect(server.address).unwrap();
        connection.set_write_timeout(Some(HANG)).unwrap();
        // The long name of the action is repeated in the reply.
        let call = request(&format!("{CREDENTIAL}&action={}", "x".repeat(500_000)));
        let start = Instant::now();
        let error = loop {
            match connection.write_all(call.as_bytes()) {
                Ok(()) => assert!(start.elapsed() < HANG, "the server continues to read requests"),
                Err(error) => break error,
            }
        };
        // The server closed the connection, and not the client.
        assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
        assert!(full_answer(&server, &a_call()).starts_with("HTTP/1.1 200 "));
    });
}

pub fn full_answer(server: &Running, request: &str) -> String {
    let mut connection = TcpStream::connect(server.address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    // Some old clients close their sending side after the request, and still read the response.
    connection.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    let _ = connection.read_to_string(&mut answer);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_refused() {
    let api = TestApi::new().await;
    let server = start(&api, &[]);
    tokio::task::block_in_place(|| {
        let headers = |count| "x: y\r\n".repeat(count);
        let announced = "POST /includes/api.php HTTP/1.1\r\nhost: x\r\ncontent-length: 2000000\r\n\r\n".to_owned();
        let twice =
            "POST /includes/api.php HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n";
        for (request, status) in [
            (a_call(), "200"),
            (format!("POST /includes/api.php HTTP/1.1\r\nhost: x\r\n{}\r\n", headers(60)), "403"),
            (format!("POST /includes/api.php HTTP/1.1\r\nhost: x\r\n{}\r\n", headers(200)), "431"),
            (format!("POST /includes/api.php?{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(70_000)), "431"),
            (announced, "413"),
            (format!("{twice}5\r\nabcde\r\n0\r\n\r\n"), "403"),
            ("GARBAGE\r\n\r\n".to_owned(), "400"),
        ] {
            let answer = full_answer(&server, &request);
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")),
                "{}: {answer}",
                &request[..40.min(request.len())]
            );
        }
        // The server may not have noticed the end of the last connections, so this is another server.
        let server = start(&api, &[("LIMITS_CONNECTIONS_PER_ADDRESS", "3")]);
        let held: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(server.address).unwrap()).collect();
        super::process::eventually("a further connection gets status 503", || {
            let mut answer = String::new();
            let mut more = TcpStream::connect(server.address).unwrap();
            let _ = more.read_to_string(&mut answer);
            answer.contains("503 Service Unavailable")
                && answer.contains("retry-after: 1")
                && answer.contains("cache-control: no-store")
                && answer.contains("x-content-type-options: nosniff")
                && answer.contains(r#""result":"error""#)
        });
        drop(held);
        super::process::eventually("a slot is free again", || {
            full_answer(&server, &a_call()).starts_with("HTTP/1.1 200 ")
        });
    });
}
