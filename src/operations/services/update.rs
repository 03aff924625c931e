//! Changes services.

use std::collections::BTreeMap;

use sqlx::MySqlConnection;

use super::options::{OptionValue, selections};
use super::recurring::recurring_amount;
use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::domain::id::{ProductId, PromotionId, ServerId, ServiceId};
use crate::domain::service::Status;
use crate::operations::Context;
use crate::operations::billing;
use crate::operations::clients::CustomFieldValues;
use crate::store;
use crate::store::clients::client::Client;
use crate::store::clients::custom_fields::Kind;
use crate::store::services::service::{Changes, Service};

/// A service that is about to change, and its client: locked until the transaction ends, the client first.
#[derive(Debug)]
pub struct LockedService {
    client: Client,
    service: Service,
}

impl LockedService {
    pub async fn lock(context: &mut Context<'_>, id: ServiceId) -> Result<LockedService> {
        let not_found = || Refusal::ServiceNotFound;
        let client = store::services::service::client(context.db, id).await?.ok_or_else(not_found)?;
        let client = store::clients::client::lock(context.db, client).await?.ok_or_else(not_found)?;
        let service = store::services::service::lock(context.db, id).await?.ok_or_else(not_found)?;
        Ok(LockedService { client, service })
    }
}

/// What of a service is to be changed.
#[derive(Debug)]
pub struct ServiceUpdate {
    pub changes: Changes,
    /// Whether the recurring amount is worked out from the prices of the product and of its options in the client's currency
    /// and from a recurring promotion, instead of being taken from the changes.
    pub recalculates: bool,
    pub custom_fields: CustomFieldValues,
    /// By the options' ids.
    pub options: BTreeMap<i64, OptionValue>,
}

/// Changes a service: what is named, and nothing else. No module is asked to do anything.
///
/// Custom fields and configurable options that are not of the product are left out; a choice that an option does not have
/// is rejected. A service that becomes Cancelled or a Fraud is given back to the stock; one that ceases to be, or changes to
/// another product, takes from it, and is rejected where there is not so much.
pub async fn update(context: Context<'_>, locked: &LockedService, update: ServiceUpdate) -> Result<()> {
    let LockedService { client, service } = locked;
    let ServiceUpdate { mut changes, recalculates, custom_fields, options } = update;
    let id = service.id;
    check(context.db, &changes).await?;
    let product = changes.product.unwrap_or(service.product);
    let fields = store::clients::custom_fields::fields(context.db, Kind::Product, product.0).await?;
    let choices = store::services::options::choices(context.db, product).await?;
    let selections = selections(&choices, &options)?;
    if recalculates {
        let amount = recurring_amount(context.db, client, service, &changes, &choices, &selections).await?;
        changes.recurring = Some(amount);
    }

    let mut tx = context.write(Subject::Client(client.id)).await?;
    store::services::service::update(&mut tx, id, &changes).await?;
    custom_fields.write(&mut tx, &fields, id.0).await?;
    for selection in selections {
        store::services::options::select(&mut tx, id, selection).await?;
    }
    store::system::activity::log(&mut tx, Some(client.id), &format!("Modified Service - Service ID: {id}")).await?;
    match store::catalog::products::change_stock(&mut tx, &stock_changes(service, &changes)).await? {
        Some(product) => Err(Refusal::OutOfStock(product).into()),
        None => Ok(()),
    }
}

/// Rejects changes that name what does not exist.
async fn check(db: &mut MySqlConnection, changes: &Changes) -> Result<()> {
    if let Some(product) = changes.product
        && !store::catalog::products::exists(db, product).await?
    {
        return Err(Refusal::ProductNotFound.into());
    }
    if let Some(server) = changes.server.filter(|&server| server != 0)
        && !store::services::service::server_exists(db, ServerId(server)).await?
    {
        return Err(Refusal::ServerNotFound.into());
    }
    if let Some(name) = &changes.payment_method {
        billing::active_gateway(db, name).await?;
    }
    if let Some(promotion) = changes.promotion.filter(|&promotion| promotion != 0)
        && store::catalog::promotions::find(db, PromotionId(promotion)).await?.is_none()
    {
        return Err(Refusal::PromotionNotFound.into());
    }
    Ok(())
}

/// What of a service counts, before and after the changes, as what there is more in stock.
fn stock_changes(service: &Service, changes: &Changes) -> BTreeMap<ProductId, i64> {
    let product = changes.product.unwrap_or(service.product);
    let status = Status::parse(&service.status);
    let had_ended = status.is_some_and(Status::is_end);
    let has_ended = changes.status.or(status).is_some_and(Status::is_end);
    let mut stock = BTreeMap::new();
    if !had_ended && service.is_counted {
        *stock.entry(service.product).or_default() += service.quantity;
    }
    // Where the product stays, it may be gone.
    if !has_ended && (service.is_counted || product != service.product) {
        *stock.entry(product).or_default() -= service.quantity;
    }
    stock
}
