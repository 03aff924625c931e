use whmcs_api::config::{Compat, UnknownDomainStatus};

use super::get_tld_pricing::{with_domains, with_domains_and};
use crate::support::{Calls, TestApi, post_json};

pub const CALLS: Calls = Calls {
    demo: &["UpdateClientDomain&domainid=18&notes=x", "UpdateClientDomain&domainid=18&status=Terminated"],
    setup: include_str!("../../support/fixtures/domains.sql"),
    writing: &["UpdateClientDomain&domainid=1&registrar=enom&paymentmethod=paypal&promoid=2&autorecalc=1&notes=x"],
    every_parameter: "UpdateClientDomain&domainid=1&dnsmanagement=1&emailforwarding=1&idprotection=1&donotrenew=1&type=Register&regdate=2026-11-20&nextduedate=2026-12-20&expirydate=2026-12-20&domain=example.com&firstpaymentamount=1&recurringamount=1&registrar=enom&regperiod=1&paymentmethod=paypal&subscriptionid=x&status=Active&notes=x&promoid=1&autorecalc=1&updatens=0&ns1=ns1.example.com&ns2=ns2.example.com&ns3=&ns4=&ns5=",
};

/// The columns of a domain that a call may change.
const COLUMNS: &str = "type, registrationdate, domain, firstpaymentamount, recurringamount, registrar, registrationperiod, \
                       expirydate, subscriptionid, promoid, status, nextduedate, nextinvoicedate, additionalnotes, \
                       paymentmethod, dnsmanagement, emailforwarding, idprotection, donotrenew, updated_at";

fn update(request: &str) -> String {
    format!("action=UpdateClientDomain&domainid=1&{request}")
}

async fn domain(api: &TestApi) -> String {
    api.rows(COLUMNS, "tbldomains WHERE id = 1").await.remove(0)
}

#[tokio::test]
async fn changes_all_that_is_named() {
    let api = with_domains().await;
    let other = api.rows(COLUMNS, "tbldomains WHERE id = 2").await;
    let request = "dnsmanagement=1&emailforwarding=true&idprotection=0&donotrenew=on&type=transfer&regdate=2026-02-03\
                   &nextduedate=2027-02-03&expirydate=20270303&domain=New.Example.COM&firstpaymentamount=1.50\
                   &recurringamount=2&registrar=ResellerClub&regperiod=10&paymentmethod=mailin&subscriptionid=S-2\
                   &status=transferred+away&notes=Note&promoid=2";
    api.check(&update(request), r#"{"result":"success","domainid":1}"#).await;
    assert_eq!(
        domain(&api).await,
        "Transfer | 2026-02-03 | new.example.com | 1.50 | 2.00 | resellerclub | 10 | 2027-03-03 | S-2 | 2 | \
         Transferred Away | 2027-02-03 | 2027-02-03 | Note | mailin | 1 | 1 | 0 | 1 | 2026-11-20 12:30:00"
    );
    assert_eq!(api.rows(COLUMNS, "tbldomains WHERE id = 2").await, other);
    let log = api.rows("description, userid", "tblactivitylog").await;
    assert_eq!(log, ["Modified Domain - Domain ID: 1 | 1"]);
}

#[tokio::test]
async fn leaves_what_is_not_named() {
    let api = with_domains().await;
    let before = domain(&api).await.replace("2026-01-02 00:00:00", "2026-11-20 12:30:00");
    for request in
        ["", "domain=&notes=&registrar=&status=&recurringamount=&promoid=&nextduedate=&regperiod=&subscriptionid="]
    {
        api.reply(&update(request)).await;
        assert_eq!(domain(&api).await, before, "{request}");
    }
    // What is stored is written back, also what is rejected as a new value.
    api.sql("UPDATE tbldomains SET registrar = 'gone', paymentmethod = 'gone', registrationperiod = 0, status = 'Odd', type = 'Odd', promoid = 99").await;
    let before = domain(&api).await;
    api.reply(&update("registrar=gone&paymentmethod=gone&regperiod=0&status=Odd&type=Odd&promoid=99&domain=one.com"))
        .await;
    assert_eq!(domain(&api).await, before);
}

#[tokio::test]
async fn null_and_zero_empty_fields() {
    let api = with_domains().await;
    let parameters = serde_json::json!({
        "action": "UpdateClientDomain", "domainid": 1, "registrar": null, "subscriptionid": null, "notes": null,
        "promoid": null, "regdate": null, "nextduedate": null, "expirydate": null, "domain": null, "status": null,
    });
    let (status, reply) = post_json(&api.router, parameters.as_object().unwrap().clone()).await;
    assert_eq!((status, &reply["result"]), (200, &"success".into()), "{reply}");
    assert_eq!(
        domain(&api).await,
        "Register | 0000-00-00 | one.com | 11.00 | 25.00 |  | 1 | 0000-00-00 |  | 0 | Active | 0000-00-00 | 0000-00-00 |  | \
         paypal | 0 | 0 | 1 | 0 | 2026-11-20 12:30:00"
    );
    api.sql("UPDATE tbldomains SET promoid = 1, nextduedate = '2027-01-01'").await;
    api.reply(&update("promoid=0&nextduedate=0000-00-00")).await;
    assert_eq!(api.rows("promoid, nextduedate", "tbldomains WHERE id = 1").await, ["0 | 0000-00-00"]);
}

#[tokio::test]
async fn works_out_the_recurring_amount() {
    let api = with_domains().await;
    // 21.00 a year, ID protection 4.00 a year, and a recurring discount of 10 %.
    for (request, amount) in [
        ("", "22.50"),
        ("recurringamount=99", "22.50"),
        ("idprotection=0", "18.90"),
        ("idprotection=1&dnsmanagement=1&emailforwarding=1", "25.20"),
        ("dnsmanagement=0&emailforwarding=0&promoid=2", "25.00"),
        ("promoid=0&regperiod=2", "30.00"),
        ("regperiod=10", "70.00"),
        ("regperiod=1&domain=one.free&idprotection=0", "0.00"),
    ] {
        api.reply(&update(&format!("autorecalc=1&{request}"))).await;
        assert_eq!(api.rows("recurringamount", "tbldomains WHERE id = 1").await, [amount], "{request}");
    }
    let before = api.checksums().await;
    for (request, message) in [
        ("domain=one.com&regperiod=3", "Domain one.com cannot be renewed for 3 year(s) in the client's currency"),
        ("domain=one.co.uk", "Domain one.co.uk cannot be renewed for 1 year(s) in the client's currency"),
        ("domain=one.none", "Domain one.none cannot be renewed for 1 year(s) in the client's currency"),
    ] {
        api.refuse(&update(&format!("autorecalc=1&{request}")), message).await;
    }
    assert_eq!(api.checksums().await, before);
    // The price of a premium domain is its own.
    api.sql("UPDATE tbldomains SET is_premium = 1, recurringamount = 500 WHERE id = 1").await;
    api.reply(&update("autorecalc=1&recurringamount=7&domain=one.com")).await;
    assert_eq!(api.rows("recurringamount, domain", "tbldomains WHERE id = 1").await, ["500.00 | one.com"]);
}

/// Prices are those in the client's currency, to which fixed discounts are converted; a discount takes no more than there is.
#[tokio::test]
async fn works_out_the_recurring_amount_in_the_currency_of_the_client() {
    let api = with_domains().await;
    api.sql(
        "INSERT INTO tblpricing (type, currency, relid, msetupfee, qsetupfee, biennially) VALUES
           ('domainrenew', 2, 1, 19, 38, -1), ('domainaddons', 2, 0, 1.10, 2.20, 0);
         UPDATE tblpricing SET ssetupfee = 3.50 WHERE type = 'domainaddons' AND currency = 2;
         INSERT INTO tblpromotions (id, code, type, recurring, value) VALUES
           (3, 'FIVE', 'Fixed Amount', 1, 5), (4, 'LOTS', 'Fixed Amount', 1, 500), (5, 'NINE', 'Price Override', 1, 9)",
    )
    .await;
    let amount = async |id: u32| api.rows("recurringamount", &format!("tbldomains WHERE id = {id}")).await;
    // Domain 1 is that of a client with dollars, 2 of one with euros, whose rate is 0.9.
    for (id, request, expected) in [
        (1, "promoid=3", "20.00"),
        (1, "promoid=3&regperiod=2&idprotection=0", "17.00"),
        (1, "promoid=4&regperiod=1", "0.00"),
        (1, "promoid=5", "9.00"),
        (2, "", "38.00"),
        (2, "regperiod=1&idprotection=1", "22.50"),
        (2, "promoid=3", "18.00"),
        (2, "promoid=1", "20.25"),
        (2, "promoid=4", "0.00"),
        (2, "promoid=5", "8.10"),
        (2, "promoid=0&dnsmanagement=1", "23.60"),
    ] {
        api.reply(&format!("action=UpdateClientDomain&domainid={id}&autorecalc=1&{request}")).await;
        assert_eq!(amount(id).await, [expected], "{id} {request}");
    }
    api.refuse(
        "action=UpdateClientDomain&domainid=2&autorecalc=1&regperiod=10",
        "Domain two.com cannot be renewed for 10 year(s) in the client's currency",
    )
    .await;
}

#[tokio::test]
async fn a_group_renews_at_its_own_price() {
    let api = with_domains().await;
    api.sql(
        "UPDATE tblclients SET groupid = 7 WHERE id = 1;
         UPDATE tblpricing SET msetupfee = 15 WHERE type = 'domainrenew' AND tsetupfee = 7",
    )
    .await;
    api.reply(&update("autorecalc=1&promoid=0")).await;
    assert_eq!(api.rows("recurringamount", "tbldomains WHERE id = 1").await, ["19.00"]);
}

#[tokio::test]
async fn a_status_that_no_domain_has_is_ignored_or_rejected() {
    let api = with_domains().await;
    api.reply(&update("status=Terminated&notes=y")).await;
    assert_eq!(api.rows("status, additionalnotes", "tbldomains WHERE id = 1").await, ["Active | y"]);
    let log = api.rows("description", "tblactivitylog").await;
    assert_eq!(log, ["Modified Domain - Domain ID: 1 - Status Terminated ignored: no domain has it"]);
    for status in [
        "Pending",
        "Pending Registration",
        "Pending Transfer",
        "Grace",
        "Redemption",
        "Expired",
        "Transferred Away",
        "Cancelled",
        "Fraud",
        "Active",
    ] {
        api.reply(&update(&format!("status={status}"))).await;
        assert_eq!(api.rows("status", "tbldomains WHERE id = 1").await, [status]);
    }
    let api = with_domains_and(Compat { domain_status: UnknownDomainStatus::Rejected, ..Compat::default() }).await;
    api.refuse(&update("status=Terminated&notes=y"), "Invalid status Terminated").await;
    assert_eq!(api.rows("status, additionalnotes", "tbldomains WHERE id = 1").await, ["Active | Mind it"]);
}

#[tokio::test]
async fn refuses_what_is_documented_and_writes_nothing() {
    let api = with_domains().await;
    let before = api.checksums().await;
    for request in ["", "domainid=", "domainid=0", "domainid=9", "domainid=x", "domainid=-1"] {
        api.refuse(&format!("action=UpdateClientDomain&registrar=x&{request}"), "Domain ID Not Found").await;
    }
    let not_years = "Registration Period must be 1 to 10 years";
    let not_an_amount = "Amount must be in decimal format: ### or ###.##";
    for (request, message) in [
        ("registrar=godaddy&updatens=1", "The Registrar is not active"),
        ("updatens=1", "ns1 and ns2 required"),
        ("updatens=1&ns1=ns1.example.com&ns3=ns3.example.com", "ns1 and ns2 required"),
        ("updatens=1&ns1=a.example&ns2=b", "A name server must be the name of a host: b is none"),
        ("type=Rent", "Type can only be Register or Transfer"),
        ("regdate=x", "Date Format is not Valid"),
        ("nextduedate=2026-13-01", "Date Format is not Valid"),
        ("expirydate=x", "Date Format is not Valid"),
        ("domain=com", "Domain Name is not Valid: com"),
        ("domain=a b.com", "Domain Name is not Valid: a b.com"),
        ("domain=-a.com", "Domain Name is not Valid: -a.com"),
        ("firstpaymentamount=x", not_an_amount),
        ("recurringamount=-1", not_an_amount),
        ("regperiod=0", not_years),
        ("regperiod=11", not_years),
        ("regperiod=x", not_years),
        ("promoid=9", "Promotion ID Not Found"),
        ("promoid=x", "Promotion ID Not Found"),
    ] {
        api.refuse(&update(&format!("notes=y&{request}")), message).await;
    }
    let (_, reply) = api.send(&update("notes=y&paymentmethod=cash")).await;
    assert!(reply.contains("Invalid Payment Method"), "{reply}");
    api.refuse(&update("notes=y&paymentmethod[]=paypal"), "paymentmethod must be a text").await;
    assert_eq!(api.checksums().await, before);
    // Without updatens, name servers have no effect.
    api.reply(&update("ns1=a&ns2=b")).await;
}
