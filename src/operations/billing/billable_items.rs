//! Billable items: work or goods that are put on a later invoice.

use super::Refusal;
use crate::database::writer::Subject;
use crate::operations::{Context, Result};
use crate::store;
use crate::store::billing::billable_items::NewBillableItem;

/// Adds a billable item for a client whose row is locked, and returns the item's id.
pub async fn add_billable_item(context: Context<'_>, new: &NewBillableItem) -> Result<i64, Refusal> {
    let mut tx = context.write(Subject::Client(new.client)).await?;
    let id = store::billing::billable_items::add(&mut tx, new).await?;
    let line = format!("Created Billable Item - Billable Item ID: {id} - Amount: {}", new.amount);
    store::system::activity::log(&mut tx, Some(new.client), &line).await?;
    Ok(id)
}
