//! Amounts of money in all parameters that take one: each is stored exactly, or rounded to the cent, or rejected.

use axum::body::Body;
use axum::http::Request;
use tower::ServiceExt;
use whmcs_api::audit;
use whmcs_api::config::{Amounts, Compat};
use whmcs_api::database::pool;

use crate::support::TestApi;

const NOT_AN_AMOUNT: &str = "Amount must be in decimal format: ### or ###.##";

/// A call without its amount.
struct Incomplete {
    text: &'static str,
    may_be_negative: bool,
    /// Where WHMCS documents the strict form, nothing is rounded.
    is_strict: bool,
}

const fn lenient(text: &'static str) -> Incomplete {
    Incomplete { text, may_be_negative: false, is_strict: false }
}

const REQUESTS: [Incomplete; 10] = [
    Incomplete { text: "AddCredit&clientid=1&description=x&amount=", may_be_negative: false, is_strict: true },
    Incomplete {
        text: "AddCredit&clientid=1&description=x&type=remove&amount=",
        may_be_negative: false,
        is_strict: true,
    },
    lenient("AddCreditApi&userid=1&paymentmethod=paypal&itemamount="),
    lenient("AddInvoicePayment&invoiceid=1&gateway=paypal&amount="),
    lenient("AddInvoicePayment&invoiceid=1&gateway=paypal&amount=1&fees="),
    lenient("AddTransaction&userid=1&paymentmethod=paypal&amountin="),
    Incomplete { may_be_negative: true, ..lenient("AddTransaction&userid=1&paymentmethod=paypal&fees=") },
    lenient("ApplyCredit&invoiceid=1&amount="),
    Incomplete { may_be_negative: true, ..lenient("CreateInvoice&userid=1&itemdescription1=x&itemamount1=") },
    lenient("UpdateInvoice&invoiceid=1&credit="),
];

/// Texts that are no amount in any form, as forms encode them.
const NONE: [&str; 22] = [
    "1e400",
    "1e",
    "NaN",
    "nan",
    "inf",
    "-inf",
    "Infinity",
    "1,000.00",
    "1.000,00",
    "1,5",
    "0x10",
    "--5",
    "5-",
    // In a form, `+` is a space.
    "1+000",
    "5%00",
    "$5",
    "5.00+USD",
    "٣",
    "५",
    "100000000000000.00",
    "99999999999999.995",
    "99999999999999999999999999999999999999.99",
];

/// Forms of amounts that programs write, as forms encode them.
const UNUSUAL: [&str; 12] = [
    "5.000",
    "5.",
    "%2B5",
    "%205",
    "5%20",
    "5e0",
    "50E-1",
    ".5e1",
    "05.5e0",
    "4.999999999999999",
    "5.0000000000000001",
    "5.005",
];

async fn with_invoice(compat: Compat) -> TestApi {
    let api = TestApi::with(compat).await;
    api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=1000000").await;
    api
}

async fn assert_refused(api: &TestApi, is_included: impl Fn(&Incomplete) -> bool, amounts: &[&str]) {
    let before = api.checksums().await;
    for request in REQUESTS.iter().filter(|request| is_included(request)) {
        for amount in amounts {
            let (status, body) = api.send(&format!("action={}{amount}", request.text)).await;
            assert_eq!(status, 200);
            assert!(body.contains(NOT_AN_AMOUNT), "{}{amount}: {body}", request.text);
        }
    }
    assert_eq!(api.checksums().await, before, "a rejected call wrote something");
}

#[tokio::test]
async fn what_is_no_amount_is_refused_everywhere() {
    let api = with_invoice(Compat::default()).await;
    assert_refused(&api, |_| true, &NONE).await;
}

#[tokio::test]
async fn unusual_forms_are_refused_where_the_strict_form_is_documented_and_everywhere_by_a_setting() {
    let api = with_invoice(Compat::default()).await;
    assert_refused(&api, |request| request.is_strict, &UNUSUAL).await;
    let api = with_invoice(Compat { amounts: Amounts::Strict, ..Compat::default() }).await;
    assert_refused(&api, |_| true, &UNUSUAL).await;
    assert_refused(&api, |_| true, &NONE).await;
}

/// Rates have more decimals than amounts.
#[tokio::test]
async fn unusual_forms_of_rates_are_refused_by_the_same_setting() {
    let lenient = with_invoice(Compat::default()).await;
    let strict = with_invoice(Compat { amounts: Amounts::Strict, ..Compat::default() }).await;
    let line = "itemdescription1=x&itemamount1=1";
    for call in [
        "AddTransaction&userid=1&paymentmethod=paypal&amountin=1&rate=".to_owned(),
        format!("CreateInvoice&userid=1&{line}&taxrate="),
        format!("CreateInvoice&userid=1&{line}&taxrate2="),
        "UpdateInvoice&invoiceid=1&taxrate=".to_owned(),
    ] {
        for rate in ["%2B1.5", "1.", ".5", "15e-1", "%201.5", "1.5%20", "1.1234567"] {
            lenient.reply(&format!("action={call}{rate}")).await;
            let (_, body) = strict.send(&format!("action={call}{rate}")).await;
            assert!(body.contains("ate must be in decimal format"), "{call}{rate}: {body}");
        }
        for none in ["1_0", "-1", "x", "0x1", "1,5", "99999999999"] {
            for api in [&lenient, &strict] {
                let (_, body) = api.send(&format!("action={call}{none}")).await;
                assert!(body.contains("ate must be in decimal format"), "{call}{none}: {body}");
            }
        }
        strict.reply(&format!("action={call}1.5")).await;
    }
}

#[tokio::test]
async fn unusual_forms_are_accepted_elsewhere() {
    let api = with_invoice(Compat::default()).await;
    for request in REQUESTS.iter().filter(|request| !request.is_strict) {
        for amount in UNUSUAL {
            api.reply(&format!("action={}{amount}", request.text)).await;
        }
    }
}

#[tokio::test]
async fn what_is_below_zero_is_refused_where_it_makes_no_sense() {
    let api = with_invoice(Compat::default()).await;
    for Incomplete { text, may_be_negative, .. } in &REQUESTS {
        let (status, body) = api.send(&format!("action={text}-0.01")).await;
        assert_eq!(status, 200);
        assert_eq!(body.contains("success"), *may_be_negative, "{text}: {body}");
    }
}

/// Halves away from zero. The log has a line where rounding changed the value, and none where it only removed zeros.
#[tokio::test]
async fn amounts_are_rounded_to_the_cent_with_a_line_in_the_activity_log() {
    let api = TestApi::new().await;
    for (sent, stored, is_changed) in [
        ("25.990000000000002", "25.99", true),
        ("0.30000000000000004", "0.30", true),
        ("0.72765", "0.73", true),
        ("1.005", "1.01", true),
        ("-1.005", "-1.01", true),
        ("-0.004", "0.00", true),
        ("1e-7", "0.00", true),
        ("25.99000000000000198951966012828052043914794921875", "25.99", true),
        ("90071992547409.93", "90071992547409.93", false),
        ("10.000", "10.00", false),
        ("10.", "10.00", false),
        (".5", "0.50", false),
        ("+5.00+", "5.00", false),
        ("1e3", "1000.00", false),
    ] {
        api.sql("DELETE FROM tblactivitylog").await;
        api.reply(&format!("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1={sent}")).await;
        assert_eq!(api.rows("amount", "tblinvoiceitems ORDER BY id DESC LIMIT 1").await, [stored], "{sent}");
        let lines = api.rows("userid", "tblactivitylog WHERE description LIKE 'Rounded Amounts - %'").await;
        assert_eq!(lines, if is_changed { vec!["1"] } else { vec![] }, "{sent}");
    }
}

#[tokio::test]
async fn one_line_tells_of_all_roundings_of_a_call() {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=1&taxrate=7.12345&itemdescription1=x&itemamount1=0.125&itemdescription2=y&itemamount2=0.994999").await;
    let lines = "tblactivitylog WHERE description LIKE 'Rounded%'";
    assert_eq!(
        api.rows("description", lines).await,
        ["Rounded Amounts - 7.12345 to 7.123, 0.125 to 0.13, 0.994999 to 0.99"]
    );
    let long = format!("0.{}", "3".repeat(5000));
    api.sql("DELETE FROM tblactivitylog").await;
    let numbers: Vec<String> =
        (0..100).map(|number| format!("itemdescription{number}=x&itemamount{number}={long}")).collect();
    let many = numbers.join("&");
    api.reply(&format!("action=CreateInvoice&userid=1&{many}")).await;
    let line = &api.rows("description", lines).await[0];
    assert!(line.ends_with("... to 0.33 and 80 more") && line.len() < 2000, "{line}");
}

/// What is refused leaves no line either.
#[tokio::test]
async fn an_amount_that_rounds_to_zero_is_refused_where_one_above_zero_is_needed() {
    let api = with_invoice(Compat::default()).await;
    let before = api.checksums().await;
    for (request, message) in [
        ("AddCreditApi&userid=1&paymentmethod=paypal&itemamount=0.004", "No Amount Provided"),
        ("AddInvoicePayment&invoiceid=1&gateway=paypal&amount=0.0049", "No Amount Provided"),
        ("ApplyCredit&invoiceid=1&amount=1e-9", "Credit Amount to apply must be greater than zero"),
        (
            "AddTransaction&userid=1&paymentmethod=paypal&amountin=1&rate=0.000001",
            "Rate must be in decimal format: ### or ###.#####",
        ),
    ] {
        api.refuse(&format!("action={request}"), message).await;
    }
    assert_eq!(api.checksums().await, before);
}

/// Numbers in JSON and in arrays that PHP serialized are not converted to binary fractions.
#[tokio::test]
async fn numbers_are_exact_in_json_and_in_serialized_arrays() {
    let api = TestApi::new().await;
    for (json, stored) in [
        ("90071992547409.93", "90071992547409.93"),
        ("0.30000000000000004", "0.30"),
        ("4.35", "4.35"),
        ("1.005", "1.01"),
        ("12", "12.00"),
        ("1E2", "100.00"),
    ] {
        let body = format!(r#"{{"userid": 1, "itemdescription1": "x", "itemamount1": {json}}}"#);
        let request = Request::post("/v1/CreateInvoice")
            .header("authorization", "Bearer TestIdentifier:TestSecret")
            .header("content-type", "application/json");
        let response = api.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200, "{json}");
        assert_eq!(api.rows("amount", "tblinvoiceitems ORDER BY id DESC LIMIT 1").await, [stored], "{json}");
    }
    // base64 of a:1:{i:1;a:1:{s:7:"monthly";d:0.10000000000000001;}}
    let pricing = "YToxOntpOjE7YToxOntzOjc6Im1vbnRobHkiO2Q6MC4xMDAwMDAwMDAwMDAwMDAwMTt9fQ%3D%3D";
    api.sql(include_str!("../support/fixtures/shop.sql")).await;
    api.reply(&format!("action=AddProduct&name=x&gid=1&paytype=recurring&pricing={pricing}")).await;
    let price = "tblpricing WHERE type = 'product' AND currency = 1 ORDER BY id DESC LIMIT 1";
    assert_eq!(api.rows("monthly", price).await, ["0.10"]);
    let line =
        api.rows("description", "tblactivitylog WHERE description LIKE 'Rounded%' ORDER BY id DESC LIMIT 1").await;
    assert_eq!(line, ["Rounded Amounts - 0.10000000000000001 to 0.1"]);
}

#[tokio::test]
async fn the_largest_amounts_neither_drift_nor_are_clamped() {
    let api = with_invoice(Compat::default()).await;
    let largest = "99999999999999.99";
    api.check(
        &format!("action=AddCredit&clientid=2&description=x&amount={largest}"),
        &format!(r#"{{"result":"success","newbalance":"{largest}"}}"#),
    )
    .await;
    api.refuse("action=AddCredit&clientid=2&description=x&amount=0.01", NOT_AN_AMOUNT).await;
    api.check(
        "action=AddCredit&clientid=2&description=x&amount=0.01&type=remove",
        r#"{"result":"success","newbalance":"99999999999999.98"}"#,
    )
    .await;
    api.reply(&format!("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1={largest}")).await;
    api.refuse(
        &format!(
            "action=CreateInvoice&userid=1&itemdescription1=x&itemamount1={largest}&itemdescription2=y&itemamount2=0.01"
        ),
        NOT_AN_AMOUNT,
    )
    .await;
    api.refuse(
        &format!("action=CreateInvoice&userid=2&itemdescription1=x&itemamount1={largest}&itemtaxed1=1"),
        NOT_AN_AMOUNT,
    )
    .await;
    // The overpayment exceeds the maximum credit, so the whole payment is rejected.
    let overpaid = format!("action=AddInvoicePayment&invoiceid=1&gateway=paypal&amount={largest}");
    api.sql("UPDATE tblclients SET credit = 99999999999999.99 WHERE id = 1; UPDATE tblcredit SET amount = 99999999999999.99 WHERE clientid = 1").await;
    let (status, body) = api.send(&overpaid).await;
    assert!(status == 200 && body.contains(r#""result":"error""#), "{status} {body}");
    assert_eq!(api.rows("COUNT(*)", "tblaccounts").await, ["0"]);
    let mut connection = pool::connect(api.database.options()).await.unwrap();
    assert_eq!(audit::run(&mut connection, |_, _| {}).await.unwrap().findings, []);
}
