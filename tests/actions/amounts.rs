//! Amounts of money in all parameters that take one: each is stored exactly, or rejected.

use whmcs_api::audit;
use whmcs_api::database::pool;

use crate::support::TestApi;

const NOT_AN_AMOUNT: &str = "Amount must be in decimal format: ### or ###.##";

/// Requests without their amount, and whether it may be negative.
const REQUESTS: [(&str, bool); 10] = [
    ("AddCredit&clientid=1&description=x&amount=", false),
    ("AddCredit&clientid=1&description=x&type=remove&amount=", false),
    ("AddCreditApi&userid=1&paymentmethod=paypal&itemamount=", false),
    ("AddInvoicePayment&invoiceid=1&gateway=paypal&amount=", false),
    ("AddInvoicePayment&invoiceid=1&gateway=paypal&amount=1&fees=", false),
    ("AddTransaction&userid=1&paymentmethod=paypal&amountin=", false),
    ("AddTransaction&userid=1&paymentmethod=paypal&fees=", true),
    ("ApplyCredit&invoiceid=1&amount=", false),
    ("CreateInvoice&userid=1&itemdescription1=x&itemamount1=", true),
    ("UpdateInvoice&invoiceid=1&credit=", false),
];

async fn with_invoice() -> TestApi {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=1000000").await;
    api
}

#[tokio::test]
async fn what_is_no_amount_is_refused_everywhere() {
    let api = with_invoice().await;
    let none = [
        "1.005",
        "0.001",
        "1.0000000001",
        "1e3",
        "1E-2",
        "NaN",
        "nan",
        "inf",
        "-inf",
        "Infinity",
        "1,000.00",
        "1.000,00",
        "1,5",
        "0x10",
        ".5",
        "5.",
        "+5",
        "--5",
        "5-",
        "%2B5",
        "1+000",
        "%205",
        "5%20",
        "5%00",
        "$5",
        "5.00+USD",
        "٣",
        "५",
        "100000000000000.00",
        "99999999999999999999999999999999999999.99",
        "-1.005",
    ];
    let before = api.checksums().await;
    for (request, _) in REQUESTS {
        for amount in none {
            // In a form, `+` is a space.
            let (status, body) = api.send(&format!("action={request}{amount}")).await;
            assert_eq!(status, 200);
            assert!(body.contains(NOT_AN_AMOUNT), "{request}{amount}: {body}");
        }
    }
    assert_eq!(api.checksums().await, before, "a rejected call wrote something");
}

#[tokio::test]
async fn what_is_below_zero_is_refused_where_it_makes_no_sense() {
    let api = with_invoice().await;
    for (request, may_be_negative) in REQUESTS {
        let (status, body) = api.send(&format!("action={request}-0.01")).await;
        assert_eq!(status, 200);
        assert_eq!(body.contains("success"), may_be_negative, "{request}: {body}");
    }
}

#[tokio::test]
async fn the_largest_amounts_neither_drift_nor_are_clamped() {
    let api = with_invoice().await;
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
