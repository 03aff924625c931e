mod concurrency;
mod errors;
mod prices;

use whmcs_api::audit;
use whmcs_api::config::{Compat, FreeOrders};
use whmcs_api::database::pool;

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AddOrder&clientid=1&paymentmethod=paypal&pid[0]=2&domain[0]=new.example.com&billingcycle[0]=monthly"],
    setup: concat!(
        include_str!("../../support/fixtures/one_of_each_for_sale.sql"),
        include_str!("../../support/fixtures/invoice_numbers.sql"),
    ),
    writing: &[
        "AddOrder&clientid=1&paymentmethod=paypal&pid[0]=1001&addons[0]=1001&configoptions[0][1001]=1001&customfields[0][1001]=x&domain[0]=a.test&domaintype[0]=register&idprotection[0]=1&promocode=P1001&contactid=1001&affid=1001&domainfields[0][Field]=x&nameserver1=ns1.example.com",
        "AddOrder&clientid=1&paymentmethod=paypal&addonid=1001&serviceid=1001&domainrenewals[own.test]=1&noinvoice=1&noemail=1",
        "AddOrder&clientid=1&paymentmethod=paypal&pid=1001&priceoverride=0",
    ],
    every_parameter: "AddOrder&clientid=1&paymentmethod=paypal&pid[0]=1&qty[0]=1&domain[0]=example.com&billingcycle[0]=monthly&domaintype[0]=register&regperiod[0]=1&idnlanguage[0]=&eppcode[0]=x&nameserver1=ns1.example.com&nameserver2=ns2.example.com&nameserver3=&nameserver4=&nameserver5=&customfields[0][1]=x&configoptions[0][1]=1&priceoverride[0]=5&promocode=x&promooverride=0&affid=0&noinvoice=0&noinvoiceemail=0&noemail=0&addons[0]=1&addonsqty[0]=1&hostname[0]=x&ns1prefix[0]=ns1&ns2prefix[0]=ns2&rootpw[0]=x&contactid=0&dnsmanagement[0]=0&domainfields[0]=&emailforwarding[0]=0&idprotection[0]=0&domainpriceoverride[0]=5&domainrenewoverride[0]=5&domainrenewals[example.com]=1&clientip=127.0.0.1&addonid=1&addonidqty=1&serviceid=1&addonids[0]=1&addonidsqty[0]=1&serviceids[0]=1&servicerenewals[0]=&addonrenewals[0]=",
};

pub const ORDER: &str = "id, userid, contactid, admin_requestor_id, date, nameservers, transfersecret, renewals, promocode, \
                     promotype, promovalue, amount, paymentmethod, invoiceid, status, ipaddress";
const SERVICE: &str = "userid, orderid, packageid, regdate, domain, paymentmethod, qty, firstpaymentamount, amount, \
                       billingcycle, nextduedate, nextinvoicedate, domainstatus, username, promoid";
const MONEY: &str = "packageid, qty, firstpaymentamount, amount, billingcycle";
const ADDON: &str = "hostingid, addonid, qty, firstpaymentamount, setupfee, recurring, billingcycle, tax, status, \
                     nextduedate, nextinvoicedate";
const DOMAIN: &str = "type, domain, firstpaymentamount, recurringamount, registrationperiod, status, nextduedate, \
                      nextinvoicedate, dnsmanagement, emailforwarding, idprotection, promoid";
const LINE: &str = "type, relid, REPLACE(description, '\\n', ' / '), amount, taxed";
const INVOICE: &str = "userid, date, duedate, subtotal, tax, tax2, total, status, paymentmethod";

pub async fn shop() -> TestApi {
    shop_with(Compat::default()).await
}

pub async fn shop_with(compat: Compat) -> TestApi {
    let api = TestApi::with(compat).await;
    api.sql(include_str!("../../support/fixtures/shop.sql")).await;
    api
}

pub fn order(request: &str) -> String {
    format!("action=AddOrder&paymentmethod=paypal&{request}")
}

pub fn reply(order: i64, services: &str, addons: &str, domains: &str, invoice: i64) -> String {
    format!(
        r#"{{"result":"success","orderid":{order},"productids":"{services}","serviceids":"{services}","addonids":"{addons}","domainids":"{domains}","invoiceid":{invoice}}}"#
    )
}

/// Returns the lines of the latest invoice.
pub async fn lines(api: &TestApi) -> Vec<String> {
    api.rows(LINE, "tblinvoiceitems WHERE invoiceid = (SELECT MAX(id) FROM tblinvoices) ORDER BY id").await
}

/// Checks the rules that every written order must fulfill.
pub async fn assert_in_order(api: &TestApi) {
    let mut connection = pool::connect(api.database.options()).await.unwrap();
    assert_eq!(audit::run(&mut connection, |_, _| {}).await.unwrap().findings, []);
    for (what, wrong) in [
        (
            "an order and its invoice differ",
            "tblorders o JOIN tblinvoices i ON i.id = o.invoiceid WHERE i.total <> o.amount OR i.userid <> o.userid",
        ),
        ("two orders have a number", "tblorders o JOIN tblorders p ON p.ordernum = o.ordernum AND p.id <> o.id"),
        ("a number has not ten digits", "tblorders o WHERE LENGTH(CAST(o.ordernum AS CHAR)) <> 10"),
        ("a service has no order", "tblhosting o WHERE NOT EXISTS (SELECT 1 FROM tblorders p WHERE p.id = o.orderid)"),
        (
            "an invoice has no order",
            "tblinvoices o WHERE NOT EXISTS (SELECT 1 FROM tblorders p WHERE p.invoiceid = o.id)",
        ),
        (
            "a promotion was used by more or fewer orders than it says",
            "tblpromotions o WHERE o.uses <> (SELECT COUNT(*) FROM tblorders p WHERE p.promocode = o.code)",
        ),
        (
            "the lines about a service are not what its first payment is",
            "tblhosting o JOIN tblorders p ON p.id = o.orderid AND p.invoiceid <> 0 WHERE o.firstpaymentamount <> \
             (SELECT SUM(amount) FROM tblinvoiceitems l WHERE l.invoiceid = p.invoiceid AND l.relid = o.id \
              AND (l.type IN ('Hosting', 'Setup') OR (l.type = 'PromoHosting' AND NOT EXISTS (SELECT 1 FROM tblhostingaddons a WHERE a.hostingid = o.id))))",
        ),
        ("stock is below zero", "tblproducts o WHERE o.qty < 0"),
    ] {
        assert_eq!(api.rows("o.id", wrong).await, [""; 0], "{what}");
    }
}

#[tokio::test]
async fn orders_a_service() {
    let api = shop().await;
    api.check(&order("clientid=1&pid=1&domain=example.com&billingcycle=monthly"), &reply(1, "1", "", "", 1)).await;
    assert_eq!(
        api.rows(ORDER, "tblorders").await,
        ["1 | 1 | 0 | 1 | 2026-11-20 12:30:00 |  |  |  |  |  |  | 16.25 | paypal | 1 | Pending | 127.0.0.1"]
    );
    assert_eq!(
        api.rows(SERVICE, "tblhosting").await,
        [
            "1 | 1 | 1 | 2026-11-20 | example.com | paypal | 1 | 16.25 | 11.25 | Monthly | 2026-11-20 | 2026-12-20 | Pending |  | 0"
        ]
    );
    assert_eq!(
        api.rows("relid, configid, optionid, qty", "tblhostingconfigoptions ORDER BY id").await,
        ["1 | 1 | 10 | 0", "1 | 2 | 20 | 0", "1 | 3 | 30 | 1"]
    );
    assert_eq!(
        api.rows(INVOICE, "tblinvoices").await,
        ["1 | 2026-11-20 | 2026-11-20 | 16.25 | 0.00 | 0.00 | 16.25 | Unpaid | paypal"]
    );
    assert_eq!(
        lines(&api).await,
        [
            "Hosting | 1 | Web Hosting - example.com (20/11/2026 - 19/12/2026) / Memory: 1 GB / Addresses: 1 x IPv4 | 11.25 | 1",
            "Setup | 1 | Web Hosting Setup Fee | 5.00 | 1",
        ]
    );
    let log = api.rows("userid, description", "tblactivitylog ORDER BY id").await;
    assert_eq!(
        log,
        ["1 | Created Invoice - Invoice ID: 1 - Total: 16.25", "1 | New Order Placed - Order ID: 1 - Total: 16.25"]
    );
    assert_in_order(&api).await;
}

#[tokio::test]
async fn orders_many_things_at_once() {
    let api = shop().await;
    api.check(
        &order(
            "clientid=1&pid[0]=1&pid[2]=4&qty[0]=2&qty[2]=3&billingcycle[0]=semiannually&billingcycle[2]=quarterly\
             &domain[0]=one.com&domain[1]=two.com&domain[2]=three.com&domaintype[1]=register&domaintype[2]=transfer\
             &regperiod[1]=2&eppcode[2]=s3%22cret&dnsmanagement[1]=1&idprotection[1]=on&emailforwarding[1]=0\
             &addons[0]=1,3&addons[2]=2&addonsqty[2]=4&nameserver1=ns1.example.com&nameserver3=ns3.example.com\
             &configoptions[0][1]=11&configoptions[0][2]=1&configoptions[0][3]=4&clientip=2001:db8::1",
        ),
        &reply(1, "1,2,3", "1,2,3,4,5", "1,2", 1),
    )
    .await;
    assert_eq!(
        api.rows(ORDER, "tblorders").await,
        [
            "1 | 1 | 0 | 1 | 2026-11-20 12:30:00 | ns1.example.com,ns3.example.com | a:1:{s:9:\"three.com\";s:7:\"s3\"cret\";} |  |  |  |  | 273.00 | paypal | 1 | Pending | 2001:db8::1"
        ]
    );
    assert_eq!(
        api.rows(MONEY, "tblhosting ORDER BY id").await,
        [
            "1 | 1 | 75.00 | 75.00 | Semi-Annually",
            "1 | 1 | 75.00 | 75.00 | Semi-Annually",
            "4 | 3 | 60.00 | 60.00 | Quarterly",
        ]
    );
    assert_eq!(
        api.rows(ADDON, "tblhostingaddons ORDER BY id").await,
        [
            "1 | 1 | 1 | 3.00 | 1.00 | 2.00 | Monthly | on | Pending | 2026-11-20 | 2026-12-20",
            "1 | 3 | 1 | 0.00 | 0.00 | 0.00 | Free Account |  | Pending | 0000-00-00 | 0000-00-00",
            "2 | 1 | 1 | 3.00 | 1.00 | 2.00 | Monthly | on | Pending | 2026-11-20 | 2026-12-20",
            "2 | 3 | 1 | 0.00 | 0.00 | 0.00 | Free Account |  | Pending | 0000-00-00 | 0000-00-00",
            "3 | 2 | 4 | 12.00 | 0.00 | 12.00 | Monthly |  | Pending | 2026-11-20 | 2026-12-20",
        ]
    );
    assert_eq!(
        api.rows(DOMAIN, "tbldomains ORDER BY id").await,
        [
            "Register | two.com | 36.00 | 38.00 | 2 | Pending | 2026-11-20 | 2028-11-20 | 1 | 0 | 1 | 0",
            "Transfer | three.com | 9.00 | 13.00 | 1 | Pending | 2026-11-20 | 2027-11-20 | 0 | 0 | 0 | 0",
        ]
    );
    assert_eq!(
        lines(&api).await[..],
        [
            "Hosting | 1 | Web Hosting - one.com (20/11/2026 - 19/05/2027) / Memory: 2 GB / Backup: Daily / Addresses: 4 x IPv4 | 75.00 | 1",
            "Addon | 1 | Addon (one.com) - Monitoring (20/11/2026 - 19/12/2026) | 3.00 | 1",
            "Addon | 2 | Addon (one.com) - Newsletter | 0.00 | 0",
            "Hosting | 2 | Web Hosting - one.com (20/11/2026 - 19/05/2027) / Memory: 2 GB / Backup: Daily / Addresses: 4 x IPv4 | 75.00 | 1",
            "Addon | 3 | Addon (one.com) - Monitoring (20/11/2026 - 19/12/2026) | 3.00 | 1",
            "Addon | 4 | Addon (one.com) - Newsletter | 0.00 | 0",
            "DomainRegister | 1 | Domain Registration - two.com - 2 Year/s (20/11/2026 - 19/11/2028) /  + DNS Management /  + ID Protection | 36.00 | 0",
            "Hosting | 3 | 3 x Licence - three.com (20/11/2026 - 19/02/2027) | 60.00 | 1",
            "Addon | 5 | Addon (three.com) - 4 x Support (20/11/2026 - 19/12/2026) | 12.00 | 0",
            "DomainTransfer | 2 | Domain Transfer - three.com - 1 Year/s (20/11/2026 - 19/11/2027) | 9.00 | 0",
        ]
    );
    assert_in_order(&api).await;
}

#[tokio::test]
async fn an_order_for_which_nothing_is_to_be_paid_has_a_paid_invoice_or_none() {
    for (free_orders, invoices) in [(FreeOrders::Invoice, [1, 0, 2]), (FreeOrders::NoInvoice, [0, 0, 0])] {
        orders_for_which_nothing_is_to_be_paid(free_orders, invoices).await;
    }
}

async fn orders_for_which_nothing_is_to_be_paid(free_orders: FreeOrders, invoices: [i64; 3]) {
    let api = shop_with(Compat { free_orders, ..Compat::default() }).await;
    // Items that are free for the first term are due with the next one; items that are not invoiced are due and to be
    // invoiced today.
    api.sql("INSERT INTO tblpromotions (code, type, value, cycles, appliesto, requires, upgradeconfig, notes, startdate, requiresexisting, lifetimepromo, applyonce, newsignups, existingclient, onceperclient, recurfor, upgrades) VALUES ('ALL', 'Percentage', 100, '', '', '', '', '', '0000-00-00', 0, 0, 0, 0, 0, 0, 0, 0)").await;
    for (request, id, service) in [
        ("clientid=1&pid=2&billingcycle=monthly", 1, "2 | 0.00 | 0.00 | Free Account | 0000-00-00 | 0000-00-00"),
        ("clientid=1&pid=1&noinvoice=1", 2, "1 | 16.25 | 11.25 | Monthly | 2026-11-20 | 2026-11-20"),
        ("clientid=1&pid=1&promocode=ALL", 3, "1 | 0.00 | 11.25 | Monthly | 2026-12-20 | 2026-12-20"),
    ] {
        let invoice = invoices[usize::try_from(id).unwrap() - 1];
        api.check(&order(request), &reply(id, &id.to_string(), "", "", invoice)).await;
        let columns = "packageid, firstpaymentamount, amount, billingcycle, nextduedate, nextinvoicedate";
        assert_eq!(api.rows(columns, &format!("tblhosting WHERE id = {id}")).await, [service], "{request}");
    }
    let [free, none, discounted] = invoices;
    assert_eq!(
        api.rows("id, amount, invoiceid", "tblorders").await,
        [format!("1 | 0.00 | {free}"), format!("2 | 16.25 | {none}"), format!("3 | 0.00 | {discounted}")]
    );
    let written = if free_orders == FreeOrders::Invoice { 2 } else { 0 };
    assert_eq!(
        api.rows("status, total, datepaid", "tblinvoices").await,
        vec!["Paid | 0.00 | 2026-11-20 12:30:00"; written]
    );
    // The client has nothing to pay, so that no mail asks for it.
    let subjects = api.rows("subject", "tblemails WHERE subject LIKE 'Invoice%'").await;
    assert!(subjects.is_empty(), "{subjects:?}");
    assert_in_order(&api).await;
}

#[tokio::test]
async fn keeps_what_belongs_to_a_service() {
    let api = shop().await;
    // a:1:{i:1;s:6:"Google";}
    api.reply(&order(
        "clientid=1&pid=1&hostname=server.example.com&ns1prefix=ns1&ns2prefix=ns2&rootpw=s3cret%21&domain=ignored.com\
         &customfields=YToxOntpOjE7czo2OiJHb29nbGUiO30%3D",
    ))
    .await;
    assert_eq!(
        api.rows("domain, ns1, ns2, password, username, server", "tblhosting").await,
        ["server.example.com | ns1.server.example.com | ns2.server.example.com | s3cret! |  | 0"]
    );
    assert_eq!(api.rows("fieldid, relid, value", "tblcustomfieldsvalues").await, ["1 | 1 | Google"]);
    let log = api.rows("GROUP_CONCAT(request)", "tblapilog").await;
    assert!(!log.concat().contains("s3cret"), "{log:?}");
}

#[tokio::test]
async fn adds_addons_to_services_that_the_client_has() {
    let api = shop().await;
    api.reply(&order("clientid=1&pid=1&billingcycle=annually&domain=example.com")).await;
    api.check(&order("clientid=1&addonid=1&serviceid=1"), &reply(2, "", "1", "", 2)).await;
    api.check(
        &order("clientid=1&addonids[]=2&addonids[]=3&serviceids[]=1&serviceids[]=1&addonidsqty[]=5"),
        &reply(3, "", "2,3", "", 3),
    )
    .await;
    api.check(&order("clientid=1&addonid=2&addonidqty=2&serviceid=1"), &reply(4, "", "4", "", 4)).await;
    // The addon gets the service's cycle if that is offered.
    assert_eq!(
        api.rows(ADDON, "tblhostingaddons ORDER BY id").await,
        [
            "1 | 1 | 1 | 20.00 | 0.00 | 20.00 | Annually | on | Pending | 2026-11-20 | 2027-11-20",
            "1 | 2 | 5 | 15.00 | 0.00 | 15.00 | Monthly |  | Pending | 2026-11-20 | 2026-12-20",
            "1 | 3 | 1 | 0.00 | 0.00 | 0.00 | Free Account |  | Pending | 0000-00-00 | 0000-00-00",
            "1 | 2 | 2 | 6.00 | 0.00 | 6.00 | Monthly |  | Pending | 2026-11-20 | 2026-12-20",
        ]
    );
    assert_eq!(
        lines(&api).await,
        ["Addon | 4 | Addon (example.com) - 2 x Support (20/11/2026 - 19/12/2026) | 6.00 | 0"]
    );
    assert_in_order(&api).await;
}

#[tokio::test]
async fn sends_the_mails_that_are_wanted() {
    let api = shop().await;
    for (request, mails) in [
        ("pid=3", 2),
        ("pid=3&noemail=1", 1),
        ("pid=3&noinvoiceemail=true", 1),
        ("pid=3&noemail=on&noinvoiceemail=1", 0),
        ("pid=3&noinvoice=1", 1),
        ("pid=2", 1),
    ] {
        api.sql("DELETE FROM tblemails").await;
        api.reply(&order(&format!("clientid=1&{request}"))).await;
        assert_eq!(api.rows("COUNT(*)", "tblemails").await, [mails.to_string()], "{request}");
    }
    api.sql("DELETE FROM tblemails").await;
    api.reply(&order("clientid=1&pid=3&priceoverride=9.90")).await;
    let number = &api.rows("ordernum", "tblorders WHERE id = 7").await[0];
    assert_eq!(
        api.rows("userid, `to`, subject, message", "tblemails ORDER BY id").await,
        [
            format!("1 | client1@example.com | Order {number} | Order 7: Logo\n$9.90 USD\n\nTotal: $9.90 USD"),
            "1 | client1@example.com | Invoice 6 | 6 of 20/11/2026: $9.90 USD until 20/11/2026".to_owned(),
        ]
    );
}
