use serde_json::json;

use super::add_pay_method::{CARD, api_with};
use crate::support::Calls;
use crate::support::module::{Module, ScriptedResponse};

use ScriptedResponse::{Json, Status};

pub const CALLS: Calls = Calls {
    demo: &["DeletePayMethod&clientid=3&paymethodid=2"],
    setup: "",
    writing: &[
        "AddPayMethod&clientid=2&type=CreditCard&card_number=4242424242424242&card_expiry=0428",
        "DeletePayMethod&clientid=2&paymethodid=1",
    ],
    every_parameter: "DeletePayMethod&clientid=2&paymethodid=1&failonremotefailure=1",
};

const DELETE: &str = "action=DeletePayMethod&clientid=2&paymethodid=1";
const DELETED: &str = r#"{"result":"success","paymethodid":"1"}"#;

#[tokio::test]
async fn it_is_deleted_at_the_gateway_and_here_with_its_secrets() {
    for (says, fails) in [
        (Json(r#"{"status":"success"}"#), None),
        (Status(501), Some("Error Deleting Remote Pay Method: the gateway cannot delete what it has stored")),
        (Json(r#"{"status":"error","rawdata":"No"}"#), Some("Error Deleting Remote Pay Method: No")),
    ] {
        let gateway = Module::start().await;
        let api = api_with(&gateway, true).await;
        gateway.respond_with([Json(r#"{"status":"success","gatewayid":"tok_1"}"#)]);
        api.reply(&format!("action=AddPayMethod&clientid=2&{CARD}")).await;
        api.sql("INSERT INTO tblinvoices (id, userid, invoicenum, status, paymentmethod, notes, paymethodid) VALUES (7, 2, '', 'Unpaid', 'stripe', '', 1)").await;
        gateway.received();
        if let Some(message) = fails {
            gateway.respond_with([says]);
            api.refuse(&format!("{DELETE}&failonremotefailure=true"), message).await;
        }
        // By default, the gateway's failure is ignored.
        gateway.respond_with([says]);
        api.check(DELETE, DELETED).await;
        let asked = gateway.received().pop().unwrap();
        assert_eq!((&asked["params"]["action"], &asked["params"]["gatewayid"]), (&json!("delete"), &json!("tok_1")));
        assert_eq!(api.rows("deleted_at IS NOT NULL", "tblpaymethods").await, ["1"]);
        assert_eq!(api.rows("card_data, deleted_at IS NOT NULL", "tblcreditcards").await, [" | 1"]);
        assert_eq!(api.rows("paymethodid IS NULL", "tblinvoices").await, ["1"]);
        assert_eq!(api.reply("action=GetPayMethods&clientid=2").await["paymethods"], json!([]));
        api.refuse(DELETE, "Invalid Pay Method ID").await;
    }
}

#[tokio::test]
async fn what_cannot_be_deleted_is_refused() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, true).await;
    api.reply("action=AddPayMethod&clientid=2&type=BankAccount&bank_code=1&bank_account=2").await;
    for (request, message) in [
        ("paymethodid=1", "Client ID is Required"),
        ("clientid=2", "Pay Method ID is Required"),
        ("clientid=2&paymethodid=9", "Invalid Pay Method ID"),
        ("clientid=1&paymethodid=1", "Pay Method does not belong to passed Client ID"),
    ] {
        api.refuse(&format!("action=DeletePayMethod&{request}"), message).await;
    }
    api.check(&format!("{DELETE}&failonremotefailure=1"), DELETED).await;
    assert_eq!(api.rows("bank_data, deleted_at IS NOT NULL", "tblbankaccts").await, [" | 1"]);
}
