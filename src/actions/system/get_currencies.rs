//! `GetCurrencies`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::Result;
use crate::store;

/// Returns the operator's currencies, oldest first.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetCurrencies {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetCurrenciesReply {
    totalresults: usize,
    currencies: Currencies,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Currencies {
    currency: Vec<Currency>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Currency {
    id: String,
    code: String,
    /// The text before an amount; `suffix` is the one after it.
    prefix: String,
    suffix: String,
    /// 1 for `1234.56`, 2 for `1,234.56`, 3 for `1.234,56`, 4 for `1,234`.
    format: String,
    /// The amount in this currency that equals one unit of the default currency.
    rate: String,
}

impl Action for GetCurrencies {
    const NAME: &'static str = "GetCurrencies";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = GetCurrenciesReply;

    async fn run(self, call: Call<'_>) -> Result<GetCurrenciesReply> {
        let currency: Vec<_> =
            store::billing::currencies::list(call.db).await?.into_iter().map(Currency::from).collect();
        Ok(GetCurrenciesReply { totalresults: currency.len(), currencies: Currencies { currency } })
    }
}

impl From<store::billing::currencies::Currency> for Currency {
    fn from(currency: store::billing::currencies::Currency) -> Currency {
        Currency {
            id: currency.id.to_string(),
            code: currency.code,
            prefix: currency.prefix,
            suffix: currency.suffix,
            format: currency.format.to_string(),
            rate: format!("{:.5}", currency.rate),
        }
    }
}
