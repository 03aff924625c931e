//! Who may have calls passed: what this server can check comes before anything is sent.

use tower::ServiceExt;
use whmcs_api::config::{Settings, Upstream};
use whmcs_api::database::hosts::Hosts;

use super::passing;
use crate::support::{CREDENTIAL, ScriptedUpstream, TestApi, UpstreamAnswer, form, post, post_from, router};

const UNKNOWN: &str = "identifier=Unknown&secret=UnknownSecret";
const SUCCESS: &str = r#"{"result":"success"}"#;

fn unverified(upstream: &ScriptedUpstream) -> Upstream {
    Upstream { unverified: true, ..upstream.settings() }
}

#[tokio::test]
async fn credentials_that_are_known_are_verified_here() {
    let upstream = ScriptedUpstream::start().await;
    for is_open in [false, true] {
        let api = passing(Upstream { unverified: is_open, ..upstream.settings() }).await;
        api.sql(
            "INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids) \
             SELECT name, secret, user_id, 1, roles FROM tbldeviceauth, (SELECT 'Disabled' AS name, '[1]' AS roles \
             UNION SELECT 'Readers', '[2]' UNION SELECT 'Everything', '[1]' UNION SELECT 'Widgets', '[9]' \
             UNION SELECT 'Reading', '[10]' UNION SELECT 'Upstream', '[11]') AS new WHERE id = 1; \
             INSERT INTO mod_whmcs_api_credentials (credential_id, disabled) \
             SELECT id, 1 FROM tbldeviceauth WHERE identifier = 'Disabled'; \
             INSERT INTO tblapi_roles (id, role, permissions) VALUES (9, 'Widgets', '{\"getwidgets\":1}'), \
             (10, 'Reading', '{\"read-only\":1}'), (11, 'Upstream', '{\"upstream/*\":1}')",
        )
        .await;
        let denied = r#"{"result":"error","message":"Authentication Failed"}"#;
        let not_permitted = |action: &str| {
            format!(
                r#"{{"result":"error","message":"Invalid Permissions: API action \u0022{action}\u0022 is not allowed"}}"#
            )
        };
        let unknown = if is_open { (200, SUCCESS) } else { (403, denied) };
        for (credential, action, status, reply, is_passed) in [
            ("identifier=Widgets&secret=TestSecret", "GetWidgets", 200, SUCCESS, true),
            ("identifier=Widgets&secret=TestSecret", "getwidgets", 200, SUCCESS, true),
            ("identifier=Widgets&secret=Wrong", "GetWidgets", 403, denied, false),
            ("identifier=Disabled&secret=TestSecret", "GetWidgets", 403, denied, false),
            ("", "GetWidgets", 403, denied, false),
            ("identifier=Widgets&secret=TestSecret", "AddWidget", 403, &not_permitted("addwidget"), false),
            ("identifier=Everything&secret=TestSecret", "AddWidget", 200, SUCCESS, true),
            ("identifier=Reading&secret=TestSecret", "GetWidgets", 200, SUCCESS, true),
            ("identifier=Reading&secret=TestSecret", "AddWidget", 403, &not_permitted("addwidget"), false),
            ("identifier=Upstream&secret=TestSecret", "AddWidget", 200, SUCCESS, true),
            ("identifier=Readers&secret=TestSecret", "GetWidgets", 403, &not_permitted("getwidgets"), false),
            (UNKNOWN, "GetWidgets", unknown.0, unknown.1, is_open),
        ] {
            let answer = post(&api.router, &format!("{credential}&action={action}")).await;
            assert_eq!(answer, (status, reply.to_owned()), "{credential} {action} {is_open}");
            assert_eq!(!upstream.received().is_empty(), is_passed, "{credential} {action} {is_open}");
        }
        // What this server answers itself is not open to unverified callers.
        assert_eq!(post(&api.router, &format!("{UNKNOWN}&action=GetCredits&clientid=1")).await.0, 403);
        assert_eq!(upstream.received(), []);
    }
}

/// WHMCS may consider another spelling of a credential equal, which would circumvent what is decided about it here.
#[tokio::test]
async fn what_is_known_here_is_never_passed_unverified() {
    let upstream = ScriptedUpstream::start().await;
    let mut settings = Settings { upstream: unverified(&upstream), ..Settings::default() };
    let by_credential = TestApi::with_settings(settings.clone()).await;
    settings.access.admin_login = true;
    let by_password = TestApi::with_settings(settings).await;
    for api in [&by_credential, &by_password] {
        api.sql(
            "INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids, deleted_at) \
             SELECT name, secret, owner, 1, '[1]', deleted FROM tbldeviceauth, (SELECT 'Deleted' AS name, 1 AS owner, \
             '2026-01-01' AS deleted UNION SELECT 'OfNobody', 3, NULL) AS new WHERE id = 1",
        )
        .await;
    }
    for (login, is_passed) in [
        ("identifier=Unknown&secret=TestSecret", [true, true]),
        ("identifier=TESTIDENTIFIER&secret=TestSecret", [false, false]),
        ("identifier=TestIdentifier%20&secret=TestSecret", [false, false]),
        ("identifier=%09TestIdentifier&secret=TestSecret", [false, false]),
        ("identifier=T%C3%A9stIdentifier&secret=TestSecret", [false, false]),
        ("identifier=Deleted&secret=TestSecret", [false, false]),
        ("identifier=OfNobody&secret=TestSecret", [false, false]),
        ("identifier=alice&secret=TestSecret", [false, false]),
        // Where log-ins with a password are not allowed, the WHMCS must not be asked for one either.
        ("username=Unknown&password=TestSecret", [false, true]),
        ("username=alice&password=x", [false, false]),
        ("username=ALICE&password=x", [false, false]),
        ("username=gone+&password=x", [false, false]),
    ] {
        for (api, is_passed) in [&by_credential, &by_password].into_iter().zip(is_passed) {
            let (status, body) = post(&api.router, &format!("{login}&action=GetOdd")).await;
            let context = format!("{login}: {body}");
            assert_eq!((status, upstream.received().len()), if is_passed { (200, 1) } else { (403, 0) }, "{context}");
        }
    }
}

/// For actions of this server, roles grant what they always grant.
#[tokio::test]
async fn patterns_grant_actions_of_this_server_that_are_passed() {
    let upstream = ScriptedUpstream::start().await;
    let api = passing(Upstream { actions: vec!["*".to_owned()], ..upstream.settings() }).await;
    api.sql("INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids) SELECT 'Readers', secret, 1, 1, '[2]' FROM tbldeviceauth WHERE id = 1").await;
    for (identifier, action, status) in
        [("TestIdentifier", "AddCredit", 200), ("Readers", "GetCredits", 200), ("Readers", "AddCredit", 403)]
    {
        let call = format!("identifier={identifier}&secret=TestSecret&action={action}");
        assert_eq!(post(&api.router, &call).await.0, status, "{call}");
        assert_eq!(upstream.received().len(), usize::from(status == 200), "{call}");
    }
}

#[tokio::test]
async fn addresses_are_checked_first_and_told_to_the_upstream() {
    let upstream = ScriptedUpstream::start().await;
    let mut settings = Settings { upstream: unverified(&upstream), ..Settings::default() };
    settings.access.access_key.0 = "open-sesame".to_owned();
    settings.access.trusted_proxies = vec!["10.0.0.1".parse().unwrap()];
    settings.access.allow.push("198.51.100.0/24".parse().unwrap());
    let api = TestApi::with_settings(settings).await;
    let call = format!("{UNKNOWN}&action=GetOdd");
    for (peer, forwarded, more, address) in [
        ("192.0.2.1", None, "", None),
        ("192.0.2.1", None, "&accesskey=wrong", None),
        ("192.0.2.1", Some("127.0.0.1"), "", None),
        ("192.0.2.1", Some("127.0.0.1"), "&accesskey=open-sesame", Some("192.0.2.1")),
        ("198.51.100.7", None, "", Some("198.51.100.7")),
        ("10.0.0.1", Some("203.0.113.5, 198.51.100.8"), "", Some("198.51.100.8")),
        ("10.0.0.1", Some("198.51.100.8, 203.0.113.5"), "", None),
        ("::1", None, "", Some("::1")),
    ] {
        let headers: Vec<(&str, &str)> =
            forwarded.map(|addresses| ("x-forwarded-for", addresses)).into_iter().collect();
        let (status, _) = post_from(&api.router, peer, &headers, &format!("{call}{more}")).await;
        let received = upstream.received();
        let told = received.first().and_then(|passed| passed.header("x-forwarded-for"));
        assert_eq!((status, told), (if address.is_some() { 200 } else { 403 }, address), "{peer} {forwarded:?} {more}");
    }
}

/// The WHMCS would ban this server, and with it everybody.
#[tokio::test]
async fn rejections_by_the_upstream_count_as_failed_attempts() {
    let upstream = ScriptedUpstream::start().await;
    let mut settings = Settings { upstream: unverified(&upstream), ..Settings::default() };
    settings.access.failures_per_identifier = 3;
    settings.access.failures_per_address = 5;
    let api = TestApi::with_settings(settings).await;
    let rejection = || UpstreamAnswer::json(403, r#"{"result":"error","message":"Authentication Failed"}"#);
    let attempt = async |identifier: &str| {
        upstream.answer_with([rejection()]);
        let status = post(&api.router, &format!("identifier={identifier}&secret=Guess&action=GetOdd")).await.0;
        (status, upstream.received().len())
    };
    for _ in 0..3 {
        assert_eq!(attempt("One").await, (403, 1));
    }
    assert_eq!(attempt("One").await, (429, 0), "this identifier is blocked");
    assert_eq!(attempt("Two").await, (403, 1));
    assert_eq!(attempt("Three").await, (403, 1));
    assert_eq!(attempt("Four").await, (429, 0), "the address is blocked");
}

/// To the WHMCS, unverified callers have one address, wherever they are.
#[tokio::test]
async fn rejections_of_unverified_callers_add_up() {
    let upstream = ScriptedUpstream::start().await;
    let mut settings = Settings { upstream: unverified(&upstream), ..Settings::default() };
    settings.access.failures_per_address = 3;
    settings.access.allow.push("198.51.100.0/24".parse().unwrap());
    let api = TestApi::with_settings(settings).await;
    let attempt = async |number: u32, credential: &str| {
        let call = format!("{credential}&action=GetOdd");
        let status = post_from(&api.router, &format!("198.51.100.{number}"), &[], &call).await.0;
        (status, upstream.received().len())
    };
    let rejection = || UpstreamAnswer::json(403, r#"{"result":"error","message":"Authentication Failed"}"#);
    for number in 0..3 {
        upstream.answer_with([rejection()]);
        assert_eq!(attempt(number, &format!("identifier=Unknown{number}&secret=Guess")).await, (403, 1));
    }
    assert_eq!(attempt(4, "identifier=Another&secret=Guess").await, (429, 0));
    assert_eq!(attempt(5, CREDENTIAL).await, (200, 1), "those who are verified here are passed");
}

/// Whatever the rejection looks like; but that this server's address is not on the list of the WHMCS is not the caller's failure.
#[tokio::test]
async fn rejections_of_callers_are_told_from_those_of_this_server() {
    let upstream = ScriptedUpstream::start().await;
    let mut settings = Settings { upstream: unverified(&upstream), ..Settings::default() };
    settings.access.failures_per_identifier = 1;
    let api = TestApi::with_settings(settings).await;
    let rejection = r#"{"result":"error","message":"Authentication Failed"}"#;
    let of_address = r#"{"result":"error","message":"Invalid IP 203.0.113.9"}"#;
    for (number, (answer, status, is_counted)) in [
        (UpstreamAnswer::json(403, rejection), 403, true),
        (UpstreamAnswer::new(403, "", "result=error;message=Authentication Failed"), 403, true),
        (UpstreamAnswer::new(403, "Content-Type: text/html\r\n", "<html>Blocked by a firewall</html>"), 502, true),
        (UpstreamAnswer::new(403, "", ""), 502, true),
        (UpstreamAnswer::json(403, of_address), 403, false),
        (UpstreamAnswer::new(403, "", "result=error;message=Invalid IP 203.0.113.9"), 403, false),
    ]
    .into_iter()
    .enumerate()
    {
        let call = format!("identifier=Unknown{number}&secret=Guess&action=GetOdd");
        upstream.answer_with([answer.clone()]);
        assert_eq!(post(&api.router, &call).await.0, status, "{answer:?}");
        assert_eq!(post(&api.router, &call).await.0, if is_counted { 429 } else { 200 }, "{answer:?}");
    }
}

/// Even of a caller whom this server knows: the WHMCS may know another secret.
#[tokio::test]
async fn a_known_caller_is_passed_until_too_many_rejections() {
    let upstream = ScriptedUpstream::start().await;
    let mut settings = Settings { upstream: upstream.settings(), ..Settings::default() };
    settings.access.failures_per_identifier = 3;
    settings.access.allow.push("198.51.100.7".parse().unwrap());
    let api = TestApi::with_settings(settings).await;
    let attempt = async |address: &str| {
        let status = post_from(&api.router, address, &[], &format!("{CREDENTIAL}&action=GetOdd")).await.0;
        (status, upstream.received().len())
    };
    let rejection = || UpstreamAnswer::json(403, r#"{"result":"error","message":"Authentication Failed"}"#);
    upstream.answer_with([rejection(), rejection(), rejection()]);
    for _ in 0..3 {
        assert_eq!(attempt("127.0.0.1").await, (403, 1));
    }
    assert_eq!(attempt("127.0.0.1").await, (429, 0));
    assert_eq!(attempt("198.51.100.7").await, (200, 1), "from another address");
    assert_eq!(post(&api.router, &format!("{CREDENTIAL}&action=GetCredits&clientid=1")).await.0, 200, "answered here");
}

#[tokio::test]
async fn a_success_or_another_error_is_no_failed_attempt() {
    let upstream = ScriptedUpstream::start().await;
    let mut settings = Settings { upstream: unverified(&upstream), ..Settings::default() };
    settings.access.failures_per_identifier = 1;
    settings.access.failures_per_address = 1;
    let api = TestApi::with_settings(settings).await;
    for answer in [
        UpstreamAnswer::json(200, SUCCESS),
        UpstreamAnswer::json(200, r#"{"result":"error","message":"No Such Thing"}"#),
        UpstreamAnswer::json(500, r#"{"result":"error","message":"Down"}"#),
        UpstreamAnswer::new(502, "", "<html>"),
        UpstreamAnswer::json(200, SUCCESS),
    ] {
        upstream.answer_with([answer]);
        assert_ne!(post(&api.router, &format!("{UNKNOWN}&action=GetOdd")).await.0, 429);
    }
    assert_eq!(upstream.received().len(), 5);
}

#[tokio::test]
async fn rate_limits_hold_for_callers_and_for_unverified_ones_by_address() {
    let upstream = ScriptedUpstream::start().await;
    let mut settings = Settings { upstream: unverified(&upstream), ..Settings::default() };
    settings.limits.calls_per_minute = 2;
    settings.access.allow.push("198.51.100.0/24".parse().unwrap());
    settings.upstream.actions = vec!["GetCredits".to_owned()];
    let api = TestApi::with_settings(settings).await;
    for (address, credential, statuses) in [
        ("127.0.0.1", CREDENTIAL, [200, 200, 429]),
        ("127.0.0.1", UNKNOWN, [200, 200, 429]),
        ("127.0.0.1", "identifier=Other&secret=x", [429, 429, 429]),
        ("198.51.100.7", UNKNOWN, [200, 200, 429]),
    ] {
        for status in statuses {
            let answer = post_from(&api.router, address, &[], &format!("{credential}&action=GetCredits")).await;
            assert_eq!(answer.0, status, "{address} {credential}: {}", answer.1);
            assert_eq!(upstream.received().len(), usize::from(status == 200));
        }
    }
}

#[tokio::test]
async fn a_server_that_is_read_only_passes_reads() {
    let upstream = ScriptedUpstream::start().await;
    let mut settings = Settings { upstream: unverified(&upstream), read_only: true, ..Settings::default() };
    settings.upstream.actions = vec!["*Credit*".to_owned()];
    settings.upstream.reads = vec!["Get*".to_owned(), "FindOdd".to_owned()];
    let api = TestApi::new().await;
    let hosts = Hosts::open_to_read(vec![api.database.options()], 2).await.unwrap();
    let reading = router(hosts, &settings);
    for (action, is_passed) in [
        ("GetOdd", true),
        ("getodd", true),
        ("FindOdd", true),
        ("GetCredits", true),
        ("AddCredit", false),
        ("ChangeOdd", false),
    ] {
        let (status, body) = post(&reading, &format!("{CREDENTIAL}&action={action}")).await;
        let (status_of_unverified, _) = post(&reading, &format!("{UNKNOWN}&action={action}")).await;
        let expected = if is_passed { 200 } else { 403 };
        assert_eq!((status, status_of_unverified), (expected, expected), "{action}: {body}");
        assert!(is_passed || body.contains("The API is read-only"), "{action}: {body}");
    }
}

/// While the upstream takes its time, others use the connection.
#[tokio::test]
async fn no_database_connection_is_held_while_the_upstream_answers() {
    let upstream = ScriptedUpstream::start().await;
    let api = TestApi::new().await;
    let one = Hosts::open(vec![api.database.options()], 1).await.unwrap();
    let passing = router(one, &Settings { upstream: unverified(&upstream), ..Settings::default() });
    upstream.answer_with([UpstreamAnswer::Nothing]);
    let waiting = tokio::spawn({
        let passing = passing.clone();
        async move { passing.oneshot(form(&format!("{UNKNOWN}&action=GetOdd"))).await }
    });
    crate::support::eventually("the call was passed", async || !upstream.received().is_empty()).await;
    assert_eq!(post(&passing, &format!("{CREDENTIAL}&action=GetCredits&clientid=1")).await.0, 200);
    assert!(!waiting.is_finished());
    waiting.abort();
}

/// Nobody learns from the log what a caller sent or got.
#[tokio::test]
async fn the_log_has_one_line_without_secrets() {
    let upstream = ScriptedUpstream::start().await;
    let mut settings = Settings { upstream: unverified(&upstream), ..Settings::default() };
    settings.access.allow.push("0.0.0.0/0".parse().unwrap());
    let api = TestApi::with_settings(settings).await;
    let json = |body: &str| UpstreamAnswer::json(200, body);
    for (credential, answer, action, caller, response) in [
        (
            UNKNOWN,
            json(r#"{"result":"success","password":"canary","note":"UnknownSecret","a":"b"}"#),
            "GetOdd",
            "Unknown",
            r#"{"result":"success","password":"***","note":"***","a":"b"}"#,
        ),
        (
            UNKNOWN,
            UpstreamAnswer::new(200, "Content-Type: text/html\r\n", "result=success;password=canary"),
            "GetOdd",
            "Unknown",
            r#"{"bytes":30}"#,
        ),
        (
            UNKNOWN,
            UpstreamAnswer::json(429, r#"{"result":"error","message":"Slow Down"}"#),
            "GetOdd",
            "Unknown",
            r#"{"result":"error","message":"Slow Down"}"#,
        ),
        (
            UNKNOWN,
            UpstreamAnswer::json(403, r#"{"result":"error","message":"canary"}"#),
            "",
            "",
            r#"{"result":"error","message":"canary"}"#,
        ),
    ] {
        upstream.answer_with([answer]);
        post(&api.router, &format!("{credential}&action=GetOdd&cardnum=4111111111111111&password2=canary&x=1")).await;
        let columns = "action, COALESCE(JSON_VALUE(request_headers, '$.credential'), ''), response, JSON_EXTRACT(response_headers, '$.upstream'), request";
        let row = crate::support::until_ok(async || {
            let rows = api.rows(columns, "tblapilog").await;
            if rows.len() == 1 { Ok(rows[0].clone()) } else { Err(format!("{rows:?}")) }
        })
        .await;
        let (row, request) = row.rsplit_once(" | ").unwrap();
        assert_eq!(row, format!("{action} | {caller} | {response} | true"));
        for secret in ["4111", "canary", "UnknownSecret"] {
            assert!(!request.contains(secret), "{request}");
        }
        api.sql("DELETE FROM tblapilog").await;
    }
}
