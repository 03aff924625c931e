//! Billable items (`tblbillableitems`).

use chrono::NaiveDate;

use crate::database::writer::Writer;
use crate::domain::billable_item::{InvoiceAction, Recurrence, Unit};
use crate::domain::id::ClientId;
use crate::domain::money::Money;

const ADD: &str = "INSERT INTO tblbillableitems (userid, description, hours, amount, recur, recurcycle, recurfor, invoiceaction, \
                                   unit, duedate, invoicecount) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, COALESCE(?, '0000-00-00'), 0)";

/// A billable item to insert.
#[derive(Debug)]
pub struct NewBillableItem {
    pub client: ClientId,
    pub description: String,
    pub amount: Money,
    pub unit: Unit,
    pub quantity: Money,
    pub invoice_action: InvoiceAction,
    pub recurrence: Option<Recurrence>,
    pub due_date: Option<NaiveDate>,
}

/// Inserts a billable item and returns its id.
pub async fn add(tx: &mut Writer<'_>, new: &NewBillableItem) -> sqlx::Result<i64> {
    let insert = sqlx::query(ADD)
        .bind(new.client)
        .bind(&new.description)
        .bind(new.quantity)
        .bind(new.amount)
        .bind(new.recurrence.map_or(0, |recurrence| recurrence.every))
        .bind(new.recurrence.map_or("", |recurrence| recurrence.period.name()))
        .bind(new.recurrence.map_or(0, |recurrence| recurrence.times))
        .bind(new.invoice_action.number())
        .bind(new.unit.number())
        .bind(new.due_date);
    tx.insert(insert).await
}
