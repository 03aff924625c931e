use serde_json::json;
use whmcs_api::config::Settings;
use whmcs_api::keyring::Keyring;

use crate::support::module::{Module, ScriptedResponse};
use crate::support::{Calls, TestApi, demo_keys};

use ScriptedResponse::{Json, Nothing, Status};

pub const CALLS: Calls = Calls {
    demo: &["AddPayMethod&clientid=1&description=New+Card&card_number=4242424242424242&card_expiry=0428"],
    setup: "",
    writing: &[
        "AddPayMethod&clientid=2&type=CreditCard&card_number=4242424242424242&card_expiry=0428",
        "AddPayMethod&clientid=2&type=BankAccount&bank_code=37040044&bank_account=0532013000",
    ],
    every_parameter: "AddPayMethod&clientid=2&type=RemoteCreditCard&description=x&gateway_module_name=stripe&card_number=4242424242424242&card_expiry=0428&card_start=0120&card_issue_number=1&bank_name=x&bank_account_type=x&bank_code=1&bank_account=2&set_as_default=1",
};

pub const CARD: &str = "card_number=4242+4242+4242+4242&card_expiry=0428";

/// An API with the gateway stripe and, if wanted, with keys.
pub async fn api_with(gateway: &Module, has_keys: bool) -> TestApi {
    let mut settings = Settings::default();
    let mut stripe = gateway.gateway();
    stripe.timeout_seconds = 2;
    settings.gateways.insert("stripe".to_owned(), stripe);
    if has_keys {
        settings.keys.file = demo_keys();
    }
    TestApi::with_settings(settings).await
}

#[tokio::test]
async fn a_card_is_at_the_gateway_and_its_token_is_sealed_here() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, true).await;
    gateway.respond_with([Json(r#"{"status":"success","gatewayid":"tok_1"}"#)]);
    let add = format!("action=AddPayMethod&clientid=2&description=My+card&{CARD}&card_start=0120&card_issue_number=7");
    api.check(&add, r#"{"result":"success","clientid":"2","paymethodid":"1"}"#).await;
    let asked = gateway.received();
    assert_eq!(
        (asked.len(), &asked[0]["function"], &asked[0]["gateway"]),
        (1, &json!("storeremote"), &json!("stripe"))
    );
    for (name, value) in [
        ("action", "create"),
        ("cardnum", "4242424242424242"),
        ("cardtype", "Visa"),
        ("cardexp", "0428"),
        ("cardstart", "0120"),
        ("cardissuenum", "7"),
    ] {
        assert_eq!(asked[0]["params"][name], value, "{name}");
    }
    assert_eq!(asked[0]["params"]["clientdetails"]["id"], 2);
    assert_eq!(
        api.rows(
            "userid, description, contact_type, contact_id, payment_type, payment_id, gateway_name, order_preference",
            "tblpaymethods"
        )
        .await,
        ["2 | My card | Client | 2 | RemoteCreditCard | 1 | stripe | 1"]
    );
    assert_eq!(
        api.rows("pay_method_id, card_type, last_four, expiry_date", "tblcreditcards").await,
        ["1 | Visa | 4242 | 2028-04-01 00:00:00"]
    );
    let sealed = api.rows("card_data", "tblcreditcards").await.concat();
    let opened = Keyring::load(&demo_keys()).unwrap().open("pay method 1", &sealed).unwrap();
    assert_eq!(opened, br#"{"token":"tok_1","start":"0120","issue":"7"}"#);
}

#[tokio::test]
async fn the_first_one_and_the_one_that_is_wanted_are_the_default() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, true).await;
    for (number, is_default) in [(1, 0), (2, 0), (3, 1)] {
        gateway.respond_with([Json(r#"{"status":"success","gatewayid":"tok"}"#)]);
        api.reply(&format!("action=AddPayMethod&clientid=2&description={number}&{CARD}&set_as_default={is_default}"))
            .await;
    }
    let methods = api.reply("action=GetPayMethods&clientid=2").await;
    let order: Vec<&str> =
        methods["paymethods"].as_array().unwrap().iter().map(|one| one["description"].as_str().unwrap()).collect();
    assert_eq!(order, ["3", "1", "2"]);
}

#[tokio::test]
async fn bank_details_are_sealed() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, true).await;
    let add = "action=AddPayMethod&clientid=2&type=BankAccount&bank_name=Sparkasse&bank_account_type=Checking&bank_code=37040044&bank_account=0532013000";
    api.check(add, r#"{"result":"success","clientid":"2","paymethodid":"1"}"#).await;
    assert!(gateway.received().is_empty());
    assert_eq!(api.rows("payment_type, gateway_name", "tblpaymethods").await, ["BankAccount | "]);
    assert_eq!(
        api.rows("bank_name, acct_type, bank_data LIKE 'sealed:%', bank_data LIKE '%0532013000%'", "tblbankaccts")
            .await,
        ["Sparkasse | Checking | 1 | 0"]
    );
    let listed = api.reply("action=GetPayMethods&clientid=2").await["paymethods"][0].clone();
    assert_eq!((&listed["bank_name"], &listed["remote_token"]), (&json!("Sparkasse"), &json!("")));
    assert!(!listed.to_string().contains("0532013000"));
}

#[tokio::test]
async fn what_cannot_be_stored_is_refused() {
    let gateway = Module::start().await;
    let api = api_with(&gateway, true).await;
    let type_invalid =
        "Invalid Pay Method Type. Type should be one of 'BankAccount', 'CreditCard', or 'RemoteCreditCard'";
    for (request, message) in [
        ("", "Client ID Is Required"),
        ("clientid=x", "Invalid Client ID"),
        ("clientid=99", "Invalid Client ID"),
        ("clientid=2&type=Cash", type_invalid),
        ("clientid=2&type=RemoteBankAccount", type_invalid),
        (
            "clientid=2&type=RemoteCreditCard&card_number=4242424242424242",
            "Gateway is Required for RemoteCreditCard type",
        ),
        ("clientid=2", "Card Number is required for 'CreditCard' or 'RemoteCreditCard' type"),
        (
            "clientid=2&card_number=4242424242424242",
            "Expiry Date is required for 'CreditCard' or 'RemoteCreditCard' type",
        ),
        ("clientid=2&card_number=4242424242424242&card_expiry=1328", "Expiry Date is invalid"),
        ("clientid=2&card_number=4242424242424242&card_expiry=0428&card_start=x", "Start Date is invalid"),
        ("clientid=2&card_number=4242424242424242&card_expiry=0428&card_issue_number=x", "Issue Number is invalid"),
        ("clientid=2&card_number=4242&card_expiry=0428", "Card number must be at least 13 chars"),
        (
            "clientid=2&type=RemoteCreditCard&gateway_module_name=nope&card_number=4242424242424242&card_expiry=0428",
            "Invalid Gateway Module Name. Must be one of: paypal, stripe, banktransfer, mailin",
        ),
        (
            "clientid=2&type=RemoteCreditCard&gateway_module_name=paypal&card_number=4242424242424242&card_expiry=0428",
            "Unsupported Gateway Type for Storage",
        ),
        ("clientid=2&type=BankAccount&bank_account=1", "Routing number is required"),
        ("clientid=2&type=BankAccount&bank_code=1", "Account number is required"),
    ] {
        api.refuse(&format!("action=AddPayMethod&{request}"), message).await;
    }
    assert!(gateway.received().is_empty());
    for (says, message) in [
        (Status(501), "Unsupported Gateway Type for Storage"),
        (Json(r#"{"status":"error","rawdata":"No Visa here"}"#), "Error Creating Remote Token: No Visa here"),
        (Json(r#"{"status":"success"}"#), "Error Creating Remote Token: the gateway returned no token"),
        (
            Json("<html>"),
            "Error Creating Remote Token: The gateway stripe gave an unreadable answer: what it did is unknown",
        ),
        (Nothing, "Error Creating Remote Token: The gateway stripe did not answer within 2 s: what it did is unknown"),
    ] {
        gateway.respond_with([says]);
        api.refuse(&format!("action=AddPayMethod&clientid=2&{CARD}"), message).await;
    }
}

#[tokio::test]
async fn nothing_is_stored_without_a_gateway_or_without_keys() {
    let api = TestApi::new().await;
    api.refuse(&format!("action=AddPayMethod&clientid=2&{CARD}"), "No Local Credit Card Payment Gateways Enabled")
        .await;
    let gateway = Module::start().await;
    let api = api_with(&gateway, false).await;
    let message = "Pay methods cannot be stored: this server has no key file (keys.file) to seal them";
    for request in [CARD, "type=BankAccount&bank_code=1&bank_account=2"] {
        api.refuse(&format!("action=AddPayMethod&clientid=2&{request}"), message).await;
    }
    assert!(gateway.received().is_empty(), "no card was handed to the gateway in vain");
}

/// Whatever becomes of it, the number is in no table.
#[tokio::test]
async fn the_number_of_a_card_is_in_no_table() {
    const NUMBER: &str = "4111222233334444";
    let gateway = Module::start().await;
    let api = api_with(&gateway, true).await;
    for (key, says) in [
        ("a", Json(r#"{"status":"success","gatewayid":"tok_1","rawdata":"4111222233334444"}"#)),
        ("b", Json(r#"{"status":"error","rawdata":"no"}"#)),
        ("c", Json("<html>")),
    ] {
        gateway.respond_with([says]);
        let add = format!("action=AddPayMethod&clientid=2&card_number={NUMBER}&card_expiry=0428&idempotencykey={key}");
        api.send(&add).await;
    }
    assert_eq!(gateway.received().len(), 3);
    api.records_are_moved().await;
    let columns = api
        .rows(
            "CONCAT(table_name, '.', column_name)",
            "information_schema.columns WHERE table_schema = DATABASE() AND (data_type LIKE '%char' OR data_type LIKE '%text' \
               OR data_type LIKE '%blob' OR data_type LIKE '%binary')",
        )
        .await;
    assert!(columns.len() > 100);
    for column in columns {
        let (table, column) = column.split_once('.').unwrap();
        let found = api.rows("COUNT(*)", &format!("`{table}` WHERE `{column}` LIKE '%{NUMBER}%'")).await;
        assert_eq!(found, ["0"], "{table}.{column}");
    }
    assert_eq!(api.rows("COUNT(*)", "tblpaymethods").await, ["1"]);
}
