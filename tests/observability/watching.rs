//! Monitoring of the server: metrics, and the log.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use axum::http::HeaderValue;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use whmcs_api::config::{Settings, Upstream};
use whmcs_api::database::hosts::Hosts;

use crate::server::hardening::{a_call, full_answer, start};
use crate::server::process::{Running, eventually};
use crate::support::{CREDENTIAL, Cut, Proxy, ScriptedUpstream, TestApi, api_with, form, post, until_ok};

/// Returns the value of a series, by its name and labels.
#[track_caller]
fn value(numbers: &str, series: &str) -> i64 {
    let line = numbers.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in\n{numbers}")).parse().unwrap()
}

#[tokio::test]
async fn calls_are_counted_by_action_and_outcome() {
    let api = TestApi::new().await;
    for request in [
        &format!("{CREDENTIAL}&action=GetCredits&clientid=1"),
        &format!("{CREDENTIAL}&action=getcredits&clientid=2"),
        &format!("{CREDENTIAL}&action=GetCredits&clientid=9"),
        &format!("{CREDENTIAL}&action=AddCredit&clientid=1&amount=5&description=x"),
        &format!("{CREDENTIAL}&action=Made\"Up"),
        &format!("{CREDENTIAL}&action=InventedAnew"),
        CREDENTIAL,
        "identifier=TestIdentifier&secret=wrong&action=GetCredits",
    ] {
        post(&api.router, request).await;
    }
    let numbers = api.api.metrics_text().await.unwrap();
    for (series, expected) in [
        (r#"whmcs_api_calls_total{action="GetCredits",outcome="success"}"#, 2),
        (r#"whmcs_api_calls_total{action="GetCredits",outcome="refused"}"#, 1),
        (r#"whmcs_api_calls_total{action="GetCredits",outcome="denied"}"#, 1),
        (r#"whmcs_api_calls_total{action="GetCredits",outcome="failed"}"#, 0),
        (r#"whmcs_api_calls_total{action="AddCredit",outcome="success"}"#, 1),
        (r#"whmcs_api_calls_total{action="unknown",outcome="refused"}"#, 3),
        (r#"whmcs_api_call_duration_seconds_count{action="GetCredits"}"#, 4),
        (r#"whmcs_api_call_duration_seconds_bucket{le="+Inf",action="AddCredit"}"#, 1),
        (r#"whmcs_api_logins_failed_total{reason="credential"}"#, 1),
        (r#"whmcs_api_attempts_repeated_total{kind="write"}"#, 0),
        ("whmcs_api_calls_in_flight", 0),
        ("whmcs_api_calls_limit", 512),
        ("whmcs_api_ready", 1),
    ] {
        assert_eq!(value(&numbers, series), expected, "{series}");
    }
    assert!(value(&numbers, r#"whmcs_api_database_wait_seconds_count{purpose="everything"}"#) >= 8);
    assert!(!numbers.contains("Made") && !numbers.contains("Invented"), "callers cannot create series");
}

#[tokio::test]
async fn what_is_done_again_waits_or_is_lost_is_counted() {
    let api = TestApi::new().await;
    let proxy = Proxy::start("watching", api.database.options(), Cut::Before, 1);
    let hosts = Hosts::open(vec![proxy.options(api.database.options())], 10).await.unwrap();
    let (through_proxy, router) = api_with(hosts, None, &Settings::default());
    let request = format!("{CREDENTIAL}&action=AddCredit&clientid=1&amount=5&description=x");
    assert_eq!(post(&router, &request).await.0, 200);
    api.sql(
        "INSERT INTO mod_whmcs_api_outbox_entries (kind, state, due_at) VALUES ('mail', 'pending', '2026-01-01'), \
           ('mail', 'unknown', '2026-01-01'), ('module', 'running', '2026-01-01'), ('module', 'done', '2026-01-01'); \
         INSERT INTO mod_whmcs_api_outbox (email_id, due_at) VALUES (1000, '2026-01-01'), (1001, '2026-01-01'); \
         INSERT INTO mod_whmcs_api_outbox (email_id, is_failed, due_at) VALUES (1002, 1, '2026-01-01'); \
         INSERT INTO mod_whmcs_api_module_calls (service_id, due_at) VALUES (1000, '2026-01-01'); \
         INSERT INTO mod_whmcs_api_module_calls (service_id, outcome) VALUES (1001, 'success'); \
         INSERT INTO tblmodulequeue (service_id, completed) VALUES (1000, 0), (1001, 0), (1002, 1); \
         INSERT INTO mod_whmcs_api_holds (name, reason, created_at) VALUES ('outbox', 'restored', '2026-01-01')",
    )
    .await;
    let numbers = through_proxy.metrics_text().await.unwrap();
    for (series, expected) in [
        (r#"whmcs_api_attempts_repeated_total{kind="write"}"#, 1),
        (r#"whmcs_api_calls_total{action="AddCredit",outcome="success"}"#, 1),
        (r#"whmcs_api_outbox_entries{kind="mail",state="pending"}"#, 3),
        (r#"whmcs_api_outbox_entries{kind="mail",state="failed"}"#, 1),
        (r#"whmcs_api_outbox_entries{kind="mail",state="unknown"}"#, 1),
        (r#"whmcs_api_outbox_entries{kind="module",state="pending"}"#, 2),
        (r#"whmcs_api_outbox_attempts_total{kind="module",outcome="done"}"#, 0),
        ("whmcs_api_module_queue_entries", 2),
        ("whmcs_api_outbox_held", 1),
        ("whmcs_api_log_records_lost_total", 0),
    ] {
        assert_eq!(value(&numbers, series), expected, "{series}");
    }
    // Without a database, the metrics that need none are returned.
    let (lost, _) = api_with(Arc::clone(&api.hosts), None, &Settings::default());
    api.hosts.close().await;
    let numbers = lost.metrics_text().await.unwrap();
    assert_eq!(value(&numbers, "whmcs_api_ready"), 0);
    assert!(!numbers.contains("whmcs_api_outbox_entries"), "{numbers}");
}

#[tokio::test]
async fn what_an_audit_found_is_told() {
    let api = TestApi::new().await;
    api.sql("UPDATE tblclients SET credit = credit + 1 WHERE id = 1").await;
    assert!(!api.api.metrics_text().await.unwrap().contains("audit_timestamp_seconds "), "there was no audit yet");
    api.api.audit().await;
    let numbers = api.api.metrics_text().await.unwrap();
    assert_eq!(value(&numbers, r#"whmcs_api_audit_findings{rule="balance"}"#), 1);
    assert_eq!(value(&numbers, r#"whmcs_api_audit_findings{rule="add_funds"}"#), 0);
    assert!(value(&numbers, r#"whmcs_api_audit_checked{of="clients"}"#) > 0);
    assert!(value(&numbers, "whmcs_api_audit_timestamp_seconds") > 1_700_000_000);
}

/// Returns the names of metrics in a text, without the suffixes of histograms and counters.
fn names(text: &str) -> std::collections::BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let names = words.filter(|word| word.starts_with("whmcs_api_") && !word.ends_with('_'));
    names
        .map(|name| {
            ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
        })
        .collect()
}

#[tokio::test]
async fn the_documents_know_the_metrics_and_no_others() {
    let upstream = ScriptedUpstream::start().await;
    let upstream = Upstream { compare: vec!["GetCredits".to_owned()], ..upstream.settings() };
    let api = TestApi::with_settings(Settings { upstream, ..Settings::default() }).await;
    api.api.audit().await;
    api.api.automate(&CancellationToken::new()).await;
    api.api.connections().certificate_expiry.set(1);
    post(&api.router, &format!("{CREDENTIAL}&action=GetCredits&clientid=1")).await;
    let numbers = until_ok(async || {
        let numbers = api.api.metrics_text().await.unwrap();
        if numbers.contains("upstream_differences_total{") { Ok(numbers) } else { Err(numbers) }
    })
    .await;
    let samples: Vec<&str> = numbers.lines().filter(|line| !line.starts_with('#')).collect();
    let real = names(&samples.join("\n"));
    assert!(real.len() >= 25, "{real:?}");
    let manual = names(include_str!("../../docs/operating.md"));
    assert_eq!(manual, real, "docs/operating.md explains each, and no others");
    for (document, text) in [
        ("docs/alerts.yaml", include_str!("../../docs/alerts.yaml")),
        ("docs/grafana-dashboard.json", include_str!("../../docs/grafana-dashboard.json")),
    ] {
        let used = names(text);
        assert!(used.len() > 8, "{document}: {used:?}");
        let unknown: Vec<_> = used.difference(&real).collect();
        assert!(unknown.is_empty(), "{document} has unknown metrics: {unknown:?}");
    }
    serde_json::from_str::<serde_json::Value>(include_str!("../../docs/grafana-dashboard.json")).unwrap();
}

fn get(address: &str, path: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_a_listener_of_their_own() {
    let api = TestApi::new().await;
    let mut server = start(&api, &[("METRICS_LISTEN", "127.0.0.1:0"), ("LIMITS_HEADER_SECONDS", "10")]);
    tokio::task::block_in_place(|| {
        let mut address = String::new();
        eventually("the log has the address of the metrics", || {
            let said = server.says();
            let found = said.split("metrics are at http://").nth(1).and_then(|rest| rest.split('/').next());
            address = found.unwrap_or_default().to_owned();
            !address.is_empty()
        });
        assert!(full_answer(&server, &a_call()).starts_with("HTTP/1.1 200 "));
        let held = TcpStream::connect(server.address).unwrap();
        eventually("an open connection is counted, but not the scraper's", || {
            value(&get(&address, "/metrics"), "whmcs_api_connections_open") == 1
        });
        let answer = get(&address, "/metrics");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains("\r\ncontent-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"));
        assert!(answer.ends_with("# EOF\n"));
        assert_eq!(value(&answer, r#"whmcs_api_calls_total{action="GetCredits",outcome="success"}"#), 1);
        drop(held);
        for (path, status) in [("/readyz", "200"), ("/healthz", "200"), ("/", "404"), ("/includes/api.php", "404")] {
            assert!(get(&address, path).starts_with(&format!("HTTP/1.1 {status} ")), "{path}");
        }
        assert!(get(&server.address.to_string(), "/metrics").starts_with("HTTP/1.1 404 "), "metrics are private");
        server.stop();
    });
}

#[tokio::test]
async fn a_request_id_is_taken_over_where_it_is_plain() {
    let api = TestApi::new().await;
    let long = "x".repeat(129);
    for (number, (sent, is_taken)) in [
        ("abc-1", true),
        ("Root=1-67891233-abcdef012345678912345678", true),
        (&long[1..], true),
        (&long, false),
        ("", false),
        ("two words", false),
        ("<b>", false),
        ("{\"a\":1}", false),
        ("caf\u{e9}", false),
    ]
    .into_iter()
    .enumerate()
    {
        for path in ["/includes/api.php", "/v1/GetCredits"] {
            let mut request = form(&format!("{CREDENTIAL}&action=GetCredits&clientid={number}&responsetype=json"));
            *request.uri_mut() = path.parse().unwrap();
            request.headers_mut().insert("x-request-id", HeaderValue::from_bytes(sent.as_bytes()).unwrap());
            let response = api.router.clone().oneshot(request).await.unwrap();
            let told = response.headers()["x-request-id"].to_str().unwrap();
            match is_taken {
                true => assert_eq!(told, sent),
                false => assert!(told.len() == 16 && told.bytes().all(|byte| byte.is_ascii_hexdigit()), "{told}"),
            }
        }
    }
}

/// Returns the lines that a server logged for a call with this id.
fn lines_of(server: &Running, id: &str) -> Vec<serde_json::Value> {
    let said = server.says();
    let lines = said.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect(line));
    lines.filter(|line| line["span"]["id"] == id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_can_be_read_by_programs() {
    let api = TestApi::new().await;
    let server = start(&api, &[("LOG_FORMAT", "json"), ("LOG", "debug")]);
    tokio::task::block_in_place(|| {
        let call = crate::server::hardening::request(&format!(
            "{CREDENTIAL}&action=AddCredit&clientid=1&amount=5&description=x"
        ));
        let call = call.replacen("\r\n", "\r\nx-request-id: order-77\r\n", 1);
        assert!(full_answer(&server, &call).contains("\r\nx-request-id: order-77\r\n"));
        eventually("the call is logged", || {
            lines_of(&server, "order-77").iter().any(|line| line["message"] == "answered")
        });
        let lines = lines_of(&server, "order-77");
        // The lines include those about the statements of its transaction.
        assert!(lines.len() > 5, "{lines:?}");
        let answered = lines.iter().find(|line| line["message"] == "answered").unwrap();
        assert_eq!(answered["level"], "DEBUG");
        assert_eq!(answered["status"], 200);
        assert_eq!((&answered["span"]["action"], &answered["outcome"]), (&"AddCredit".into(), &"success".into()));
        assert!(answered["timestamp"].as_str().unwrap().ends_with('Z'));
    });
}

#[test]
#[cfg(not(feature = "traces"))]
fn a_program_without_traces_says_so() {
    let mut command = crate::server::process::whmcs_api(&["config"]);
    let output = command.env("WHMCS_API_TRACES_URL", "http://127.0.0.1:4318/v1/traces").output().unwrap();
    let told = crate::server::process::stderr(&output);
    assert!(!output.status.success() && told.contains("cargo build --features traces"), "{told}");
}
