//! Rate limits and quotas of callers. All clocks stand still, and servers exchange their counts when a test says so.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::connect_info::MockConnectInfo;
use axum::http::HeaderMap;
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use whmcs_api::api::Api;
use whmcs_api::auth::secret;
use whmcs_api::config::Settings;
use whmcs_api::database::hosts::Hosts;
use whmcs_api::domain::time::{Clock, parse_date_time};
use whmcs_api::server;

use super::access::HASH;
use crate::support::{CREDENTIAL, TestApi, ends, eventually, form, post};

const CALL: &str = "action=GetCredits&clientid=1";

/// One of several servers on a database.
struct Replica {
    api: Arc<Api>,
    router: Router,
}

impl Replica {
    /// Starts a server on the tests' database whose clock stands at this time.
    async fn start(api: &TestApi, settings: &Settings, time: &str) -> Replica {
        let hosts = Hosts::open(vec![api.database.options()], 2).await.unwrap();
        Replica::on(hosts, settings, time)
    }

    fn on(hosts: Arc<Hosts>, settings: &Settings, time: &str) -> Replica {
        let clock = Clock::fixed(parse_date_time(time).unwrap());
        let api = Api::new(hosts, None, settings, clock).unwrap();
        let router = server::router(Arc::clone(&api), settings);
        Replica { api, router: router.layer(MockConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711)))) }
    }

    async fn call(&self) -> u16 {
        self.call_as(CREDENTIAL).await
    }

    async fn call_as(&self, credential: &str) -> u16 {
        post(&self.router, &format!("{credential}&{CALL}")).await.0
    }

    /// Makes calls until one is rejected, and returns the number of those that were accepted, but at most ten.
    async fn calls_until_rejected(&self) -> usize {
        for accepted in 0..10 {
            match self.call().await {
                200 => {}
                429 => return accepted,
                status => panic!("status {status}"),
            }
        }
        10
    }

    async fn exchange(&self) {
        self.api.exchange_counts().await.unwrap();
    }
}

async fn with_limits(per_minute: &str, per_day: &str) -> TestApi {
    let api = TestApi::new().await;
    set_limits(&api, per_minute, per_day).await;
    api
}

/// Sets the limits of all credentials.
async fn set_limits(api: &TestApi, per_minute: &str, per_day: &str) {
    api.sql(&format!(
        "REPLACE INTO mod_whmcs_api_rate_limits (credential_id, per_minute, per_day) \
         SELECT id, {per_minute}, {per_day} FROM tbldeviceauth"
    ))
    .await;
}

async fn answer(router: &Router, request: &str) -> (u16, HeaderMap, String) {
    let response = router.clone().oneshot(form(request)).await.unwrap();
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (head.status.as_u16(), head.headers, String::from_utf8(body.to_vec()).unwrap())
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_credential_may_make_exactly_as_many_calls_as_its_limit() {
    let api = TestApi::new().await;
    for (per_minute, per_day, defaults, accepted) in [
        ("3", "NULL", (0, 0), 3),
        ("NULL", "4", (0, 0), 4),
        ("5", "2", (0, 0), 2),
        ("NULL", "NULL", (2, 0), 2),
        ("NULL", "NULL", (0, 3), 3),
        ("5", "NULL", (2, 0), 5),
        ("0", "NULL", (2, 0), 10),
        ("0", "NULL", (2, 7), 7),
        ("NULL", "NULL", (0, 0), 10),
    ] {
        set_limits(&api, per_minute, per_day).await;
        let mut settings = Settings::default();
        (settings.limits.calls_per_minute, settings.limits.calls_per_day) = defaults;
        let server = Replica::start(&api, &settings, "2026-11-20 12:30:00").await;
        let limits = format!("{per_minute} {per_day} {defaults:?}");
        assert_eq!(server.calls_until_rejected().await, accepted, "{limits}");
    }
}

#[tokio::test]
async fn what_is_left_is_told_in_headers_and_in_the_format_that_was_asked_for() {
    let api = with_limits("2", "100").await;
    let server = Replica::start(&api, &Settings::default(), "2026-11-20 23:59:12").await;
    let request = format!("{CREDENTIAL}&responsetype=json&{CALL}");
    for (status, remaining, of_day) in [(200, 1, 99), (200, 0, 98), (429, 0, 98), (429, 0, 98)] {
        let (is, headers, _) = answer(&server.router, &request).await;
        assert_eq!(is, status);
        assert_eq!(text(&headers, "ratelimit-limit"), "2");
        assert_eq!(text(&headers, "ratelimit-remaining"), remaining.to_string());
        assert_eq!(text(&headers, "ratelimit-reset"), "48");
        assert_eq!(text(&headers, "ratelimit-policy"), r#""minute";q=2;w=60, "day";q=100;w=86400"#);
        let both = format!(r#""minute";r={remaining};t=48, "day";r={of_day};t=48"#);
        assert_eq!(text(&headers, "ratelimit"), both);
        assert_eq!(text(&headers, "retry-after"), if status == 429 { "48" } else { "" });
    }
    let message = "You may make 2 calls a minute. Try again in 48 s";
    for (format, body) in [
        ("json", format!(r#"{{"result":"error","message":"{message}"}}"#)),
        ("nvp", format!("message={message}")),
        ("xml", format!("<message>{message}</message>")),
    ] {
        let (status, _, answered) = answer(&server.router, &format!("{CREDENTIAL}&responsetype={format}&{CALL}")).await;
        assert!(status == 429 && answered.contains(&body), "{format}: {answered}");
    }
    let mut request = form("clientid=1");
    *request.uri_mut() = "/v1/GetCredits".parse().unwrap();
    let login = format!("Basic {}", BASE64.encode("TestIdentifier:TestSecret"));
    request.headers_mut().insert("authorization", login.parse().unwrap());
    let response = server.router.clone().oneshot(request).await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"48".parse().unwrap()));
    assert_eq!(response.headers()["ratelimit-remaining"], "0");
    let problem = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let problem: serde_json::Value = serde_json::from_slice(&problem).unwrap();
    assert_eq!((&problem["code"], &problem["detail"]), (&"rate_limited".into(), &message.into()));
}

/// A day that is used up makes a longer wait than a minute that is.
#[tokio::test]
async fn the_wait_is_that_of_the_longest_window_that_is_used_up() {
    let api = with_limits("1", "1").await;
    let server = Replica::start(&api, &Settings::default(), "2026-11-20 23:00:00").await;
    assert_eq!(server.call().await, 200);
    let (status, headers, _) = answer(&server.router, &format!("{CREDENTIAL}&{CALL}")).await;
    assert_eq!((status, text(&headers, "retry-after"), text(&headers, "ratelimit-reset")), (429, "3600", "3600"));
}

#[tokio::test]
async fn servers_apply_one_limit_together() {
    let api = with_limits("6", "NULL").await;
    let settings = Settings::default();
    let one = Replica::start(&api, &settings, "2026-11-20 12:30:00").await;
    let other = Replica::start(&api, &settings, "2026-11-20 12:30:07").await;
    assert_eq!((one.call().await, one.call().await), (200, 200));
    assert_eq!(other.call().await, 200);
    one.exchange().await;
    other.exchange().await;
    one.exchange().await;
    // Three of six calls are left, for both together.
    assert_eq!((other.call().await, other.call().await), (200, 200));
    other.exchange().await;
    one.exchange().await;
    assert_eq!(one.calls_until_rejected().await, 1);
    one.exchange().await;
    other.exchange().await;
    assert_eq!(other.calls_until_rejected().await, 0);
    // Exchanges repeat what was stored, and add nothing to it.
    let sum = "mod_whmcs_api_call_counts WHERE caller = 'credential 1'";
    assert_eq!(api.rows("SUM(minute_calls), SUM(day_calls), COUNT(*)", sum).await, ["6 | 6 | 2"]);
    // A server that has not seen the caller yet learns of the calls with its first one.
    let third = Replica::start(&api, &settings, "2026-11-20 12:30:59").await;
    assert_eq!(third.calls_until_rejected().await, 0);
}

/// Without being told. One server uses up most of a limit, and the other learns of it.
#[tokio::test]
async fn servers_that_run_exchange_their_counts() {
    let api = with_limits("500", "NULL").await;
    let one = Replica::start(&api, &Settings::default(), "2026-11-20 12:30:00").await;
    let other = Replica::start(&api, &Settings::default(), "2026-11-20 12:30:00").await;
    let stopping = CancellationToken::new();
    let running = [&one, &other].map(|server| {
        let (api, stopping) = (Arc::clone(&server.api), stopping.clone());
        tokio::spawn(async move { api.run_count_exchange(stopping).await })
    });
    assert_eq!(other.call().await, 200);
    for _ in 0..499 {
        assert_eq!(one.call().await, 200);
    }
    let mut accepted = 0;
    eventually("the other server knows that the limit is exhausted", async || {
        let status = other.call().await;
        accepted += usize::from(status == 200);
        status == 429
    })
    .await;
    assert!(accepted < 499, "it used up the limit by itself");
    stopping.cancel();
    for server in running {
        ends("the exchange", server).await.unwrap();
    }
}

#[tokio::test]
async fn a_quota_outlasts_a_restart_and_ends_with_the_day() {
    let api = with_limits("NULL", "4").await;
    let settings = Settings::default();
    let first = Replica::start(&api, &settings, "2026-11-20 12:30:00").await;
    assert_eq!((first.call().await, first.call().await, first.call().await), (200, 200, 200));
    let stopped = CancellationToken::new();
    stopped.cancel();
    first.api.run_count_exchange(stopped).await;
    drop(first);
    for (time, accepted) in [("2026-11-20 12:31:00", 1), ("2026-11-20 23:59:59", 0), ("2026-11-21 00:00:00", 4)] {
        let next = Replica::start(&api, &settings, time).await;
        assert_eq!(next.calls_until_rejected().await, accepted, "{time}");
        next.exchange().await;
    }
}

#[tokio::test]
async fn the_next_minute_has_calls_again() {
    let api = with_limits("2", "NULL").await;
    for time in ["2026-11-20 12:30:00", "2026-11-20 12:31:00", "2026-11-20 12:32:59"] {
        let server = Replica::start(&api, &Settings::default(), time).await;
        assert_eq!(server.calls_until_rejected().await, 2, "{time}");
        server.exchange().await;
    }
}

/// Each caller by itself, and only those who were let in.
#[tokio::test]
async fn calls_of_others_and_of_nobody_do_not_count() {
    let api = TestApi::new().await;
    api.sql(&format!(
        "INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids) VALUES ('Other', '{HASH}', 1, 1, '[1]')"
    ))
    .await;
    let hash = secret::hash(&secret::md5_hex("password")).unwrap();
    api.sql(&format!("INSERT INTO tbladmins (id, roleid, username, passwordhash) VALUES (1000, 1, 'ann', '{hash}')"))
        .await;
    let mut settings = Settings::default();
    settings.limits.calls_per_minute = 2;
    settings.access.admin_login = true;
    settings.access.admin_permission = 0;
    settings.access.failures_per_identifier = 1000;
    let server = Replica::start(&api, &settings, "2026-11-20 12:30:00").await;
    let staff = format!("username=ann&password={}", secret::md5_hex("password"));
    for credential in [CREDENTIAL, "identifier=Other&secret=TestSecret", &staff] {
        for expected in [200, 200, 429, 429] {
            assert_eq!(server.call_as("identifier=TestIdentifier&secret=wrong").await, 403);
            assert_eq!(server.call_as(credential).await, expected, "{credential}");
        }
    }
}

/// What the outcome is makes no difference, nor that the call is repeated with its idempotency key.
#[tokio::test]
async fn every_call_counts_but_those_that_the_limit_rejects() {
    let api = with_limits("5", "NULL").await;
    let credit = "action=AddCredit&clientid=1&amount=1.00&description=x&idempotencykey=one";
    for (request, status) in [
        (credit, 200),
        (credit, 200),
        ("action=GetCredits", 200),
        ("action=None", 200),
        ("", 400),
        (CALL, 429),
        (credit, 429),
    ] {
        assert_eq!(api.send(request).await.0, status, "{request}");
    }
    assert_eq!(api.rows("COUNT(*)", "tblcredit WHERE description = 'x'").await, ["1"]);
    api.api.exchange_counts().await.unwrap();
    assert_eq!(api.rows("minute_calls", "mod_whmcs_api_call_counts").await, ["5"]);
    assert!(
        !api.rows("response_status", "tblapilog").await.contains(&"429".to_owned()),
        "rejected calls are not recorded"
    );
}

/// The statements of a call with limits are those of a call without.
#[tokio::test]
async fn a_limit_adds_no_statement_to_a_call() {
    let api = TestApi::new().await;
    let without = api.statements(CALL).await;
    set_limits(&api, "1000", "1000").await;
    assert_eq!(api.statements(CALL).await, without);
    set_limits(&api, "NULL", "NULL").await;
    assert_eq!(api.statements(CALL).await, without);
    api.api.exchange_counts().await.unwrap();
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_call_counts").await, ["0"], "nobody with a limit was counted here");
}

/// A server that writes nothing, or has no tables to write to, counts for itself.
#[tokio::test]
async fn a_read_only_server_counts_for_itself() {
    let api = with_limits("2", "NULL").await;
    let mut settings = Settings { read_only: true, ..Settings::default() };
    settings.limits.calls_per_minute = 3;
    for (missing_table, accepted) in
        [(None, 2), (None, 2), (Some("rate_limits"), 3), (Some("call_counts"), 3), (Some("credentials"), 3)]
    {
        if let Some(table) = missing_table {
            api.sql(&format!("DROP TABLE mod_whmcs_api_{table}")).await;
        } else {
            let counts = api.rows("COUNT(*)", "mod_whmcs_api_call_counts").await;
            assert_eq!(counts, ["0"]);
        }
        let hosts = Hosts::open_to_read(vec![api.database.options()], 2).await.unwrap();
        let server = Replica::on(hosts, &settings, "2026-11-20 12:30:00");
        assert_eq!(server.calls_until_rejected().await, accepted, "without {missing_table:?}");
        server.exchange().await;
        assert_eq!(server.calls_until_rejected().await, 0, "without {missing_table:?}");
    }
}

/// A caller may be forgotten between the look whether its counts must be loaded and the count of its call.
#[tokio::test]
async fn a_count_that_was_not_loaded_is_added_to_the_stored_one() {
    use whmcs_api::auth::rate_limits::{CallLimits, CallerId, RateLimits};
    let api = TestApi::new().await;
    let (caller, five) = (CallerId::Credential(7), CallLimits { per_minute: 5, per_day: 5 });
    let at = |time| parse_date_time(&format!("2026-11-20 {time}")).unwrap();
    let limits = RateLimits::new(true).unwrap();
    for _ in 0..3 {
        assert!(limits.count(caller, five, at("12:30:00")).0);
    }
    limits.exchange(at("12:30:00"), &api.hosts).await.unwrap();
    limits.exchange(at("12:31:01"), &api.hosts).await.unwrap();
    assert!(limits.must_load(caller), "it is forgotten");
    assert!(limits.count(caller, five, at("12:31:01")).0);
    limits.exchange(at("12:31:01"), &api.hosts).await.unwrap();
    let stored = "caller, minute_calls, day_calls";
    assert_eq!(api.rows(stored, "mod_whmcs_api_call_counts").await, ["credential 7 | 1 | 4"]);
    assert!(limits.count(caller, five, at("12:31:02")).0);
    assert!(!limits.count(caller, five, at("12:31:02")).0, "the day's limit is reached");
    limits.exchange(at("12:31:02"), &api.hosts).await.unwrap();
    assert_eq!(api.rows(stored, "mod_whmcs_api_call_counts").await, ["credential 7 | 2 | 5"]);
    limits.exchange(at("12:31:03"), &api.hosts).await.unwrap();
    assert_eq!(api.rows(stored, "mod_whmcs_api_call_counts").await, ["credential 7 | 2 | 5"], "it is added once");
}

/// Callers that stopped calling take no memory, and their counts are found again.
#[tokio::test]
async fn callers_that_are_forgotten_keep_their_counts() {
    use whmcs_api::auth::rate_limits::{CallLimits, CallerId, RateLimits};
    let api = TestApi::new().await;
    let limits = RateLimits::new(true).unwrap();
    let (caller, three) = (CallerId::Credential(7), CallLimits { per_minute: 0, per_day: 3 });
    let at = |time| parse_date_time(&format!("2026-11-20 {time}")).unwrap();
    let load = async |now| {
        assert!(limits.must_load(caller), "{now}");
        limits.load(caller, now, &mut api.hosts.acquire().await.unwrap().connection).await.unwrap();
        assert!(!limits.must_load(caller));
    };
    load(at("12:30:00")).await;
    assert!(limits.count(caller, three, at("12:30:00")).0);
    limits.exchange(at("12:30:00"), &api.hosts).await.unwrap();
    limits.exchange(at("12:31:00"), &api.hosts).await.unwrap();
    assert!(!limits.must_load(caller), "it is kept for a minute");
    limits.exchange(at("12:31:01"), &api.hosts).await.unwrap();
    load(at("12:40:00")).await;
    assert!(limits.count(caller, three, at("12:40:00")).0);
    assert!(limits.count(caller, three, at("12:41:00")).0);
    assert!(!limits.count(caller, three, at("12:41:00")).0);
    // A call that came just before midnight may be counted after one that came just after it.
    let tomorrow = parse_date_time("2026-11-21 00:00:00").unwrap();
    for (now, is_accepted) in [(tomorrow, true), (at("23:59:59"), true), (tomorrow, true), (tomorrow, false)] {
        assert_eq!(limits.count(caller, three, now).0, is_accepted, "{now}");
    }
}
