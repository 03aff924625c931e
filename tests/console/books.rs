//! The books: the audit with its findings, the search, and the stories of clients and invoices.

use super::browser::{Browser, console, console_settings};
use super::pages::HOSTILE;
use crate::support::{api_with, until_ok};
use std::sync::Arc;
use std::time::Duration;
use whmcs_api::store::console::stories;

const BOOKS: &str = "/console/books";

#[tokio::test]
async fn an_audit_tells_what_is_wrong_and_where_to_look() {
    let api = console().await;
    api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=60").await;
    let lara = Browser::of(&api, "lara").await;
    let page = lara.get(BOOKS).await;
    page.shows(&["There is no result yet."]);
    assert!(!page.text().contains("Start an audit"));
    let oscar = Browser::of(&api, "oscar").await;
    let audited = async |findings: &[&str]| {
        oscar.submit(BOOKS, "/console/books/audit", &[]).await.leads_to("/console/books#audit");
        until_ok(async || {
            let page = lara.get(BOOKS).await;
            let text = page.text();
            let missing = findings.iter().find(|finding| !text.contains(**finding));
            if missing.is_none() { Ok(()) } else { Err(format!("{missing:?}: {text}")) }
        })
        .await;
    };
    audited(&["started by oscar", "in order", "Nothing was found.", "1 invoices"]).await;
    api.sql("UPDATE tblinvoices SET total = 61; UPDATE tblclients SET credit = 5 WHERE id = 2").await;
    audited(&["2 found", "1 of balance", "1 of total", "has a balance of 5.00", "Look at"]).await;
    let page = lara.get(BOOKS).await;
    for link in ["/console/books/invoices/1", "/console/books/clients/2"] {
        assert!(page.body.contains(&format!("href=\"{link}\"")), "{link}");
    }
    until_ok(async || {
        let jobs = api.rows("id", "mod_whmcs_api_console_jobs").await;
        if jobs.len() == 1 { Ok(()) } else { Err(format!("the last result is kept: {jobs:?}")) }
    })
    .await;
    lara.get("/console").await.shows(&["2 findings"]);
    // Another server has it from the database.
    let (_, router) = api_with(Arc::clone(&api.hosts), None, &console_settings());
    lara.at(&router).get("/console").await.shows(&["2 findings"]);
    let lines = api
        .rows("description, user", "tblactivitylog WHERE description LIKE 'Audit%' GROUP BY description, user")
        .await;
    assert_eq!(lines, ["Audit of the Books Started | oscar"]);
    // An audit that nobody has asked for leaves its result, too.
    api.sql("UPDATE tblinvoices SET total = 60").await;
    api.api.audit().await;
    lara.get(BOOKS).await.shows(&["started by System", "1 found"]);
}

#[tokio::test]
async fn stories_tell_what_happened_and_who_did_it() {
    let api = console().await;
    api.sql("INSERT INTO tblorders (id, userid, status, paymentmethod) VALUES (70, 1, 'Pending', 'paypal')").await;
    for request in [
        "CreateInvoice&userid=1&itemdescription1=Hosting&itemamount1=60",
        "AddInvoicePayment&invoiceid=1&gateway=paypal&amount=80&transid=T1",
        "AddTransaction&paymentmethod=paypal&invoiceid=1&amountout=10&transid=T2",
        "CreateInvoice&userid=1&itemdescription1=Other&itemamount1=5",
        "CancelOrder&orderid=70",
    ] {
        api.reply(&format!("action={request}")).await;
        // The next one is about the invoice that was made last.
        api.sql("UPDATE tblorders SET invoiceid = (SELECT MAX(id) FROM tblinvoices) WHERE id = 70").await;
    }
    until_ok(async || {
        let rows = api.rows("log_id", "mod_whmcs_api_calls").await;
        if rows.len() == 5 { Ok(()) } else { Err(format!("{rows:?}")) }
    })
    .await;
    let lara = Browser::of(&api, "lara").await;
    lara.get("/console/books/invoices/1").await.shows(&[
        "Client client 1",
        "Status Paid",
        "Total 60.00",
        "Received 70.00",
        "Hosting 60.00",
        "paypal 80.00",
        "T1",
        "T2",
        "Overpayment",
        "AddInvoicePayment TestIdentifier",
        "CreateInvoice TestIdentifier",
        "Created Invoice - Invoice ID: 1",
    ]);
    let second = lara.get("/console/books/invoices/2").await;
    second.shows(&["Status Cancelled", "Created Invoice - Invoice ID: 2", "Other 5.00", "CancelOrder TestIdentifier"]);
    assert!(!second.text().contains("AddInvoicePayment"), "another invoice's call");
    let story = lara.get("/console/books/clients/1").await;
    story.shows(&[
        "invoice 1",
        "invoice 2",
        "T1",
        "Overpayment of Invoice #1",
        "AddTransaction TestIdentifier",
        "Created Invoice",
    ]);

    api.sql(
        "UPDATE tblclients SET email = 'grace@example.com' WHERE id = 2; \
         UPDATE tblinvoices SET invoicenum = 'R-2026-2' WHERE id = 2",
    )
    .await;
    for (query, leads) in [
        ("q=grace@example.com", "/console/books/clients/2"),
        ("q=R-2026-2", "/console/books/invoices/2"),
        ("q=payment+1", "/console/books/invoices/1"),
    ] {
        lara.get(&format!("{BOOKS}?{query}")).await.leads_to(leads);
    }
    lara.get(&format!("{BOOKS}?q=1")).await.shows(&["Client 1 :", "Invoice 1"]);
    // A number is looked for among the newest invoices, in parts, and for a while only.
    api.sql(
        "INSERT INTO tblinvoices (id, userid, invoicenum, subtotal, credit, tax, tax2, status, paymentmethod, notes) \
         SELECT 100 + n, 2, IF(n % 6000 = 1, '1', ''), 0, 0, 0, 0, 'Draft', '', '' FROM \
           (WITH RECURSIVE a (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM a WHERE n < 119) \
            SELECT a.n * 100 + b.n AS n FROM a JOIN a b ON b.n < 100) numbers",
    )
    .await;
    let mut db = api.pool.acquire().await.unwrap();
    for (patience, ids, may_have_more) in
        [(Duration::from_mins(1), &[1, 6101, 101][..], false), (Duration::ZERO, &[1], true)]
    {
        let found = stories::find_invoices(&mut db, "1", patience).await.unwrap();
        let found_ids: Vec<i64> = found.invoices.iter().map(|invoice| invoice.id).collect();
        assert_eq!((&found_ids[..], found.may_have_more), (ids, may_have_more));
    }
    drop(db);
    api.sql("DELETE FROM tblinvoices WHERE id >= 100").await;
    for nothing in ["nobody@example.com", "999999", "payment 99", "x' OR 1=1", "%"] {
        let query = serde_urlencoded::to_string([("q", nothing)]).unwrap();
        lara.get(&format!("{BOOKS}?{query}")).await.shows(&["No client and no invoice."]);
    }
    for path in ["/console/books/clients/999", "/console/books/invoices/999", "/console/books/clients/x"] {
        assert_eq!(lara.get(path).await.status, 404, "{path}");
    }

    // What clients and staff have written is text.
    let hostile = HOSTILE.replace('\'', "''");
    api.sql(&format!(
        "UPDATE tblclients SET firstname = '{hostile}', companyname = '{hostile}', email = '{hostile}' WHERE id = 1; \
         UPDATE tblinvoiceitems SET description = '{hostile}'; UPDATE tblaccounts SET description = '{hostile}', transid = '{hostile}'; \
         UPDATE tblactivitylog SET description = CONCAT('Invoice ID: 1 ', '{hostile}'), user = '{hostile}'; \
         UPDATE tblcredit SET description = CONCAT('Invoice #1 ', '{hostile}'); \
         UPDATE tblinvoices SET invoicenum = '{hostile}'"
    ))
    .await;
    let sent = serde_urlencoded::to_string([("q", HOSTILE)]).unwrap();
    for path in
        ["/console/books/clients/1", "/console/books/invoices/1", &format!("{BOOKS}?{sent}"), &format!("{BOOKS}?q=1")]
    {
        let page = lara.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<img"), "{path}: {}", page.body);
    }
}
