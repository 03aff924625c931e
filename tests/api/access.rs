//! Who gets in, and what everybody else is told.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt;
use whmcs_api::actions::{Access, CATALOGUE};
use whmcs_api::auth::secret;
use whmcs_api::config::{Secret, Settings};

use crate::support::{CREDENTIAL, NOW, TestApi, all, post, post_from};

const NOT_AUTHENTICATED: &str = r#"{"result":"error","message":"Authentication Failed"}"#;
/// The hash of `TestSecret`, and another one.
const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$rXTBWRm4BbVFJzdCXxlstA$kWw7TW/vkqcTxDtiL2vZqJBlmDTLpWcyHoswHviWnNY";
const BCRYPT: &str = "$2y$04$NLsooykxdTBWElTWzC2KmemvAp6n08njjYiZkRW.Dg2aRUcVYx.2W";
const OTHER_HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$mUvJ8jnK8ed995Y5yjM/EQ$BcWzCG4HFQYyPKHNf6cutQU+gnl4nL00/h4iE/HWTrc";

/// An API with more credentials: each as `(identifier, columns of tbldeviceauth)`.
async fn with_credentials() -> TestApi {
    with_credentials_and(Settings::default()).await
}

async fn with_credentials_and(mut settings: Settings) -> TestApi {
    // These tests fail to log in more often than anybody should.
    settings.access.failures_per_identifier = 1000;
    settings.access.failures_per_address = 1000;
    let api = TestApi::with_settings(settings).await;
    for (identifier, hash, admin, is_admin, roles, deleted) in [
        ("NoRole", HASH, 1, 1, "", "NULL"),
        ("EmptyRoles", HASH, 1, 1, "[]", "NULL"),
        ("UnknownRole", HASH, 1, 1, "[9]", "NULL"),
        ("Readers", HASH, 1, 1, "[2]", "NULL"),
        ("ReadersAndBillers", HASH, 1, 1, "[\"2\", \"3\"]", "NULL"),
        ("CommaList", HASH, 1, 1, "2,3", "NULL"),
        ("Restored", HASH, 1, 1, "[1]", "'0000-00-00 00:00:00'"),
        ("Deleted", HASH, 1, 1, "[1]", "'2026-01-01 00:00:00'"),
        ("DisabledAdmin", HASH, 3, 1, "[1]", "NULL"),
        ("GoneAdmin", HASH, 9, 1, "[1]", "NULL"),
        ("NoAdmin", HASH, 1, 0, "[1]", "NULL"),
        ("Bcrypt", BCRYPT, 1, 1, "[1]", "NULL"),
        ("Disabled", HASH, 1, 1, "[1]", "NULL"),
        ("Expired", HASH, 1, 1, "[1]", "NULL"),
        ("Expiring", HASH, 1, 1, "[1]", "NULL"),
        ("OfficeOnly", HASH, 1, 1, "[1]", "NULL"),
        ("OfficeAndHere", HASH, 1, 1, "[1]", "NULL"),
        ("ReadOnly", HASH, 1, 1, "[4]", "NULL"),
        ("BillingOnly", HASH, 1, 1, "[5]", "NULL"),
        ("OldClient", HASH, 1, 1, "[1]", "NULL"),
        ("Rotated", OTHER_HASH, 1, 1, "[1]", "NULL"),
        ("RotatedLongAgo", OTHER_HASH, 1, 1, "[1]", "NULL"),
        ("Plain", "TestSecret", 1, 1, "[1]", "NULL"),
        ("Empty", "", 1, 1, "[1]", "NULL"),
    ] {
        api.sql(&format!(
            "INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids, deleted_at) \
             VALUES ('{identifier}', '{hash}', {admin}, {is_admin}, '{roles}', {deleted})"
        ))
        .await;
    }
    let md5_hash = secret::hash(&secret::md5_hex("TestSecret")).unwrap();
    api.sql(&format!(
        "INSERT INTO tblapi_roles (id, role, description, permissions) VALUES (4, '', '', '{{\"read-only\":1}}'), \
             (5, '', '', '{{\"billing/*\":1}}'); \
         UPDATE tbldeviceauth SET compat_secret = '{md5_hash}' WHERE identifier = 'OldClient'; \
         INSERT INTO mod_whmcs_api_credentials \
             (credential_id, disabled, allowed_addresses, expires_at, previous_secret, previous_until) \
         SELECT id, identifier = 'Disabled', \
                CASE identifier WHEN 'OfficeOnly' THEN '198.51.100.0/24 2001:db8::1' \
                                WHEN 'OfficeAndHere' THEN '198.51.100.0/24 127.0.0.1' ELSE '' END, \
                CASE identifier WHEN 'Expired' THEN '{NOW}' WHEN 'Expiring' THEN '2026-11-20 12:30:01' END, \
                '{HASH}', \
                CASE identifier WHEN 'RotatedLongAgo' THEN '{NOW}' ELSE '2026-11-20 12:30:01' END \
         FROM tbldeviceauth WHERE identifier IN \
             ('Disabled', 'Expired', 'Expiring', 'OfficeOnly', 'OfficeAndHere', 'Rotated', 'RotatedLongAgo')"
    ))
    .await;
    api
}

fn error(message: &str) -> String {
    format!(r#"{{"result":"error","message":"{message}"}}"#)
}

#[tokio::test]
async fn lets_in_who_has_the_secret() {
    let api = with_credentials().await;
    for credential in [
        "identifier=TestIdentifier&secret=TestSecret",
        "username=TestIdentifier&password=TestSecret",
        "identifier=&secret=&username=TestIdentifier&password=TestSecret&accesskey=",
        "username=&password=&identifier=TestIdentifier&secret=TestSecret",
        "username=someone&password=else&identifier=TestIdentifier&secret=TestSecret",
        "identifier=Readers&secret=TestSecret",
        "identifier=ReadersAndBillers&secret=TestSecret",
        "identifier=CommaList&secret=TestSecret",
        "identifier=Restored&secret=TestSecret",
        "identifier=Bcrypt&secret=TestSecret",
        "identifier=Expiring&secret=TestSecret",
        "identifier=OfficeAndHere&secret=TestSecret",
        "identifier=Rotated&secret=TestSecret",
        "username=OldClient&password=TestSecret",
        // The MD5 sum of TestSecret.
        "username=OldClient&password=MD5SUM",
    ] {
        let credential = &credential.replace("MD5SUM", &secret::md5_hex("TestSecret"));
        let (status, body) = post(&api.router, &format!("{credential}&action=GetCredits&clientid=2")).await;
        assert_eq!(status, 200, "{credential}: {body}");
        assert!(body.starts_with(r#"{"result":"success""#), "{credential}: {body}");
    }
}

#[tokio::test]
async fn tells_everybody_else_the_same() {
    let api = with_credentials().await;
    for credential in [
        "",
        "identifier=TestIdentifier",
        "secret=TestSecret",
        "identifier=TestIdentifier&secret=",
        "identifier=&secret=TestSecret",
        "identifier=TestIdentifier&password=TestSecret",
        "identifier=TestIdentifier&secret=testsecret",
        "identifier=TestIdentifier&secret=TestSecret+",
        "identifier=Nobody&secret=TestSecret",
        "identifier=TestIdentifier&secret=wrong&username=TestIdentifier&password=TestSecret",
        "identifier=Deleted&secret=TestSecret",
        "identifier=DisabledAdmin&secret=TestSecret",
        "identifier=GoneAdmin&secret=TestSecret",
        "identifier=NoAdmin&secret=TestSecret",
        "identifier=Bcrypt&secret=wrong",
        "identifier=Plain&secret=TestSecret",
        "identifier=OldClient&secret=MD5SUM",
        "username=TestIdentifier&password=MD5SUM",
        "identifier=RotatedLongAgo&secret=TestSecret",
        "identifier=Empty&secret=x",
        "identifier=x'+OR+'1'='1&secret=TestSecret",
    ] {
        let credential = &credential.replace("MD5SUM", &secret::md5_hex("TestSecret"));
        for action in ["action=GetCredits&clientid=1", "action=NoSuchAction", ""] {
            let answer = post(&api.router, &format!("{credential}&{action}")).await;
            assert_eq!(answer, (403, NOT_AUTHENTICATED.to_owned()), "{credential}&{action}");
        }
    }
}

/// The whole catalogue, so that an action which is added is in it.
#[tokio::test]
async fn every_action_is_refused_to_who_may_not_call_it() {
    let api = with_credentials().await;
    for entry in CATALOGUE {
        let name = entry.name.to_lowercase();
        let action = format!("action={}", entry.name);
        let call = async |address: &str, credential: &str| {
            post_from(&api.router, address, &[], &format!("{credential}&{action}")).await
        };
        let failed = (403, NOT_AUTHENTICATED.to_owned());
        let denied = (403, error(&format!(r"Invalid Permissions: API action \u0022{name}\u0022 is not allowed")));
        let secret = |identifier: &str| format!("identifier={identifier}&secret=TestSecret");

        assert_eq!(call("127.0.0.1", "").await, failed, "{name}");
        assert_eq!(call("127.0.0.1", "identifier=TestIdentifier&secret=wrong").await, failed, "{name}");
        for identifier in ["Deleted", "Disabled", "Expired", "DisabledAdmin", "GoneAdmin", "NoAdmin"] {
            assert_eq!(call("127.0.0.1", &secret(identifier)).await, failed, "{identifier} {name}");
        }
        for identifier in ["NoRole", "EmptyRoles", "UnknownRole"] {
            assert_eq!(call("127.0.0.1", &secret(identifier)).await, denied, "{identifier} {name}");
        }
        let elsewhere = (403, error("Invalid IP 198.51.100.7"));
        assert_eq!(call("198.51.100.7", &secret("TestIdentifier")).await, elsewhere, "{name}");
        assert_eq!(call("198.51.100.7", "").await, elsewhere, "{name}");
        let not_here = (403, error("Invalid IP 127.0.0.1"));
        assert_eq!(call("127.0.0.1", &secret("OfficeOnly")).await, not_here, "{name}");

        let read_only = call("127.0.0.1", &secret("ReadOnly")).await;
        match entry.access {
            Access::Read => assert_eq!(read_only.0, 200, "{name}: {}", read_only.1),
            Access::Write => assert_eq!(read_only, denied, "{name}"),
        }
        let in_group = call("127.0.0.1", &secret("BillingOnly")).await;
        assert_eq!(in_group != denied, entry.group == "billing", "{name}: {}", in_group.1);
        let (status, body) = api.send(&action).await;
        assert_eq!(status, 200, "{name}: {body}");
    }
}

#[tokio::test]
async fn several_roles_unite() {
    let api = with_credentials().await;
    for (action, allowed) in
        [("GetCredits", true), ("AddCredit", true), ("CreateInvoice", false), ("GetProducts", false)]
    {
        let (status, body) =
            post(&api.router, &format!("identifier=ReadersAndBillers&secret=TestSecret&action={action}")).await;
        assert_eq!(status == 200, allowed, "{action}: {body}");
    }
}

#[tokio::test]
async fn a_change_of_the_credential_holds_at_the_next_call() {
    let api = TestApi::new().await;
    let call = "action=GetCredits&clientid=1";
    for (change, status) in [
        ("DO 0", 200),
        (&*format!("UPDATE tbldeviceauth SET secret = '{OTHER_HASH}'"), 403),
        (&format!("UPDATE tbldeviceauth SET secret = '{HASH}'"), 200),
        ("UPDATE tbldeviceauth SET role_ids = '[3]'", 403),
        ("UPDATE tbldeviceauth SET role_ids = '[2]'", 200),
        ("UPDATE tblapi_roles SET permissions = '{}'", 403),
        ("UPDATE tblapi_roles SET permissions = 'not json'", 403),
        ("UPDATE tblapi_roles SET permissions = '{\"getcredits\":1}'", 200),
        ("UPDATE tbladmins SET disabled = 1", 403),
        ("UPDATE tbladmins SET disabled = 0", 200),
        ("UPDATE tbldeviceauth SET deleted_at = '2026-01-01'", 403),
    ] {
        api.sql(change).await;
        assert_eq!(api.send(call).await.0, status, "{change}");
    }
}

#[tokio::test]
async fn names_the_action_that_is_missing_or_unknown() {
    let api = TestApi::new().await;
    let empty = (400, r#"{"result":"error","message":"Empty action request"}"#.to_owned());
    assert_eq!(api.send("clientid=1").await, empty);
    assert_eq!(api.send("action=").await, empty);
    let unknown =
        r#"{"result":"error","message":"Invalid API Action: \u0022addpromotion\u0022 is not a valid API action"}"#;
    assert_eq!(api.send("action=AddPromotion").await, (200, unknown.to_owned()));
    for action in ["getcredits", "GETCREDITS", "GetCredits", "gEtCrEdItS"] {
        api.reply(&format!("action={action}&clientid=1")).await;
    }
}

#[tokio::test]
async fn only_its_own_path_and_methods_are_answered() {
    let api = TestApi::new().await;
    for (method, path, body, status, message) in [
        ("POST", "/includes/api.php", "", 400, "Empty action request"),
        ("POST", "/billing/whmcs/includes/api.php", "", 400, "Empty action request"),
        ("PUT", "/includes/api.php", "", 405, "The API answers GET and POST requests only"),
        ("POST", "/other", "", 404, "Nothing is here: the API is at /includes/api.php"),
        ("POST", "/api.php", "", 404, "Nothing is here: the API is at /includes/api.php"),
        ("POST", "/includes/api.php/", "", 404, "Nothing is here: the API is at /includes/api.php"),
        (
            "POST",
            "/includes/api.php",
            &*"x".repeat(1 << 20),
            413,
            "The request is larger than the 1048576 bytes that limits.request_bytes allows",
        ),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::from(format!("responsetype=json&{CREDENTIAL}&{body}")))
            .unwrap();
        let response = api.router.clone().oneshot(request).await.unwrap();
        let answer = (response.status().as_u16(), to_bytes(response.into_body(), 1000).await.unwrap());
        let expected = format!(r#"{{"result":"error","message":"{message}"}}"#);
        assert_eq!((answer.0, std::str::from_utf8(&answer.1).unwrap()), (status, expected.as_str()), "{method} {path}");
    }
}

/// The database takes `Sync` and `sync ` for the same; they are not.
#[tokio::test]
async fn rights_are_not_shared_by_identifiers_that_look_alike() {
    let api = TestApi::new().await;
    api.sql(&format!(
        "INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids) VALUES \
         ('sync', '{HASH}', 1, 1, '[2]'), ('Sync', '{OTHER_HASH}', 1, 1, '[1]'), ('twice', '{HASH}', 1, 1, '[2]'), \
         ('twice', '{OTHER_HASH}', 1, 1, '[1]')"
    ))
    .await;
    for (identifier, status) in [("sync", 200), ("twice", 200), ("Sync", 403), ("SYNC", 403), ("sync+", 403)] {
        let credential = format!("identifier={identifier}&secret=TestSecret");
        let read = post(&api.router, &format!("{credential}&action=GetCredits&clientid=1")).await;
        assert_eq!(read.0, status, "{identifier}");
        let write = post(&api.router, &format!("{credential}&action=AddCredit&clientid=1&amount=1")).await;
        assert_eq!(write.0, 403, "{identifier}: {}", write.1);
    }
}

/// Hashing is bounded, so many first calls of one credential must share one verification, or some would be sent away.
#[tokio::test(flavor = "multi_thread")]
async fn many_first_calls_at_once_are_all_let_in() {
    let api = TestApi::new().await;
    // The published demo hash, of the usual cost.
    api.sql("UPDATE tbldeviceauth SET secret = '$argon2id$v=19$m=19456,t=2,p=1$fuZvJ+R3zLheqGM/9X7/bQ$KV+q9HGco6sQPJNgvTzVi7Ce6jTe4XNY78qN2cb572E'").await;
    let request = format!("identifier=TestIdentifier&secret={}&action=GetCredits&clientid=1", whmcs_api::demo::SECRET);
    let answers = all((0..100).map(|_| post(&api.router, &request))).await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
}

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
    assert_eq!(answer, (403, NOT_AUTHENTICATED.to_owned()), "the key replaces no credential");
}

/// Which address is believed is a table of its own, beside the function that finds it.
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
    assert_eq!(call("198.51.100.7", "TestIdentifier", "TestSecret").await, 200, "who was known before");

    for number in 0..3 {
        assert_eq!(call("198.51.100.7", &format!("Unknown{number}"), "wrong").await, 403);
    }
    assert_eq!(call("198.51.100.7", "Unknown", "wrong").await, 429, "the address has failed too often");
    assert_eq!(call("198.51.100.7", "Other", "TestSecret").await, 200, "who was known before");
    api.sql(&format!(
        "INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids) \
         VALUES ('KnownElsewhere', '{HASH}', 1, 1, '[1]')"
    ))
    .await;
    assert_eq!(call("203.0.113.1", "KnownElsewhere", "TestSecret").await, 200);
    assert_eq!(call("198.51.100.7", "KnownElsewhere", "TestSecret").await, 429, "no way to find out a secret");

    // What is known opens nothing: a secret that was rotated away is refused, and after that it is known no more.
    api.sql(&format!("UPDATE tbldeviceauth SET secret = '{OTHER_HASH}' WHERE identifier = 'Other'")).await;
    assert_eq!(call("198.51.100.7", "Other", "TestSecret").await, 403);
    assert_eq!(call("198.51.100.7", "Other", "TestSecret").await, 429);
    assert_eq!(call("198.51.100.8", "Other", "TestSecret").await, 403);
}

/// Who has guessed nothing is not counted as guessing.
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

/// What a proxy has written is not lost by what stands before it.
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
async fn who_is_refused_unheard_is_told_when_to_come_again() {
    let api = with_access(|settings| settings.access.failures_per_identifier = 1).await;
    let wrong = CALL.replace("TestSecret", "wrong");
    assert_eq!(post(&api.router, &wrong).await.0, 403);
    let response =
        api.router.clone().oneshot(crate::support::form(&format!("{wrong}&responsetype=json"))).await.unwrap();
    assert_eq!(response.status(), 429);
    let seconds: u32 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((295..=301).contains(&seconds), "{seconds}");
    let body = to_bytes(response.into_body(), 1000).await.unwrap();
    let message = format!("Too many failed attempts from your address; try again in {seconds} s");
    assert_eq!(std::str::from_utf8(&body).unwrap(), error(&message));
}
