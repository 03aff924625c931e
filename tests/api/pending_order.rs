use super::cancel_order::{counted, statuses};
use super::get_orders::with_orders;

#[tokio::test]
async fn sets_all_of_it_back() {
    let api = with_orders().await;
    for (order, expected) in [
        (1, "Pending | Pending Pending | Pending Pending | Pending Pending | Pending Completed | Unpaid"),
        (2, "Pending | Pending | Pending |  |  | Paid"),
        (3, "Pending | Pending |  | Pending |  | Cancelled"),
        (4, "Pending | Pending |  |  | "),
        (5, "Pending |  |  |  | "),
    ] {
        api.check(&format!("action=PendingOrder&orderid={order}"), r#"{"result":"success"}"#).await;
        assert_eq!(statuses(&api, order).await, expected, "{order}");
    }
    assert_eq!(counted(&api).await, ["4", "7"], "of these, only order 3 has a promotion and was not counted");
    assert_eq!(
        api.rows("description, userid", "tblactivitylog ORDER BY id DESC LIMIT 1").await,
        ["Order Status Changed to Pending - Order ID: 5 | 3"]
    );
}

#[tokio::test]
async fn what_had_ended_counts_again() {
    let api = with_orders().await;
    for end in ["CancelOrder", "FraudOrder", "CancelOrder"] {
        api.reply(&format!("action={end}&orderid=1")).await;
        assert_eq!(counted(&api).await, ["2", "9"], "{end}");
        api.reply("action=PendingOrder&orderid=1").await;
        assert_eq!(counted(&api).await, ["3", "7"], "{end}");
    }
    assert_eq!(api.rows("status", "tblinvoices WHERE id = 1").await, ["Cancelled"], "it stays as it is");
}

#[tokio::test]
async fn no_more_is_taken_than_there_is() {
    let api = with_orders().await;
    api.reply("action=CancelOrder&orderid=1").await;
    api.sql("UPDATE tblproducts SET qty = 1 WHERE id = 3").await;
    api.reply("action=PendingOrder&orderid=1").await;
    assert_eq!(counted(&api).await, ["3", "0"]);
}

#[tokio::test]
async fn refuses_orders_that_are_none() {
    let api = with_orders().await;
    for request in ["", "&orderid=9", "&orderid=0", "&orderid[]=1", "&orderid=1.0"] {
        api.refuse(&format!("action=PendingOrder{request}"), "Order ID Not Found").await;
    }
}
