use serde_json::{Value, json};
use whmcs_api::config::{Compat, Settings};

use super::get_tld_pricing::{FIXTURE, with_domains};
use crate::support::module::Module;
use crate::support::{CREDENTIAL, Calls, TestApi, all, post, post_json, replica};

pub const CALLS: Calls = Calls {
    demo: &["CreateOrUpdateTLD&extension=.blog&currency_code=EUR&register[1]=20.00&transfer[1]=20.00&renew[1]=25.00"],
    setup: include_str!("../../support/fixtures/domains.sql"),
    writing: &[
        "CreateOrUpdateTLD&extension=.new&auto_registrar=enom&currency_code=EUR&register[1]=1&grace_period_fee=1&display_after=.com",
        "CreateOrUpdateTLD&extension=.com&currency_code=EUR&register[1]=1",
    ],
    every_parameter: "CreateOrUpdateTLD&extension=.com&id_protection=1&dns_management=1&email_forwarding=1&epp_required=1&auto_registrar=enom&group=HOT&currency_code=EUR&grace_period_days=1&grace_period_fee=1&redemption_period_days=1&redemption_period_fee=1&register[1]=1&renew[1]=1&transfer[1]=1&display_after=.net",
};

/// The year of each column, independently of the program.
const COLUMNS: &str =
    "msetupfee, qsetupfee, ssetupfee, asetupfee, bsetupfee, monthly, quarterly, semiannually, annually, biennially";
const EXTENSION: &str = "extension, dnsmanagement, emailforwarding, idprotection, eppcode, autoreg, `order`, `group`, \
                         grace_period, grace_period_fee, redemption_grace_period, redemption_grace_period_fee, updated_at";

fn set(request: &str) -> String {
    format!("action=CreateOrUpdateTLD&{request}")
}

/// Calls the action with parameters in JSON, and returns the reply.
async fn set_in_json(api: &TestApi, mut parameters: Value) -> Value {
    let parameters = parameters.as_object_mut().unwrap();
    parameters.insert("action".to_owned(), "CreateOrUpdateTLD".into());
    let (status, reply) = post_json(&api.router, parameters.clone()).await;
    assert_eq!(status, 200, "{parameters:?}: {reply}");
    reply
}

async fn prices(api: &TestApi, of: &str) -> Vec<String> {
    let columns = format!("type, currency, {COLUMNS}");
    api.rows(&columns, &format!("tblpricing p WHERE p.type LIKE 'domain%' AND {of} ORDER BY p.id")).await
}

#[tokio::test]
async fn adds_an_extension_with_prices_in_all_currencies() {
    let api = with_domains().await;
    api.check(
        &set("extension=New&id_protection=true&dns_management=1&email_forwarding=false&epp_required=on&auto_registrar=ENOM\
              &group=Hot&currency_code=eur&grace_period_days=30&grace_period_fee=9.00&redemption_period_days=40\
              &redemption_period_fee=-1&register[1]=9.00&register[2]=18.01&register[10]=90&renew[1]=0&renew[9]=81&transfer[1]=4.50"),
        r#"{"result":"success","extension":".new","id":5}"#,
    )
    .await;
    assert_eq!(
        api.rows(EXTENSION, "tbldomainpricing WHERE id = 5").await,
        [".new | 1 | 0 | 1 | 1 | enom | 5 | hot | 30 | 10.00 | 40 | -1.00 | 2026-11-20 12:30:00"]
    );
    let not_offered = |count: usize| "-1.00 | ".repeat(count);
    // In euros as sent, and in dollars by the rate of 0.9.
    assert_eq!(
        prices(&api, "relid = 5").await,
        [
            format!("domainregister | 1 | 10.00 | 20.01 | {}100.00", not_offered(7)),
            format!("domainrenew | 1 | 0.00 | {}90.00 | -1.00", not_offered(7)),
            format!("domaintransfer | 1 | 5.00 | {}-1.00", not_offered(8)),
            format!("domainregister | 2 | 9.00 | 18.01 | {}90.00", not_offered(7)),
            format!("domainrenew | 2 | 0.00 | {}81.00 | -1.00", not_offered(7)),
            format!("domaintransfer | 2 | 4.50 | {}-1.00", not_offered(8)),
        ]
    );
    let rest = "tblpricing WHERE relid = 5 AND type LIKE 'domain%' GROUP BY tsetupfee, triennially";
    let unused = api.rows("tsetupfee, triennially", rest).await;
    assert_eq!(unused, ["0.00 | 0.00"]);
    assert_eq!(api.rows("tld", "tbltlds ORDER BY id").await, ["com", "co.uk", "new"]);
    let log = api.rows("description, userid", "tblactivitylog").await;
    assert_eq!(log, ["Created Domain Extension - Extension ID: 5 - .new | 0"]);
    let listed = api.reply("action=GetTLDPricing&currencyid=2").await;
    let new = &listed["pricing"]["new"];
    assert_eq!(new["register"].to_string(), r#"{"1":"9.00","2":"18.01","10":"90.00"}"#);
    assert_eq!(new["grace_period"].to_string(), r#"{"days":30,"price":"9.00"}"#);
    assert_eq!(new["redemption_period"], Value::Null);
}

#[tokio::test]
async fn changes_only_what_is_named() {
    let api = with_domains().await;
    let before = (api.rows(EXTENSION, "tbldomainpricing ORDER BY id").await, prices(&api, "TRUE").await);
    api.check(&set("extension=.co.UK&group=&auto_registrar="), r#"{"result":"success","extension":".Co.Uk","id":2}"#)
        .await;
    let mut expected = before.clone();
    expected.0[1] = ".Co.Uk | 0 | 0 | 1 | 0 |  | 1 | none | 0 | 3.00 | 30 | -1.00 | 2026-11-20 12:30:00".to_owned();
    let extensions = async || api.rows(EXTENSION, "tbldomainpricing ORDER BY id").await;
    assert_eq!((extensions().await, prices(&api, "TRUE").await), expected);

    // Of prices, only those for all clients change, in the older of two rows, and only for the years that are named.
    api.reply(&set("extension=com&currency_code=USD&register[2]=12.50&register[10]=-1&transfer[2]=18&renew[]=")).await;
    let not_offered = " | -1.00".repeat(8);
    expected.1[0] =
        "domainregister | 1 | 11.00 | 12.50 | 13.00 | 14.00 | 15.00 | 16.00 | 17.00 | 18.00 | 19.00 | -1.00".to_owned();
    expected.1[1] = format!("domaintransfer | 1 | -1.00 | 18.00{not_offered}");
    expected.1[3] = format!("domainregister | 2 | 10.00 | 11.25{not_offered}");
    expected.1.push(format!("domaintransfer | 2 | -1.00 | 16.20{not_offered}"));
    expected.0[0] = expected.0[0].replace("0000-00-00 00:00:00", "2026-11-20 12:30:00");
    assert_eq!((extensions().await, prices(&api, "TRUE").await), expected);
    assert_eq!(api.rows("tld", "tbltlds ORDER BY id").await, ["com", "co.uk"]);

    api.reply(&set(
        "extension=.com&group=SALE&id_protection=0&epp_required=no&grace_period_days=-1&redemption_period_days=0",
    ))
    .await;
    assert_eq!(
        api.rows(EXTENSION, "tbldomainpricing WHERE id = 1").await,
        [".com | 1 | 1 | 0 | 0 | enom | 2 | sale | -1 | 5.00 | 0 | 80.00 | 2026-11-20 12:30:00"]
    );
}

/// For each number of years, a price in the column of that year is what is listed and what is charged.
#[tokio::test]
async fn each_number_of_years_has_its_column() {
    let api = with_domains().await;
    for years in 1..=10_usize {
        api.reply(&set(&format!("extension=.y{years}&currency_code=USD&register[{years}]={years}.50"))).await;
        let mut columns = vec!["-1.00".to_owned(); 10];
        columns[years - 1] = format!("{years}.50");
        let extension = format!("(SELECT e.id FROM tbldomainpricing e WHERE e.extension = '.y{years}')");
        let stored = prices(&api, &format!("currency = 1 AND relid = {extension}")).await;
        assert_eq!(stored, [format!("domainregister | 1 | {}", columns.join(" | "))], "{years}");
        let listed = api.reply("action=GetTLDPricing&currencyid=1").await;
        let register = &listed["pricing"][format!("y{years}")]["register"];
        assert_eq!(register.to_string(), format!(r#"{{"{years}":"{years}.50"}}"#));
        for ordered in 1..=10_usize {
            let order = format!(
                "action=AddOrder&clientid=1&paymentmethod=paypal&domaintype=register&domain=a.y{years}&regperiod={ordered}"
            );
            if ordered == years {
                let reply = api.reply(&order).await;
                let id = reply["domainids"].as_str().unwrap();
                let paid = api.rows("firstpaymentamount", &format!("tbldomains WHERE id = {id}")).await;
                assert_eq!(paid, [format!("{years}.50")]);
            } else {
                api.refuse(&order, &format!("Domain a.y{years} cannot be registered for {ordered} year(s)")).await;
            }
        }
    }
}

#[tokio::test]
async fn extensions_are_shown_where_they_are_wanted() {
    let api = with_domains().await;
    let order = async || api.rows("extension", "tbldomainpricing ORDER BY `order`, id").await.join(" ");
    assert_eq!(order().await, ".Co.Uk .com .free .unpriced");
    for (request, expected) in [
        ("extension=.a&display_after=co.uk", ".Co.Uk .a .com .free .unpriced"),
        ("extension=.b", ".Co.Uk .a .com .free .unpriced .b"),
        ("extension=.com&display_after=.B", ".Co.Uk .a .free .unpriced .b .com"),
        ("extension=.com&display_after=.com", ".Co.Uk .a .free .unpriced .b .com"),
        ("extension=.com&display_after=.nowhere", ".Co.Uk .a .free .unpriced .b .com"),
    ] {
        api.reply(&set(request)).await;
        assert_eq!(order().await, expected, "{request}");
    }
}

#[tokio::test]
async fn an_array_without_prices_changes_none() {
    let api = with_domains().await;
    let before = prices(&api, "TRUE").await;
    for (currency, transfer) in [
        ("", "transfer[]="),
        ("", "transfer[1]="),
        ("", "transfer="),
        ("&currency_code=USD", "transfer[]="),
        ("&currency_code=USD", "transfer[1]=&register[]=&renew[2]="),
    ] {
        api.reply(&set(&format!("extension=.com{currency}&{transfer}"))).await;
        assert_eq!(prices(&api, "TRUE").await, before, "{currency} {transfer}");
    }
    for transfer in
        [json!([]), json!({}), json!([""]), json!([null]), json!({"1": null}), json!({"1": ""}), json!(null)]
    {
        for currency in [json!(null), json!("EUR")] {
            let change = json!({"extension": ".com", "currency_code": currency, "transfer": transfer});
            let reply = set_in_json(&api, change).await;
            assert_eq!(reply["result"], "success", "{currency} {transfer}: {reply}");
            assert_eq!(prices(&api, "TRUE").await, before, "{currency} {transfer}");
        }
    }
}

#[tokio::test]
async fn prices_are_numbers_or_texts_of_an_object_or_a_list() {
    let api = with_domains().await;
    for (number, (register, expected)) in [
        (json!({"1": 14, "2": 28.5}), "14.00 | 28.50 | -1.00"),
        (json!({"1": "14", "2": "28.50"}), "14.00 | 28.50 | -1.00"),
        // The indexes of a list count from 0, for which there is no price.
        (json!([null, 14, 28.5]), "14.00 | 28.50 | -1.00"),
        (json!(["", "14", -1, 30]), "14.00 | -1.00 | 30.00"),
    ]
    .into_iter()
    .enumerate()
    {
        let extension = format!(".x{number}");
        let change = json!({"extension": extension, "currency_code": "USD", "register": register});
        let reply = set_in_json(&api, change).await;
        assert_eq!(reply["result"], "success", "{register}: {reply}");
        let of = format!("tblpricing WHERE currency = 1 AND type = 'domainregister' AND relid = {}", reply["id"]);
        assert_eq!(api.rows("msetupfee, qsetupfee, ssetupfee", &of).await, [expected], "{register}");
    }
    let reply = set_in_json(&api, json!({"extension": ".y", "currency_code": "USD", "register": [14]})).await;
    assert_eq!(reply["message"], "register, renew and transfer must be amounts by numbers of years, from 1");
}

#[tokio::test]
async fn currencies_without_a_rate_get_no_price_and_price_nothing() {
    let api = with_domains().await;
    api.sql("INSERT INTO tblcurrencies (id, code, rate) VALUES (3, 'GBP', 0), (4, 'JPY', -1)").await;
    api.reply(&set("extension=.new&currency_code=USD&register[1]=9&grace_period_fee=5")).await;
    let first_years = async || api.rows("currency, msetupfee", "tblpricing WHERE relid = 5 ORDER BY id").await;
    assert_eq!(first_years().await, ["1 | 9.00", "2 | 8.10"]);
    let no_rate = "Provided currency_code value must be configured with an exchange rate";
    for amounts in ["register[1]=7", "transfer[1]=-1", "grace_period_fee=7", "redemption_period_fee=-1"] {
        for currency in ["GBP", "jpy"] {
            api.refuse(&set(&format!("extension=.new&currency_code={currency}&{amounts}")), no_rate).await;
        }
    }
    // Without amounts, there is nothing to convert.
    api.reply(&set("extension=.new&currency_code=GBP&group=NEW")).await;
    // The default currency needs no rate.
    api.sql("UPDATE tblcurrencies SET rate = 0 WHERE id = 1").await;
    api.reply(&set("extension=.new&currency_code=USD&register[1]=10&grace_period_fee=6")).await;
    assert_eq!(first_years().await, ["1 | 10.00", "2 | 9.00"]);
    api.reply(&set("extension=.new&currency_code=EUR&register[1]=18&redemption_period_fee=45")).await;
    assert_eq!(first_years().await, ["1 | 20.00", "2 | 18.00"]);
    let fees = "grace_period_fee, redemption_grace_period_fee";
    assert_eq!(api.rows(fees, "tbldomainpricing WHERE id = 5").await, ["6.00 | 50.00"]);
    // Where none is marked as the default currency, it is the first.
    api.sql("UPDATE tblcurrencies SET `default` = 0").await;
    api.reply(&set("extension=.new&currency_code=USD&register[1]=30")).await;
    assert_eq!(first_years().await, ["1 | 30.00", "2 | 27.00"]);
    let too_large = "The prices become too large in one of the currencies";
    api.refuse(&set("extension=.new&currency_code=EUR&register[1]=99999999999999.99"), too_large).await;
    api.refuse(&set("extension=.new&currency_code=EUR&grace_period_fee=99999999999999.99"), too_large).await;
}

/// The database compares letters with and without accents as equal.
#[tokio::test]
async fn extensions_that_the_database_compares_as_equal_are_two() {
    let api = with_domains().await;
    let reply = api.reply(&set("extension=.c%C3%B6m")).await;
    assert_eq!((&reply["extension"], &reply["id"]), (&json!(".c\u{f6}m"), &json!(5)));
    api.sql("UPDATE tbltlds SET tld = 'NEW' WHERE tld = 'co.uk'").await;
    api.reply(&set("extension=.new")).await;
    assert_eq!(api.rows("tld", "tbltlds ORDER BY id").await, ["com", "NEW", "c\u{f6}m"]);
}

/// The registrars of the settings are active, too.
#[tokio::test]
async fn domains_are_registered_with_a_registrar_of_the_settings() {
    let module = Module::start().await;
    let mut settings = Settings::default();
    settings.registrars.insert("nominet".to_owned(), module.registrar());
    let api = TestApi::with_settings(settings).await;
    api.sql(FIXTURE).await;
    let registrars = "Invalid auto_registrar value. Must be empty or one of: enom, nominet, resellerclub";
    api.refuse(&set("extension=.uk&auto_registrar=godaddy"), registrars).await;
    api.reply(&set("extension=.uk&auto_registrar=Nominet")).await;
    api.reply("action=UpdateClientDomain&domainid=1&registrar=NOMINET").await;
    assert_eq!(api.rows("autoreg", "tbldomainpricing WHERE id = 5").await, ["nominet"]);
    assert_eq!(api.rows("registrar", "tbldomains WHERE id = 1").await, ["nominet"]);
}

/// On two servers at once.
#[tokio::test(flavor = "multi_thread")]
async fn an_extension_is_added_once() {
    let api = with_domains().await;
    let (_hosts, second) = replica(&api.database, Compat::default()).await;
    let replies = all((0..8).map(|number| {
        let router = if number % 2 == 0 { &api.router } else { &second };
        let request = set(&format!("extension=.new&currency_code=USD&register[{}]=10", number % 2 + 1));
        async move { post(router, &format!("{CREDENTIAL}&{request}")).await }
    }))
    .await;
    let expected = (200, r#"{"result":"success","extension":".new","id":5}"#.to_owned());
    assert!(replies.iter().all(|reply| *reply == expected), "{replies:?}");
    assert_eq!(api.rows("id", "tbldomainpricing WHERE extension = '.new'").await, ["5"]);
    assert_eq!(api.rows("COUNT(*)", "tbltlds WHERE tld = 'new'").await, ["1"]);
    // What each call sent is there, in one row for each currency.
    let rows = "tblpricing WHERE relid = 5 ORDER BY currency";
    assert_eq!(api.rows("currency, msetupfee, qsetupfee", rows).await, ["1 | 10.00 | 10.00", "2 | 9.00 | 9.00"]);
}

#[tokio::test]
async fn refuses_what_is_documented_and_writes_nothing() {
    let api = with_domains().await;
    let before = api.checksums().await;
    let registrars = "Invalid auto_registrar value. Must be empty or one of: enom, resellerclub";
    let currencies = "Provided currency_code value does not exist. Must be one of: USD, EUR";
    let no_currency = "Variable currency_code is required when defining pricing";
    let not_arrays = "Parameters register, renew and transfer must be arrays";
    let not_years = "register, renew and transfer must be amounts by numbers of years, from 1";
    let not_days = "The days of a period must be a whole number from 0 to 3650, or -1 for the default";
    let not_an_amount = "Amount must be in decimal format: ### or ###.##";
    for (request, message) in [
        ("register[1]=1", "Extension is required"),
        ("extension=&register[1]=1", "Extension is required"),
        ("extension=a_b", "Extension is not Valid: a_b"),
        ("extension=.-com", "Extension is not Valid: .-com"),
        ("extension=.", "Extension is not Valid: ."),
        ("extension=.new&auto_registrar=godaddy&register[1]=1", registrars),
        ("extension=.new&register[1]=1", no_currency),
        ("extension=.new&register=1", no_currency),
        ("extension=.new&transfer[1]=1", no_currency),
        ("extension=.new&grace_period_fee=1", no_currency),
        ("extension=.new&redemption_period_fee=-1", no_currency),
        ("extension=.new&currency_code=GBP&register=1", currencies),
        ("extension=.new&currency_code=GBP", currencies),
        ("extension=.new&currency_code=USD&register=1&group=x", not_arrays),
        ("extension=.new&currency_code=USD&renew=1", not_arrays),
        ("extension=.new&currency_code=USD&register[11]=1&group=x", "The maximum register period is 10 years"),
        ("extension=.new&currency_code=USD&renew[10]=1", "The maximum renew period is 9 years"),
        ("extension=.new&currency_code=USD&transfer[1]=1&transfer[2]=2", "Only one transfer period can be defined"),
        ("extension=.new&currency_code=USD&transfer[11]=1", "The maximum transfer period is 10 years"),
        ("extension=.new&currency_code=USD&register[0]=1", not_years),
        ("extension=.new&currency_code=USD&register[x]=1", not_years),
        ("extension=.new&currency_code=USD&register[-1]=1", not_years),
        ("extension=.new&currency_code=USD&register[1]=x", not_an_amount),
        ("extension=.new&group=COLD", "Invalid group parameter: COLD. Should be one of HOT, NEW, SALE"),
        ("extension=.new&grace_period_days=x", not_days),
        ("extension=.new&redemption_period_days=-2", not_days),
        ("extension=.new&grace_period_days=1.5", not_days),
        ("extension=.new&currency_code=USD&grace_period_fee=x", not_an_amount),
    ] {
        api.refuse(&set(request), message).await;
    }
    assert_eq!(api.checksums().await, before);
    api.sql("DELETE FROM tblregistrars").await;
    api.refuse(
        &set("extension=.new&auto_registrar=enom"),
        "No Active Registrars - auto_registrar value cannot be defined",
    )
    .await;
}
