//! What callers are told if the upstream gives no usable answer.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::MockConnectInfo;
use axum::http::Request;
use tokio::net::TcpListener;
use whmcs_api::config::{Settings, Upstream};

use super::{passing, respond};
use crate::support::{
    CREDENTIAL, ScriptedUpstream, TestApi, UnusedAddress, UpstreamAnswer, all, api_with, eventually, form, post,
    post_from,
};

const UNKNOWN: &str =
    "The server did not finish in time. Whether the change was made is not known: check before trying again";

fn broken(head: &str) -> UpstreamAnswer {
    UpstreamAnswer::Bytes(head.as_bytes().to_vec())
}

/// Each failure of a read and of a write, with the status and the beginning of the text; `None` where the answer is returned.
#[tokio::test]
async fn failures_are_told_in_the_requested_format_and_nothing_is_sent_again() {
    let upstream = ScriptedUpstream::start().await;
    let limited = |timeout_seconds| Upstream { reply_bytes: 1000, timeout_seconds, ..upstream.settings() };
    let (api, impatient) = (passing(limited(600)).await, passing(limited(1)).await);
    let redirect = |location: &str| UpstreamAnswer::new(302, &format!("Location: {location}\r\n"), "");
    let unknown = Some((504, UNKNOWN));
    let failed = |status| Some((502, status));
    for (answer, read, write) in [
        (UpstreamAnswer::Nothing, Some((504, "The WHMCS behind this server did not answer within 1 s")), unknown),
        (broken(""), Some((502, "The WHMCS behind this server broke off its answer")), unknown),
        (broken("garbage\r\n\r\n"), Some((502, "The WHMCS behind this server broke off its answer")), unknown),
        (
            broken("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"),
            Some((502, "The WHMCS behind this server broke off its answer")),
            unknown,
        ),
        (
            UpstreamAnswer::new(200, "", &"x".repeat(1001)),
            Some((502, "The answer of the WHMCS behind this server is larger than the 1000 bytes")),
            unknown,
        ),
        (
            broken(&format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(5000))),
            Some((502, "The answer of the WHMCS behind this server is larger than the 1000 bytes")),
            unknown,
        ),
        (UpstreamAnswer::new(200, "", &"x".repeat(1000)), None, None),
        (
            redirect("https://other.example.com/?secret=canary"),
            failed("The WHMCS behind this server answered with a redirect (HTTP status 302), which is not followed"),
            unknown,
        ),
        (
            UpstreamAnswer::new(502, "Content-Type: text/html\r\n", "<html>Bad Gateway</html>"),
            failed("The WHMCS behind this server failed with HTTP status 502"),
            unknown,
        ),
        (
            UpstreamAnswer::new(404, "Content-Type: text/html\r\n", "<html>Not Found</html>"),
            failed("The WHMCS behind this server failed with HTTP status 404"),
            failed("The WHMCS behind this server failed with HTTP status 404"),
        ),
        (UpstreamAnswer::json(500, r#"{"result":"error","message":"Down"}"#), None, None),
    ] {
        for (action, expected) in [("GetOdd", read), ("ChangeOdd", write)] {
            upstream.answer_with([answer.clone()]);
            // Only what is never answered depends on the clock.
            let api = if let UpstreamAnswer::Nothing = answer { &impatient } else { &api };
            let (status, body) = post(&api.router, &format!("{CREDENTIAL}&action={action}")).await;
            let context = format!("{action} {answer:?}: {status} {body}");
            assert_eq!(upstream.received().len(), 1, "{context}");
            match expected {
                None => assert!(status == 200 || status == 500, "{context}"),
                Some((expected, text)) => {
                    let message = serde_json::from_str::<serde_json::Value>(&body).unwrap()["message"].to_string();
                    assert_eq!(status, expected, "{context}");
                    assert!(message.contains(text) && !message.contains("canary"), "{context}");
                }
            }
        }
    }
    for (format, beginning) in [
        ("json", r#"{"result":"error","message":"The WHMCS behind"#),
        (
            "xml",
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<whmcsapi version=\"8.13.1\">\n<action>getodd</action>\n<result>error</result>\n<message>The WHMCS behind",
        ),
        ("nvp", "result=error;message=The WHMCS behind"),
        ("", "result=error;message=The WHMCS behind"),
    ] {
        upstream.answer_with([broken("")]);
        let (status, _, body) =
            respond(&api.router, form(&format!("{CREDENTIAL}&action=GetOdd&responsetype={format}"))).await;
        let body = str::from_utf8(&body).unwrap();
        assert!(status == 502 && body.starts_with(beginning), "{format}: {body}");
    }
}

#[tokio::test]
async fn a_failure_is_a_problem_in_the_modern_style() {
    let upstream = ScriptedUpstream::start().await;
    let api = passing(upstream.settings()).await;
    let page = || UpstreamAnswer::new(200, "", "<html>");
    for (answer, action, status, code) in [
        (broken(""), "GetOdd", 502, "upstream_broken_off"),
        (broken(""), "ChangeOdd", 504, "unfinished"),
        (page(), "GetOdd", 502, "upstream_not_json"),
        (page(), "ChangeOdd", 504, "unfinished"),
    ] {
        upstream.answer_with([answer]);
        let request =
            Request::post(format!("/v1/{action}")).header("authorization", "Bearer TestIdentifier:TestSecret");
        let (got, content_type, body) = respond(&api.router, request.body(Body::from("{}")).unwrap()).await;
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((got, &*content_type, &problem["code"]), (status, "application/problem+json", &code.into()));
    }
}

#[tokio::test]
async fn nothing_was_changed_if_the_upstream_cannot_be_reached() {
    let unused = UnusedAddress::reserve();
    let url = format!("http://{unused}/includes/api.php");
    let api = passing(Upstream { url, ..Upstream::default() }).await;
    for action in ["GetOdd", "ChangeOdd"] {
        let (status, body) = post(&api.router, &format!("{CREDENTIAL}&action={action}")).await;
        let message = "The WHMCS behind this server cannot be reached. Nothing was changed, please try again later";
        assert_eq!((status, body), (502, format!(r#"{{"result":"error","message":"{message}"}}"#)), "{action}");
    }
}

#[tokio::test]
async fn idempotency_keys_are_not_promised_for_writes() {
    let upstream = ScriptedUpstream::start().await;
    let api = passing(Upstream { actions: vec!["*Credit*".to_owned()], ..upstream.settings() }).await;
    let message =
        "The WHMCS behind this server answers this action and knows no idempotency keys. Send the call without one";
    let refusal = format!(r#"{{"result":"error","message":"{message}"}}"#);
    for (action, key, header, is_passed) in [
        ("AddCredit", "", None, true),
        ("AddCredit", "&idempotencykey=", None, true),
        ("AddCredit", "&idempotencykey=a", None, false),
        ("AddCredit", "", Some("a"), false),
        ("ChangeOdd", "", Some("a"), false),
        ("GetOdd", "", Some("a"), true),
        ("GetCredits", "&idempotencykey=a", None, true),
    ] {
        let headers: Vec<(&str, &str)> = header.map(|key| ("idempotency-key", key)).into_iter().collect();
        let call = format!("{CREDENTIAL}&action={action}{key}");
        let (status, body) = post_from(&api.router, "127.0.0.1", &headers, &call).await;
        assert_eq!(upstream.received().len(), usize::from(is_passed), "{call}");
        let expected = if is_passed { (200, r#"{"result":"success"}"#) } else { (422, &*refusal) };
        assert_eq!((status, &*body), expected, "{call} {header:?}");
    }
}

#[tokio::test]
async fn the_number_of_calls_at_a_time_is_bounded() {
    let upstream = ScriptedUpstream::start().await;
    let api = passing(Upstream { calls: 2, ..upstream.settings() }).await;
    upstream.answer_with([UpstreamAnswer::Nothing, UpstreamAnswer::Nothing]);
    let call = format!("{CREDENTIAL}&action=ChangeOdd");
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let (router, call) = (api.router.clone(), call.clone());
            tokio::spawn(async move { post(&router, &call).await })
        })
        .collect();
    let mut received = 0;
    eventually("both calls were passed", async || {
        received += upstream.received().len();
        received == 2
    })
    .await;
    let (status, body) = post(&api.router, &call).await;
    assert_eq!(status, 503, "{body}");
    assert_eq!(upstream.received(), []);
    assert_eq!(post(&api.router, &format!("{CREDENTIAL}&action=GetCredits&clientid=1")).await.0, 200);
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    api.metrics_show(&[r#"whmcs_api_upstream_calls_total{outcome="busy"} 1"#]).await;
}

/// A server whose upstream is itself.
#[tokio::test]
async fn a_call_that_comes_back_is_an_error() {
    let api = TestApi::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/includes/api.php", listener.local_addr().unwrap());
    let settings = Settings { upstream: Upstream { url, ..Upstream::default() }, ..Settings::default() };
    let (_, router) = api_with(api.hosts.clone(), None, &settings);
    let served: Router = router.clone().layer(MockConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711))));
    tokio::spawn(async move { axum::serve(listener, served).await });
    let (status, body) = post(&router, &format!("{CREDENTIAL}&action=GetOdd")).await;
    let message = "The call came back to this server. Its operator must set upstream.url to the address of a WHMCS";
    assert_eq!((status, body), (502, format!(r#"{{"result":"error","message":"{message}"}}"#)));
}

/// Two servers that name each other: the first one recognizes the call, whichever way it was sent.
#[tokio::test]
async fn a_call_that_comes_back_through_another_server_is_an_error() {
    let api = TestApi::new().await;
    let listeners = [TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap()];
    let urls =
        listeners.each_ref().map(|listener| format!("http://{}/includes/api.php", listener.local_addr().unwrap()));
    let mut routers = Vec::new();
    for (listener, url) in listeners.into_iter().zip(urls.into_iter().rev()) {
        let settings = Settings { upstream: Upstream { url, ..Upstream::default() }, ..Settings::default() };
        let (_, router) = api_with(api.hosts.clone(), None, &settings);
        let served: Router = router.clone().layer(MockConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711))));
        tokio::spawn(async move { axum::serve(listener, served).await });
        routers.push(router);
    }
    let message = "The call came back to this server. Its operator must set upstream.url to the address of a WHMCS";
    let expected = (502, format!(r#"{{"result":"error","message":"{message}"}}"#));
    let (json, credential) = ("application/json", "Bearer TestIdentifier:TestSecret");
    for router in &routers {
        assert_eq!(post(router, &format!("{CREDENTIAL}&action=GetOdd")).await, expected);
        let in_json = r#"{"action":"GetOdd","identifier":"TestIdentifier","secret":"TestSecret"}"#;
        let request = Request::post("/includes/api.php").header("content-type", json).body(Body::from(in_json));
        let (status, _, body) = respond(router, request.unwrap()).await;
        assert_eq!((status, str::from_utf8(&body).unwrap()), (502, &*expected.1));
        let request = Request::post("/v1/GetOdd").header("content-type", json).header("authorization", credential);
        assert_eq!(respond(router, request.body(Body::from("{}")).unwrap()).await.0, 502);
    }
}

#[tokio::test]
async fn passed_calls_are_counted_under_bounded_labels() {
    let upstream = ScriptedUpstream::start().await;
    let api = passing(Upstream { actions: vec!["AddCredit".to_owned()], ..upstream.settings() }).await;
    upstream.answer_with([
        UpstreamAnswer::json(200, r#"{"result":"success"}"#),
        UpstreamAnswer::json(200, r#"{"result":"error","message":"No"}"#),
        UpstreamAnswer::json(403, r#"{"result":"error","message":"No"}"#),
        broken(""),
        UpstreamAnswer::new(302, "Location: /\r\n", ""),
        UpstreamAnswer::new(404, "", "<html>"),
        UpstreamAnswer::new(403, "", "<html>"),
    ]);
    for number in 0..7 {
        post(&api.router, &format!("{CREDENTIAL}&action=GetOdd{number}")).await;
    }
    all([post(&api.router, &format!("{CREDENTIAL}&action=AddCredit"))]).await;
    let series = [
        r#"whmcs_api_calls_total{action="upstream",outcome="success"} 1"#,
        r#"whmcs_api_calls_total{action="upstream",outcome="refused"} 1"#,
        r#"whmcs_api_calls_total{action="upstream",outcome="denied"} 1"#,
        r#"whmcs_api_calls_total{action="upstream",outcome="failed"} 4"#,
        r#"whmcs_api_calls_total{action="AddCredit",outcome="success"} 1"#,
        r#"whmcs_api_upstream_calls_total{outcome="answered"} 3"#,
        r#"whmcs_api_upstream_calls_total{outcome="forbidden"} 2"#,
        r#"whmcs_api_upstream_calls_total{outcome="redirect"} 1"#,
        r#"whmcs_api_upstream_calls_total{outcome="failed"} 1"#,
        r#"whmcs_api_upstream_calls_total{outcome="no_answer"} 1"#,
        r#"whmcs_api_upstream_calls_total{outcome="not_reached"} 0"#,
    ];
    api.metrics_show(&series).await;
    assert!(!api.api.metrics_text().await.unwrap().contains("GetOdd"));
}
