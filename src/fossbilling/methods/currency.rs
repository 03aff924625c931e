//! The module `currency`.

use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::fossbilling::sent::Sent;
use crate::fossbilling::wire::map;
use crate::fossbilling::words::{Reply, said};
use crate::store::billing::currencies::{self, Currency};

/// `guest/currency/get_pairs`
pub async fn get_pairs(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let listed = currencies::list(call.db).await?;
    Ok(map(listed.into_iter().map(|currency| (currency.code.clone(), currency.code.into()))))
}

/// `guest/currency/get`: by its code, or else the default one.
pub async fn get(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let listed = currencies::list(call.db).await?;
    let found = match sent.filled("code") {
        Some(code) => listed.into_iter().find(|currency| currency.code.eq_ignore_ascii_case(&code)),
        None => default(listed),
    };
    found.map(|currency| object(&currency).into()).ok_or_else(|| said("Currency not found."))
}

/// The default one of all currencies.
pub fn default(mut all: Vec<Currency>) -> Option<Currency> {
    let position = all.iter().position(|currency| currency.is_default).unwrap_or(0);
    (position < all.len()).then(|| all.swap_remove(position))
}

pub fn object(currency: &Currency) -> Map<String, Value> {
    let symbol = [&currency.prefix, &currency.suffix].into_iter().map(|text| text.trim()).find(|text| !text.is_empty());
    let pattern = |affix: &str| if affix.trim().is_empty() { "" } else { "\u{a4}" };
    super::client::object(json!({
        "code": currency.code,
        "name": currency.code,
        "symbol": symbol.unwrap_or(&currency.code),
        "conversion_rate": currency.rate.to_f64().unwrap_or(1.0),
        "is_rate_manual": true,
        "format_pattern": format!("{}#,##0.00{}", pattern(&currency.prefix), pattern(&currency.suffix)),
        "fraction_digits": 2,
        "default": currency.is_default,
    }))
}
