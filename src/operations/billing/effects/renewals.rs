//! The next terms of what a paid invoice is for: the next due date moves by the billing cycle from its own value, however late the
//! payment is, and what waited for the payment is set up or unsuspended.

use std::collections::{BTreeSet, HashMap};

use chrono::{Days, NaiveDate};
use sqlx::MySqlConnection;

use super::BilledLine;
use crate::config::{Automation, Settings};
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, InvoiceId, ServiceId};
use crate::domain::module::Command;
use crate::domain::order::cycle::Term;
use crate::domain::renewal::{ItemKind, MonthEnd, parse_term};
use crate::domain::service::OVERDUE;
use crate::domain::settlement::{Invoice, Kind};
use crate::domain::time::{Moment, parse_date};
use crate::fault::{self, Fault};
use crate::operations::billing::LockedInvoice;
use crate::outbox::kind::random_request_id;
use crate::outbox::modules::Arguments;
use crate::store;
use crate::store::automation::endings;
use crate::store::billing::terms::{self, BilledTerm, Renewal, TermItem};
use crate::store::domains::registrar_params;
use crate::store::services::module_calls::NewCall;
use crate::store::services::provisioning;

/// The lines that can begin a further term, and what they are for.
#[derive(Debug, Default)]
pub(super) struct Renewals {
    lines: Vec<TermLine>,
    items: HashMap<(ItemKind, i64), TermItem>,
    /// How often each line has begun a term, by the line.
    renewed: HashMap<i64, i64>,
    /// The terms that the invoices bill.
    billed: Vec<(InvoiceId, BilledTerm)>,
    rules: Rules,
}

#[derive(Debug, Clone, Copy)]
struct TermLine {
    /// 0 for one that is about to be written.
    invoice: InvoiceId,
    id: i64,
    kind: ItemKind,
    item: i64,
    /// The years for which an order renews a domain, if they are not those of the domain.
    years: Option<u32>,
}

/// The settings on which renewals depend.
#[derive(Debug, Default)]
struct Rules {
    month_end: MonthEnd,
    unsuspends: bool,
    suspend_days: u64,
    renews_again: bool,
    /// The modules that are set up on this server.
    modules: BTreeSet<String>,
    /// Those that are told of renewals.
    renewing: BTreeSet<String>,
    today: NaiveDate,
}

impl Rules {
    fn of(settings: &Settings, now: Moment) -> Rules {
        let Automation { month_end, unsuspend, suspend_days, .. } = settings.automation;
        Rules {
            month_end: month_end.into(),
            unsuspends: unsuspend,
            suspend_days,
            renews_again: settings.compat.paid_twice,
            modules: settings.modules.keys().cloned().collect(),
            renewing: settings.automation.renewing_modules.iter().cloned().collect(),
            today: now.date(),
        }
    }

    /// Whether a service with this next due date is not so late that it would be suspended.
    fn is_in_time(&self, due: NaiveDate) -> bool {
        self.today.checked_sub_days(Days::new(self.suspend_days)).is_some_and(|latest| due > latest)
    }
}

impl Renewals {
    /// Reads the renewals of a stored invoice and of those that it pays, with `changed` in place of its own lines.
    pub async fn of_invoice(
        db: &mut MySqlConnection,
        settings: &Settings,
        invoice: &LockedInvoice,
        changed: Option<&[BilledLine]>,
        now: Moment,
    ) -> sqlx::Result<Renewals> {
        let stored =
            |state: &Invoice| state.lines.iter().map(|line| (state.id, line.id, line.kind, line.related)).collect();
        let mut lines: Vec<(InvoiceId, i64, Kind, i64)> = match changed {
            Some(changed) => selling(changed).collect(),
            None => stored(&invoice.state),
        };
        lines.extend(invoice.child_invoices.values().flat_map(stored));
        Renewals::read(db, settings, lines, now).await
    }

    /// Reads the renewals of these lines.
    pub async fn of_lines(
        db: &mut MySqlConnection,
        settings: &Settings,
        lines: &[BilledLine],
        now: Moment,
    ) -> sqlx::Result<Renewals> {
        Renewals::read(db, settings, selling(lines).collect(), now).await
    }

    async fn read(
        db: &mut MySqlConnection,
        settings: &Settings,
        lines: Vec<(InvoiceId, i64, Kind, i64)>,
        now: Moment,
    ) -> sqlx::Result<Renewals> {
        let mut ordered: HashMap<InvoiceId, HashMap<i64, u32>> = HashMap::new();
        for (invoice, ..) in lines.iter().filter(|(invoice, _, kind, _)| *kind == Kind::Domain && invoice.0 > 0) {
            if !ordered.contains_key(invoice) {
                ordered.insert(*invoice, registrar_params::renewals(db, invoice.0).await?);
            }
        }
        let term = |(invoice, id, line_kind, item)| {
            let years = ordered.get(&invoice).filter(|_| line_kind == Kind::Domain);
            let years = years.and_then(|years| years.get(&item)).copied();
            Some(TermLine { invoice, id, kind: ItemKind::of_line(line_kind)?, item, years })
        };
        let lines: Vec<TermLine> = lines.into_iter().filter_map(term).filter(|line| line.item > 0).collect();
        if lines.is_empty() {
            return Ok(Renewals::default());
        }
        let mut items = HashMap::new();
        for kind in ItemKind::ALL {
            let ids: BTreeSet<i64> = lines.iter().filter(|line| line.kind == kind).map(|line| line.item).collect();
            if !ids.is_empty() {
                let read = terms::items(db, kind, ids.into_iter()).await?;
                items.extend(read.into_iter().map(|item| ((kind, item.id), item)));
            }
        }
        let stored = lines.iter().map(|line| line.id).filter(|id| *id > 0);
        let renewed = if stored.clone().next().is_some() { terms::renewed(db, stored).await? } else { HashMap::new() };
        let invoices: BTreeSet<i64> = lines.iter().map(|line| line.invoice.0).filter(|id| *id > 0).collect();
        let billed = if invoices.is_empty() { Vec::new() } else { terms::billed(db, invoices.into_iter()).await? };
        Ok(Renewals { lines, items, renewed, billed, rules: Rules::of(settings, now) })
    }

    pub fn set_line_ids(&mut self, ids: &[i64]) {
        for line in &mut self.lines {
            if let Some(id) = line.id.checked_neg().and_then(|number| ids.get(usize::try_from(number - 1).ok()?)) {
                line.id = *id;
            }
        }
    }

    /// Begins the next terms of what an invoice is for.
    pub async fn renew(&mut self, tx: &mut Writer<'_>, client: ClientId, invoice: InvoiceId) -> fault::Result<()> {
        let is_of_invoice = |line: &TermLine| line.invoice == invoice || line.invoice.0 == 0;
        let lines: Vec<TermLine> = self.lines.iter().copied().filter(is_of_invoice).collect();
        for line in lines {
            self.renew_by(tx, client, TermLine { invoice, ..line }).await?;
        }
        Ok(())
    }

    /// Records that an invoice which is not Paid any more has begun the terms of its lines, if nothing tells of it: another program
    /// has, or an order for which nothing was to be paid. So it begins no others when it is paid again.
    pub async fn keep(&mut self, tx: &mut Writer<'_>, invoice: InvoiceId) -> fault::Result<()> {
        for line in self.lines.iter().filter(|line| line.invoice == invoice) {
            let due = self.items.get(&(line.kind, line.item)).and_then(|item| parse_date(&item.due));
            let repetition = self.renewed.entry(line.id).or_default();
            let Some(due) = due.filter(|_| *repetition == 0 && line.id > 0) else { continue };
            let TermLine { id, kind, item, .. } = *line;
            let (next_due, next_invoice) = (due, due);
            let kept = Renewal { line: id, repetition: 0, kind, item, invoice, due, next_due, next_invoice };
            terms::add_renewal(tx, kept).await?;
            *repetition += 1;
        }
        Ok(())
    }

    async fn renew_by(&mut self, tx: &mut Writer<'_>, client: ClientId, line: TermLine) -> fault::Result<()> {
        let Renewals { items, renewed, rules, billed, .. } = self;
        let Some(item) = items.get_mut(&(line.kind, line.item)) else { return Ok(()) };
        let repetition = renewed.entry(line.id).or_default();
        if *repetition > 0 && !rules.renews_again {
            return Ok(());
        }
        let mut is_further = false;
        if let Some(renewal) = rules.renewal(line, *repetition, item, billed) {
            is_further = parse_date(&item.registered).is_none_or(|first| renewal.due > first);
            if !terms::renew(tx, renewal).await? {
                return Err(Fault::Vanished);
            }
            (item.due, item.next_invoice) = (renewal.next_due.to_string(), renewal.next_invoice.to_string());
            *repetition += 1;
        }
        match line.kind {
            ItemKind::Service => {
                rules.serve(tx, client, item).await?;
                if is_further { rules.renew_at_module(tx, item).await } else { Ok(()) }
            }
            ItemKind::Addon => rules.activate_addon(tx, client, item).await,
            // A registrar gets the command that the line is for.
            ItemKind::Domain => Ok(()),
        }
    }
}

/// The lines that sell something: invoice, id, kind, and what they are for.
fn selling(lines: &[BilledLine]) -> impl Iterator<Item = (InvoiceId, i64, Kind, i64)> {
    lines.iter().filter_map(|line| Some((line.invoice, line.id, Kind::parse_line_kind(&line.kind)?, line.related)))
}

impl Rules {
    /// The next term of an item; `None` if it does not recur, or has no due date.
    fn renewal(
        &self,
        line: TermLine,
        repetition: i64,
        item: &TermItem,
        billed: &[(InvoiceId, BilledTerm)],
    ) -> Option<Renewal> {
        let due = parse_date(&item.due)?;
        let registered = parse_date(&item.registered).filter(|_| !item.is_prorated);
        let term = line.years.map(Term::Years).or_else(|| parse_term(&item.cycle))?;
        // The cycle may have changed after the invoice was made.
        let is_of_line = |(invoice, term): &&(InvoiceId, BilledTerm)| {
            *invoice == line.invoice && (term.kind, term.item, term.due) == (line.kind, line.item, due)
        };
        let next_due = match billed.iter().find(is_of_line) {
            Some((_, term)) => term.next_due,
            None => self.month_end.next(term, due, registered)?,
        };
        let TermLine { invoice, id, kind, item: id_of_item, .. } = line;
        // What was invoiced beyond the next term stays invoiced.
        let next_invoice = parse_date(&item.next_invoice).map_or(next_due, |day| day.max(next_due));
        Some(Renewal { line: id, repetition, kind, item: id_of_item, invoice, due, next_due, next_invoice })
    }

    /// Sets up or unsuspends a service that waited for its payment.
    async fn serve(&self, tx: &mut Writer<'_>, client: ClientId, item: &TermItem) -> fault::Result<()> {
        let command = match &*item.status {
            "Pending" if item.set_up == "payment" => Command::Create,
            "Suspended" if self.ends_suspension(item) => Command::Unsuspend,
            _ if self.is_paid(item) => return Ok(endings::withdraw(tx, item.id).await?),
            _ => return Ok(()),
        };
        let service = ServiceId(item.id);
        if !item.module.is_empty() {
            return self.command(tx, client, item, command).await;
        }
        match command {
            Command::Create => provisioning::activate(tx, service).await?,
            _ => {
                terms::unsuspend_service(tx, item.id).await?;
            }
        }
        let done = if command == Command::Create { "Service Activated" } else { "Service Unsuspended" };
        Ok(store::system::activity::log(tx, Some(client), &format!("{done} - Service ID: {service}")).await?)
    }

    /// Tells the service's module that a further term was paid for, if it has the function for that.
    async fn renew_at_module(&self, tx: &mut Writer<'_>, item: &TermItem) -> fault::Result<()> {
        let has_it = self.modules.contains(&item.module) && self.renewing.contains(&item.module);
        if !has_it || !matches!(&*item.status, "Active" | "Suspended") {
            return Ok(());
        }
        let (service, module, request_id) = (ServiceId(item.id), &item.module, random_request_id()?);
        let new = NewCall { service, order: None, module, command: Command::Renew, arguments: "{}", request_id };
        Ok(store::services::module_calls::add_beside(tx, new).await?)
    }

    /// Whether a service was suspended because it was not paid, and is not late any more.
    fn ends_suspension(&self, item: &TermItem) -> bool {
        let reason = item.suspend_reason.trim();
        let is_overdue = reason.is_empty() || reason.eq_ignore_ascii_case(OVERDUE);
        self.unsuspends && is_overdue && self.is_paid(item)
    }

    /// Whether an item is not late any more.
    fn is_paid(&self, item: &TermItem) -> bool {
        parse_date(&item.due).is_some_and(|due| self.is_in_time(due))
    }

    /// Queues a command to the service's module.
    async fn command(
        &self,
        tx: &mut Writer<'_>,
        client: ClientId,
        item: &TermItem,
        command: Command,
    ) -> fault::Result<()> {
        let service = ServiceId(item.id);
        let is_queued = self.modules.contains(&item.module) && {
            let arguments =
                Arguments { sends_welcome: command == Command::Create, ..Arguments::default() }.to_json()?;
            let (module, request_id) = (&item.module, random_request_id()?);
            let new = NewCall { service, order: None, module, command, arguments: &arguments, request_id };
            store::services::module_calls::add(tx, new).await?
        };
        if is_queued {
            return Ok(());
        }
        let line = format!(
            "Module {} Failed - Service ID: {service} - Error: the module cannot be asked now",
            command.title()
        );
        Ok(store::system::activity::log(tx, Some(client), &line).await?)
    }

    async fn activate_addon(&self, tx: &mut Writer<'_>, client: ClientId, item: &TermItem) -> fault::Result<()> {
        let is_due = match &*item.status {
            "Pending" => item.set_up == "payment",
            "Suspended" => self.ends_suspension(item),
            _ => false,
        };
        if is_due {
            // Its event must not be told without it.
            if !terms::activate_addon(tx, item.id, &item.status).await? {
                return Err(Fault::Vanished);
            }
            let line = format!("Addon Activated - Addon ID: {}", item.id);
            store::system::activity::log(tx, Some(client), &line).await?;
        }
        Ok(())
    }
}
