//! `CancelOrder`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::add_order::promotion_used_up;
use crate::actions::services::module_command::BUSY;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{OrderId, ProductId, PromotionId};
use crate::domain::order::Status;
use crate::error::{Error, Result, refuse, refuse_as};
use crate::param::Param;
use crate::store;
use crate::store::orders::order::Order;
use crate::store::services::service::Held;

/// Cancels an order that is Pending, with what of its items is Pending too, and with its invoice where that is Unpaid.
///
/// What of it was counted is given back: products of which the stock is counted, and the use of the promotion code.
/// Payments and credit that the invoice has already stay on it. No mail is sent, so `noemail` changes nothing.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct CancelOrder {
    orderid: Param<OrderId>,
    /// Refused, and nothing is cancelled: this server cannot ask a gateway to end a subscription.
    cancelsub: Param<bool>,
}

pub const NOT_FOUND_OR_NOT_PENDING: &str = "Order ID not found or Status not Pending";
pub const SUBSCRIPTION_NOT_CANCELLED: &str =
    "Subscription Cancellation Failed - Please check the gateway log for further information";

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {}

impl Action for CancelOrder {
    const NAME: &'static str = "CancelOrder";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["orderid"];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let order = locked_order(call.db, self.orderid, NOT_FOUND_OR_NOT_PENDING).await?;
        if !order.has_status(Status::Pending) {
            return refuse(NOT_FOUND_OR_NOT_PENDING);
        }
        if self.cancelsub.is_set() {
            return refuse(SUBSCRIPTION_NOT_CANCELLED);
        }
        turn(call, &order, Status::Cancelled, Items::Pending).await?;
        Ok(Reply {})
    }
}

/// An order that a call is about to change, locked after its client; or else this refusal.
pub async fn locked_order(db: &mut MySqlConnection, id: Param<OrderId>, not_found: &'static str) -> Result<Order> {
    let id = id.required(not_found)?;
    let client = store::orders::order::client(db, id).await?.ok_or(Error::Refused(not_found))?;
    // The client may be gone while the order is not.
    store::clients::client::lock(db, client).await?;
    store::orders::order::lock(db, id).await?.ok_or(Error::Refused(not_found))
}

/// Which services, addons and domains of an order change with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Items {
    All,
    /// Those that are Pending.
    Pending,
}

impl Items {
    fn include(self, service: &Held) -> bool {
        self == Items::All || Status::parse(&service.status) == Some(Status::Pending)
    }
}

/// Gives an order and its items another status, with what follows from that.
///
/// What is Cancelled or a Fraud does not count: the stock and the promotion's uses change by what begins to count or
/// ceases to: the promotion first and the stock last, as AddOrder does. It is refused where there is not so much in stock,
/// or the promotion has been used as often as it may be. An order that ends takes its Unpaid invoice with it.
pub async fn turn(call: Call<'_>, order: &Order, status: Status, items: Items) -> Result<()> {
    let services = store::services::service::lock_of_order(call.db, order.id).await?;
    let stock = stock_changes(&services, status, items);
    let promotion = match order.promotion_code.as_str() {
        "" => None,
        code => store::catalog::promotions::of_order(call.db, order.id, code).await?,
    };
    let all = items == Items::All;

    let mut books = call.write(Subject::Client(order.client)).await?;
    if !store::services::module_calls::withdraw(&mut books, order.id).await? {
        return refuse(BUSY);
    }
    count_promotion(&mut books, order, status, promotion).await?;
    store::orders::order::set_status(&mut books, order.id, status).await?;
    store::services::service::set_status_of_order(&mut books, order.id, status.name(), all).await?;
    store::services::addons::set_status_of_order(&mut books, order.id, status.name(), all).await?;
    store::services::domains::set_status_of_order(&mut books, order.id, status.name(), all).await?;
    store::orders::order::set_status_of_upgrades(&mut books, order.id, status).await?;
    if status.is_end() && store::billing::invoices::cancel_unpaid(&mut books, order.invoice, order.client).await? {
        let line = format!("Cancelled Invoice - Invoice ID: {}", order.invoice);
        store::system::activity::log(&mut books, Some(order.client), &line).await?;
    }
    let line = format!("Order Status Changed to {} - Order ID: {}", status.name(), order.id);
    store::system::activity::log(&mut books, Some(order.client), &line).await?;
    change_stock(&mut books, &stock).await
}

/// Counts the use of the order's promotion where the order begins to count, and gives it back where it ceases to.
async fn count_promotion(
    books: &mut Writer<'_>,
    order: &Order,
    status: Status,
    promotion: Option<PromotionId>,
) -> Result<()> {
    match (promotion, order.has_ended(), status.is_end()) {
        (Some(promotion), true, false) if !store::catalog::promotions::count_use(books, promotion).await? => {
            Err(promotion_used_up(&order.promotion_code))
        }
        (Some(promotion), false, true) => Ok(store::catalog::promotions::give_back_use(books, promotion).await?),
        _ => Ok(()),
    }
}

/// Adds to what is in stock of these products or takes from it, and refuses where there is not so much.
pub async fn change_stock(books: &mut Writer<'_>, changes: &BTreeMap<ProductId, i64>) -> Result<()> {
    match store::catalog::products::change_stock(books, changes).await? {
        Some(product) => refuse_as("product_out_of_stock", format!("Product ID {product} is out of stock")),
        None => Ok(()),
    }
}

/// How much more of each product there is in stock once these services have the status.
fn stock_changes(services: &[Held], status: Status, items: Items) -> BTreeMap<ProductId, i64> {
    let mut changes = BTreeMap::new();
    for service in services.iter().filter(|service| service.is_counted && items.include(service)) {
        let had_ended = Status::parse(&service.status).is_some_and(Status::is_end);
        let more = i64::from(status.is_end()) - i64::from(had_ended);
        *changes.entry(ProductId(service.product)).or_default() += more * service.quantity;
    }
    changes
}
