//! Suspending and ending services: of clients who do not pay, at their request, and after the term of a product.

use chrono::{Days, NaiveDate};
use sqlx::MySqlConnection;

use super::Result;
use super::modules::{add_command, require_set_up};
use crate::config::{Automation, Settings};
use crate::database::lease::Lease;
use crate::database::writer::Subject;
use crate::domain::id::{ClientId, ServiceId};
use crate::domain::module::Command;
use crate::domain::service::{OVERDUE, Status};
use crate::domain::time::{Moment, parse_date};
use crate::events::{About, Event};
use crate::keyring::Passwords;
use crate::operations::{Context, billing};
use crate::outbox::mail::{self, MailDraft};
use crate::outbox::modules::{Arguments, service_mail};
use crate::store;
use crate::store::automation::endings::{self, EndingService};
use crate::store::automation::notices::overdue_of_service;
use crate::store::services::provisioning::ModuleChanges;
use crate::store::webhooks::events::raise;

/// What became of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It has the new status.
    Done,
    /// Its module gets the command, and the service has the new status once that has succeeded.
    Requested,
    /// It is not to be suspended or ended.
    NotDue,
}

/// Suspends a service that is late by this number of days, and whose client was asked to pay that long ago.
pub async fn suspend_late(context: Context<'_>, service: ServiceId, days: u64) -> Result<Ending> {
    let Some(service) = lock_late(&context.now, context.settings, context.db, service, days).await? else {
        return Ok(Ending::NotDue);
    };
    if service.status != Status::Active.name() {
        return Ok(Ending::NotDue);
    }
    change(context, &service, Change::Suspend).await
}

/// Terminates a service that is late by this number of days, and whose client was asked to pay that long ago.
pub async fn terminate_late(context: Context<'_>, service: ServiceId, days: u64) -> Result<Ending> {
    match lock_late(&context.now, context.settings, context.db, service, days).await? {
        Some(service) => change(context, &service, Change::TerminateLate).await,
        None => Ok(Ending::NotDue),
    }
}

/// Terminates a service whose product ends it after a number of days.
pub async fn end_fixed_term(context: Context<'_>, service: ServiceId) -> Result<Ending> {
    let today = context.now.date();
    let service = lock(context.db, service).await?;
    match service {
        Some(service) if endings::is_fixed_term_over(context.db, service.id, today).await? => {
            change(context, &service, Change::End(Status::Terminated)).await
        }
        _ => Ok(Ending::NotDue),
    }
}

/// Carries out a request to cancel a service, with its unpaid invoices that are for nothing else.
pub async fn carry_out_request(context: Context<'_>, request: i64) -> Result<Ending> {
    let Some((service, kind)) = endings::request(context.db, request).await? else { return Ok(Ending::NotDue) };
    let Some(service) = lock(context.db, ServiceId(service)).await? else { return Ok(Ending::NotDue) };
    let is_open = ["Pending", "Active", "Suspended"].contains(&&*service.status);
    let is_due =
        kind.eq_ignore_ascii_case("Immediate") || parse_date(&service.due).is_none_or(|due| due <= context.now.date());
    if !is_open || !is_due {
        return Ok(Ending::NotDue);
    }
    change(context, &service, Change::End(Status::Cancelled)).await
}

/// Ends the suspension of a service that was suspended because it was late, and is not any more.
pub async fn unsuspend_paid(context: Context<'_>, service: ServiceId, suspend_days: u64) -> Result<Ending> {
    let Some(service) = lock(context.db, service).await? else { return Ok(Ending::NotDue) };
    let latest = before(context.now.date(), suspend_days);
    let is_paid = parse_date(&service.due).is_some_and(|due| due > latest);
    if service.status != Status::Suspended.name() || !service.suspend_reason.eq_ignore_ascii_case(OVERDUE) || !is_paid {
        return Ok(Ending::NotDue);
    }
    change(context, &service, Change::Unsuspend).await
}

async fn lock(db: &mut Lease, id: ServiceId) -> Result<Option<EndingService>> {
    let Some(found) = endings::find(db, id.0).await? else { return Ok(None) };
    if store::clients::client::lock(db, ClientId(found.client)).await?.is_none() {
        return Ok(None);
    }
    Ok(endings::find(db, id.0).await?)
}

/// Locks a service that is late since this number of days: its next due date, an invoice for it that is not paid, and the notice
/// that this is overdue.
async fn lock_late(
    now: &Moment,
    settings: &Settings,
    db: &mut Lease,
    id: ServiceId,
    days: u64,
) -> Result<Option<EndingService>> {
    let today = now.date();
    let late = before(today, days);
    let Some(service) = lock(db, id).await? else { return Ok(None) };
    if !endings::is_late(db, service.id, late, today).await? {
        return Ok(None);
    }
    let is_ready = was_told(db, &settings.automation, &service, today, days).await?;
    Ok(Some(service).filter(|_| is_ready))
}

/// Whether the client has known for long enough that an invoice for a service is overdue: from the first notice on as many days as
/// there are between that and the suspension, and at least one. Clients who get no notices are not waited for.
async fn was_told(
    db: &mut Lease,
    settings: &Automation,
    service: &EndingService,
    today: NaiveDate,
    days: u64,
) -> Result<bool> {
    if service.has_no_notices || !billing::sends_overdue_notices(db, settings).await? {
        return Ok(true);
    }
    let first_notice = settings.overdue_days.into_iter().filter(|days| *days > 0).min().unwrap_or(days);
    let told = overdue_of_service(db, ClientId(service.client), ServiceId(service.id)).await?;
    let told = told.first.as_deref().and_then(parse_date);
    let latest = before(today, days.saturating_sub(first_notice).max(1));
    Ok(told.is_some_and(|told| told <= latest))
}

fn before(today: NaiveDate, days: u64) -> NaiveDate {
    today.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Suspend,
    Unsuspend,
    /// Because it is late, so that a payment withdraws it.
    TerminateLate,
    /// With this status.
    End(Status),
}

impl Change {
    fn command(self) -> Command {
        match self {
            Change::Suspend => Command::Suspend,
            Change::Unsuspend => Command::Unsuspend,
            Change::TerminateLate | Change::End(_) => Command::Terminate,
        }
    }

    /// The template of the mail to the client.
    fn template(self) -> Option<&'static str> {
        match self {
            Change::Suspend => Some(mail::SERVICE_SUSPENDED),
            Change::Unsuspend => Some(mail::SERVICE_UNSUSPENDED),
            Change::TerminateLate | Change::End(_) => None,
        }
    }

    fn done(self) -> &'static str {
        match self {
            Change::Suspend => "Service Suspended",
            Change::Unsuspend => "Service Unsuspended",
            Change::End(Status::Cancelled) => "Service Cancelled",
            Change::TerminateLate | Change::End(_) => "Service Terminated",
        }
    }

    /// The status of a service that it ends.
    fn final_status(self) -> Option<&'static str> {
        match self {
            Change::Suspend | Change::Unsuspend => None,
            Change::TerminateLate => Some(Status::Terminated.name()),
            Change::End(status) => Some(status.name()),
        }
    }

    fn arguments(self) -> Arguments {
        Arguments {
            suspend_reason: (self == Change::Suspend).then(|| OVERDUE.to_owned()),
            mail: self.template().map(str::to_owned),
            status: self.final_status().map(str::to_owned),
            ends_all: self.final_status().is_some(),
            is_for_lateness: matches!(self, Change::Suspend | Change::TerminateLate),
            ..Arguments::default()
        }
    }
}

/// Changes a service, or has its module do so.
async fn change(context: Context<'_>, service: &EndingService, change: Change) -> Result<Ending> {
    let (id, client) = (ServiceId(service.id), ClientId(service.client));
    let has_module = !service.module.is_empty() && service.status != Status::Pending.name();
    if has_module {
        require_set_up(context.modules, &service.module)?;
        if endings::is_commanded(context.db, service.id, change.command()).await? {
            return Ok(Ending::NotDue);
        }
    }
    let passwords = context.passwords();
    let draft = match change.template() {
        Some(template) if !has_module => draft(context.db, id, template, change, passwords, context.now).await?,
        _ => None,
    };

    let mut tx = context.write(Subject::Client(client)).await?;
    if has_module {
        add_command(&mut tx, id, &service.module, None, change.command(), &change.arguments()).await?;
        return Ok(Ending::Requested);
    }
    let is_changed = match change.final_status() {
        Some(status) => {
            endings::end_addons(&mut tx, service.id, status).await?;
            endings::cancel_invoices(&mut tx, service.id).await?;
            endings::end(&mut tx, service.id, status).await?
        }
        None if change == Change::Suspend => endings::suspend(&mut tx, service.id, OVERDUE).await?,
        None => store::billing::terms::unsuspend_service(&mut tx, service.id).await?,
    };
    if !is_changed {
        return Ok(Ending::NotDue);
    }
    store::system::activity::log(&mut tx, Some(client), &format!("{} - Service ID: {id}", change.done())).await?;
    raise(&mut tx, About::Client(client), &Event::ServiceEdit { client, service: id }).await?;
    if let Some(draft) = draft {
        draft.send(&mut tx).await?;
    }
    Ok(Ending::Done)
}

async fn draft(
    db: &mut MySqlConnection,
    service: ServiceId,
    template: &str,
    change: Change,
    passwords: Passwords<'_>,
    now: Moment,
) -> Result<Option<MailDraft>> {
    let changes = ModuleChanges { suspend_reason: change.arguments().suspend_reason, ..ModuleChanges::default() };
    Ok(service_mail(db, service, Some(template), &changes, passwords, now).await?)
}
