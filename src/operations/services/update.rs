//! Changing services.

use std::collections::BTreeMap;

use sqlx::MySqlConnection;

use super::options::{OptionValue, selections};
use super::recurring::recurring_amount;
use super::{Refusal, Result, passwords};
use crate::database::writer::Subject;
use crate::domain::id::{ClientId, ProductId, PromotionId, ServerId, ServiceId};
use crate::domain::service::Status;
use crate::events::{About, Event};
use crate::operations::Context;
use crate::operations::billing;
use crate::operations::clients::CustomFieldValues;
use crate::store;
use crate::store::clients::client::Client;
use crate::store::clients::custom_fields::FieldKind;
use crate::store::services::service::{ServiceChanges, StoredService};
use crate::store::webhooks::events::raise;

/// A service to change, locked after its client until the transaction ends.
#[derive(Debug)]
pub struct LockedService {
    client: Client,
    service: StoredService,
}

impl LockedService {
    pub async fn lock(context: &mut Context<'_>, id: ServiceId) -> Result<LockedService> {
        let not_found = || Refusal::ServiceNotFound;
        let client = store::services::service::client(context.db, id).await?.ok_or_else(not_found)?;
        let client = store::clients::client::lock(context.db, client).await?.ok_or_else(not_found)?;
        let service = store::services::service::lock(context.db, id).await?.ok_or_else(not_found)?;
        Ok(LockedService { client, service })
    }

    pub fn client(&self) -> ClientId {
        self.client.id
    }

    /// The client's fields that billing depends on.
    pub fn client_row(&self) -> &Client {
        &self.client
    }

    /// The service before the change.
    pub fn stored(&self) -> &StoredService {
        &self.service
    }
}

/// The changes of a service.
#[derive(Debug)]
pub struct ServiceUpdate {
    pub changes: ServiceChanges,
    /// Whether the recurring amount is calculated from the prices of the product and its options in the client's
    /// currency and from a recurring promotion, instead of taken from the changes.
    pub recalculates: bool,
    pub custom_fields: CustomFieldValues,
    /// Values by the ids of their options.
    pub options: BTreeMap<i64, OptionValue>,
}

/// Changes the given fields of a service. No command is sent to its module.
///
/// Custom fields and configurable options of other products are ignored; an unknown choice of an option is rejected. A
/// service that becomes Cancelled or Fraud is added to the stock again; one that stops being so, or changes to another
/// product, is taken from the stock, and is rejected if the stock does not suffice.
pub async fn update(context: Context<'_>, locked: &LockedService, update: ServiceUpdate) -> Result<()> {
    let LockedService { client, service } = locked;
    let ServiceUpdate { mut changes, recalculates, custom_fields, options } = update;
    let id = service.id;
    check(context.db, &changes).await?;
    changes.password = changes.password.map(|password| passwords::stored(&context, &password)).transpose()?;
    let product = changes.product.unwrap_or(service.product);
    let fields = store::clients::custom_fields::fields(context.db, FieldKind::Product, product.0).await?;
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
    raise(&mut tx, About::Client(client.id), &Event::ServiceEdit { client: client.id, service: id }).await?;
    match store::catalog::products::change_stock(&mut tx, &stock_changes(service, &changes)).await? {
        Some(product) => Err(Refusal::OutOfStock(product).into()),
        None => Ok(()),
    }
}

/// Rejects references to rows that do not exist.
async fn check(db: &mut MySqlConnection, changes: &ServiceChanges) -> Result<()> {
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

/// Returns the change of each product's stock that results from the changes of a service.
fn stock_changes(service: &StoredService, changes: &ServiceChanges) -> BTreeMap<ProductId, i64> {
    let product = changes.product.unwrap_or(service.product);
    let status = Status::parse(&service.status);
    let was_final = status.is_some_and(Status::is_final);
    let is_final = changes.status.or(status).is_some_and(Status::is_final);
    let mut stock = BTreeMap::new();
    if !was_final && service.is_counted {
        *stock.entry(service.product).or_default() += service.quantity;
    }
    // If the product stays the same, its row may have been deleted.
    if !is_final && (service.is_counted || product != service.product) {
        *stock.entry(product).or_default() -= service.quantity;
    }
    stock
}
