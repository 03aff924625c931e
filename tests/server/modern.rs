//! The modern API style: `POST /v1/{Action}`.

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Value, json};
use tower::ServiceExt;
use whmcs_api::config::Settings;

use super::hardening::{full_answer, request, start};
use crate::support::{CREDENTIAL, TestApi};

const BEARER: &str = "Bearer TestIdentifier:TestSecret";

async fn send(api: &TestApi, path: &str, headers: &[(&str, &str)], body: &str) -> Response<Body> {
    let mut request = Request::post(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    api.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
}

async fn call(api: &TestApi, path: &str, login: &str, body: &str) -> (u16, Value) {
    let headers: &[_] = if login.is_empty() { &[] } else { &[("authorization", login)] };
    json_of(send(api, path, headers, body).await).await
}

async fn json_of(response: Response<Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    let expected = if status == 200 { "application/json" } else { "application/problem+json" };
    assert_eq!(content_type, expected);
    (status, serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap())
}

#[tokio::test]
async fn takes_json_and_answers_without_wrapping() {
    let api = TestApi::new().await;
    let basic = format!("Basic {}", BASE64.encode("TestIdentifier:TestSecret"));
    for (path, login) in [
        ("/v1/AddCredit", BEARER),
        ("/v1/addcredit", BEARER),
        ("/billing/v1/AddCredit", &basic),
        ("/v1/AddCredit?responsetype=xml", "bearer TestIdentifier:TestSecret"),
    ] {
        api.sql("UPDATE tblclients SET credit = 100 WHERE id = 1").await;
        let body = r#"{"clientid": 1, "amount": 1.5, "description": "x"}"#;
        assert_eq!(call(&api, path, login, body).await, (200, json!({"newbalance": "101.50"})), "{path}");
    }
    let (_, credits) = call(&api, "/v1/GetCredits", BEARER, r#"{"clientid": 3}"#).await;
    assert_eq!(credits["credits"]["credit"][0]["amount"], "30.00");
    let logged = api.rows("endpoint, action", "tblapilog WHERE action = 'AddCredit' LIMIT 1").await;
    assert!(logged[0].ends_with("AddCredit"), "the same log");
}

#[tokio::test]
async fn says_by_the_status_what_went_wrong() {
    let mut settings = Settings::default();
    settings.limits.request_bytes = 1000;
    let api = TestApi::with_settings(settings).await;
    api.sql("INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids) SELECT 'Reader', secret, 1, 1, '[2]' FROM tbldeviceauth WHERE id = 1").await;
    let large = format!(r#"{{"description": "{}"}}"#, "x".repeat(1000));
    for (path, login, body, status, code, detail) in [
        ("/v1/AddCredit", BEARER, r#"{"clientid": 9}"#, 404, "client_id_not_found", "Client ID Not Found"),
        (
            "/v1/AddCredit",
            BEARER,
            r#"{"clientid": 1, "description": "x"}"#,
            422,
            "no_amount_provided",
            "No Amount Provided",
        ),
        ("/v1/AddCredit", BEARER, "{", 400, "malformed_request", ""),
        ("/v1/AddCredit", BEARER, "[]", 400, "malformed_request", ""),
        ("/v1/AddCredit", BEARER, &large, 413, "request_too_large", ""),
        ("/v1/AddCredit", "", "{}", 401, "authentication_failed", "Authentication Failed"),
        ("/v1/AddCredit", "Bearer TestIdentifier:Wrong", "{}", 401, "authentication_failed", ""),
        ("/v1/AddCredit", "Bearer TestIdentifier", "{}", 401, "authentication_failed", ""),
        ("/v1/AddCredit", "Basic !", "{}", 401, "authentication_failed", ""),
        ("/v1/AddCredit", "Digest x", "{}", 401, "authentication_failed", ""),
        (
            "/v1/AddCredit",
            "",
            r#"{"identifier": "TestIdentifier", "secret": "TestSecret", "clientid": 1}"#,
            401,
            "authentication_failed",
            "",
        ),
        ("/v1/AddCredit", "Bearer Reader:TestSecret", "{}", 403, "not_permitted", ""),
        ("/v1/AddCash", BEARER, "{}", 404, "unknown_action", ""),
        ("/v1/", BEARER, "{}", 404, "unknown_action", ""),
        ("/billing//v1//AddCredit/", BEARER, "{}", 404, "client_id_not_found", ""),
    ] {
        let (answered, problem) = call(&api, path, login, body).await;
        assert_eq!((answered, &problem["code"]), (status, &json!(code)), "{path} {login} {body}: {problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:whmcs-api:{code}"));
        assert!(problem["title"].is_string() && problem["detail"].as_str().unwrap().contains(detail), "{problem}");
    }
    let response = send(&api, "/v1/AddCredit", &[], "{}").await;
    assert_eq!(response.headers()["www-authenticate"], "Basic realm=\"whmcs-api\"");
    let get = Request::get("/v1/GetCredits").body(Body::empty()).unwrap();
    let response = api.router.clone().oneshot(get).await.unwrap();
    assert_eq!(response.headers()["allow"], "POST");
    let (status, problem) = json_of(response).await;
    assert_eq!((status, &problem["code"]), (405, &json!("method_not_allowed")));
    assert_eq!(problem["detail"], "The API answers POST requests only");
}

/// A refusal names what was probably meant by names that do not exist; the text of the classic style stays the same.
#[tokio::test]
async fn a_refusal_names_what_was_probably_meant() {
    let api = TestApi::new().await;
    for (action, body, detail, hint) in [
        (
            "AddCredit",
            json!({"client_id": "s3cret", "amount": 1, "description": "x"}),
            "Client ID Not Found",
            "client_id is not a parameter of AddCredit, did you mean clientid?",
        ),
        (
            "GetInvoice",
            json!({"invoice_id": 1}),
            "Invoice ID Not Found",
            "invoice_id is not a parameter of GetInvoice, did you mean invoiceid?",
        ),
        (
            "createinvoice",
            json!({"clientId": 1}),
            "Client ID Not Found",
            "clientId is not a parameter of CreateInvoice, did you mean userid?",
        ),
        (
            "GetClientDetails",
            json!({}),
            "Invalid API Action: \"getclientdetails\" is not a valid API action",
            "did you mean GetClientsDetails?",
        ),
        ("AddCredit", json!({"clientid": 9, "notes": "x"}), "Client ID Not Found", ""),
    ] {
        let (_, problem) = call(&api, &format!("/v1/{action}"), BEARER, &body.to_string()).await;
        assert_eq!((&problem["detail"], problem["hint"].as_str().unwrap_or_default()), (&json!(detail), hint));
        let classic = serde_urlencoded::to_string(body.as_object().unwrap()).unwrap();
        let (_, reply) = api.send(&format!("action={action}&{classic}")).await;
        let reply: Value = serde_json::from_str(&reply).unwrap();
        assert_eq!(reply, json!({"result": "error", "message": detail}), "{action}");
        api.eventually("COUNT(*)", "tblapilog", &["2"]).await;
        let hints = api.rows("COALESCE(JSON_VALUE(response_headers, '$.hint'), '')", "tblapilog").await;
        assert_eq!(hints, [hint, hint], "{action}");
        api.sql("DELETE FROM tblapilog").await;
    }
    let mut server = start(&api, &[]);
    full_answer(&server, &request(&format!("{CREDENTIAL}&action=GetCredits&client_id=s3cret-value")));
    server.stop();
    let said = server.says();
    assert!(said.contains("client_id is not a parameter of GetCredits, did you mean clientid?"), "{said}");
    assert!(!said.contains("s3cret-value"), "{said}");
}

#[tokio::test]
async fn a_key_is_heeded_and_belongs_to_the_way_it_came() {
    let api = TestApi::new().await;
    let headers = [("authorization", BEARER), ("idempotency-key", "k")];
    let body = r#"{"clientid": 1, "amount": 1, "description": "x"}"#;
    for _ in 0..2 {
        let (status, reply) = json_of(send(&api, "/v1/AddCredit", &headers, body).await).await;
        assert_eq!((status, reply), (200, json!({"newbalance": "101.00"})));
    }
    let (status, problem) = json_of(send(&api, "/v1/AddCredit", &headers, r#"{"clientid": 2}"#).await).await;
    assert_eq!((status, &problem["code"]), (422, &json!("idempotency_key_reused")));
    let (status, _) = api.send("action=AddCredit&clientid=1&amount=1&description=x&idempotencykey=k").await;
    assert_eq!(status, 422, "the reply would have another form");
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["101.00"]);
}
