//! The life of a payment over HTTP, against the gateway of docs/gateways.md.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::Value;
use whmcs_api::endpoint::signature;

use super::process::{Running, whmcs_api};
use crate::support::Scratch;
use crate::support::python::DocumentedEndpoint;

const SECRET: &str = DocumentedEndpoint::SECRET;

#[test]
fn a_payment_is_made_at_a_gateway_in_python() {
    let gateway = DocumentedEndpoint::start(include_str!("../../docs/gateways.md"));
    let folder = Scratch::new("gateway");
    let mut command = whmcs_api(&["demo", "--listen", "127.0.0.1:0", "--data-dir", folder.to_str().unwrap()]);
    command
        .env("WHMCS_API_GATEWAYS_STRIPE_URL", gateway.url())
        .env("WHMCS_API_GATEWAYS_STRIPE_SECRET", SECRET)
        .env("WHMCS_API_GATEWAYS_STRIPE_IDEMPOTENT", "true");
    let server = Running::start(command);
    let call = |request: &str| -> Value { serde_json::from_str(&server.call(request)).unwrap() };
    let done = |request: &str| {
        let reply = call(request);
        assert_eq!(reply["result"], "success", "{request}: {reply}");
        reply
    };
    let invoice = |amount: u32| {
        let create = "action=CreateInvoice&userid=1&paymentmethod=stripe&itemdescription1=x&itemamount1=";
        done(&format!("{create}{amount}"))["invoiceid"].to_string()
    };
    let status = |id: &str| done(&format!("action=GetInvoice&invoiceid={id}"))["status"].as_str().unwrap().to_owned();

    let card = "action=AddPayMethod&clientid=1&card_expiry=0430&set_as_default=1&card_number=";
    done(&format!("{card}4000000000000002"));
    let first = invoice(10);
    assert_eq!(call(&format!("action=CapturePayment&invoiceid={first}"))["message"], "Payment Attempt Failed");
    assert_eq!(status(&first), "Unpaid");
    let good = done(&format!("{card}4242424242424242"))["paymethodid"].as_str().unwrap().to_owned();
    done(&format!("action=CapturePayment&invoiceid={first}"));
    assert_eq!(status(&first), "Paid");
    done(&format!("action=UpdatePayMethod&clientid=1&paymethodid={good}&card_expiry=0131"));

    let payments = done(&format!("action=GetTransactions&invoiceid={first}"));
    let payment = &payments["transactions"]["transaction"][0];
    assert_eq!((&payment["gateway"], &payment["fees"]), (&"stripe".into(), &"0.30".into()));
    done(&format!("action=RefundPayment&transactionid={}", payment["id"].to_string().trim_matches('"')));
    assert_eq!(status(&first), "Refunded");

    // What the gateway tells by itself.
    let second = invoice(7);
    let body = format!(r#"{{"invoiceid":{second},"transid":"told-1","amount":"7.50"}}"#);
    let key = BASE64.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let timestamp = chrono::Utc::now().timestamp().to_string();
    let signed = signature(&key, "msg_1", &timestamp, &body);
    let request = format!(
        "POST /gateways/stripe/callback HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\
         webhook-id: msg_1\r\nwebhook-timestamp: {timestamp}\r\nwebhook-signature: {signed}\r\n\r\n{body}",
        body.len()
    );
    for result in ["Booked", "Already Booked"] {
        let answer = server.exchange(&request);
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains(result), "{answer}");
    }
    assert_eq!(status(&second), "Paid");

    done(&format!("action=DeletePayMethod&clientid=1&paymethodid={good}&failonremotefailure=1"));
}
