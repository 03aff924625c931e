//! Authentication and authorization of callers, and the errors of rejected ones.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use sqlx::AssertSqlSafe;
use sqlx::mysql::MySqlPool;
use tower::ServiceExt;
use whmcs_api::actions::{Access, CATALOGUE};
use whmcs_api::auth::secret;
use whmcs_api::config::{SecretReaders, Settings};
use whmcs_api::keyring::Keyring;

use crate::actions::CALLS;
use crate::support::{CREDENTIAL, NOW, TestApi, all, demo, demo_keys, post, post_from, serve};

pub(super) const NOT_AUTHENTICATED: &str = r#"{"result":"error","message":"Authentication Failed"}"#;
/// The hash of `TestSecret`, and another hash.
pub(super) const HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$rXTBWRm4BbVFJzdCXxlstA$kWw7TW/vkqcTxDtiL2vZqJBlmDTLpWcyHoswHviWnNY";
pub(super) const BCRYPT: &str = "$2y$04$NLsooykxdTBWElTWzC2KmemvAp6n08njjYiZkRW.Dg2aRUcVYx.2W";
pub(super) const OTHER_HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$mUvJ8jnK8ed995Y5yjM/EQ$BcWzCG4HFQYyPKHNf6cutQU+gnl4nL00/h4iE/HWTrc";

/// Creates an API with further credentials: each as `(identifier, columns of tbldeviceauth)`.
pub(super) async fn with_credentials() -> TestApi {
    with_credentials_and(Settings::default()).await
}

async fn with_credentials_and(mut settings: Settings) -> TestApi {
    // These tests fail to authenticate more often than the default limit allows.
    settings.access.failures_per_identifier = 10_000;
    settings.access.failures_per_address = 10_000;
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

pub(super) fn error(message: &str) -> String {
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

/// The action that reads, and is for callers to whom secrets are told: by default, those who may call an action that writes.
const ONLY_FOR_WRITERS: &str = "decryptpassword";

/// The list covers the whole catalogue, so that new actions are included.
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
            Access::Read if name != ONLY_FOR_WRITERS => assert_eq!(read_only.0, 200, "{name}: {}", read_only.1),
            Access::Read | Access::Write => assert_eq!(read_only, denied, "{name}"),
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
        ("POST", "/includes/api.php/", "", 400, "Empty action request"),
        ("POST", "//includes/api.php", "", 400, "Empty action request"),
        ("GET", "/billing//includes//api.php//?a=b", "", 400, "Empty action request"),
        ("POST", "/includes/api.php/x", "", 404, "Nothing is here: the API is at /includes/api.php"),
        ("POST", "/includesapi.php", "", 404, "Nothing is here: the API is at /includes/api.php"),
        ("POST", "/xincludes/api.php", "", 404, "Nothing is here: the API is at /includes/api.php"),
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

/// The database compares `Sync` and `sync ` as equal; they are different identifiers.
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

/// Hashing is limited, so concurrent first calls of one credential must share one verification, or some would be
/// rejected.
#[tokio::test(flavor = "multi_thread")]
async fn many_first_calls_at_once_are_all_let_in() {
    let api = TestApi::new().await;
    // The published demo hash, of the usual cost.
    api.sql("UPDATE tbldeviceauth SET secret = '$argon2id$v=19$m=19456,t=2,p=1$fuZvJ+R3zLheqGM/9X7/bQ$KV+q9HGco6sQPJNgvTzVi7Ce6jTe4XNY78qN2cb572E'").await;
    let request = format!("identifier=TestIdentifier&secret={}&action=GetCredits&clientid=1", whmcs_api::demo::SECRET);
    let answers = all((0..100).map(|_| post(&api.router, &request))).await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
}

/// Passwords, transfer codes and custom fields of type password are told to callers who may write, and to nobody whose roles
/// only read. The replies of all actions that only read are looked at.
#[tokio::test]
async fn secrets_are_told_only_to_those_who_may_write() {
    const CANARY: &str = "c4n4ry-told";
    const TELLING: &[&str] =
        &["GetClientPassword", "GetClientsDetails", "GetClientsProducts", "GetOrders", "GetPayMethods"];
    let (database, _folder, mut settings) = demo("secret-readers").await;
    let pool = MySqlPool::connect_with(database.options()).await.unwrap();
    let secret_columns: Vec<String> = sqlx::query_scalar(
        "SELECT CONCAT('UPDATE ', table_name, ' SET ', column_name, ' = ''c4n4ry-told''') FROM information_schema.columns \
         WHERE table_schema = DATABASE() AND table_name NOT IN ('tbldeviceauth', 'mod_whmcs_api_fossbilling_keys') \
           AND character_maximum_length > 10 \
           AND column_name REGEXP 'pass|secret|hash|token|pwresetkey'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let fields = "UPDATE tblcustomfields SET fieldtype = 'password'; UPDATE tblcustomfieldsvalues SET value = 'c4n4ry-told'; \
         INSERT INTO tblcustomfields (id, type, relid, fieldname, fieldtype) VALUES (900, 'client', 0, 'Login', 'password'); \
         INSERT INTO tblcustomfieldsvalues (fieldid, relid, value) SELECT 900, id, 'c4n4ry-told' FROM tblclients; \
         INSERT INTO tblcustomfields (id, type, relid, fieldname, fieldtype) \
         SELECT 900 + id, 'product', id, 'Login', 'password' FROM tblproducts; \
         INSERT INTO tblcustomfieldsvalues (fieldid, relid, value) SELECT 900 + packageid, id, 'c4n4ry-told' FROM tblhosting; \
         INSERT INTO tblapi_roles (id, role, description, permissions) VALUES (8, '', '', '{\"read-only\":1}'), \
             (9, '', '', '{\"read-only\":1,\"addcredit\":1}');";
    let credentials = format!(
        "INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids) \
         VALUES ('Reader', '{HASH}', 1, 1, '[8]'), ('Writer', '{HASH}', 1, 1, '[9]')"
    );
    let token = Keyring::load(&demo_keys()).unwrap().seal("pay method 1", br#"{"token":"c4n4ry-told"}"#).unwrap();
    let tokens = format!("UPDATE tblcreditcards SET card_data = '{token}' WHERE pay_method_id = 1;");
    let statements =
        format!("SET SESSION sql_mode = ''; {}; {fields} {tokens} {credentials}", secret_columns.join("; "));
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&pool).await.unwrap();
    for (readers, caller, expected) in [
        (SecretReaders::Writers, "Reader", &[][..]),
        (SecretReaders::Writers, "Writer", TELLING),
        (SecretReaders::Everyone, "Reader", TELLING),
        (SecretReaders::Nobody, "Writer", &[]),
    ] {
        settings.access.secret_readers = readers;
        let (_, router) = serve(database.options(), settings.clone()).await;
        let mut telling = Vec::new();
        for (action, calls) in CALLS {
            let entry = CATALOGUE.iter().find(|entry| entry.name == *action).unwrap();
            for call in calls.demo.iter().filter(|call| entry.access == Access::Read && call.starts_with(action)) {
                let request = format!("identifier={caller}&secret=TestSecret&action={}", call.replace(['{', '}'], ""));
                let (status, reply) = post(&router, &request).await;
                let is_refused = status == 403 && action.to_lowercase() == ONLY_FOR_WRITERS && expected.is_empty();
                assert!(status == 200 || is_refused, "{request}: {reply}");
                if reply.contains(CANARY) && telling.last() != Some(action) {
                    telling.push(*action);
                }
            }
        }
        telling.sort_unstable();
        assert_eq!(telling, expected, "{readers:?} {caller}");
    }
}
