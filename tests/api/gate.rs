//! Checks before and beside the credential: addresses, proxies, throttling, and staff who call with their own password.

use std::time::Instant;

use axum::body::to_bytes;
use tower::ServiceExt;
use whmcs_api::auth::secret;
use whmcs_api::config::{Secret, Settings};

use super::access::{HASH, NOT_AUTHENTICATED, OTHER_HASH, error};
use crate::support::{TestApi, post, post_from};

const CALL: &str = "identifier=TestIdentifier&secret=TestSecret&action=GetCredits&clientid=1";

async fn with_access(change: impl FnOnce(&mut Settings)) -> TestApi {
    let mut settings = Settings::default();
    change(&mut settings);
    TestApi::with_settings(settings).await
}

#[tokio::test]
async fn staff_log_in_with_their_own_password_where_that_is_on() {
    let (off, on) = (TestApi::new().await, with_access(|settings| settings.access.admin_login = true).await);
    for api in [&off, &on] {
        let hash = secret::hash(&secret::md5_hex("password")).unwrap();
        api.sql(&format!(
            "INSERT INTO tbladmins (id, roleid, username, passwordhash, disabled) VALUES \
             (11, 1, 'full', '{hash}', 0), (12, 2, 'support', '{hash}', 0), (13, 1, 'left', '{hash}', 1); \
             INSERT INTO tbladmins (id, roleid, username, password, disabled) VALUES (14, 1, 'other', '{hash}', 0); \
             INSERT INTO tbladminperms (roleid, permid) VALUES (1, 80), (1, 81), (2, 80)"
        ))
        .await;
    }
    let sum = secret::md5_hex("password");
    for (login, message) in [
        (format!("username=full&password={sum}"), None),
        (format!("username=other&password={sum}"), None),
        (format!("username=left&password={sum}"), Some("Administrator Account Disabled")),
        (format!("username=support&password={sum}"), Some("Access Denied")),
        (format!("username=Full&password={sum}"), Some("Authentication Failed")),
        (format!("identifier=full&secret={sum}"), Some("Authentication Failed")),
        ("username=full&password=password".to_owned(), Some("Authentication Failed")),
        ("username=left&password=wrong".to_owned(), Some("Authentication Failed")),
        ("username=support&password=wrong".to_owned(), Some("Authentication Failed")),
        (format!("username=alice&password={sum}"), Some("Authentication Failed")),
        (format!("username=nobody&password={sum}"), Some("Authentication Failed")),
    ] {
        let call = format!("{login}&action=AddCredit&clientid=2&amount=1&description=x");
        let (status, body) = post(&on.router, &call).await;
        match message {
            None => assert_eq!(status, 200, "{login}: {body}"),
            Some(message) => assert_eq!((status, body), (403, error(message)), "{login}"),
        }
        let answer = post(&off.router, &call).await;
        assert_eq!(answer, (403, NOT_AUTHENTICATED.to_owned()), "{login}");
    }
    assert_eq!(on.rows("admin_id", "tblcredit WHERE clientid = 2").await, ["11", "14"]);
}

#[tokio::test]
async fn an_address_is_allowed_by_either_list_or_by_the_key() {
    let api = with_access(|settings| {
        settings.access.allow = vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        settings.access.access_key = Secret("open sesame".to_owned());
    })
    .await;
    let whmcs = r#"a:3:{i:0;a:2:{s:2:"ip";s:12:"198.51.100.7";s:4:"note";s:6:"Office";}i:1;a:2:{s:2:"ip";s:12:"203.0.113.77";s:4:"note";s:0:"";}i:2;a:2:{s:2:"ip";s:11:"2001:DB9::7";s:4:"note";s:0:"";}}"#;
    for (list, address, more, allowed) in [
        (whmcs, "10.1.2.3", "", true),
        (whmcs, "2001:db8::5", "", true),
        (whmcs, "198.51.100.7", "", true),
        (whmcs, "::ffff:198.51.100.7", "", true),
        (whmcs, "2001:db9::7", "", true),
        (whmcs, "198.51.100.8", "", false),
        (whmcs, "127.0.0.1", "", false),
        (whmcs, "2001:db9::8", "", false),
        (whmcs, "198.51.100.8", "accesskey=open+sesame&", true),
        (whmcs, "198.51.100.8", "accesskey=open+sesame+&", false),
        (whmcs, "198.51.100.8", "accesskey=&", false),
        (whmcs, "198.51.100.8", "accesskey[]=open+sesame&", false),
        ("", "198.51.100.7", "", false),
        ("a:0:{}", "198.51.100.7", "", false),
        ("not serialized", "198.51.100.7", "", false),
        ("", "10.1.2.3", "", true),
    ] {
        api.sql(&format!(
            "DELETE FROM tblconfiguration WHERE setting = 'APIAllowedIPs'; \
             INSERT INTO tblconfiguration (setting, value) VALUES ('APIAllowedIPs', '{list}')"
        ))
        .await;
        let answer = post_from(&api.router, address, &[], &format!("{more}{CALL}")).await;
        let seen = address.trim_start_matches("::ffff:");
        match allowed {
            true => assert_eq!(answer.0, 200, "{list} {address} {more}: {}", answer.1),
            false => assert_eq!(answer, (403, error(&format!("Invalid IP {seen}"))), "{list} {address} {more}"),
        }
    }
    let wrong = CALL.replace("TestSecret", "wrong");
    let answer = post_from(&api.router, "198.51.100.9", &[], &format!("accesskey=open+sesame&{wrong}")).await;
    assert_eq!(answer, (403, NOT_AUTHENTICATED.to_owned()), "the access key does not replace a credential");
}

/// The choice of the client's address is tested by a table beside the function that makes it.
#[tokio::test]
async fn only_a_trusted_proxy_says_for_whom_it_calls() {
    let api = with_access(|settings| {
        settings.access.allow = vec!["198.51.100.7".parse().unwrap()];
        settings.access.trusted_proxies = vec!["10.0.0.1".parse().unwrap()];
    })
    .await;
    let forged = "127.0.0.1, 198.51.100.7";
    for (peer, header, value, seen) in [
        ("10.0.0.1", "x-forwarded-for", "203.0.113.5, 198.51.100.7", None),
        ("10.0.0.1", "x-forwarded-for", "198.51.100.7, 203.0.113.5", Some("203.0.113.5")),
        ("10.0.0.2", "x-forwarded-for", forged, Some("10.0.0.2")),
        ("203.0.113.5", "x-forwarded-for", forged, Some("203.0.113.5")),
        ("10.0.0.1", "x-real-ip", "198.51.100.7", Some("10.0.0.1")),
        ("10.0.0.1", "forwarded", "for=198.51.100.7", Some("10.0.0.1")),
        ("10.0.0.1", "x-forwarded", "198.51.100.7", Some("10.0.0.1")),
    ] {
        let answer = post_from(&api.router, peer, &[(header, value)], CALL).await;
        match seen {
            None => assert_eq!(answer.0, 200, "{peer} {header} {value}: {}", answer.1),
            Some(seen) => {
                assert_eq!(answer, (403, error(&format!("Invalid IP {seen}"))), "{peer} {header} {value}");
            }
        }
    }
}

#[tokio::test]
async fn guessing_ends_soon_for_who_guesses_and_for_nobody_else() {
    let api = with_access(|settings| {
        settings.access.allow = vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
        settings.access.failures_per_address = 6;
        settings.access.failures_per_identifier = 3;
    })
    .await;
    let call = async |address: &str, identifier: &str, secret: &str| {
        let request = format!("identifier={identifier}&secret={secret}&action=GetCredits&clientid=1");
        post_from(&api.router, address, &[], &request).await.0
    };
    api.sql(&format!(
        "INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids) \
         VALUES ('Other', '{HASH}', 1, 1, '[1]')"
    ))
    .await;
    assert_eq!(call("198.51.100.7", "TestIdentifier", "TestSecret").await, 200);
    for _ in 0..3 {
        assert_eq!(call("198.51.100.7", "TestIdentifier", "wrong").await, 403);
        assert_eq!(call("2001:db8::1", "TestIdentifier", "wrong").await, 403);
    }
    assert_eq!(call("198.51.100.7", "TestIdentifier", "guess").await, 429);
    assert_eq!(call("2001:db8::2", "TestIdentifier", "guess").await, 429, "one subscriber has many addresses");
    assert_eq!(call("2001:db8:0:1::1", "TestIdentifier", "wrong").await, 403, "another subscriber");
    assert_eq!(call("198.51.100.7", "Other", "TestSecret").await, 200, "another identifier from the same address");
    assert_eq!(call("198.51.100.8", "TestIdentifier", "wrong").await, 403, "the same identifier from elsewhere");
    assert_eq!(call("198.51.100.7", "TestIdentifier", "TestSecret").await, 200, "a credential that was right before");

    for number in 0..3 {
        assert_eq!(call("198.51.100.7", &format!("Unknown{number}"), "wrong").await, 403);
    }
    assert_eq!(call("198.51.100.7", "Unknown", "wrong").await, 429, "the address has failed too often");
    assert_eq!(call("198.51.100.7", "Other", "TestSecret").await, 200, "a credential that was right before");
    api.sql(&format!(
        "INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids) \
         VALUES ('KnownElsewhere', '{HASH}', 1, 1, '[1]')"
    ))
    .await;
    assert_eq!(call("203.0.113.1", "KnownElsewhere", "TestSecret").await, 200);
    assert_eq!(call("198.51.100.7", "KnownElsewhere", "TestSecret").await, 429, "no test of a secret");

    // The cache grants nothing: a secret that was rotated away is rejected, and is then removed from the cache.
    api.sql(&format!("UPDATE tbldeviceauth SET secret = '{OTHER_HASH}' WHERE identifier = 'Other'")).await;
    assert_eq!(call("198.51.100.7", "Other", "TestSecret").await, 403);
    assert_eq!(call("198.51.100.7", "Other", "TestSecret").await, 429);
    assert_eq!(call("198.51.100.8", "Other", "TestSecret").await, 403);
}

/// Staff are exempt as credentials are; but their passwords can be guessed, so guesses end the exemption.
#[tokio::test]
async fn staff_who_were_right_before_are_locked_out_by_guesses_at_their_own_password_only() {
    let api = with_access(|settings| {
        settings.access.allow = vec!["0.0.0.0/0".parse().unwrap()];
        settings.access.admin_login = true;
        settings.access.admin_permission = 0;
        settings.access.failures_per_address = 6;
        settings.access.failures_per_identifier = 3;
    })
    .await;
    let (right, hash) = (secret::md5_hex("password"), secret::hash(&secret::md5_hex("password")).unwrap());
    for name in ["ann", "ben", "elsewhere"] {
        api.sql(&format!("INSERT INTO tbladmins (roleid, username, passwordhash) VALUES (1, '{name}', '{hash}')"))
            .await;
    }
    let call = async |address: &str, name: &str, password: &str| {
        let request = format!("username={name}&password={password}&action=GetCredits&clientid=1");
        post_from(&api.router, address, &[], &request).await.0
    };
    for (address, name) in [("198.51.100.7", "ann"), ("198.51.100.7", "ben"), ("198.51.100.8", "elsewhere")] {
        assert_eq!(call(address, name, &right).await, 200);
    }
    // The address is blocked by guesses at others, and Ann's user name besides.
    for name in ["ann", "ann", "ann", "someone", "else", "entirely"] {
        assert_eq!(call("198.51.100.7", name, "wrong").await, 403);
    }
    assert_eq!(call("198.51.100.7", "someone", "wrong").await, 429);
    for name in ["ann", "ben"] {
        assert_eq!(call("198.51.100.7", name, &right).await, 200, "{name} was right before");
    }
    assert_eq!(call("198.51.100.7", "elsewhere", &right).await, 429, "no test of a password");
    // As many guesses as an address has, although right log-ins come between them.
    for guess in 0..6 {
        assert_eq!(call("198.51.100.7", "ann", &right).await, 200);
        assert_eq!(call("198.51.100.7", "ann", &format!("guess{guess}")).await, 429);
    }
    assert_eq!(call("198.51.100.7", "ann", &right).await, 429, "a guess could be right by now");
    assert_eq!(call("198.51.100.7", "ben", &right).await, 200);
    assert_eq!(call("198.51.100.8", "elsewhere", &right).await, 200);

    // Whoever was right before is authenticated all the same.
    api.sql("UPDATE tbladmins SET passwordhash = 'x' WHERE username = 'ben'").await;
    assert_eq!(call("198.51.100.7", "ben", &right).await, 403);
    assert_eq!(call("198.51.100.7", "ben", &right).await, 429);
}

/// Calls without a guess of a secret or access key are not counted as failures.
#[tokio::test]
async fn what_is_no_guess_locks_nobody_out() {
    let api = with_access(|settings| {
        settings.access.failures_per_address = 2;
        settings.access.failures_per_identifier = 2;
        settings.access.access_key = Secret("open sesame".to_owned());
    })
    .await;
    for _ in 0..5 {
        assert_eq!(post(&api.router, "action=GetCredits").await.0, 403);
        assert_eq!(post_from(&api.router, "198.51.100.7", &[], CALL).await.0, 403);
    }
    assert_eq!(post(&api.router, CALL).await.0, 200);
    for expected in [403, 403, 429] {
        let guess = format!("accesskey=guess&{CALL}");
        assert_eq!(post_from(&api.router, "198.51.100.7", &[], &guess).await.0, expected);
    }
}

#[tokio::test]
async fn a_credential_may_need_an_owner_with_the_permission() {
    let api = with_access(|settings| settings.access.owner_permission = 81).await;
    assert_eq!(post(&api.router, CALL).await.0, 403);
    api.sql("INSERT INTO tbladminperms (roleid, permid) VALUES (0, 81)").await;
    assert_eq!(post(&api.router, CALL).await.0, 200);
}

/// Bytes in the header that are not text do not hide the address that a proxy has added.
#[tokio::test]
async fn bytes_that_are_no_text_hide_no_address() {
    let api = with_access(|settings| settings.access.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
    for (value, seen) in [
        (&b"\xff, 198.51.100.7"[..], "198.51.100.7"),
        (b"198.51.100.7\xff", "0.0.0.0"),
        (b"127.0.0.1, unknown", "0.0.0.0"),
    ] {
        let mut request = crate::support::form(&format!("{CALL}&responsetype=json"));
        request.headers_mut().insert("x-forwarded-for", axum::http::HeaderValue::from_bytes(value).unwrap());
        let response = api.router.clone().oneshot(request).await.unwrap();
        let body = to_bytes(response.into_body(), 1000).await.unwrap();
        assert_eq!(std::str::from_utf8(&body).unwrap(), error(&format!("Invalid IP {seen}")));
    }
}

#[tokio::test]
async fn a_blocked_caller_is_told_when_to_retry() {
    let api = with_access(|settings| settings.access.failures_per_identifier = 1).await;
    let wrong = CALL.replace("TestSecret", "wrong");
    let start = Instant::now();
    assert_eq!(post(&api.router, &wrong).await.0, 403);
    let response =
        api.router.clone().oneshot(crate::support::form(&format!("{wrong}&responsetype=json"))).await.unwrap();
    assert_eq!(response.status(), 429);
    let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    let least = 299_u64.saturating_sub(start.elapsed().as_secs());
    assert!((least..=301).contains(&seconds), "{seconds}");
    let body = to_bytes(response.into_body(), 1000).await.unwrap();
    let message = format!("Too many failed attempts from your address, try again in {seconds} s");
    assert_eq!(std::str::from_utf8(&body).unwrap(), error(&message));
}
