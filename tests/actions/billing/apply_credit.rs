use crate::support::{Calls, TestApi, all};

pub const CALLS: Calls = Calls {
    demo: &["CreateInvoice&userid=1&itemdescription1=x&itemamount1=2", "ApplyCredit&invoiceid={invoiceid}&amount=1"],
    setup: include_str!("../../support/fixtures/invoice_numbers.sql"),
    writing: &[
        "AddCredit&clientid=1&amount=50&description=x",
        "CreateInvoice&userid=1&itemdescription1=x&itemamount1=10",
        "ApplyCredit&invoiceid={invoiceid}",
    ],
    every_parameter: "ApplyCredit&invoiceid=22&amount=1.00&noemail=0",
};

const INVOICE: &str = "action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=60";

#[tokio::test]
async fn pays_from_the_balance() {
    let api = TestApi::new().await;
    api.reply(INVOICE).await;
    api.check(
        "action=ApplyCredit&invoiceid=1&amount=10.00",
        r#"{"result":"success","invoiceid":1,"amount":"10.00","invoicepaid":"false"}"#,
    )
    .await;
    assert_eq!(api.rows("status, credit, total, subtotal", "tblinvoices").await, ["Unpaid | 10.00 | 50.00 | 60.00"]);
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["90.00"]);
    assert_eq!(
        api.rows("clientid, admin_id, date, description, amount, relid", "tblcredit WHERE amount < 0").await,
        ["1 | 1 | 2026-11-20 | Credit Applied to Invoice #1 | -10.00 | 0"]
    );
    let log = api.rows("description", "tblactivitylog ORDER BY id DESC LIMIT 1").await;
    assert_eq!(log, ["Applied Credit - Invoice ID: 1 - Amount: 10.00"]);

    // What was paid otherwise is not to be paid again.
    api.reply("action=AddInvoicePayment&invoiceid=1&amount=20&gateway=mailin").await;
    for whole in ["", "&amount=full"] {
        let request = format!("action=ApplyCredit&invoiceid=1{whole}");
        match whole {
            "" => {
                let reply = r#"{"result":"success","invoiceid":1,"amount":"30.00","invoicepaid":"true"}"#;
                api.check(&request, reply).await;
            }
            _ => api.refuse(&request, "Invoice Not in Unpaid Status").await,
        }
    }
    let paid = api.rows("status, credit, total, datepaid", "tblinvoices").await;
    assert_eq!(paid, ["Paid | 40.00 | 20.00 | 2026-11-20 12:30:00"]);
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["60.00"]);
    assert_eq!(api.reply("action=GetInvoice&invoiceid=1").await["balance"], "0.00");
}

/// What went out for an invoice makes it no dearer.
#[tokio::test]
async fn what_was_paid_back_is_not_paid_from_the_balance() {
    let api = TestApi::new().await;
    api.reply(INVOICE).await;
    api.reply("action=AddTransaction&paymentmethod=paypal&invoiceid=1&amountout=30").await;
    api.refuse("action=ApplyCredit&invoiceid=1&amount=60.01", "Amount Exceeds Invoice Balance").await;
    api.check(
        "action=ApplyCredit&invoiceid=1",
        r#"{"result":"success","invoiceid":1,"amount":"60.00","invoicepaid":"false"}"#,
    )
    .await;
}

#[tokio::test]
async fn full_is_what_the_balance_allows() {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=3&taxrate=0&taxrate2=0&itemdescription1=x&itemamount1=60").await;
    api.check(
        "action=ApplyCredit&invoiceid=1&amount=full",
        r#"{"result":"success","invoiceid":1,"amount":"30.00","invoicepaid":"false"}"#,
    )
    .await;
    api.refuse("action=ApplyCredit&invoiceid=1", "Credit Amount to apply must be greater than zero").await;
}

#[tokio::test]
async fn refuses_what_is_documented() {
    let api = TestApi::new().await;
    api.reply(INVOICE).await;
    api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=300").await;
    api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=5&draft=1").await;
    for (request, message) in [
        ("", "Invoice ID Not Found"),
        ("invoiceid=9", "Invoice ID Not Found"),
        ("invoiceid=one", "Invoice ID Not Found"),
        ("invoiceid=3", "Invoice Not in Unpaid Status"),
        ("invoiceid=2&amount=100.01", "Amount exceeds customer credit balance"),
        ("invoiceid=1&amount=60.01", "Amount Exceeds Invoice Balance"),
        ("invoiceid=1&amount=0", "Credit Amount to apply must be greater than zero"),
        ("invoiceid=1&amount=-5", "Credit Amount to apply must be greater than zero"),
        ("invoiceid=1&amount=1,005", "Amount must be in decimal format: ### or ###.##"),
        ("invoiceid=1&amount=half", "Amount must be in decimal format: ### or ###.##"),
    ] {
        api.refuse(&format!("action=ApplyCredit&{request}"), message).await;
    }
}

/// Two of them, and a payment, at once: nothing is paid twice, and no balance goes below zero.
#[tokio::test(flavor = "multi_thread")]
async fn never_pays_more_than_there_is_to_pay() {
    let api = TestApi::new().await;
    for round in 1..=10 {
        api.reply(INVOICE.replace("60", "6").as_str()).await;
        let (apply, pay) = (
            format!("action=ApplyCredit&invoiceid={round}&amount=6"),
            format!("action=AddInvoicePayment&invoiceid={round}&gateway=mailin&amount=6&transid=T{round}"),
        );
        let answers = all([&apply, &apply, &pay, &apply].map(|request| api.send(request))).await;
        assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
        let done = api
            .rows(
                "i.status, i.credit + (SELECT COALESCE(SUM(amountin), 0) FROM tblaccounts WHERE invoiceid = i.id)",
                &format!("tblinvoices i WHERE id = {round}"),
            )
            .await;
        // By credit alone, or by the payment, after or before which the credit is too late or given back.
        assert!(["Paid | 6.00", "Paid | 12.00"].contains(&done[0].as_str()), "{done:?}");
    }
    let drift = api
        .rows(
            "c.id",
            "tblclients c WHERE credit < 0 OR credit <> (SELECT SUM(amount) FROM tblcredit WHERE clientid = c.id)",
        )
        .await;
    assert!(drift.iter().all(|id| id == "2" || id == "4"), "{drift:?}");
    let overpaid = api
        .rows(
            "i.id",
            "tblinvoices i WHERE (SELECT COALESCE(SUM(amountin), 0) FROM tblaccounts WHERE invoiceid = i.id) \
               - (SELECT COALESCE(SUM(amount), 0) FROM tblcredit WHERE relid = i.id) <> i.total",
        )
        .await;
    assert!(overpaid.is_empty(), "{overpaid:?}");
}
