//! Domains of clients (`tbldomains`).

use chrono::NaiveDateTime;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::page::{ListStatement, Listed, Page};
use crate::database::sql::{changed_since, push_is};
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, DomainId, OrderId};
use crate::domain::money::Money;

const SET_STATUS_OF_ORDER: &str = "UPDATE tbldomains SET status = ?, updated_at = ? \
     WHERE orderid = ? AND (? OR status IN ('Pending', 'Pending Registration', 'Pending Transfer'))";
const DELETE_OF_ORDER: &str = "DELETE FROM tbldomains WHERE orderid = ?";

/// Filter for domains.
#[derive(Debug)]
pub struct DomainFilter {
    pub client: Option<ClientId>,
    pub id: Option<DomainId>,
    pub name: Option<String>,
    /// UTC.
    pub updated_since: Option<NaiveDateTime>,
}

/// A row of a list of domains. Dates are `0000-00-00` if there is none.
#[derive(Debug)]
pub struct DomainRow {
    pub id: DomainId,
    pub client: i64,
    pub order: i64,
    pub kind: String,
    pub name: String,
    pub registrar: String,
    pub years: i64,
    pub first_payment: Money,
    pub recurring: Money,
    pub payment_method: String,
    pub registered: String,
    pub expires: String,
    pub next_due: String,
    pub status: String,
    pub subscription: String,
    pub promotion: i64,
    /// 1 or 0, like the next three.
    pub manages_dns: i64,
    pub forwards_emails: i64,
    pub protects_identity: i64,
    pub is_not_renewed: i64,
    pub notes: String,
}

from_row!(DomainRow {
    id,
    client,
    order,
    kind,
    name,
    registrar,
    years,
    first_payment,
    recurring,
    payment_method,
    registered,
    expires,
    next_due,
    status,
    subscription,
    promotion,
    manages_dns,
    forwards_emails,
    protects_identity,
    is_not_renewed,
    notes
});

/// Returns a page of domains, the oldest first.
pub async fn list(db: &mut MySqlConnection, filter: &DomainFilter, page: Page) -> sqlx::Result<Listed<DomainRow>> {
    let statement = ListStatement {
        columns: "CAST(d.id AS SIGNED) AS id, CAST(d.userid AS SIGNED) AS client, CAST(d.orderid AS SIGNED) AS `order`, \
                d.type AS kind, d.domain AS name, d.registrar, CAST(d.registrationperiod AS SIGNED) AS years, \
                d.firstpaymentamount AS first_payment, d.recurringamount AS recurring, \
                d.paymentmethod AS payment_method, \
                COALESCE(CAST(d.registrationdate AS CHAR), '0000-00-00') AS registered, \
                COALESCE(CAST(d.expirydate AS CHAR), '0000-00-00') AS expires, \
                COALESCE(CAST(d.nextduedate AS CHAR), '0000-00-00') AS next_due, d.status, \
                d.subscriptionid AS subscription, CAST(d.promoid AS SIGNED) AS promotion, \
                CAST(d.dnsmanagement AS SIGNED) AS manages_dns, CAST(d.emailforwarding AS SIGNED) AS forwards_emails, \
                CAST(d.idprotection AS SIGNED) AS protects_identity, CAST(d.donotrenew AS SIGNED) AS is_not_renewed, \
                d.additionalnotes AS notes",
        table: "tbldomains d",
        joins: "",
        filter: &|query| apply_filter(query, filter),
        order: "ORDER BY d.id",
    };
    statement.read(db, page).await
}

fn apply_filter(query: &mut QueryBuilder<MySql>, filter: &DomainFilter) {
    query.push(" WHERE TRUE");
    if let Some(client) = filter.client {
        query.push(" AND d.userid = ").push_bind(client);
    }
    if let Some(id) = filter.id {
        query.push(" AND d.id = ").push_bind(id);
    }
    if let Some(name) = &filter.name {
        push_is(query.push(" AND "), "d.domain", name);
    }
    if let Some(since) = filter.updated_since {
        query.push(" AND d.updated_at >= ").push_bind(changed_since(since));
    }
}

/// Sets the status of an order's domains: of all, or only of pending ones.
pub async fn set_status_of_order(
    tx: &mut Writer<'_>,
    order: OrderId,
    status: &'static str,
    all: bool,
) -> sqlx::Result<()> {
    let change = sqlx::query(SET_STATUS_OF_ORDER).bind(status).bind(tx.now.utc()).bind(order).bind(all);
    tx.execute(change).await.map(|_| ())
}

pub async fn delete_of_order(tx: &mut Writer<'_>, order: OrderId) -> sqlx::Result<()> {
    tx.execute(sqlx::query(DELETE_OF_ORDER).bind(order)).await.map(|_| ())
}
