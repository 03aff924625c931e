use super::get_orders::with_orders;
use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &[
        "AddOrder&clientid=1&paymentmethod=paypal&pid[0]=2&domain[0]=deleted.example.com&billingcycle[0]=monthly",
        "CancelOrder&orderid={orderid}",
        "DeleteOrder&orderid={orderid}",
    ],
    setup: include_str!("../../support/fixtures/one_order.sql"),
    writing: &["CancelOrder&orderid=1000", "DeleteOrder&orderid=1000"],
    every_parameter: "DeleteOrder&orderid=1",
};

async fn ids(api: &TestApi, table: &str) -> String {
    api.rows("id", &format!("{table} ORDER BY id")).await.join(" ")
}

#[tokio::test]
async fn deletes_all_that_hangs_off_it() {
    let api = with_orders().await;
    api.check("action=DeleteOrder&orderid=3", r#"{"result":"success"}"#).await;
    for (table, left) in [
        ("tblorders", "1 2 4 5"),
        ("tblhosting", "1 2 3 5"),
        ("tblhostingaddons", "1 2"),
        ("tbldomains", "1 2"),
        ("tblupgrades", "1 2"),
        ("tblcustomfieldsvalues", "1 2 4 6"),
        ("tblcancelrequests", "1"),
        ("tblmodulequeue", "1 3"),
        ("tblinvoices", "1 2"),
        ("tblinvoiceitems", "1"),
    ] {
        assert_eq!(ids(&api, table).await, left, "{table}");
    }
    assert_eq!(api.rows("relid", "tblhostingconfigoptions GROUP BY relid").await, ["1"]);
    assert_eq!(api.rows("uses", "tblpromotions WHERE code = 'TENTH'").await, ["3"], "the use was released before");
    assert_eq!(
        api.rows("description, userid", "tblactivitylog ORDER BY id").await,
        ["Deleted Invoice - Invoice ID: 3 | 1", "Deleted Order - Order ID: 3 | 1"]
    );
    api.reply("action=DeleteOrder&orderid=4").await;
    assert_eq!(ids(&api, "tblorders").await, "1 2 5");
}

#[tokio::test]
async fn what_tells_of_money_is_kept() {
    for (change, is_kept) in [
        ("SELECT 1", false),
        ("UPDATE tblinvoices SET status = 'Unpaid' WHERE id = 3", false),
        ("UPDATE tblinvoices SET status = 'Paid' WHERE id = 3", true),
        ("UPDATE tblinvoices SET status = 'Refunded' WHERE id = 3", true),
        ("UPDATE tblinvoices SET datepaid = '2026-11-01 00:00:00' WHERE id = 3", true),
        ("UPDATE tblinvoices SET datepaid = NULL WHERE id = 3", false),
        ("UPDATE tblinvoices SET credit = 0.01 WHERE id = 3", true),
        ("UPDATE tblinvoices SET userid = 2 WHERE id = 3", true),
        (
            "INSERT INTO tblaccounts SET userid = 1, currency = 0, gateway = 'paypal', description = '', transid = '', invoiceid = 3",
            true,
        ),
    ] {
        let api = with_orders().await;
        api.sql(change).await;
        api.reply("action=DeleteOrder&orderid=3").await;
        let left =
            api.rows("COUNT(*)", "tblinvoices i JOIN tblinvoiceitems l ON l.invoiceid = i.id WHERE i.id = 3").await;
        assert_eq!(left, [if is_kept { "1" } else { "0" }], "{change}");
        assert_eq!(api.rows("COUNT(*)", "tblinvoiceitems WHERE invoiceid = 3").await, left, "{change}");
    }
}

#[tokio::test]
async fn refuses_orders_that_have_not_ended() {
    let api = with_orders().await;
    let not_ended = "The order status must be in Cancelled or Fraud to be deleted";
    for (request, message) in [
        ("", "Order ID not found"),
        ("&orderid=9", "Order ID not found"),
        ("&orderid=-3", "Order ID not found"),
        ("&orderid=1", not_ended),
        ("&orderid=2", not_ended),
        ("&orderid=5", not_ended),
    ] {
        api.refuse(&format!("action=DeleteOrder{request}"), message).await;
    }
}
