use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AddTransaction&userid=1&paymentmethod=paypal&transid=C2&amountin=1"],
    setup: include_str!("../../support/fixtures/invoice_numbers.sql"),
    writing: &[
        "CreateInvoice&userid=1&itemdescription1=x&itemamount1=10",
        "AddTransaction&invoiceid={invoiceid}&paymentmethod=paypal&amountin=10",
        "AddTransaction&userid=1&paymentmethod=paypal&date=2026-01-01&currencyid=1&transid=T2&credit=1&amountin=1",
    ],
    every_parameter: "AddTransaction&paymentmethod=paypal&userid=1&invoiceid=22&transid=T9&date=2026-11-20&currencyid=1&description=x&amountin=1&fees=0.1&amountout=0&rate=1&credit=0&allowduplicatetransid=0",
};

const SUCCESS: &str = r#"{"result":"success"}"#;
const COLUMNS: &str =
    "userid, currency, gateway, date, description, amountin, fees, amountout, rate, transid, invoiceid, refundid";

#[tokio::test]
async fn records_what_came_in_or_went_out() {
    let api = TestApi::new().await;
    api.sql("INSERT INTO tblconfiguration (setting, value) VALUES ('DateFormat', 'DD/MM/YYYY')").await;
    for (request, row) in [
        (
            "paymentmethod=paypal&userid=1&transid=FJWEK32&date=01/02/2016&description=A+sample&amountin=10.00&fees=0.89&rate=1.00000",
            "1 | 0 | paypal | 2016-02-01 00:00:00 | A sample | 10.00 | 0.89 | 0.00 | 1.00000 | FJWEK32 | 0 | 0",
        ),
        (
            "paymentmethod=retired&userid=2&amountout=5&fees=-0.10&date=2016-02-01+10:11:12",
            "2 | 0 | retired | 2016-02-01 10:11:12 |  | 0.00 | -0.10 | 5.00 | 0.90000 |  | 0 | 0",
        ),
        (
            "paymentmethod=paypal&currencyid=2&amountin=1",
            "0 | 2 | paypal | 2026-11-20 12:30:00 |  | 1.00 | 0.00 | 0.00 | 0.90000 |  | 0 | 0",
        ),
        (
            "paymentmethod=paypal&userid=1&currencyid=1&transid=FJWEK32&allowduplicatetransid=true",
            "1 | 0 | paypal | 2026-11-20 12:30:00 |  | 0.00 | 0.00 | 0.00 | 1.00000 | FJWEK32 | 0 | 0",
        ),
        (
            "paymentmethod=paypal&userid=1&transid=fjwek32&amountin=1",
            "1 | 0 | paypal | 2026-11-20 12:30:00 |  | 1.00 | 0.00 | 0.00 | 1.00000 | fjwek32 | 0 | 0",
        ),
    ] {
        api.check(&format!("action=AddTransaction&{request}"), SUCCESS).await;
        assert_eq!(api.rows(COLUMNS, "tblaccounts ORDER BY id DESC LIMIT 1").await, [row], "{request}");
    }
    assert_eq!(api.rows("credit", "tblclients ORDER BY id").await, ["100.00", "0.00", "30.00", "0.00"]);
}

#[tokio::test]
async fn what_comes_in_for_an_invoice_pays_it() {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=2&itemdescription1=x&itemamount1=100").await;
    api.check("action=AddTransaction&paymentmethod=paypal&invoiceid=1&amountout=100", SUCCESS).await;
    assert_eq!(api.rows("status", "tblinvoices").await, ["Unpaid"]);
    api.check("action=AddTransaction&paymentmethod=paypal&userid=2&invoiceid=1&amountin=205.00&transid=T", SUCCESS)
        .await;
    assert_eq!(api.rows("status, datepaid", "tblinvoices").await, ["Paid | 2026-11-20 12:30:00"]);
    assert_eq!(api.rows("userid, invoiceid", "tblaccounts WHERE amountin > 0").await, ["2 | 1"]);
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["5.00"]);
}

#[tokio::test]
async fn what_comes_in_as_credit_is_added_to_the_balance() {
    let api = TestApi::new().await;
    let credit = "action=AddTransaction&paymentmethod=paypal&userid=2&amountin=20&credit=1";
    api.check(&format!("{credit}&description=Prepaid&transid=T1"), SUCCESS).await;
    api.check(&format!("{credit}&transid=T2"), SUCCESS).await;
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["40.00"]);
    assert_eq!(
        api.rows("description, amount, relid", "tblcredit WHERE clientid = 2 ORDER BY id").await,
        ["Prepaid | 20.00 | 0", "Credit from a transaction | 20.00 | 0"]
    );
}

#[tokio::test]
async fn refuses_what_is_documented() {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=2&itemdescription1=x&itemamount1=100").await;
    api.reply("action=CreateInvoice&userid=2&status=Cancelled").await;
    api.reply("action=AddTransaction&paymentmethod=mailin&userid=3&transid=T1").await;
    for (request, message) in [
        ("userid=9", "Client ID Not Found"),
        ("userid=x", "Client ID Not Found"),
        ("invoiceid=9", "Invoice ID Not Found"),
        ("userid=1&invoiceid=1", "User ID does not own the given Invoice ID"),
        ("userid=1&currencyid=9", "Currency ID Not Found"),
        ("currencyid=x", "Currency ID Not Found"),
        ("userid=1&currencyid=2", "Currency ID does not match Client currency"),
        ("", "A Currency ID is required for non-customer related transactions"),
        ("userid=1", "Payment Method is required"),
        ("userid=1&paymentmethod=paypal&transid=T1", "Transaction ID must be Unique"),
        ("currencyid=1&paymentmethod=paypal&transid=T1", "Transaction ID must be Unique"),
        ("userid=1&paymentmethod=paypal&amountin=-1", "Amount must be in decimal format: ### or ###.##"),
        ("userid=1&paymentmethod=paypal&amountout=1,5", "Amount must be in decimal format: ### or ###.##"),
        ("userid=1&paymentmethod=paypal&fees=x", "Amount must be in decimal format: ### or ###.##"),
        ("userid=1&paymentmethod=paypal&rate=0", "Rate must be in decimal format: ### or ###.#####"),
        ("userid=1&paymentmethod=paypal&date=01/02/2016", "Date Format is not Valid"),
        (
            "invoiceid=2&paymentmethod=paypal&amountin=1",
            "It is not possible to add a payment to an invoice that is Cancelled",
        ),
        (
            "userid=2&invoiceid=1&credit=1&paymentmethod=paypal",
            "A transaction cannot be both for an invoice and credit: leave out invoiceid or credit",
        ),
        ("currencyid=1&credit=1&paymentmethod=paypal", "Client ID Not Found"),
        (
            "userid=2&invoiceid=1&paymentmethod=paypal&amountin=100&amountout=50",
            "A payment of an invoice, or credit, is either amountin or amountout: record them one by one",
        ),
        (
            "userid=2&credit=1&paymentmethod=paypal&amountin=20&amountout=5",
            "A payment of an invoice, or credit, is either amountin or amountout: record them one by one",
        ),
    ] {
        api.refuse(&format!("action=AddTransaction&{request}"), message).await;
    }
}
