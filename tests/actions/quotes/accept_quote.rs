use whmcs_api::config::{AcceptQuoteTwice, Compat};

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AcceptQuote&quoteid=2"],
    setup: concat!(
        include_str!("../../support/fixtures/quotes.sql"),
        include_str!("../../support/fixtures/invoice_numbers.sql"),
        "INSERT INTO tblquotes (id, subject, stage, userid, currency) VALUES (3, 'Nothing to pay', 'Draft', 2, 2)",
    ),
    writing: &["AcceptQuote&quoteid=1", "AcceptQuote&quoteid=1", "AcceptQuote&quoteid=2", "AcceptQuote&quoteid=3"],
    every_parameter: "AcceptQuote&quoteid=1",
};

const QUOTE: &str = "stage, userid, dateaccepted, lastmodified";
const INVOICE: &str = "id, userid, date, duedate, subtotal, tax, tax2, total, taxrate, status, paymentmethod";
const LINES: &str = "invoiceid, userid, type, relid, description, amount, taxed, duedate";

async fn with(compat: Compat) -> TestApi {
    let api = TestApi::with(compat).await;
    api.sql(include_str!("../../support/fixtures/quotes.sql")).await;
    api
}

async fn api() -> TestApi {
    with(Compat::default()).await
}

#[tokio::test]
async fn becomes_an_invoice_once() {
    let api = api().await;
    for _ in 0..3 {
        api.check("action=AcceptQuote&quoteid=1", r#"{"result":"success","invoiceid":1}"#).await;
        let accepted = api.rows(QUOTE, "tblquotes WHERE id = 1").await;
        assert_eq!(accepted, ["Accepted | 2 | 2026-11-20 | 2026-11-20"]);
        let invoice =
            "1 | 2 | 2026-11-20 | 2026-12-04 | 200.00 | 46.00 | 0.00 | 246.00 | 23.000 | Unpaid | banktransfer";
        assert_eq!(api.rows(INVOICE, "tblinvoices").await, [invoice]);
        let line = "1 | 2 |  | 0 | 2.5 x Design @ 100.00 - 20% Discount | 200.00 | 1 | 2026-12-04";
        assert_eq!(api.rows(LINES, "tblinvoiceitems").await, [line]);
        let mails = api.rows("userid, subject, message, `to`", "tblemails").await;
        assert_eq!(mails, ["2 | Accepted: A website | <p>Two: invoice 1</p> | two@example.com"]);
        let log = api.rows("description, userid", "tblactivitylog ORDER BY id").await;
        let expected =
            ["Created Invoice - Invoice ID: 1 - Total: 246.00 | 2", "Accepted Quote - Quote ID: 1 - Invoice ID: 1 | 2"];
        assert_eq!(log, expected);
    }
    // An invoice that was deleted is one that nobody knows of.
    api.sql("DELETE FROM tblinvoices").await;
    let unknown = "The quote was accepted already, and this server does not know which invoice it became";
    api.refuse("action=AcceptQuote&quoteid=1", unknown).await;
}

#[tokio::test]
async fn at_the_same_time_it_becomes_one_invoice() {
    let api = api().await;
    let calls = (0..8).map(|_| api.reply("action=AcceptQuote&quoteid=2"));
    for reply in futures_util::future::join_all(calls).await {
        assert_eq!(reply["invoiceid"], 1);
    }
    assert_eq!(api.rows("COUNT(*)", "tblinvoices").await, ["1"]);
    assert_eq!(api.rows("COUNT(*)", "tblclients").await, ["5"]);
}

#[tokio::test]
async fn may_become_another_invoice_if_the_operator_wants_that() {
    let api = with(Compat { accept_quote_twice: AcceptQuoteTwice::NewInvoice, ..Compat::default() }).await;
    for invoice in 1..=2 {
        assert_eq!(api.reply("action=AcceptQuote&quoteid=1").await["invoiceid"], invoice);
    }
    assert_eq!(api.rows("quote_id, invoice_id", "mod_whmcs_api_quote_invoices").await, ["1 | 1", "1 | 2"]);
}

#[tokio::test]
async fn somebody_becomes_a_client() {
    let api = api().await;
    api.check("action=AcceptQuote&quoteid=2", r#"{"result":"success","invoiceid":1}"#).await;
    let client = api.rows("id, firstname, lastname, email, country, currency, status", "tblclients WHERE id > 4").await;
    assert_eq!(client, ["5 | Ada | Gast | ada@example.com | PT | 2 | Active"]);
    let owner = "tblusers u JOIN tblusers_clients c ON c.auth_user_id = u.id";
    assert_eq!(api.rows("u.email, c.client_id, c.owner", owner).await, ["ada@example.com | 5 | 1"]);
    assert_eq!(api.rows(QUOTE, "tblquotes WHERE id = 2").await, ["Accepted | 5 | 2026-11-20 | 2026-11-20"]);
    let invoice = "1 | 5 | 2026-11-20 | 2026-12-04 | 50.00 | 11.50 | 0.00 | 61.50 | 23.000 | Unpaid | paypal";
    assert_eq!(api.rows(INVOICE, "tblinvoices").await, [invoice]);
    let mails = api.rows("userid, subject, `to`", "tblemails").await;
    assert_eq!(mails, ["5 | Accepted: A logo | ada@example.com"]);
    assert_eq!(api.reply("action=AcceptQuote&quoteid=2").await["invoiceid"], 1);
    // Nobody knows the password.
    api.refuse("action=ValidateLogin&email=ada@example.com&password2=", "Email or Password Invalid").await;
}

/// What WHMCS's staff or another program has written.
#[tokio::test]
async fn stages_are_told_from_acceptances() {
    let api = api().await;
    api.sql("UPDATE tblquotes SET stage = 'Accepted' WHERE id = 1").await;
    assert_eq!(api.reply("action=AcceptQuote&quoteid=1").await["invoiceid"], 1, "only its stage was set");
    api.sql("UPDATE tblquotes SET stage = 'Accepted', dateaccepted = '2026-11-10' WHERE id = 2").await;
    let unknown = "The quote was accepted already, and this server does not know which invoice it became";
    api.refuse("action=AcceptQuote&quoteid=2", unknown).await;
}

/// There is nothing to pay.
#[tokio::test]
async fn a_quote_without_items_becomes_a_paid_invoice() {
    let api = api().await;
    api.sql("DELETE FROM tblquoteitems").await;
    assert_eq!(api.reply("action=AcceptQuote&quoteid=1").await["invoiceid"], 1);
    assert_eq!(api.rows("total, status", "tblinvoices").await, ["0.00 | Paid"]);
}

#[tokio::test]
async fn what_cannot_be_billed_is_refused() {
    let api = api().await;
    for request in ["", "quoteid=9", "quoteid=x"] {
        api.refuse(&format!("action=AcceptQuote&{request}"), "Quote ID Not Found").await;
    }
    for (change, quote, message) in [
        ("UPDATE tblquoteitems SET quantity = 'some'", 1, "The quantity of the item with the ID 1 is not a number"),
        ("UPDATE tblquotes SET userid = 99 WHERE id = 1", 1, "Client ID Not Found"),
        (
            "UPDATE tblclients SET email = 'ada@example.com' WHERE id = 1",
            2,
            "The email address entered is not available for use.",
        ),
        ("INSERT INTO tblusers (email) VALUES ('ada@example.com')", 2, "A user already exists with that email address"),
        ("UPDATE tblquotes SET email = ''", 2, "The quote has no e-mail address, which its new client would need"),
    ] {
        api.sql(change).await;
        api.refuse(&format!("action=AcceptQuote&quoteid={quote}"), message).await;
    }
}
