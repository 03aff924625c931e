use serde_json::Value;
use whmcs_api::config::{Compat, DomainGroupColumn};

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetTLDPricing&currencyid=1", "GetTLDPricing&clientid=2"],
    every_parameter: "GetTLDPricing&currencyid=1&clientid=1",
    ..Calls::NONE
};

pub const FIXTURE: &str = include_str!("../../support/fixtures/domains.sql");

pub async fn with_domains() -> TestApi {
    with_domains_and(Compat::default()).await
}

pub async fn with_domains_and(compat: Compat) -> TestApi {
    let api = TestApi::with(compat).await;
    api.sql(FIXTURE).await;
    api
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_domains().await;
    let reply = [
        r#"{"result":"success","currency":{"id":1,"code":"USD","prefix":"$","suffix":" USD","format":1,"rate":"1.00000"},"#,
        r#""pricing":{"#,
        r#""co.uk":{"tld":"co.uk","categories":["Second"],"addons":{"dns":false,"email":false,"idprotect":true},"group":"","#,
        r#""register":{"2":"15.00"},"transfer":{"2":"14.00"},"renew":{},"grace_period":null,"redemption_period":null},"#,
        r#""com":{"tld":"com","categories":["First","Second","Last"],"addons":{"dns":true,"email":true,"idprotect":true},"#,
        r#""group":"hot","register":{"1":"11.00","2":"12.00","3":"13.00","4":"14.00","5":"15.00","6":"16.00","7":"17.00","#,
        r#""8":"18.00","9":"19.00","10":"20.00"},"transfer":{"1":"9.00"},"renew":{"1":"21.00","2":"22.00","10":"30.00"},"#,
        r#""grace_period":{"days":30,"price":"5.00"},"redemption_period":{"days":40,"price":"80.00"}},"#,
        r#""free":{"tld":"free","categories":[],"addons":{"dns":false,"email":true,"idprotect":false},"group":"sale","#,
        r#""register":{"1":"0.00"},"transfer":{},"renew":{"1":"0.00"},"grace_period":null,"redemption_period":null}}}"#,
    ];
    api.check("action=GetTLDPricing", &reply.concat()).await;
    let statements = api.statements("action=GetTLDPricing&clientid=1").await;
    assert_eq!(statements, 5, "credential, currency, extensions, prices and categories");
}

/// Returns the currency, and the prices of `.com` for one and two years: registration, transfer, renewal.
async fn com(api: &TestApi, request: &str) -> String {
    let reply = api.reply(&format!("action=GetTLDPricing&{request}")).await;
    let com = &reply["pricing"]["com"];
    let price = |kind: &str, years: &str| com[kind][years].as_str().unwrap_or("-").to_owned();
    let prices = [("register", "1"), ("register", "2"), ("transfer", "1"), ("renew", "1")];
    let prices: Vec<String> = prices.iter().map(|(kind, years)| price(kind, years)).collect();
    format!("{} {}", reply["currency"]["code"].as_str().unwrap(), prices.join(" "))
}

#[tokio::test]
async fn the_client_decides_on_currency_and_group() {
    let api = with_domains().await;
    for (request, expected) in [
        ("", "USD 11.00 12.00 9.00 21.00"),
        ("currencyid=1", "USD 11.00 12.00 9.00 21.00"),
        ("currencyid=2", "EUR 10.00 - - -"),
        ("clientid=2", "EUR 10.00 - - -"),
        ("clientid=2&currencyid=1", "EUR 10.00 - - -"),
        // The group's list for renewals offers nothing, so that the general one applies.
        ("clientid=3", "USD 8.00 16.00 9.00 21.00"),
        ("clientid=4", "USD 11.00 12.00 9.00 21.00"),
        // What does not exist is as if it was not sent.
        ("clientid=99", "USD 11.00 12.00 9.00 21.00"),
        ("clientid=99&currencyid=2", "EUR 10.00 - - -"),
        ("clientid=x&currencyid=x", "USD 11.00 12.00 9.00 21.00"),
        ("currencyid=99", "USD 11.00 12.00 9.00 21.00"),
        ("currencyid=0&clientid=", "USD 11.00 12.00 9.00 21.00"),
    ] {
        assert_eq!(com(&api, request).await, expected, "{request}");
    }
    api.sql("UPDATE tblcurrencies SET `default` = id = 2").await;
    assert_eq!(com(&api, "").await, "EUR 10.00 - - -");
    let euro = api.reply("action=GetTLDPricing").await;
    let com = &euro["pricing"]["com"];
    assert_eq!(com["redemption_period"].to_string(), r#"{"days":40,"price":"72.00"}"#, "fees are converted");
    assert_eq!(euro["pricing"].as_object().unwrap().len(), 1, "others have no price in the currency");
    api.sql("DELETE FROM tblcurrencies").await;
    api.refuse("action=GetTLDPricing", "There is no currency").await;
}

#[tokio::test]
async fn a_group_that_does_not_exist_has_no_prices() {
    let api = with_domains().await;
    // Without a list for all clients, one for a group that is gone takes its place.
    api.sql("DELETE FROM tblpricing WHERE type = 'domainregister' AND relid = 1 AND tsetupfee = 0").await;
    assert_eq!(com(&api, "currencyid=1").await, "USD 77.00 77.00 9.00 21.00");
    let compat = Compat { domain_group_column: DomainGroupColumn::None, ..Compat::default() };
    let api = with_domains_and(compat).await;
    assert_eq!(com(&api, "clientid=3").await, "USD 11.00 12.00 9.00 21.00");
}

#[tokio::test]
async fn an_extension_is_listed_once() {
    let api = with_domains().await;
    // Shown before the other row, and younger.
    api.sql(
        "INSERT INTO tbldomainpricing (id, extension, `order`) VALUES (9, '.COM', -1), (10, 'com', -2);
         INSERT INTO tblpricing (type, currency, relid, msetupfee) VALUES ('domainregister', 1, 9, 55), ('domainregister', 1, 10, 56)",
    )
    .await;
    let listed = async || {
        let reply = api.reply("action=GetTLDPricing&currencyid=1").await;
        let names: Vec<&str> = reply["pricing"].as_object().unwrap().keys().map(String::as_str).collect();
        format!("{} {}", names.join(" "), reply["pricing"]["com"]["register"]["1"])
    };
    let ordered = async || {
        let order = "action=AddOrder&clientid=1&paymentmethod=paypal&domaintype=register&domain=a.com";
        let reply = api.reply(order).await;
        let id = reply["domainids"].as_str().unwrap();
        api.rows("firstpaymentamount", &format!("tbldomains WHERE id = {id}")).await
    };
    assert_eq!((listed().await, ordered().await), ("co.uk com free \"11.00\"".to_owned(), vec!["11.00".to_owned()]));
    // The oldest row decides, also if it has no price.
    api.sql("DELETE FROM tblpricing WHERE relid = 1 AND type LIKE 'domain%'").await;
    let reply = api.reply("action=GetTLDPricing&currencyid=1").await;
    assert_eq!(reply["pricing"]["com"], Value::Null);
    api.refuse(
        "action=AddOrder&clientid=1&paymentmethod=paypal&domaintype=register&domain=a.com",
        "Domain a.com cannot be registered for 1 year(s)",
    )
    .await;
}

#[tokio::test]
async fn without_late_fees_there_are_no_late_periods() {
    let api = with_domains_and(Compat { domain_late_fees: false, ..Compat::default() }).await;
    let reply = api.reply("action=GetTLDPricing").await;
    let com = &reply["pricing"]["com"];
    assert_eq!((&com["grace_period"], &com["redemption_period"]), (&Value::Null, &Value::Null));
    assert_eq!(com["renew"]["1"], "21.00");
}
