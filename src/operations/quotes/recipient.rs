//! Whom a quote is for, which decides on its taxes and its currency.

use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use super::{Refusal, Result};
use crate::config::Compat;
use crate::domain::id::ClientId;
use crate::domain::money::Money;
use crate::domain::tax::{self, Rates, Totals};
use crate::operations::billing::{self, RateOverrides};
use crate::store;
use crate::store::clients::client::Client;
use crate::store::clients::person::Person;
use crate::store::system::configuration::Configuration;

/// Returns what billing knows of somebody who is no client yet. The currency is that with this id, or the default one.
pub(super) async fn prospect(db: &mut MySqlConnection, person: &Person, currency: Option<i64>) -> Result<Client> {
    let currency = match currency {
        Some(id) => id,
        None => store::clients::client::default_currency(db).await?.unwrap_or(1),
    };
    let rate = store::clients::client::currency_rate(db, currency).await?;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Ok(Client {
        id: ClientId(0),
        credit: Money::ZERO,
        tax_exempt: false,
        country: text(&person.country),
        state: text(&person.state),
        is_closed: false,
        default_gateway: String::new(),
        currency,
        currency_rate: rate.unwrap_or(Decimal::ONE),
    })
}

/// Rejects a currency that does not exist.
pub(super) async fn check_currency(db: &mut MySqlConnection, currency: Option<i64>) -> Result<()> {
    match currency {
        Some(id) if store::clients::client::currency_rate(db, id).await?.is_none() => {
            Err(Refusal::CurrencyNotFound.into())
        }
        _ => Ok(()),
    }
}

/// What a quote's items, or the lines of its invoice, add up to, and at which rates.
pub(super) struct Sum {
    pub rates: Rates,
    pub totals: Totals,
}

/// Adds up amounts, each with whether it is taxed, by the operator's tax rules for the recipient.
pub(super) async fn add_up(
    db: &mut MySqlConnection,
    compat: &Compat,
    configuration: &Configuration,
    recipient: &Client,
    amounts: &[(Money, bool)],
) -> Result<Sum> {
    let rates = billing::rates(db, recipient, configuration, RateOverrides::default()).await?;
    let totals = tax::totals(amounts, rates, billing::tax_rules(configuration, compat));
    Ok(Sum { rates, totals: totals.ok_or(Refusal::AmountOutOfRange)? })
}
