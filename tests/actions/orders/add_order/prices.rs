//! Prices of orders, with taxes.

use whmcs_api::config::Compat;

use super::{INVOICE, MONEY, assert_in_order, lines, order, shop};
use crate::actions::order_promotions::promotion;
use crate::support::TestApi;

/// The first amount and the recurring amount of a service, and the total of the invoice.
#[tokio::test]
async fn prices_by_cycle_choices_quantity_and_override() {
    let api = shop().await;
    for (request, services, total) in [
        ("clientid=1&pid=1&billingcycle=annually", "1 | 1 | 100.00 | 100.00 | Annually", "100.00"),
        // By default, the first cycle on offer.
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
        // Products that are paid once have no choice of cycles.
        ("clientid=1&pid=3&billingcycle=monthly", "3 | 1 | 50.00 | 0.00 | One Time", "50.00"),
        ("clientid=1&pid=4&qty=3", "4 | 3 | 24.00 | 21.00 | Monthly", "24.00"),
        ("clientid=1&pid=4&qty[0]=3&priceoverride[0]=2", "4 | 3 | 6.00 | 6.00 | Monthly", "6.00"),
        // Another currency, with taxes: the choices have no price in it.
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

/// Half cents are rounded on each line and on each discount.
#[tokio::test]
async fn what_is_free_is_not_taxed() {
    let api = TestApi::with(Compat { tax_per_line: true, ..Compat::default() }).await;
    api.sql(include_str!("../../../support/fixtures/shop.sql")).await;
    api.sql(&promotion("ALL", "Percentage", "100", 0, "")).await;
    api.sql("UPDATE tbltax SET taxrate = IF(level = 1, 10, 0)").await;
    for (invoice, price) in [(1, "10.05"), (2, "10.04")] {
        api.sql(&format!("UPDATE tblpricing SET msetupfee = {price}, monthly = {price} WHERE relid = 4")).await;
        let reply = api.reply(&order("clientid=3&pid=4&promocode=ALL")).await;
        let amount = api.rows("amount, invoiceid", &format!("tblorders WHERE id = {}", reply["orderid"])).await;
        assert_eq!(amount, [format!("0.00 | {invoice}")], "{price}");
    }
    assert_eq!(api.rows("status, subtotal, tax, total", "tblinvoices").await, ["Paid | 0.00 | 0.00 | 0.00"; 2]);
    assert_in_order(&api).await;
}
