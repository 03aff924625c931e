use serde_json::json;

use super::add_pay_method::{CARD, api_with};
use crate::support::module::{Module, ScriptedResponse};
use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetPayMethods&clientid=2"],
    setup: "",
    writing: &[],
    every_parameter: "GetPayMethods&clientid=2&paymethodid=1&type=CreditCard",
};

#[tokio::test]
async fn cards_and_accounts_are_listed_by_kind() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, true).await;
    gateway.respond_with([ScriptedResponse::Json(r#"{"status":"success","gatewayid":"tok_1"}"#)]);
    api.reply(&format!("action=AddPayMethod&clientid=2&description=Card&{CARD}&card_start=0120&card_issue_number=7"))
        .await;
    api.reply(
        "action=AddPayMethod&clientid=2&type=BankAccount&description=Account&bank_name=B&bank_code=1&bank_account=2",
    )
    .await;
    let card = json!({
        "id": 1, "type": "RemoteCreditCard", "description": "Card", "gateway_name": "stripe", "contact_type": "Client",
        "contact_id": 2, "card_last_four": "4242", "expiry_date": "04/28", "start_date": "01/20", "issue_number": "7",
        "card_type": "Visa", "remote_token": "tok_1", "last_updated": "20/11/2026 12:30",
    });
    let account = json!({
        "id": 2, "type": "BankAccount", "description": "Account", "gateway_name": "", "contact_type": "Client",
        "contact_id": 2, "bank_name": "B", "remote_token": "", "last_updated": "20/11/2026 12:30",
    });
    for (filter, listed) in [
        ("", json!([card, account])),
        ("&type=CreditCard", json!([card])),
        ("&type=bankaccount", json!([account])),
        ("&paymethodid=2", json!([account])),
        ("&paymethodid=2&type=CreditCard", json!([])),
        ("&paymethodid=0", json!([card, account])),
        ("&paymethodid=x", json!([])),
    ] {
        let reply = api.reply(&format!("action=GetPayMethods&clientid=2{filter}")).await;
        assert_eq!((&reply["clientid"], &reply["paymethods"]), (&json!("2"), &listed), "{filter}");
    }
    assert_eq!(api.reply("action=GetPayMethods&clientid=1").await["paymethods"], json!([]));
}

/// What a WHMCS has encrypted is listed, without what cannot be read here.
#[tokio::test]
async fn cards_of_a_whmcs_are_listed_without_their_tokens() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblpaymethods (id, userid, payment_type, gateway_name) VALUES (5, 2, 'CreditCard', ''); \
         INSERT INTO tblcreditcards (pay_method_id, card_type, last_four, expiry_date, card_data) \
         VALUES (5, 'Visa', '1111', '2027-01-31', x'00ff80feed')",
    )
    .await;
    let listed = api.reply("action=GetPayMethods&clientid=2").await["paymethods"][0].clone();
    assert_eq!(
        (&listed["card_last_four"], &listed["expiry_date"], &listed["remote_token"]),
        (&json!("1111"), &json!("01/27"), &json!(""))
    );
}

#[tokio::test]
async fn what_cannot_be_listed_is_refused() {
    let api = TestApi::new().await;
    for (request, message) in [
        ("", "Client ID Is Required"),
        ("&clientid=99", "Client Not Found"),
        ("&clientid=2&type=RemoteCreditCard", "Invalid Pay Method Type. Should be 'BankAccount' or 'CreditCard'"),
    ] {
        api.refuse(&format!("action=GetPayMethods{request}"), message).await;
    }
}
