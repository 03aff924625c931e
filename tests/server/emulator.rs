//! The demo as an emulator for tests of API clients: a file that shows that it is ready, a clock that stands still, and
//! fault injection.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use super::process::{Running, eventually, run, stderr, stdout, whmcs_api};
use crate::support::{HANG, Scratch};

#[test]
fn a_file_says_where_calls_are_answered() {
    let folder = Scratch::new("ready-file");
    let file = folder.join("ready");
    fs::write(&file, "http://127.0.0.1:1/\n").unwrap();
    let mut demo = Running::demo(&folder, &["--port", "0", "--ready-file", file.to_str().unwrap()]);
    eventually("the file is there", || file.exists());
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("http://{}/includes/api.php\n", demo.address));
    let mut names: Vec<_> = fs::read_dir(&*folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["demo", "ready"], "no other file is left there");
    demo.stop();
    assert!(!file.exists());

    let output = run(&["demo", "--port", "0", "--ready-file", folder.to_str().unwrap()]);
    assert!(!output.status.success() && stderr(&output).contains("--ready-file"), "{}", stderr(&output));
}

#[test]
fn everybody_may_call_who_gets_to_it_where_it_is_exposed() {
    let folder = Scratch::new("exposed");
    let mut demo = Running::demo(&folder, &["--exposed"]);
    assert!(demo.address.ip().is_unspecified(), "{}", demo.address);
    // No packet is sent: the socket only shows which address of this machine would be used.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    if socket.connect("192.0.2.1:9").is_ok() {
        demo.address.set_ip(socket.local_addr().unwrap().ip());
    }
    assert!(demo.call("action=GetProductsGroups").contains("success"), "from {}", demo.address);
}

#[test]
fn the_clock_stands_still_where_it_is_told() {
    let folder = Scratch::new("clock");
    let demo = Running::demo(&folder, &["--now", "2024-02-29T23:59:59Z"]);
    for _ in 0..2 {
        // An old idempotency key is not forgotten either: the clock stands still.
        let added = demo.call("action=AddCredit&clientid=2&description=x&amount=7&idempotencykey=1");
        assert!(added.contains(r#""newbalance":"7.00""#), "{added}");
    }
    let history = demo.call("action=GetCredits&clientid=2");
    assert!(history.contains(r#""totalresults":1"#) && history.contains(r#""date":"2024-02-29""#), "{history}");

    let output = run(&["demo", "--now", "noon"]);
    assert!(!output.status.success() && stderr(&output).contains("--now noon"), "{}", stderr(&output));
}

const FAULTS: [&str; 7] = [
    "action=GetCredits,status=502,times=1",
    "action=AddCredit,drop,after,times=1",
    "action=GetCurrencies,drop",
    "action=GetStats,error=Sorry, \u{2601} not today",
    "action=GetProductsGroups,cut",
    "action=GetOrders,hang",
    "action=GetInvoices,latency=300ms",
];

#[test]
fn calls_fail_as_it_is_told() {
    let folder = Scratch::new("faults");
    let arguments: Vec<&str> = FAULTS.iter().flat_map(|fault| ["--fault", *fault]).collect();
    let mut command = whmcs_api(&["demo", "--listen", "127.0.0.1:0", "--data-dir", folder.to_str().unwrap()]);
    command.args(arguments).env("WHMCS_API_DRAIN_SECONDS", "600");
    let mut demo = Running::start(command);
    let answer = |request: &str| demo.exchange(&form(request));

    let bad_gateway = answer("action=GetCredits&clientid=2");
    assert!(bad_gateway.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{bad_gateway}");
    assert!(bad_gateway.contains("x-fault: action=GetCredits,status=502,times=1\r\n"), "{bad_gateway}");
    assert!(answer("action=GetCredits&clientid=2").contains(r#""totalresults":0"#), "only the first call fails");

    assert_eq!(answer("action=AddCredit&clientid=2&description=x&amount=7"), "");
    let history = answer("action=GetCredits&clientid=2");
    assert!(history.contains(r#""totalresults":1"#), "the call was executed nevertheless: {history}");
    assert!(!history.contains("x-fault"), "{history}");

    assert_eq!(answer("action=GetCurrencies"), "");
    let sorry = answer("action=GetStats");
    assert!(sorry.starts_with("HTTP/1.1 200 OK\r\n") && sorry.contains("x-fault: action=GetStats,error=Sorry, ? not"));
    assert!(sorry.ends_with(r#"{"result":"error","message":"Sorry, \u2601 not today"}"#), "{sorry}");
    let xml = answer("action=GetStats&responsetype=xml");
    assert!(xml.contains("<message>Sorry, \u{2601} not today</message>"), "{xml}");
    let problem =
        demo.exchange("POST /v1/GetStats HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    assert!(problem.starts_with("HTTP/1.1 422") && problem.contains("urn:whmcs-api:fault"), "{problem}");

    let half = answer("action=GetProductsGroups");
    let (head, body) = half.split_once("\r\n\r\n").unwrap();
    let told: usize = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
    assert!(head.contains("x-fault") && body.starts_with(r#"{"result":"success""#) && body.len() == told / 2, "{half}");

    let start = Instant::now();
    assert!(answer("action=GetInvoices").contains("x-fault: action=GetInvoices,latency=300ms\r\n"));
    assert!(start.elapsed() >= Duration::from_millis(300));

    let mut hanging = TcpStream::connect(demo.address).unwrap();
    hanging.write_all(form("action=GetOrders").as_bytes()).unwrap();
    let says_so = |line: &str| line.contains("a fault was injected into a call") && line.contains("GetOrders,hang");
    eventually("the call hangs", || demo.says().lines().any(says_so));
    assert!(demo.exchange("GET /docs HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").starts_with("HTTP/1.1 200"));
    hanging.set_nonblocking(true).unwrap();
    assert_eq!(hanging.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock, "no response was sent");
    hanging.set_nonblocking(false).unwrap();
    // The hanging call is ended when the server is told to stop, and not only when the process ends.
    demo.signal("TERM");
    hanging.set_read_timeout(Some(HANG)).unwrap();
    assert_eq!(hanging.read(&mut [0]).unwrap(), 0);
    assert!(demo.child.try_wait().unwrap().is_none(), "the server drains before it stops");
}

#[test]
fn clients_are_added_to_the_demo_or_to_an_empty_database() {
    let folder = Scratch::new("seed");
    let data = folder.to_str().unwrap();
    let output = run(&["seed", "--clients", "20", "--now", "2026-11-20T12:30:00Z", "--data-dir", data]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "Added 20 clients. `whmcs-api audit` checks their books.\n");
    assert!(!stderr(&output).contains("of 20 clients"), "no progress without a terminal: {}", stderr(&output));
    let output = run(&["audit", "--data-dir", data]);
    let printed = stdout(&output);
    assert!(printed.starts_with("Looked at 20 clients"), "{printed}");
    assert!(printed.ends_with("\nThe books are in order.\n"), "{printed} {}", stderr(&output));

    let demo = Running::demo(&folder, &["--clients", "20", "--seed", "7"]);
    let clients = demo.call("action=GetClients&limitnum=1");
    assert!(clients.contains(r#""totalresults":27"#), "{clients}");

    let output = run(&["seed", "--clients", "0"]);
    assert!(!output.status.success() && stderr(&output).contains("1..=1000000"), "{}", stderr(&output));
}

#[test]
fn invalid_rules_are_rejected_with_the_reason() {
    let output = run(&["demo", "--fault", "action=AddMoney,drop"]);
    assert!(!output.status.success() && stderr(&output).contains("unknown action \"AddMoney\""));
    let output = run(&["serve", "--fault", "drop"]);
    assert!(!output.status.success() && stderr(&output).contains("unexpected argument '--fault'"));
}

fn form(request: &str) -> String {
    use whmcs_api::demo::{IDENTIFIER, SECRET};
    let body = format!("responsetype=json&identifier={IDENTIFIER}&secret={SECRET}&{request}");
    format!(
        "POST /includes/api.php HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
