//! Changing addons of services.

use sqlx::MySqlConnection;

use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::domain::id::{AddonId, ServiceAddonId};
use crate::domain::money::Money;
use crate::domain::order::cycle::Cycle;
use crate::domain::service::Status;
use crate::events::{About, Event};
use crate::operations::Context;
use crate::store;
use crate::store::catalog::order_form;
use crate::store::catalog::pricing::PriceKind;
use crate::store::clients::client::Client;
use crate::store::services::addons::{AddonChanges, StoredAddon};
use crate::store::webhooks::events::raise;

/// An addon to change, locked after its client until the transaction ends.
#[derive(Debug)]
pub struct LockedAddon {
    client: Client,
    addon: StoredAddon,
}

impl LockedAddon {
    pub async fn lock(context: &mut Context<'_>, id: ServiceAddonId) -> Result<LockedAddon> {
        let not_found = || Refusal::AddonNotFound;
        let client = store::services::addons::client(context.db, id).await?.ok_or_else(not_found)?;
        let client = store::clients::client::lock(context.db, client).await?.ok_or_else(not_found)?;
        let addon = store::services::addons::lock(context.db, id).await?.ok_or_else(not_found)?;
        Ok(LockedAddon { client, addon })
    }

    /// The addon before the change.
    pub fn stored(&self) -> &StoredAddon {
        &self.addon
    }
}

/// Changes the given fields of an addon. No command is sent to a module. An addon that ends, without a date for that, has ended
/// today.
///
/// If it `recalculates`, the recurring amount is calculated from the price of the predefined addon in the client's currency,
/// instead of taken from the changes.
pub async fn update_addon(
    context: Context<'_>,
    locked: &LockedAddon,
    mut changes: AddonChanges,
    recalculates: bool,
) -> Result<()> {
    let LockedAddon { client, addon } = locked;
    if let Some(predefined) = changes.predefined
        && order_form::addons(context.db, std::iter::once(predefined.0)).await?.is_empty()
    {
        return Err(Refusal::PredefinedAddonNotFound.into());
    }
    if recalculates {
        changes.recurring = Some(recurring_amount(context.db, client, addon, &changes).await?);
    }
    let ends = matches!(changes.status, Some(Status::Terminated | Status::Cancelled));
    if ends && changes.terminated.is_none() && addon.has_no_end {
        changes.terminated = Some(context.now.date().to_string());
    }

    let mut tx = context.write(Subject::Client(client.id)).await?;
    store::services::addons::update(&mut tx, addon.id, &changes).await?;
    let line = format!("Modified Addon - Addon ID: {}", addon.id);
    store::system::activity::log(&mut tx, Some(client.id), &line).await?;
    raise(&mut tx, About::Client(client.id), &Event::AddonEdit { client: client.id, addon: addon.id }).await?;
    Ok(())
}

/// Returns the addon's recurring amount after these changes.
async fn recurring_amount(
    db: &mut MySqlConnection,
    client: &Client,
    addon: &StoredAddon,
    changes: &AddonChanges,
) -> Result<Money> {
    let cycle = changes.cycle.or(Cycle::parse(&addon.cycle)).filter(|cycle| cycle.recurs());
    let Some(cycle) = cycle else { return Ok(Money::ZERO) };
    let AddonId(id) = changes.predefined.unwrap_or(AddonId(addon.predefined));
    let predefined = order_form::addons(db, std::iter::once(id)).await?;
    let predefined = predefined.first().ok_or(Refusal::PredefinedAddonNotFound)?;
    let prices = order_form::prices(db, PriceKind::Addon, std::iter::once(id), client.currency).await?;
    // An addon with a single cycle has its price in the column of one-time payments.
    let column = if Cycle::parse(&predefined.cycle).is_some() { Cycle::OneTime } else { cycle };
    let price = prices.get(&id).and_then(|prices| prices.for_cycle(column)).ok_or(Refusal::CycleNotOffered)?;
    let quantity = u32::try_from(addon.quantity).map_err(|_| Refusal::AmountTooLarge)?;
    Ok(price.term.times(quantity).ok_or(Refusal::AmountTooLarge)?)
}
