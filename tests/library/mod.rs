//! The library, as tests of other programs use it.

mod example;

use std::io::Read;
use std::net::TcpStream;
use std::time::Instant;

use serde_json::Value;
use whmcs_api::testing::{Builder, Server};

use crate::support::TlsClient;

fn call(server: &Server, request: &str) -> Value {
    let (identifier, secret) = (server.identifier(), server.secret());
    let body = format!("identifier={identifier}&secret={secret}&responsetype=json&{request}");
    let reply = ureq::post(server.url()).content_type("application/x-www-form-urlencoded").send(body);
    reply.unwrap().into_body().read_json().unwrap()
}

#[test]
fn the_documents_show_the_example_that_is_compiled() {
    let document = include_str!("../../docs/testing-against-it.md");
    assert!(document.contains(&format!("```rust\n{}```\n", include_str!("example.rs"))));
}

#[test]
fn each_server_has_data_of_its_own() {
    let servers: Vec<Server> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..4).map(|_| scope.spawn(|| Server::start().unwrap())).collect();
        starting.into_iter().map(|server| server.join().unwrap()).collect()
    });
    for server in &servers {
        let added = call(server, "action=AddCredit&clientid=2&description=x&amount=7");
        assert_eq!(added["newbalance"], "7.00");
    }
    let mut connection = TcpStream::connect(servers[0].address()).unwrap();
    drop(servers);
    // Another test may have this port by now, but the connection is to the stopped server.
    assert_eq!(connection.read(&mut [0]).unwrap_or(0), 0, "the server has stopped");
}

/// Starting also works if nothing else can run meanwhile.
#[tokio::test]
async fn it_starts_and_stops_within_an_asynchronous_test() {
    let server = Server::start().unwrap();
    let answer = reqwest::get(format!("http://{}/docs", server.address())).await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[test]
fn it_has_the_clients_that_are_asked_for() {
    let clients = |builder: Builder| call(&builder.start().unwrap(), "action=GetClients")["totalresults"].clone();
    assert_eq!(clients(Server::builder()), 7);
    assert_eq!(clients(Server::builder().without_clients()), 0);
    assert_eq!(clients(Server::builder().clients(20).seed(3)), 27);
    assert_eq!(clients(Server::builder().without_clients().clients(20)), 20);
    let server = Server::builder().without_clients().start().unwrap();
    let sold = call(&server, "action=GetProducts&pid=1");
    assert_eq!(sold["products"]["product"][0]["name"], "Starter", "products are on sale nevertheless");
}

#[test]
fn settings_may_be_others() {
    let server = Server::builder().settings(|settings| settings.compat.slashes = whmcs_api::config::Slashes::Escaped);
    let reply = call(&server.start().unwrap(), "action=WhmcsDetails");
    assert_eq!(reply["result"], "success");
}

#[test]
fn it_speaks_https() {
    let server = Server::builder().tls().start().unwrap();
    let certificate = std::fs::read_to_string(server.certificate().unwrap()).unwrap();
    let request = "GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = TlsClient::trusting(&certificate).exchange(server.address(), request).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && server.url().starts_with("https://127.0.0.1:"), "{answer}");
    assert!(Server::start().unwrap().certificate().is_none());
}

#[test]
fn what_cannot_be_is_told() {
    for (builder, told) in
        [(Server::builder().now("noon"), "noon"), (Server::builder().fault("action=AddMoney,drop"), "unknown action")]
    {
        let error = format!("{:#}", builder.start().err().unwrap());
        assert!(error.contains(told), "{error}");
    }
}

/// Only the first test starts a database server. With `--nocapture`, the time to start a server is printed.
#[test]
fn a_server_is_there_at_once() {
    Server::start().unwrap();
    let times: Vec<_> = (0..5)
        .map(|_| {
            let start = Instant::now();
            let server = Server::start().unwrap();
            let (started, stop) = (start.elapsed(), Instant::now());
            drop(server);
            (started, stop.elapsed())
        })
        .collect();
    println!("started and stopped in {times:?}");
    let folder = format!("whmcs-api-testing-{}/", std::process::id());
    let is_ours = |command: &String| command.contains("mariadbd") && command.contains(&folder);
    let processes = std::fs::read_dir("/proc").unwrap();
    let commands = processes.filter_map(|process| std::fs::read_to_string(process.ok()?.path().join("cmdline")).ok());
    assert_eq!(commands.filter(is_ours).count(), 1, "they share one database server");
}
