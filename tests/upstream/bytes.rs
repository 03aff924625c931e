//! What is passed is what was sent, and what is returned is what came.

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;
use whmcs_api::actions::{Access, Catalogue};
use whmcs_api::config::{Settings, Upstream};
use whmcs_api::database::hosts::Hosts;
use whmcs_api::demo;

use super::{passing, respond};
use crate::actions::CALLS;
use crate::support::{
    CREDENTIAL, RecordedUpstream, Replies, ScriptedUpstream, TestApi, UpstreamAnswer, demo as demo_data, demo_router,
    form, post, router,
};

/// The action that reads whose reply is another one each time.
const RANDOM: &str = "EncryptPassword";

/// With a second server as the upstream, on whose data writes take effect. A read is asked directly as well.
#[tokio::test(flavor = "multi_thread")]
async fn every_action_gives_the_same_bytes_as_asked_directly() {
    let (_upstream_database, _folder, direct) = demo_router("upstream-bytes").await;
    let upstream = RecordedUpstream::start(direct.clone()).await;
    let (database, _own_folder, mut settings) = demo_data("upstream-passing").await;
    settings.upstream = Upstream { url: upstream.url.clone(), actions: vec!["*".to_owned()], ..Upstream::default() };
    let hosts = Hosts::open(vec![database.options()], 4).await.unwrap();
    let passing = router(hosts, &settings);
    let mut replies = Replies::default();
    let catalogue = Catalogue::compiled();
    for (_, calls) in CALLS {
        for call in calls.demo {
            for format in ["json", "xml", "nvp", ""] {
                let call = replies.fill_in(call);
                let credential = format!("identifier={}&secret={}", demo::IDENTIFIER, demo::SECRET);
                let body = format!("{credential}&responsetype={format}&action={call}");
                let passed = respond(&passing, form(&body)).await;
                let context = format!("{call} {format}: {}", String::from_utf8_lossy(&passed.2));
                assert_eq!(Some(&passed), upstream.answered().as_ref(), "{context}");
                let action = call.split('&').next().unwrap();
                if catalogue.find(action).unwrap().access == Access::Read && action != RANDOM {
                    assert_eq!(passed, respond(&direct, form(&body)).await, "{context}");
                }
                if let Ok(reply) = serde_json::from_slice::<Value>(&passed.2) {
                    replies.keep(&reply);
                }
            }
        }
    }
}

#[tokio::test]
async fn requests_are_passed_as_they_were_sent() {
    let upstream = ScriptedUpstream::start().await;
    let api = passing(upstream.settings()).await;
    let odd = format!("{CREDENTIAL}&action=GetOdd&a[]=1&a[]=%32&b=caf%E9+%20&a[]=x&empty=&flag&%zz");
    let multipart = "--b o\r\nContent-Disposition: form-data; name=\"action\"\r\n\r\nSendOdd\r\n--b o\r\nContent-Disposition: form-data; \
                     name=\"identifier\"\r\n\r\nTestIdentifier\r\n--b o\r\nContent-Disposition: form-data; name=\"secret\"\r\n\r\nTestSecret\r\n\
                     --b o\r\nContent-Disposition: form-data; name=\"f[]\"; filename=\"a.bin\"\r\nContent-Type: image/x\r\n\r\n\0\u{1}--b\r\n--b o--\r\n";
    for (method, query, content_type, body) in [
        ("POST", "", "application/x-www-form-urlencoded", &*odd),
        ("POST", "?x=1&responsetype=xml", "application/x-www-form-urlencoded; charset=UTF-8", &odd),
        ("POST", "", "multipart/form-data; boundary=\"b o\"", multipart),
        ("POST", &format!("?{odd}"), "", ""),
        ("GET", &format!("?{odd}"), "", ""),
    ] {
        let request = Request::builder().method(method).uri(format!("/includes/api.php{query}"));
        let request =
            request.header("user-agent", "client/1.0").header("accept", "text/x").header("x-request-id", "id-1");
        let request = request.header("cookie", "a=secret").header("x-forwarded-for", "192.0.2.9");
        let request = match content_type {
            "" => request,
            content_type => request.header("content-type", content_type),
        };
        let (status, ..) = respond(&api.router, request.body(Body::from(body.to_owned())).unwrap()).await;
        let received = upstream.received();
        assert_eq!((status, received.len()), (200, 1), "{method} {query} {content_type}");
        let passed = &received[0];
        let line = format!("{method} /billing/includes/api.php{query} HTTP/1.1");
        assert_eq!(passed.head.lines().next(), Some(&*line));
        assert_eq!(passed.body, body.as_bytes(), "{line}");
        for (name, value) in [
            ("content-type", Some(content_type).filter(|value| !value.is_empty())),
            ("user-agent", Some("client/1.0")),
            ("accept", Some("text/x")),
            ("x-request-id", Some("id-1")),
            // The peer is no trusted proxy.
            ("x-forwarded-for", Some("127.0.0.1")),
            ("cookie", None),
            ("authorization", None),
        ] {
            assert_eq!(passed.header(name).filter(|value| !value.is_empty()), value, "{line}: {name}");
        }
    }
}

#[tokio::test]
async fn answers_are_returned_as_they_came() {
    let upstream = ScriptedUpstream::start().await;
    let api = passing(upstream.settings()).await;
    let call = format!("{CREDENTIAL}&action=GetOdd");
    for (status, headers, body) in [
        (200, "Content-Type: text/html; charset=utf-8\r\n", "result=success;a=<b>"),
        (200, "Content-Type: application/json\r\n", " {\"result\":\"success\",\"amount\":10.00,\"a\":\"\\/\"}\n"),
        (200, "Content-Type: application/xml\r\n", "<?xml version=\"1.0\"?>\n<whmcsapi/>"),
        (200, "", "anything"),
        (200, "", ""),
        (200, "Content-Type: application/json\r\n", r#"{"result":"error","message":"No Such Thing"}"#),
        (400, "Content-Type: application/json\r\n", r#"{"result":"error","message":"Bad"}"#),
        (500, "Content-Type: text/plain\r\n", "result=error;message=Broken"),
    ] {
        upstream.answer_with([UpstreamAnswer::new(status, headers, body)]);
        let answer = respond(&api.router, form(&call)).await;
        let content_type = headers.trim_end().strip_prefix("Content-Type: ").unwrap_or_default().to_owned();
        assert_eq!(answer, (status, content_type, body.as_bytes().to_vec().into()));
    }
}

#[tokio::test]
async fn json_is_passed_as_a_form() {
    let upstream = ScriptedUpstream::start().await;
    let api = passing(upstream.settings()).await;
    let values =
        "identifier=TestIdentifier&secret=TestSecret&a%5Bb%5D%5B0%5D=1&a%5Bb%5D%5B1%5D=1&a%5Bb%5D%5B2%5D=&t=x%26y";
    for (more, added) in [("", "&responsetype=json"), (r#","responsetype":"xml""#, "&responsetype=xml")] {
        let login = r#""identifier":"TestIdentifier","secret":"TestSecret""#;
        let body = format!(r#"{{"action":"GetOdd",{login},"a":{{"b":[1,true,null]}},"t":"x&y"{more}}}"#);
        let request = Request::post("/includes/api.php").header("content-type", "application/json");
        // Of the key, WHMCS knows nothing.
        let request = request.header("idempotency-key", "a");
        assert_eq!(respond(&api.router, request.body(Body::from(body)).unwrap()).await.0, 200);
        let passed = upstream.received().remove(0);
        assert_eq!(passed.header("content-type"), Some("application/x-www-form-urlencoded"));
        assert_eq!(passed.text(), format!("{values}{added}&action=GetOdd"));
    }
}

#[tokio::test]
async fn the_modern_style_is_translated_both_ways() {
    let upstream = ScriptedUpstream::start().await;
    let api = passing(upstream.settings()).await;
    for (answer, status, reply) in [
        (UpstreamAnswer::json(200, r#"{"result":"success","n":10.00}"#), 200, r#"{"result":"success","n":10.00}"#),
        (
            UpstreamAnswer::json(200, r#"{"result":"error","message":"Widget Not Found"}"#),
            404,
            r#"{"type":"urn:whmcs-api:widget_not_found","title":"Not Found","status":404,"detail":"Widget Not Found","code":"widget_not_found"}"#,
        ),
        (
            UpstreamAnswer::json(403, r#"{"result":"error","message":"Authentication Failed"}"#),
            401,
            r#"{"type":"urn:whmcs-api:authentication_failed","title":"Unauthorized","status":401,"detail":"Authentication Failed","code":"authentication_failed"}"#,
        ),
        (
            UpstreamAnswer::json(403, r#"{"result":"error","message":"Access Denied"}"#),
            403,
            r#"{"type":"urn:whmcs-api:access_denied","title":"Forbidden","status":403,"detail":"Access Denied","code":"access_denied"}"#,
        ),
        (
            UpstreamAnswer::json(429, r#"{"result":"error","message":"Slow Down"}"#),
            429,
            r#"{"type":"urn:whmcs-api:slow_down","title":"Too Many Requests","status":429,"detail":"Slow Down","code":"slow_down"}"#,
        ),
        (
            UpstreamAnswer::json(418, r#"{"result":"error","message":"Widget Not Found"}"#),
            418,
            r#"{"type":"urn:whmcs-api:widget_not_found","title":"Bad Request","status":418,"detail":"Widget Not Found","code":"widget_not_found"}"#,
        ),
        (
            UpstreamAnswer::json(500, r#"{"result":"error","message":"canary"}"#),
            502,
            r#"{"type":"urn:whmcs-api:upstream_failed","title":"Bad Gateway","status":502,"detail":"The WHMCS behind this server failed with HTTP status 500","code":"upstream_failed"}"#,
        ),
        (
            UpstreamAnswer::json(
                200,
                r#"{"result":"error","message":"Invalid API Action: \"getodd\" is not a valid API action"}"#,
            ),
            404,
            r#"{"type":"urn:whmcs-api:unknown_action","title":"Not Found","status":404,"detail":"Invalid API Action: \u0022getodd\u0022 is not a valid API action","code":"unknown_action"}"#,
        ),
        (
            UpstreamAnswer::new(200, "", "<html>"),
            502,
            r#"{"type":"urn:whmcs-api:upstream_not_json","title":"Bad Gateway","status":502,"detail":"The answer of the WHMCS behind this server is not JSON","code":"upstream_not_json"}"#,
        ),
    ] {
        upstream.answer_with([answer]);
        let request = Request::post("/v1/GetOdd").header("authorization", "Bearer TestIdentifier:TestSecret");
        let request = request.header("content-type", "application/json").body(Body::from(r#"{"n":1,"secret":"x"}"#));
        let (got, _, body) = respond(&api.router, request.unwrap()).await;
        assert_eq!((got, str::from_utf8(&body).unwrap()), (status, reply));
        let passed = upstream.received().remove(0);
        assert_eq!(passed.text(), "n=1&identifier=TestIdentifier&secret=TestSecret&responsetype=json&action=GetOdd");
        assert_eq!(passed.header("authorization"), None);
    }
}

/// Who answers which action.
#[tokio::test]
async fn actions_are_passed_that_the_server_lacks_or_the_settings_name() {
    let upstream = ScriptedUpstream::start().await;
    let named = |actions: &[&str]| Upstream {
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        ..upstream.settings()
    };
    for (settings, action, is_passed) in [
        (Upstream::default(), "Unknown", false),
        (named(&[]), "Unknown", true),
        (named(&[]), "GetCredits", false),
        (named(&["GetCredits"]), "getcredits", true),
        (named(&["GetCredits"]), "GetInvoice", false),
        (named(&["get*"]), "GetCredits", true),
        (named(&["*"]), "AddCredit", true),
        (named(&["*"]), "AddCredit+", false),
        (named(&["*"]), "%09AddCredit", false),
        (named(&["*"]), "AddCredit%00", false),
        (named(&["*"]), "Add-Credit", false),
        (named(&["*"]), "get/../addcredit", false),
        (named(&["*"]), "Add_Credit2", true),
    ] {
        let api = passing(settings.clone()).await;
        post(&api.router, &format!("{CREDENTIAL}&action={action}&clientid=1")).await;
        assert_eq!(!upstream.received().is_empty(), is_passed, "{action} {:?}", settings.actions);
    }
    let api = passing(named(&["*"])).await;
    assert_eq!(post(&api.router, CREDENTIAL).await.0, 400, "no action is none to pass");
    assert_eq!(upstream.received(), []);
}

#[tokio::test]
async fn settings_of_the_upstream_are_read_again() {
    let upstream = ScriptedUpstream::start().await;
    let api = TestApi::new().await;
    let unknown = format!("{CREDENTIAL}&action=GetOdd");
    assert!(post(&api.router, &unknown).await.1.contains("not a valid API action"));
    let with = Settings { upstream: upstream.settings(), ..Settings::default() };
    api.api.reload(&with).unwrap();
    assert_eq!(post(&api.router, &unknown).await, (200, r#"{"result":"success"}"#.to_owned()));
    let mut wrong = with.clone();
    wrong.upstream.compare = vec!["AddCredit".to_owned()];
    let error = api.api.reload(&wrong).unwrap_err().to_string();
    assert_eq!(error, "upstream.compare: AddCredit may change something, and only reads can be compared");
    assert_eq!(post(&api.router, &unknown).await.0, 200, "the settings before are in force");
    api.api.reload(&Settings::default()).unwrap();
    assert!(post(&api.router, &unknown).await.1.contains("not a valid API action"));
}
