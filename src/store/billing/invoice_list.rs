//! Lists of invoices (`tblinvoices`), without their lines. See also [`super::invoice_details`].

use chrono::{NaiveDate, NaiveDateTime};
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::page::{Direction, ListStatement, Listed, Page};
use crate::database::sql::changed_since;
use crate::database::values::from_row;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::money::Money;
use crate::domain::tax::Rate;

/// An invoice without its lines.
#[derive(Debug)]
pub struct InvoiceRow {
    pub id: InvoiceId,
    pub client: ClientId,
    /// The client's names are empty if the client was deleted.
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub number: String,
    /// Like the other dates and times, `0000-00-00` or `0000-00-00 00:00:00` if there is none.
    pub date: String,
    pub due_date: String,
    pub paid_at: String,
    pub last_capture_attempt: String,
    pub refunded_at: String,
    pub cancelled_at: String,
    pub subtotal: Money,
    pub credit: Money,
    pub tax: Money,
    pub tax2: Money,
    pub total: Money,
    pub rate: Rate,
    pub rate2: Rate,
    pub status: String,
    pub payment_method: String,
    pub pay_method: Option<i64>,
    pub notes: String,
    pub created_at: String,
    pub updated_at: String,
    /// The code of the client's currency; `prefix` and `suffix` are written before and after an amount.
    pub currency: String,
    pub prefix: String,
    pub suffix: String,
}

from_row!(InvoiceRow {
    id,
    client,
    first_name,
    last_name,
    company,
    number,
    date,
    due_date,
    paid_at,
    last_capture_attempt,
    refunded_at,
    cancelled_at,
    subtotal,
    credit,
    tax,
    tax2,
    total,
    rate,
    rate2,
    status,
    payment_method,
    pay_method,
    notes,
    created_at,
    updated_at,
    currency,
    prefix,
    suffix
});

/// Filter for invoices; all conditions must hold.
#[derive(Debug)]
pub struct InvoiceFilter {
    pub client: Option<ClientId>,
    /// A status, or `Overdue`.
    pub status: Option<String>,
    /// Only invoices that have changed since this time, in UTC.
    pub updated_since: Option<NaiveDateTime>,
    /// The current date: an unpaid invoice with an earlier due date is overdue.
    pub today: NaiveDate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceSort {
    Id,
    Number,
    Date,
    DueDate,
    Total,
    Status,
}

/// Returns a page of invoices. Those with equal values are sorted by id, in the same direction.
pub async fn list(
    db: &mut MySqlConnection,
    filter: &InvoiceFilter,
    order: InvoiceSort,
    direction: Direction,
    page: Page,
) -> sqlx::Result<Listed<InvoiceRow>> {
    let (ascending, descending) = match order {
        InvoiceSort::Id => ("ORDER BY i.id", "ORDER BY i.id DESC"),
        InvoiceSort::Number => ("ORDER BY i.invoicenum, i.id", "ORDER BY i.invoicenum DESC, i.id DESC"),
        InvoiceSort::Date => ("ORDER BY i.date, i.id", "ORDER BY i.date DESC, i.id DESC"),
        InvoiceSort::DueDate => ("ORDER BY i.duedate, i.id", "ORDER BY i.duedate DESC, i.id DESC"),
        InvoiceSort::Total => ("ORDER BY i.total, i.id", "ORDER BY i.total DESC, i.id DESC"),
        InvoiceSort::Status => ("ORDER BY i.status, i.id", "ORDER BY i.status DESC, i.id DESC"),
    };
    let statement = ListStatement {
        columns: "CAST(i.id AS SIGNED) AS id, CAST(i.userid AS SIGNED) AS client, \
                  COALESCE(c.firstname, '') AS first_name, COALESCE(c.lastname, '') AS last_name, \
                  COALESCE(c.companyname, '') AS company, i.invoicenum AS number, \
                  COALESCE(CAST(i.date AS CHAR), '0000-00-00') AS date, \
                  COALESCE(CAST(i.duedate AS CHAR), '0000-00-00') AS due_date, \
                  COALESCE(CAST(i.datepaid AS CHAR), '0000-00-00 00:00:00') AS paid_at, \
                  COALESCE(CAST(i.last_capture_attempt AS CHAR), '0000-00-00 00:00:00') AS last_capture_attempt, \
                  COALESCE(CAST(i.date_refunded AS CHAR), '0000-00-00 00:00:00') AS refunded_at, \
                  COALESCE(CAST(i.date_cancelled AS CHAR), '0000-00-00 00:00:00') AS cancelled_at, \
                  i.subtotal, i.credit, i.tax, i.tax2, i.total, i.taxrate AS rate, i.taxrate2 AS rate2, i.status, \
                  i.paymentmethod AS payment_method, CAST(i.paymethodid AS SIGNED) AS pay_method, i.notes, \
                  COALESCE(CAST(i.created_at AS CHAR), '0000-00-00 00:00:00') AS created_at, \
                  COALESCE(CAST(i.updated_at AS CHAR), '0000-00-00 00:00:00') AS updated_at, \
                  COALESCE(m.code, '') AS currency, COALESCE(m.prefix, '') AS prefix, COALESCE(m.suffix, '') AS suffix",
        table: "tblinvoices i",
        joins: "LEFT JOIN tblclients c ON c.id = i.userid LEFT JOIN tblcurrencies m ON m.id = c.currency",
        filter: &|query| apply_filter(query, filter),
        order: if direction == Direction::Ascending { ascending } else { descending },
    };
    statement.read(db, page).await
}

fn apply_filter(query: &mut QueryBuilder<MySql>, filter: &InvoiceFilter) {
    query.push(" WHERE TRUE");
    if let Some(client) = filter.client {
        query.push(" AND i.userid = ").push_bind(client);
    }
    match filter.status.as_deref() {
        Some(status) if status.eq_ignore_ascii_case("Overdue") => {
            query.push(" AND i.status = 'Unpaid' AND i.duedate < ").push_bind(filter.today);
        }
        Some(status) => {
            query.push(" AND i.status = ").push_bind(status.to_owned());
        }
        None => {}
    }
    if let Some(time) = filter.updated_since {
        query.push(" AND i.updated_at >= ").push_bind(changed_since(time));
    }
}
