use crate::support::{Calls, TestApi, all};

pub const CALLS: Calls = Calls {
    demo: &[
        "CreateInvoice&userid=1&itemdescription1=x&itemamount1=2",
        "AddInvoicePayment&invoiceid={invoiceid}&transid=C1&gateway=paypal",
    ],
    setup: concat!(
        include_str!("../../support/fixtures/mail.sql"),
        include_str!("../../support/fixtures/invoice_numbers.sql"),
        include_str!("../../support/fixtures/people/recipients.sql")
    ),
    writing: &[
        "CreateInvoice&userid=3&itemdescription1=x&itemamount1=10",
        "AddInvoicePayment&invoiceid={invoiceid}&gateway=paypal&transid=T1",
    ],
    every_parameter: "AddInvoicePayment&invoiceid=22&transid=T1&gateway=paypal&date=2026-11-20&amount=1.00&fees=0.10&noemail=0",
};

const SUCCESS: &str = r#"{"result":"success"}"#;

async fn with_invoice(request: &str) -> TestApi {
    let api = TestApi::new().await;
    api.reply(&format!("action=CreateInvoice&paymentmethod=mailin&{request}")).await;
    api
}

#[tokio::test]
async fn a_partial_payment_leaves_the_invoice_unpaid() {
    let api = with_invoice("userid=2&itemdescription1=x&itemamount1=100").await;
    api.check(
        "action=AddInvoicePayment&invoiceid=1&transid=T1&gateway=banktransfer&date=2016-01-01+12:33:12&amount=40&fees=0.55",
        SUCCESS,
    )
    .await;
    assert_eq!(
        api.rows(
            "userid, currency, gateway, date, description, amountin, fees, amountout, rate, transid, invoiceid, refundid",
            "tblaccounts"
        )
        .await,
        ["2 | 0 | banktransfer | 2016-01-01 12:33:12 | Invoice Payment | 40.00 | 0.55 | 0.00 | 0.90000 | T1 | 1 | 0"]
    );
    assert_eq!(api.rows("status, datepaid", "tblinvoices").await, ["Unpaid | 0000-00-00 00:00:00"]);
}

#[tokio::test]
async fn the_last_payment_turns_the_invoice_paid() {
    let api = with_invoice("userid=2&itemdescription1=x&itemamount1=100").await;
    api.check("action=AddInvoicePayment&invoiceid=1&transid=T1&gateway=mailin&amount=40", SUCCESS).await;
    // By default: all that is left, through the invoice's gateway, now.
    api.check("action=AddInvoicePayment&invoiceid=1&transid=T2", SUCCESS).await;
    assert_eq!(
        api.rows("gateway, date, amountin, transid", "tblaccounts ORDER BY id").await,
        ["mailin | 2026-11-20 12:30:00 | 40.00 | T1", "mailin | 2026-11-20 12:30:00 | 60.00 | T2"]
    );
    assert_eq!(api.rows("status, datepaid", "tblinvoices").await, ["Paid | 2026-11-20 12:30:00"]);
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["0.00"]);
    let log = api.rows("description", "tblactivitylog ORDER BY id DESC LIMIT 2").await;
    assert_eq!(log, ["Invoice Paid - Invoice ID: 1", "Added Invoice Payment - Invoice ID: 1 - Amount: 60.00"]);
}

#[tokio::test]
async fn what_is_paid_too_much_becomes_credit() {
    let api = with_invoice("userid=2&itemdescription1=x&itemamount1=100").await;
    let day = "action=AddInvoicePayment&invoiceid=1&transid=T1&gateway=mailin&amount=112.50&date=2026-11-18";
    api.check(day, SUCCESS).await;
    assert_eq!(api.rows("status, datepaid", "tblinvoices").await, ["Paid | 2026-11-18 00:00:00"]);
    // The invoice is paid, so all of this is too much.
    api.check("action=AddInvoicePayment&invoiceid=1&transid=T2&gateway=mailin&amount=1", SUCCESS).await;
    assert_eq!(api.rows("status, datepaid", "tblinvoices").await, ["Paid | 2026-11-18 00:00:00"]);
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["13.50"]);
    assert_eq!(
        api.rows("clientid, admin_id, date, description, amount, relid", "tblcredit WHERE clientid = 2 ORDER BY id")
            .await,
        [
            "2 | 1 | 2026-11-20 | Overpayment of Invoice #1 | 12.50 | 1",
            "2 | 1 | 2026-11-20 | Overpayment of Invoice #1 | 1.00 | 1",
        ]
    );
}

#[tokio::test]
async fn credit_that_was_bought_is_added_when_it_is_paid() {
    let api = TestApi::new().await;
    let bought = api.reply("action=AddCreditApi&userid=2&itemamount=50&paymentmethod=paypal").await;
    let pay = format!("action=AddInvoicePayment&invoiceid={}&gateway=paypal", bought["invoiceid"]);
    api.check(&format!("{pay}&transid=T1&amount=20"), SUCCESS).await;
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["0.00"]);
    api.check(&format!("{pay}&transid=T2&amount=35"), SUCCESS).await;
    api.check(&format!("{pay}&transid=T3&amount=1"), SUCCESS).await;
    let credits = api.reply("action=GetCredits&clientid=2").await;
    let entries = credits["credits"]["credit"].as_array().unwrap();
    let shown: Vec<_> = entries.iter().map(|entry| format!("{} {}", entry["description"], entry["amount"])).collect();
    assert_eq!(
        shown,
        [
            r#""Add Funds Invoice #1" "50.00""#,
            r#""Overpayment of Invoice #1" "5.00""#,
            r#""Overpayment of Invoice #1" "1.00""#,
        ]
    );
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["56.00"]);
}

#[tokio::test]
async fn credit_that_was_bought_is_not_added_again_when_the_status_is_set_back() {
    let api = TestApi::new().await;
    api.reply("action=AddCreditApi&userid=2&itemamount=50&paymentmethod=paypal").await;
    api.check("action=AddInvoicePayment&invoiceid=1&transid=T1&gateway=paypal", SUCCESS).await;
    api.sql("UPDATE tblinvoices SET status = 'Unpaid'").await;
    api.check("action=AddInvoicePayment&invoiceid=1&transid=T2&gateway=paypal&amount=10", SUCCESS).await;
    assert_eq!(
        api.rows("description, amount", "tblcredit WHERE clientid = 2 ORDER BY id").await,
        ["Add Funds Invoice #1 | 50.00", "Overpayment of Invoice #1 | 10.00"]
    );
    assert_eq!(api.rows("status", "tblinvoices").await, ["Paid"]);
}

#[tokio::test]
async fn any_status_but_cancelled_takes_a_payment_and_those_that_demand_it_turn_paid() {
    let api = TestApi::new().await;
    for (id, status) in ["Draft", "Unpaid", "Collections", "Payment Pending", "Refunded"].iter().enumerate() {
        api.reply(&format!("action=CreateInvoice&userid=2&status={status}&itemamount1=5")).await;
        api.check(&format!("action=AddInvoicePayment&invoiceid={}&transid=x&gateway=paypal", id + 1), SUCCESS).await;
    }
    let statuses = api.rows("status, COUNT(*)", "tblinvoices GROUP BY status ORDER BY status").await;
    assert_eq!(statuses, ["Draft | 1", "Paid | 3", "Refunded | 1"]);
    let credit = api.rows("description, amount", "tblcredit WHERE clientid = 2").await;
    assert_eq!(credit, ["Overpayment of Invoice #5 | 5.00"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = with_invoice("userid=2&itemdescription1=x&itemamount1=100").await;
    api.reply("action=CreateInvoice&userid=2&status=Cancelled&itemamount1=5").await;
    api.reply("action=CreateInvoice&userid=2&status=Unpaid&itemamount1=5").await;
    api.reply("action=AddInvoicePayment&invoiceid=3&transid=x").await;
    let amount = "Amount must be in decimal format: ### or ###.##";
    for (request, message) in [
        ("gateway=cash&amount=x", "Invoice ID Not Found"),
        ("invoiceid=9&gateway=cash&amount=x", "Invoice ID Not Found"),
        ("invoiceid=one", "Invoice ID Not Found"),
        ("invoiceid=2&gateway=cash&amount=x", "It is not possible to add a payment to an invoice that is Cancelled"),
        ("invoiceid=1&date=2023-02-30", "Date Format is not Valid"),
        ("invoiceid=1&date=2023-02-03+25:00:00", "Date Format is not Valid"),
        ("invoiceid=1&date=20/11/2026", "Date Format is not Valid"),
        ("invoiceid=1&amount=ten", amount),
        ("invoiceid=1&amount=-5", amount),
        ("invoiceid=1&amount=5,001", amount),
        ("invoiceid=1&amount=0", "No Amount Provided"),
        ("invoiceid=1&fees=free", amount),
        ("invoiceid=1&fees=-1", amount),
        ("invoiceid=3", "Nothing is left to pay on this invoice: name an amount to add to the client's credit"),
    ] {
        api.refuse(&format!("action=AddInvoicePayment&transid=T&{request}"), message).await;
    }
    let too_long = format!("action=AddInvoicePayment&invoiceid=1&transid={}", "x".repeat(65_536));
    api.refuse(&too_long, "transid is too long: at most 65535 bytes are allowed").await;
    // An invoice whose client is gone.
    api.sql("DELETE FROM tblclients WHERE id = 2").await;
    api.refuse("action=AddInvoicePayment&invoiceid=1&transid=T", "Client ID Not Found").await;
}

#[tokio::test]
async fn an_excess_that_the_balance_cannot_hold_is_refused_whole() {
    let api = with_invoice("userid=1&itemdescription1=x&itemamount1=1").await;
    api.refuse(
        "action=AddInvoicePayment&invoiceid=1&transid=T&amount=99999999999999.99",
        "A value is too large, too long or has characters that the database cannot hold",
    )
    .await;
}

/// Twenty full payments at once: one pays the invoice and sets off its credit, the others are all too much.
#[tokio::test(flavor = "multi_thread")]
async fn payments_at_once_credit_the_funds_once() {
    let api = TestApi::new().await;
    api.reply("action=AddCreditApi&userid=2&itemamount=50&paymentmethod=paypal").await;
    let pay = "action=AddInvoicePayment&invoiceid=1&gateway=paypal&amount=50&transid=";
    let answers = all((0..20).map(|number| {
        let (api, request) = (&api, format!("{pay}{number}"));
        async move { api.send(&request).await }
    }))
    .await;
    assert!(answers.iter().all(|(status, body)| (*status, body.as_str()) == (200, SUCCESS)), "{answers:?}");
    assert_eq!(
        api.rows("description, COUNT(*), SUM(amount)", "tblcredit WHERE clientid = 2 GROUP BY description ORDER BY 1")
            .await,
        ["Add Funds Invoice #1 | 1 | 50.00", "Overpayment of Invoice #1 | 19 | 950.00"]
    );
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["1000.00"]);
}

#[tokio::test]
async fn a_payment_that_is_there_already_is_refused_as_the_operator_chose() {
    use whmcs_api::config::{Compat, DuplicateTransid};
    let not_unique = "Transaction ID must be Unique";
    for (duplicate_transid, refused) in [
        (DuplicateTransid::Invoice, [true, false, false, false, false]),
        (DuplicateTransid::Gateway, [true, false, false, true, false]),
        (DuplicateTransid::Accept, [false; 5]),
    ] {
        let api = TestApi::with(Compat { duplicate_transid, ..Compat::default() }).await;
        for client in ["2", "2", "1"] {
            api.reply(&format!("action=CreateInvoice&userid={client}&itemdescription1=x&itemamount1=100")).await;
        }
        let pay = |more: &str| format!("action=AddInvoicePayment&amount=1&{more}");
        api.check(&pay("invoiceid=1&gateway=mailin&transid=T1"), SUCCESS).await;
        let again = [
            "invoiceid=1&gateway=mailin&transid=T1",
            "invoiceid=1&gateway=paypal&transid=T1",
            "invoiceid=1&gateway=mailin&transid=t1",
            "invoiceid=3&gateway=mailin&transid=T1",
            "invoiceid=1&gateway=mailin&transid=",
        ];
        for (request, refused) in again.into_iter().zip(refused) {
            match refused {
                true => api.refuse(&pay(request), not_unique).await,
                false => api.check(&pay(request), SUCCESS).await,
            }
        }
    }
}

/// The same payment, told at once by several callbacks of a gateway.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_told_many_times_at_once_is_booked_once() {
    use whmcs_api::config::{Compat, DuplicateTransid};
    let api = TestApi::with(Compat { duplicate_transid: DuplicateTransid::Gateway, ..Compat::default() }).await;
    for client in 1..=4 {
        api.reply(&format!("action=CreateInvoice&userid={client}&itemdescription1=x&itemamount1=100")).await;
    }
    for round in 0..5 {
        let pay =
            |invoice| format!("action=AddInvoicePayment&invoiceid={invoice}&amount=1&gateway=mailin&transid=T{round}");
        let requests: Vec<String> = (0..12).map(|number| pay(1 + number % 4)).collect();
        let answers = all(requests.iter().map(|request| api.send(request))).await;
        assert_eq!(answers.iter().filter(|(_, body)| body == SUCCESS).count(), 1, "{answers:?}");
    }
    assert_eq!(api.rows("COUNT(*), COUNT(DISTINCT transid)", "tblaccounts").await, ["5 | 5"]);
}
