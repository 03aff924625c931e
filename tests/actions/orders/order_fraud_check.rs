use serde_json::json;
use whmcs_api::config::{CheckedOrders, Endpoint, Settings};

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

/// New orders are checked before anything is written: one that fails is placed as fraud, and nobody pays or reserves anything for it.
#[tokio::test]
async fn new_orders_are_checked() {
    let check = Module::start().await;
    let mut settings = Settings::default();
    settings.fraud.insert("maxmind".to_owned(), check.settings());
    settings.orders.fraud_check = CheckedOrders::OfNewClients;
    let api = TestApi::with_settings(settings).await;
    api.sql(include_str!("../../support/fixtures/shop.sql")).await;
    api.sql(
        "UPDATE tblclients SET email = 'one@example.com' WHERE id = 1; \
         INSERT INTO tblpromotions (id, code, type, recurring, value, cycles, appliesto, requires, requiresexisting, startdate, \
           expirationdate, maxuses, uses, lifetimepromo, applyonce, newsignups, existingclient, onceperclient, recurfor, upgrades, \
           upgradeconfig, notes) \
         VALUES (99, 'LESS', 'Fixed Amount', 0, 1, '', '5', '', 0, '0000-00-00', '0000-00-00', 0, 0, 0, 0, 0, 0, 0, 0, 0, '', '')",
    )
    .await;
    let stocks = "(SELECT qty FROM tblproducts WHERE id = 5), (SELECT uses FROM tblpromotions WHERE id = 99)";
    let columns = format!(
        "o.status, h.domainstatus, i.status, o.fraudmodule, o.fraudoutput, {stocks}, (SELECT COUNT(*) FROM tblemails) > 0"
    );
    let latest = "tblorders o JOIN tblinvoices i ON i.id = o.invoiceid JOIN tblhosting h ON h.orderid = o.id \
                  ORDER BY o.id DESC LIMIT 1";
    let order = "action=AddOrder&clientid=1&paymentmethod=paypal&pid=5&promocode=LESS&clientip=192.0.2.7";
    for (says, expected) in [
        (Json(r#"{"fraud":true}"#), r#"Fraud | Fraud | Cancelled | maxmind | {"fraud":true} | 5 | 0 | 0"#),
        (Status(500), "Pending | Pending | Unpaid |  |  | 4 | 1 | 1"),
        (Json(r#"{"fraud":false}"#), r#"Pending | Pending | Unpaid | maxmind | {"fraud":false} | 3 | 2 | 1"#),
    ] {
        check.respond_with([says]);
        api.reply(order).await;
        assert_eq!(api.rows(&columns, latest).await, [expected]);
    }
    let failure = "COUNT(*)";
    let lines = "tblactivitylog WHERE description LIKE 'Fraud Check Failed - Order ID: 2 - Reason: %HTTP status 500'";
    assert_eq!(api.rows(failure, lines).await, ["1"]);
    let asked = check.received();
    let params = &asked[0]["params"];
    assert_eq!((&params["orderid"], &params["ipaddress"]), (&json!(0), &json!("192.0.2.7")));
    assert_eq!((asked.len(), &params["clientdetails"]["email"]), (3, &json!("one@example.com")));

    // It is an order after all.
    api.reply("action=PendingOrder&orderid=1").await;
    assert_eq!(api.rows(stocks, "tblorders WHERE id = 1").await, ["2 | 3"]);
    // A client who has an active order is known.
    api.sql("UPDATE tblorders SET status = 'Active' WHERE id = 3").await;
    api.reply(order).await;
    assert!(check.received().is_empty());
}
