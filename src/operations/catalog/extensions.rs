//! Domain extensions: adding and changing them, with their prices in all currencies.

use rust_decimal::Decimal;

use super::{Refusal, Result};
use crate::config::DomainGroupColumn;
use crate::database::writer::Subject;
use crate::domain::id::CurrencyId;
use crate::domain::money::Money;
use crate::domain::order::domain_price::{DomainPurchase, MAX_YEARS, YearPrices, converted};
use crate::operations::Context;
use crate::store;
use crate::store::billing::currencies::Currency;
use crate::store::catalog::domain_prices::DomainPriceRow;
use crate::store::catalog::extensions::Extension;

pub use crate::store::catalog::extensions::ExtensionFields;

/// The currency of the amounts that were sent, with the exchange rates at which they become amounts in others.
#[derive(Debug, Clone)]
pub struct SentCurrency {
    /// Its exchange rate, if it has one.
    rate: Option<Decimal>,
    /// The exchange rates of all currencies that have one.
    rates: Vec<(CurrencyId, Decimal)>,
}

impl SentCurrency {
    /// Returns the currency with this code, in any case.
    pub async fn with_code(context: &mut Context<'_>, code: &str) -> Result<SentCurrency> {
        let all = store::billing::currencies::list(context.db).await?;
        let default = all.iter().find(|currency| currency.is_default).or(all.first()).map(|currency| currency.id);
        match all.iter().find(|currency| currency.code.eq_ignore_ascii_case(code)) {
            Some(sent) => Ok(SentCurrency {
                rate: rate(sent, default),
                rates: all.iter().filter_map(|currency| Some((currency.id, rate(currency, default)?))).collect(),
            }),
            None => {
                let known = all.into_iter().map(|currency| currency.code).collect();
                Err(Refusal::UnknownCurrencyCode { known }.into())
            }
        }
    }
}

/// Returns the exchange rate of a currency if it has one. That of the default currency, to which all are relative, is 1.
fn rate(currency: &Currency, default: Option<CurrencyId>) -> Option<Decimal> {
    if Some(currency.id) == default {
        return Some(Decimal::ONE);
    }
    Some(currency.rate).filter(|rate| *rate > Decimal::ZERO)
}

/// Prices of one kind of purchase by numbers of years; negative for what is not offered.
#[derive(Debug)]
pub struct SentPrices {
    purchase: DomainPurchase,
    amounts: Vec<(u32, Money)>,
}

impl SentPrices {
    /// Rejects periods that are too long. Domains are renewed for one year less than they are registered for, because that is
    /// all that is left when their last year has begun.
    pub fn new(purchase: DomainPurchase, amounts: Vec<(u32, Money)>) -> Result<SentPrices> {
        if purchase == DomainPurchase::Transfer && amounts.len() > 1 {
            return Err(Refusal::SeveralTransferPeriods.into());
        }
        let most = if purchase == DomainPurchase::Renewal { MAX_YEARS - 1 } else { MAX_YEARS };
        match amounts.iter().any(|(years, _)| *years > most) {
            true => Err(Refusal::PeriodTooLong(purchase).into()),
            false => Ok(SentPrices { purchase, amounts }),
        }
    }
}

/// An extension to add or to change.
#[derive(Debug)]
pub struct ExtensionChange {
    /// In lower case and with its leading dot.
    pub name: String,
    /// Fees are in `currency`.
    pub fields: ExtensionFields,
    /// Prices in `currency`. Other numbers of years stay as they are, except for transfers, which have one period.
    pub prices: Vec<SentPrices>,
    /// Needed for prices and fees.
    pub currency: Option<SentCurrency>,
    /// The extension, in lower case and with its leading dot, after which this one is shown.
    pub after: Option<String>,
}

/// The exchange rate of amounts that were sent, and those of all currencies that have one.
#[derive(Debug, Clone, Copy)]
struct Rates<'r> {
    sent: Decimal,
    all: &'r [(CurrencyId, Decimal)],
}

/// The extension that was added or changed.
#[derive(Debug)]
pub struct ChangedExtension {
    pub id: i64,
    /// In the operator's spelling.
    pub name: String,
}

/// The prices of one kind of purchase in one currency that are to be written.
struct NewPrices {
    purchase: DomainPurchase,
    currency: CurrencyId,
    /// The row to change, if there is one.
    row: Option<i64>,
    prices: YearPrices,
}

/// Adds an extension, or changes the existing one with the name. Prices are written in every currency that has an exchange
/// rate, and fees in the default one, where they apply. Prices of client groups stay as they are.
///
/// A new extension is shown after all others, unless another place is named; a name that no extension has is ignored.
pub async fn set(mut context: Context<'_>, change: ExtensionChange) -> Result<ChangedExtension> {
    let ExtensionChange { name, fields, prices, currency, after } = change;
    context.db.lock(Subject::Extensions).await?;
    let extensions = store::catalog::extensions::list(context.db, None).await?;
    let existing = named(&extensions, &name);
    let (prices, fields) = match rates_of_amounts(currency.as_ref(), &prices, &fields)? {
        Some(rates) => {
            let prices = new_prices(&mut context, &prices, rates, existing).await?;
            (prices, in_default_currency(fields, rates.sent)?)
        }
        None => (Vec::new(), fields),
    };

    let mut tx = context.write(Subject::Extensions).await?;
    let (done, id, name) = match existing {
        Some(extension) => {
            store::catalog::extensions::update(&mut tx, extension.id, &fields).await?;
            ("Updated", extension.id, extension.name.clone())
        }
        None => {
            let id = store::catalog::extensions::add(&mut tx, &name, &fields).await?;
            store::catalog::extensions::add_name(&mut tx, name.trim_start_matches('.')).await?;
            ("Created", id, name)
        }
    };
    for NewPrices { purchase, currency, row, prices } in prices {
        match row {
            Some(row) => store::catalog::domain_prices::set(&mut tx, row, prices).await?,
            None => store::catalog::domain_prices::add(&mut tx, id, purchase, currency, prices).await?,
        }
    }
    if let Some(after) = after.and_then(|after| named(&extensions, &after)) {
        let ids = extensions.iter().map(|extension| extension.id).collect();
        store::catalog::extensions::renumber(&mut tx, &moved(ids, id, after.id)).await?;
    }
    let line = format!("{done} Domain Extension - Extension ID: {id} - {name}");
    store::system::activity::log(&mut tx, None, &line).await?;
    Ok(ChangedExtension { id, name })
}

/// Returns the extension with this name; of several, the oldest.
fn named<'e>(extensions: &'e [Extension], name: &str) -> Option<&'e Extension> {
    let named = extensions.iter().filter(|extension| extension.name.to_lowercase() == name);
    named.min_by_key(|extension| extension.id)
}

/// Returns these ids in the same order, but with one of them, which may be a new one, after another.
fn moved(mut ids: Vec<i64>, id: i64, after: i64) -> Vec<i64> {
    if id != after {
        ids.retain(|&other| other != id);
        let place = ids.iter().position(|&other| other == after).map_or(ids.len(), |at| at + 1);
        ids.insert(place, id);
    }
    ids
}

/// Returns the exchange rates by which the amounts that were sent are converted; `None` if there are no amounts.
fn rates_of_amounts<'c>(
    currency: Option<&'c SentCurrency>,
    prices: &[SentPrices],
    fields: &ExtensionFields,
) -> Result<Option<Rates<'c>>> {
    let has_prices = prices.iter().any(|prices| !prices.amounts.is_empty());
    if !has_prices && fields.grace_fee.is_none() && fields.redemption_fee.is_none() {
        return Ok(None);
    }
    let currency = currency.ok_or(Refusal::CurrencyRequired)?;
    let sent = currency.rate.ok_or(Refusal::NoExchangeRate)?;
    Ok(Some(Rates { sent, all: &currency.rates }))
}

async fn new_prices(
    context: &mut Context<'_>,
    sent: &[SentPrices],
    rates: Rates<'_>,
    existing: Option<&Extension>,
) -> Result<Vec<NewPrices>> {
    let has_groups = context.compat.domain_group_column == DomainGroupColumn::Tsetupfee;
    let extension = existing.map(|extension| extension.id);
    let stored = store::catalog::domain_prices::list(context.db, extension.into_iter(), None, has_groups).await?;
    let mut prices = Vec::new();
    for &(currency, rate) in rates.all {
        for sent in sent.iter().filter(|sent| !sent.amounts.is_empty()) {
            let row = stored.iter().find(|row| {
                (row.purchase, row.currency, row.group) == (Some(sent.purchase), currency, 0)
                    && Some(row.extension) == extension
            });
            prices.push(NewPrices {
                purchase: sent.purchase,
                currency,
                row: row.map(|row| row.id),
                prices: changed(row, sent, rates.sent, rate)?,
            });
        }
    }
    Ok(prices)
}

/// Returns the prices of a row after a change, whose amounts are converted between currencies with these exchange rates.
fn changed(row: Option<&DomainPriceRow>, sent: &SentPrices, from: Decimal, to: Decimal) -> Result<YearPrices> {
    let stored = row.filter(|_| sent.purchase != DomainPurchase::Transfer);
    let mut prices = stored.map_or_else(YearPrices::not_offered, |row| YearPrices::in_row(&row.columns));
    for &(years, amount) in &sent.amounts {
        let amount = converted(amount, from, to).ok_or(Refusal::AmountTooLarge)?;
        if !prices.set(years, amount) {
            return Err(Refusal::PeriodOutOfRange.into());
        }
    }
    Ok(prices)
}

/// Converts the fees to the default currency, in which they are stored.
fn in_default_currency(fields: ExtensionFields, from: Decimal) -> Result<ExtensionFields> {
    let fee = |fee: Option<Money>| {
        let fee = fee.map(|fee| converted(fee, from, Decimal::ONE).ok_or(Refusal::AmountTooLarge));
        fee.transpose()
    };
    let (grace_fee, redemption_fee) = (fee(fields.grace_fee)?, fee(fields.redemption_fee)?);
    Ok(ExtensionFields { grace_fee, redemption_fee, ..fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_is_shown_after_another() {
        for (id, after, order) in [
            (2, 3, vec![3, 2, 1]),
            (3, 2, vec![1, 2, 3]),
            (1, 3, vec![3, 1, 2]),
            (9, 1, vec![3, 1, 9, 2]),
            (9, 2, vec![3, 1, 2, 9]),
            (1, 1, vec![3, 1, 2]),
        ] {
            assert_eq!(moved(vec![3, 1, 2], id, after), order, "{id} after {after}");
        }
    }
}
