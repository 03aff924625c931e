//! The tax rates of an invoice.

use sqlx::MySqlConnection;

use crate::config::Compat;
use crate::domain::tax::{Rate, Rates, Rules};
use crate::store;
use crate::store::clients::client::Client;
use crate::store::system::configuration::Configuration;

/// Tax rates given for one invoice, which replace those of the operator's rules.
#[derive(Debug, Clone, Copy, Default)]
pub struct RateOverrides {
    pub first: Option<Rate>,
    pub second: Option<Rate>,
}

/// Returns the tax rates for a client's invoice: the overrides, or else those of the operator's rules, which are 0 for an
/// exempt client.
pub async fn rates(
    db: &mut MySqlConnection,
    client: &Client,
    configuration: &Configuration,
    overrides: RateOverrides,
) -> sqlx::Result<Rates> {
    let none = Rates { first: Rate::ZERO, second: Rate::ZERO };
    let configured = match configuration.tax_enabled && !client.tax_exempt {
        true => store::billing::taxes::rates(db, &client.country, &client.state).await?,
        false => none,
    };
    Ok(Rates {
        first: overrides.first.unwrap_or(configured.first),
        second: overrides.second.unwrap_or(configured.second),
    })
}

/// Returns the operator's rules for computing taxes.
pub fn tax_rules(configuration: &Configuration, compat: &Compat) -> Rules {
    Rules { prices: configuration.prices, is_compound: compat.tax_compound, is_per_line: compat.tax_per_line }
}
