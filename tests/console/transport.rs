//! Over what the console is served.

use super::browser::{Browser, console, console_with};
use crate::support::TestApi;

async fn asked(api: &TestApi, address: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut browser = Browser::new(&api.router);
    browser.address = address.to_owned();
    browser.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let answer = browser.get("/console/login").await;
    let cookie = answer.cookies().first().map_or(String::new(), |cookie| (*cookie).to_owned());
    (answer.status, cookie)
}

#[tokio::test]
async fn other_machines_need_tls() {
    let api = console_with(|settings| settings.access.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()]).await;
    let (https, http) = (("x-forwarded-proto", "https"), ("x-forwarded-proto", "http"));
    let (local, remote) = (("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "198.51.100.7"));
    for (address, headers, is_served, is_secure) in [
        ("127.0.0.1", &[][..], true, false),
        ("::1", &[], true, false),
        ("198.51.100.7", &[], false, false),
        // Anybody can claim this.
        ("198.51.100.7", &[https], false, false),
        ("127.0.0.1", &[https], false, false),
        ("127.0.0.1", &[remote], false, false),
        // A proxy that says nothing else of itself, and a page whose name leads here.
        ("127.0.0.1", &[("via", "1.1 x")], false, false),
        ("127.0.0.1", &[("host", "billing.example.com")], false, false),
        ("127.0.0.1", &[("host", "127.0.0.1:8080")], true, false),
        // A trusted proxy says how the request came to it.
        ("10.0.0.1", &[https, remote], true, true),
        ("10.0.0.1", &[http, remote], false, false),
        ("10.0.0.1", &[remote], false, false),
        ("10.0.0.1", &[local], false, false),
        ("10.0.0.1", &[https, http], false, false),
        ("10.0.0.1", &[("x-forwarded-proto", "http, https"), remote], true, true),
    ] {
        let (status, cookie) = asked(&api, address, headers).await;
        assert_eq!(status, if is_served { 200 } else { 403 }, "{address} {headers:?}");
        let kind = match (is_served, is_secure) {
            (false, _) => "",
            (true, true) => "__Host-whmcs-api-guest=",
            (true, false) => "whmcs-api-guest=",
        };
        assert!(cookie.starts_with(kind), "{address} {headers:?} {cookie}");
        assert_eq!(cookie.contains("; Path=/; Secure; HttpOnly; SameSite=Strict"), is_secure, "{cookie}");
    }
    let mut settings = api.api.config().settings.clone();
    settings.console.plain_http = true;
    api.api.reload(&settings).unwrap();
    assert_eq!(asked(&api, "198.51.100.7", &[]).await.0, 200);
    // A cookie of another name, such as one that a page without TLS has set, is not read.
    let mut browser = Browser::new(&api.router);
    browser.address = "10.0.0.1".to_owned();
    browser.headers = vec![("x-forwarded-proto".to_owned(), "https".to_owned())];
    browser.cookies.borrow_mut().insert("whmcs-api-guest".to_owned(), "A".repeat(43));
    assert_eq!(browser.get("/console/login").await.cookies().len(), 1);
}

#[tokio::test]
async fn responses_have_headers_that_keep_pages_to_themselves() {
    let api = console().await;
    let browser = Browser::new(&api.router);
    for path in [
        "/console",
        "/console/login",
        "/console/nothing",
        "/console/console.css",
        "/console/console.js",
        "/console/welcome/x",
    ] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{path}: {policy}");
        assert!(policy.contains("form-action 'self'; base-uri 'none'; frame-ancestors 'none'"), "{path}");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        // Nothing in a page is a script or a style of its own.
        for inline in ["<script>", "<style", " style=", " onclick=", "javascript:"] {
            assert!(!answer.body.contains(inline) || path.contains("console."), "{path} has {inline}");
        }
    }
    assert_eq!(browser.post("/console/console.js", "", &[]).await.status, 405);
    assert_eq!(browser.post("/console/settings", "", &[]).await.status, 405);
    assert_eq!(browser.post("/console/login", &"x".repeat(70_000), &[]).await.status, 413);
    // A server that only reads has no sessions, and so no console; and none is served with a listener of its own.
    for own in [true, false] {
        let api = console_with(|settings| match own {
            true => settings.console.listen = "127.0.0.1:0".to_owned(),
            false => settings.read_only = true,
        })
        .await;
        let answer = Browser::new(&api.router).get("/console/login").await;
        assert_eq!((answer.status, answer.body.contains("This server only reads")), (404, !own));
        if own {
            let router = whmcs_api::server::console_router(api.api.clone(), &api.api.config().settings);
            let browser = Browser::new(&router);
            assert_eq!(browser.get("/console/login").await.status, 200);
            browser.get("/").await.leads_to("/console");
            assert_eq!(browser.get("/healthz").await.status, 200);
            assert_eq!(browser.post("/includes/api.php", "", &[]).await.status, 404);
        }
    }
}
