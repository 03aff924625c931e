//! What is due of a client.

use chrono::{Days, NaiveDate};
use sqlx::MySqlConnection;

use super::Refusal;
use crate::config::{Automation, Settings};
use crate::domain::billable_item::{InvoiceAction, Period, Recurrence};
use crate::domain::id::{ClientId, DomainId};
use crate::domain::order::cycle::Cycle;
use crate::domain::renewal::{ItemKind, parse_term};
use crate::domain::time::parse_date;
use crate::operations::domains::expiry::has_lapsed;
use crate::operations::{Context, OperationError, Result, billing};
use crate::store;
use crate::store::automation::due::{BillableRow, DueItem};
use crate::store::clients::client::Client;
use crate::store::system::configuration::{self, Configuration};

/// Which items are invoiced.
#[derive(Debug, Clone, Default)]
pub enum Selection {
    /// All that are due.
    #[default]
    Due,
    /// These, whether they are due or not.
    Listed { services: Vec<i64>, addons: Vec<i64>, domains: Vec<i64> },
}

impl Selection {
    fn includes(&self, kind: ItemKind, id: i64, due: NaiveDate, until: NaiveDate) -> bool {
        match self {
            Selection::Due => due <= until,
            Selection::Listed { services, addons, domains } => match kind {
                ItemKind::Service => services.contains(&id),
                ItemKind::Addon => addons.contains(&id),
                ItemKind::Domain => domains.contains(&id),
            },
        }
    }
}

/// Until which day what is due is invoiced.
#[derive(Debug, Clone)]
pub struct Horizon {
    today: NaiveDate,
    days: u64,
    days_of_domains: u64,
    days_by_cycle: Vec<(Cycle, u64)>,
    is_continuous: bool,
}

impl Horizon {
    pub fn new(settings: &Automation, configuration: &Configuration, today: NaiveDate) -> Horizon {
        let days = settings.invoice_days.unwrap_or(configuration.days_to_pay);
        let by_cycle = settings.invoice_days_by_cycle.iter();
        Horizon {
            today,
            days,
            days_of_domains: settings.invoice_days_of_domains.unwrap_or(days),
            days_by_cycle: by_cycle.filter_map(|(cycle, days)| Some((Cycle::parse(cycle)?, *days))).collect(),
            is_continuous: settings.continuous_invoices,
        }
    }

    /// The last day until which an item of this kind and cycle is invoiced.
    fn of(&self, kind: ItemKind, cycle: &str) -> NaiveDate {
        let of_cycle = Cycle::parse(cycle)
            .and_then(|cycle| self.days_by_cycle.iter().find(|(of, _)| *of == cycle))
            .map_or(self.days, |(_, days)| *days);
        self.after(if kind == ItemKind::Domain { self.days_of_domains } else { of_cycle })
    }

    /// The last day until which any service or addon is invoiced.
    pub fn of_items(&self) -> NaiveDate {
        self.after(self.days_by_cycle.iter().map(|(_, days)| *days).fold(self.days, u64::max))
    }

    /// The last day until which domains are invoiced.
    pub fn of_domains(&self) -> NaiveDate {
        self.after(self.days_of_domains)
    }

    fn after(&self, days: u64) -> NaiveDate {
        self.today.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
    }

    /// Returns the clients who may have something that is due, with these settings.
    pub async fn clients(&self, db: &mut MySqlConnection) -> sqlx::Result<Vec<i64>> {
        store::automation::due::clients(db, self.of_items(), self.of_domains(), self.today, self.is_continuous).await
    }
}

/// What is due of a client, with what its invoices depend on.
#[derive(Debug)]
pub(super) struct Due {
    pub terms: Vec<DueTerm>,
    pub billable: Vec<DueBillable>,
    /// The services that were invoiced as often as their products say.
    pub completed: Vec<i64>,
    /// The configurable options: service, option and choice.
    pub options: Vec<(i64, String, String)>,
    pub configuration: Configuration,
    pub date_format: String,
    /// The payment method of billable items.
    pub payment_method: String,
    /// Whether the client's credit pays for the invoices.
    pub applies_credit: bool,
    pub taxes_billable: bool,
}

impl Due {
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.billable.is_empty() && self.completed.is_empty()
    }
}

#[derive(Debug)]
pub(super) struct DueTerm {
    pub kind: ItemKind,
    pub item: DueItem,
    pub due: NaiveDate,
    pub next_due: NaiveDate,
    pub taxed: bool,
    pub promotion: PromotionUse,
}

/// What becomes of the promotion of a service with this term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PromotionUse {
    None,
    Applied,
    /// It has been used for all its terms.
    Ended,
}

#[derive(Debug)]
pub(super) struct DueBillable {
    pub row: BillableRow,
    pub due: NaiveDate,
    /// The next due date of one that recurs.
    pub next_due: Option<NaiveDate>,
}

/// Reads what is due of a client who is locked.
pub(super) async fn read(context: &mut Context<'_>, client: &Client, request: &super::Request) -> Result<Due, Refusal> {
    let (settings, today) = (&context.settings.automation, context.now.date());
    let configuration = configuration::read(context.db).await?;
    let horizon = Horizon::new(settings, &configuration, today);
    let orders = configuration::orders(context.db).await?;
    let items = store::automation::due::items(context.db, client.id).await?;
    let rules = Rules { settings: context.settings, horizon: &horizon, taxes_domains: orders.taxes_domains };
    let mut due = Due {
        terms: Vec::new(),
        billable: Vec::new(),
        completed: Vec::new(),
        options: Vec::new(),
        configuration,
        date_format: orders.date_format,
        payment_method: String::new(),
        applies_credit: store::system::configuration::applies_credit(context.db).await?,
        taxes_billable: settings.taxes_billable_items,
    };
    for item in items {
        match rules.judge(item, &request.selection) {
            Judgment::Due(term) if is_lost(context.db, &term, &request.selection, today).await? => {}
            Judgment::Due(term) => due.terms.push(*term),
            Judgment::Completed(service) => due.completed.push(service),
            Judgment::Other => {}
        }
    }
    if matches!(request.selection, Selection::Due) {
        let first_due = due.terms.iter().map(|term| term.due).min();
        due.billable = billable(context.db, client.id, today, horizon.of_items(), first_due).await?;
    }
    let services = || due.terms.iter().filter(|term| term.kind == ItemKind::Service).map(|term| term.item.id);
    if services().next().is_some() {
        due.options = store::automation::due::options(context.db, services()).await?;
    }
    if !due.billable.is_empty() {
        let same = due.terms.first().map(|term| term.item.payment_method.clone());
        due.payment_method = match same {
            Some(method) => method,
            None => match billing::gateway_of_client(context.db, None, client).await {
                Ok(method) => method,
                Err(OperationError::Refused(_)) => String::new(),
                Err(OperationError::Fault(fault)) => return Err(fault.into()),
            },
        };
    }
    Ok(due)
}

/// Whether a term is of a domain that can be renewed no more, and that nobody has asked for.
async fn is_lost(
    db: &mut MySqlConnection,
    term: &DueTerm,
    selection: &Selection,
    today: NaiveDate,
) -> sqlx::Result<bool> {
    let may_be = term.kind == ItemKind::Domain && term.due < today && matches!(selection, Selection::Due);
    Ok(may_be && has_lapsed(db, DomainId(term.item.id), today).await?)
}

/// What decides whether an item is due.
struct Rules<'r> {
    settings: &'r Settings,
    horizon: &'r Horizon,
    taxes_domains: bool,
}

enum Judgment {
    Due(Box<DueTerm>),
    Completed(i64),
    Other,
}

impl Rules<'_> {
    fn judge(&self, item: DueItem, selection: &Selection) -> Judgment {
        self.term(item, selection).unwrap_or(Judgment::Other)
    }

    /// `None` if the item cannot be invoiced.
    fn term(&self, item: DueItem, selection: &Selection) -> Option<Judgment> {
        let Automation { continuous_invoices, month_end, .. } = self.settings.automation;
        let kind = ItemKind::ALL.into_iter().find(|kind| kind.name() == item.kind)?;
        let registered = parse_date(&item.registered).filter(|_| !item.is_prorated);
        let rule = crate::domain::renewal::MonthEnd::from(month_end);
        let after = |due| rule.next(parse_term(&item.cycle)?, due, registered);
        let until = self.horizon.of(kind, &item.cycle);
        let is_billed = |due: NaiveDate| item.billed.split(',').any(|billed| parse_date(billed) == Some(due));
        let mut due = parse_date(&item.due)?;
        while continuous_invoices && due <= until && is_billed(due) {
            due = after(due)?;
        }
        let is_wanted = selection.includes(kind, item.id, due, until);
        let waits = if continuous_invoices { item.is_pending } else { item.is_open };
        if !is_wanted || item.is_ending || is_billed(due) || waits {
            return None;
        }
        if item.max_terms > 0 && item.terms >= item.max_terms {
            return Some(Judgment::Completed(item.id));
        }
        let next_due = after(due)?;
        let taxed = if kind == ItemKind::Domain { self.taxes_domains } else { item.is_taxed };
        Some(Judgment::Due(Box::new(DueTerm { kind, due, next_due, taxed, promotion: PromotionUse::None, item })))
    }
}

/// Returns the billable items that are invoiced now. Those that wait for the next invoice are if there is one: with the terms
/// that are due first, if there are any.
async fn billable(
    db: &mut MySqlConnection,
    client: ClientId,
    today: NaiveDate,
    until: NaiveDate,
    first_due: Option<NaiveDate>,
) -> sqlx::Result<Vec<DueBillable>> {
    let rows = store::automation::due::billable(db, client).await?;
    let is = |row: &BillableRow, action: InvoiceAction| row.action == i64::from(action.number());
    let is_due_by = |row: &BillableRow, day: NaiveDate| parse_date(&row.due).is_some_and(|due| due <= day);
    let is_due = |row: &BillableRow| {
        is(row, InvoiceAction::NextRun)
            || (is(row, InvoiceAction::WhenDue) && is_due_by(row, today))
            || (is(row, InvoiceAction::Recurring) && is_due_by(row, until))
    };
    let has_invoice = first_due.is_some() || rows.iter().any(is_due);
    let due = rows.into_iter().filter(|row| is_due(row) || (has_invoice && is(row, InvoiceAction::NextInvoice)));
    Ok(due
        .map(|row| {
            let recurs = is(&row, InvoiceAction::Recurring);
            let due = match first_due {
                Some(first) if is(&row, InvoiceAction::NextInvoice) => first,
                _ => parse_date(&row.due).filter(|_| recurs).unwrap_or(today),
            };
            let next_due = recurrence(&row).filter(|_| recurs).and_then(|recurrence| recurrence.next(due));
            DueBillable { row, due, next_due }
        })
        .collect())
}

fn recurrence(row: &BillableRow) -> Option<Recurrence> {
    Some(Recurrence {
        every: u32::try_from(row.every).ok().filter(|every| *every > 0)?,
        period: Period::parse(&row.period)?,
        times: u32::try_from(row.times).ok()?,
    })
}
