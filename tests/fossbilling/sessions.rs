//! Sessions: the cookies, the tokens against forged requests, and how sessions end.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Browser, Desk};

const PROFILE: &str = "client/profile/get";
const LOGIN: &str = "guest/client/login";

fn credentials() -> Value {
    json!({"email": "ana@example.com", "password": "Testing123"})
}

#[tokio::test]
async fn a_session_takes_the_place_of_a_key() {
    let desk = Desk::with("fossbilling-sessions", |settings| {
        settings.access.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let mut browser = desk.browser();
    let client = browser.sign_up("ana@example.com").await;
    let (session, token) = (browser.cookies["fossbilling_session"].clone(), browser.cookies["csrf_token"].clone());
    assert_eq!(
        browser.set,
        [
            format!("fossbilling_session={session}; HttpOnly; Path=/; SameSite=Strict"),
            format!("csrf_token={token}; Path=/; SameSite=Strict"),
        ]
    );
    assert!(session.len() == 32 && token.len() == 64);
    let stored: Vec<u8> = sqlx::query_scalar("SELECT cookie_hash FROM mod_whmcs_api_fossbilling_sessions")
        .fetch_one(&desk.pool)
        .await
        .unwrap();
    assert!(!stored.starts_with(session.as_bytes()), "the cookie itself is stored");

    // The token in its four places, of which the first counts.
    let (header, in_query) = ([("x-csrf-token", &*token)], format!("{PROFILE}?CSRFToken={token}"));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let in_body = json!({"CSRFToken": token}).to_string();
    let in_form = format!("CSRFToken={token}");
    for (method, path, headers, body) in [
        (Method::POST, PROFILE, &[][..], &*in_body),
        (Method::POST, PROFILE, &form, &*in_form),
        (Method::POST, &*in_query, &[], "{}"),
        (Method::GET, &*in_query, &[], ""),
        (Method::POST, PROFILE, &header, "{}"),
        (Method::GET, PROFILE, &header, ""),
    ] {
        let (status, profile) = browser.send(method, path, headers, body).await;
        assert_eq!((status, &profile["id"]), (200, &client), "{path} {headers:?} {body}");
    }
    let invalid = (403, json!({"message": "CSRF token invalid", "code": 403}));
    let wrong = json!({"CSRFToken": "0".repeat(64)}).to_string();
    for (method, path, headers, body) in [
        (Method::POST, PROFILE, &[][..], "{}"),
        (Method::GET, PROFILE, &[], ""),
        (Method::POST, PROFILE, &header, &*wrong),
        (Method::GET, "client/profile/update?city=Forged", &[], ""),
    ] {
        assert_eq!(browser.send(method, path, headers, body).await, invalid, "{path} {headers:?} {body}");
    }
    browser.cookies.insert("csrf_token".to_owned(), "other".to_owned());
    assert_eq!(browser.send(Method::POST, PROFILE, &header, "{}").await, invalid);
    browser.cookies.insert("csrf_token".to_owned(), token);
    assert_eq!(browser.post(PROFILE, json!({})).await["city"], Value::Null);
    // It is a client's, and neither a guest's nor staff's.
    assert_eq!(browser.error("admin/client/get", json!({"id": client})).await, "201 Authentication Failed");
    // Guests need no token, with a session or without one.
    assert!(browser.send(Method::GET, "guest/system/company", &[], "").await.1["name"].is_string());

    // Other servers know the session, and what is done by it is seen by WHMCS's API.
    browser.router = desk.replica().await;
    assert_eq!(browser.post("client/profile/update", json!({"city": "Porto"})).await, true);
    assert_eq!(desk.whmcs("GetClientsDetails", json!({"clientid": client})).await["client"]["city"], "Porto");
    // Behind a proxy that speaks TLS, cookies are for it alone.
    let encrypted = [("x-forwarded-for", "127.0.0.2"), ("x-forwarded-proto", "https")];
    let (status, identity) = browser.send(Method::POST, LOGIN, &encrypted, &credentials().to_string()).await;
    assert_eq!((status, &identity["id"]), (200, &client));
    assert!(
        browser.set.len() == 2 && browser.set.iter().all(|cookie| cookie.contains("; Secure")),
        "{:?}",
        browser.set
    );
    // The new session has taken the place of the old one.
    let mut thief = desk.browser();
    thief.cookies.insert("fossbilling_session".to_owned(), session);
    assert_eq!(thief.error(PROFILE, json!({})).await, "201 Authentication Failed");
    assert_eq!(browser.post("client/profile/logout", json!({})).await, true);
    assert!(
        browser.set.iter().all(|cookie| cookie.contains("=; ") && cookie.contains("Max-Age=0")),
        "{:?}",
        browser.set
    );
    assert_eq!(browser.error(PROFILE, json!({})).await, "201 Authentication Failed");
}

#[tokio::test]
async fn sessions_end() {
    let desk = Desk::with("fossbilling-sessions-end", |settings| settings.fossbilling_limits.log_ins = 0).await;
    let client = desk.browser().sign_up("ana@example.com").await;
    let enter = async || {
        let mut browser: Browser = desk.browser();
        assert_eq!(browser.post(LOGIN, credentials()).await["id"], client);
        browser
    };
    let is_in = async |browser: &mut Browser| browser.post(PROFILE, json!({})).await["id"] == client;
    for (what, undo) in [
        ("UPDATE tblclients SET status = 'Inactive'", "UPDATE tblclients SET status = 'Active'"),
        ("UPDATE tblusers_clients SET owner = 0", "UPDATE tblusers_clients SET owner = 1"),
        (
            "UPDATE tblusers SET password = CONCAT(password, 'x')",
            "UPDATE tblusers SET password = LEFT(password, LENGTH(password) - 1)",
        ),
        (
            "UPDATE mod_whmcs_api_fossbilling_sessions SET used_at = used_at - INTERVAL 121 MINUTE",
            "DELETE FROM mod_whmcs_api_fossbilling_sessions",
        ),
        (
            "UPDATE mod_whmcs_api_fossbilling_sessions SET created_at = created_at - INTERVAL 8 DAY",
            "DELETE FROM mod_whmcs_api_fossbilling_sessions",
        ),
    ] {
        let mut browser = enter().await;
        assert!(is_in(&mut browser).await, "{what}");
        desk.sql(what).await;
        assert!(!is_in(&mut browser).await, "{what}");
        desk.sql(undo).await;
    }
    // One that is used stays, and its last use is stored now and then.
    let mut browser = enter().await;
    desk.sql("UPDATE mod_whmcs_api_fossbilling_sessions SET used_at = used_at - INTERVAL 60 MINUTE").await;
    for _ in 0..2 {
        assert!(is_in(&mut browser).await);
        desk.sql("UPDATE mod_whmcs_api_fossbilling_sessions SET used_at = used_at - INTERVAL 70 MINUTE").await;
    }
    // A client has at most ten; the oldest ends.
    let mut first = enter().await;
    for _ in 0..10 {
        enter().await;
    }
    assert!(!is_in(&mut first).await);
    let count = || async {
        let count = "SELECT COUNT(*) FROM mod_whmcs_api_fossbilling_sessions";
        sqlx::query_scalar::<_, i64>(count).fetch_one(&desk.pool).await.unwrap()
    };
    assert_eq!(count().await, 10);
    // Staff end all of a client, and a deleted client has none.
    let mut last = enter().await;
    let mut connection = desk.pool.acquire().await.unwrap();
    let ended = whmcs_api::store::fossbilling::sessions::end_of_client(&mut connection, client.as_i64().unwrap()).await;
    drop(connection);
    assert_eq!(ended.unwrap(), 10);
    assert!(!is_in(&mut last).await);
    enter().await;
    desk.whmcs("DeleteClient", json!({"clientid": client, "deleteusers": true})).await;
    assert_eq!(count().await, 0);
}

/// Cookies are not kept, so that a repetition of what begins a session begins another.
#[tokio::test]
async fn a_repetition_gets_a_session_too() {
    let desk = Desk::open("fossbilling-repeated").await;
    let hosting = json!({"id": 2, "period": "1M"}).to_string();
    let (mut ana, mut eva) = (desk.browser(), desk.browser());
    let with_key = |key: &'static str| [("idempotency-key", key)];
    let items = async |browser: &mut Browser| {
        browser.post("guest/cart/get", json!({})).await["items"].as_array().unwrap().len()
    };
    let post = async |browser: &mut Browser, method: &str, key: &'static str, body: &str| {
        browser.send(Method::POST, method, &with_key(key), body).await
    };
    for browser in [&mut ana, &mut eva] {
        assert_eq!(post(browser, "guest/cart/add_item", "one", &hosting).await, (200, json!(true)));
        assert!(browser.cookies.contains_key("fossbilling_session"));
        assert_eq!(items(browser).await, 1);
    }
    // Within a session, a repetition changes nothing, and another guest's key is another.
    let more = json!({"id": 6, "multiple": 1}).to_string();
    for _ in 0..2 {
        assert_eq!(post(&mut ana, "guest/cart/add_item", "two", &more).await, (200, json!(true)));
        assert_eq!(items(&mut ana).await, 2);
    }
    assert_eq!(post(&mut eva, "guest/cart/add_item", "two", &more).await, (200, json!(true)));
    assert_eq!(items(&mut eva).await, 2);
    ana.sign_up("ana@example.com").await;
    let login = json!({"email": "ana@example.com", "password": "Testing123"}).to_string();
    for _ in 0..2 {
        let mut browser = desk.browser();
        assert_eq!(post(&mut browser, "guest/client/login", "three", &login).await.0, 200);
        assert!(browser.cookies.contains_key("fossbilling_session"));
    }
}
