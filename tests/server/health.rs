//! Health probes for load balancers and supervisors.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use tower::ServiceExt;

use super::hardening::{a_call, full_answer, start};
use super::process::{run, stderr};
use crate::support::{TestApi, UnusedAddress, eventually, eventually_blocking};

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
        (Method::POST, "/readyz", (405, "Only GET and HEAD are allowed here\n")),
    ] {
        let (status, body) = ask(&api.router, method.clone(), path).await;
        assert_eq!((status, body.as_str()), answer, "{method} {path}");
    }
    assert_eq!(ask(&api.router, Method::GET, "/readyzz").await.0, 404);
    assert_eq!(ask(&api.router, Method::GET, "/v1/readyz").await.0, 405, "this path would be an action");
}

#[tokio::test]
async fn whoever_has_lost_the_database_is_alive_but_not_ready() {
    let api = TestApi::new().await;
    assert_eq!(ask(&api.router, Method::GET, "/readyz").await.0, 200);
    api.hosts.close().await;
    // The result is cached for a second, so that frequent probes cost nothing.
    let not_ready = (503, "not ready\n".to_owned());
    eventually("the server is not ready", async || ask(&api.router, Method::GET, "/readyz").await == not_ready).await;
    assert_eq!(ask(&api.router, Method::GET, "/healthz").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_says_so_before_it_takes_no_more_calls() {
    let api = TestApi::new().await;
    // One server drains for longer than this test takes; the other one is seen to stop.
    let mut server = start(&api, &[("DRAIN_SECONDS", "600")]);
    let mut soon = start(&api, &[("DRAIN_SECONDS", "1")]);
    tokio::task::block_in_place(|| {
        let ready = |server: &_| full_answer(server, "GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n");
        eventually_blocking("it is ready", || ready(&server).starts_with("HTTP/1.1 200 "));
        server.signal("TERM");
        eventually_blocking("the log says that the server is about to stop", || server.says().contains("stopping"));
        eventually_blocking("the server is not ready", || ready(&server).starts_with("HTTP/1.1 503 "));
        assert!(full_answer(&server, &a_call()).starts_with("HTTP/1.1 200 "), "calls are still answered");
        server.signal("TERM");
        assert_eq!(server.ends().code(), Some(1), "a second signal stops it at once");
        soon.stop();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_asks_for_containers_that_have_nothing_else() {
    let api = TestApi::new().await;
    let server = start(&api, &[("DRAIN_SECONDS", "600")]);
    let nobody = UnusedAddress::reserve();
    tokio::task::block_in_place(|| {
        let port = server.address.port();
        let asks = |listen: String| run(&["healthcheck", "--listen", &listen]);
        for address in ["127.0.0.1", "0.0.0.0"] {
            eventually_blocking("it is ready", || asks(format!("{address}:{port}")).status.success());
        }
        server.signal("TERM");
        eventually_blocking("the log says that the server is not ready", || {
            let output = asks(format!("127.0.0.1:{port}"));
            !output.status.success() && stderr(&output).contains("status 503")
        });
        let output = asks(nobody.to_string());
        assert!(!output.status.success() && stderr(&output).contains("refused"), "{}", stderr(&output));
    });
}
