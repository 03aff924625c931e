//! A client's orders and their course: paid and renewed, late, cancelled, or never paid.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::client::Client;
use super::rows::row;
use super::shop::{Choice, Cycle};
use super::{SeedContext, ZERO, ZERO_DATE};
use crate::domain::money::Money;

/// How long before its due date an invoice is written.
const NOTICE: TimeDelta = TimeDelta::days(14);
/// How long an unpaid order waits before it is cancelled.
const CANCELLED_AFTER: TimeDelta = TimeDelta::days(60);
/// How long after the due date unpaid services are suspended, and then terminated.
const SUSPENDED_AFTER: TimeDelta = TimeDelta::days(5);
const TERMINATED_AFTER: TimeDelta = TimeDelta::days(30);

/// An invoice that has no number yet.
pub struct Draft {
    pub created: NaiveDateTime,
    pub due: NaiveDate,
    pub lines: Vec<Line>,
    pub outcome: Outcome,
    /// The order for which it is the first invoice.
    pub order: Option<Order>,
}

pub struct Line {
    pub kind: &'static str,
    pub relid: i64,
    pub description: String,
    pub amount: Money,
    pub taxed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Paid(NaiveDateTime),
    /// The times of payment and refund.
    Refunded(NaiveDateTime, NaiveDateTime),
    Unpaid,
    Cancelled(NaiveDateTime),
}

pub struct Order {
    pub id: i64,
    pub status: &'static str,
}

/// The result of an order.
#[derive(Default)]
pub struct SimulatedOrder {
    pub drafts: Vec<Draft>,
    pub services: Vec<i64>,
    pub is_active: bool,
    pub touched: NaiveDateTime,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Service,
    Addon,
    Domain,
}

struct Item {
    kind: Kind,
    id: i64,
    months: u32,
    first: Money,
    renewal: Money,
    taxed: bool,
    name: String,
    next_due: NaiveDate,
}

impl Item {
    fn line(&self, is_first: bool, from: NaiveDate) -> Line {
        let until = after(from, self.months) - TimeDelta::days(1);
        let (kind, name) = match (self.kind, is_first) {
            (Kind::Service, _) => ("Hosting", self.name.clone()),
            (Kind::Addon, _) => ("Addon", self.name.clone()),
            (Kind::Domain, true) => ("DomainRegister", format!("Register Domain - {} - 1 year", self.name)),
            (Kind::Domain, false) => ("Domain", format!("Renew Domain - {} - 1 year", self.name)),
        };
        let description = format!("{name} ({} - {})", from.format("%d/%m/%Y"), until.format("%d/%m/%Y"));
        let amount = if is_first { self.first } else { self.renewal };
        Line { kind, relid: self.id, description, amount, taxed: self.taxed }
    }
}

fn after(date: NaiveDate, months: u32) -> NaiveDate {
    date.checked_add_months(Months::new(months)).unwrap_or(date)
}

/// An order that is being generated.
struct Cart<'a, 's> {
    client: &'a Client<'s>,
    id: i64,
    at: NaiveDateTime,
    items: Vec<Item>,
    service: Option<Service>,
    extension: Option<(String, String)>,
}

struct Service {
    product: i64,
    server: i64,
    cycle: Cycle,
    domain: String,
    username: String,
    addon: Option<i64>,
    amount: Money,
}

/// Generates a client's `number`th order at a time. Returns `None` if the shop sells nothing for them.
pub fn place(
    client: &Client<'_>,
    at: NaiveDateTime,
    number: usize,
    context: &mut SeedContext<'_>,
) -> Option<SimulatedOrder> {
    let mut cart = Cart { client, id: context.ids.order, at, items: Vec::new(), service: None, extension: None };
    let domain = match number {
        0 => client.domain.clone(),
        number => format!("{}-{}", client.domain, number + 1),
    };
    let wants_domain_alone = number > 0 && context.random.percent(20);
    if !wants_domain_alone {
        cart.add_service(&domain, context);
    }
    if wants_domain_alone || cart.items.is_empty() || context.random.percent(50) {
        cart.add_domain(&domain, context);
    }
    if cart.items.is_empty() {
        return None;
    }
    context.ids.order += 1;
    Some(cart.simulate(context))
}

impl Cart<'_, '_> {
    fn add_service(&mut self, domain: &str, context: &mut SeedContext<'_>) {
        let choice = context.shop.choose(self.client.currency.id, &mut context.random);
        let Some(Choice { product, offer, addon }) = choice else { return };
        let host = if product.is_server { format!("vps.{domain}.example") } else { format!("{domain}.example") };
        let item = |kind, id, amount, taxed, name: &str| Item {
            kind,
            id,
            months: offer.cycle.months(),
            first: amount,
            renewal: amount,
            taxed,
            name: format!("{name} - {host}"),
            next_due: self.at.date(),
        };
        let service = item(Kind::Service, context.ids.service, offer.amount, product.taxed, &product.name);
        let addon_items =
            addon.map(|(addon, amount)| item(Kind::Addon, context.ids.addon, amount, addon.taxed, &addon.name));
        context.ids.service += 1;
        context.ids.addon += i64::from(addon_items.is_some());
        self.items.push(service);
        self.items.extend(addon_items);
        self.service = Some(Service {
            product: product.id,
            server: context.random.pick(&product.servers).copied().unwrap_or_default(),
            cycle: offer.cycle,
            username: domain.chars().filter(char::is_ascii_alphanumeric).take(8).collect(),
            domain: host,
            addon: addon.map(|(addon, _)| addon.id),
            amount: offer.amount,
        });
    }

    fn add_domain(&mut self, domain: &str, context: &mut SeedContext<'_>) {
        let extensions = context.shop.extensions_in(self.client.currency.id);
        let Some(extension) = context.random.pick(&extensions) else { return };
        self.items.push(Item {
            kind: Kind::Domain,
            id: context.ids.domain,
            months: 12,
            first: extension.first,
            renewal: extension.renewal,
            taxed: true,
            name: format!("{domain}{}", extension.name),
            next_due: self.at.date(),
        });
        context.ids.domain += 1;
        self.extension = Some((extension.name.clone(), extension.registrar.clone()));
    }

    /// Simulates the order until now and writes its final state.
    fn simulate(mut self, context: &mut SeedContext<'_>) -> SimulatedOrder {
        let (status, outcome) = self.first(context);
        let mut touched = match outcome {
            Outcome::Paid(at) | Outcome::Cancelled(at) | Outcome::Refunded(at, _) => at,
            Outcome::Unpaid => self.at,
        };
        let reg = self.at.date();
        let lines = self.items.iter().map(|item| item.line(true, reg)).collect();
        let order = Some(Order { id: self.id, status });
        let mut drafts = vec![Draft { created: self.at, due: reg, lines, outcome, order }];
        let mut ended = None;
        if status == "Active" {
            for item in &mut self.items {
                item.next_due = after(reg, item.months);
            }
            ended = self.renew(&mut drafts, context);
            let times = drafts.iter().map(|draft| match draft.outcome {
                Outcome::Paid(at) | Outcome::Cancelled(at) | Outcome::Refunded(_, at) => at,
                Outcome::Unpaid => draft.created,
            });
            touched = times.max().unwrap_or(touched);
        }
        self.write(status, ended, touched, context);
        let services = self.items.iter().filter(|item| item.kind == Kind::Service).map(|item| item.id).collect();
        SimulatedOrder {
            drafts,
            services,
            is_active: matches!(status, "Active" | "Pending") && ended.is_none(),
            touched,
        }
    }

    /// The outcome of the order itself.
    fn first(&self, context: &mut SeedContext<'_>) -> (&'static str, Outcome) {
        let outcome_percent = context.random.below(100);
        let wait = match self.client.gateway {
            "banktransfer" | "mailin" => TimeDelta::hours(context.random.between(20, 110)),
            _ => TimeDelta::seconds(context.random.between(40, 1500)),
        };
        let paid = self.at + wait;
        let (detected, given_up) = (self.at + TimeDelta::hours(11), self.at + CANCELLED_AFTER);
        match outcome_percent {
            0 if detected <= context.now => ("Fraud", Outcome::Cancelled(detected)),
            1..=8 if given_up <= context.now => ("Cancelled", Outcome::Cancelled(given_up)),
            9.. if paid <= context.now => ("Active", Outcome::Paid(paid)),
            _ => ("Pending", Outcome::Unpaid),
        }
    }

    /// Generates the invoices of all later terms. Returns when the items were terminated, if they were.
    fn renew(&mut self, drafts: &mut Vec<Draft>, context: &mut SeedContext<'_>) -> Option<NaiveDateTime> {
        let (reg, today) = (self.at.date(), context.now.date());
        let quit_date = context.random.percent(40).then(|| reg + TimeDelta::days(context.random.between(150, 2000)));
        let mut dues: BTreeMap<NaiveDate, Vec<(usize, u32)>> = BTreeMap::new();
        for (index, item) in self.items.iter().enumerate() {
            let periods = (1..).map(|period| (after(reg, item.months * period), period));
            for (due, period) in periods.take_while(|(due, _)| *due - NOTICE <= today) {
                dues.entry(due).or_default().push((index, period));
            }
        }
        let mut is_behind = false;
        for (due, which) in dues {
            let morning = NaiveTime::from_num_seconds_from_midnight_opt(6 * 3600 + 7, 0).unwrap_or_default();
            let created = (due - NOTICE).and_time(morning).max(self.at);
            if created > context.now {
                continue;
            }
            let lines: Vec<Line> =
                which.iter().filter_map(|(index, _)| Some(self.items.get(*index)?.line(false, due))).collect();
            let stops_paying = is_behind || quit_date.is_some_and(|quit| due > quit);
            let ends = (due + TERMINATED_AFTER).and_time(morning);
            let outcome = match stops_paying {
                true if ends <= context.now => Outcome::Cancelled(ends),
                true => Outcome::Unpaid,
                false => pay(created, context),
            };
            drafts.push(Draft { created, due, lines, outcome, order: None });
            match outcome {
                Outcome::Cancelled(at) => return Some(at),
                Outcome::Unpaid => is_behind = true,
                Outcome::Paid(_) | Outcome::Refunded(..) => {
                    for (index, period) in which {
                        if let Some(item) = self.items.get_mut(index) {
                            item.next_due = after(reg, item.months * (period + 1));
                        }
                    }
                }
            }
        }
        None
    }

    fn write(
        &self,
        order: &'static str,
        ended: Option<NaiveDateTime>,
        updated: NaiveDateTime,
        context: &mut SeedContext<'_>,
    ) {
        let mut of_service = 0;
        for item in &self.items {
            let is_late = item.next_due + SUSPENDED_AFTER < context.now.date();
            let state = match (order, ended, is_late) {
                ("Active", Some(_), _) => SimulatedState::Ended,
                ("Active", None, true) => SimulatedState::Late,
                ("Active", None, false) => SimulatedState::Runs,
                _ => SimulatedState::NeverActivated(order),
            };
            match item.kind {
                Kind::Service => {
                    of_service = item.id;
                    self.write_service(item, state, ended, updated, context);
                }
                Kind::Addon => self.write_addon(item, of_service, state, ended, updated, context),
                Kind::Domain => self.write_domain(item, state, updated, context),
            }
        }
    }

    fn write_service(
        &self,
        item: &Item,
        state: SimulatedState,
        ended: Option<NaiveDateTime>,
        updated: NaiveDateTime,
        context: &mut SeedContext<'_>,
    ) {
        let Some(service) = &self.service else { return };
        let was_never_activated = matches!(state, SimulatedState::NeverActivated(_));
        let reason = if matches!(state, SimulatedState::Late) { "Overdue on Payment" } else { "" };
        row!(
            context.rows,
            tblhosting {
                id: item.id,
                userid: self.client.id,
                orderid: self.id,
                packageid: service.product,
                server: if was_never_activated { 0 } else { service.server },
                regdate: self.at.date(),
                domain: service.domain,
                paymentmethod: self.client.gateway,
                firstpaymentamount: service.amount,
                amount: service.amount,
                billingcycle: service.cycle.name(),
                nextduedate: item.next_due,
                nextinvoicedate: item.next_due,
                termination_date: date_of(ended),
                domainstatus: state.of_service(),
                username: if was_never_activated { "" } else { &*service.username },
                suspendreason: reason,
                created_at: self.at,
                updated_at: updated,
            }
        );
    }

    fn write_addon(
        &self,
        item: &Item,
        service: i64,
        state: SimulatedState,
        ended: Option<NaiveDateTime>,
        updated: NaiveDateTime,
        context: &mut SeedContext<'_>,
    ) {
        let Some(Service { addon: Some(addon), cycle, .. }) = &self.service else { return };
        row!(
            context.rows,
            tblhostingaddons {
                id: item.id,
                orderid: self.id,
                hostingid: service,
                addonid: addon,
                userid: self.client.id,
                firstpaymentamount: item.first,
                recurring: item.renewal,
                billingcycle: cycle.name(),
                tax: if item.taxed { "on" } else { "" },
                status: state.of_service(),
                regdate: self.at.date(),
                nextduedate: item.next_due,
                nextinvoicedate: item.next_due,
                termination_date: date_of(ended),
                paymentmethod: self.client.gateway,
                created_at: self.at,
                updated_at: updated,
            }
        );
    }

    fn write_domain(&self, item: &Item, state: SimulatedState, updated: NaiveDateTime, context: &mut SeedContext<'_>) {
        let registrar = self.extension.as_ref().map_or("", |(_, registrar)| registrar);
        let expires = if matches!(state, SimulatedState::NeverActivated(_)) {
            ZERO_DATE.to_owned()
        } else {
            item.next_due.to_string()
        };
        row!(context.rows, tbldomains {
            id: item.id, userid: self.client.id, orderid: self.id, type: "Register",
            registrationdate: self.at.date(), domain: item.name, firstpaymentamount: item.first,
            recurringamount: item.renewal, registrar: registrar, registrationperiod: 1, expirydate: expires,
            status: state.of_domain(item.next_due < context.now.date()), nextduedate: item.next_due,
            nextinvoicedate: item.next_due, paymentmethod: self.client.gateway, dnsmanagement: 1, donotrenew: ZERO,
            created_at: self.at, updated_at: updated,
        });
    }
}

/// Draws when a paying client pays, mostly before the due date.
fn pay(created: NaiveDateTime, context: &mut SeedContext<'_>) -> Outcome {
    let is_in_time = context.random.percent(80);
    let (soonest, latest) = if is_in_time { (2, 14 * 24) } else { (14 * 24, 24 * 24) };
    let paid = created + TimeDelta::hours(context.random.between(soonest, latest));
    let paid_back = paid + TimeDelta::hours(context.random.between(20, 100));
    match context.random.happens(8_000) {
        true if paid_back <= context.now => Outcome::Refunded(paid, paid_back),
        _ if paid <= context.now => Outcome::Paid(paid),
        _ => Outcome::Unpaid,
    }
}

fn date_of(ended: Option<NaiveDateTime>) -> String {
    ended.map_or(ZERO_DATE.to_owned(), |at| at.date().to_string())
}

#[derive(Clone, Copy)]
enum SimulatedState {
    Runs,
    Late,
    Ended,
    /// Never activated, with this status of the order.
    NeverActivated(&'static str),
}

impl SimulatedState {
    fn of_service(self) -> &'static str {
        match self {
            SimulatedState::Runs => "Active",
            SimulatedState::Late => "Suspended",
            SimulatedState::Ended => "Terminated",
            SimulatedState::NeverActivated(status) => status,
        }
    }

    fn of_domain(self, is_over: bool) -> &'static str {
        match self {
            SimulatedState::NeverActivated(status) => status,
            SimulatedState::Runs | SimulatedState::Late | SimulatedState::Ended if is_over => "Expired",
            SimulatedState::Runs | SimulatedState::Late | SimulatedState::Ended => "Active",
        }
    }
}
