//! Custom actions as endpoints: what they are sent, how their answers are read, and that writes happen once.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};
use sqlx::MySqlConnection;
use tokio::net::TcpListener;
use whmcs_api::config::{Action, ActionAccess, Secret, Settings};
use whmcs_api::database::writer::RequestKey;
use whmcs_api::domain::time::{Clock, parse_date_time};
use whmcs_api::store::system::requests::{self, NewRequest, RowOwner};

use super::{api_with, settings};
use crate::support::module::{Module, SECRET, ScriptedResponse, YES};
use crate::support::{CREDENTIAL, NOW, TestApi, UnusedAddress, eventually, post, post_json, router};

const CALL: &str = "action=Provision&clientid=7&plan=small";

/// Returns settings with the action Provision at this URL.
fn provision(url: &str, access: ActionAccess, parameters: &str) -> Settings {
    let mut settings = settings(&format!("[actions.Provision]\nurl = '{url}'\nsecret = 'x'\n{parameters}"));
    let action: &mut Action = settings.actions.get_mut("Provision").unwrap();
    action.secret = Secret(SECRET.to_owned());
    action.access = Some(access);
    action.timeout_seconds = Some(60);
    settings
}

async fn writing(module: &Module) -> TestApi {
    api_with(provision(&module.settings().url, ActionAccess::Write, "")).await
}

async fn send(api: &TestApi, key: &str) -> (u16, String) {
    post(&api.router, &format!("{CREDENTIAL}&{CALL}&idempotencykey={key}")).await
}

#[tokio::test]
async fn it_is_sent_what_is_declared_in_its_types_or_else_what_was_sent() {
    let module = Module::start().await;
    let url = module.settings().url;
    let declared = "parameters.clientid = { type = 'id', required = true }\nparameters.amount = { type = 'amount' }\n\
                    parameters.name = { type = 'text' }\nparameters.day = { type = 'date' }\nparameters.at = { type = 'time' }\n\
                    parameters.fast = { type = 'boolean', default = false }\nparameters.ids = { type = 'id', list = true }\n";
    let sent = "action=provision&clientid=7.0&amount=5&name=A+%26+B&day=20261120&at=2026-11-20+10:00:00&ids=1,2&other=x&accesskey=y";
    for (parameters, params) in [
        (
            declared,
            json!({"amount": "5.00", "at": "2026-11-20 10:00:00", "clientid": 7, "day": "2026-11-20", "fast": false, "ids": [1, 2], "name": "A & B"}),
        ),
        (
            "",
            json!({"clientid": "7.0", "amount": "5", "name": "A & B", "day": "20261120", "at": "2026-11-20 10:00:00", "ids": "1,2", "other": "x"}),
        ),
    ] {
        let api = api_with(provision(&url, ActionAccess::Write, parameters)).await;
        let reply = r#"{"result":"success","vpsid":"v-7","list":[1,{"a":null}],"message":"Done"}"#;
        module.respond_with([ScriptedResponse::Json(reply)]);
        api.check(&format!("{sent}&idempotencykey=key-1"), reply).await;
        let received = module.received();
        assert_eq!(received[0]["params"], params);
        assert_eq!((&received[0]["action"], &received[0]["caller"]), (&json!("Provision"), &json!("TestIdentifier")));
        assert_eq!(received[0]["idempotencykey"], "key-1");
        assert!(!received[0].to_string().contains("TestSecret"));
    }
    let api = api_with(provision(&url, ActionAccess::Write, declared)).await;
    for (request, message) in [
        ("", "clientid is required"),
        ("clientid=0", "clientid is required"),
        ("clientid=x", "clientid must be an id, a whole number above 0"),
        ("clientid=1&amount=x", "amount must be an amount, such as 12.50"),
        ("clientid=1&ids=1,x", "ids must be an id, a whole number above 0, or several with commas between"),
    ] {
        api.refuse(&format!("action=Provision&{request}"), message).await;
    }
    assert!(module.received().is_empty());
    let numeric = json!({"action": "Provision", "clientid": 7, "idempotencykey": 17});
    assert_eq!(post_json(&api.router, numeric.as_object().unwrap().clone()).await.0, 200);
    assert_eq!(module.received()[0]["idempotencykey"], "17");
}

#[tokio::test]
async fn a_write_with_a_key_happens_once_and_its_reply_comes_back() {
    let module = Module::start().await;
    let api = writing(&module).await;
    module.respond_with([ScriptedResponse::Json(r#"{ "result": "success", "vpsid": 1.50 }"#)]);
    let first = send(&api, "key-1").await;
    assert_eq!(first, (200, r#"{"result":"success","vpsid":1.5}"#.to_owned()));
    assert_eq!(send(&api, "key-1").await, first);
    let xml = post(&api.router, &format!("{CREDENTIAL}&{CALL}&idempotencykey=key-2&responsetype=xml")).await;
    assert_eq!(post(&api.router, &format!("{CREDENTIAL}&{CALL}&idempotencykey=key-2&responsetype=xml")).await, xml);
    for other in [
        format!("{CALL}0"),
        CALL.replace("Provision", "AddClientNote"),
        "action=AddCredit&clientid=2&amount=1&description=x".to_owned(),
    ] {
        assert_eq!(post(&api.router, &format!("{CREDENTIAL}&{other}&idempotencykey=key-1")).await.0, 422, "{other}");
    }
    let ids: Vec<Value> = module.received().iter().map(|asked| asked["id"].clone()).collect();
    assert_eq!(ids.len(), 2, "once for each key");
    assert_ne!(ids[0], ids[1]);
    for _ in 0..2 {
        assert_eq!(post(&api.router, &format!("{CREDENTIAL}&{CALL}")).await.0, 200);
    }
    let without_key = module.received();
    assert!(
        without_key.len() == 2
            && without_key[0]["id"] != without_key[1]["id"]
            && without_key[0].get("idempotencykey").is_none()
    );
    assert_eq!(api.rows("COUNT(*), COUNT(reply), COUNT(asked_until)", "mod_whmcs_api_requests").await, ["2 | 2 | 0"]);
    api.eventually("COUNT(*)", "tblapilog WHERE action = 'Provision' AND response_status = 200", &["6"]).await;
}

#[tokio::test]
async fn what_the_endpoint_refuses_may_be_tried_again() {
    let module = Module::start().await;
    let api = writing(&module).await;
    module.respond_with([
        ScriptedResponse::Json(r#"{"result":"error","message":"Disk full; try later"}"#),
        ScriptedResponse::Json(r#"{"result":"error"}"#),
        ScriptedResponse::Status(404),
        ScriptedResponse::Json(r#"{"result":"error","message":"Not this"}"#),
    ]);
    let refusal = |message: &str| format!(r#"{{"result":"error","message":"{message}"}}"#);
    assert_eq!(send(&api, "key").await, (200, refusal("Disk full, try later")));
    assert_eq!(send(&api, "key").await, (200, refusal("The endpoint of this action gave no reason")));
    let rejected = "The endpoint of this action answered with HTTP status 404. Nothing was changed";
    assert_eq!(send(&api, "key").await, (502, refusal(rejected)));
    let other = format!("{CREDENTIAL}&{CALL}0&idempotencykey=key");
    assert_eq!(post(&api.router, &other).await, (200, refusal("Not this")), "the key is free for another request");
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_requests").await, ["0"]);
    assert_eq!(send(&api, "key").await.0, 200);
    let ids: Vec<Value> = module.received().iter().map(|asked| asked["id"].clone()).collect();
    let is_same: Vec<bool> = ids.iter().map(|id| *id == ids[0]).collect();
    assert_eq!(is_same, [true, true, true, false, true], "another request has another id: {ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_is_asked_nobody_else_asks_and_no_connection_is_held() {
    let module = Module::start().await;
    let api = writing(&module).await;
    module.respond_with([ScriptedResponse::YesLater]);
    let (router, request) = (api.router.clone(), format!("{CREDENTIAL}&{CALL}&idempotencykey=key"));
    let first = tokio::spawn(async move { post(&router, &request).await });
    eventually("the endpoint is asked", async || module.in_hand() == 1).await;
    eventually("no connection is in use", async || api.hosts.statuses().all(|host| host.used == 0)).await;
    let (status, body) = send(&api, "key").await;
    assert!(status == 409 && body.contains("in progress"), "{body}");
    let other = format!("{CREDENTIAL}&{CALL}0&idempotencykey=key");
    assert_eq!(post(&api.router, &other).await.0, 422, "another request with the key");
    let builtin = format!("{CREDENTIAL}&action=AddCredit&clientid=2&amount=1&description=x&idempotencykey=key");
    assert_eq!(post(&api.router, &builtin).await.0, 422, "another action with the key");
    module.speak(1);
    let first = first.await.unwrap();
    assert_eq!(first.0, 200);
    assert_eq!(send(&api, "key").await, first);
    assert_eq!(module.received().len(), 1);
}

/// The call is over, and the request to the endpoint goes on.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_after_the_end_of_the_call_is_kept() {
    let module = Module::start().await;
    let mut settings = provision(&module.settings().url, ActionAccess::Write, "");
    settings.limits.call_seconds = 1;
    let api = api_with(settings).await;
    module.respond_with([ScriptedResponse::YesLater]);
    let (status, body) = send(&api, "key").await;
    assert!(status == 504 && body.contains("is not known"), "{body}");
    assert_eq!(send(&api, "key").await.0, 409);
    module.speak(1);
    eventually("the answer is kept", async || send(&api, "key").await == (200, r#"{"result":"success"}"#.to_owned()))
        .await;
    assert_eq!(module.received().len(), 1);
}

/// An endpoint that answers each request with the same response.
async fn answering(response: fn() -> Response<Body>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().fallback(move || async move { response() });
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn response(status: u16, body: impl Into<Body>) -> Response<Body> {
    Response::builder().status(status).header("location", "http://127.0.0.1:1/private").body(body.into()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn other_answers_leave_it_unknown_what_was_done() {
    let unused = UnusedAddress::reserve();
    for (url, is_unknown, why) in [
        (answering(|| response(200, "<html>")).await, true, "gave an answer that is not a JSON object"),
        (answering(|| response(200, r#"{"result":"maybe"}"#)).await, true, "gave an answer that is not a JSON object"),
        (
            answering(|| response(200, format!(r#"{{"result":"success","x":"{}"}}"#, "x".repeat(2 << 20)))).await,
            true,
            "more than 1048576 bytes",
        ),
        (
            answering(|| response(200, &b"{\"result\":\"success\",\"x\":\"\xff\"}"[..])).await,
            true,
            "gave an answer that is not a JSON object",
        ),
        (answering(|| response(408, "")).await, true, "answered with HTTP status 408"),
        (answering(|| response(409, "")).await, true, "answered with HTTP status 409"),
        (answering(|| response(425, "")).await, true, "answered with HTTP status 425"),
        (answering(|| response(429, "")).await, true, "answered with HTTP status 429"),
        (answering(|| response(302, "")).await, true, "answered with HTTP status 302"),
        (answering(|| response(307, "")).await, true, "answered with HTTP status 307"),
        (answering(|| response(500, r#"{"result":"success"}"#)).await, true, "answered with HTTP status 500"),
        (answering(|| response(201, r#"{"result":"success"}"#)).await, true, "answered with HTTP status 201"),
        (answering(|| response(401, "")).await, false, "answered with HTTP status 401"),
        (format!("http://{unused}/"), false, "could not be reached"),
    ] {
        let reading = api_with(provision(&url, ActionAccess::Read, "")).await;
        let (status, body) = send(&reading, "not used").await;
        assert!(status == 502 && body.contains(why), "{url}: {status} {body}");
        assert_eq!(reading.rows("COUNT(*)", "mod_whmcs_api_requests").await, ["0"], "a read has no row");
        let api = api_with(provision(&url, ActionAccess::Write, "")).await;
        for key in ["", "key"] {
            let (status, body) = send(&api, key).await;
            match is_unknown {
                true => assert!(status == 504 && body.contains("is not known"), "{why}: {status} {body}"),
                false => assert!(
                    status == 502 && body.contains(why) && body.contains("Nothing was changed"),
                    "{why}: {status} {body}"
                ),
            }
        }
        let rows = if is_unknown { "1 | 0" } else { "0 | 0" };
        assert_eq!(api.rows("COUNT(*), COUNT(reply)", "mod_whmcs_api_requests").await, [rows], "{why}");
    }
}

/// With the key the same id is sent again; nothing is sent by itself.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_asked_for_again_with_the_same_id_only() {
    let module = Module::start().await;
    let mut settings = provision(&module.settings().url, ActionAccess::Write, "");
    settings.actions.get_mut("Provision").unwrap().timeout_seconds = Some(1);
    let api = api_with(settings).await;
    module.respond_with([ScriptedResponse::Nothing, ScriptedResponse::Status(503)]);
    for _ in 0..2 {
        assert_eq!(send(&api, "key").await.0, 504);
    }
    let (one, two) = (send(&api, "key").await, send(&api, "key").await);
    assert!(one.0 == 200 && one == two, "{one:?} {two:?}");
    let ids: Vec<Value> = module.received().iter().map(|asked| asked["id"].clone()).collect();
    assert!(ids.len() == 3 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

/// What says nothing of the first request does not settle what it has caused.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_settled_by_the_endpoint_alone() {
    let unused = UnusedAddress::reserve();
    for (url, status, rows) in [
        (format!("http://{unused}/"), 504, "1 | 0"),
        (answering(|| response(401, "")).await, 504, "1 | 0"),
        (answering(|| response(404, "")).await, 504, "1 | 0"),
        (answering(|| response(429, "")).await, 504, "1 | 0"),
        (answering(|| response(200, r#"{"result":"error","message":"No"}"#)).await, 200, "0 | 0"),
        (answering(|| response(200, r#"{"result":"success"}"#)).await, 200, "1 | 1"),
    ] {
        let failing = answering(|| response(500, "")).await;
        let api = api_with(provision(&failing, ActionAccess::Write, "")).await;
        assert_eq!(send(&api, "key").await.0, 504);
        let later = router(Arc::clone(&api.hosts), &provision(&url, ActionAccess::Write, ""));
        for _ in 0..2 {
            let (answered, body) = post(&later, &format!("{CREDENTIAL}&{CALL}&idempotencykey=key")).await;
            assert!(answered == status && !body.contains("Nothing was changed"), "{url}: {answered} {body}");
            assert_eq!(api.rows("COUNT(*), COUNT(reply)", "mod_whmcs_api_requests").await, [rows], "{url}");
        }
    }
}

/// A call that has outlived its reservation leaves the row to the call that has taken it over.
#[tokio::test]
async fn only_who_has_reserved_a_row_deletes_or_releases_it() {
    let api = TestApi::new().await;
    let mut db = api.hosts.acquire().await.unwrap().connection;
    let key = RequestKey([7; 32]);
    let now = Clock::fixed(parse_date_time(NOW).unwrap()).now();
    let claim = async |db: &mut MySqlConnection, seconds| {
        let new = NewRequest { key: &key, fingerprint: &[1; 32], now };
        match requests::claim(db, new, seconds).await.unwrap() {
            RowOwner::Own(reservation) => reservation,
            RowOwner::Other(other) => panic!("{other:?}"),
        }
    };
    let rows = async || api.rows("COUNT(*), SUM(asked_until > UTC_TIMESTAMP(6))", "mod_whmcs_api_requests").await;
    let first = claim(&mut db, 0).await;
    let second = claim(&mut db, 3600).await;
    assert_eq!((first.is_taken_over, second.is_taken_over), (false, true));
    requests::withdraw(&mut db, &key, first).await.unwrap();
    requests::release(&mut db, &key, first).await.unwrap();
    assert_eq!(rows().await, ["1 | 1"]);
    requests::release(&mut db, &key, second).await.unwrap();
    assert_eq!(rows().await, ["1 | 0"]);
    let third = claim(&mut db, 3600).await;
    requests::withdraw(&mut db, &key, second).await.unwrap();
    assert_eq!(rows().await, ["1 | 1"]);
    requests::withdraw(&mut db, &key, third).await.unwrap();
    assert_eq!(rows().await, ["0"]);
}

/// A server has ended while it asked: another one takes over once its time is over.
#[tokio::test]
async fn a_call_whose_server_has_ended_is_taken_over() {
    let module = Module::start().await;
    let api = writing(&module).await;
    module.respond_with([ScriptedResponse::Status(503)]);
    assert_eq!(send(&api, "key").await.0, 504);
    api.sql("UPDATE mod_whmcs_api_requests SET asked_until = UTC_TIMESTAMP() + INTERVAL 1 HOUR").await;
    assert_eq!(send(&api, "key").await.0, 409);
    api.sql("UPDATE mod_whmcs_api_requests SET asked_until = UTC_TIMESTAMP() - INTERVAL 1 SECOND").await;
    module.respond_with([YES]);
    assert_eq!(send(&api, "key").await.0, 200);
    assert_eq!(module.received().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_hangs_takes_only_its_own_slots() {
    let module = Module::start().await;
    let api = writing(&module).await;
    module.respond_with([ScriptedResponse::YesLater; 32]);
    let calls: Vec<_> = (0..32)
        .map(|_| {
            let router = api.router.clone();
            tokio::spawn(async move { post(&router, &format!("{CREDENTIAL}&{CALL}")).await.0 })
        })
        .collect();
    eventually("all slots are taken", async || module.in_hand() == 32).await;
    assert_eq!(send(&api, "key").await.0, 503);
    assert_eq!(api.send("action=GetProductsGroups").await.0, 200);
    module.speak(32);
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn a_server_that_only_reads_asks_endpoints_that_only_read() {
    let module = Module::start().await;
    for (access, status) in [(ActionAccess::Read, 200), (ActionAccess::Write, 403)] {
        let mut settings = provision(&module.settings().url, access, "");
        settings.read_only = true;
        let api = api_with(settings).await;
        assert_eq!(send(&api, "key").await.0, status);
        assert_eq!(module.received().len(), usize::from(status == 200));
    }
}
