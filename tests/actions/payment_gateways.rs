//! Charges and refunds through payment gateways: nothing is charged twice, and what was charged is booked once.

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use whmcs_api::config::{Compat, Gateway, Settings};
use whmcs_api::database::lease::Lease;
use whmcs_api::domain::time::{Clock, parse_date_time};
use whmcs_api::operations::billing::Ledger;
use whmcs_api::outbox::operator::{self, Resolution, ResolveResult, RetryResult};

use crate::support::module::{Module, ScriptedResponse};
use crate::support::{CREDENTIAL, NOW, TestApi, all, demo_keys, eventually, post};

use ScriptedResponse::{Json, Nothing, Status};

const ENTRY: &str = "state, attempts, is_unanswered";
pub const ENTRIES: &str = "mod_whmcs_api_outbox_entries ORDER BY id";
const CHARGE: &str = "kind, invoice_id, payment_id, gateway, amount, state, open_subject IS NULL, transaction_id";
pub const CHARGES: &str = "mod_whmcs_api_charges WHERE kind <> 'notice' ORDER BY id";
pub const PAID: ScriptedResponse = Json(r#"{"status":"success","transid":"ch_1","fee":"0.55"}"#);
pub const CAPTURE: &str = "action=CapturePayment&invoiceid=1";
pub const SUCCESS: &str = r#"{"result":"success"}"#;
const UNKNOWN: &str = "The server did not finish in time";

/// An API with the gateway stripe, on which client 2 has a card, and an invoice of 100.00 that is to be paid with it.
pub async fn api_with(gateway: &Module, change: impl FnOnce(&mut Gateway)) -> TestApi {
    let mut stripe = gateway.gateway();
    change(&mut stripe);
    let mut settings = Settings::default();
    settings.gateways.insert("stripe".to_owned(), stripe);
    settings.keys.file = demo_keys();
    let api = TestApi::with_settings(settings).await;
    gateway.respond_with([Json(r#"{"status":"success","gatewayid":"tok_1"}"#)]);
    api.reply("action=AddPayMethod&clientid=2&card_number=4242424242424242&card_expiry=0428").await;
    api.reply("action=CreateInvoice&userid=2&paymentmethod=stripe&itemdescription1=x&itemamount1=100").await;
    gateway.received();
    api
}

pub async fn attempt_later(api: &TestApi) {
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET due_at = '2026-11-20 12:00:00'").await;
    api.api.run_outbox_once().await;
}

fn functions(gateway: &Module) -> Vec<String> {
    let named = |asked: &Value| asked["function"].as_str().unwrap().to_owned();
    gateway.received().iter().map(named).collect()
}

pub async fn status(api: &TestApi) -> String {
    api.rows("status", "tblinvoices WHERE id = 1").await.concat()
}

#[tokio::test]
async fn a_charge_is_booked_as_a_payment() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, |_| {}).await;
    gateway.respond_with([PAID]);
    api.check(&format!("{CAPTURE}&cvv=123"), SUCCESS).await;
    let asked = gateway.received();
    let params = &asked[0]["params"];
    assert_eq!((asked.len(), &asked[0]["function"], &asked[0]["attempt"]), (1, &json!("capture"), &json!(1)));
    for (name, value) in [
        ("invoiceid", json!(1)),
        ("amount", json!("100.00")),
        ("currency", json!("EUR")),
        ("gatewayid", json!("tok_1")),
        ("cardexp", json!("0428")),
        ("cardlastfour", json!("4242")),
        ("cccvv", json!("123")),
    ] {
        assert_eq!(params[name], value, "{name}");
    }
    assert_eq!(
        api.rows("userid, gateway, description, amountin, fees, transid, invoiceid", "tblaccounts").await,
        ["2 | stripe | Invoice Payment | 100.00 | 0.55 | ch_1 | 1"]
    );
    assert_eq!(status(&api).await, "Paid");
    assert_eq!(api.rows(CHARGE, CHARGES).await, ["capture | 1 | 0 | stripe | 100.00 | succeeded | 1 | ch_1"]);
    assert_eq!(api.rows(ENTRY, ENTRIES).await, ["done | 1 | 0"]);
    assert_eq!(api.rows("last_capture_attempt", "tblinvoices").await, ["2026-11-20 12:30:00"]);
    assert_eq!(api.rows("gateway, result", "tblgatewaylog").await, ["stripe | Successful"]);
    // The token and the security code are in no log.
    let logged = api.rows("CONCAT(data)", "tblgatewaylog").await.concat();
    let recorded = api.rows("CONCAT(request, response)", "tblapilog WHERE action = 'CapturePayment'").await.concat();
    for secret in ["tok_1", "\"123\""] {
        assert!(!logged.contains(secret) && !recorded.contains(secret), "{secret}: {logged} {recorded}");
    }
    api.refuse(CAPTURE, "Invoice Not Found or Not Unpaid").await;
}

/// The templates about charges, and an address of the client.
pub const TEMPLATES: &str = "\
    UPDATE tblclients SET email = 'two@example.com' WHERE id = 2; \
    INSERT INTO tblemailtemplates (type, name, subject, message) VALUES \
      ('invoice', 'Credit Card Payment Failed', 'Failed {$invoice_last_payment_amount}', '{$invoice_status}'), \
      ('invoice', 'Credit Card Payment Pending', 'Pending {$invoice_last_payment_amount}', '{$invoice_status}'), \
      ('invoice', 'Credit Card Payment Confirmation', 'Charged {$invoice_last_payment_amount}', '{$invoice_status}'), \
      ('invoice', 'Invoice Payment Confirmation', 'Paid {$invoice_last_payment_amount}', '{$invoice_status}')";

#[tokio::test]
async fn a_call_gets_what_the_gateway_says() {
    let failed = Some("Payment Attempt Failed");
    for (says, message, state, after, mail) in [
        (
            Json(r#"{"status":"declined","declinereason":"Insufficient funds"}"#),
            failed,
            "failed",
            "Unpaid",
            "Failed €100.00 | Unpaid",
        ),
        // The gateway does not understand what it is asked: that is for staff.
        (Status(402), failed, "failed", "Unpaid", ""),
        (Status(501), failed, "failed", "Unpaid", ""),
        (
            Json(r#"{"status":"pending","transid":"ch_9"}"#),
            None,
            "pending",
            "Payment Pending",
            "Pending €100.00 | Payment Pending",
        ),
        (PAID, None, "succeeded", "Paid", "Charged €100.00 | Paid"),
    ] {
        let gateway = Module::start().await;
        let api = api_with(&gateway, |_| {}).await;
        api.sql(TEMPLATES).await;
        gateway.respond_with([says]);
        let (http, body) = api.send(CAPTURE).await;
        let expected =
            message.map_or(SUCCESS.to_owned(), |text| json!({"result": "error", "message": text}).to_string());
        assert_eq!((http, body), (200, expected), "{says:?}");
        assert_eq!((&*status(&api).await, &*api.rows("state", CHARGES).await.concat()), (after, state), "{says:?}");
        assert_eq!(api.rows("COUNT(*) > 0", "tblaccounts").await, [i64::from(after == "Paid").to_string()], "{says:?}");
        assert_eq!(api.rows("subject, message", "tblemails").await.concat(), mail, "{says:?}");
        // Nothing is charged again by itself.
        attempt_later(&api).await;
        assert_eq!(functions(&gateway), ["capture"], "{says:?}");
    }
}

/// A declined card may be charged again, by another call.
#[tokio::test]
async fn a_failed_charge_makes_room_for_another_one() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, |_| {}).await;
    gateway.respond_with([Json(r#"{"status":"declined"}"#), PAID]);
    let declined = r#"{"result":"error","message":"Payment Attempt Failed"}"#;
    api.check(&format!("{CAPTURE}&idempotencykey=a"), declined).await;
    api.check(&format!("{CAPTURE}&idempotencykey=a"), declined).await;
    assert_eq!(functions(&gateway), ["capture"], "the same call charges once");
    api.check(CAPTURE, SUCCESS).await;
    assert_eq!(api.rows("state", CHARGES).await, ["failed", "succeeded"]);
    assert_eq!(status(&api).await, "Paid");
}

#[tokio::test]
async fn a_charge_without_an_answer_is_looked_up_and_never_repeated() {
    for (says, then, state, after) in [
        // Looked up at once.
        (&[Status(500), PAID][..], &["capture", "lookup"][..], "done", "Paid"),
        (
            &[Json("<html>"), Json(r#"{"status":"error","rawdata":"Never arrived"}"#)],
            &["capture", "lookup"],
            "failed",
            "Unpaid",
        ),
        (&[Nothing, Json(r#"{"status":"pending"}"#)], &["capture", "lookup"], "done", "Payment Pending"),
        // Looked up later.
        (&[Status(500), Status(500), PAID], &["capture", "lookup", "lookup"], "done", "Paid"),
        // A gateway that cannot look up leaves it unknown.
        (&[Status(500), Status(501), Status(501)], &["capture", "lookup", "lookup"], "pending", "Unpaid"),
    ] {
        let gateway = Module::start().await;
        let api = api_with(&gateway, |stripe| stripe.timeout_seconds = 1).await;
        gateway.respond_with(says.iter().copied());
        let (http, body) = api.send(CAPTURE).await;
        let is_later = then.len() == 3;
        assert_eq!(http == 504, is_later, "{says:?}: {http} {body}");
        if is_later {
            assert!(body.contains(UNKNOWN), "{body}");
            let (http, body) = api.send(CAPTURE).await;
            assert!(http == 200 && body.contains("is being captured"), "another charge is rejected: {body}");
            attempt_later(&api).await;
        }
        assert_eq!(functions(&gateway), then, "{says:?}");
        assert_eq!(api.rows("state", ENTRIES).await, [state], "{says:?}");
        assert_eq!(status(&api).await, after, "{says:?}");
    }
}

#[tokio::test]
async fn a_gateway_that_recognizes_repetitions_is_asked_again() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, |stripe| stripe.idempotent = true).await;
    gateway.respond_with([Status(500), PAID]);
    assert_eq!(api.send(CAPTURE).await.0, 504);
    // What is left to pay changes meanwhile; the same amount is asked for again.
    api.reply("action=AddInvoicePayment&invoiceid=1&transid=other&amount=30").await;
    attempt_later(&api).await;
    let asked = gateway.received();
    assert_eq!((&asked[0]["id"], &asked[0]["params"]["amount"]), (&asked[1]["id"], &asked[1]["params"]["amount"]));
    assert_eq!(status(&api).await, "Paid");
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["30.00"], "what was charged too much is credit");
}

/// An entry that nobody knows the outcome of waits for an operator, and so do further charges.
#[tokio::test]
async fn an_operator_decides_about_an_unknown_charge() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, |_| {}).await;
    gateway.respond_with([Status(500), Status(501)]);
    assert_eq!(api.send(CAPTURE).await.0, 504);
    for _ in 0..6 {
        gateway.respond_with([Status(501)]);
        attempt_later(&api).await;
    }
    assert_eq!(api.rows(ENTRY, ENTRIES).await, ["unknown | 5 | 0"]);
    assert_eq!(api.rows("state, open_subject", CHARGES).await, ["unknown | invoice:1"]);
    gateway.received();
    gateway.will_say_what_is_usual();
    // A retry looks it up, and sends nothing that may have arrived.
    let mut db = api.pool.acquire().await.unwrap();
    assert_eq!(operator::retry(&mut db, 1, parse_date_time(NOW).unwrap()).await.unwrap(), RetryResult::Scheduled);
    gateway.respond_with([Status(501)]);
    api.api.run_outbox_once().await;
    assert_eq!(functions(&gateway), ["lookup"]);
    assert_eq!(api.rows("state, is_unanswered", ENTRIES).await, ["pending | 1"]);
}

/// Makes a charge of which nobody knows whether it was carried out.
pub async fn unknown(api: &TestApi, gateway: &Module) {
    gateway.respond_with([Status(500), Status(501)]);
    assert_eq!(api.send(CAPTURE).await.0, 504);
    api.sql(
        "UPDATE mod_whmcs_api_outbox_entries SET state = 'unknown', is_unanswered = 0; \
         UPDATE mod_whmcs_api_charges SET state = 'unknown'",
    )
    .await;
    gateway.will_say_what_is_usual();
    gateway.received();
}

async fn resolved(api: &TestApi, id: i64, resolution: &Resolution) -> ResolveResult {
    let now = Clock::fixed(parse_date_time(NOW).unwrap()).now();
    let mut lease = Lease::acquire_to_write(&api.hosts).await.unwrap();
    let books = Ledger(Settings::default());
    let result = operator::resolve(&mut lease, id, resolution, &books, &Compat::default(), now).await.unwrap();
    lease.release_clean();
    result
}

#[tokio::test]
async fn an_operator_says_what_became_of_a_charge() {
    let done = |transaction: &str| Resolution::Done { transaction: transaction.to_owned() };
    for (resolution, result, entry, charge, payments, invoice) in [
        (done(""), ResolveResult::NoTransaction, "unknown", "unknown | 0", "", "Unpaid"),
        (done("ch_7"), ResolveResult::Resolved, "done", "succeeded | 1", "100.00 | ch_7", "Paid"),
        (Resolution::NotDone, ResolveResult::Resolved, "failed", "failed | 1", "", "Unpaid"),
    ] {
        let gateway = Module::start().await;
        let api = api_with(&gateway, |_| {}).await;
        unknown(&api, &gateway).await;
        assert_eq!(resolved(&api, 2, &resolution).await, ResolveResult::NotUnknown);
        assert_eq!(resolved(&api, 1, &resolution).await, result, "{resolution:?}");
        assert_eq!(api.rows("state", ENTRIES).await, [entry], "{resolution:?}");
        assert_eq!(api.rows("state, open_subject IS NULL", CHARGES).await, [charge], "{resolution:?}");
        assert_eq!(api.rows("amountin, transid", "tblaccounts").await.concat(), payments, "{resolution:?}");
        assert_eq!(status(&api).await, invoice, "{resolution:?}");
        if result == ResolveResult::Resolved {
            assert_eq!(resolved(&api, 1, &resolution).await, ResolveResult::NotUnknown, "once");
        }
    }
    // What was not charged can be charged again, by a retry, too: as another command.
    let gateway = Module::start().await;
    let api = api_with(&gateway, |_| {}).await;
    unknown(&api, &gateway).await;
    resolved(&api, 1, &Resolution::NotDone).await;
    gateway.respond_with([PAID]);
    api.check(CAPTURE, SUCCESS).await;
    assert_eq!(status(&api).await, "Paid");
}

/// The balance is read again when the charge is first sent.
#[tokio::test]
async fn an_invoice_that_was_paid_meanwhile_is_not_charged() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, |_| {}).await;
    // A server without the gateway's call: the transaction commits, and the worker finds the entry later.
    api.sql(
        "INSERT INTO mod_whmcs_api_charges (kind, client_id, invoice_id, pay_method_id, gateway, amount, open_subject, created_at, updated_at) \
         VALUES ('capture', 2, 1, 1, 'stripe', 100.00, 'invoice:1', '2026-11-20', '2026-11-20'); \
         INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, record_id, payload, last_error, due_at, created_at) \
         VALUES ('gateway', 'stripe', 'invoice', 1, 1, '{}', '', '2026-11-20', '2026-11-20')",
    )
    .await;
    let copies = "INSERT INTO mod_whmcs_api_charges (kind, client_id, gateway, open_subject, created_at, updated_at) \
                  VALUES ('capture', 2, 'stripe', 'invoice:1', '2026-11-20', '2026-11-20')";
    let second = sqlx::query(copies).execute(&api.pool).await.unwrap_err();
    assert!(second.to_string().contains("Duplicate"), "{second}");
    api.reply("action=AddInvoicePayment&invoiceid=1&transid=other&amount=40").await;
    gateway.respond_with([Json(r#"{"status":"success","transid":"ch_1"}"#)]);
    api.api.run_outbox_once().await;
    assert_eq!(gateway.received()[0]["params"]["amount"], "60.00", "what is left to pay now");
    assert_eq!(status(&api).await, "Paid");
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET state = 'pending', attempts = 0, payload = '{}'; UPDATE mod_whmcs_api_charges SET state = 'open', open_subject = 'invoice:1'").await;
    attempt_later(&api).await;
    assert!(gateway.received().is_empty());
    assert_eq!(api.rows("state", ENTRIES).await, ["superseded"]);
    assert_eq!(api.rows("state, open_subject IS NULL", CHARGES).await, ["superseded | 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_charge_once() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, |_| {}).await;
    gateway.respond_with([PAID]);
    let request = format!("{CREDENTIAL}&{CAPTURE}");
    let answers = all((0..8).map(|_| post(&api.router, &request))).await;
    let paid = answers.iter().filter(|(_, body)| body == SUCCESS).count();
    assert_eq!((paid, functions(&gateway)), (1, vec!["capture".to_owned()]), "{answers:?}");
    assert_eq!(api.rows("COUNT(*), SUM(amountin)", "tblaccounts").await, ["1 | 100.00"]);
}

/// The server dies after the gateway has charged, and before that is recorded.
#[tokio::test]
async fn a_charge_that_was_interrupted_is_looked_up() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, |_| {}).await;
    api.sql(
        "INSERT INTO mod_whmcs_api_charges (kind, client_id, invoice_id, pay_method_id, gateway, amount, state, open_subject, created_at, updated_at) \
         VALUES ('capture', 2, 1, 1, 'stripe', 100.00, 'sent', 'invoice:1', '2026-11-20', '2026-11-20'); \
         INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, record_id, payload, last_error, state, attempts, claim, due_at, created_at) \
         VALUES ('gateway', 'stripe', 'invoice', 1, 1, '{}', '', 'running', 1, 'x', '2026-11-20', '2026-11-20')",
    )
    .await;
    gateway.respond_with([PAID]);
    let stopping = CancellationToken::new();
    let worker = tokio::spawn({
        let (outbox, stopping) = (std::sync::Arc::clone(&api.api), stopping.clone());
        async move { outbox.run_outbox(stopping).await }
    });
    eventually("the charge is booked", async || status(&api).await == "Paid").await;
    stopping.cancel();
    worker.await.unwrap();
    assert_eq!(functions(&gateway), ["lookup"]);
}

/// Money that came in is never lost, whatever became of the invoice.
#[tokio::test]
async fn what_was_charged_for_a_cancelled_invoice_becomes_credit() {
    for statement in ["UPDATE tblinvoices SET status = 'Cancelled'", "DELETE FROM tblinvoices"] {
        let gateway = Module::start().await;
        let api = api_with(&gateway, |_| {}).await;
        gateway.respond_with([Status(500), Status(500), PAID]);
        assert_eq!(api.send(CAPTURE).await.0, 504);
        api.sql(statement).await;
        attempt_later(&api).await;
        assert_eq!(api.rows("amountin, transid, invoiceid", "tblaccounts").await, ["100.00 | ch_1 | 0"], "{statement}");
        assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["100.00"], "{statement}");
    }
}

#[tokio::test]
async fn a_payment_is_refunded_through_its_gateway() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, |_| {}).await;
    gateway.respond_with([PAID]);
    api.check(CAPTURE, SUCCESS).await;
    gateway.received();
    gateway.respond_with([Json(r#"{"status":"success","transid":"re_1"}"#)]);
    api.check(
        "action=RefundPayment&transactionid=1&amount=40",
        r#"{"result":"success","transactionid":1,"amount":"40.00","invoiceid":1}"#,
    )
    .await;
    let asked = gateway.received();
    assert_eq!(
        (&asked[0]["function"], &asked[0]["params"]["amount"], &asked[0]["params"]["transid"]),
        (&json!("refund"), &json!("40.00"), &json!("ch_1"))
    );
    assert_eq!(
        api.rows("amountout, transid, invoiceid, refundid", "tblaccounts WHERE refundid > 0").await,
        ["40.00 | re_1 | 1 | 1"]
    );
    // Refused, and nothing is booked.
    gateway.respond_with([Json(r#"{"status":"declined","declinereason":"Too old"}"#)]);
    let refused = r#"{"result":"error","message":"Too old"}"#;
    api.check("action=RefundPayment&transactionid=1", refused).await;
    assert_eq!(status(&api).await, "Paid");
    gateway.respond_with([Status(500), Json(r#"{"status":"success","transid":"re_2"}"#)]);
    let rest = r#"{"result":"success","transactionid":1,"amount":"60.00","invoiceid":1}"#;
    api.check("action=RefundPayment&transactionid=1", rest).await;
    assert_eq!(status(&api).await, "Refunded");
    assert_eq!(api.rows("SUM(amountout)", "tblaccounts").await, ["100.00"]);
    assert_eq!(
        api.rows("state, open_subject IS NULL", CHARGES).await,
        ["succeeded | 1", "succeeded | 1", "failed | 1", "succeeded | 1"]
    );
}

/// A refund whose outcome is unknown keeps another one from being made, also one that is only recorded.
#[tokio::test]
async fn a_refund_is_open_until_its_outcome_is_known() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, |_| {}).await;
    gateway.respond_with([PAID, Status(500), Status(501)]);
    api.check(CAPTURE, SUCCESS).await;
    assert_eq!(api.send("action=RefundPayment&transactionid=1").await.0, 504);
    let busy = "A refund of this payment is being carried out, and its outcome is not known yet";
    for way in ["gateway", "credit", "record"] {
        api.refuse(&format!("action=RefundPayment&transactionid=1&type={way}"), busy).await;
    }
}

/// What rejects one request says nothing of an earlier one that got no answer.
#[tokio::test]
async fn a_rejected_request_leaves_an_earlier_one_unknown() {
    let rejections = [Status(400), Status(429), Json("[]")];
    for (is_idempotent, rejection) in [false, true].into_iter().flat_map(|kind| rejections.map(|no| (kind, no))) {
        let gateway = Module::start().await;
        let api = api_with(&gateway, |stripe| stripe.idempotent = is_idempotent).await;
        gateway.respond_with([Status(500), rejection]);
        assert_eq!(api.send(CAPTURE).await.0, 504, "{is_idempotent} {rejection:?}");
        gateway.respond_with([rejection]);
        attempt_later(&api).await;
        let state = api.rows("state, open_subject", CHARGES).await.concat();
        assert!(
            ["sent | invoice:1", "unknown | invoice:1"].contains(&&*state),
            "{is_idempotent} {rejection:?}: {state}"
        );
        assert_eq!(status(&api).await, "Unpaid");
    }
}

/// A server that claimed a command and stopped before it sent it leaves no doubt: it takes what is left to pay when it is sent, and
/// what the gateway then says is what has happened.
#[tokio::test]
async fn a_command_that_was_never_sent_is_fixed_anew() {
    let declined = Json(r#"{"status":"declined"}"#);
    for (paid, answer, amount, charge) in [
        (40, PAID, Some("60.00"), "succeeded | 1"),
        (0, declined, Some("100.00"), "failed | 1"),
        (0, Status(400), Some("100.00"), "failed | 1"),
        (0, Status(501), Some("100.00"), "failed | 1"),
        (100, PAID, None, "superseded | 1"),
    ] {
        for is_idempotent in [false, true] {
            let gateway = Module::start().await;
            let api = api_with(&gateway, |stripe| stripe.idempotent = is_idempotent).await;
            api.sql(
                "INSERT INTO mod_whmcs_api_charges (kind, client_id, invoice_id, pay_method_id, gateway, amount, open_subject, created_at, updated_at) \
                 VALUES ('capture', 2, 1, 1, 'stripe', 100.00, 'invoice:1', '2026-11-20', '2026-11-20'); \
                 INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, record_id, payload, last_error, is_unanswered, due_at, created_at) \
                 VALUES ('gateway', 'stripe', 'invoice', 1, 1, '{\"id\":\"c\"}', '', 1, '2026-11-20', '2026-11-20')",
            )
            .await;
            if paid > 0 {
                api.reply(&format!("action=AddInvoicePayment&invoiceid=1&transid=other&amount={paid}")).await;
            }
            gateway.respond_with([answer]);
            api.api.run_outbox_once().await;
            let asked = gateway.received();
            let asked: Vec<_> = asked.iter().map(|asked| (&asked["function"], &asked["params"]["amount"])).collect();
            let expected = amount.map(|amount| (json!("capture"), json!(amount)));
            let case = format!("{paid} {answer:?} {is_idempotent}");
            assert_eq!(
                asked,
                expected.iter().map(|(function, amount)| (function, amount)).collect::<Vec<_>>(),
                "{case}"
            );
            assert_eq!(api.rows("state, open_subject IS NULL", CHARGES).await, [charge], "{case}");
            assert_eq!(
                api.rows("COUNT(*)", "mod_whmcs_api_outbox_entries WHERE state = 'unknown'").await,
                ["0"],
                "{case}"
            );
        }
    }
}

/// The gateway would answer the same to the same command.
#[tokio::test]
async fn a_failed_command_is_sent_again_as_another_one() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, |_| {}).await;
    gateway.respond_with([Json(r#"{"status":"declined"}"#), PAID]);
    api.send(CAPTURE).await;
    let mut db = api.pool.acquire().await.unwrap();
    assert_eq!(operator::retry(&mut db, 1, parse_date_time(NOW).unwrap()).await.unwrap(), RetryResult::Scheduled);
    api.api.run_outbox_once().await;
    let asked = gateway.received();
    assert_eq!((asked.len(), status(&api).await), (2, "Paid".to_owned()));
    assert_ne!(asked[0]["id"], asked[1]["id"]);
}
