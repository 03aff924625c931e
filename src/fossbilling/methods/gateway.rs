//! Payment gateways, a part of the module `invoice`. Their settings, which have secrets, are never shown.

use serde_json::{Value, json};
use sqlx::MySqlConnection;

use super::client::object;
use crate::call::Call;
use crate::fossbilling::mapping::gateways;
use crate::fossbilling::sent::Sent;
use crate::fossbilling::wire::map;
use crate::fossbilling::words::{Failure, Reply, said};
use crate::store;
use crate::store::billing::gateways::Gateway;

/// `guest/invoice/gateways`
pub async fn guest_list(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    if sent.filled("format").as_deref() == Some("pairs") {
        return pairs(call, sent).await;
    }
    let (active, codes) = (active(call.db).await?, codes(call.db).await?);
    Ok(active.iter().map(|gateway| public(gateway, &codes)).collect())
}

/// `admin/invoice/gateway_get_pairs`
pub async fn pairs(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let pair = |gateway: Gateway| (gateways::id(&gateway.name).to_string(), gateway.display_name.into());
    Ok(map(active(call.db).await?.into_iter().map(pair)))
}

/// `admin/invoice/gateway_get_list`
pub async fn admin_list(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let (page, search) = (sent.page()?, sent.filled("search").map(|search| search.to_lowercase()));
    let (active, codes) = (active(call.db).await?, codes(call.db).await?);
    // All are the same in these.
    let flags = [("enabled", true), ("allow_single", true), ("allow_recurrent", false), ("test_mode", false)];
    let is_wanted = |gateway: &&Gateway| {
        search.as_ref().is_none_or(|search| gateway.display_name.to_lowercase().contains(search.as_str()))
            && flags.iter().all(|(name, has)| sent.flag(name).is_none_or(|wanted| wanted == *has))
    };
    Ok(page.cut(active.iter().filter(is_wanted).map(|gateway| for_staff(gateway, &codes)).collect()))
}

async fn active(db: &mut MySqlConnection) -> sqlx::Result<Vec<Gateway>> {
    Ok(store::billing::gateways::active(db).await?.into_iter().collect())
}

async fn codes(db: &mut MySqlConnection) -> sqlx::Result<Vec<String>> {
    let currencies = store::billing::currencies::list(db).await?;
    Ok(currencies.into_iter().map(|currency| currency.code).collect())
}

/// Returns the name of the gateway with the id that was sent.
pub async fn sent_name(db: &mut MySqlConnection, sent: &Sent<'_>) -> Result<Option<String>, Failure> {
    let Some(id) = sent.id_filter("gateway_id") else { return Ok(None) };
    let found = gateways::find(store::billing::gateways::active(db).await?, id);
    Ok(Some(found.ok_or_else(|| said("Payment gateway not found"))?.name))
}

fn public(gateway: &Gateway, codes: &[String]) -> Value {
    json!({
        "id": gateways::id(&gateway.name),
        "code": gateway.name,
        "title": gateway.display_name,
        "allow_single": true,
        "allow_recurrent": false,
        "accepted_currencies": codes,
    })
}

fn for_staff(gateway: &Gateway, codes: &[String]) -> Value {
    let mut all = object(public(gateway, codes));
    all.extend(object(json!({
        "supports_one_time_payments": true,
        "supports_subscriptions": false,
        "config": {},
        "form": {},
        "description": null,
        "enabled": true,
        "test_mode": false,
        "callback": format!("/gateways/{}/callback", gateway.name),
    })));
    all.into()
}
