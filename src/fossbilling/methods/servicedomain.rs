//! The module `servicedomain`: extensions.

use serde_json::{Value, json};
use sqlx::MySqlConnection;

use crate::call::Call;
use crate::domain::domain_name::DomainName;
use crate::domain::money::Money;
use crate::fossbilling::sent::Sent;
use crate::fossbilling::words::{Failure, Reply, said, said_as};
use crate::operations::domains::availability;
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

/// `guest/servicedomain/pricing`
pub async fn pricing(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let row = extension(call.db, sent).await?.ok_or_else(|| said("TLD not found"))?;
    Ok(object(&row))
}

/// `guest/servicedomain/check`: whether a domain can be registered.
pub async fn check(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let unknown = || said("Domain availability could not be determined. TLD is not configured.");
    let row = extension(call.db, sent).await?.ok_or_else(unknown)?;
    let name = name(sent)?;
    if !is_offered(row.register) {
        return Err(said_as("403", "Domain cannot be registered"));
    }
    match availability::look_up(call.context(), &name).await?.is_registered {
        true => Err(said("Domain is not available.")),
        false => Ok(true.into()),
    }
}

/// `guest/servicedomain/can_be_transferred`
pub async fn can_be_transferred(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let row = extension(call.db, sent).await?.ok_or_else(|| said("TLD is not configured."))?;
    let name = name(sent)?;
    if !is_offered(row.transfer) {
        return Err(said_as("403", "Domain cannot be transferred"));
    }
    match availability::look_up(call.context(), &name).await?.is_registered {
        true => Ok(true.into()),
        false => Err(said("Domain cannot be transferred.")),
    }
}

/// The extension that was sent, if it is on sale.
async fn extension(db: &mut MySqlConnection, sent: &Sent<'_>) -> Result<Option<ExtensionRow>, Failure> {
    let wanted = sent.filled("tld").unwrap_or_default();
    let bare = |extension: &str| extension.trim_start_matches('.').to_lowercase();
    let listed = products::extensions(db).await?;
    Ok(listed.into_iter().find(|row| bare(&row.extension) == bare(&wanted)))
}

fn name(sent: &Sent<'_>) -> Result<DomainName, Failure> {
    let part = |name| sent.filled_raw(name).unwrap_or_default();
    let sld = part("sld");
    let name = DomainName::parse(&format!("{sld}.{}", part("tld").trim_start_matches('.')));
    // One label before the extension: names below it are not for sale.
    name.filter(|_| !sld.contains('.')).ok_or_else(|| said("Domain name is invalid"))
}

/// Extensions have negative prices for what is not on offer.
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
