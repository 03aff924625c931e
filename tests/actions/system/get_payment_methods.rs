use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls { demo: &["GetPaymentMethods"], every_parameter: "GetPaymentMethods", ..Calls::NONE };

#[tokio::test]
async fn lists_the_active_gateways_in_the_operators_order() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblpaymentgateways (gateway, setting, value, `order`) VALUES \
         ('stripe', 'name', 'Credit Card', 2), ('paypal', 'name', 'PayPal', 1), ('mailin', 'name', '', 4); \
         UPDATE tblpaymentgateways SET `order` = 0 WHERE gateway = 'mailin'",
    )
    .await;
    api.check(
        "action=GetPaymentMethods",
        concat!(
            r#"{"result":"success","totalresults":4,"paymentmethods":{"paymentmethod":["#,
            r#"{"module":"mailin","displayname":"mailin"},{"module":"paypal","displayname":"PayPal"},"#,
            r#"{"module":"stripe","displayname":"Credit Card"},{"module":"banktransfer","displayname":"banktransfer"}]}}"#
        ),
    )
    .await;
}

#[tokio::test]
async fn none_are_an_empty_list() {
    let api = TestApi::new().await;
    api.sql("DELETE FROM tblpaymentgateways").await;
    let none = r#"{"result":"success","totalresults":0,"paymentmethods":{"paymentmethod":[]}}"#;
    api.check("action=GetPaymentMethods", none).await;
}
