//! Reminders of invoices, and notices that they are overdue.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use super::{Unpaid, after, before, calendar, lock_unpaid};
use crate::config::Automation;
use crate::database::writer::Subject;
use crate::domain::clients::notice::{self, Planned};
use crate::domain::id::InvoiceId;
use crate::domain::payments::Command;
use crate::domain::time::parse_date;
use crate::events::{self, Event};
use crate::operations::billing::Refusal;
use crate::operations::{Context, Result};
use crate::outbox::mail::{self, InvoiceMail};
use crate::store;
use crate::store::automation::notices::{self, About, Fate};
use crate::store::automation::overdue::{self, UnpaidRow, Wanted};
use crate::store::billing::charges;
use crate::store::webhooks::events::raise;

/// A notice about an unpaid invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notice {
    /// Before the due date.
    Reminder,
    First,
    Second,
    Third,
}

impl Notice {
    const ALL: [Notice; 4] = [Notice::Reminder, Notice::First, Notice::Second, Notice::Third];

    /// The name under which it is recorded.
    fn name(self) -> &'static str {
        match self {
            Notice::Reminder => "reminder",
            Notice::First => "first",
            Notice::Second => "second",
            Notice::Third => "third",
        }
    }

    /// Its name in WHMCS's hook.
    fn hook_type(self) -> &'static str {
        match self {
            Notice::Reminder => "reminder",
            Notice::First => "firstoverdue",
            Notice::Second => "secondoverdue",
            Notice::Third => "thirdoverdue",
        }
    }

    fn template(self) -> &'static str {
        match self {
            Notice::Reminder => mail::INVOICE_PAYMENT_REMINDER,
            Notice::First => mail::FIRST_OVERDUE_NOTICE,
            Notice::Second => mail::SECOND_OVERDUE_NOTICE,
            Notice::Third => mail::THIRD_OVERDUE_NOTICE,
        }
    }

    /// The number of days before the due date, or after it; 0 if the notice is off.
    fn days(self, settings: &Automation) -> u64 {
        let [first, second, third] = settings.overdue_days;
        match self {
            Notice::Reminder => settings.reminder_days,
            Notice::First => first,
            Notice::Second => second,
            Notice::Third => third,
        }
    }

    /// When it is sent about an invoice with this due date. The last one is made up for however late it is, because suspensions
    /// wait for it.
    fn planned(self, settings: &Automation, due: NaiveDate) -> Option<Planned<Notice>> {
        let days = self.days(settings);
        if days == 0 {
            return None;
        }
        let catch_up = settings.notice_catch_up_days;
        if self == Notice::Reminder {
            let from = before(due, days);
            return Some(Planned { kind: self, from, until: after(from, catch_up).min(due) });
        }
        let from = after(due, days);
        let until = if self.is_last(settings) { NaiveDate::MAX } else { after(from, catch_up) };
        Some(Planned { kind: self, from, until })
    }

    fn is_last(self, settings: &Automation) -> bool {
        settings.overdue_days.iter().max() == Some(&self.days(settings))
    }

    /// The invoices that may be due for it on a day.
    fn wanted(self, settings: &Automation, today: NaiveDate) -> Wanted {
        let (days, catch_up) = (self.days(settings), settings.notice_catch_up_days);
        let is_reminder = self == Notice::Reminder;
        let (from, until) = match self {
            Notice::Reminder => (before(after(today, days), catch_up).max(today), after(today, days)),
            _ => (before(today, days.saturating_add(catch_up)), before(today, days)),
        };
        let from = if !is_reminder && self.is_last(settings) { calendar().0 } else { from };
        Wanted { notice: self.name(), from, until, is_for_all: is_reminder, days_before: is_reminder.then_some(days) }
    }
}

/// Returns the invoices that may be due for a notice on a day, and the templates that are not there for notices that are on.
pub async fn due_notices(
    db: &mut MySqlConnection,
    settings: &Automation,
    today: NaiveDate,
) -> sqlx::Result<(Vec<i64>, Vec<&'static str>)> {
    let (mut invoices, mut missing) = (BTreeSet::new(), Vec::new());
    for notice in Notice::ALL.into_iter().filter(|notice| notice.days(settings) > 0) {
        match has_template(db, notice).await? {
            true => invoices.extend(overdue::without_notice(db, notice.wanted(settings, today)).await?),
            false => missing.push(notice.template()),
        }
    }
    Ok((invoices.into_iter().collect(), missing))
}

/// Whether clients get notices that invoices are overdue: whether any is on, with a template.
pub async fn sends_overdue_notices(db: &mut MySqlConnection, settings: &Automation) -> sqlx::Result<bool> {
    for notice in [Notice::First, Notice::Second, Notice::Third] {
        if notice.days(settings) > 0 && has_template(db, notice).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn has_template(db: &mut MySqlConnection, notice: Notice) -> sqlx::Result<bool> {
    let template = store::system::email_templates::find(db, notice.template(), "").await?;
    Ok(template.is_some_and(|template| !template.is_disabled))
}

/// What became of the notices about an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeOutcome {
    NotDue,
    Reminded,
    OverdueNoticeSent,
    /// There was nobody to send it to.
    Nobody,
}

/// Sends the notice about an invoice that is due today: of several, the latest one. It waits while the invoice is being charged,
/// but not beyond the days for which it is made up for.
pub async fn send_notice(mut context: Context<'_>, id: InvoiceId, today: NaiveDate) -> Result<NoticeOutcome, Refusal> {
    let Some(Unpaid { invoice, row, due }) = lock_unpaid(&mut context, id).await? else {
        return Ok(NoticeOutcome::NotDue);
    };
    let settings = &context.settings.automation;
    let recorded = notices::recorded(context.db, About::Invoice(id.0), due).await?;
    let planned: Vec<_> = planned(settings, &row, due).collect();
    let is_recorded = |notice: Notice| recorded.iter().any(|recorded| recorded == notice.name());
    let Some(notice) = notice::due(planned.clone(), today, is_recorded) else { return Ok(NoticeOutcome::NotDue) };
    let began = planned.iter().find(|planned| planned.kind == notice.kind).map_or(today, |planned| planned.from);
    let can_wait = today < after(began, settings.notice_catch_up_days);
    if can_wait && charges::is_open(context.db, Command::Capture, id.0).await? {
        return Ok(NoticeOutcome::NotDue);
    }
    if !has_template(context.db, notice.kind).await? {
        return Ok(NoticeOutcome::NotDue);
    }
    let client = invoice.client.id;
    let links = &context.settings.links;
    let mail = InvoiceMail::for_notice(context.db, links, notice.kind.template(), client, id, context.now).await?;

    let about = About::Invoice(id.0);
    let mut tx = context.write(Subject::Client(client)).await?;
    for passed in notice.passed {
        notices::add(&mut tx, about, passed.name(), due, Fate::Passed).await?;
    }
    let fate = if mail.is_some() { Fate::Sent } else { Fate::Nobody };
    notices::add(&mut tx, about, notice.kind.name(), due, fate).await?;
    let Some(mail) = mail else { return Ok(NoticeOutcome::Nobody) };
    let line = format!("Email Sent - {} - Invoice ID: {id}", notice.kind.template());
    store::system::activity::log(&mut tx, Some(client), &line).await?;
    mail.send(&mut tx, id).await?;
    let reminder = Event::InvoicePaymentReminder { invoice: id, kind: notice.kind.hook_type() };
    raise(&mut tx, events::About::Client(client), &reminder).await?;
    Ok(match notice.kind {
        Notice::Reminder => NoticeOutcome::Reminded,
        Notice::First | Notice::Second | Notice::Third => NoticeOutcome::OverdueNoticeSent,
    })
}

/// The notices that an invoice gets. One that was made too late to be reminded of gets no reminder, and a client who wants no
/// overdue notices none of these.
fn planned<'s>(
    settings: &'s Automation,
    row: &'s UnpaidRow,
    due: NaiveDate,
) -> impl Iterator<Item = Planned<Notice>> + 's {
    let date = parse_date(&row.date);
    let planned = Notice::ALL.into_iter().filter_map(move |notice| notice.planned(settings, due));
    planned.filter(move |planned| match planned.kind {
        Notice::Reminder => date.is_none_or(|date| date <= planned.from),
        _ => !row.has_no_overdue_notices,
    })
}
