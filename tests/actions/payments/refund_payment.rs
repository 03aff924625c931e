//! `RefundPayment`: refunds through gateways are tested in payment_gateways.rs.

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["RefundPayment&transactionid=2&amount=5.00&type=credit"],
    setup: include_str!("../../support/fixtures/payments.sql"),
    writing: &[
        "RefundPayment&transactionid=931&amount=5&type=record&transid=re_1",
        "RefundPayment&transactionid=931&amount=5&type=gateway",
        "RefundPayment&transactionid=931&type=credit",
    ],
    every_parameter: "RefundPayment&transactionid=931&amount=5.00&type=record&transid=re_1&date=2026-11-19",
};

const REFUND: &str = "action=RefundPayment";
const NOTHING_LEFT: &str = "Amount exceeds what is left to refund of this payment: ";

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(CALLS.setup).await;
    api
}

#[tokio::test]
async fn an_invoice_is_refunded_once_all_of_it_is() {
    let api = api().await;
    api.check(
        &format!("{REFUND}&transactionid=931&amount=20&type=record&transid=re_1&date=2026-11-18"),
        r#"{"result":"success","transactionid":931,"amount":"20.00","invoiceid":921}"#,
    )
    .await;
    let refund = "userid, gateway, date, description, amountin, amountout, rate, transid, invoiceid, refundid";
    assert_eq!(
        api.rows(refund, "tblaccounts ORDER BY id DESC LIMIT 1").await,
        ["2 | stripe | 2026-11-18 00:00:00 | Refund of Transaction #931 | 0.00 | 20.00 | 0.90000 | re_1 | 921 | 931"]
    );
    let invoice = "status, date_refunded";
    assert_eq!(api.rows(invoice, "tblinvoices").await, ["Paid | 0000-00-00 00:00:00"]);
    api.refuse(&format!("{REFUND}&transactionid=931&amount=30.01&type=record"), &format!("{NOTHING_LEFT}30.00")).await;
    let rest = r#"{"result":"success","transactionid":931,"amount":"30.00","invoiceid":921}"#;
    api.check(&format!("{REFUND}&transactionid=931&type=record"), rest).await;
    assert_eq!(api.rows(invoice, "tblinvoices").await, ["Refunded | 2026-11-20 12:30:00"]);
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["0.00"]);
    for amount in ["", "&amount=0.01"] {
        api.refuse(&format!("{REFUND}&transactionid=931{amount}&type=record"), &format!("{NOTHING_LEFT}0.00")).await;
    }
}

#[tokio::test]
async fn a_refund_may_become_credit() {
    let api = api().await;
    api.reply(&format!("{REFUND}&transactionid=931&amount=12.50&type=credit")).await;
    api.reply(&format!("{REFUND}&transactionid=932&type=credit")).await;
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["32.50"]);
    assert_eq!(
        api.rows("description, amount, relid", "tblcredit WHERE clientid = 2 ORDER BY id").await,
        ["Credit from Refund of Invoice #921 | 12.50 | 0", "Credit from Refund of Transaction #932 | 20.00 | 0"]
    );
    assert_eq!(
        api.rows("amountout, invoiceid, refundid", "tblaccounts WHERE refundid > 0 ORDER BY id").await,
        ["12.50 | 921 | 931", "20.00 | 0 | 932"]
    );
    assert_eq!(api.rows("status", "tblinvoices").await, ["Paid"]);
}

/// Credit that was bought with the payment is reversed in the books of the invoice, as for a charge-back.
#[tokio::test]
async fn what_the_lines_gave_is_reversed() {
    let api = TestApi::new().await;
    api.reply("action=AddCreditApi&userid=2&itemamount=50&paymentmethod=paypal").await;
    api.reply("action=AddInvoicePayment&invoiceid=1&transid=T1&gateway=paypal").await;
    api.reply(&format!("{REFUND}&transactionid=1&type=record")).await;
    assert_eq!(api.rows("status", "tblinvoices").await, ["Refunded"]);
    assert_eq!(
        api.rows("kind, amount", "mod_whmcs_api_settlements WHERE kind = 'AddFunds' ORDER BY id").await,
        ["AddFunds | 50.00", "AddFunds | -50.00"]
    );
}

#[tokio::test]
async fn what_cannot_be_refunded_is_refused() {
    let api = api().await;
    api.sql("INSERT INTO tblaccounts (id, userid, currency, gateway, description, amountout, transid, invoiceid, refundid) VALUES (940, 2, 0, 'stripe', '', 5.00, 're', 921, 931)").await;
    for (request, message) in [
        ("", "Transaction ID Not Found"),
        ("&transactionid=99&type=record", "Transaction ID Not Found"),
        ("&transactionid=931&type=gift", "Invalid refund type. Should be gateway, credit or record"),
        ("&transactionid=931&type=record&amount=0", "No Amount Provided"),
        ("&transactionid=931&type=record&amount=-1", "Amount must be in decimal format: ### or ###.##"),
        ("&transactionid=931&type=record&amount=45.01", "Amount exceeds what is left to refund of this payment: 45.00"),
        ("&transactionid=940&type=record", "This transaction is not a payment that can be refunded"),
        ("&transactionid=931", "Gateway Not Set Up: this server's settings have no gateways.stripe"),
    ] {
        api.refuse(&format!("{REFUND}{request}"), message).await;
    }
}

/// Random refunds of three payments against a model: never more than a payment is refunded, credit is what was refunded as credit,
/// and the invoice turns Refunded with the last cent.
#[tokio::test]
async fn random_refunds_are_those_of_a_model() {
    let written = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
    for seed in [1, 2] {
        let (api, mut random) = (TestApi::new().await, Random(seed ^ 0x9e37_79b9_7f4a_7c15));
        api.reply("action=CreateInvoice&userid=2&paymentmethod=paypal&itemdescription1=x&itemamount1=100").await;
        let mut left = [4_999, 1, 5_000];
        for (number, cents) in (1..).zip(left) {
            let amount = written(cents);
            api.reply(&format!(
                "action=AddInvoicePayment&invoiceid=1&gateway=paypal&transid=T{number}&amount={amount}"
            ))
            .await;
        }
        let (mut credit, mut refunded) = (0, 0);
        for step in 0..30 {
            let at = random.below(3);
            let is_credit = random.below(2) == 0;
            // The rest, now and then; otherwise an amount that may be too large.
            let amount = if random.below(5) == 0 { None } else { Some(1 + random.below(2_600)) };
            let sent = amount.map_or(String::new(), |cents| format!("&amount={}", written(cents)));
            let kind = if is_credit { "credit" } else { "record" };
            let request = format!("{REFUND}&transactionid={}&type={kind}{sent}", at + 1);
            let rest: &mut i64 = &mut left[usize::try_from(at).unwrap()];
            let cents = amount.unwrap_or(*rest);
            let (_, body) = api.send(&request).await;
            if cents > *rest || *rest == 0 {
                assert!(body.contains(&format!("{NOTHING_LEFT}{}", written(*rest))), "{seed} {step} {request}: {body}");
            } else {
                assert!(
                    body.contains(&format!("\"amount\":\"{}\"", written(cents))),
                    "{seed} {step} {request}: {body}"
                );
                *rest -= cents;
                refunded += cents;
                credit += if is_credit { cents } else { 0 };
            }
            let status = if refunded == 10_000 { "Refunded" } else { "Paid" };
            assert_eq!(
                api.rows(
                    "status, (SELECT credit FROM tblclients WHERE id = 2), \
                     (SELECT COALESCE(SUM(amountout), 0.00) FROM tblaccounts WHERE refundid > 0)",
                    "tblinvoices"
                )
                .await,
                [format!("{status} | {} | {}", written(credit), written(refunded))],
                "{seed} {step} {request}"
            );
        }
    }
}

/// Numbers that look random (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit).cast_signed()
    }
}
