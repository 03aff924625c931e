use super::cancel_order::{counted, statuses};
use super::get_orders::with_orders;
use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &[
        "AddOrder&clientid=1&paymentmethod=paypal&pid[0]=2&domain[0]=pending.example.com&billingcycle[0]=monthly",
        "CancelOrder&orderid={orderid}",
        "PendingOrder&orderid={orderid}",
    ],
    setup: include_str!("../../support/fixtures/one_order.sql"),
    writing: &["CancelOrder&orderid=1000", "PendingOrder&orderid=1000"],
    every_parameter: "PendingOrder&orderid=1",
};

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
    assert_eq!(api.rows("status", "tblinvoices WHERE id = 1").await, ["Cancelled"], "the invoice stays unchanged");
}

#[tokio::test]
async fn no_more_is_taken_than_there_is() {
    let api = with_orders().await;
    api.reply("action=CancelOrder&orderid=1").await;
    api.sql("UPDATE tblproducts SET qty = 1 WHERE id = 3").await;
    api.refuse("action=PendingOrder&orderid=1", "Product ID 3 is out of stock").await;
    assert_eq!(counted(&api).await, ["2", "1"]);
    api.sql("UPDATE tblproducts SET qty = 2 WHERE id = 3").await;
    api.reply("action=PendingOrder&orderid=1").await;
    assert_eq!(counted(&api).await, ["3", "0"]);
    assert_eq!(api.rows("updated_at", "tblproducts WHERE id = 3").await, ["2026-11-20 12:30:00"]);
}

#[tokio::test]
async fn a_promotion_is_used_no_more_often_than_it_may_be() {
    let api = with_orders().await;
    api.sql("UPDATE tblpromotions SET maxuses = 3 WHERE id = 1").await;
    api.refuse("action=PendingOrder&orderid=3", "Promotion Code TENTH has been used as often as it may be").await;
    api.reply("action=CancelOrder&orderid=1").await;
    api.reply("action=PendingOrder&orderid=3").await;
    api.refuse("action=PendingOrder&orderid=1", "Promotion Code TENTH has been used as often as it may be").await;
    assert_eq!(counted(&api).await, ["3", "9"]);
}

/// Another promotion may have the code by now.
#[tokio::test]
async fn the_promotion_that_counts_is_the_one_that_was_given() {
    let api = with_orders().await;
    let uses = async || api.rows("id, uses", "tblpromotions WHERE id < 3 ORDER BY id").await;
    for given in ["UPDATE tblhosting SET promoid = 1 WHERE id = 1", "UPDATE tbldomains SET promoid = 1 WHERE id = 1"] {
        api.sql("UPDATE tblhosting SET promoid = 0; UPDATE tbldomains SET promoid = 0").await;
        api.sql("UPDATE tblpromotions SET code = IF(id = 2, 'TENTH', CONCAT('OLD', id))").await;
        api.sql(given).await;
        api.reply("action=CancelOrder&orderid=1").await;
        assert_eq!(uses().await, ["1 | 2", "2 | 1"], "{given}");
        api.reply("action=PendingOrder&orderid=1").await;
        assert_eq!(uses().await, ["1 | 3", "2 | 1"], "{given}");
    }
}

#[tokio::test]
async fn refuses_orders_that_are_none() {
    let api = with_orders().await;
    for request in ["", "&orderid=9", "&orderid=0", "&orderid[]=1", "&orderid=1.5"] {
        api.refuse(&format!("action=PendingOrder{request}"), "Order ID Not Found").await;
    }
}
