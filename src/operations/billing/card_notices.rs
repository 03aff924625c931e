//! Notices that stored cards end.

use chrono::{Datelike, Months, NaiveDate};
use sqlx::MySqlConnection;

use super::Refusal;
use crate::config::Automation;
use crate::database::writer::Subject;
use crate::domain::time::parse_date;
use crate::operations::{Context, Result};
use crate::outbox::mail::MailDraft;
use crate::store;
use crate::store::automation::cards;
use crate::store::automation::notices::{self, About, Fate};

/// The name under which a notice is recorded.
const NOTICE: &str = "ending";

/// Returns the pay methods with cards of which clients are to be told on a day; `None` if the template is not there.
pub async fn due_card_notices(
    db: &mut MySqlConnection,
    settings: &Automation,
    today: NaiveDate,
) -> sqlx::Result<Option<Vec<i64>>> {
    let Some((first, end)) = next_month(settings, today) else { return Ok(Some(Vec::new())) };
    let template = store::system::email_templates::find(db, &settings.card_notice_template, "").await?;
    if template.is_none_or(|template| template.is_disabled) {
        return Ok(None);
    }
    Ok(Some(cards::ending(db, first, end).await?))
}

/// Tells a client that a card ends with the next month. Returns whether the mail was sent.
pub async fn send_card_notice(context: Context<'_>, pay_method: i64, today: NaiveDate) -> Result<bool, Refusal> {
    let settings = &context.settings.automation;
    let Some((first, end)) = next_month(settings, today) else { return Ok(false) };
    let Some(client) = cards::owner(context.db, pay_method).await? else { return Ok(false) };
    if store::clients::client::lock(context.db, client).await?.is_none() {
        return Ok(false);
    }
    let card = cards::find(context.db, pay_method).await?.filter(|card| card.client == client.0);
    let Some(card) = card else { return Ok(false) };
    let Some(expires) = parse_date(&card.expires).filter(|day| (first..end).contains(day)) else { return Ok(false) };
    let about = About::Card(pay_method);
    if !notices::recorded(context.db, about, expires).await?.is_empty() {
        return Ok(false);
    }
    let mail = MailDraft::to_client(context.db, &settings.card_notice_template, client, context.now).await?;

    let mut tx = context.write(Subject::Client(client)).await?;
    let fate = if mail.is_some() { Fate::Sent } else { Fate::Nobody };
    notices::add(&mut tx, about, NOTICE, expires, fate).await?;
    let Some(mut mail) = mail else { return Ok(false) };
    mail.set("client_cc_type", card.card_type);
    mail.set("client_cc_number", card.last_four);
    mail.set("client_cc_expiry", expires.format("%m/%y").to_string());
    let line = format!("Email Sent - {} - Pay Method ID: {pay_method}", mail.subject());
    store::system::activity::log(&mut tx, Some(client), &line).await?;
    mail.send(&mut tx).await?;
    Ok(true)
}

/// The first day of the next month, and of the one after it, from the day of the month on at which clients are told.
fn next_month(settings: &Automation, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let first = today.with_day(1)?.checked_add_months(Months::new(1))?;
    let last_day = first.pred_opt()?.day();
    let is_time = settings.card_notice_day > 0 && today.day() >= settings.card_notice_day.min(last_day);
    Some((first, first.checked_add_months(Months::new(1))?)).filter(|_| is_time)
}
