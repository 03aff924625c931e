//! Placing an upgrade.

use sqlx::MySqlConnection;

use super::{Change, OptionChange, PricedUpgrade, Refusal, Result, UpgradePromotion};
use crate::config::Compat;
use crate::database::TEXT_BYTES;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{InvoiceId, OrderId};
use crate::domain::invoice::{Line, LineKind, Status};
use crate::domain::money::Money;
use crate::domain::order::promotion::Promotion;
use crate::domain::tax::{self, Rates, Totals};
use crate::operations::billing::{self, Numbers, RateOverrides};
use crate::operations::orders::promotion::count_use;
use crate::operations::orders::record::create_order;
use crate::operations::services::update::LockedService;
use crate::operations::{Context, services};
use crate::store;
use crate::store::billing::invoices::NewInvoice;
use crate::store::orders::new_orders::NewOrder;
use crate::store::sales::upgrades::{self, Changed, NewUpgrade};

/// An upgrade that was placed.
#[derive(Debug)]
pub struct PlacedUpgrade {
    /// The first of its rows in `tblupgrades`: there is one for each option that changes.
    pub id: i64,
    pub order: OrderId,
    pub order_number: i64,
    /// `None` if nothing is to be paid: it was carried out at once.
    pub invoice: Option<InvoiceId>,
}

/// Places an upgrade of a locked service: an order, and an invoice whose payment carries it out. If nothing is to be paid, it is
/// carried out at once, and the client's balance gets what is left of the current term, unless the operator keeps that.
pub async fn place(
    context: Context<'_>,
    locked: &LockedService,
    priced: &PricedUpgrade,
    payment_method: String,
) -> Result<PlacedUpgrade> {
    if priced.is_in_progress {
        return Err(Refusal::InProgress.into());
    }
    let parts = parts(priced);
    if parts.is_empty() {
        return Err(Refusal::NothingChanges.into());
    }
    let bill = match priced.amount.is_positive() {
        true => Some(Bill::read(context.db, context.compat, locked, &parts, priced).await?),
        false => None,
    };
    let days_to_pay = store::system::configuration::orders(context.db).await?.days_to_pay;
    let due_date = billing::days_after(context.now.date(), days_to_pay)?;
    let returns_credit = context.compat.downgrade_credit;
    let client = locked.client();

    let mut tx = context.write(Subject::Client(client)).await?;
    let amount = bill.as_ref().map_or(priced.amount, |bill| bill.totals.total);
    let new = new_order(&tx, locked, priced, amount, &payment_method);
    let (order, order_number) = create_order(&mut tx, &new).await?;
    let mut ids = Vec::with_capacity(parts.len());
    for part in &parts {
        ids.push(upgrades::add(&mut tx, &part.row(locked, order)).await?);
    }
    let line = format!("Upgrade Ordered - Service ID: {} - Order ID: {order}", locked.stored().id);
    for line in [&line].into_iter().chain(&priced.not_applied) {
        store::system::activity::log(&mut tx, Some(client), line).await?;
    }
    if let Some(UpgradePromotion { promotion, .. }) = &priced.promotion {
        count_use(&mut tx, promotion).await?;
    }
    let id = ids.first().copied().unwrap_or_default();
    let Some(Bill { rates, totals }) = bill else {
        billing::carry_out_upgrade(&mut tx, client, id).await?;
        if returns_credit {
            let description = format!("Credit of Downgrade - Order ID: {order}");
            billing::add_credit(&mut tx, client, -priced.amount, &description).await?;
        }
        return Ok(PlacedUpgrade { id, order, order_number, invoice: None });
    };
    let lines = parts.iter().zip(&ids).map(|(part, id)| part.line(*id, priced.is_taxed));
    let lines = lines.chain(discount_line(priced)).collect();
    let (status, date, notes) = (Status::Unpaid, tx.now.date(), String::new());
    let new = NewInvoice {
        client,
        status,
        date,
        due_date,
        item_due_date: due_date,
        due_dates_of_lines: Vec::new(),
        payment_method,
        notes,
        rates,
        totals,
        lines,
    };
    let invoice = billing::write_invoice(&mut tx, &new, Numbers::default()).await?.id;
    store::orders::new_orders::set_invoice(&mut tx, order, invoice).await?;
    Ok(PlacedUpgrade { id, order, order_number, invoice: Some(invoice) })
}

/// What is to be paid with taxes.
struct Bill {
    rates: Rates,
    totals: Totals,
}

impl Bill {
    async fn read(
        db: &mut MySqlConnection,
        compat: &Compat,
        locked: &LockedService,
        parts: &[Part],
        priced: &PricedUpgrade,
    ) -> Result<Bill> {
        let configuration = store::system::configuration::read(db).await?;
        let rates = billing::rates(db, locked.client_row(), &configuration, RateOverrides::default()).await?;
        let discount = priced.promotion.as_ref().map(|promotion| -promotion.discount);
        let amounts = parts.iter().map(|part| part.amount).chain(discount);
        let amounts: Vec<_> = amounts.map(|amount| (amount, priced.is_taxed)).collect();
        let totals = tax::totals(&amounts, rates, billing::tax_rules(&configuration, compat));
        Ok(Bill { rates, totals: totals.ok_or(Refusal::Service(services::Refusal::AmountTooLarge))? })
    }
}

/// A change with a row of its own, and a line of the invoice.
struct Part {
    changed: Changed,
    from: String,
    to: String,
    cycle: &'static str,
    description: String,
    amount: Money,
    credit: Money,
    days_left: i64,
    total_days: i64,
    recurring: Money,
    recurring_change: Money,
}

impl Part {
    fn row(&self, locked: &LockedService, order: OrderId) -> NewUpgrade {
        NewUpgrade {
            client: locked.client(),
            order,
            changed: self.changed,
            service: locked.stored().id,
            from: self.from.clone(),
            to: self.to.clone(),
            cycle: self.cycle,
            amount: self.amount,
            credit: self.credit,
            days_left: self.days_left,
            total_days: self.total_days,
            recurring: self.recurring,
            recurring_change: self.recurring_change,
        }
    }

    fn line(&self, upgrade: i64, taxed: bool) -> Line {
        let mut description = self.description.clone();
        description.truncate(description.floor_char_boundary(TEXT_BYTES));
        Line { kind: LineKind::Upgrade, related: upgrade, description, amount: self.amount, taxed }
    }
}

/// A line of its own, which leaves the upgrade's amount as it is.
fn discount_line(priced: &PricedUpgrade) -> Option<Line> {
    let UpgradePromotion { discount, description, .. } = priced.promotion.as_ref()?;
    let (description, amount) = (description.clone(), -*discount);
    Some(Line { kind: LineKind::Plain, related: 0, description, amount, taxed: priced.is_taxed })
}

fn parts(priced: &PricedUpgrade) -> Vec<Part> {
    let service = &priced.service;
    let domain = if service.domain.is_empty() { String::new() } else { format!(" - {}", service.domain) };
    match &priced.change {
        Change::Product { from, to, name, price, recurring } => vec![Part {
            changed: Changed::Product,
            from: from.to_string(),
            to: to.to_string(),
            cycle: priced.cycle.name(),
            description: format!("Upgrade: {} => {name}{domain}", service.product_name),
            amount: price.amount,
            credit: price.credit,
            days_left: price.days_left,
            total_days: price.total_days,
            recurring: *recurring,
            recurring_change: *recurring - service.amount,
        }],
        Change::Options(changes) => {
            let part = |change: &OptionChange| Part {
                changed: Changed::Option,
                from: format!("{}=>{}", change.option, change.from),
                to: change.to.to_string(),
                cycle: priced.cycle.name(),
                description: format!(
                    "Upgrade: {}{domain} - {}: {} => {}",
                    service.product_name, change.name, change.from_name, change.to_name
                ),
                amount: change.price.amount,
                credit: change.price.credit,
                days_left: change.price.days_left,
                total_days: change.price.total_days,
                recurring: service.amount + change.recurring_change,
                recurring_change: change.recurring_change,
            };
            changes.iter().map(part).collect()
        }
    }
}

fn new_order(
    tx: &Writer<'_>,
    locked: &LockedService,
    priced: &PricedUpgrade,
    amount: Money,
    payment_method: &str,
) -> NewOrder {
    let promotion = priced.promotion.as_ref().map(|applied| &applied.promotion);
    let text = |field: fn(&Promotion) -> String| promotion.map_or_else(String::new, field);
    NewOrder {
        client: locked.client(),
        contact: None,
        nameservers: String::new(),
        transfer_secrets: String::new(),
        renewals: String::new(),
        promotion_code: text(|promotion| promotion.code.clone()),
        promotion_kind: text(|promotion| promotion.reduction.kind.name().to_owned()),
        promotion_value: text(|promotion| promotion.face_value.to_string()),
        amount,
        payment_method: payment_method.to_owned(),
        address: tx.author.address.clone(),
    }
}
