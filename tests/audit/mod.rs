//! The audit finds all problems of the books, and reports nothing else.

use whmcs_api::audit::{self, Rule};
use whmcs_api::database::migrations;
use whmcs_api::database::pool;
use whmcs_api::demo;

use crate::support::{Database, Replies, TestApi};

async fn findings(api: &TestApi) -> Vec<(Rule, String)> {
    let mut connection = pool::connect(api.database.options()).await.unwrap();
    let mut last = (-1, 0);
    let findings = audit::run(&mut connection, |done, all| {
        assert!(done >= last.0 && done <= all, "{done} of {all} after {last:?}");
        last = (done, all);
    });
    let findings = findings.await.unwrap().findings;
    assert_eq!(last.0, last.1);
    findings.into_iter().map(|finding| (finding.rule, finding.subject)).collect()
}

#[tokio::test]
async fn books_that_are_kept_by_calls_are_in_order() {
    let api = TestApi::new().await;
    api.sql(include_str!("../support/fixtures/one_of_each_for_sale.sql")).await;
    api.sql("UPDATE tblproducts SET affiliatepaytype = 'percentage', affiliatepayamount = 10").await;
    let mut replies = Replies::default();
    for request in [
        "CreateInvoice&userid=2&itemdescription1=x&itemamount1=33.33&itemtaxed1=1&itemdescription2=y&itemamount2=-1",
        "CreateInvoice&userid=3&itemdescription1=x&itemamount1=10&itemtaxed1=1&autoapplycredit=1",
        "CreateInvoice&userid=1&itemdescription1=x&itemamount1=60",
        "CreateInvoice&userid=1&draft=1",
        "AddCreditApi&userid=1&itemamount=50&paymentmethod=paypal",
        "AddInvoicePayment&invoiceid=1&gateway=paypal&amount=50&transid=T1",
        "AddInvoicePayment&invoiceid=5&gateway=paypal&transid=T2",
        "ApplyCredit&invoiceid=3&amount=10",
        "UpdateInvoice&invoiceid=3&taxrate=7&taxrate2=3&itemdescription[4]=x&itemamount[4]=61&itemtaxed[4]=1&credit=20",
        "AddCredit&clientid=1&amount=10&type=remove",
        "AddTransaction&paymentmethod=paypal&invoiceid=5&amountout=10",
        "CreateInvoice&userid=1&itemdescription1=x&itemamount1=5",
        "UpdateInvoice&invoiceid=6&credit=5",
        "AddOrder&clientid=1&paymentmethod=paypal&pid[]=1001&addons[]=1001&domain[]=a.test&domaintype[]=register&promocode=P1001",
        "AddOrder&clientid=3&paymentmethod=paypal&pid=1001&priceoverride=33.33",
        "CreateQuote&subject=x&stage=Draft&validuntil=2027-01-01&userid=2&lineitems[0][desc]=x&lineitems[0][up]=5",
        "AcceptQuote&quoteid=1",
        "AcceptQuote&quoteid=1",
        "AffiliateActivate&userid=4",
        "AddOrder&clientid=1&paymentmethod=paypal&pid=1001&priceoverride=20&affid=1",
        "AddInvoicePayment&invoiceid={invoiceid}&gateway=paypal&transid=T3",
        "AddTransaction&invoiceid={invoiceid}&paymentmethod=paypal&amountout=7&transid=T4",
        "UpgradeProduct&serviceid={serviceids}&paymentmethod=paypal&type=product&newproductid=1001",
    ] {
        let reply = api.reply(&format!("action={}", replies.fill_in(request))).await;
        replies.keep(&reply);
    }
    assert_eq!(findings(&api).await, []);
}

#[tokio::test]
async fn the_demo_data_is_in_order() {
    let database = Database::create().await;
    migrations::run(database.options()).await.unwrap();
    demo::fill(database.options()).await.unwrap();
    let mut connection = pool::connect(database.options()).await.unwrap();
    assert_eq!(audit::run(&mut connection, |_, _| {}).await.unwrap().findings, []);
}

#[tokio::test]
async fn each_thing_that_is_wrong_is_found() {
    let invoice =
        "INSERT INTO tblinvoices (id, userid, invoicenum, subtotal, total, status, paymentmethod, notes) VALUES";
    for (statements, rule, of) in [
        ("UPDATE tblclients SET credit = 99.99 WHERE id = 1".to_owned(), Rule::Balance, "client 1"),
        ("INSERT INTO tblcredit (clientid, date, description, amount) VALUES (2, '2026-01-01', '', 1)".to_owned(), Rule::Balance, "client 2"),
        ("UPDATE tblclients SET credit = -1 WHERE id = 2; INSERT INTO tblcredit (clientid, date, description, amount) VALUES (2, '2026-01-01', '', -1)".to_owned(), Rule::Balance, "client 2"),
        (format!("{invoice} (1, 1, '', 5, 5, 'Unpaid', '', '')"), Rule::Lines, "invoice 1"),
        (format!("{invoice} (1, 1, '', 0, 1, 'Unpaid', '', '')"), Rule::Total, "invoice 1"),
        (format!("{invoice} (5000, 1, '', 10, 10, 'Paid', '', ''); INSERT INTO tblinvoiceitems (invoiceid, userid, type, description, amount, taxed, paymentmethod, notes) VALUES (5000, 1, '', '', 10, 0, '', '')"), Rule::Paid, "invoice 5000"),
        (format!("{invoice} (1, 4, '', 0, 0, 'Draft', '', ''); INSERT INTO tblcredit (clientid, date, description, amount, relid) VALUES (4, '2026-01-01', 'Add Funds Invoice #1', 5, 1), (4, '2026-01-01', 'Add Funds Invoice #1', 5, 1); UPDATE tblclients SET credit = 10 WHERE id = 4"), Rule::AddFunds, "invoice 1"),
        (format!("{invoice} (1, 1, '', 0, 0, 'Paid', '', ''); INSERT INTO tblaccounts (userid, currency, gateway, description, amountin, transid, invoiceid) VALUES (1, 0, 'a', '', 5, 'T', 1), (1, 0, 'a', '', 5, 'T', 1), (1, 0, 'b', '', 5, 'T', 1), (1, 0, 'a', '', 5, 't', 1)"), Rule::Payment, "invoice 1"),
        ("INSERT INTO tblquotes (id, userid) VALUES (1, 1); INSERT INTO tblinvoices (id, userid, status) VALUES (1, 2, 'Draft'); INSERT INTO mod_whmcs_api_quote_invoices (quote_id, invoice_id) VALUES (1, 1)".to_owned(), Rule::Quote, "quote 1"),
        ("INSERT INTO tblquotes (id, userid) VALUES (1, 1), (2, 1); INSERT INTO tblinvoices (id, userid, status) VALUES (1, 1, 'Draft'), (2, 1, 'Draft'), (3, 1, 'Cancelled'); INSERT INTO mod_whmcs_api_quote_invoices (quote_id, invoice_id) VALUES (1, 1), (1, 3), (2, 1), (2, 2)".to_owned(), Rule::Quote, "quote 2"),
        ("INSERT INTO tblinvoices (id, userid, status) VALUES (1, 1, 'Draft'); INSERT INTO tblupgrades (id, userid, status, paid) VALUES (7, 1, 'Pending', 'N'); INSERT INTO mod_whmcs_api_settlements (client_id, invoice_id, line_id, kind, related_id, amount) VALUES (1, 1, 9, 'Upgrade', 7, 5)".to_owned(), Rule::Upgrade, "invoice 1"),
        ("INSERT INTO tblinvoices (id, userid, status) VALUES (1, 1, 'Draft'); INSERT INTO mod_whmcs_api_settlements (id, client_id, invoice_id, line_id, kind, related_id, amount) VALUES (3, 1, 1, 9, 'Hosting', 7, 5), (4, 1, 1, 9, 'Hosting', 7, -5); INSERT INTO mod_whmcs_api_commissions (entry_id, invoice_id, line_id, paid, amount) VALUES (3, 1, 9, 5, 0.5)".to_owned(), Rule::Commission, "invoice 1"),
        ("INSERT INTO mod_whmcs_api_invoice_numbers VALUES (7, '2026', 1, 0, '1', '2026-01-01'), (8, '2026', 5, 1, '5', '2026-01-01'), (9, '2026', 7, 6, '7', '2026-01-01')".to_owned(), Rule::Number, "invoice 9"),
        ("INSERT INTO tblinvoices (id, userid, invoicenum, status) VALUES (1, 1, 'A7', 'Draft'), (2, 1, 'A6', 'Draft'); INSERT INTO mod_whmcs_api_invoice_numbers VALUES (1, '', 6, 0, 'A6', '2026-01-01')".to_owned(), Rule::Number, "invoice 1"),
        ("INSERT INTO tblinvoices (id, userid, invoicenum, status) VALUES (1, 1, '', 'Draft'), (2, 1, '', 'Draft'), (3, 1, 'A6', 'Draft'), (4, 1, 'A6', 'Draft')".to_owned(), Rule::Number, "invoice 3"),
        ("INSERT INTO tblpromotions (code, uses, maxuses) VALUES ('P', 3, 2), ('Q', 9, 0), ('R', 2, 2)".to_owned(), Rule::Promotion, "promotion P"),
        ("INSERT INTO tblaccounts (id, userid, currency, gateway, description, amountin, amountout, transid, refundid) VALUES (1, 1, 0, 'a', '', 5, 0, '', 0), (2, 1, 0, 'a', '', 0, 3, '', 1), (3, 1, 0, 'a', '', 0, 2.01, '', 1), (4, 1, 0, 'a', '', 5, 0, '', 0), (5, 1, 0, 'a', '', 0, 5, '', 4)".to_owned(), Rule::Refund, "payment 1"),
        ("INSERT INTO tblcreditcards (pay_method_id, card_data) VALUES (7, '4242 4242 4242 4242'), (8, 'sealed:a:b'), (9, x'00ff31323334')".to_owned(), Rule::Token, "pay method 7"),
        ("INSERT INTO tblbankaccts (pay_method_id, bank_data) VALUES (7, '0532013000'), (8, '')".to_owned(), Rule::Token, "pay method 7"),
    ] {
        let api = TestApi::new().await;
        api.sql(&statements).await;
        assert_eq!(findings(&api).await, [(rule, of.to_owned())], "{statements}");
    }
}
