//! Late fees, charges, notices and cancellations of invoices.

use whmcs_api::config::{Amount, Percentage};
use whmcs_api::database::lease::Lease;
use whmcs_api::domain::id::{ClientId, ServiceId};
use whmcs_api::domain::money::Money;
use whmcs_api::domain::tax::Rate;
use whmcs_api::store::automation::notices;

use super::runs::scheduled;
use super::{api_with, ran_before, run_task};
use crate::actions::payment_gateways;
use crate::support::TestApi;
use crate::support::module::{Module, ScriptedResponse};

/// Inserts invoices: id, client, due date, status, amount, and the kind of their only line.
async fn invoices(api: &TestApi, invoices: &[(i64, i64, &str, &str, &str, &str)]) {
    for (id, client, due, status, amount, kind) in invoices {
        api.sql(&format!(
            "INSERT INTO tblinvoices (id, userid, date, duedate, subtotal, total, status, paymentmethod) \
             VALUES ({id}, {client}, DATE_SUB('{due}', INTERVAL 14 DAY), '{due}', {amount}, {amount}, '{status}', 'paypal'); \
             INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, description, amount, duedate) \
             VALUES ({id}, {client}, '{kind}', 0, 'x', {amount}, '{due}')"
        ))
        .await;
    }
}

#[tokio::test]
async fn a_late_fee_is_added_once_to_what_is_overdue() {
    let api = api_with(|settings| {
        settings.late_fee_days = 7;
        settings.late_fee_percentage = Percentage(Rate::parse("10").unwrap());
        settings.late_fee = Amount(Money::parse("2.00").unwrap());
    })
    .await;
    invoices(
        &api,
        &[
            (1, 1, "2026-11-13", "Unpaid", "50.00", ""),
            (2, 1, "2026-11-14", "Unpaid", "50.00", ""),
            (3, 1, "2026-11-10", "Unpaid", "80.00", ""),
            (4, 1, "2026-11-09", "Unpaid", "50.00", ""),
            (5, 3, "2026-11-13", "Unpaid", "50.00", ""),
            (6, 1, "2026-11-13", "Paid", "50.00", ""),
            (7, 1, "2026-11-13", "Unpaid", "50.00", ""),
            (8, 2, "2026-11-13", "Unpaid", "10.00", ""),
            (9, 1, "2026-11-13", "Unpaid", "50.00", "AddFunds"),
        ],
    )
    .await;
    api.sql(
        "UPDATE tblclients SET latefeeoveride = 1 WHERE id = 3; \
         INSERT INTO tblaccounts (userid, invoiceid, amountin) VALUES (1, 7, 40.00)",
    )
    .await;
    assert_eq!(run_task(&api, "late_fees", "2026-11-20").await, "added 4");
    let fees = [
        "1 | Late fee (20/11/2026) | 5.00 | 0 | 55.00 | Unpaid",
        "3 | Late fee (20/11/2026) | 8.00 | 0 | 88.00 | Unpaid",
        // A part of it was paid, and this is the least fee: 2.00 in the default currency, of which one is 0.90 of the client's.
        "7 | Late fee (20/11/2026) | 2.00 | 0 | 52.00 | Unpaid",
        "8 | Late fee (20/11/2026) | 1.80 | 0 | 11.80 | Unpaid",
    ];
    let columns = "i.id, l.description, l.amount, l.taxed, i.total, i.status";
    let with_fee = "tblinvoiceitems l JOIN tblinvoices i ON i.id = l.invoiceid WHERE l.type = 'LateFee' ORDER BY i.id";
    assert_eq!(api.rows(columns, with_fee).await, fees);

    let line = api.rows("id", "tblinvoiceitems WHERE type = 'LateFee' AND invoiceid = 1").await.concat();
    api.reply(&format!("action=UpdateInvoice&invoiceid=1&deletelineids[0]={line}")).await;
    assert_eq!(run_task(&api, "late_fees", "2026-11-20").await, "", "a fee that was removed does not come back");
    assert_eq!(api.rows(columns, with_fee).await, fees[1..]);
}

#[tokio::test]
async fn invoices_are_charged_once_a_day_until_they_are_paid() {
    let gateway = Module::start().await;
    let api = payment_gateways::api_with(&gateway, |_| {}).await;
    api.sql("UPDATE tblinvoices SET duedate = '2026-11-21' WHERE id = 1").await;
    invoices(&api, &[(2, 2, "2026-11-10", "Unpaid", "5.00", ""), (3, 1, "2026-11-10", "Unpaid", "5.00", "")]).await;
    api.sql("UPDATE tblinvoices SET paymentmethod = 'stripe' WHERE id = 3").await;
    assert_eq!(
        run_task(&api, "captures", "2026-11-20").await,
        "",
        "not due, not by this gateway, and without a way to pay"
    );
    api.sql("UPDATE tblclients SET disableautocc = 1").await;
    assert_eq!(run_task(&api, "captures", "2026-11-21").await, "", "the client does not want it");
    api.sql("UPDATE tblclients SET disableautocc = 0").await;
    let declined = ScriptedResponse::Json(r#"{"status":"declined"}"#);
    for (day, outcome) in [("2026-11-21", declined), ("2026-11-22", payment_gateways::PAID)] {
        assert_eq!(run_task(&api, "captures", day).await, "requested 1");
        assert_eq!(run_task(&api, "captures", day).await, "", "it is being charged");
        gateway.respond_with([outcome]);
        payment_gateways::attempt_later(&api).await;
        assert_eq!(run_task(&api, "captures", day).await, "", "once a day");
    }
    assert_eq!(payment_gateways::status(&api).await, "Paid");
    assert_eq!(api.rows("invoice_id, state", payment_gateways::CHARGES).await, ["1 | failed", "1 | succeeded"]);
    assert_eq!(run_task(&api, "captures", "2026-11-23").await, "");
}

/// Templates of all notices, and clients with addresses: 4 has none, and 3 wants no overdue notices.
async fn with_templates(api: &TestApi) {
    api.sql(
        "UPDATE tblclients SET email = CONCAT(id, '@example.com'), overideduenotices = id = 3 WHERE id < 4; \
         INSERT INTO tblemailtemplates (type, name, subject, message) VALUES \
           ('invoice', 'Invoice Payment Reminder', 'Soon {$invoice_num}', '{$invoice_balance}'), \
           ('invoice', 'First Invoice Overdue Notice', 'First {$invoice_num}', 'x'), \
           ('invoice', 'Second Invoice Overdue Notice', 'Second {$invoice_num}', 'x'), \
           ('invoice', 'Third Invoice Overdue Notice', 'Third {$invoice_num}', 'x')",
    )
    .await;
}

#[tokio::test]
async fn each_notice_is_sent_once_on_its_day() {
    let api = api_with(|_| {}).await;
    with_templates(&api).await;
    invoices(
        &api,
        &[
            (1, 1, "2026-11-20", "Unpaid", "50.00", ""),
            (2, 1, "2026-11-20", "Paid", "50.00", ""),
            (3, 3, "2026-11-20", "Unpaid", "50.00", ""),
            (4, 4, "2026-11-20", "Unpaid", "50.00", ""),
        ],
    )
    .await;
    api.sql(
        "INSERT INTO tblhosting (id, userid) VALUES (9, 1); \
         UPDATE tblinvoiceitems SET type = 'Hosting', relid = 9 WHERE invoiceid = 1",
    )
    .await;
    for (day, counts, mails) in [
        ("2026-11-16", "", &[][..]),
        ("2026-11-17", "reminders 2, without_recipient 1", &["1@example.com | Soon 1", "3@example.com | Soon 3"]),
        ("2026-11-18", "", &[]),
        ("2026-11-20", "", &[]),
        ("2026-11-21", "overdue_notices 1, without_recipient 1", &["1@example.com | First 1"]),
        ("2026-11-21", "", &[]),
        // The day before, nothing ran.
        ("2026-11-28", "overdue_notices 1, without_recipient 1", &["1@example.com | Second 1"]),
        ("2026-12-04", "overdue_notices 1, without_recipient 1", &["1@example.com | Third 1"]),
        ("2027-01-20", "", &[]),
    ] {
        assert_eq!(run_task(&api, "reminders", day).await, counts, "{day}");
        assert_eq!(api.rows("`to`, subject", "tblemails ORDER BY id").await, mails, "{day}");
        api.sql("DELETE FROM tblemails").await;
    }
    let mut db = Lease::acquire(&api.hosts).await.unwrap();
    let sent = notices::overdue_of_service(&mut db, ClientId(1), ServiceId(9)).await.unwrap();
    db.release();
    assert_eq!((sent.first.as_deref(), sent.last.as_deref()), (Some("2026-11-21"), Some("2026-12-04")));
}

/// The outbox charges after the tasks of the day have run: the notice is sent once the gateway has declined, and only then.
#[tokio::test]
async fn a_notice_waits_for_the_charge_of_the_same_day() {
    for (answer, mails) in
        [(r#"{"status":"declined"}"#, vec!["First 1"]), (r#"{"status":"success","transid":"ch_1"}"#, vec![])]
    {
        let gateway = Module::start().await;
        let api = payment_gateways::api_with(&gateway, |_| {}).await;
        api.sql("UPDATE tblinvoices SET duedate = '2026-11-19' WHERE id = 1").await;
        with_templates(&api).await;
        let sent = async || api.rows("subject", "tblemails WHERE subject LIKE '% 1' ORDER BY id").await;
        for time in ["2026-11-20 09:00:00", "2026-11-20 09:05:00"] {
            scheduled(&api, time).await.unwrap();
            assert!(sent().await.is_empty(), "it is being charged");
        }
        gateway.respond_with([ScriptedResponse::Json(answer)]);
        payment_gateways::attempt_later(&api).await;
        for time in ["2026-11-20 09:10:00", "2026-11-20 09:15:00"] {
            scheduled(&api, time).await.unwrap();
            assert_eq!(sent().await, mails, "{answer}");
        }
    }
}

#[tokio::test]
async fn after_a_standstill_only_the_latest_notice_is_sent() {
    let api = api_with(|_| {}).await;
    with_templates(&api).await;
    invoices(
        &api,
        &[
            (1, 1, "2026-11-12", "Unpaid", "50.00", ""),
            (2, 1, "2026-11-08", "Unpaid", "50.00", ""),
            (3, 1, "2026-01-01", "Unpaid", "50.00", ""),
            (4, 1, "2026-11-21", "Unpaid", "50.00", ""),
        ],
    )
    .await;
    // Invoice 4 was made when its reminder had been due.
    api.sql("UPDATE tblinvoices SET date = '2026-11-19' WHERE id = 4").await;
    assert_eq!(run_task(&api, "reminders", "2026-11-20").await, "overdue_notices 2");
    let columns = "subject_id, notice, due_date, sent_on";
    let expected = [
        "1 | first:passed | 2026-11-12 | 2026-11-20",
        "1 | reminder:passed | 2026-11-12 | 2026-11-20",
        "1 | second | 2026-11-12 | 2026-11-20",
        "3 | first:passed | 2026-01-01 | 2026-11-20",
        "3 | reminder:passed | 2026-01-01 | 2026-11-20",
        "3 | second:passed | 2026-01-01 | 2026-11-20",
        "3 | third | 2026-01-01 | 2026-11-20",
    ];
    assert_eq!(api.rows(columns, "mod_whmcs_api_notices ORDER BY subject_id, notice").await, expected);
    assert_eq!(run_task(&api, "reminders", "2026-11-20").await, "");
    api.sql("DELETE FROM tblemailtemplates WHERE name LIKE 'Third%'").await;
    assert_eq!(run_task(&api, "reminders", "2026-11-26").await, "", "there is no template for the third notice");
}

#[tokio::test]
async fn invoices_that_nobody_pays_are_cancelled() {
    let api = api_with(|settings| settings.cancel_invoice_days = 30).await;
    invoices(
        &api,
        &[
            (1, 1, "2026-10-21", "Unpaid", "50.00", ""),
            (2, 1, "2026-10-22", "Unpaid", "50.00", ""),
            (3, 1, "2026-10-01", "Unpaid", "50.00", ""),
            (4, 1, "2026-10-01", "Payment Pending", "50.00", ""),
        ],
    )
    .await;
    api.sql("INSERT INTO tblaccounts (userid, invoiceid, amountin) VALUES (1, 3, 1.00)").await;
    assert_eq!(run_task(&api, "invoice_cancellations", "2026-11-20").await, "", "the day before, nothing ran");
    ran_before(&api, "2026-11-20").await;
    assert_eq!(run_task(&api, "invoice_cancellations", "2026-11-20").await, "cancelled 1");
    assert_eq!(api.rows("id", "tblinvoices WHERE status = 'Cancelled'").await, ["1"]);
    assert_eq!(run_task(&api, "invoice_cancellations", "2026-11-20").await, "");
}
