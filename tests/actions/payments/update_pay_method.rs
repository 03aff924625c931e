use serde_json::json;
use whmcs_api::keyring::Keyring;

use super::add_pay_method::{CARD, api_with};
use crate::support::module::{Module, ScriptedResponse};
use crate::support::{Calls, TestApi, demo_keys};

use ScriptedResponse::{Json, Status};

pub const CALLS: Calls = Calls {
    demo: &["UpdatePayMethod&clientid=2&paymethodid=1&card_expiry=1029"],
    setup: "",
    writing: &[
        "AddPayMethod&clientid=2&type=CreditCard&card_number=4242424242424242&card_expiry=0428",
        "UpdatePayMethod&clientid=2&paymethodid=1&card_expiry=1029",
        "AddPayMethod&clientid=2&type=BankAccount&bank_code=37040044&bank_account=0532013000",
        "UpdatePayMethod&clientid=2&paymethodid=2&bank_account=1&set_as_default=1",
    ],
    every_parameter: "UpdatePayMethod&clientid=2&paymethodid=2&card_expiry=1029&card_start=0120&card_issue_number=1&bank_name=x&bank_account_type=x&bank_code=1&bank_account=2&set_as_default=1&card_number=",
};

const UPDATED: &str = r#"{"result":"success","clientid":"2","paymethodid":"1"}"#;

/// An API on which client 2 has a card, 1, and a bank account, 2.
async fn api_with_both(gateway: &Module) -> TestApi {
    let api = api_with(gateway, true).await;
    gateway.respond_with([Json(r#"{"status":"success","gatewayid":"tok_1"}"#)]);
    api.reply(&format!("action=AddPayMethod&clientid=2&description=Card&{CARD}&card_issue_number=7")).await;
    api.reply("action=AddPayMethod&clientid=2&type=BankAccount&bank_name=B&bank_code=1&bank_account=2").await;
    gateway.received();
    api
}

fn opened(sealed: &[String], id: i64) -> String {
    let opened = Keyring::load(&demo_keys()).unwrap().open(&format!("pay method {id}"), &sealed.concat()).unwrap();
    String::from_utf8(opened).unwrap()
}

#[tokio::test]
async fn a_card_is_changed_at_its_gateway_first() {
    let gateway = Module::start().await;
    let api = api_with_both(&gateway).await;
    gateway.respond_with([Json(r#"{"status":"success"}"#)]);
    api.check("action=UpdatePayMethod&clientid=2&paymethodid=1&card_expiry=10/2029&card_start=0221", UPDATED).await;
    let asked = gateway.received();
    let params = &asked[0]["params"];
    assert_eq!(
        (asked.len(), &params["action"], &params["gatewayid"], &params["cardexp"], &params["cardissuenum"]),
        (1, &json!("update"), &json!("tok_1"), &json!("1029"), &json!("7"))
    );
    assert_eq!(api.rows("expiry_date", "tblcreditcards").await, ["2029-10-01 00:00:00"]);
    let sealed = api.rows("card_data", "tblcreditcards").await;
    assert_eq!(opened(&sealed, 1), r#"{"token":"tok_1","start":"0221","issue":"7"}"#);
    // The gateway may give another token.
    gateway.respond_with([Json(r#"{"status":"success","gatewayid":"tok_2"}"#)]);
    api.check("action=UpdatePayMethod&clientid=2&paymethodid=1&card_issue_number=8", UPDATED).await;
    let sealed = api.rows("card_data", "tblcreditcards").await;
    assert_eq!(opened(&sealed, 1), r#"{"token":"tok_2","start":"0221","issue":"8"}"#);
    assert_eq!(api.rows("expiry_date", "tblcreditcards").await, ["2029-10-01 00:00:00"]);
}

#[tokio::test]
async fn an_account_is_changed_here_and_each_may_become_the_default() {
    let gateway = Module::start().await;
    let api = api_with_both(&gateway).await;
    api.reply("action=UpdatePayMethod&clientid=2&paymethodid=2&bank_account=9&bank_name=C&set_as_default=1").await;
    assert!(gateway.received().is_empty());
    assert_eq!(api.rows("bank_name, acct_type", "tblbankaccts").await, ["C | "]);
    let sealed = api.rows("bank_data", "tblbankaccts").await;
    assert_eq!(opened(&sealed, 2), r#"{"code":"1","account":"9"}"#);
    assert_eq!(api.rows("id", "tblpaymethods ORDER BY order_preference").await, ["2", "1"]);
    api.check("action=UpdatePayMethod&clientid=2&paymethodid=1&set_as_default=1", UPDATED).await;
    assert_eq!(api.rows("id", "tblpaymethods ORDER BY order_preference").await, ["1", "2"]);
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused() {
    let gateway = Module::start().await;
    let api = api_with_both(&gateway).await;
    for (request, message) in [
        ("clientid=2", "Pay Method ID is Required"),
        ("paymethodid=1", "Client ID is Required"),
        ("clientid=2&paymethodid=9&card_expiry=1029", "Invalid Pay Method ID"),
        ("clientid=1&paymethodid=1&card_expiry=1029", "Pay Method does not belong to passed Client ID"),
        ("clientid=2&paymethodid=1", "No Details Provided for Update"),
        ("clientid=2&paymethodid=1&bank_name=x", "No Details Provided for Update"),
        ("clientid=2&paymethodid=2&card_expiry=1029", "No Details Provided for Update"),
        ("clientid=2&paymethodid=1&card_number=4242424242424242", "Unable to Update Card Number for Assisted Gateway"),
        ("clientid=2&paymethodid=1&card_expiry=x", "Expiry Date is invalid"),
        ("clientid=2&paymethodid=1&card_start=x", "Start Date is invalid"),
        ("clientid=2&paymethodid=1&card_issue_number=x", "Issue Number is invalid"),
    ] {
        api.refuse(&format!("action=UpdatePayMethod&{request}"), message).await;
    }
    for (says, message) in [
        (Status(501), "Unsupported Gateway Type for Update"),
        (Json(r#"{"status":"error","rawdata":"Gone"}"#), "Error Updating Remote Pay Method: Gone"),
    ] {
        gateway.respond_with([says]);
        api.refuse("action=UpdatePayMethod&clientid=2&paymethodid=1&card_expiry=1029", message).await;
    }
}
