use serde_json::json;
use whmcs_api::config::{Endpoint, Settings};

use crate::support::module::{Module, ScriptedResponse};
use crate::support::{Calls, TestApi};

use ScriptedResponse::{Json, Status};

pub const CALLS: Calls = Calls {
    demo: &["OrderFraudCheck&orderid=9"],
    setup: include_str!("../../support/fixtures/one_order.sql"),
    writing: &["OrderFraudCheck&orderid=1000"],
    every_parameter: "OrderFraudCheck&orderid=1000&ipaddress=192.0.2.1",
};

async fn api_with(check: Option<Endpoint>) -> TestApi {
    let mut settings = Settings::default();
    settings.fraud.extend(check.map(|check| ("maxmind".to_owned(), check)));
    let api = TestApi::with_settings(settings).await;
    api.sql(CALLS.setup).await;
    api
}

#[tokio::test]
async fn the_verdict_is_stored_with_the_order() {
    let check = Module::start().await;
    let api = api_with(Some(check.settings())).await;
    for (says, status) in [(r#"{"fraud":true,"score":95}"#, "Fail"), (r#"{"fraud":false,"score":5}"#, "Pass")] {
        check.respond_with([Json(says)]);
        let reply = api.reply("action=OrderFraudCheck&orderid=1000&ipaddress=192.0.2.7").await;
        assert_eq!(
            (&reply["status"], &reply["module"], &reply["results"]),
            (&json!(status), &json!("maxmind"), &json!(says))
        );
        let stored = api.rows("fraudmodule, fraudoutput, status", "tblorders WHERE id = 1000").await;
        assert_eq!(stored, [format!("maxmind | {says} | Pending")]);
    }
    let asked = check.received();
    assert_eq!(
        (&asked[0]["function"], &asked[0]["params"]["orderid"], &asked[0]["params"]["ipaddress"]),
        (&json!("check"), &json!(1000), &json!("192.0.2.7"))
    );
}

#[tokio::test]
async fn without_a_verdict_nothing_is_stored() {
    let api = api_with(None).await;
    api.refuse("action=OrderFraudCheck&orderid=1000", "No Active Fraud Module").await;
    let check = Module::start().await;
    let api = api_with(Some(check.settings())).await;
    api.refuse("action=OrderFraudCheck&orderid=99", "Order ID Not Found").await;
    api.refuse("action=OrderFraudCheck", "Order ID Not Found").await;
    for (says, message) in [
        (Status(500), "The fraud check maxmind answered with HTTP status 500"),
        (Json("{}"), "The fraud check maxmind gave an answer that cannot be read"),
    ] {
        check.respond_with([says]);
        api.refuse("action=OrderFraudCheck&orderid=1000", message).await;
    }
}
