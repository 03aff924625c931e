//! HTTPS: real clients, certificates that change, and clients that do not get on with their handshake.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustls::version;

use super::hardening::{a_call, full_answer, start};
use super::process::{Running, eventually, run, stderr, whmcs_api};
use crate::support::{HANG, NEVER_SECONDS, Scratch, TestApi, TestCertificate, TlsClient, TlsConnection};

/// Starts the program with a certificate.
fn start_tls(api: &TestApi, certificate: &TestCertificate, folder: &Path, settings: &[(&str, &str)]) -> Running {
    let files = certificate.write(folder);
    let own = [("TLS_CERTIFICATE", &files.certificate), ("TLS_KEY", &files.key)];
    let own: Vec<_> = own.iter().map(|(name, path)| (*name, path.to_str().unwrap())).collect();
    start(api, &[&own, settings].concat())
}

/// A call after which the server closes the connection.
fn last_call() -> String {
    a_call().replacen("\r\n", "\r\nconnection: close\r\n", 1)
}

fn is_answered(client: &TlsClient, server: &Running) -> bool {
    client.exchange(server.address, &last_call()).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 "))
}

/// Connects, if need be after some attempts.
fn connected(client: &TlsClient, server: &Running) -> TlsConnection {
    let mut connection = None;
    eventually("a client connects", || {
        connection = client.connect(server.address).ok();
        connection.is_some()
    });
    connection.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_all_kinds_are_answered() {
    let api = TestApi::new().await;
    let (folder, certificate) = (Scratch::new("tls-clients"), TestCertificate::usual());
    let mut server = start_tls(&api, &certificate, &folder, &[]);
    tokio::task::block_in_place(|| {
        let root = &certificate.root;
        for (what, client) in [
            ("TLS 1.2", TlsClient::with_versions(root, &[&version::TLS12])),
            ("TLS 1.3", TlsClient::with_versions(root, &[&version::TLS13])),
            ("HTTP/1.1 is negotiated", TlsClient::trusting(root).protocols(&["h2", "http/1.1"])),
        ] {
            assert!(is_answered(&client, &server), "{what}");
        }
        let negotiated = TlsClient::trusting(root).protocols(&["h2", "http/1.1"]).connect(server.address).unwrap();
        assert_eq!(negotiated.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        let error = TlsClient::trusting(root).protocols(&["h2"]).connect(server.address).err().unwrap();
        assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
        let error = TlsClient::trusting(&TestCertificate::usual().root).connect(server.address).err().unwrap();
        assert!(error.to_string().contains("invalid peer certificate"), "{error}");

        // Some old clients close their sending side after the request, and still read the response.
        let mut connection = TlsClient::trusting(root).connect(server.address).unwrap();
        connection.write_all(a_call().as_bytes()).unwrap();
        connection.conn.send_close_notify();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

        // Several calls over one connection.
        let mut connection = TlsClient::trusting(root).connect(server.address).unwrap();
        for _ in 0..3 {
            connection.write_all(a_call().as_bytes()).unwrap();
            let mut bytes = [0; 8192];
            let count = connection.read(&mut bytes).unwrap();
            assert!(bytes[..count].starts_with(b"HTTP/1.1 200 "));
        }
        drop(connection);

        let folder = folder.to_str().unwrap();
        fs::write(format!("{folder}/root.pem"), root).unwrap();
        let url = format!("https://{}/includes/api.php", server.address);
        let body = a_call().split("\r\n\r\n").nth(1).unwrap().to_owned();
        let curl = Command::new("curl")
            .args(["--silent", "--show-error", "--cacert", &format!("{folder}/root.pem"), "-d", &body, &url])
            .output()
            .unwrap();
        assert!(String::from_utf8_lossy(&curl.stdout).contains(r#""result":"success""#), "{}", stderr(&curl));
        assert!(server.says().contains(&format!("listening at {url}\n")), "{}", server.says());
        server.stop();
    });
    // The address of callers is that of their connection.
    for caller in api.rows("request_headers", "tblapilog").await {
        assert!(caller.contains(r#""address":"127.0.0.1""#), "{caller}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_without_tls_is_told_what_to_do() {
    let api = TestApi::new().await;
    let (folder, certificate) = (Scratch::new("tls-plain"), TestCertificate::usual());
    let server = start_tls(&api, &certificate, &folder, &[]);
    tokio::task::block_in_place(|| {
        let long = super::hardening::request(&"x".repeat(300_000));
        for request in [a_call(), "GET /docs HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(), long] {
            let answer = full_answer(&server, &request);
            assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("content-length: {}", body.len())), "{answer}");
            assert!(
                head.contains("cache-control: no-store") && head.contains("x-content-type-options: nosniff"),
                "{head}"
            );
            let reply: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(reply["result"], "error");
            assert!(reply["message"].as_str().unwrap().contains("use https://"), "{reply}");
        }
        // Whatever is neither HTTP nor TLS is closed.
        let mut connection = TcpStream::connect(server.address).unwrap();
        connection.set_read_timeout(Some(HANG)).unwrap();
        connection.write_all(&[0; 100]).unwrap();
        let mut answer = Vec::new();
        let _ = connection.read_to_end(&mut answer);
        assert!(answer.len() < 10, "at most an alert: {answer:?}");
        assert!(is_answered(&TlsClient::trusting(&certificate.root), &server));
    });
    assert_eq!(api.rows("COUNT(*)", "tblapilog WHERE request LIKE '%xxx%'").await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_handshakes_are_cut_off() {
    let api = TestApi::new().await;
    let (folder, certificate) = (Scratch::new("tls-slow"), TestCertificate::usual());
    let never = NEVER_SECONDS.to_string();
    let limits = [("LIMITS_HANDSHAKE_SECONDS", "1"), ("LIMITS_HEADER_SECONDS", &never)];
    let server = start_tls(&api, &certificate, &folder, &limits);
    tokio::task::block_in_place(|| {
        let mut established = connected(&TlsClient::trusting(&certificate.root), &server);
        // The head of a record of 512 bytes, and then one byte after the other; HTTP without an end; silence.
        let hello = [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3];
        for begun in [&hello[..], b"POST / HTTP/1.1\r\ncontent-length: 900000\r\n\r\n"] {
            // The limit begins after this moment.
            let start = Instant::now();
            let mut connection = TcpStream::connect(server.address).unwrap();
            let _ = connection.write_all(begun);
            eventually("the connection is closed", || connection.write_all(b"x").is_err());
            assert!(start.elapsed() >= Duration::from_secs(1), "{begun:?}: it had {:?}", start.elapsed());
        }
        let start = Instant::now();
        let mut connection = TcpStream::connect(server.address).unwrap();
        connection.set_read_timeout(Some(HANG)).unwrap();
        assert_eq!(connection.read(&mut [0]).unwrap(), 0, "it is closed without a word");
        assert!(start.elapsed() >= Duration::from_secs(1), "it had {:?}", start.elapsed());
        // The limit is for the handshake alone: this connection has been open for longer.
        established.write_all(last_call().as_bytes()).unwrap();
        let mut answer = String::new();
        established.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    });
}

/// With room for eight connections, fifty clients connect and stay silent.
#[tokio::test(flavor = "multi_thread")]
async fn silent_clients_keep_nobody_out() {
    let api = TestApi::new().await;
    let (folder, certificate) = (Scratch::new("tls-silent"), TestCertificate::usual());
    let client = TlsClient::trusting(&certificate.root);
    for limit in ["LIMITS_CONNECTIONS", "LIMITS_CONNECTIONS_PER_ADDRESS"] {
        let never = NEVER_SECONDS.to_string();
        let server = start_tls(&api, &certificate, &folder, &[(limit, "8"), ("LIMITS_HEADER_SECONDS", &never)]);
        tokio::task::block_in_place(|| {
            let silent: Vec<TcpStream> = (0..50).map(|_| TcpStream::connect(server.address).unwrap()).collect();
            for _ in 0..5 {
                assert!(is_answered(&client, &server), "{limit}");
            }
            let is_closed = |mut connection: &TcpStream| {
                connection.set_nonblocking(true).unwrap();
                !connection.read(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
            };
            eventually("the silent clients have no more than the slots", || {
                silent.iter().filter(|connection| is_closed(connection)).count() >= 42
            });

            // Who has completed the handshake keeps the slot. A client knows that the server has completed it by a response.
            let hold = |_| {
                let mut connection = connected(&client, &server);
                connection.write_all(a_call().as_bytes()).unwrap();
                assert!(connection.read(&mut [0; 8192]).unwrap() > 0);
                connection
            };
            let held: Vec<_> = (0..8).map(hold).collect();
            eventually("the silent ones have no slot left", || silent.iter().all(is_closed));
            assert!(!is_answered(&client, &server), "{limit}: all slots are occupied");
            for mut connection in held {
                connection.write_all(last_call().as_bytes()).unwrap();
                let mut answer = String::new();
                connection.read_to_string(&mut answer).unwrap();
                assert!(answer.starts_with("HTTP/1.1 200 "), "{limit}: {answer}");
            }
            eventually("a slot is free again", || is_answered(&client, &server));
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let api = TestApi::new().await;
    let (folder, old, new) = (Scratch::new("tls-renewed"), TestCertificate::usual(), TestCertificate::usual());
    let server = start_tls(&api, &old, &folder, &[]);
    let (trusts_old, trusts_new) = (TlsClient::trusting(&old.root), TlsClient::trusting(&new.root));
    tokio::task::block_in_place(|| {
        let mut connection = trusts_old.connect(server.address).unwrap();
        // The key of another certificate, as if the renewal had stopped halfway; then no file at all.
        for (break_it, told) in [
            (
                Box::new(|| fs::write(folder.join("privkey.pem"), &new.key).unwrap()) as Box<dyn Fn()>,
                "is not the key of",
            ),
            (Box::new(|| fs::remove_file(folder.join("privkey.pem")).unwrap()), "No such file"),
        ] {
            break_it();
            eventually("the log says what is wrong", || server.says().contains(told));
            let line = server.says().lines().find(|line| line.contains(told)).unwrap().to_owned();
            assert!(line.contains("WARN") && line.contains("stays in use"), "{line}");
            assert!(is_answered(&trusts_old, &server));
        }
        new.write(&folder);
        eventually("new connections get the new certificate", || is_answered(&trusts_new, &server));
        assert!(!is_answered(&trusts_old, &server));
        assert!(server.says().contains("was replaced by the one in its changed files"), "{}", server.says());
        // Connections that are open stay so.
        connection.write_all(last_call().as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert_eq!(server.says().matches("is not the key of").count(), 1, "it is said once");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_the_server_from_starting_is_named() {
    let api = TestApi::new().await;
    let folder = Scratch::new("tls-start");
    let files = TestCertificate::usual().write(&folder);
    let other = Scratch::new("tls-start-other");
    let other = TestCertificate::usual().write(&other);
    let (certificate, key, other) =
        (files.certificate.to_str().unwrap(), files.key.to_str().unwrap(), other.key.to_str().unwrap());
    let url = api.database.url();
    tokio::task::block_in_place(|| {
        for (variables, told) in [
            (&[("CERTIFICATE", certificate)][..], "tls.key: is missing"),
            (&[("KEY", key)], "tls.certificate: is missing"),
            (&[("CERTIFICATE", certificate), ("KEY", "/nowhere.pem")], "tls.key: reading /nowhere.pem: No such file"),
            (&[("CERTIFICATE", certificate), ("KEY", other)], "is not the key of the first certificate"),
        ] {
            for command in ["serve", "demo"] {
                let mut program =
                    whmcs_api(&[command, "--listen", "127.0.0.1:0", "--data-dir", folder.to_str().unwrap()]);
                program.env("WHMCS_API_DATABASE_URL", &url);
                program.envs(variables.iter().map(|(name, value)| (format!("WHMCS_API_TLS_{name}"), value)));
                let output = program.output().unwrap();
                assert!(!output.status.success() && stderr(&output).contains(told), "{told}: {}", stderr(&output));
            }
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_used_with_a_warning() {
    let api = TestApi::new().await;
    let (folder, certificate) = (Scratch::new("tls-expired"), TestCertificate::valid(-30, -1));
    let server = start_tls(&api, &certificate, &folder, &[]);
    tokio::task::block_in_place(|| {
        assert!(server.says().contains("the TLS certificate expired at"), "{}", server.says());
        let error = TlsClient::trusting(&certificate.root).connect(server.address).err().unwrap();
        assert!(error.to_string().contains("certificate expired"), "{error}");
        let listen = server.address.to_string();
        let files = certificate.write(&folder);
        let asked = whmcs_api(&["healthcheck", "--listen", &listen])
            .env("WHMCS_API_TLS_CERTIFICATE", &files.certificate)
            .env("WHMCS_API_TLS_KEY", &files.key)
            .output()
            .unwrap();
        assert!(asked.status.success(), "a restart would not help: {}", stderr(&asked));
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_while_the_server_stops() {
    let api = TestApi::new().await;
    let (folder, certificate) = (Scratch::new("tls-stop"), TestCertificate::usual());
    let mut server = start_tls(&api, &certificate, &folder, &[]);
    tokio::task::block_in_place(|| {
        let mut connection = TlsClient::trusting(&certificate.root).connect(server.address).unwrap();
        let silent = TcpStream::connect(server.address).unwrap();
        let call = a_call().replacen("\r\n", "\r\nexpect: 100-continue\r\n", 1);
        let (head, body) = call.split_at(call.find("\r\n\r\n").unwrap() + 4);
        connection.write_all(head.as_bytes()).unwrap();
        let mut bytes = [0; 100];
        let count = connection.read(&mut bytes).unwrap();
        assert!(bytes[..count].starts_with(b"HTTP/1.1 100 "), "the server has read the head");
        server.signal("TERM");
        eventually("the server stops", || TcpStream::connect(server.address).is_err());
        connection.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(server.ends().success());
        drop(silent);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_handshakes_and_the_expiry_are_counted() {
    let api = TestApi::new().await;
    let (folder, certificate) = (Scratch::new("tls-metrics"), TestCertificate::usual());
    let metrics = ("METRICS_LISTEN", "127.0.0.1:0");
    let server = start_tls(&api, &certificate, &folder, &[metrics, ("LIMITS_CONNECTIONS", "4")]);
    let hasty = start_tls(&api, &certificate, &folder, &[metrics, ("LIMITS_HANDSHAKE_SECONDS", "1")]);
    tokio::task::block_in_place(|| {
        // A health check of a load balancer is no failure.
        drop(TcpStream::connect(server.address).unwrap());
        full_answer(&server, &a_call());
        let _ = TlsClient::trusting(&TestCertificate::usual().root).connect(server.address);
        let _ = TlsClient::trusting(&certificate.root).protocols(&["h2"]).connect(server.address);
        full_answer(&server, "\u{16}\u{3}\u{1}\u{2}");
        let counted = |numbers: &str, reason: &str| {
            let series = format!("whmcs_api_tls_handshakes_failed_total{{reason=\"{reason}\"}} ");
            numbers.lines().find_map(|line| line.strip_prefix(&series)?.parse::<u32>().ok())
        };
        eventually("each is counted", || {
            let numbers = metrics_of(&server);
            ["plain_http", "rejected_by_client", "protocol", "aborted"]
                .iter()
                .all(|reason| counted(&numbers, reason) == Some(1))
        });
        let silent: Vec<TcpStream> = (0..5).map(|_| TcpStream::connect(server.address).unwrap()).collect();
        eventually("one had to give way", || counted(&metrics_of(&server), "displaced") >= Some(1));
        drop(silent);
        let _silent = TcpStream::connect(hasty.address).unwrap();
        eventually("one took too long", || counted(&metrics_of(&hasty), "timeout") == Some(1));

        let text = metrics_of(&server);
        let expiry =
            text.lines().find_map(|line| line.strip_prefix("whmcs_api_tls_certificate_expiry_timestamp_seconds "));
        let days = (expiry.unwrap().parse::<i64>().unwrap() - chrono::Utc::now().timestamp()) / 86_400;
        assert!((88..=90).contains(&days), "{days}");
    });
}

/// The metrics, from their own listener, which speaks plain HTTP.
fn metrics_of(server: &Running) -> String {
    let marker = "metrics are at http://";
    eventually("it says where the metrics are", || server.says().contains(marker));
    let address = server.says().split_once(marker).unwrap().1.split('/').next().unwrap().to_owned();
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_in_clear_are_warned_of() {
    let api = TestApi::new().await;
    let (folder, certificate) = (Scratch::new("tls-clear"), TestCertificate::usual());
    let files = certificate.write(&folder);
    let tls = [("TLS_CERTIFICATE", files.certificate.to_str().unwrap()), ("TLS_KEY", files.key.to_str().unwrap())];
    let everywhere = ("LISTEN", "0.0.0.0:0");
    tokio::task::block_in_place(|| {
        for (settings, is_clear) in [
            (vec![everywhere], true),
            (vec![("LISTEN", "[::1]:0")], false),
            (vec![everywhere, ("ACCESS_TRUSTED_PROXIES", "192.0.2.1")], false),
            ([&[everywhere][..], &tls].concat(), false),
        ] {
            let mut serve = whmcs_api(&["serve"]);
            serve.env("WHMCS_API_DATABASE_URL", api.database.url());
            serve.envs(settings.iter().map(|(name, value)| (format!("WHMCS_API_{name}"), value)));
            let mut server = Running::start(serve);
            server.stop();
            assert_eq!(server.says().contains("travel in clear"), is_clear, "{settings:?}: {}", server.says());

            let mut doctor = whmcs_api(&["doctor"]);
            doctor.env("WHMCS_API_DATABASE_URL", api.database.url());
            doctor.envs(settings.iter().map(|(name, value)| (format!("WHMCS_API_{name}"), value)));
            let report = super::process::stdout(&doctor.output().unwrap());
            assert_eq!(report.contains("travel in clear"), is_clear, "{settings:?}: {report}");
        }
        let doctor = whmcs_api(&["doctor", "--json"])
            .env("WHMCS_API_DATABASE_URL", api.database.url())
            .env("WHMCS_API_TLS_CERTIFICATE", &files.certificate)
            .env("WHMCS_API_TLS_KEY", "/nowhere.pem")
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&doctor.stdout).unwrap();
        let problems = report["problems"].as_array().unwrap();
        assert!(problems.iter().any(|problem| problem["code"] == "tls_certificate"), "{report}");
    });
}

#[test]
fn the_demo_makes_a_certificate_of_its_own() {
    let folder = Scratch::new("tls-demo-program");
    let ready = folder.join("ready");
    let arguments = ["--tls", "--ready-file", ready.to_str().unwrap(), "--tls-name", "whmcs.test"];
    let mut demo = Running::demo(&folder, &arguments);
    eventually("it is ready", || ready.exists());
    let url = fs::read_to_string(&ready).unwrap();
    assert_eq!(url, format!("https://{}/includes/api.php\n", demo.address));
    let file = folder.join("demo/tls/certificate.pem");
    let certificate = fs::read_to_string(&file).unwrap();
    let client = TlsClient::trusting(&certificate);
    assert!(client.exchange(demo.address, &last_call()).unwrap().contains("Authentication Failed"));
    let port = demo.address.port();
    for name in ["localhost", "127.0.0.1", "whmcs.test"] {
        let curl = Command::new("curl")
            .args(["--silent", "--show-error", "--cacert", file.to_str().unwrap(), "--resolve"])
            .args([format!("whmcs.test:{port}:127.0.0.1"), format!("https://{name}:{port}/readyz")])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&curl.stdout), "ok\n", "{name}: {}", stderr(&curl));
    }
    let asked = run(&["healthcheck", "--listen", &demo.address.to_string()]);
    assert!(asked.status.success(), "{}", stderr(&asked));
    demo.stop();
    let printed = demo.printed();
    let file = file.canonicalize().unwrap();
    for told in ["curl -s --cacert", "NODE_EXTRA_CA_CERTS=", "curl.cainfo=", "REQUESTS_CA_BUNDLE=", "SSL_CERT_FILE="] {
        let line = printed.lines().find(|line| line.contains(told)).unwrap_or_else(|| panic!("{told}: {printed}"));
        assert!(line.contains(file.to_str().unwrap()), "{line}");
    }
    assert!(printed.contains(&format!("https://{}/docs", demo.address)), "{printed}");

    let again = Running::demo(&folder, &["--tls"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), certificate, "clients need not trust another one");
    drop(again);
    let output = run(&["demo", "--tls-name", "whmcs.test"]);
    assert!(!output.status.success() && stderr(&output).contains("--tls"), "{}", stderr(&output));
}
