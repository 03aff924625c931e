//! `DeleteOrder`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cancel_order::locked_order;
use crate::actions::services::module_command::BUSY;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::writer::Subject;
use crate::domain::id::OrderId;
use crate::error::{Result, refuse};
use crate::param::Param;
use crate::store;

/// Deletes an order that is Cancelled or a Fraud, with its services, addons and domains and all that hangs off them.
///
/// Its invoice goes with it unless money was moved for it: one that was ever Paid, or has payments or credit, is kept.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteOrder {
    orderid: Param<OrderId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {}

impl Action for DeleteOrder {
    const NAME: &'static str = "DeleteOrder";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["orderid"];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let order = locked_order(call.db, self.orderid, "Order ID not found").await?;
        if !order.has_ended() {
            return refuse("The order status must be in Cancelled or Fraud to be deleted");
        }

        let mut books = call.write(Subject::Client(order.client)).await?;
        if !store::services::module_calls::withdraw(&mut books, order.id).await? {
            return refuse(BUSY);
        }
        store::services::options::delete_of_order(&mut books, order.id).await?;
        store::services::addons::delete_of_order(&mut books, order.id).await?;
        store::orders::order::delete(&mut books, order.id).await?;
        store::services::service::delete_of_order(&mut books, order.id).await?;
        store::services::domains::delete_of_order(&mut books, order.id).await?;
        if store::billing::invoices::delete_without_money(&mut books, order.invoice, order.client).await? {
            let line = format!("Deleted Invoice - Invoice ID: {}", order.invoice);
            store::system::activity::log(&mut books, Some(order.client), &line).await?;
        }
        let line = format!("Deleted Order - Order ID: {}", order.id);
        store::system::activity::log(&mut books, Some(order.client), &line).await?;
        Ok(Reply {})
    }
}
