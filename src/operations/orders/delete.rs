//! Deleting orders.

use super::{Refusal, Result, status};
use crate::database::writer::Subject;
use crate::domain::id::OrderId;
use crate::events::{About, Event};
use crate::operations::Context;
use crate::operations::domains::registration;
use crate::operations::services::modules;
use crate::store;
use crate::store::webhooks::events::raise;

/// Deletes an order with status Cancelled or Fraud, with its services, addons and domains and everything that belongs
/// to these.
///
/// The invoice is deleted too, unless it was ever Paid or has payments or credit.
pub async fn delete(mut context: Context<'_>, id: OrderId) -> Result<()> {
    let order = status::lock(&mut context, id).await?.ok_or(Refusal::OrderNotFound)?;
    if !order.is_final() {
        return Err(Refusal::NotFinal.into());
    }

    let mut tx = context.write(Subject::Client(order.client)).await?;
    modules::withdraw_commands(&mut tx, order.id).await?;
    registration::commands::withdraw(&mut tx, order.id).await?;
    store::webhooks::each::items_deleted(&mut tx, order.id).await?;
    store::services::options::delete_of_order(&mut tx, order.id).await?;
    store::services::addons::delete_of_order(&mut tx, order.id).await?;
    store::orders::order::delete(&mut tx, order.id).await?;
    store::services::service::delete_of_order(&mut tx, order.id).await?;
    store::services::domains::delete_of_order(&mut tx, order.id).await?;
    if store::billing::invoices::delete_if_without_payments(&mut tx, order.invoice, order.client).await? {
        let line = format!("Deleted Invoice - Invoice ID: {}", order.invoice);
        store::system::activity::log(&mut tx, Some(order.client), &line).await?;
    }
    let line = format!("Deleted Order - Order ID: {}", order.id);
    store::system::activity::log(&mut tx, Some(order.client), &line).await?;
    raise(&mut tx, About::Client(order.client), &Event::DeleteOrder { order: order.id }).await?;
    Ok(())
}
