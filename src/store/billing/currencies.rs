//! Currencies (`tblcurrencies`).

use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::id::CurrencyId;

statements! {
    LIST = "SELECT CAST(id AS SIGNED) AS id, code, prefix, suffix, CAST(format AS SIGNED) AS format, rate \
         FROM tblcurrencies ORDER BY tblcurrencies.id";
}

#[derive(Debug)]
pub struct Currency {
    pub id: CurrencyId,
    pub code: String,
    /// Text that is written before an amount; `suffix` is written after it.
    pub prefix: String,
    pub suffix: String,
    /// Number of WHMCS's format, which selects the separators of an amount.
    pub format: i64,
    /// The exchange rate to the default currency.
    pub rate: Decimal,
}

from_row!(Currency { id, code, prefix, suffix, format, rate });

/// Returns all currencies, ordered by id.
pub async fn list(db: &mut MySqlConnection) -> sqlx::Result<Vec<Currency>> {
    sqlx::query_as(LIST).fetch_all(db).await
}
