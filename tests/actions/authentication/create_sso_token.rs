use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};
use tower::ServiceExt;
use whmcs_api::config::{Secret, Settings, Sso, SsoMode};

use crate::support::python::DocumentedEndpoint;
use crate::support::{Calls, TestApi, settings_with_keys};

pub const CALLS: Calls = Calls {
    demo: &[
        "CreateSsoToken&client_id=1&destination=clientarea:product_details&service_id=1",
        "CreateSsoToken&user_id=7&destination=sso:custom_redirect&sso_redirect_path=cart.php?a=view",
    ],
    setup: PEOPLE,
    writing: &[
        "CreateSsoToken&client_id=1&user_id=2&destination=clientarea:product_details&service_id=7",
        "CreateSsoToken&client_id=1&destination=clientarea:domain_details&domain_id=7",
    ],
    every_parameter: "CreateSsoToken&client_id=1&user_id=1&destination=clientarea:services&service_id=1&domain_id=1\
                      &sso_redirect_path=x.php",
};

const PEOPLE: &str = "INSERT INTO tblusers (id, first_name, email) VALUES (1, 'Una', 'una@example.com'), (2, 'Ben', 'ben@example.com'); \
     INSERT INTO tblusers_clients (auth_user_id, client_id, owner) VALUES (1, 1, 1), (2, 1, 0), (2, 2, 1); \
     INSERT INTO tblhosting (id, userid) VALUES (7, 1), (8, 3); INSERT INTO tbldomains (id, userid) VALUES (7, 1), (8, 3);";
const TOKENS: &str = "mod_whmcs_api_sso_tokens";
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// Settings with a portal.
pub fn settings() -> Settings {
    let mut settings = settings_with_keys();
    settings.sso = Sso {
        portal_url: "https://my.example.com/in?token={token}".to_owned(),
        secret: Secret(KEY.to_owned()),
        ..Sso::default()
    };
    settings
}

async fn api_with(settings: Settings) -> TestApi {
    let api = TestApi::with_settings(settings).await;
    api.sql(PEOPLE).await;
    api.sql("UPDATE tblclients SET status = 'Active', allow_sso = 1").await;
    api
}

/// Follows a link as a browser at this address does. Returns the status, the headers and the body.
async fn follow(api: &TestApi, method: &str, link: &str, address: &str) -> (u16, HeaderMap, String) {
    let mut request = Request::builder().method(method).uri(link).body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::new(address.parse().unwrap(), 4711)));
    let response = api.router.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (head.status.as_u16(), head.headers, String::from_utf8(body.to_vec()).unwrap())
}

const BROWSER: &str = "203.0.113.5";

async fn token(api: &TestApi, request: &str) -> String {
    let reply = api.reply(&format!("action=CreateSsoToken&{request}")).await;
    reply["redirect_url"].as_str().unwrap().to_owned()
}

/// The claims in the address of the portal.
fn claims(headers: &HeaderMap) -> Value {
    let statement = headers["location"].to_str().unwrap().strip_prefix("https://my.example.com/in?token=").unwrap();
    serde_json::from_slice(&BASE64.decode(statement.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_logs_a_client_in_once() {
    let api = api_with(settings()).await;
    let reply =
        api.reply("action=CreateSsoToken&client_id=1&destination=clientarea:product_details&service_id=7").await;
    let token = reply["access_token"].as_str().unwrap();
    assert!(token.len() == 40 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
    let link = format!("https://www.example.com/whmcs/oauth/singlesignon.php?access_token={token}");
    assert_eq!(reply["redirect_url"], link);
    let row = "user_id, client_id, destination, related_id, path, expires_at, token_hash = UNHEX(SHA2(@t, 256))";
    let row = row.replace("@t", &format!("'{token}'"));
    let path = "clientarea.php?action=productdetails&id=7";
    let stored = format!("1 | 1 | clientarea:product_details | 7 | {path} | 2026-11-20 12:31:00 | 1");
    assert_eq!(api.rows(&row, TOKENS).await, [stored]);

    let (status, _, _) = follow(&api, "HEAD", &link, BROWSER).await;
    assert_eq!(status, 405, "whoever looks at a link uses nothing up");
    let (status, headers, body) = follow(&api, "GET", &link, BROWSER).await;
    assert_eq!((status, &*body), (302, ""));
    assert!(headers["cache-control"] == "no-store" && headers["referrer-policy"] == "no-referrer", "{headers:?}");
    let mut claims = claims(&headers);
    assert_eq!(claims["jti"].as_str().unwrap().len(), 32);
    claims["jti"] = Value::Null;
    let now = 1_795_177_800;
    let expected = json!({
        "iss": "whmcs-api", "aud": "https://my.example.com/in?token={token}", "iat": now, "exp": now + 60, "jti": null,
        "sub": "1", "email": "una@example.com", "clients": [{"id": 1, "owner": true}],
        "destination": "clientarea:product_details", "path": path, "client_id": 1, "related_id": 7,
    });
    assert_eq!(claims, expected);
    assert_eq!(
        api.rows("last_ip, last_login", "tblusers WHERE id = 1").await,
        [format!("{BROWSER} | 2026-11-20 12:30:00")]
    );
    let log = api.rows("description, userid, ipaddr", "tblactivitylog ORDER BY id DESC LIMIT 1").await;
    assert_eq!(log, [format!("Single Sign-On - User ID: 1 | 1 | {BROWSER}")]);

    let (status, headers, body) = follow(&api, "GET", &link, BROWSER).await;
    assert_eq!((status, headers.get("location")), (403, None), "it was used");
    for nonsense in ["", "x", &"a".repeat(40), &"é".repeat(20)] {
        let link = format!("/oauth/singlesignon.php?access_token={}", nonsense.replace('é', "%C3%A9"));
        assert_eq!(follow(&api, "GET", &link, BROWSER).await.2, body, "nobody learns why: {nonsense}");
    }
    let logged = api.rows("CONCAT(request, response)", "tblapilog WHERE action = 'CreateSsoToken'").await.concat();
    assert!(!logged.is_empty() && !logged.contains(token), "{logged}");
}

/// Whoever may no longer log in is denied, although the token was given.
#[tokio::test]
async fn tokens_end() {
    let api = api_with(settings()).await;
    let ban = "INSERT INTO tblbannedips (ip, reason, expires) VALUES ('203.0.113.*', 'x', '2026-12-01')";
    for (change, undo) in [
        (
            "UPDATE mod_whmcs_api_sso_tokens SET expires_at = '2026-11-20 12:30:00'",
            "DELETE FROM mod_whmcs_api_sso_tokens",
        ),
        ("UPDATE tblclients SET status = 'Closed'", "UPDATE tblclients SET status = 'Active'"),
        ("UPDATE tblclients SET allow_sso = 0", "UPDATE tblclients SET allow_sso = 1"),
        (ban, "DELETE FROM tblbannedips"),
        (
            "DELETE FROM tblusers_clients WHERE auth_user_id = 1",
            "INSERT INTO tblusers_clients (auth_user_id, client_id, owner) VALUES (1, 1, 1)",
        ),
        ("DELETE FROM tblusers WHERE id = 1", "DELETE FROM mod_whmcs_api_sso_tokens"),
    ] {
        let link = token(&api, "client_id=1").await;
        api.sql(change).await;
        assert_eq!(follow(&api, "GET", &link, BROWSER).await.0, 403, "{change}");
        api.sql(undo).await;
    }
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_sso_tokens WHERE used_at IS NOT NULL").await, ["0"]);
}

#[tokio::test]
async fn a_user_alone_chooses_a_client() {
    let mut settings = settings();
    settings.access.failures_per_address = 2;
    let api = api_with(settings).await;
    api.sql("INSERT INTO tblusers_clients (auth_user_id, client_id, owner) VALUES (2, 3, 0)").await;
    api.sql("UPDATE tblclients SET allow_sso = 0 WHERE id = 3").await;
    let link = token(&api, "user_id=2&destination=sso:custom_redirect&sso_redirect_path=index.php?rp=/store").await;
    let claims = claims(&follow(&api, "GET", &link, BROWSER).await.1);
    assert_eq!(
        claims["clients"],
        json!([{"id": 1, "owner": false}, {"id": 2, "owner": true}]),
        "those that may log in"
    );
    assert_eq!((claims.get("client_id"), &claims["path"]), (None, &"index.php?rp=/store".into()));
    // What a page is about says which client it is.
    let link = token(&api, "user_id=2&destination=clientarea:domain_details&domain_id=7").await;
    assert_eq!(self::claims(&follow(&api, "GET", &link, BROWSER).await.1)["client_id"], 1);

    let link = token(&api, "user_id=2").await;
    api.sql("UPDATE tblclients SET status = 'Closed'").await;
    assert_eq!(follow(&api, "GET", &link, BROWSER).await.0, 403, "there is no client to choose");
    api.sql("UPDATE tblclients SET status = 'Active'").await;
    let unknown = format!("/oauth/singlesignon.php?access_token={}", "a".repeat(40));
    for (link, address, status) in [
        (&unknown, BROWSER, 403),
        (&unknown, BROWSER, 403),
        (&link, BROWSER, 503), // There were too many unknown ones.
        (&link, "203.0.113.6", 302),
    ] {
        assert_eq!(follow(&api, "GET", link, address).await.0, status);
    }
}

#[tokio::test]
async fn refuses_bad_input_in_the_documented_order() {
    let api = api_with(settings()).await;
    api.sql(
        "UPDATE tblclients SET status = 'Closed' WHERE id = 2; INSERT INTO tblclients (id, status) VALUES (9, 'Active'); \
         INSERT INTO tblusers (id, email) VALUES (3, 'cy@example.com'); \
         INSERT INTO tblusers_clients (auth_user_id, client_id, owner) VALUES (3, 2, 0)",
    )
    .await;
    for (request, message) in [
        ("client_id=99&user_id=99", "Invalid client_id"),
        ("client_id=x", "Invalid client_id"),
        ("client_id=1&user_id=99", "Invalid user_id"),
        ("user_id=x", "Invalid user_id"),
        ("client_id=2&user_id=1&destination=x", "Invalid user_id for client"),
        ("client_id=9", "Invalid user_id for client"),
        ("", "A valid client_id or user_id is required"),
        ("client_id=0&destination=x", "A valid client_id or user_id is required"),
        ("client_id=2&destination=x", "Invalid destination"),
        ("client_id=1&destination=clientarea:product_details", "Invalid destination"),
        ("client_id=1&destination=clientarea:product_details&service_id=8", "Invalid destination"),
        ("client_id=1&destination=clientarea:product_details&domain_id=7", "Invalid destination"),
        ("client_id=1&destination=clientarea:domain_details&domain_id=x", "Invalid destination"),
        ("client_id=2&user_id=2&destination=clientarea:domain_details&domain_id=7", "Invalid destination"),
        ("client_id=1&destination=sso:custom_redirect", "Invalid destination"),
        ("client_id=1&destination=sso:custom_redirect&sso_redirect_path=//evil.example/", "Invalid destination"),
        (
            "client_id=1&destination=sso:custom_redirect&sso_redirect_path=%26%2347;/evil.example/",
            "Invalid destination",
        ),
        ("client_id=2", "SSO authentication blocked for client 2"),
        ("user_id=3", "SSO authentication blocked for client 2"),
    ] {
        api.refuse(&format!("action=CreateSsoToken&{request}"), message).await;
    }
}

/// Beside a WHMCS, texts are stored with entities, and a path is none. The portal gets none.
#[tokio::test]
async fn paths_and_statements_have_no_entities() {
    let mut settings = settings();
    settings.compat.entities = whmcs_api::config::Entities::Encoded;
    let api = api_with(settings).await;
    api.sql("UPDATE tblusers SET email = 'una.o&#039;neil@example.com' WHERE id = 1").await;
    let link = token(&api, "client_id=1&destination=sso:custom_redirect&sso_redirect_path=x.php?a=1%26b=2").await;
    assert_eq!(api.rows("path", TOKENS).await, ["x.php?a=1&b=2"]);
    assert_eq!(claims(&follow(&api, "GET", &link, BROWSER).await.1)["email"], "una.o'neil@example.com");
}

#[tokio::test]
async fn without_a_portal_no_token_is_given() {
    let refused = "Token could not be provisioned: this server has no portal to which it could lead (sso.portal_url)";
    let api = api_with(settings_with_keys()).await;
    api.refuse("action=CreateSsoToken&client_id=1", refused).await;
    let mut settings = settings();
    let refused =
        "Token could not be provisioned: neither sso.redeem_url nor SystemURL says where browsers reach this server";
    let api = api_with(settings.clone()).await;
    api.sql("UPDATE tblconfiguration SET value = '' WHERE setting = 'SystemURL'").await;
    api.refuse("action=CreateSsoToken&client_id=1", refused).await;
    settings.sso.mode = SsoMode::Off;
    let refused = "Token could not be provisioned: single sign-on is off on this server (sso.mode)";
    let api = api_with(settings).await;
    api.refuse("action=CreateSsoToken&client_id=1", refused).await;
    let link = format!("/oauth/singlesignon.php?access_token={}", "a".repeat(40));
    assert_eq!(follow(&api, "GET", &link, BROWSER).await.0, 403);
}

/// The program in the documentation logs in whom this server names, once, and nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn the_documented_portal_verifies_statements() {
    let portal = DocumentedEndpoint::start(include_str!("../../../docs/sso.md"));
    let mut settings = settings();
    settings.sso.portal_url = format!("{}?token={{token}}", portal.url());
    settings.sso.secret = Secret(DocumentedEndpoint::SECRET.to_owned());
    let database = api_with(settings.clone()).await;
    // Portals have a clock of their own.
    let clock = whmcs_api::domain::time::Clock::System(chrono_tz::Tz::UTC);
    let api = whmcs_api::api::Api::new(std::sync::Arc::clone(&database.hosts), None, &settings, clock).unwrap();
    let router = whmcs_api::server::router(api, &settings);
    let router =
        router.layer(axum::extract::connect_info::MockConnectInfo(std::net::SocketAddr::from(([127, 0, 0, 1], 1))));
    let api = TestApi { router, ..database };
    let link = token(&api, "client_id=1&destination=clientarea:invoices").await;
    let (_, headers, _) = follow(&api, "GET", &link, BROWSER).await;
    let portal_link = headers["location"].to_str().unwrap().to_owned();
    let changed = portal_link.replacen(".ey", ".ex", 1);
    let get = |link: String| {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut response = agent.get(link).call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    };
    assert_eq!(get(changed).0, 403);
    assert_eq!(
        get(portal_link.clone()),
        (200, "Welcome, una@example.com: clientarea.php?action=invoices\n".to_owned())
    );
    assert_eq!(get(portal_link).0, 403, "a statement is used once");
}
