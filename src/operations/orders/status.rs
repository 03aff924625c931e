//! Changing the status of an order and its items, with stock, promotion uses and invoice.

use std::collections::BTreeMap;

use super::{Refusal, Result};
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{OrderId, ProductId, PromotionId};
use crate::domain::invoice::Status as InvoiceStatus;
use crate::domain::order::Status;
use crate::events::{About, Event};
use crate::operations::Context;
use crate::operations::billing;
use crate::operations::domains::registration;
use crate::operations::services::modules;
use crate::store;
use crate::store::orders::order::LockedOrder;
use crate::store::services::service::ServiceStock;
use crate::store::webhooks::events::raise;

/// Cancels a pending order, its pending items, and its invoice if that is unpaid.
pub async fn cancel(mut context: Context<'_>, id: OrderId, ends_subscription: bool) -> Result<()> {
    let order = lock(&mut context, id).await?.filter(|order| order.has_status(Status::Pending));
    let order = order.ok_or(Refusal::NotPending)?;
    require_no_subscription(ends_subscription)?;
    change_status(context, &order, Status::Cancelled, ItemScope::Pending).await
}

/// Marks an order and all its items as fraud, whatever their status, and cancels its invoice if that is unpaid.
pub async fn mark_as_fraud(mut context: Context<'_>, id: OrderId, ends_subscription: bool) -> Result<()> {
    let order = lock(&mut context, id).await?.ok_or(Refusal::OrderNotFound)?;
    require_no_subscription(ends_subscription)?;
    change_status(context, &order, Status::Fraud, ItemScope::All).await
}

/// Sets an order and all its items back to Pending, whatever their status. Its invoice stays unchanged.
pub async fn set_pending(mut context: Context<'_>, id: OrderId) -> Result<()> {
    let order = lock(&mut context, id).await?.ok_or(Refusal::OrderNotFound)?;
    change_status(context, &order, Status::Pending, ItemScope::All).await
}

/// Reads an order that is to change, and locks it after its client.
pub(super) async fn lock(context: &mut Context<'_>, id: OrderId) -> Result<Option<LockedOrder>> {
    let Some(client) = store::orders::order::client(context.db, id).await? else { return Ok(None) };
    // The client may have been deleted while the order was not.
    store::clients::client::lock(context.db, client).await?;
    Ok(store::orders::order::lock(context.db, id).await?)
}

/// Rejects ending a subscription, since this server sends no commands to gateways.
fn require_no_subscription(ends_subscription: bool) -> Result<()> {
    if ends_subscription { Err(Refusal::SubscriptionNotCancelled.into()) } else { Ok(()) }
}

/// Which services, addons and domains of an order change with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ItemScope {
    All,
    /// Only the pending ones.
    Pending,
}

impl ItemScope {
    fn includes(self, service: &ServiceStock) -> bool {
        self == ItemScope::All || Status::parse(&service.status) == Some(Status::Pending)
    }
}

/// Changes the status of an order and its items, with stock, promotion uses and invoice.
///
/// Cancelled and Fraud orders do not count: when an order starts or stops counting, the promotion's uses and the stock
/// change, the promotion first and the stock last, as when an order is placed. The change is rejected if the stock does
/// not suffice or the promotion has no uses left. If the order ends, its unpaid invoice is cancelled.
async fn change_status(mut context: Context<'_>, order: &LockedOrder, status: Status, scope: ItemScope) -> Result<()> {
    let services = store::services::service::lock_of_order(context.db, order.id).await?;
    let stock = stock_changes(&services, status, scope);
    let promotion = order_promotion(&mut context, order).await?;
    let all = scope == ItemScope::All;

    let mut tx = context.write(Subject::Client(order.client)).await?;
    modules::withdraw_commands(&mut tx, order.id).await?;
    registration::commands::withdraw(&mut tx, order.id).await?;
    count_promotion(&mut tx, order, status, promotion).await?;
    store::orders::order::set_status(&mut tx, order.id, status).await?;
    store::services::service::set_status_of_order(&mut tx, order.id, status.name(), all).await?;
    store::services::addons::set_status_of_order(&mut tx, order.id, status.name(), all).await?;
    store::services::domains::set_status_of_order(&mut tx, order.id, status.name(), all).await?;
    store::orders::order::set_status_of_upgrades(&mut tx, order.id, status).await?;
    if status.is_final() && store::billing::invoices::cancel_unpaid(&mut tx, order.invoice, order.client).await? {
        let line = format!("Cancelled Invoice - Invoice ID: {}", order.invoice);
        store::system::activity::log(&mut tx, Some(order.client), &line).await?;
        billing::raise_status(&mut tx, order.client, order.invoice, InvoiceStatus::Cancelled).await?;
    }
    let line = format!("Order Status Changed to {} - Order ID: {}", status.name(), order.id);
    store::system::activity::log(&mut tx, Some(order.client), &line).await?;
    let event = match status {
        Status::Cancelled => Event::CancelOrder { order: order.id },
        Status::Fraud => Event::FraudOrder { order: order.id },
        _ => Event::PendingOrder { order: order.id },
    };
    raise(&mut tx, About::Client(order.client), &event).await?;
    match store::catalog::products::change_stock(&mut tx, &stock).await? {
        Some(product) => Err(Refusal::OutOfStock(product).into()),
        None => Ok(()),
    }
}

/// Returns the promotion with which an order was placed.
async fn order_promotion(context: &mut Context<'_>, order: &LockedOrder) -> Result<Option<PromotionId>> {
    match order.promotion_code.as_str() {
        "" => Ok(None),
        code => Ok(store::catalog::promotions::of_order(context.db, order.id, code).await?),
    }
}

/// Counts or releases the use of the order's promotion, depending on whether the order counts after the change.
async fn count_promotion(
    tx: &mut Writer<'_>,
    order: &LockedOrder,
    status: Status,
    promotion: Option<PromotionId>,
) -> Result<()> {
    match (promotion, order.is_final(), status.is_final()) {
        (Some(promotion), true, false) if !store::catalog::promotions::count_use(tx, promotion).await? => {
            Err(Refusal::PromotionUsedUp { code: order.promotion_code.clone() }.into())
        }
        (Some(promotion), false, true) => Ok(store::catalog::promotions::release_use(tx, promotion).await?),
        _ => Ok(()),
    }
}

/// Returns the change of each product's stock if these services get the status.
fn stock_changes(services: &[ServiceStock], status: Status, scope: ItemScope) -> BTreeMap<ProductId, i64> {
    let mut changes = BTreeMap::new();
    for service in services.iter().filter(|service| service.is_counted && scope.includes(service)) {
        let was_final = Status::parse(&service.status).is_some_and(Status::is_final);
        let more = i64::from(status.is_final()) - i64::from(was_final);
        *changes.entry(ProductId(service.product)).or_default() += more * service.quantity;
    }
    changes
}
