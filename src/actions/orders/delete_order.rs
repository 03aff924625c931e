//! `DeleteOrder`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cancel_order::locked_order;
use crate::actions::services::module_command::BUSY;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::OrderId;
use crate::error::{Result, refuse};
use crate::param::Param;
use crate::store;
use crate::store::writer::Subject;

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
        if !store::module_calls::withdraw(&mut books, order.id).await? {
            return refuse(BUSY);
        }
        store::service_options::delete_of_order(&mut books, order.id).await?;
        store::service_addons::delete_of_order(&mut books, order.id).await?;
        store::orders::delete(&mut books, order.id).await?;
        store::services::delete_of_order(&mut books, order.id).await?;
        store::domains::delete_of_order(&mut books, order.id).await?;
        if store::invoices::delete_without_money(&mut books, order.invoice, order.client).await? {
            let line = format!("Deleted Invoice - Invoice ID: {}", order.invoice);
            store::activity::log(&mut books, Some(order.client), &line).await?;
        }
        let line = format!("Deleted Order - Order ID: {}", order.id);
        store::activity::log(&mut books, Some(order.client), &line).await?;
        Ok(Reply {})
    }
}
