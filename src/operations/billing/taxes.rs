//! Which taxes an invoice bears.

use sqlx::MySqlConnection;

use crate::config::Compat;
use crate::domain::tax::{Rate, Rates, Rules};
use crate::store;
use crate::store::clients::client::Client;
use crate::store::system::configuration::Configuration;

/// The rates that somebody named for an invoice, instead of those of the operator's rules.
#[derive(Debug, Clone, Copy, Default)]
pub struct NamedRates {
    pub first: Option<Rate>,
    pub second: Option<Rate>,
}

/// The rates for a client's invoice: those that were named, or else those of the operator's rules.
pub async fn rates(
    db: &mut MySqlConnection,
    client: &Client,
    configuration: &Configuration,
    named: NamedRates,
) -> sqlx::Result<Rates> {
    let none = Rates { first: Rate::ZERO, second: Rate::ZERO };
    if client.tax_exempt {
        return Ok(none);
    }
    let ruled = match configuration.tax_enabled {
        true => store::billing::taxes::rates(db, &client.country, &client.state).await?,
        false => none,
    };
    Ok(Rates { first: named.first.unwrap_or(ruled.first), second: named.second.unwrap_or(ruled.second) })
}

/// How the operator has taxes worked out.
pub fn tax_rules(configuration: &Configuration, compat: &Compat) -> Rules {
    Rules { prices: configuration.prices, is_compound: compat.tax_compound, is_per_line: compat.tax_per_line }
}
