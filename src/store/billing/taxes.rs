//! Tax rules (`tbltax`).

use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use crate::domain::tax::{Rate, Rates};

const RATES: &str = "SELECT CAST(level AS SIGNED), taxrate FROM tbltax \
     WHERE (country = '' OR country = ?) AND (state = '' OR state = ?) ORDER BY id";

/// Returns the tax rates for an address. A rule without a country or a state applies to all of them; of several
/// matching rules of one level, the oldest applies.
pub async fn rates(db: &mut MySqlConnection, country: &str, state: &str) -> sqlx::Result<Rates> {
    let rules: Vec<(i64, Decimal)> = sqlx::query_as(RATES).bind(country).bind(state).fetch_all(db).await?;
    let rate = |wanted| {
        let rule = rules.iter().find(|&&(level, _)| level == wanted);
        rule.map_or(Rate::ZERO, |&(_, rate)| rate.into())
    };
    Ok(Rates { first: rate(1), second: rate(2) })
}
