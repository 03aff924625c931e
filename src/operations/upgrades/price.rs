//! What an upgrade changes and costs.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use super::{Refusal, Result};
use crate::config::UpgradeDays;
use crate::domain::currency::Currency;
use crate::domain::id::ProductId;
use crate::domain::money::Money;
use crate::domain::order::cycle::Cycle;
use crate::domain::order::options::display_name;
use crate::domain::order::promotion::Promotion;
use crate::domain::sales::upgrade::{DayCount, Rate, Remainder, UpgradePrice, price as upgrade_price};
use crate::domain::time::{Moment, parse_date};
use crate::operations::services::options::{OptionValue, selections};
use crate::operations::services::recurring::{recurring_amount, single_amount};
use crate::operations::services::update::LockedService;
use crate::operations::{Context, services};
use crate::store;
use crate::store::catalog::order_form;
use crate::store::catalog::pricing::{self, PriceKind};
use crate::store::catalog::product_options::Options;
use crate::store::sales::upgrades::{self, UpgradedService};
use crate::store::services::options::{Choice, QUANTITY, Selection, YES_OR_NO};
use crate::store::services::service::ServiceChanges;

/// What a service shall become.
#[derive(Debug)]
pub enum Wanted {
    Product {
        product: ProductId,
        /// By default, the service's own.
        cycle: Option<Cycle>,
    },
    /// Values by the ids of options.
    Options(BTreeMap<i64, OptionValue>),
}

/// An upgrade with its price.
#[derive(Debug)]
pub struct PricedUpgrade {
    /// Whether another upgrade of the service waits for its payment.
    pub is_in_progress: bool,
    pub service: UpgradedService,
    pub currency: Currency,
    pub cycle: Cycle,
    pub change: Change,
    /// What is to be paid, before taxes; negative if something is left.
    pub amount: Money,
    pub promotion: Option<UpgradePromotion>,
    /// The line for the activity log, if there is a promotion code that does not apply.
    pub not_applied: Option<String>,
    /// Whether its lines are taxed.
    pub is_taxed: bool,
}

/// A promotion that applies to an upgrade.
#[derive(Debug)]
pub struct UpgradePromotion {
    pub promotion: Promotion,
    /// What is taken off: at most what is to be paid.
    pub discount: Money,
    /// What the invoice says of it.
    pub description: String,
}

#[derive(Debug)]
pub enum Change {
    Product {
        from: ProductId,
        to: ProductId,
        name: String,
        price: UpgradePrice,
        recurring: Money,
    },
    /// Only those that change.
    Options(Vec<OptionChange>),
}

/// The change of a configurable option.
#[derive(Debug)]
pub struct OptionChange {
    pub option: i64,
    pub name: String,
    /// The choice's id, or the quantity of an option with a number; 0 if nothing was chosen.
    pub from: i64,
    pub to: i64,
    /// The names of the choices, with the quantity where there is one.
    pub from_name: String,
    pub to_name: String,
    pub price: UpgradePrice,
    pub recurring_change: Money,
}

/// Returns what an upgrade of a locked service changes and costs.
pub async fn price(context: &mut Context<'_>, locked: &LockedService, wanted: Wanted) -> Result<PricedUpgrade> {
    let stored = locked.stored();
    let is_in_progress = upgrades::is_in_progress(context.db, stored.id).await?;
    let service = upgrades::service(context.db, stored.id).await?;
    let currency = store::billing::currencies::for_prices(context.db, Some(locked.client()), None).await?;
    let currency = currency.map_or_else(Currency::default, |currency| Currency {
        prefix: currency.prefix,
        suffix: currency.suffix,
        format: currency.format,
    });
    let old = Rate { cycle: Cycle::parse(&stored.cycle).unwrap_or(Cycle::Free), amount: service.amount };
    let count = match context.compat.upgrade_days {
        UpgradeDays::Actual => DayCount::Actual,
        UpgradeDays::Thirty => DayCount::Thirty,
    };
    let remainder = remainder(&service, context.now, count);
    let (cycle, change, is_taxed) = match wanted {
        Wanted::Product { product, cycle } => {
            let new = NewProduct::read(context.db, locked, product, cycle).await?;
            let rate = Rate { cycle: new.cycle, amount: new.amount };
            let price = upgrade_price(old, rate, remainder).ok_or(services::Refusal::AmountTooLarge);
            let price = price.map_err(Refusal::from)?;
            let recurring = if new.cycle.recurs() { new.amount } else { Money::ZERO };
            let change = Change::Product { from: stored.product, to: product, name: new.name, price, recurring };
            (new.cycle, change, new.is_taxed)
        }
        Wanted::Options(values) => {
            let changes = option_changes(context.db, locked, old.cycle, remainder, &values).await?;
            (old.cycle, Change::Options(changes), service.is_taxed)
        }
    };
    let amount = change.amount().ok_or(Refusal::Service(services::Refusal::AmountTooLarge))?;
    let (promotion, not_applied) = (None, None);
    Ok(PricedUpgrade { is_in_progress, service, currency, cycle, change, amount, promotion, not_applied, is_taxed })
}

impl Change {
    fn amount(&self) -> Option<Money> {
        match self {
            Change::Product { price, .. } => Some(price.amount),
            Change::Options(changes) => Money::sum(changes.iter().map(|change| change.price.amount)),
        }
    }
}

/// The rest of a service's term; `None` if no day is known on which the next payment is due.
fn remainder(service: &UpgradedService, now: Moment, count: DayCount) -> Option<Remainder> {
    let next_due: NaiveDate = parse_date(&service.next_due)?;
    Some(Remainder::new(now.date(), next_due, count))
}

/// The product that a service shall become.
struct NewProduct {
    name: String,
    cycle: Cycle,
    /// The amount for a term of the cycle, or the single payment.
    amount: Money,
    is_taxed: bool,
}

impl NewProduct {
    async fn read(
        db: &mut MySqlConnection,
        locked: &LockedService,
        id: ProductId,
        cycle: Option<Cycle>,
    ) -> Result<NewProduct> {
        let products = order_form::products(db, std::iter::once(id.0)).await?;
        let product = products.into_iter().next().ok_or(Refusal::Service(services::Refusal::ProductNotFound))?;
        let stored = locked.stored();
        let cycle = match product.pay_type.as_str() {
            "free" => Cycle::Free,
            "onetime" => Cycle::OneTime,
            _ => {
                let cycle = cycle.or(Cycle::parse(&stored.cycle)).filter(|cycle| cycle.recurs());
                cycle.ok_or(Refusal::Service(services::Refusal::CycleNotOffered))?
            }
        };
        let changes = ServiceChanges { product: Some(id), cycle: Some(cycle), ..ServiceChanges::default() };
        let amount = match cycle {
            Cycle::OneTime => single_amount(db, locked.client_row(), stored, id).await?,
            _ => {
                let choices = store::services::options::choices(db, id).await?;
                recurring_amount(db, locked.client_row(), stored, &changes, &choices, &[]).await?
            }
        };
        Ok(NewProduct { name: product.name, cycle, amount, is_taxed: product.is_taxed })
    }
}

/// Returns the changes of those options that are not chosen so already.
async fn option_changes(
    db: &mut MySqlConnection,
    locked: &LockedService,
    cycle: Cycle,
    remainder: Option<Remainder>,
    values: &BTreeMap<i64, OptionValue>,
) -> Result<Vec<OptionChange>> {
    let service = locked.stored();
    let choices = store::services::options::choices(db, service.product).await?;
    let wanted = selections(&choices, values).map_err(Refusal::from)?;
    let stored = store::services::options::selected(db, service.id).await?;
    let ids = wanted.iter().chain(&stored).map(|selection| selection.choice);
    let prices = pricing::in_currency(db, PriceKind::Choice, ids, locked.client_row().currency).await?;
    let names = Names::read(db, service.product).await?;
    let too_large = || Refusal::Service(services::Refusal::AmountTooLarge);
    let units = u32::try_from(service.quantity).map_err(|_| too_large())?;
    let cost = |selection: Option<&Selection>| {
        let Some(selection) = selection else { return Some(Money::ZERO) };
        let choice = choices.iter().find(|choice| choice.choice == selection.choice);
        let count = choice.map_or(1, |choice| choice.counted(selection.quantity));
        let price = prices.get(&selection.choice).and_then(|prices| prices.term(cycle)).unwrap_or(Money::ZERO);
        price.times(u32::try_from(count).unwrap_or(0))?.times(units)
    };
    let mut changes = Vec::new();
    for selection in &wanted {
        let old = stored.iter().find(|stored| stored.option == selection.option);
        let Some(choice) = choices.iter().find(|choice| choice.choice == selection.choice) else { continue };
        let has_number = matches!(choice.kind.as_str(), YES_OR_NO | QUANTITY);
        let value = |selection: &Selection| if has_number { selection.quantity } else { selection.choice };
        let from = old.map_or(0, value);
        if from == value(selection) {
            continue;
        }
        let (before, after) = (cost(old).ok_or_else(too_large)?, cost(Some(selection)).ok_or_else(too_large)?);
        let rate = |amount| Rate { cycle, amount };
        changes.push(OptionChange {
            option: selection.option,
            name: names.option(selection.option),
            from,
            to: value(selection),
            from_name: old.map_or_else(String::new, |old| names.value(choice, old)),
            to_name: names.value(choice, selection),
            price: upgrade_price(rate(before), rate(after), remainder).ok_or_else(too_large)?,
            recurring_change: after - before,
        });
    }
    Ok(changes)
}

/// The names of options and choices of a product.
struct Names {
    options: BTreeMap<i64, String>,
    choices: BTreeMap<i64, String>,
}

impl Names {
    async fn read(db: &mut MySqlConnection, product: ProductId) -> sqlx::Result<Names> {
        let options = Options::read(db, std::iter::once(product.0)).await?;
        let (mut names, mut choices) = (BTreeMap::new(), BTreeMap::new());
        for row in options.choices(options.groups(product.0)) {
            names.insert(row.option, display_name(&row.option_name).to_owned());
            if let (Some(id), Some(name)) = (row.choice, &row.choice_name) {
                choices.insert(id, display_name(name).to_owned());
            }
        }
        Ok(Names { options: names, choices })
    }

    fn option(&self, id: i64) -> String {
        self.options.get(&id).cloned().unwrap_or_default()
    }

    fn value(&self, choice: &Choice, selection: &Selection) -> String {
        let name = self.choices.get(&selection.choice).cloned().unwrap_or_default();
        match choice.kind.as_str() {
            QUANTITY => format!("{} x {name}", selection.quantity),
            YES_OR_NO => if selection.quantity == 0 { "No" } else { "Yes" }.to_owned(),
            _ => name,
        }
    }
}
