use super::get_orders::with_orders;
use crate::support::{Calls, TestApi, all};

pub const CALLS: Calls = Calls {
    demo: &[
        "AddOrder&clientid=1&paymentmethod=paypal&pid[0]=2&domain[0]=cancelled.example.com&billingcycle[0]=monthly",
        "CancelOrder&orderid={orderid}",
    ],
    setup: include_str!("../../support/fixtures/one_order.sql"),
    writing: &["CancelOrder&orderid=1000"],
    every_parameter: "CancelOrder&orderid=1&cancelsub=0&noemail=1",
};

/// Returns the statuses of an order, its services, addons, domains and upgrades, and its invoice.
pub async fn statuses(api: &TestApi, order: i64) -> String {
    let mut found = api.rows("status", &format!("tblorders WHERE id = {order}")).await;
    for (column, table) in [
        ("domainstatus", "tblhosting"),
        ("status", "tblhostingaddons"),
        ("status", "tbldomains"),
        ("status", "tblupgrades"),
    ] {
        let rows = api.rows(column, &format!("{table} WHERE orderid = {order} ORDER BY id")).await;
        found.push(rows.join(" "));
    }
    let invoice = format!("tblinvoices WHERE id = (SELECT invoiceid FROM tblorders WHERE id = {order})");
    found.extend(api.rows("status", &invoice).await);
    found.join(" | ")
}

/// Returns the number of uses of the promotion, and the product's stock.
pub async fn counted(api: &TestApi) -> [String; 2] {
    let uses = api.rows("uses", "tblpromotions WHERE code = 'TENTH'").await.remove(0);
    [uses, api.rows("qty", "tblproducts WHERE id = 3").await.remove(0)]
}

#[tokio::test]
async fn cancels_what_is_pending_and_gives_back_what_was_counted() {
    let api = with_orders().await;
    api.check("action=CancelOrder&orderid=1&noemail=1", r#"{"result":"success"}"#).await;
    assert_eq!(
        statuses(&api, 1).await,
        "Cancelled | Cancelled Cancelled | Cancelled Active | Cancelled Cancelled | Cancelled Completed | Cancelled"
    );
    assert_eq!(
        api.rows("date_cancelled, updated_at", "tblinvoices WHERE id = 1").await,
        ["2026-11-20 12:30:00 | 2026-11-20 12:30:00"]
    );
    assert_eq!(counted(&api).await, ["2", "9"]);
    assert_eq!(api.rows("qty", "tblproducts WHERE id = 1").await, ["9"], "its stock is not counted");
    assert_eq!(
        api.rows("updated_at", "tblhosting WHERE orderid = 1 GROUP BY updated_at").await,
        ["2026-11-20 12:30:00"],
        "updatedsince finds the change"
    );
    assert_eq!(statuses(&api, 3).await, "Cancelled | Cancelled |  | Cancelled |  | Cancelled", "another order");
    assert_eq!(
        api.rows("description, userid", "tblactivitylog ORDER BY id").await,
        ["Cancelled Invoice - Invoice ID: 1 | 1", "Order Status Changed to Cancelled - Order ID: 1 | 1"]
    );
}

#[tokio::test]
async fn what_is_active_or_paid_stays() {
    let api = with_orders().await;
    api.sql(
        "UPDATE tblhosting SET domainstatus = 'Active' WHERE id = 2; UPDATE tblinvoices SET status = 'Paid' WHERE id = 1",
    )
    .await;
    api.reply("action=CancelOrder&orderid=1").await;
    assert_eq!(
        statuses(&api, 1).await,
        "Cancelled | Cancelled Active | Cancelled Active | Cancelled Cancelled | Cancelled Completed | Paid"
    );
    assert_eq!(counted(&api).await, ["2", "7"]);
}

#[tokio::test]
async fn an_invoice_of_somebody_else_is_left_alone() {
    let api = with_orders().await;
    api.sql("UPDATE tblinvoices SET userid = 2 WHERE id = 1").await;
    api.reply("action=CancelOrder&orderid=1").await;
    assert_eq!(api.rows("status", "tblinvoices WHERE id = 1").await, ["Unpaid"]);
}

#[tokio::test]
async fn refuses_what_is_not_pending() {
    let api = with_orders().await;
    let not_found = "Order ID not found or Status not Pending";
    let subscription = "Subscription Cancellation Failed - Please check the gateway log for further information";
    for (request, message) in [
        ("", not_found),
        ("orderid=x", not_found),
        ("orderid=9", not_found),
        ("orderid=2", not_found),
        ("orderid=3&cancelsub=1", not_found),
        ("orderid=4", not_found),
        ("orderid=5", not_found),
        ("orderid=1&cancelsub=1", subscription),
    ] {
        api.refuse(&format!("action=CancelOrder&{request}"), message).await;
    }
}

/// However often orders are cancelled and set back, there is one order for each unit in stock.
#[tokio::test]
async fn no_unit_is_in_two_orders() {
    let api = with_orders().await;
    api.sql("UPDATE tblproducts SET qty = 0 WHERE id = 3").await;
    for (request, stock) in [
        ("CancelOrder&orderid=1", "2"),
        ("UpdateClientProduct&serviceid=2&status=Active", "0"),
        ("PendingOrder&orderid=1", "0"),
        ("UpdateClientProduct&serviceid=2&status=Cancelled", "2"),
        ("CancelOrder&orderid=1", "2"),
    ] {
        api.reply(&format!("action={request}")).await;
        assert_eq!(counted(&api).await[1], stock, "{request}");
    }
}

#[tokio::test]
async fn an_order_is_cancelled_once() {
    let api = with_orders().await;
    let replies = all((0..4).map(|_| api.send("action=CancelOrder&orderid=1"))).await;
    assert_eq!(replies.iter().filter(|(_, body)| body.contains("success")).count(), 1);
    assert_eq!(counted(&api).await, ["2", "9"]);
}
