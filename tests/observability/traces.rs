//! Traces of calls, in a program that was built with them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use crate::server::hardening::{full_answer, request, start};
use crate::support::{CREDENTIAL, TestApi};

/// Starts a collector that keeps the traces that it receives.
fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let got = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&got);
    std::thread::spawn(move || {
        for mut connection in listener.incoming().map_while(Result::ok) {
            let kept = Arc::clone(&kept);
            std::thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(count @ 1..) = connection.read(&mut bytes) {
                    let mut kept = kept.lock().unwrap();
                    kept.extend_from_slice(&bytes[..count]);
                    // The process ends only after its last spans were received.
                    let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                }
            });
        }
    });
    (url, got)
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_go_to_a_collector_and_continue_the_callers() {
    let api = TestApi::new().await;
    let (url, got) = collector();
    let mut server = start(&api, &[("TRACES_URL", &url), ("LOG", "warn,whmcs_api=info")]);
    tokio::task::block_in_place(|| {
        let call = |id: &str, header: &str, parameters: &str| {
            let call = request(&format!("{CREDENTIAL}&{parameters}"));
            full_answer(&server, &call.replacen("\r\n", &format!("\r\nx-request-id: {id}\r\n{header}"), 1))
        };
        let parent = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
        call("traced-1", parent, "action=AddCredit&clientid=1&amount=5&description=not-for-traces");
        call("traced-2", "", "action=GetCredits&clientid=9");
        let unwanted = parent.replace("-01\r\n", "-00\r\n");
        call("untraced", &unwanted, "action=GetCredits&clientid=1");
        call("traced-3", "traceparent: nonsense\r\n", "action=Invented");
        server.stop();
    });
    let got = got.lock().unwrap();
    let has = |part: &[u8]| got.windows(part.len()).any(|window| window == part);
    for part in [
        "POST /v1/traces HTTP/1.1",
        "application/x-protobuf",
        "whmcs-api",
        "AddCredit",
        "GetCredits",
        "traced-1",
        "traced-2",
        "traced-3",
        "success",
        "refused",
        "attempts",
        "unknown action",
    ] {
        assert!(has(part.as_bytes()), "{part} is not in {}", String::from_utf8_lossy(&got));
    }
    assert!(has(&0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes()), "the caller's trace");
    assert!(has(&0x00f0_67aa_0ba9_02b7_u64.to_be_bytes()), "the caller's span");
    for part in ["untraced", "not-for-traces", "TestSecret", "Invented", "SELECT", "127.0.0.1:4711"] {
        assert!(!has(part.as_bytes()), "{part} is in {}", String::from_utf8_lossy(&got));
    }
}
