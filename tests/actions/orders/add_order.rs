use std::collections::BTreeSet;

use whmcs_api::audit;
use whmcs_api::config::Compat;
use whmcs_api::database::pool;

use crate::actions::order_promotions::promotion;
use crate::support::{CREDENTIAL, Calls, TestApi, all, post, replica};

pub const CALLS: Calls = Calls {
    demo: &["AddOrder&clientid=1&paymentmethod=paypal&pid[0]=2&domain[0]=new.example.com&billingcycle[0]=monthly"],
    setup: include_str!("../../support/one_of_each_for_sale.sql"),
    writing: &[
        "AddOrder&clientid=1&paymentmethod=paypal&pid[0]=1001&addons[0]=1001&configoptions[0][1001]=1001&customfields[0][1001]=x&domain[0]=a.test&domaintype[0]=register&idprotection[0]=1&promocode=P1001&contactid=1001&nameserver1=ns1.example.com",
        "AddOrder&clientid=1&paymentmethod=paypal&addonid=1001&serviceid=1001&domainrenewals[own.test]=1&noinvoice=1&noemail=1",
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
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/shop.sql")).await;
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

/// The lines of the youngest invoice.
pub async fn lines(api: &TestApi) -> Vec<String> {
    api.rows(LINE, "tblinvoiceitems WHERE invoiceid = (SELECT MAX(id) FROM tblinvoices) ORDER BY id").await
}

/// The rules by which every order must have been written, whatever it was.
pub async fn assert_in_order(api: &TestApi) {
    let mut connection = pool::connect(api.database.options()).await.unwrap();
    assert_eq!(audit::run(&mut connection, |_, _| {}).await.unwrap(), []);
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

/// What a service costs at first, what later, and what the invoice comes to.
#[tokio::test]
async fn prices_by_cycle_choices_quantity_and_override() {
    let api = shop().await;
    for (request, services, total) in [
        ("clientid=1&pid=1&billingcycle=annually", "1 | 1 | 100.00 | 100.00 | Annually", "100.00"),
        // By default, the first cycle that is offered.
        ("clientid=1&pid=1", "1 | 1 | 16.25 | 11.25 | Monthly", "16.25"),
        ("clientid=1&pid[0]=1&billingcycle[0]=Semi-Annually", "1 | 1 | 61.00 | 61.00 | Semi-Annually", "61.00"),
        ("clientid=1&pid=1&configoptions[0][1]=11&configoptions[0][2]=0", "1 | 1 | 20.75 | 13.75 | Monthly", "20.75"),
        // a:2:{i:1;i:11;i:3;s:1:"3";}
        (
            "clientid=1&pid[]=1&configoptions[]=YToyOntpOjE7aToxMTtpOjM7czoxOiIzIjt9",
            "1 | 1 | 21.25 | 14.25 | Monthly",
            "21.25",
        ),
        ("clientid=1&pid=1&priceoverride=3.33", "1 | 1 | 3.33 | 3.33 | Monthly", "3.33"),
        ("clientid=1&pid=1&billingcycle=quarterly&priceoverride=3.33", "1 | 1 | 3.33 | 3.33 | Quarterly", "3.33"),
        ("clientid=1&pid=6&priceoverride=3.33", "6 | 1 | 3.33 | 3.33 | Monthly", "3.33"),
        ("clientid=1&pid=7&priceoverride=1", "7 | 1 | 1.00 | 1.00 | Monthly", "1.00"),
        // What is paid once has no choice of a cycle.
        ("clientid=1&pid=3&billingcycle=monthly", "3 | 1 | 50.00 | 0.00 | One Time", "50.00"),
        ("clientid=1&pid=4&qty=3", "4 | 3 | 24.00 | 21.00 | Monthly", "24.00"),
        ("clientid=1&pid=4&qty[0]=3&priceoverride[0]=2", "4 | 3 | 6.00 | 6.00 | Monthly", "6.00"),
        // Another currency, and taxes: the choices have no price in it.
        ("clientid=2&pid=1&configoptions[0][3]=4", "1 | 1 | 13.00 | 9.00 | Monthly", "15.99"),
        ("clientid=3&pid=4", "4 | 1 | 8.00 | 7.00 | Monthly", "9.20"),
    ] {
        let reply = api.reply(&order(request)).await;
        let id = &reply["orderid"];
        assert_eq!(api.rows(MONEY, &format!("tblhosting WHERE orderid = {id}")).await, [services], "{request}");
        assert_eq!(api.rows("amount", &format!("tblorders WHERE id = {id}")).await, [total], "{request}");
        let invoice = &reply["invoiceid"];
        assert_eq!(api.rows("total", &format!("tblinvoices WHERE id = {invoice}")).await, [total], "{request}");
    }
    assert_in_order(&api).await;
}

#[tokio::test]
async fn taxes_what_is_taxed() {
    let api = shop().await;
    api.sql("INSERT INTO tblconfiguration (setting, value) VALUES ('TaxDomains', 'on'), ('DateFormat', 'YYYY-MM-DD'), ('OrderDaysGrace', '3')").await;
    api.reply(&order("clientid=3&pid[0]=4&pid[1]=3&domaintype[2]=register&domain[2]=a.com")).await;
    assert_eq!(
        api.rows(INVOICE, "tblinvoices").await,
        ["3 | 2026-11-20 | 2026-11-23 | 70.00 | 1.00 | 2.00 | 73.00 | Unpaid | paypal"]
    );
    assert_eq!(
        lines(&api).await,
        [
            "Hosting | 1 | Licence (2026-11-20 - 2026-12-19) | 7.00 | 1",
            "Setup | 1 | Licence Setup Fee | 1.00 | 1",
            "Hosting | 2 | Logo | 50.00 | 0",
            "DomainRegister | 1 | Domain Registration - a.com - 1 Year/s (2026-11-20 - 2027-11-19) | 12.00 | 1",
        ]
    );
    assert_in_order(&api).await;
}

#[tokio::test]
async fn makes_no_invoice_where_there_is_nothing_to_pay_or_none_is_wanted() {
    let api = shop().await;
    // What is free for the first term is due with the next one; what is not invoiced is due today, and to be invoiced.
    api.sql("INSERT INTO tblpromotions (code, type, value, cycles, appliesto, requires, upgradeconfig, notes, startdate, requiresexisting, lifetimepromo, applyonce, newsignups, existingclient, onceperclient, recurfor, upgrades) VALUES ('ALL', 'Percentage', 100, '', '', '', '', '', '0000-00-00', 0, 0, 0, 0, 0, 0, 0, 0)").await;
    for (request, id, service) in [
        ("clientid=1&pid=2&billingcycle=monthly", 1, "2 | 0.00 | 0.00 | Free Account | 0000-00-00 | 0000-00-00"),
        ("clientid=1&pid=1&noinvoice=1", 2, "1 | 16.25 | 11.25 | Monthly | 2026-11-20 | 2026-11-20"),
        ("clientid=1&pid=1&promocode=ALL", 3, "1 | 0.00 | 11.25 | Monthly | 2026-12-20 | 2026-12-20"),
    ] {
        api.check(&order(request), &reply(id, &id.to_string(), "", "", 0)).await;
        let columns = "packageid, firstpaymentamount, amount, billingcycle, nextduedate, nextinvoicedate";
        assert_eq!(api.rows(columns, &format!("tblhosting WHERE id = {id}")).await, [service], "{request}");
    }
    assert_eq!(api.rows("id, amount, invoiceid", "tblorders").await, ["1 | 0.00 | 0", "2 | 16.25 | 0", "3 | 0.00 | 0"]);
    assert_eq!(api.rows("COUNT(*)", "tblinvoices").await, ["0"]);
    assert_in_order(&api).await;
}

/// Line by line, half cents are rounded on each line and on what is taken off both.
#[tokio::test]
async fn what_is_free_is_not_taxed() {
    let api = TestApi::with(Compat { tax_per_line: true, ..Compat::default() }).await;
    api.sql(include_str!("../../support/shop.sql")).await;
    api.sql(&promotion("ALL", "Percentage", "100", 0, "")).await;
    api.sql("UPDATE tbltax SET taxrate = IF(level = 1, 10, 0)").await;
    for price in ["10.05", "10.04"] {
        api.sql(&format!("UPDATE tblpricing SET msetupfee = {price}, monthly = {price} WHERE relid = 4")).await;
        let reply = api.reply(&order("clientid=3&pid=4&promocode=ALL")).await;
        let amount = api.rows("amount, invoiceid", &format!("tblorders WHERE id = {}", reply["orderid"])).await;
        assert_eq!(amount, ["0.00 | 0"], "{price}");
    }
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
    // In the service's cycle where it is offered.
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
            "1 | client1@example.com | Invoice 5 | 5 of 20/11/2026: $9.90 USD until 20/11/2026".to_owned(),
        ]
    );
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = shop().await;
    api.sql(
        "UPDATE tblclients SET status = 'Closed' WHERE id = 4; \
         INSERT INTO tblcontacts (id, userid) VALUES (1, 1), (2, 3); \
         INSERT INTO tblhosting (id, userid, packageid, domainstatus) VALUES (1, 1, 1, 'Active'), (2, 3, 1, 'Active')",
    )
    .await;
    let gateways = "Invalid Payment Method. Valid options include paypal,stripe,banktransfer,mailin";
    let amount = "Amount must be in decimal format: ### or ###.##";
    let quantity = "Quantity must be a whole number from 1";
    let nothing = "No items added to cart so order cannot proceed";
    let not_owned = "Service ID not owned by Client ID provided";
    let no_array = |name: &str| format!("Expecting parameter '{name}' to be an array");
    for (request, message) in [
        ("", "Client ID Not Found"),
        ("clientid=9&paymentmethod=x", "Client ID Not Found"),
        ("clientid=4&paymentmethod=x", "Unable to add order when client status is Closed"),
        ("clientid=1&pid=1", gateways),
        ("clientid=1&paymentmethod=cash&pid=1", gateways),
    ] {
        api.refuse(&format!("action=AddOrder&{request}"), message).await;
    }
    for (request, message) in [
        ("", nothing),
        ("pid=&domain=example.com&billingcycle=monthly", nothing),
        ("pid[]=", nothing),
        ("addonid=9&serviceid=1", "Addon ID invalid"),
        ("addonid=x&serviceid=1", "Addon ID invalid"),
        ("addonids[]=1&addonids[]=x&serviceids[]=1", "Addon ID invalid"),
        ("addonid=1", not_owned),
        ("addonid=1&serviceid=2", not_owned),
        ("addonid=9&serviceid=2", "Addon ID invalid"),
        ("addonids[]=1&addonids[]=1&serviceids[]=1", not_owned),
        ("addonid=1&serviceid=1&addonidqty=2", "Addon ID 1 cannot be ordered more than once at a time"),
        ("pid=1&addons=9", "Addon ID invalid"),
        ("pid=1&addons=1,", "Addon ID invalid"),
        ("pid=1&addons=2&addonsqty=0", quantity),
        ("servicerenewals[]=3&servicerenewals[]=4&pid=1", "Service ID 3 can not be renewed at this time."),
        ("addonrenewals=5", "Addon ID 5 can not be renewed at this time."),
        ("pid=99", "Product ID Not Found: 99"),
        ("pid=x", "Product ID Not Found"),
        ("pid[0]=1&pid[1]=x", "Product ID Not Found"),
        ("pid=1&qty=0", quantity),
        ("pid=1&qty=x", quantity),
        ("pid=4&qty=3000000000", quantity),
        ("pid=1&qty=501", "An order can have at most 500 items"),
        ("pid=3&qty=2", "Product ID 3 cannot be ordered more than once at a time"),
        ("pid=1&billingcycle=quarterly", "Product ID 1 is not available with the billing cycle Quarterly"),
        ("pid=1&billingcycle=weekly", "Product ID 1 is not available with the billing cycle weekly"),
        ("pid=1&billingcycle=free", "Product ID 1 is not available with the billing cycle free"),
        ("pid=7", "Product ID 7 has no price in the client's currency"),
        ("pid=6", "Product ID 6 is billed pro rata, which this server cannot work out"),
        ("pid=1&priceoverride=-1", amount),
        ("pid=1&priceoverride=ten", amount),
        ("pid=8&qty=2", amount),
        ("pid=1&configoptions[0][9]=1", "Product ID 1 has no configurable option 9"),
        ("pid=1&configoptions[0][1]=20", "Product ID 1 has no choice 20 for its configurable option 1"),
        ("pid=1&configoptions[0][3]=5", "Product ID 1 needs a whole number from 1 to 4 for its configurable option 3"),
        ("pid=1&configoptions[0][x]=1", "configoptions must be values by ids"),
        ("pid=1&configoptions[0][1][0]=1", "configoptions must be values by ids"),
        ("pid=1&configoptions=nonsense!", "configoptions: not base64"),
        ("pid=1&customfields[0][2]=x", "Product ID 1 has no custom field 2"),
        ("pid=1&affid=3", "affid is not supported: this server keeps no affiliates' accounts"),
        ("pid=1&contactid=2", "Contact ID Not Found"),
        ("pid=1&contactid=x", "Contact ID Not Found"),
        ("pid=1&clientip=here", "clientip must be an IP address"),
        ("domaintype=register", "Domain Name is not Valid: "),
        ("domaintype=register&domain=a b.com", "Domain Name is not Valid: a b.com"),
        ("domaintype=steal&domain=a.com", "domaintype can only be register or transfer"),
        ("domaintype=register&domain=a.com&regperiod=11", "Registration Period must be 1 to 10 years"),
        ("domaintype=register&domain=a.com&regperiod=3", "Domain a.com cannot be registered for 3 year(s)"),
        ("domaintype=transfer&domain=a.com&regperiod=2", "Domain a.com cannot be transferred for 2 year(s)"),
        ("domaintype=register&domain=a.org", "The extension .org is not offered"),
        ("domaintype=register&domain=a.co.uk&idprotection=1", "ID Protection is not offered for the extension .co.uk"),
        ("domaintype=register&domain=a.com&domainpriceoverride=x", amount),
        ("domaintype=register&domain=a.com&domainrenewoverride=-5", amount),
        (
            "domaintype=register&domain=a.com&idnlanguage=fre",
            "idnlanguage is not supported: send the name in its ASCII form",
        ),
        (
            "domaintype=register&domain=a.com&domainfields[0][x]=1",
            "domainfields is not supported: this server keeps no fields of extensions",
        ),
    ] {
        api.refuse(&order(&format!("clientid=1&{request}")), message).await;
    }
    // A single value stands for an array only where one thing is ordered.
    for (request, name) in [
        ("pid[]=1&pid[]=1&billingcycle=monthly", "billingcycle"),
        ("pid[1]=1&qty=2", "qty"),
        ("domaintype[0]=register&domaintype[1]=register&domain=a.com", "domain"),
        ("domaintype[0]=register&domaintype[1]=register&domain[0]=a.com&domain[1]=b.com&regperiod=1", "regperiod"),
        ("pid[0]=1&domaintype[1]=register&domain[1]=a.com&idprotection=1", "idprotection"),
        ("pid=1&hostname[0][0]=x", "hostname"),
        ("pid=1&domaintype[1]=register&domain[1]=a.com", "pid"),
    ] {
        api.refuse(&order(&format!("clientid=1&{request}")), &no_array(name)).await;
    }
    let long = "x".repeat(256);
    api.refuse(&order(&format!("clientid=1&pid=1&rootpw={long}")), "rootpw is too long: at most 255 bytes are allowed")
        .await;
    api.refuse(
        &order(&format!("clientid=1&pid=1&nameserver4={long}")),
        "nameserver4 is too long: at most 255 bytes are allowed",
    )
    .await;
    // What only looks wrong.
    for request in ["pid=1&contactid=1", "pid=1&contactid=0&affid=0", "pid[5]=1&billingcycle[5]=monthly&qty[4]=9"] {
        api.reply(&order(&format!("clientid=1&{request}"))).await;
    }
}

/// From two servers at once: five are in stock, and every order is for one or two.
#[tokio::test(flavor = "multi_thread")]
async fn never_sells_what_is_not_in_stock() {
    let api = shop().await;
    let (_hosts, second) = replica(&api.database, Compat::default()).await;
    let answers = all((0..12).map(|number| {
        let router = if number % 2 == 0 { &api.router } else { &second };
        let request = order(&format!("clientid={}&pid[]=3&pid[]=5&qty[1]={}", [1, 3][number / 2 % 2], 1 + number % 2));
        async move { post(router, &format!("{CREDENTIAL}&{request}")).await }
    }))
    .await;
    let refused = r#"{"result":"error","message":"Product ID 5 is out of stock"}"#;
    let (sold, rest): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, body)| body.contains("success"));
    assert!(rest.iter().all(|answer| *answer == (200, refused.to_owned())), "{rest:?}");
    let left: usize = api.rows("qty", "tblproducts WHERE id = 5").await[0].parse().unwrap();
    let taken: usize = api.rows("SUM(qty)", "tblhosting WHERE packageid = 5").await[0].parse().unwrap();
    assert_eq!((left <= 1, left + taken), (true, 5), "{left} left, {taken} taken");
    // Nothing is left of those that were refused.
    for (table, count) in
        [("tblorders", 1), ("tblhosting", 2), ("tblinvoices", 1), ("tblinvoiceitems", 2), ("tblemails", 2)]
    {
        assert_eq!(api.rows("COUNT(*)", table).await, [(sold.len() * count).to_string()], "{table}");
    }
    assert_in_order(&api).await;
}

/// From two servers at once: three may use one code, and each client another one once.
/// Each of two orders has what the other one wants too, in the other order.
#[tokio::test(flavor = "multi_thread")]
async fn orders_do_not_wait_for_each_other_in_a_circle() {
    let api = shop().await;
    api.sql("UPDATE tblproducts SET stockcontrol = 1, qty = 1000 WHERE id IN (3, 4)").await;
    let answers = all((0..24).map(|number| {
        let (api, client) = (&api, [1, 3][number % 2]);
        let products = if number % 2 == 0 { "pid[]=3&pid[]=4" } else { "pid[]=4&pid[]=3" };
        async move { api.send(&order(&format!("clientid={client}&{products}"))).await }
    }))
    .await;
    assert!(answers.iter().all(|(_, body)| body.contains("success")), "{answers:?}");
    assert_eq!(
        api.rows("qty, updated_at", "tblproducts WHERE id IN (3, 4)").await,
        ["976 | 2026-11-20 12:30:00", "976 | 2026-11-20 12:30:00"]
    );
    let numbers: BTreeSet<String> = api.rows("ordernum", "tblorders").await.into_iter().collect();
    assert_eq!(numbers.len(), 24);
}
