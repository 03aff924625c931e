use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["DeleteQuote&quoteid=1"],
    setup: include_str!("../../support/fixtures/quotes.sql"),
    writing: &["DeleteQuote&quoteid=1"],
    every_parameter: "DeleteQuote&quoteid=1",
};

#[tokio::test]
async fn deletes_a_quote_with_its_items() {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/quotes.sql")).await;
    api.reply("action=AcceptQuote&quoteid=1").await;
    api.check("action=DeleteQuote&quoteid=1", r#"{"result":"success"}"#).await;
    assert_eq!(api.rows("id", "tblquotes").await, ["2"]);
    assert_eq!(api.rows("quoteid", "tblquoteitems").await, ["2"]);
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_quote_invoices").await, ["0"]);
    assert_eq!(api.rows("total, status", "tblinvoices").await, ["246.00 | Unpaid"], "the invoice stays");
    let log = api.rows("description, userid", "tblactivitylog ORDER BY id DESC LIMIT 1").await;
    assert_eq!(log, ["Deleted Quote - Quote ID: 1 | 2"]);
    for request in ["", "quoteid=1", "quoteid=0", "quoteid=x"] {
        api.refuse(&format!("action=DeleteQuote&{request}"), "Quote ID Not Found").await;
    }
}
