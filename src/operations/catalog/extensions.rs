//! Domain extensions: adding and changing them, with their prices in all currencies.

use rust_decimal::Decimal;

use super::{Refusal, Result};
use crate::config::DomainGroupColumn;
use crate::database::writer::Subject;
use crate::domain::id::CurrencyId;
use crate::domain::money::Money;
use crate::domain::order::domain_price::{DomainPurchase, YearPrices, converted};
use crate::operations::Context;
use crate::store;
use crate::store::billing::currencies::Currency;
use crate::store::catalog::domain_prices::DomainPriceRow;
use crate::store::catalog::extensions::Extension;

pub use crate::store::catalog::extensions::ExtensionFields;

/// The currency of the amounts that were sent.
#[derive(Debug, Clone, Copy)]
pub struct SentCurrency {
    id: CurrencyId,
    rate: Decimal,
}

/// Returns the currency with this code, in any case.
pub async fn currency(context: &mut Context<'_>, code: &str) -> Result<SentCurrency> {
    let all = store::billing::currencies::list(context.db).await?;
    let found = all.iter().find(|currency| currency.code.eq_ignore_ascii_case(code));
    match found {
        Some(currency) => Ok(SentCurrency { id: currency.id, rate: currency.rate }),
        None => {
            let known = all.into_iter().map(|currency| currency.code).collect();
            Err(Refusal::UnknownCurrencyCode { known }.into())
        }
    }
}

/// Prices by numbers of years.
pub type SentPrices = Vec<(u32, Money)>;

/// An extension to add or to change.
#[derive(Debug)]
pub struct ExtensionChange {
    /// In lower case and with its leading dot.
    pub name: String,
    /// Fees are in `currency`.
    pub fields: ExtensionFields,
    /// Prices in `currency` by numbers of years; negative for what is not offered. Other numbers of years stay as they are,
    /// except for transfers, which have one period.
    pub prices: Vec<(DomainPurchase, SentPrices)>,
    /// Needed for prices and fees.
    pub currency: Option<SentCurrency>,
    /// The extension, in lower case and with its leading dot, after which this one is shown.
    pub after: Option<String>,
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
    context.db.lock(Subject::Extensions).await?;
    let extensions = store::catalog::extensions::list(context.db, None).await?;
    let existing = named(&extensions, &change.name);
    let prices = new_prices(&mut context, &change, existing).await?;
    let fields = in_default_currency(&mut context, change.fields, change.currency).await?;

    let mut tx = context.write(Subject::Extensions).await?;
    let (done, id, name) = match existing {
        Some(extension) => {
            store::catalog::extensions::update(&mut tx, extension.id, &fields).await?;
            ("Updated", extension.id, extension.name.clone())
        }
        None => {
            let id = store::catalog::extensions::add(&mut tx, &change.name, &fields).await?;
            store::catalog::extensions::add_name(&mut tx, change.name.trim_start_matches('.')).await?;
            ("Created", id, change.name.clone())
        }
    };
    for NewPrices { purchase, currency, row, prices } in prices {
        match row {
            Some(row) => store::catalog::domain_prices::set(&mut tx, row, prices).await?,
            None => store::catalog::domain_prices::add(&mut tx, id, purchase, currency, prices).await?,
        }
    }
    if let Some(after) = change.after.and_then(|after| named(&extensions, &after)) {
        store::catalog::extensions::renumber(&mut tx, &order_with(&extensions, id, after.id)).await?;
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

/// Returns the ids of all extensions in the order in which they are shown, with one of them after another.
fn order_with(extensions: &[Extension], id: i64, after: i64) -> Vec<i64> {
    let others = extensions.iter().map(|extension| extension.id).filter(|&other| other != id || id == after);
    others.flat_map(|other| [Some(other), (other == after && id != after).then_some(id)]).flatten().collect()
}

async fn new_prices(
    context: &mut Context<'_>,
    change: &ExtensionChange,
    existing: Option<&Extension>,
) -> Result<Vec<NewPrices>> {
    let (Some(sent), false) = (change.currency, change.prices.is_empty()) else { return Ok(Vec::new()) };
    let has_groups = context.compat.domain_group_column == DomainGroupColumn::Tsetupfee;
    let extension = existing.map(|extension| extension.id);
    let stored = store::catalog::domain_prices::list(context.db, extension.into_iter(), None, has_groups).await?;
    let mut prices = Vec::new();
    for currency in store::billing::currencies::list(context.db).await? {
        if currency.id != sent.id && (currency.rate <= Decimal::ZERO || sent.rate <= Decimal::ZERO) {
            continue;
        }
        for (purchase, amounts) in &change.prices {
            let row = stored.iter().find(|row| {
                (row.purchase, row.currency, row.group) == (Some(*purchase), currency.id, 0)
                    && Some(row.extension) == extension
            });
            prices.push(NewPrices {
                purchase: *purchase,
                currency: currency.id,
                row: row.map(|row| row.id),
                prices: changed(row, *purchase, amounts, sent, &currency)?,
            });
        }
    }
    Ok(prices)
}

/// Returns the prices of a row after a change.
fn changed(
    row: Option<&DomainPriceRow>,
    purchase: DomainPurchase,
    amounts: &[(u32, Money)],
    sent: SentCurrency,
    currency: &Currency,
) -> Result<YearPrices> {
    let stored = row.filter(|_| purchase != DomainPurchase::Transfer);
    let mut prices = stored.map_or_else(YearPrices::not_offered, |row| YearPrices::in_row(&row.columns));
    for &(years, amount) in amounts {
        let amount = match currency.id == sent.id {
            true => amount,
            false => converted(amount, sent.rate, currency.rate).ok_or(Refusal::AmountTooLarge)?,
        };
        if !prices.set(years, amount) {
            return Err(Refusal::PeriodOutOfRange.into());
        }
    }
    Ok(prices)
}

/// Converts the fees to the default currency, in which they are stored.
async fn in_default_currency(
    context: &mut Context<'_>,
    fields: ExtensionFields,
    sent: Option<SentCurrency>,
) -> Result<ExtensionFields> {
    let (Some(sent), true) = (sent, fields.grace_fee.is_some() || fields.redemption_fee.is_some()) else {
        return Ok(fields);
    };
    let default = store::clients::client::default_currency(context.db).await?;
    let fee = |fee: Option<Money>| match fee {
        Some(fee) if default == Some(sent.id.0) && fee >= Money::ZERO => Ok(Some(fee)),
        // The default currency has the rate 1, to which all others are relative.
        Some(fee) => converted(fee, sent.rate, Decimal::ONE).map(Some).ok_or(Refusal::AmountTooLarge),
        None => Ok(None),
    };
    let (grace_fee, redemption_fee) = (fee(fields.grace_fee)?, fee(fields.redemption_fee)?);
    Ok(ExtensionFields { grace_fee, redemption_fee, ..fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_is_shown_after_another() {
        let extension = |id| Extension {
            id,
            name: format!(".x{id}"),
            offers_dns_management: false,
            offers_email_forwarding: false,
            offers_id_protection: false,
            group: String::new(),
            grace_days: 0,
            grace_fee: Money::ZERO,
            redemption_days: 0,
            redemption_fee: Money::ZERO,
        };
        let all = [3, 1, 2].map(extension);
        for (id, after, order) in [
            (2, 3, vec![3, 2, 1]),
            (3, 2, vec![1, 2, 3]),
            (1, 3, vec![3, 1, 2]),
            (9, 1, vec![3, 1, 9, 2]),
            (9, 2, vec![3, 1, 2, 9]),
            (1, 1, vec![3, 1, 2]),
        ] {
            assert_eq!(order_with(&all, id, after), order, "{id} after {after}");
        }
    }
}
