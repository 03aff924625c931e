//! Settlement entries (`mod_whmcs_api_settlements`): what invoices have given.

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::money::Money;

const OF_INVOICE: &str = "SELECT CAST(COALESCE(NULLIF(reverses_id, 0), id) AS SIGNED) AS origin, CAST(MIN(line_id) AS SIGNED) AS line, \
            MIN(kind) AS kind, SUM(amount) AS amount \
     FROM mod_whmcs_api_settlements WHERE invoice_id = ? GROUP BY origin HAVING SUM(amount) <> 0 ORDER BY origin";
const ADD: &str = "INSERT INTO mod_whmcs_api_settlements (client_id, invoice_id, line_id, kind, related_id, amount, credited, \
                                            payment_id, reverses_id, created_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// A settlement entry, less its reversals.
#[derive(Debug)]
pub struct Entry {
    pub origin: i64,
    pub line: i64,
    pub kind: String,
    pub amount: Money,
}

from_row!(Entry { origin, line, kind, amount });

/// Returns the entries of an invoice that were not fully reversed, oldest first.
pub async fn of_invoice(db: &mut MySqlConnection, invoice: InvoiceId) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as(OF_INVOICE).bind(invoice).fetch_all(db).await
}

/// An entry to insert. A reversal has a negative amount and the id of the entry that it reverses.
#[derive(Debug)]
pub struct NewEntry {
    pub client: ClientId,
    pub invoice: InvoiceId,
    pub line: i64,
    pub kind: &'static str,
    pub related: i64,
    pub amount: Money,
    pub credited: Money,
    pub payment: i64,
    pub reverses: i64,
}

/// Inserts an entry and returns its id.
pub async fn add(tx: &mut Writer<'_>, new: &NewEntry) -> sqlx::Result<i64> {
    let insert = sqlx::query(ADD)
        .bind(new.client)
        .bind(new.invoice)
        .bind(new.line)
        .bind(new.kind)
        .bind(new.related)
        .bind(new.amount)
        .bind(new.credited)
        .bind(new.payment)
        .bind(new.reverses)
        .bind(tx.now.utc());
    tx.insert(insert).await
}
