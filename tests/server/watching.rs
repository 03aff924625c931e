//! What is told to those who watch the server: the log.

use axum::http::HeaderValue;
use tower::ServiceExt;

use super::hardening::{full_answer, start};
use super::process::{Running, eventually};
use crate::support::{CREDENTIAL, TestApi, form};

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

/// The lines that a server logged of a call with this id.
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
        let call =
            super::hardening::request(&format!("{CREDENTIAL}&action=AddCredit&clientid=1&amount=5&description=x"));
        let call = call.replacen("\r\n", "\r\nx-request-id: order-77\r\n", 1);
        assert!(full_answer(&server, &call).contains("\r\nx-request-id: order-77\r\n"));
        eventually("the call is logged", || {
            lines_of(&server, "order-77").iter().any(|line| line["message"] == "answered")
        });
        let lines = lines_of(&server, "order-77");
        // Those of the statements of its transaction are among them.
        assert!(lines.len() > 5, "{lines:?}");
        let answered = lines.iter().find(|line| line["message"] == "answered").unwrap();
        assert_eq!(answered["level"], "DEBUG");
        assert_eq!(answered["status"], 200);
        assert_eq!(answered["span"]["action"], "AddCredit");
        assert!(answered["timestamp"].as_str().unwrap().ends_with('Z'));
    });
}
