//! Commissions of affiliates: what payments and refunds of invoices give to those who brought the services.

use whmcs_api::config::{Affiliates, Percentage, Settings};
use whmcs_api::domain::tax::Rate;

use crate::support::TestApi;

/// Client 4 is an affiliate and brought services 11 of client 1, in dollars without tax, and 12 of client 2, in euros with 23 %.
async fn with(settings: Affiliates) -> TestApi {
    let api = TestApi::with_settings(Settings { affiliates: settings, ..Settings::default() }).await;
    api.sql(
        "INSERT INTO tblaffiliates (id, clientid, balance) VALUES (7, 4, 1.00); \
         INSERT INTO tblproducts (id, name) VALUES (5, 'Hosting'); \
         INSERT INTO tblhosting (id, userid, packageid, domainstatus) VALUES \
           (11, 1, 5, 'Active'), (12, 2, 5, 'Active'), (13, 1, 5, 'Active'); \
         INSERT INTO tblaffiliatesaccounts (id, affiliateid, relid) VALUES (21, 7, 11), (22, 7, 12)",
    )
    .await;
    api
}

fn percentage(percentage: &str) -> Affiliates {
    Affiliates { percentage: Percentage(Rate::parse(percentage).unwrap()), ..Affiliates::default() }
}

async fn invoice(api: &TestApi, lines: &str) -> i64 {
    let reply = api.reply(&format!("action=CreateInvoice&paymentmethod=paypal&{lines}")).await;
    reply["invoiceid"].as_i64().unwrap()
}

async fn pay(api: &TestApi, invoice: i64, amount: &str) {
    api.reply(&format!("action=AddInvoicePayment&invoiceid={invoice}&gateway=paypal&transid=&amount={amount}")).await;
}

async fn refund(api: &TestApi, invoice: i64, amount: &str) {
    api.reply(&format!("action=AddTransaction&invoiceid={invoice}&paymentmethod=paypal&amountout={amount}")).await;
}

async fn balance(api: &TestApi) -> String {
    api.rows("balance", "tblaffiliates").await.remove(0)
}

const SERVICE: &str = "userid=1&itemdescription1=x&itemamount1=50&itemtype1=Hosting&itemrelid1=11";

#[tokio::test]
async fn a_paid_service_gives_its_commission_once() {
    let api = with(percentage("10")).await;
    let id = invoice(&api, SERVICE).await;
    assert_eq!(balance(&api).await, "1.00", "nothing is paid yet");
    pay(&api, id, "20").await;
    assert_eq!(balance(&api).await, "1.00", "not all is paid yet");
    pay(&api, id, "30").await;
    assert_eq!(balance(&api).await, "6.00");
    let history = "affiliateid, date, affaccid, invoice_id, description, amount";
    assert_eq!(api.rows(history, "tblaffiliateshistory").await, [format!("7 | 2026-11-20 | 21 | {id} |  | 5.00")]);
    assert_eq!(api.rows("lastpaid", "tblaffiliatesaccounts ORDER BY id").await, ["2026-11-20", "0000-00-00"]);
    let log = api.rows("description", "tblactivitylog WHERE description LIKE 'Commission%'").await;
    assert_eq!(log, [format!("Commission - Affiliate ID: 7 - Invoice ID: {id} - Amount: 5.00")]);
    // More money, an edit of nothing and a status that is set again give nothing more.
    pay(&api, id, "10").await;
    api.reply(&format!("action=UpdateInvoice&invoiceid={id}&status=Paid")).await;
    api.reply(&format!("action=UpdateInvoice&invoiceid={id}&notes=x")).await;
    assert_eq!(balance(&api).await, "6.00");
}

#[tokio::test]
async fn what_is_paid_back_is_taken_back_in_proportion() {
    let api = with(percentage("10")).await;
    let id = invoice(&api, SERVICE).await;
    pay(&api, id, "50").await;
    for (step, amount, expected) in [
        ("refund", "20", "4.00"),
        ("refund", "0.01", "4.00"),
        ("refund", "29.99", "1.00"),
        ("pay", "50", "6.00"),
        ("refund", "50", "1.00"),
        ("refund", "50", "1.00"),
    ] {
        match step {
            "pay" => pay(&api, id, amount).await,
            _ => refund(&api, id, amount).await,
        }
        assert_eq!(balance(&api).await, expected, "{step} {amount}");
        let sums = "SELECT 1.00 + COALESCE(SUM(amount), 0) FROM tblaffiliateshistory";
        assert_eq!(api.rows(&format!("({sums})"), "DUAL").await, [expected]);
    }
    let descriptions = api.rows("description", "tblaffiliateshistory GROUP BY description ORDER BY description").await;
    assert_eq!(descriptions, [String::new(), format!("Commission Taken Back from Invoice #{id}")]);
}

/// From the amount without tax, less the discount and with the set-up fee, and in the affiliate's currency.
#[tokio::test]
async fn the_commission_is_of_what_the_service_costs() {
    let cases = [
        ("", SERVICE, "6.00"),
        ("", "userid=1&itemdescription1=x&itemamount1=50&itemtype1=Hosting&itemrelid1=13", "1.00"),
        ("", "userid=1&itemdescription1=x&itemamount1=50", "1.00"),
        (
            "",
            "userid=1&itemamount1=50&itemtype1=Hosting&itemrelid1=11&itemamount2=20&itemtype2=Setup&itemrelid2=11&itemamount3=100",
            "8.00",
        ),
        // 45 euros at 0.9 for a dollar; the tax of 23 % is on top of it, or in it.
        ("", "userid=2&itemamount1=45&itemtaxed1=1&itemtype1=Hosting&itemrelid1=12", "6.00"),
        (
            "UPDATE tblconfiguration SET value = 'Inclusive' WHERE setting = 'TaxType'",
            "userid=2&itemamount1=55.35&itemtaxed1=1&itemtype1=Hosting&itemrelid1=12",
            "6.00",
        ),
        ("UPDATE tblaffiliates SET paytype = 'percentage', payamount = 20", SERVICE, "11.00"),
        ("UPDATE tblaffiliates SET paytype = 'fixedamount', payamount = 3.5", SERVICE, "4.50"),
        ("UPDATE tblproducts SET affiliatepaytype = 'percentage', affiliatepayamount = 30", SERVICE, "16.00"),
        ("UPDATE tblproducts SET affiliatepaytype = 'none'", SERVICE, "1.00"),
        (
            "UPDATE tblproducts SET affiliatepaytype = 'none'; UPDATE tblaffiliates SET paytype = 'percentage', payamount = 20",
            SERVICE,
            "1.00",
        ),
        ("DELETE FROM tblproducts", SERVICE, "6.00"),
        // Somebody else has earned with an earlier invoice.
        ("UPDATE tblaffiliates SET onetime = 1", SERVICE, "6.00"),
        (
            "UPDATE tblaffiliates SET onetime = 1; UPDATE tblaffiliatesaccounts SET lastpaid = '2026-01-01'",
            SERVICE,
            "1.00",
        ),
        (
            "UPDATE tblproducts SET affiliateonetime = 1; UPDATE tblaffiliatesaccounts SET lastpaid = '2026-01-01'",
            SERVICE,
            "1.00",
        ),
        ("DELETE FROM tblaffiliatesaccounts", SERVICE, "1.00"),
    ];
    for (change, lines, expected) in cases {
        let api = with(percentage("10")).await;
        if !change.is_empty() {
            api.sql(change).await;
        }
        let id = invoice(&api, lines).await;
        api.reply(&format!("action=AddInvoicePayment&invoiceid={id}&gateway=paypal&transid=T")).await;
        assert_eq!(balance(&api).await, expected, "{change} {lines}");
    }
}

/// Only the first invoice of a service, of which a refund takes nothing from the second one.
#[tokio::test]
async fn a_commission_that_is_given_once_is_that_of_the_first_invoice() {
    let api = with(percentage("10")).await;
    api.sql("UPDATE tblaffiliates SET onetime = 1").await;
    let (first, second) = (invoice(&api, SERVICE).await, invoice(&api, SERVICE).await);
    pay(&api, first, "50").await;
    pay(&api, second, "50").await;
    assert_eq!(balance(&api).await, "6.00");
    refund(&api, second, "50").await;
    assert_eq!(balance(&api).await, "6.00");
    refund(&api, first, "50").await;
    assert_eq!(balance(&api).await, "1.00");
    pay(&api, first, "50").await;
    assert_eq!(balance(&api).await, "6.00", "it is still the first one");
}

#[tokio::test]
async fn every_way_to_pay_gives_the_commission() {
    let ways: [(&str, &[&str]); 6] = [
        ("credit of a new invoice", &["CreateInvoice&autoapplycredit=1&{lines}"]),
        ("credit", &["CreateInvoice&{lines}", "ApplyCredit&invoiceid=1&amount=full"]),
        ("a transaction", &["CreateInvoice&{lines}", "AddTransaction&invoiceid=1&paymentmethod=paypal&amountin=50"]),
        ("an edit", &["CreateInvoice&{lines}", "UpdateInvoice&invoiceid=1&credit=50"]),
        (
            "an added line",
            &[
                "CreateInvoice&userid=1&itemamount1=1",
                "UpdateInvoice&invoiceid=1&newitemdescription[0]=x&newitemamount[0]=50&newitemtaxed[0]=0\
                 &newitemtype[0]=Hosting&newitemrelid[0]=11&credit=51",
            ],
        ),
        (
            "an invoice for others",
            &[
                "CreateInvoice&{lines}",
                "CreateInvoice&userid=1&itemamount1=50",
                "AddInvoicePayment&invoiceid=2&gateway=paypal&transid=",
            ],
        ),
    ];
    for (way, calls) in ways {
        let api = with(percentage("10")).await;
        for call in calls {
            if call.starts_with("AddInvoicePayment") {
                api.sql("UPDATE tblinvoiceitems SET type = 'Invoice', relid = 1 WHERE invoiceid = 2").await;
            }
            api.reply(&format!("action={}", call.replace("{lines}", SERVICE))).await;
        }
        assert_eq!(api.rows("status", "tblinvoices WHERE id = 1").await, ["Paid"], "{way}");
        assert_eq!(balance(&api).await, "6.00", "{way}");
    }
}

/// Nobody has paid for it.
#[tokio::test]
async fn an_invoice_that_is_set_paid_gives_none() {
    let api = with(percentage("10")).await;
    let id = invoice(&api, SERVICE).await;
    api.reply(&format!("action=UpdateInvoice&invoiceid={id}&status=Paid")).await;
    assert_eq!(balance(&api).await, "1.00");
    pay(&api, id, "50").await;
    assert_eq!(balance(&api).await, "6.00");
}

#[tokio::test]
async fn a_commission_may_be_credited_later() {
    let api = with(Affiliates { delay_days: 30, ..percentage("10") }).await;
    let id = invoice(&api, SERVICE).await;
    pay(&api, id, "50").await;
    let pending = "affaccid, invoice_id, amount, clearingdate";
    assert_eq!(api.rows(pending, "tblaffiliatespending").await, [format!("21 | {id} | 5.00 | 2026-12-20")]);
    assert_eq!(balance(&api).await, "1.00");
    assert_eq!(api.rows("COUNT(*)", "tblaffiliateshistory").await, ["0"]);
    refund(&api, id, "20").await;
    assert_eq!(api.rows("amount", "tblaffiliatespending").await, ["3.00"]);
    // What was credited meanwhile, by a WHMCS, is taken from the balance.
    api.sql("DELETE FROM tblaffiliatespending; UPDATE tblaffiliates SET balance = 4.00").await;
    refund(&api, id, "30").await;
    assert_eq!(balance(&api).await, "1.00");
    let again = invoice(&api, SERVICE).await;
    pay(&api, again, "50").await;
    refund(&api, again, "50").await;
    assert_eq!(api.rows("COUNT(*)", "tblaffiliatespending").await, ["0"]);
    assert_eq!(balance(&api).await, "1.00");
}

/// What a WHMCS has settled, and a line that was deleted.
#[tokio::test]
async fn only_what_was_given_here_is_taken_back() {
    let api = with(percentage("10")).await;
    api.sql(
        "INSERT INTO tblinvoices (id, userid, date, duedate, subtotal, total, status, paymentmethod) VALUES \
           (31, 1, '2026-01-01', '2026-01-01', 50, 50, 'Paid', 'paypal'); \
         INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, amount) VALUES (31, 1, 'Hosting', 11, 50); \
         INSERT INTO tblaccounts (userid, invoiceid, amountin, gateway) VALUES (1, 31, 50, 'paypal')",
    )
    .await;
    refund(&api, 31, "50").await;
    assert_eq!(balance(&api).await, "1.00");

    let id = invoice(&api, SERVICE).await;
    pay(&api, id, "50").await;
    let line = api.rows("id", &format!("tblinvoiceitems WHERE invoiceid = {id}")).await.remove(0);
    api.reply(&format!("action=UpdateInvoice&invoiceid={id}&deletelineids[]={line}")).await;
    assert_eq!(balance(&api).await, "1.00");
}

/// Two clients of one affiliate pay at the same time.
#[tokio::test]
async fn payments_at_the_same_time_are_all_counted() {
    let api = with(percentage("10")).await;
    let mut invoices = Vec::new();
    for _ in 0..5 {
        invoices.push(invoice(&api, SERVICE).await);
        invoices.push(invoice(&api, "userid=2&itemamount1=45&itemtype1=Hosting&itemrelid1=12").await);
    }
    let payments = invoices.iter().map(|id| pay(&api, *id, ""));
    futures_util::future::join_all(payments).await;
    assert_eq!(balance(&api).await, "51.00");
}

#[tokio::test]
async fn a_deleted_client_takes_nothing_from_the_affiliate() {
    let api = with(percentage("10")).await;
    let id = invoice(&api, SERVICE).await;
    pay(&api, id, "50").await;
    api.reply("action=DeleteClient&clientid=1").await;
    assert_eq!(balance(&api).await, "6.00");
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_commissions").await, ["0"]);
    assert_eq!(api.rows("relid", "tblaffiliatesaccounts").await, ["12"]);
    api.reply("action=DeleteClient&clientid=4").await;
    assert_eq!(api.rows("COUNT(*)", "tblaffiliateshistory").await, ["0"]);
}
