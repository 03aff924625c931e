//! `tbltax`.

use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use crate::domain::tax::{Rate, Rates};

statements! {
    RATES = "SELECT CAST(level AS SIGNED), taxrate FROM tbltax \
         WHERE (country = '' OR country = ?) AND (state = '' OR state = ?) ORDER BY id";
}

/// The rates for a place. A rule without a country or a state holds for all of them; of several rules of one level
/// that hold, the oldest is the one.
pub async fn rates(db: &mut MySqlConnection, country: &str, state: &str) -> sqlx::Result<Rates> {
    let rules: Vec<(i64, Decimal)> = sqlx::query_as(RATES).bind(country).bind(state).fetch_all(db).await?;
    let rate = |wanted| {
        let rule = rules.iter().find(|&&(level, _)| level == wanted);
        rule.map_or(Rate::ZERO, |&(_, rate)| rate.into())
    };
    Ok(Rates { first: rate(1), second: rate(2) })
}
