//! Sequential numbers of invoices: given when an invoice turns Paid, without gaps and doubles.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use whmcs_api::audit;
use whmcs_api::config::{Invoices, NumberReset, Numbering, Settings};
use whmcs_api::database::pool;

use crate::support::{TestApi, all};

const NUMBERS: &str = include_str!("../support/fixtures/invoice_numbers.sql");
const COUNTER: &str = "tblconfiguration WHERE setting = 'SequentialInvoiceNumberValue'";

async fn with(invoices: Invoices) -> TestApi {
    let api = TestApi::with_settings(Settings { invoices, ..Settings::default() }).await;
    api.sql(NUMBERS).await;
    api
}

async fn numbers(api: &TestApi) -> Vec<String> {
    api.rows("id, invoicenum, status", "tblinvoices ORDER BY id").await
}

#[tokio::test]
async fn an_invoice_gets_the_next_number_when_it_turns_paid() {
    let invoice = "CreateInvoice&status=Unpaid&itemdescription1=x";
    for (calls, expected, next) in [
        (vec![format!("{invoice}&userid=1&itemamount1=5")], vec!["1 |  | Unpaid"], "0007"),
        (vec![format!("{invoice}&userid=1&itemamount1=0&draft=1")], vec!["1 |  | Draft"], "0007"),
        (vec![format!("{invoice}&userid=1&itemamount1=0")], vec!["1 | 2026-0007 | Paid"], "0008"),
        (vec![format!("{invoice}&userid=1&itemamount1=5&autoapplycredit=1")], vec!["1 | 2026-0007 | Paid"], "0008"),
        (vec![format!("{invoice}&userid=3&itemamount1=99&autoapplycredit=1")], vec!["1 |  | Unpaid"], "0007"),
        (
            vec![
                format!("{invoice}&userid=1&itemamount1=5"),
                format!("{invoice}&userid=2&itemamount1=5"),
                "AddInvoicePayment&invoiceid=2&transid=T&amount=4.99&gateway=paypal".to_owned(),
                "ApplyCredit&invoiceid=1&amount=5".to_owned(),
                "AddTransaction&invoiceid=2&amountin=0.01&paymentmethod=paypal".to_owned(),
            ],
            vec!["1 | 2026-0007 | Paid", "2 | 2026-0008 | Paid"],
            "0009",
        ),
        (
            // What was paid once keeps its number, whatever becomes of it.
            vec![
                format!("{invoice}&userid=1&itemamount1=5"),
                "UpdateInvoice&invoiceid=1&status=Paid".to_owned(),
                "UpdateInvoice&invoiceid=1&status=Unpaid".to_owned(),
                "AddInvoicePayment&invoiceid=1&transid=T&gateway=paypal".to_owned(),
            ],
            vec!["1 | 2026-0007 | Paid"],
            "0008",
        ),
    ] {
        let api = with(Invoices::default()).await;
        for call in &calls {
            let reply = api.reply(&format!("action={call}")).await;
            assert_eq!(reply["result"], "success", "{call}: {reply}");
        }
        assert_eq!(
            (numbers(&api).await, api.rows("value", COUNTER).await),
            (texts(&expected), texts(&[next])),
            "{calls:?}"
        );
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test]
async fn a_mass_payment_numbers_each_invoice_that_it_pays_and_dates_them() {
    let api = with(Invoices { date_on_payment: true, ..Invoices::default() }).await;
    api.sql(
        "INSERT INTO tblinvoices (id, userid, date, subtotal, total, status) VALUES \
           (31, 1, '2026-10-01', 5, 5, 'Unpaid'), (32, 1, '2026-10-01', 5, 5, 'Unpaid'), (33, 1, '2026-10-01', 10, 10, 'Unpaid'); \
         INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, amount) VALUES \
           (31, 1, '', 0, 5), (32, 1, '', 0, 5), (33, 1, 'Invoice', 31, 5), (33, 1, 'Invoice', 32, 5);",
    )
    .await;
    api.reply("action=AddInvoicePayment&invoiceid=33&transid=T&gateway=paypal").await;
    assert_eq!(
        api.rows("id, invoicenum, date, status", "tblinvoices WHERE id > 30 ORDER BY id").await,
        [
            "31 | 2026-0007 | 2026-11-20 | Paid",
            "32 | 2026-0008 | 2026-11-20 | Paid",
            "33 | 2026-0009 | 2026-11-20 | Paid"
        ]
    );
    assert_eq!(
        api.rows(
            "invoice_id, series, number, follows, written, given_on",
            "mod_whmcs_api_invoice_numbers ORDER BY number"
        )
        .await,
        [
            "31 |  | 7 | 0 | 2026-0007 | 2026-11-20",
            "32 |  | 8 | 7 | 2026-0008 | 2026-11-20",
            "33 |  | 9 | 8 | 2026-0009 | 2026-11-20"
        ]
    );
}

#[tokio::test]
async fn a_sequence_begins_again_when_the_operator_says_so_and_days_never_go_back() {
    let given = |number: &str, series: &str, day: &str| {
        format!("INSERT INTO mod_whmcs_api_invoice_numbers VALUES (900, '{series}', {number}, 0, 'x', '{day}')")
    };
    for (reset, before, written, next) in [
        (NumberReset::Never, given("41", "", "2025-12-31"), "2026-0042", "0043"),
        (NumberReset::Annually, given("41", "2025", "2025-12-31"), "2026-0001", "0002"),
        (NumberReset::Annually, given("41", "2026", "2026-10-31"), "2026-0042", "0043"),
        (NumberReset::Monthly, given("41", "2026-10", "2026-10-31"), "2026-11-0001", "0002"),
        (NumberReset::Monthly, given("6", "2026-11", "2026-11-01"), "2026-11-0007", "0008"),
        (NumberReset::Annually, given("41", "2027", "2027-01-01"), "2027-0042", "0043"),
        (
            NumberReset::Never,
            "DELETE FROM tblconfiguration WHERE setting = 'SequentialInvoiceNumberValue'".to_owned(),
            "2026-1",
            "2",
        ),
    ] {
        let api = with(Invoices { number_reset: reset, ..Invoices::default() }).await;
        api.sql(&before).await;
        api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=0").await;
        assert_eq!(
            (numbers(&api).await, api.rows("value", COUNTER).await),
            (vec![format!("1 | {written} | Paid")], texts(&[next])),
            "{reset:?} {before}"
        );
    }
}

#[tokio::test]
async fn beside_whmcs_numbers_are_given_only_if_the_operator_says_so() {
    for (numbering, version, number) in
        [(Numbering::Auto, "8.13.1", ""), (Numbering::On, "8.13.1", "2026-0007"), (Numbering::Off, "", "")]
    {
        let api = with(Invoices { numbering, ..Invoices::default() }).await;
        if !version.is_empty() {
            api.sql(&format!("INSERT INTO tblconfiguration (setting, value) VALUES ('Version', '{version}')")).await;
        }
        api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=0").await;
        assert_eq!(numbers(&api).await, [format!("1 | {number} | Paid")], "{numbering:?}");
        let said = api.rows("description", "tblactivitylog WHERE description LIKE 'Invoice Number Not Given%'").await;
        assert_eq!(said.len(), usize::from(numbering == Numbering::Auto), "{said:?}");
    }
}

#[tokio::test]
async fn an_invoice_with_a_number_is_not_deleted() {
    let api = with(Invoices::default()).await;
    api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=0").await;
    api.reply("action=UpdateInvoice&invoiceid=1&newitemdescription[0]=y&newitemamount[0]=5").await;
    assert_eq!(numbers(&api).await, ["1 | 2026-0007 | Unpaid"]);
    api.reply("action=DeleteInvoice&invoiceid=1").await;
    assert_eq!(numbers(&api).await.len(), 1);
}

/// What happens to one of the invoices, at the same time as to all others.
#[derive(Debug, Clone, Copy)]
enum Event {
    Pay,
    PayTooLittle,
    PayTwice,
    Cancel,
    Nothing,
}

#[test]
fn concurrent_payments_leave_no_gap_and_no_double() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let event = prop_oneof![
        3 => Just(Event::Pay), 1 => Just(Event::PayTooLittle), 2 => Just(Event::PayTwice), 1 => Just(Event::Cancel),
        1 => Just(Event::Nothing)
    ];
    let events = prop::collection::vec(event, 12);
    let config = Config { cases: 3, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    )
    .run(&events, |events| {
        runtime.block_on(check_concurrent(&events));
        Ok(())
    })
    .unwrap();
}

async fn check_concurrent(events: &[Event]) {
    let api = with(Invoices::default()).await;
    for (number, _) in events.iter().enumerate() {
        api.reply(&format!(
            "action=CreateInvoice&userid={}&itemdescription1=x&itemamount1=10&status=Unpaid",
            number % 4 + 1
        ))
        .await;
    }
    let calls = events.iter().zip(1..).flat_map(|(event, id)| {
        let pay = |transaction: &str, amount: &str| {
            format!("action=AddInvoicePayment&invoiceid={id}&gateway=paypal&transid={transaction}-{id}{amount}")
        };
        match event {
            Event::Pay => vec![pay("A", "")],
            Event::PayTooLittle => vec![pay("A", "&amount=1")],
            Event::PayTwice => vec![pay("A", ""), pay("A", ""), pay("B", "&amount=10")],
            Event::Cancel => vec![format!("action=UpdateInvoice&invoiceid={id}&status=Cancelled")],
            Event::Nothing => Vec::new(),
        }
    });
    all(calls.map(|call| {
        let api = &api;
        async move { api.send(&call).await }
    }))
    .await;
    let paid = events.iter().filter(|event| matches!(event, Event::Pay | Event::PayTwice)).count();
    let given = api.rows("invoicenum", "tblinvoices WHERE status = 'Paid' ORDER BY invoicenum").await;
    let expected: Vec<String> = (7..7 + paid).map(|number| format!("2026-{number:04}")).collect();
    assert_eq!(given, expected, "{events:?}");
    assert_eq!(api.rows("COUNT(*)", "tblinvoices WHERE invoicenum <> ''").await, [paid.to_string()]);
    assert_eq!(api.rows("value", COUNTER).await, [format!("{:04}", 7 + paid)]);
    let mut connection = pool::connect(api.database.options()).await.unwrap();
    assert_eq!(audit::run(&mut connection, |_, _| {}).await.unwrap().findings, []);
}
