use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpdateTransaction&transactionid=1&transid=FJWEK32DWO329JFWUPDATE&rate=1.00000"],
    setup: concat!(
        include_str!("../../support/fixtures/payments.sql"),
        include_str!("../../support/fixtures/invoice_numbers.sql"),
    ),
    writing: &[
        "UpdateTransaction&transactionid=931&amountin=60&transid=x&date=2026-11-05",
        "UpdateTransaction&transactionid=932&credit=1&userid=2",
        "CreateInvoice&userid=2&itemdescription1=x&itemamount1=10",
        "UpdateTransaction&transactionid=932&invoiceid={invoiceid}",
    ],
    every_parameter: "UpdateTransaction&transactionid=932&refundid=0&userid=2&invoiceid=0&transid=x&date=2026-11-05&gateway=paypal&currency=1&description=x&amountin=5.00&fees=0.10&amountout=0&rate=1.00000&credit=1",
};

const UPDATE: &str = "action=UpdateTransaction";
const ALL: &str = "userid, gateway, date, description, amountin, fees, amountout, rate, transid, invoiceid, refundid";

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(CALLS.setup).await;
    api
}

#[tokio::test]
async fn what_is_not_sent_stays() {
    let api = api().await;
    api.check(
        &format!("{UPDATE}&transactionid=931&transid=ch_new&rate=1"),
        r#"{"result":"success","transactionid":931}"#,
    )
    .await;
    assert_eq!(
        api.rows(ALL, "tblaccounts WHERE id = 931").await,
        ["2 | stripe | 2026-11-02 10:00:00 | Invoice Payment | 50.00 | 1.50 | 0.00 | 1.00000 | ch_new | 921 | 0"]
    );
    let more =
        "&transactionid=932&date=19/11/2026&gateway=Bank+Transfer&description=Wire&fees=-0.50&amountin=25&refundid=931";
    api.sql("INSERT INTO tblconfiguration (setting, value) VALUES ('DateFormat', 'DD/MM/YYYY')").await;
    api.reply(&format!("{UPDATE}{more}")).await;
    assert_eq!(
        api.rows(ALL, "tblaccounts WHERE id = 932").await,
        ["2 | Bank Transfer | 2026-11-19 00:00:00 | Wire | 25.00 | -0.50 | 0.00 | 0.90000 |  | 0 | 931"]
    );
    assert_eq!(api.rows("status", "tblinvoices").await, ["Paid"]);
}

/// A status follows from the amounts.
#[tokio::test]
async fn an_invoice_is_settled_again() {
    let api = api().await;
    api.reply(&format!("{UPDATE}&transactionid=931&amountin=62.50")).await;
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["12.50"], "what is paid too much becomes credit");
    api.reply("action=CreateInvoice&userid=2&paymentmethod=mailin&itemdescription1=x&itemamount1=20").await;
    let open = api.rows("MAX(id)", "tblinvoices").await.concat();
    api.reply(&format!("{UPDATE}&transactionid=932&invoiceid={open}")).await;
    assert_eq!(api.rows("status", &format!("tblinvoices WHERE id = {open}")).await, ["Paid"]);
    assert_eq!(api.rows("invoiceid", "tblaccounts WHERE id = 932").await, [&*open]);
}

#[tokio::test]
async fn a_transaction_becomes_credit_unless_it_has_an_invoice() {
    let api = api().await;
    api.reply(&format!("{UPDATE}&transactionid=932&credit=true&amountin=15")).await;
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["15.00"]);
    let both = "A transaction cannot be both for an invoice and credit: leave out invoiceid or credit";
    api.refuse(&format!("{UPDATE}&transactionid=931&credit=true"), both).await;
    api.refuse(&format!("{UPDATE}&transactionid=932&invoiceid=921&credit=true"), both).await;
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused() {
    let api = api().await;
    for (request, message) in [
        ("", "Transaction ID Not Found"),
        ("&transactionid=99", "Transaction ID Not Found"),
        ("&transactionid=932&userid=99", "Client ID Not Found"),
        ("&transactionid=932&invoiceid=99", "Invoice ID Not Found"),
        ("&transactionid=931&userid=1", "User ID does not own the given Invoice ID"),
        ("&transactionid=932&currency=99", "Currency ID Not Found"),
        ("&transactionid=932&amountin=-1", "Amount must be in decimal format: ### or ###.##"),
        ("&transactionid=932&date=soon", "Date Format is not Valid"),
        (
            "&transactionid=931&amountout=5",
            "A payment of an invoice, or credit, is either amountin or amountout: record them one by one",
        ),
    ] {
        api.refuse(&format!("{UPDATE}{request}"), message).await;
    }
}
