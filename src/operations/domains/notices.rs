//! Notices that domains are due.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use sqlx::MySqlConnection;

use super::Result;
use crate::config::Automation;
use crate::database::writer::Subject;
use crate::domain::clients::notice::{self, Planned};
use crate::domain::id::DomainId;
use crate::domain::time::parse_date;
use crate::operations::Context;
use crate::outbox::mail::MailDraft;
use crate::store;
use crate::store::automation::domains::{self, DomainDates};
use crate::store::automation::notices::{self, About, Fate};
use crate::store::system::merge_fields;

/// Returns the domains that may be due for a notice on a day; `None` if the template is not there.
pub async fn due_notices(
    db: &mut MySqlConnection,
    settings: &Automation,
    today: NaiveDate,
) -> sqlx::Result<Option<Vec<i64>>> {
    let template = store::system::email_templates::find(db, &settings.domain_notice_template, "").await?;
    if template.is_none_or(|template| template.is_disabled) {
        return Ok(None);
    }
    let mut due = BTreeSet::new();
    for days in &settings.domain_notice_days {
        let last = shifted(today, *days);
        let first = last.checked_sub_days(Days::new(settings.notice_catch_up_days)).unwrap_or(last);
        due.extend(domains::without_notice(db, &name(*days), first, last).await?);
    }
    Ok(Some(due.into_iter().collect()))
}

/// Sends the notice about a domain that is due today: of several, the latest one. Returns whether it was sent.
pub async fn send_notice(context: Context<'_>, id: DomainId, today: NaiveDate) -> Result<bool> {
    let Some(owner) = store::domains::registered::client_of(context.db, id).await? else { return Ok(false) };
    if store::clients::client::lock(context.db, owner).await?.is_none() {
        return Ok(false);
    }
    let domain = domains::find(context.db, id).await?.filter(|domain| domain.client == owner && is_renewed(domain));
    let Some(domain) = domain else { return Ok(false) };
    let Some(due) = parse_date(&domain.due) else { return Ok(false) };
    let settings = &context.settings.automation;
    let recorded = notices::recorded(context.db, About::Domain(id.0), due).await?;
    let planned = settings.domain_notice_days.iter().map(|days| {
        let from = shifted(due, days.saturating_neg());
        let until = from.checked_add_days(Days::new(settings.notice_catch_up_days)).unwrap_or(from);
        Planned { kind: *days, from, until }
    });
    let is_recorded = |days: i64| recorded.contains(&name(days));
    let Some(notice) = notice::due(planned.collect(), today, is_recorded) else { return Ok(false) };
    let mail = MailDraft::to_client(context.db, &settings.domain_notice_template, owner, context.now).await?;
    let fields = merge_fields::domain(context.db, id.0).await?;

    let about = About::Domain(id.0);
    let mut tx = context.write(Subject::Client(owner)).await?;
    for passed in notice.passed {
        notices::add(&mut tx, about, &name(passed), due, Fate::Passed).await?;
    }
    let fate = if mail.is_some() { Fate::Sent } else { Fate::Nobody };
    notices::add(&mut tx, about, &name(notice.kind), due, fate).await?;
    let (Some(mut mail), Some(fields)) = (mail, fields) else { return Ok(false) };
    mail.set_related(&fields.fields);
    mail.set("domain_days_until_nextdue", (due - today).num_days().to_string());
    if let Some(expires) = parse_date(&domain.expires) {
        mail.set("domain_days_until_expiry", (expires - today).num_days().to_string());
    }
    let line = format!("Email Sent - {} - Domain ID: {id}", mail.subject());
    store::system::activity::log(&mut tx, Some(owner), &line).await?;
    mail.send(&mut tx).await?;
    Ok(true)
}

fn is_renewed(domain: &DomainDates) -> bool {
    domain.status == "Active" && domain.has_price && !domain.is_not_renewed
}

/// The name under which a notice is recorded that is sent this many days before the due date.
fn name(days: i64) -> String {
    format!("days_{days}")
}

fn shifted(day: NaiveDate, days: i64) -> NaiveDate {
    let shift = Days::new(days.unsigned_abs());
    let shifted = if days < 0 { day.checked_sub_days(shift) } else { day.checked_add_days(shift) };
    shifted.unwrap_or(day)
}
