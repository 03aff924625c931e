//! The module `servicedomain`: extensions.

use serde_json::{Value, json};

use crate::call::Call;
use crate::domain::money::Money;
use crate::fossbilling::sent::Sent;
use crate::fossbilling::words::Reply;
use crate::store::fossbilling::products::{self, ExtensionRow};

/// `guest/servicedomain/tlds`
pub async fn tlds(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let is_wanted = |flag: Option<bool>, price: Money| flag.is_none_or(|flag| flag == is_offered(price));
    let listed = products::extensions(call.db).await?;
    let wanted = listed.iter().filter(|row| {
        is_wanted(sent.flag("allow_register"), row.register) && is_wanted(sent.flag("allow_transfer"), row.transfer)
    });
    Ok(wanted.map(object).collect())
}

/// Extensions have prices above zero for what is on offer.
fn is_offered(price: Money) -> bool {
    price >= Money::ZERO
}

fn object(row: &ExtensionRow) -> Value {
    let price = |price: Money| price.max(Money::ZERO).to_string();
    json!({
        "id": row.id,
        "tld": format!(".{}", row.extension.trim_start_matches('.')),
        "price_registration": price(row.register),
        "price_renew": price(row.renew),
        "price_transfer": price(row.transfer),
        "active": true,
        "allow_register": is_offered(row.register),
        "allow_transfer": is_offered(row.transfer),
        "min_years": 1,
        "periods": null,
    })
}
