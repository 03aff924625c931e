//! Currencies (`tblcurrencies`).

use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::id::{ClientId, CurrencyId};

const LIST: &str = "SELECT CAST(id AS SIGNED) AS id, code, prefix, suffix, CAST(format AS SIGNED) AS format, rate, \
            `default` <> 0 AS is_default \
     FROM tblcurrencies ORDER BY tblcurrencies.id";
const FOR_PRICES: &str = "SELECT CAST(m.id AS SIGNED) AS id, m.code, m.prefix, m.suffix, CAST(m.format AS SIGNED) AS format, m.rate, \
            CAST(COALESCE(c.groupid, 0) AS SIGNED) AS client_group \
     FROM tblcurrencies m LEFT JOIN tblclients c ON c.id = ? \
     ORDER BY m.id <=> c.currency DESC, c.id IS NULL AND m.id <=> ? DESC, m.`default` <> 0 DESC, m.id LIMIT 1";

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
    /// Whether it is marked as the default one.
    pub is_default: bool,
}

from_row!(Currency { id, code, prefix, suffix, format, rate, is_default });

/// The currency in which prices are listed, and the client group whose prices are listed.
#[derive(Debug)]
pub struct PriceCurrency {
    pub id: CurrencyId,
    pub code: String,
    /// As in [`Currency`], like the next three.
    pub prefix: String,
    pub suffix: String,
    pub format: i64,
    pub rate: Decimal,
    /// 0 for none.
    pub client_group: i64,
}

from_row!(PriceCurrency { id, code, prefix, suffix, format, rate, client_group });

/// Returns the currency of a client, or else this one, or else the default one; `None` if there are no currencies.
pub async fn for_prices(
    db: &mut MySqlConnection,
    client: Option<ClientId>,
    currency: Option<CurrencyId>,
) -> sqlx::Result<Option<PriceCurrency>> {
    sqlx::query_as(FOR_PRICES).bind(client).bind(currency).fetch_optional(db).await
}

/// Returns all currencies, ordered by id.
pub async fn list(db: &mut MySqlConnection) -> sqlx::Result<Vec<Currency>> {
    sqlx::query_as(LIST).fetch_all(db).await
}
