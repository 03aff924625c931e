use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GenInvoices&clientid=1&noemails=1", "GenInvoices"],
    setup: ITEMS,
    writing: &["GenInvoices&clientid=1&serviceids[]=1", "GenInvoices&clientid=2&addonids=1&domainids=1", "GenInvoices"],
    every_parameter: "GenInvoices&clientid=1&noemails=1&serviceids[]=1&domainids[]=1&addonids[]=1",
};

/// A service of client 1 that is due in ten days, another that is due in forty, and a service, an addon and a domain of client 2;
/// items of both that are to be invoiced.
const ITEMS: &str = "\
    INSERT INTO tblproducts (id, gid, name, tax, recurringcycles) VALUES (1, 1, 'Small', 1, 0), (2, 1, 'Twice', 0, 2); \
    INSERT INTO tblhosting (id, userid, packageid, qty, regdate, domain, paymentmethod, amount, billingcycle, nextduedate, \
                            nextinvoicedate, domainstatus) VALUES \
      (1, 1, 1, 1, '2026-10-30', 'one.example', 'stripe', 10.00, 'Monthly', '2026-11-30', '2026-11-30', 'Active'), \
      (2, 1, 1, 1, '2026-10-30', '', 'stripe', 20.00, 'Annually', '2026-12-30', '2026-12-30', 'Active'), \
      (3, 2, 2, 3, '2026-11-20', 'two.example', 'paypal', 30.00, 'Quarterly', '2026-11-20', '2026-11-20', 'Suspended'); \
    INSERT INTO tblhostingaddons (id, hostingid, addonid, userid, name, qty, recurring, billingcycle, tax, status, regdate, nextduedate, \
                                  nextinvoicedate, paymentmethod) VALUES \
      (1, 3, 0, 2, 'Backup', 1, 5.00, 'Monthly', '1', 'Active', '2026-01-31', '2026-11-30', '2026-11-30', 'paypal'); \
    INSERT INTO tbldomains (id, userid, type, registrationdate, domain, recurringamount, registrationperiod, status, nextduedate, \
                            nextinvoicedate, paymentmethod) VALUES \
      (1, 2, 'Register', '2024-12-01', 'two.example', 24.00, 2, 'Active', '2026-12-01', '2026-12-01', 'paypal'); \
    INSERT INTO tblbillableitems (id, userid, description, amount, recur, recurcycle, recurfor, invoiceaction, duedate) VALUES \
      (1, 1, 'Work', 7.00, 0, '', 0, 1, '0000-00-00'), (2, 1, 'Later', 8.00, 0, '', 0, 3, '2027-01-01'), \
      (3, 2, 'Watch', 9.00, 2, 'Weeks', 2, 4, '2026-11-22');";

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(ITEMS).await;
    api.sql("UPDATE tblclients SET credit = 0; DELETE FROM tblcredit").await;
    api
}

/// Each line: due date and number of its invoice, item's due date, type, amount, taxed, and text.
async fn lines(api: &TestApi) -> Vec<String> {
    let columns =
        "i.userid, i.duedate, l.duedate, l.type, l.relid, l.amount, l.taxed, REPLACE(l.description, '\\n', '/')";
    api.rows(columns, "tblinvoices i JOIN tblinvoiceitems l ON l.invoiceid = i.id ORDER BY l.id").await
}

#[tokio::test]
async fn what_is_due_is_invoiced_once() {
    let api = api().await;
    api.check("action=GenInvoices", r#"{"result":"success","numcreated":6}"#).await;
    api.check("action=GenInvoices", r#"{"result":"success","numcreated":0}"#).await;
    assert_eq!(
        lines(&api).await,
        [
            "1 | 2026-11-20 | 2026-11-20 |  | 1 | 7.00 | 1 | Work",
            "1 | 2026-11-30 | 2026-11-30 | Hosting | 1 | 10.00 | 1 | Small - one.example (30/11/2026 - 29/12/2026)",
            "2 | 2026-11-20 | 2026-11-20 | Hosting | 3 | 30.00 | 0 | 3 x Twice - two.example (20/11/2026 - 19/02/2027)",
            "2 | 2026-11-22 | 2026-11-22 |  | 3 | 9.00 | 1 | Watch",
            "2 | 2026-11-30 | 2026-11-30 | Addon | 1 | 5.00 | 1 | Addon (two.example) - Backup (30/11/2026 - 30/12/2026)",
            "2 | 2026-12-01 | 2026-12-01 | Domain | 1 | 24.00 | 0 | Domain Renewal - two.example - 2 Year/s (01/12/2026 - 30/11/2028)",
        ]
    );
    // The due dates wait for the payments, and a term has no second invoice if its first one is cancelled.
    assert_eq!(
        api.rows("nextduedate, nextinvoicedate", "tblhosting ORDER BY id").await,
        ["2026-11-30 | 2026-12-30", "2026-12-30 | 2026-12-30", "2026-11-20 | 2027-02-20"]
    );
    api.sql("UPDATE tblinvoices SET status = 'Cancelled'").await;
    api.check("action=GenInvoices", r#"{"result":"success","numcreated":0}"#).await;
    assert_eq!(
        api.rows("invoicecount, duedate", "tblbillableitems ORDER BY id").await,
        ["1 | 0000-00-00", "0 | 2027-01-01", "1 | 2026-12-06"]
    );
}

#[tokio::test]
async fn listed_items_are_invoiced_before_they_are_due() {
    let api = api().await;
    api.sql(
        "INSERT INTO tblproductconfigoptions (id, optionname, optiontype, `order`) VALUES \
           (1, 'ram|Memory', '1', 1), (2, 'Backup', '3', 2), (3, 'Addresses', '4', 3), (4, 'Watch', '3', 4), (5, 'Users', '4', 5); \
         INSERT INTO tblproductconfigoptionssub (id, configid, optionname) VALUES \
           (10, 1, '2|2 GB'), (20, 2, 'Daily'), (30, 3, 'IPv4'), (40, 4, 'Always'), (50, 5, 'User'); \
         INSERT INTO tblhostingconfigoptions (relid, configid, optionid, qty) VALUES \
           (2, 1, 10, 0), (2, 2, 20, 1), (2, 3, 30, 3), (2, 4, 40, 0), (2, 5, 50, 0)",
    )
    .await;
    let call = "action=GenInvoices&clientid=1&serviceids[]=2";
    api.check(call, r#"{"result":"success","numcreated":1,"latestinvoiceid":1}"#).await;
    api.check(call, r#"{"result":"success","numcreated":0}"#).await;
    // Those of other clients are not.
    api.check("action=GenInvoices&clientid=1&serviceids[]=3", r#"{"result":"success","numcreated":0}"#).await;
    // The options are told as on the invoice of an order.
    let expected = [
        "1 | 2026-12-30 | 2026-12-30 | Hosting | 2 | 20.00 | 1 | Small (30/12/2026 - 29/12/2027)/Memory: 2 GB/Backup: Daily/Addresses: 3 x IPv4",
    ];
    assert_eq!(lines(&api).await, expected);
    for (call, message) in [
        ("clientid=9", "Client ID Not Found"),
        ("clientid=x", "Client ID Not Found"),
        ("clientid=1&serviceids=x", "serviceids must be a list of service IDs"),
        ("clientid=1&addonids=x", "addonids must be a list of addon IDs"),
        ("clientid=1&domainids=x", "domainids must be a list of domain IDs"),
    ] {
        api.refuse(&format!("action=GenInvoices&{call}"), message).await;
    }
}

/// What keeps an item from being invoiced, and what becomes of those that were invoiced often enough.
#[tokio::test]
async fn what_ends_or_is_invoiced_already_is_not_invoiced() {
    for (change, created) in [
        ("UPDATE tblhosting SET domainstatus = 'Terminated'", 0),
        ("UPDATE tblhosting SET billingcycle = 'One Time'", 0),
        ("UPDATE tblhosting SET nextduedate = '0000-00-00'", 0),
        ("INSERT INTO tblcancelrequests (relid, type) VALUES (1, 'End of Billing Period')", 0),
        // A WHMCS has invoiced it.
        (
            "INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, duedate) VALUES (7, 1, 'Hosting', 1, '2026-11-30')",
            0,
        ),
        // An order has, for another day.
        (
            "INSERT INTO tblinvoices (id, userid, status) VALUES (7, 1, 'Unpaid'); \
             INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, duedate) VALUES (7, 1, 'Hosting', 1, '2026-11-10')",
            0,
        ),
        ("UPDATE tblclients SET status = 'Closed'", 0),
        // Catching up: a term that began long ago is due today.
        ("UPDATE tblhosting SET nextduedate = '2026-08-30'", 1),
        ("UPDATE tblproducts SET recurringcycles = 1", 1),
    ] {
        let api = api().await;
        api.sql("DELETE FROM tblbillableitems; DELETE FROM tblhosting WHERE id <> 1").await;
        api.sql(change).await;
        let reply = api.reply("action=GenInvoices&clientid=1").await;
        assert_eq!(reply["numcreated"], created, "{change}");
        if change.contains("2026-08-30") {
            let line =
                "1 | 2026-11-20 | 2026-08-30 | Hosting | 1 | 10.00 | 1 | Small - one.example (30/08/2026 - 29/09/2026)";
            assert_eq!(lines(&api).await, [line]);
        }
        if change.contains("recurringcycles") {
            api.reply("action=AddInvoicePayment&invoiceid=1&gateway=paypal&amount=10").await;
            assert_eq!(api.reply("action=GenInvoices&clientid=1&serviceids=1").await["numcreated"], 0);
            let service = api.rows("domainstatus, completed_date, nextduedate", "tblhosting WHERE id = 1").await;
            assert_eq!(service, ["Completed | 2026-11-20 | 2026-12-30"]);
        }
    }
}

/// Credit, the group's discount, invoices of their own, and promotions that end.
#[tokio::test]
async fn clients_pay_as_the_operator_says() {
    let api = api().await;
    api.sql(
        "UPDATE tblclients SET credit = 12.00 WHERE id = 1; INSERT INTO tblcredit (clientid, amount) VALUES (1, 12.00); \
         INSERT INTO tblclientgroups (id, groupname, discountpercent, separateinvoices) VALUES (1, 'Friends', 10.00, 'on'); \
         UPDATE tblclients SET groupid = 1 WHERE id = 2; \
         UPDATE tblhosting SET nextduedate = '2026-11-30', promoid = 5, promocount = 2 WHERE id = 2; \
         INSERT INTO tblpromotions (id, code, type, value, recurring, recurfor) VALUES (5, 'OLD', 'Percentage', 50, 1, 2); \
         INSERT INTO tblpricing (type, currency, relid, annually) VALUES ('product', 1, 1, 40.00)",
    )
    .await;
    api.reply("action=GenInvoices&clientid=1").await;
    // The invoice of 7.00 is paid from the credit, and 5.00 of the other one.
    let invoices = api.rows("status, credit, total", "tblinvoices ORDER BY id").await;
    assert_eq!(invoices, ["Paid | 7.00 | 0.00", "Unpaid | 5.00 | 45.00"]);
    let service = api.rows("amount, promoid, promocount", "tblhosting WHERE id = 2").await;
    assert_eq!(service, ["40.00 | 0 | 2"], "the promotion has ended");
    api.reply("action=GenInvoices&clientid=2").await;
    let discounts = api.rows("amount, description", "tblinvoiceitems WHERE type = 'GroupDiscount' ORDER BY id").await;
    let discount = |amount| format!("{amount} | Client Group Discount - 10%");
    assert_eq!(discounts, [discount("-3.00"), discount("-0.50"), discount("-2.40")]);
    assert_eq!(api.rows("COUNT(*)", "tblinvoices WHERE userid = 2").await, ["4"]);
}
