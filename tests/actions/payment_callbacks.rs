//! What payment gateways tell by themselves: each payment is booked once, and only what is signed.

use serde_json::Value;
use whmcs_api::config::Settings;

use super::payment_gateways::{CAPTURE, CHARGES, ENTRIES, PAID, SUCCESS, api_with, attempt_later, status, unknown};
use crate::support::module::{Module, ScriptedResponse};
use crate::support::{TestApi, eventually, form, post, serve};

use ScriptedResponse::{Json, Status};

/// Sends a callback with this secret; returns the status and the message.
async fn tell(api: &TestApi, secret: &str, body: &str) -> (u16, String) {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;
    let timestamp = chrono::Utc::now().timestamp().to_string();
    let signature = whmcs_api::endpoint::signature(secret.as_bytes(), "msg_1", &timestamp, body);
    let request = Request::post("/gateways/stripe/callback")
        .header("webhook-id", "msg_1")
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", format!("v1,AAAA {signature}"))
        .body(Body::from(body.to_owned()))
        .unwrap();
    let response = api.router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let answer: Value = serde_json::from_slice(&to_bytes(response.into_body(), 10_000).await.unwrap()).unwrap();
    (status, answer["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_a_gateway_tells_is_booked_once() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, |_| {}).await;
    let secret = crate::support::module::SECRET;
    let part = r#"{"invoiceid":1,"transid":"cb_1","amount":"40.00","fee":"0.40"}"#;
    assert_eq!(tell(&api, secret, part).await, (200, "Booked".to_owned()));
    assert_eq!(tell(&api, secret, part).await, (200, "Already Booked".to_owned()));
    assert_eq!(status(&api).await, "Unpaid");
    let rest = r#"{"invoiceid":1,"transid":"cb_2","amount":"0"}"#;
    assert_eq!(tell(&api, secret, rest).await, (200, "Booked".to_owned()));
    assert_eq!(tell(&api, secret, rest).await, (200, "Already Booked".to_owned()));
    assert_eq!(status(&api).await, "Paid");
    assert_eq!(
        api.rows("gateway, amountin, fees, transid", "tblaccounts ORDER BY id").await,
        ["stripe | 40.00 | 0.40 | cb_1", "stripe | 60.00 | 0.00 | cb_2"]
    );
    let more = r#"{"invoiceid":1,"transid":"cb_3","amount":"5.00"}"#;
    assert_eq!(tell(&api, secret, more).await, (200, "Booked".to_owned()));
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["5.00"]);
    assert_eq!(api.rows("COUNT(*)", "tblgatewaylog WHERE gateway = 'stripe'").await, ["5"]);
}

/// A charge whose outcome was unknown is settled by what the gateway tells.
#[tokio::test]
async fn a_callback_settles_what_was_unknown_or_pending() {
    let secret = crate::support::module::SECRET;
    let gateway = Module::start().await;
    let api = api_with(&gateway, |_| {}).await;
    gateway.respond_with([Status(500), Status(501)]);
    assert_eq!(api.send(CAPTURE).await.0, 504);
    api.sql(
        "UPDATE mod_whmcs_api_outbox_entries SET state = 'unknown'; UPDATE mod_whmcs_api_charges SET state = 'unknown'",
    )
    .await;
    let told = r#"{"invoiceid":1,"transid":"ch_1","amount":"100.00"}"#;
    assert_eq!(tell(&api, secret, told).await, (200, "Booked".to_owned()));
    assert_eq!(api.rows("state, transaction_id, open_subject IS NULL", CHARGES).await, ["succeeded | ch_1 | 1"]);
    assert_eq!(api.rows("state, last_error", ENTRIES).await, ["done | "]);

    // The charge is told before it is looked up: it is booked once.
    let api = api_with(&gateway, |_| {}).await;
    gateway.respond_with([Status(500), Status(500), PAID]);
    assert_eq!(api.send(CAPTURE).await.0, 504);
    assert_eq!(tell(&api, secret, told).await, (200, "Booked".to_owned()));
    attempt_later(&api).await;
    assert_eq!(api.rows("amountin, transid", "tblaccounts").await, ["100.00 | ch_1"]);
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["0.00"]);

    let api = api_with(&gateway, |_| {}).await;
    gateway.respond_with([Json(r#"{"status":"pending","transid":"ch_2"}"#)]);
    api.check(CAPTURE, SUCCESS).await;
    let declined = r#"{"invoiceid":1,"transid":"ch_2","status":"declined"}"#;
    assert_eq!(tell(&api, secret, declined).await, (200, "Declined".to_owned()));
    assert_eq!(status(&api).await, "Unpaid");
    let pending = r#"{"invoiceid":1,"transid":"ch_2","status":"pending"}"#;
    assert_eq!(tell(&api, secret, pending).await, (200, "Pending".to_owned()));
    assert_eq!(status(&api).await, "Payment Pending");
    assert_eq!(tell(&api, secret, r#"{"invoiceid":1,"transid":"ch_2"}"#).await, (200, "Booked".to_owned()));
    assert_eq!(status(&api).await, "Paid");
}

/// A gateway may tell what becomes of a charge before its answer to the charge is recorded.
#[tokio::test]
async fn what_is_told_before_the_answer_counts() {
    let pending = r#"{"status":"pending","transid":"ch_1"}"#;
    let success = r#"{"status":"success","transid":"ch_1"}"#;
    let declined = r#"{"status":"declined"}"#;
    for (told, answer, charge, invoice, booked) in [
        (r#""amount":"100.00""#, pending, "succeeded", "Paid", "100.00"),
        (r#""amount":"40.00""#, pending, "succeeded", "Unpaid", "40.00"),
        (r#""amount":"100.00""#, success, "succeeded", "Paid", "100.00"),
        (r#""status":"declined""#, pending, "failed", "Unpaid", "0.00"),
        (r#""status":"pending""#, pending, "pending", "Payment Pending", "0.00"),
        (r#""status":"pending""#, declined, "failed", "Unpaid", "0.00"),
        (r#""status":"declined""#, success, "succeeded", "Paid", "100.00"),
    ] {
        let case = format!("{told}, then {answer}");
        let gateway = Module::start().await;
        let api = api_with(&gateway, |_| {}).await;
        gateway.respond_with([ScriptedResponse::JsonLater(answer)]);
        let told = format!(r#"{{"invoiceid":1,"transid":"ch_1",{told}}}"#);
        let telling = async {
            eventually("the gateway is asked", async || gateway.in_hand() == 1).await;
            assert_eq!(tell(&api, crate::support::module::SECRET, &told).await.0, 200, "{case}");
            gateway.speak(1);
        };
        tokio::join!(api.send(CAPTURE), telling);
        let charges = "mod_whmcs_api_charges WHERE kind = 'capture'";
        assert_eq!(api.rows("state, open_subject IS NULL", charges).await, [format!("{charge} | 1")], "{case}");
        assert_eq!(status(&api).await, invoice, "{case}");
        assert_eq!(api.rows("COALESCE(SUM(amountin), '0.00')", "tblaccounts").await, [booked], "{case}");
    }
}

/// A notice that comes late, or again, is about its own payment.
#[tokio::test]
async fn a_notice_of_another_payment_changes_nothing() {
    let secret = crate::support::module::SECRET;
    let gateway = Module::start().await;
    let api = api_with(&gateway, |_| {}).await;
    gateway.respond_with([Json(r#"{"status":"pending","transid":"ch_2"}"#)]);
    api.check(CAPTURE, SUCCESS).await;
    let late = r#"{"invoiceid":1,"transid":"ch_1","status":"declined"}"#;
    assert_eq!(tell(&api, secret, late).await, (200, "Declined".to_owned()));
    assert_eq!(status(&api).await, "Payment Pending");
    let declined = r#"{"invoiceid":1,"transid":"ch_2","status":"declined"}"#;
    tell(&api, secret, declined).await;
    assert_eq!(
        (status(&api).await, api.rows("state", CHARGES).await),
        ("Unpaid".to_owned(), vec!["failed".to_owned()])
    );

    // A payment that was told before says nothing of the charge of the rest.
    let api = api_with(&gateway, |_| {}).await;
    let first = r#"{"invoiceid":1,"transid":"ch_1","amount":"40.00"}"#;
    tell(&api, secret, first).await;
    unknown(&api, &gateway).await;
    assert_eq!(tell(&api, secret, first).await, (200, "Already Booked".to_owned()));
    let other = r#"{"invoiceid":1,"transid":"ch_2","amount":"10.00"}"#;
    assert_eq!(tell(&api, secret, other).await, (200, "Booked".to_owned()));
    assert_eq!(api.rows("state, open_subject", CHARGES).await, ["unknown | invoice:1"]);
}

#[tokio::test]
async fn a_callback_that_is_none_is_rejected() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, |_| {}).await;
    let secret = crate::support::module::SECRET;
    let told = r#"{"invoiceid":1,"transid":"cb_1"}"#;
    let before = api.checksums().await;
    for (key, body, status, message) in [
        ("another secret", told, 401, "The signature is missing, wrong or too old"),
        (secret, "[]", 422, "The body must be a JSON object"),
        (secret, r#"{"invoiceid":1}"#, 422, "transid is missing: the gateway's id of the payment"),
        (secret, r#"{"invoiceid":99,"transid":"cb_1"}"#, 422, "Invoice ID Not Found"),
    ] {
        assert_eq!(tell(&api, key, body).await, (status, message.to_owned()), "{body}");
    }
    let unsigned = post(&api.router, "").await;
    assert_ne!(unsigned.0, 500);
    for (request, status) in
        [(form(told), 401), (axum::http::Request::get("/x").body(axum::body::Body::empty()).unwrap(), 405)]
    {
        use tower::ServiceExt;
        let (mut head, body) = request.into_parts();
        head.uri = "/gateways/stripe/callback".parse().unwrap();
        let response = api.router.clone().oneshot(axum::http::Request::from_parts(head, body)).await.unwrap();
        assert_eq!(response.status().as_u16(), status);
    }
    assert_eq!(api.checksums().await, before);
    // A server without the gateway.
    let (_, other) = serve(api.database.options(), Settings::default()).await;
    let api = TestApi { router: other, ..api };
    assert_eq!(tell(&api, secret, told).await.0, 404);
}
