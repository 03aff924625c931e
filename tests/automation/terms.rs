//! Which terms of services and domains are invoiced, and with what.

use super::{api_with, run_task};
use crate::support::TestApi;

/// A monthly service of client 1 that is due on 25 November.
const SERVICE: &str = "\
    INSERT INTO tblproducts (id, gid, name) VALUES (1, 1, 'Small'); \
    INSERT INTO tblhosting (id, userid, packageid, qty, regdate, amount, billingcycle, nextduedate, nextinvoicedate, domainstatus) \
      VALUES (1, 1, 1, 1, '2026-10-25', 10.00, 'Monthly', '2026-11-25', '2026-11-25', 'Active');";

async fn billed(api: &TestApi) -> Vec<String> {
    api.rows("item_id, due_date", "mod_whmcs_api_billed_terms ORDER BY item_id, due_date").await
}

/// With `continuous_invoices`, the next term is the first one that was not invoiced, wherever the next invoice date points.
#[tokio::test]
async fn no_term_is_left_out_while_earlier_ones_are_unpaid() {
    let api = api_with(|settings| (settings.continuous_invoices, settings.invoice_days) = (true, Some(70))).await;
    api.sql(SERVICE).await;
    api.sql(
        "INSERT INTO tblhosting (id, userid, packageid, qty, regdate, amount, billingcycle, nextduedate, nextinvoicedate, domainstatus) \
           VALUES (2, 1, 1, 1, '2026-10-25', 10.00, 'Monthly', '2026-11-25', '2026-11-25', 'Pending'); \
         UPDATE tblclients SET credit = 0; DELETE FROM tblcredit",
    )
    .await;
    let all = ["1 | 2026-11-25", "1 | 2026-12-25", "1 | 2027-01-25"];
    for terms in 1..=3 {
        assert_eq!(run_task(&api, "invoices", "2026-11-20").await, "created 1");
        assert_eq!(billed(&api).await, all[..terms]);
    }
    assert_eq!(run_task(&api, "invoices", "2026-11-20").await, "");
    // Neither a deleted invoice nor another date leaves a gap.
    let invoice = api.rows("invoice_id", "mod_whmcs_api_billed_terms WHERE due_date = '2026-12-25'").await.remove(0);
    api.reply(&format!("action=DeleteInvoice&invoiceid={invoice}")).await;
    api.sql("UPDATE tblhosting SET nextinvoicedate = nextduedate").await;
    assert_eq!(billed(&api).await, [all[0], all[2]]);
    assert_eq!(run_task(&api, "invoices", "2026-11-20").await, "created 1");
    assert_eq!(billed(&api).await, all);
    assert_eq!(run_task(&api, "invoices", "2026-12-20").await, "created 1");
    assert_eq!(billed(&api).await[3], "1 | 2027-02-25");
}

/// Nobody pays for a domain that can be renewed no more, also after days without a run.
#[tokio::test]
async fn domains_that_have_lapsed_are_not_invoiced() {
    for (expired, created) in
        [("2026-11-11", "created 1"), ("2026-10-21", "created 1"), ("2026-10-20", ""), ("2024-01-01", "")]
    {
        let api = api_with(|_| {}).await;
        api.sql(&format!(
            "INSERT INTO tbldomainpricing (extension, grace_period, grace_period_fee, redemption_grace_period, \
               redemption_grace_period_fee) VALUES ('.com', 10, 5.00, 20, 80.00); \
             INSERT INTO tbldomains (id, userid, domain, recurringamount, registrationperiod, status, expirydate, nextduedate, \
               nextinvoicedate) VALUES (1, 1, 'a.com', 10.00, 1, 'Active', '{expired}', '{expired}', '{expired}')"
        ))
        .await;
        assert_eq!(run_task(&api, "invoices", "2026-11-20").await, created, "{expired}");
    }
}

/// What is to be on the next invoice is on that of the terms that are due first.
#[tokio::test]
async fn billable_items_wait_for_the_invoice_of_a_term() {
    let api = TestApi::new().await;
    api.sql(SERVICE).await;
    api.sql("INSERT INTO tblbillableitems (userid, description, amount, recurcycle, invoiceaction) VALUES (1, 'Work', 7, '', 2)")
        .await;
    assert_eq!(run_task(&api, "invoices", "2026-11-20").await, "created 1");
    assert_eq!(api.rows("duedate, subtotal", "tblinvoices").await, ["2026-11-25 | 17.00"]);
}

/// However many clients have something that looks due, those who are to be invoiced are.
#[tokio::test]
async fn clients_with_nothing_to_invoice_are_in_nobodys_way() {
    let api = TestApi::new().await;
    api.sql(SERVICE).await;
    // Of 601 clients, some ask for cancellation, some have an open invoice for the term, and some are closed.
    api.sql(
        "INSERT INTO tblclients (id, firstname, email, status, currency) SELECT n, 'x', n, IF(n % 3 = 0, 'Closed', 'Active'), 1 FROM \
           (WITH RECURSIVE s (n) AS (SELECT 400 UNION ALL SELECT n + 1 FROM s WHERE n < 1000) SELECT n FROM s) numbers; \
         INSERT INTO tblhosting (id, userid, packageid, qty, regdate, amount, billingcycle, nextduedate, nextinvoicedate, domainstatus) \
           SELECT id, id, 1, 1, '2026-10-25', 10.00, 'Monthly', '2026-11-25', '2026-11-25', 'Active' FROM tblclients WHERE id >= 400; \
         INSERT INTO tblcancelrequests (relid, type) SELECT id, 'End of Billing Period' FROM tblhosting WHERE id >= 400 AND id % 3 = 1; \
         INSERT INTO tblinvoices (id, userid, status) SELECT id, userid, 'Unpaid' FROM tblhosting WHERE id >= 400 AND id % 3 = 2; \
         INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, amount, duedate) \
           SELECT id, userid, 'Hosting', id, 10, '2026-10-25' FROM tblhosting WHERE id >= 400 AND id % 3 = 2; \
         INSERT INTO tblclients (id, email, status, currency) VALUES (2000, 'y', 'Active', 1); \
         UPDATE tblhosting SET userid = 2000 WHERE id = 1",
    )
    .await;
    assert_eq!(api.reply("action=GenInvoices").await["numcreated"], 1);
    assert_eq!(api.rows("userid", "tblinvoices WHERE userid = 2000").await, ["2000"]);
}
