//! Dates, which callers write as ISO 8601, without separators, in the operator's format, and with or without a time.

use serde_json::Value;

use super::{equal_effects, same_effect};
use crate::support::{NOW, TestApi};

/// Whether a schema describes a day, or a time.
fn is_date(schema: &Value) -> bool {
    schema["pattern"].as_str().is_some_and(|pattern| pattern.starts_with("^[0-9]{4}-[0-9]{2}-[0-9]{2}"))
}

fn is_day(schema: &Value) -> bool {
    is_date(schema) && schema["pattern"].as_str().is_some_and(|pattern| pattern.ends_with("{2}$"))
}

/// Whether a date counts as not given if it is `0000-00-00`, instead of being removed.
fn is_never_removed(schema: &Value) -> bool {
    is_date(schema) && schema["examples"].is_null()
}

/// `20261120`, `20261120T123000`
fn compact(value: &str) -> String {
    value.replace(['-', ':'], "").replace(' ', "T")
}

/// `2026-11-20T12:30:00.5Z`: the clock of the tests shows UTC.
fn iso_8601(value: &str) -> String {
    match value.split_once(' ') {
        Some((day, time)) => format!("{day}T{time}.5Z"),
        None => format!(" {} ", value.replace('-', "/")),
    }
}

/// `20/11/2026 12:30:00`
fn in_the_operators_format(value: &str) -> String {
    let (day, time) = value.split_at(10);
    let parts: Vec<&str> = day.split('-').collect();
    format!("{}/{}/{}{time}", parts[2], parts[1], parts[0])
}

#[tokio::test]
async fn have_the_same_effect_in_every_form() {
    same_effect(is_date, &[compact, iso_8601, in_the_operators_format]).await;
}

#[tokio::test]
async fn a_day_stays_that_day_whatever_time_follows() {
    same_effect(is_day, &[|value| format!("{value}T23:59:59.999-11:00")]).await;
}

#[tokio::test]
async fn no_date_counts_as_not_given_unless_it_can_be_stored() {
    equal_effects(
        is_never_removed,
        |_| String::new(),
        &[
            |_| "0000-00-00 00:00:00".to_owned(),
            |_| "0000-00-00 00:00:00.000000".to_owned(),
            |_| "0000-00-00T00:00:00Z".to_owned(),
            |_| "-0001-11-30T00:00:00+00:00".to_owned(),
        ],
    )
    .await;
    equal_effects(is_never_removed, |_| "0000-00-00".to_owned(), &[|_| "00000000".to_owned()]).await;
}

/// Each is malformed, as `tomorrow` is, and nothing is written.
#[tokio::test]
async fn impossible_days_are_refused() {
    let impossible: [fn(&str) -> String; 3] =
        [|_| "2026-02-30".to_owned(), |_| "20261301".to_owned(), |_| "31/02/2026".to_owned()];
    equal_effects(is_date, |_| "tomorrow".to_owned(), &impossible).await;
}

#[tokio::test]
async fn a_time_with_an_offset_is_stored_on_the_operators_clock() {
    let api = TestApi::new().await;
    for (sent, stored) in [
        ("2026-11-19T23:30:00-01:00", "2026-11-20 00:30:00"),
        // A `+` that was not encoded is a space.
        ("2026-11-20T10:00:00+02:00", "2026-11-20 08:00:00"),
        ("2026-11-20T10:00:00%2B02:00", "2026-11-20 08:00:00"),
    ] {
        api.reply(&format!("action=AddTransaction&userid=1&paymentmethod=paypal&amountin=1&date={sent}")).await;
        assert_eq!(api.rows("date", "tblaccounts ORDER BY id DESC LIMIT 1").await, [stored], "{sent}");
    }
}

#[tokio::test]
async fn a_date_that_can_be_missing_is_removed() {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=5").await;
    api.reply("action=UpdateInvoice&invoiceid=1&status=Paid&datepaid=0000-00-00 00:00:00").await;
    assert_eq!(api.rows("datepaid", "tblinvoices").await, [NOW], "it is paid now");
    api.reply("action=UpdateInvoice&invoiceid=1&datepaid=0000-00-00").await;
    assert_eq!(api.rows("datepaid", "tblinvoices").await, ["0000-00-00 00:00:00"]);
    api.reply("action=AddPromoCode&code=x&type=fixed&value=1&expirationdate=20301231").await;
    assert_eq!(api.rows("expirationdate", "tblpromotions").await, ["2030-12-31"]);
    api.reply("action=AddPromoCode&promotionid=1&value=2").await;
    assert_eq!(api.rows("expirationdate", "tblpromotions").await, ["2030-12-31"]);
    for none in ["0000-00-00", "0000-00-00T00:00:00Z", "0001-01-01T00:00:00Z"] {
        api.reply("action=AddPromoCode&promotionid=1&expirationdate=2030-12-31").await;
        api.reply(&format!("action=AddPromoCode&promotionid=1&expirationdate={none}")).await;
        assert_eq!(api.rows("expirationdate", "tblpromotions").await, ["0000-00-00"], "{none}");
    }
}
