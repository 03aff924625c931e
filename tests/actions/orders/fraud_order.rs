use super::cancel_order::{counted, statuses};
use super::get_orders::with_orders;
use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &[
        "AddOrder&clientid=1&paymentmethod=paypal&pid[0]=2&domain[0]=fraud.example.com&billingcycle[0]=monthly",
        "FraudOrder&orderid={orderid}",
    ],
    setup: include_str!("../../support/fixtures/one_order.sql"),
    writing: &["FraudOrder&orderid=1000"],
    every_parameter: "FraudOrder&orderid=1&cancelsub=0",
};

#[tokio::test]
async fn marks_all_of_it() {
    let api = with_orders().await;
    api.check("action=FraudOrder&orderid=1", r#"{"result":"success"}"#).await;
    assert_eq!(
        statuses(&api, 1).await,
        "Fraud | Fraud Fraud | Fraud Fraud | Fraud Fraud | Fraud Completed | Cancelled"
    );
    assert_eq!(counted(&api).await, ["2", "9"]);
    api.reply("action=FraudOrder&orderid=2").await;
    assert_eq!(statuses(&api, 2).await, "Fraud | Fraud | Fraud |  |  | Paid", "active items, too");
    assert_eq!(counted(&api).await, ["2", "10"]);
    assert_eq!(
        api.rows("description, userid", "tblactivitylog ORDER BY id DESC LIMIT 1").await,
        ["Order Status Changed to Fraud - Order ID: 2 | 2"]
    );
}

#[tokio::test]
async fn what_has_ended_gives_nothing_back_again() {
    let api = with_orders().await;
    for request in ["CancelOrder&orderid=1", "FraudOrder&orderid=1", "FraudOrder&orderid=1", "FraudOrder&orderid=3"] {
        api.reply(&format!("action={request}")).await;
        assert_eq!(counted(&api).await, ["2", "9"], "{request}");
    }
    assert_eq!(statuses(&api, 3).await, "Fraud | Fraud |  | Fraud |  | Cancelled");
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = with_orders().await;
    for (request, message) in [
        ("", "Order ID Not Found"),
        ("orderid=9&cancelsub=1", "Order ID Not Found"),
        ("orderid=1'", "Order ID Not Found"),
        (
            "orderid=2&cancelsub=true",
            "Subscription Cancellation Failed - Please check the gateway log for further information",
        ),
    ] {
        api.refuse(&format!("action=FraudOrder&{request}"), message).await;
    }
}
