use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls { demo: &["GetCurrencies"], every_parameter: "GetCurrencies", ..Calls::NONE };

#[tokio::test]
async fn lists_them_oldest_first() {
    let api = TestApi::new().await;
    api.check(
        "action=GetCurrencies",
        concat!(
            r#"{"result":"success","totalresults":2,"currencies":{"currency":["#,
            r#"{"id":"1","code":"USD","prefix":"$","suffix":" USD","format":"1","rate":"1.00000"},"#,
            r#"{"id":"2","code":"EUR","prefix":"\u20ac","suffix":"","format":"1","rate":"0.90000"}]}}"#
        ),
    )
    .await;
}

#[tokio::test]
async fn none_are_an_empty_list() {
    let api = TestApi::new().await;
    api.sql("DELETE FROM tblcurrencies").await;
    api.check("action=GetCurrencies", r#"{"result":"success","totalresults":0,"currencies":{"currency":[]}}"#).await;
}
