//! The pages for browsers.

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, Response};
use tower::ServiceExt;
use whmcs_api::config::Settings;

use crate::support::TestApi;

const HTML: &str = "text/html; charset=utf-8";
const FILES: [(&str, &str); 7] = [
    ("/", HTML),
    ("/docs", HTML),
    ("/docs/page.js", "text/javascript; charset=utf-8"),
    ("/docs/fossbilling", HTML),
    ("/docs/fossbilling.js", "text/javascript; charset=utf-8"),
    ("/docs/page.css", "text/css; charset=utf-8"),
    ("/openapi.json", "application/json"),
];

/// Sends a request from an address that may not call.
async fn ask(api: &TestApi, method: Method, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([203, 0, 113, 9], 4711))));
    api.router.clone().oneshot(request).await.unwrap()
}

async fn get(api: &TestApi, path: &str) -> (u16, HeaderMap, String) {
    let (head, body) = ask(api, Method::GET, path, &[]).await.into_parts();
    let body = to_bytes(body, 1 << 24).await.unwrap();
    (head.status.as_u16(), head.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn they_are_answered_to_anybody_with_a_strict_policy() {
    let api = TestApi::new().await;
    for (path, content_type) in FILES {
        let prefixes: &[_] = if path == "/" { &[""] } else { &["", "/billing", "/a/b"] };
        for prefix in prefixes {
            let path = format!("{prefix}{path}");
            let (status, headers, body) = get(&api, &path).await;
            assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, content_type), "{path}");
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert_eq!(headers["referrer-policy"], "no-referrer");
            assert_eq!(
                headers["content-security-policy"],
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                 base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            );
            assert!(!body.is_empty());
            assert_eq!(ask(&api, Method::HEAD, &path, &[]).await.status(), 200, "{path}");
        }
    }
    assert_eq!(get(&api, "/docs/").await.0, 200);
    for path in ["/billing/", "/docs/page", "/mydocs", "/docs/page.js.map", "/openapi.yaml"] {
        assert_eq!(get(&api, path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn they_are_only_read() {
    let api = TestApi::new().await;
    for (path, _) in FILES {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let response = ask(&api, method.clone(), path, &[]).await;
            assert_eq!(
                (response.status().as_u16(), &response.headers()["allow"]),
                (405, &"GET, HEAD".parse().unwrap()),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let api = TestApi::new().await;
    let mut tags = Vec::new();
    for (path, _) in FILES {
        let (_, headers, _) = get(&api, path).await;
        assert_eq!(headers["cache-control"], "no-cache");
        let tag = headers["etag"].to_str().unwrap().to_owned();
        for (known, status) in [
            (tag.clone(), 304),
            (format!("W/{tag}"), 304),
            (format!("\"other\", {tag}"), 304),
            ("*".to_owned(), 304),
            ("\"other\"".to_owned(), 200),
        ] {
            let response = ask(&api, Method::GET, path, &[("if-none-match", &known)]).await;
            assert_eq!(
                (response.status().as_u16(), response.headers()["etag"].to_str().unwrap()),
                (status, &*tag),
                "{known}"
            );
            let body = to_bytes(response.into_body(), 1 << 24).await.unwrap();
            assert_eq!(body.is_empty(), status == 304);
        }
        tags.push(tag);
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), FILES.len(), "each file has an ETag of its own");
}

#[tokio::test]
async fn they_can_be_turned_off() {
    let api = TestApi::with_settings(Settings { docs: false, ..Settings::default() }).await;
    let (_, _, unknown) = get(&api, "/nowhere").await;
    for (path, _) in FILES {
        let (status, _, body) = get(&api, path).await;
        assert_eq!((status, &body), (404, &unknown), "{path}");
    }
}

#[tokio::test]
async fn they_are_no_calls() {
    let api = TestApi::new().await;
    for (path, _) in FILES {
        get(&api, path).await;
        ask(&api, Method::PUT, path, &[]).await;
    }
    api.reply("action=GetCredits&clientid=1").await;
    // A record of an earlier request would have been written before this one.
    api.eventually("action", "tblapilog", &["GetCredits"]).await;
}

#[tokio::test]
async fn they_are_small_and_ask_nobody_else() {
    let api = TestApi::new().await;
    let mut size = 0;
    for (path, _) in &FILES[..6] {
        let (_, _, text) = get(&api, path).await;
        size += text.len();
        // The page shows this address in its example until the script has inserted the real one.
        let text = text.replace("http://127.0.0.1:8080/", "");
        for elsewhere in ["://", "\"//", "'//", "url(", "@import"] {
            assert!(!text.contains(elsewhere), "{path} has {elsewhere}");
        }
    }
    assert!(size < 60_000, "{size} bytes");
}

#[tokio::test]
async fn nothing_that_is_shown_can_be_run() {
    let api = TestApi::new().await;
    // Of an API that is off, WHMCS's description is none.
    assert_eq!(get(&api, "/fossbilling/openapi.json").await.0, 404);
    for path in ["/", "/docs", "/docs/fossbilling"] {
        let (_, _, html) = get(&api, path).await;
        for element in html.split('<').skip(1) {
            let (tag, content) = element.split_once('>').unwrap();
            let words: Vec<&str> = tag.split_whitespace().collect();
            assert_ne!(words[0], "style", "{path}");
            assert!(words[0] != "script" || (tag.contains(" src=") && content.is_empty()), "{path}: <{tag}>");
            for attribute in &words[1..] {
                let is_inline = attribute.starts_with("on") || attribute.starts_with("style");
                let leaves_the_prefix = attribute.starts_with("href=\"/") || attribute.starts_with("src=\"/");
                assert!(!is_inline && !leaves_the_prefix, "{path}: {attribute}");
            }
        }
    }
    let (_, _, script) = get(&api, "/docs/page.js").await;
    for danger in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "localStorage"] {
        assert!(!script.contains(danger), "{danger}");
    }
}
