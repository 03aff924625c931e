//! What load balancers and supervisors ask.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use tower::ServiceExt;

use super::hardening::{a_call, full_answer, start};
use super::process::{eventually, run, stderr};
use crate::support::TestApi;

async fn ask(router: &axum::Router, method: Method, path: &str) -> (u16, String) {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1000).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn anybody_may_ask_and_is_told_nothing_else() {
    let api = TestApi::new().await;
    for (method, path, answer) in [
        (Method::GET, "/healthz", (200, "ok\n")),
        (Method::GET, "/readyz", (200, "ok\n")),
        (Method::GET, "/billing/readyz", (200, "ok\n")),
        (Method::HEAD, "/readyz", (200, "")),
        (Method::POST, "/readyz", (405, "Only GET and HEAD are answered here\n")),
    ] {
        let (status, body) = ask(&api.router, method.clone(), path).await;
        assert_eq!((status, body.as_str()), answer, "{method} {path}");
    }
    assert_eq!(ask(&api.router, Method::GET, "/readyzz").await.0, 404);
    assert_eq!(ask(&api.router, Method::GET, "/v1/readyz").await.0, 405, "this would be an action");
}

#[tokio::test]
async fn whoever_has_lost_the_database_is_alive_but_not_ready() {
    let api = TestApi::new().await;
    assert_eq!(ask(&api.router, Method::GET, "/readyz").await.0, 200);
    api.hosts.close().await;
    // What was found is believed for a second: asking often makes no work.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(ask(&api.router, Method::GET, "/readyz").await, (503, "not ready\n".to_owned()));
    assert_eq!(ask(&api.router, Method::GET, "/healthz").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_says_so_before_it_takes_no_more_calls() {
    let api = TestApi::new().await;
    let mut server = start(&api, &[("DRAIN_SECONDS", "2")]);
    tokio::task::block_in_place(|| {
        let ready = |server: &_| full_answer(server, "GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n");
        assert!(ready(&server).starts_with("HTTP/1.1 200 "));
        server.signal("TERM");
        eventually("it says that it is about to stop", || server.says().contains("stopping"));
        assert!(ready(&server).starts_with("HTTP/1.1 503 "), "{}", ready(&server));
        assert!(full_answer(&server, &a_call()).starts_with("HTTP/1.1 200 "), "calls are still answered");
        assert!(server.ends().success());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_asks_for_containers_that_have_nothing_else() {
    let api = TestApi::new().await;
    let mut server = start(&api, &[("DRAIN_SECONDS", "2")]);
    tokio::task::block_in_place(|| {
        let port = server.address.port();
        let asks = |listen: String| run(&["healthcheck", "--listen", &listen]);
        for address in ["127.0.0.1", "0.0.0.0"] {
            let output = asks(format!("{address}:{port}"));
            assert!(output.status.success(), "{}", stderr(&output));
        }
        server.signal("TERM");
        eventually("it says that it is about to stop", || server.says().contains("stopping"));
        let output = asks(format!("127.0.0.1:{port}"));
        assert!(!output.status.success() && stderr(&output).contains("status 503"), "{}", stderr(&output));
        server.ends();
        let output = asks(format!("127.0.0.1:{port}"));
        assert!(!output.status.success() && stderr(&output).contains("refused"), "{}", stderr(&output));
    });
}
