use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["SendQuote&quoteid=2"],
    setup: include_str!("../../support/fixtures/quotes.sql"),
    writing: &["SendQuote&quoteid=1", "SendQuote&quoteid=2"],
    every_parameter: "SendQuote&quoteid=1",
};

const QUOTE: &str = "stage, datesent, dateaccepted, lastmodified";

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/quotes.sql")).await;
    api
}

#[tokio::test]
async fn mails_it_to_whom_it_is_for() {
    let api = api().await;
    for (quote, mail) in [
        (
            1,
            "2 | Quote 1: A website | <p>Two: As you like it</p>2.5 x Design: €100.00 - 20.00%<br />\nSub Total: €200.00<br />\n\
             Tax: €46.00<br />\nTotal: €246.00<br />\n<p>Until 31/12/2026, €246.00, \
             <a href=\"https://www.example.com/whmcs/viewquote.php?id=1\">https://www.example.com/whmcs/viewquote.php?id=1</a></p> \
             | two@example.com",
        ),
        (
            2,
            "0 | Quote 2: A logo | <p>Ada Gast: </p>1 x Logo: €50.00<br />\nSub Total: €50.00<br />\nTax: €11.50<br />\n\
             Total: €61.50<br />\n<p>Until 01/12/2026, €61.50, \
             <a href=\"https://www.example.com/whmcs/viewquote.php?id=2\">https://www.example.com/whmcs/viewquote.php?id=2</a></p> \
             | ada@example.com",
        ),
    ] {
        api.check(&format!("action=SendQuote&quoteid={quote}"), r#"{"result":"success"}"#).await;
        let sent = api.rows("userid, subject, message, `to`", "tblemails ORDER BY id DESC LIMIT 1").await;
        assert_eq!(sent, [mail]);
        let stored = api.rows(QUOTE, &format!("tblquotes WHERE id = {quote}")).await;
        assert_eq!(stored, ["Delivered | 2026-11-20 | 0000-00-00 | 2026-11-20"]);
        let log = api.rows("description", "tblactivitylog ORDER BY id DESC LIMIT 1").await;
        assert_eq!(log, [format!("Sent Quote - Quote ID: {quote}")]);
    }
}

#[tokio::test]
async fn an_accepted_quote_stays_accepted() {
    let api = api().await;
    api.sql("UPDATE tblquotes SET stage = 'Accepted' WHERE id = 1").await;
    api.reply("action=SendQuote&quoteid=1").await;
    assert_eq!(api.rows("stage, datesent", "tblquotes WHERE id = 1").await, ["Accepted | 2026-11-20"]);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() {
    let api = api().await;
    for request in ["", "quoteid=9", "quoteid=x"] {
        api.refuse(&format!("action=SendQuote&{request}"), "Quote ID Not Found").await;
    }
    let nobody = "The quote has no e-mail address, or the mail template Quote Delivery with PDF is missing or disabled";
    for (change, quote) in [
        ("UPDATE tblclients SET email = ''", 1),
        ("UPDATE tblquotes SET email = ''", 2),
        ("UPDATE tblquotes SET userid = 99", 1),
        ("UPDATE tblquotes SET userid = 0, email = 'a@example.com'; UPDATE tblemailtemplates SET disabled = 1", 1),
        ("DELETE FROM tblemailtemplates", 1),
    ] {
        api.sql(change).await;
        api.refuse(&format!("action=SendQuote&quoteid={quote}"), nobody).await;
    }
}
