//! Events (`mod_whmcs_api_events`), and the numbers they get once they are committed.

use chrono::NaiveDateTime;
use futures_util::TryStreamExt;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::lease::Lease;
use crate::database::sql::delete_in_batches;
use crate::database::subject_lock::Proof;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::ticket::Departments;
use crate::events::{About, Event, random_id};

/// Nothing is inserted if there is no endpoint: a server may not know yet.
const ADD: &str = "INSERT INTO mod_whmcs_api_events (event_id, sequence, name, subject, subject_id, data, created_at) \
     SELECT ?, NULL, ?, ?, ?, ?, ? FROM (SELECT 1) AS one WHERE EXISTS (SELECT 1 FROM mod_whmcs_api_webhooks)";
const ADD_ORDER_PAID: &str = "INSERT INTO mod_whmcs_api_events (event_id, sequence, name, subject, subject_id, data, created_at) \
     SELECT ?, NULL, 'OrderPaid', ?, ?, \
            CONCAT('{\"orderId\":', id, ',\"userId\":', userid, ',\"invoiceId\":', invoiceid, '}'), ? \
     FROM tblorders WHERE invoiceid = ? AND userid = ? AND EXISTS (SELECT 1 FROM mod_whmcs_api_webhooks) ORDER BY id LIMIT 1";
const HAS_UNNUMBERED: &str = "SELECT EXISTS(SELECT 1 FROM mod_whmcs_api_events WHERE sequence IS NULL)";
const UNNUMBERED: &str = "SELECT CAST(id AS SIGNED) AS id, CAST(COALESCE(sequence, 0) AS SIGNED) AS sequence, name, subject, \
            CAST(subject_id AS SIGNED) AS subject_id, created_at \
     FROM mod_whmcs_api_events WHERE sequence IS NULL ORDER BY id LIMIT ?";
const LAST_NUMBER: &str = "SELECT CAST(last AS SIGNED) FROM mod_whmcs_api_event_sequence WHERE name = 'events'";
/// Changes nothing if the transaction has lost the lock on its subject.
const SET_LAST_NUMBER: &str = "UPDATE mod_whmcs_api_event_sequence s JOIN mod_whmcs_api_revisions v ON v.subject = ? AND v.nonce = ? \
     SET s.last = ? WHERE s.name = 'events' AND s.last = ?";
const FIND: &str = "SELECT CAST(id AS SIGNED) AS id, event_id, CAST(COALESCE(sequence, 0) AS SIGNED) AS sequence, name, subject, \
            CAST(subject_id AS SIGNED) AS subject_id, data, created_at \
     FROM mod_whmcs_api_events WHERE id = ?";

/// An id by which receivers recognize an event.
pub(super) fn new_id() -> sqlx::Result<String> {
    random_id().map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))
}

/// Records that something happened, if anybody listens for it. The row is numbered after the transaction was committed.
pub async fn raise(tx: &mut Writer<'_>, about: About, event: &Event<'_>) -> sqlx::Result<()> {
    if !tx.wanted.has(event.name()) {
        return Ok(());
    }
    raise_in_any_case(tx, about, event).await
}

/// Records that something happened, whoever listens.
pub async fn raise_in_any_case(tx: &mut Writer<'_>, about: About, event: &Event<'_>) -> sqlx::Result<()> {
    let id = new_id()?;
    let (subject, subject_id) = about.parts();
    let data = serde_json::Value::Object(event.parameters()).to_string();
    let insert =
        sqlx::query(ADD).bind(id).bind(event.name()).bind(subject).bind(subject_id).bind(data).bind(tx.now.utc());
    tx.execute(insert).await.map(|_| ())
}

/// Records that the order of an invoice is paid, if it is that of an order.
pub async fn raise_order_paid(tx: &mut Writer<'_>, client: ClientId, invoice: InvoiceId) -> sqlx::Result<()> {
    if !tx.wanted.has("OrderPaid") {
        return Ok(());
    }
    let id = new_id()?;
    let (subject, subject_id) = About::Client(client).parts();
    let insert = sqlx::query(ADD_ORDER_PAID)
        .bind(id)
        .bind(subject)
        .bind(subject_id)
        .bind(tx.now.utc())
        .bind(invoice)
        .bind(client);
    tx.execute(insert).await.map(|_| ())
}

/// An event.
#[derive(Debug, Clone)]
pub struct EventRow {
    pub id: i64,
    /// The id by which receivers recognize it.
    pub event_id: String,
    /// 0 until it is numbered.
    pub sequence: i64,
    pub name: String,
    pub subject: String,
    pub subject_id: i64,
    /// A JSON object.
    pub data: String,
    /// UTC.
    pub created_at: NaiveDateTime,
}

from_row!(EventRow { id, event_id, sequence, name, subject, subject_id, data, created_at });

/// An event without its parameters.
#[derive(Debug, Clone)]
pub struct EventHead {
    pub id: i64,
    /// 0 until it is numbered.
    pub sequence: i64,
    pub name: String,
    pub subject: String,
    pub subject_id: i64,
    /// UTC.
    pub created_at: NaiveDateTime,
}

from_row!(EventHead { id, sequence, name, subject, subject_id, created_at });

/// Whether any committed event has no number yet.
pub async fn has_unnumbered(db: &mut MySqlConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar(HAS_UNNUMBERED).fetch_one(db).await
}

/// Returns committed events without a number. Of events about the same thing, what happened first comes first: such transactions
/// run one after the other.
pub async fn unnumbered(db: &mut MySqlConnection, limit: u32) -> sqlx::Result<Vec<EventHead>> {
    sqlx::query_as(UNNUMBERED).bind(limit).fetch_all(db).await
}

/// Returns the last number that was given; 0 before the first one.
pub async fn last_number(db: &mut MySqlConnection) -> sqlx::Result<i64> {
    let last: Option<i64> = sqlx::query_scalar(LAST_NUMBER).fetch_optional(db).await?;
    Ok(last.unwrap_or_default())
}

/// Gives numbers to events.
pub async fn number(db: &mut MySqlConnection, events: &[EventHead]) -> sqlx::Result<()> {
    let mut query = QueryBuilder::<MySql>::new("UPDATE mod_whmcs_api_events SET sequence = CASE id");
    for event in events {
        query.push(" WHEN ").push_bind(event.id).push(" THEN ").push_bind(event.sequence);
    }
    query.push(" END WHERE id IN (");
    let mut ids = query.separated(", ");
    for event in events {
        ids.push_bind(event.id);
    }
    query.push(")").build().persistent(false).execute(db).await.map(|_| ())
}

/// Deletes events that nobody wants after all.
pub async fn discard(db: &mut MySqlConnection, events: &[EventHead]) -> sqlx::Result<()> {
    let mut query = QueryBuilder::<MySql>::new("DELETE FROM mod_whmcs_api_events WHERE sequence IS NULL AND id IN (");
    let mut ids = query.separated(", ");
    for event in events {
        ids.push_bind(event.id);
    }
    query.push(")").build().persistent(false).execute(db).await.map(|_| ())
}

/// Records the last number, as the last write of the transaction that gave it. Returns `false` if that was lost.
pub async fn set_last_number(db: &mut Lease, from: i64, to: i64) -> sqlx::Result<bool> {
    let Some(Proof { subject, nonce }) = db.proof().cloned() else { return Ok(false) };
    let update = sqlx::query(SET_LAST_NUMBER).bind(subject).bind(nonce.to_vec()).bind(to).bind(from);
    Ok(update.execute(&mut **db).await?.rows_affected() == 1)
}

pub async fn find(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<EventRow>> {
    sqlx::query_as(FIND).bind(id).fetch_optional(db).await
}

/// Returns events with numbers above this one, in their order: as many as have parameters of this many bytes together, and at
/// least one. Those of tickets are of tickets in these departments, or tell that one was deleted.
pub async fn after(
    db: &mut MySqlConnection,
    sequence: i64,
    names: &[&str],
    seen: &Departments,
    limit: u32,
    bytes: usize,
) -> sqlx::Result<Vec<EventRow>> {
    let columns = "CAST(id AS SIGNED) AS id, event_id, CAST(sequence AS SIGNED) AS sequence, name, subject, \
                   CAST(subject_id AS SIGNED) AS subject_id, data, created_at";
    let mut query = select_after(columns, sequence, names, seen, limit);
    let mut rows = query.build_query_as::<EventRow>().persistent(false).fetch(db);
    let (mut found, mut size) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await? {
        size += row.data.len();
        if size > bytes && !found.is_empty() {
            break;
        }
        found.push(row);
    }
    Ok(found)
}

/// As [`after`], without the parameters.
pub async fn heads_after(
    db: &mut MySqlConnection,
    sequence: i64,
    names: &[&str],
    limit: u32,
) -> sqlx::Result<Vec<EventHead>> {
    let columns = "CAST(id AS SIGNED) AS id, CAST(sequence AS SIGNED) AS sequence, name, subject, \
                   CAST(subject_id AS SIGNED) AS subject_id, created_at";
    select_after(columns, sequence, names, &Departments::All, limit)
        .build_query_as()
        .persistent(false)
        .fetch_all(db)
        .await
}

fn select_after(columns: &str, sequence: i64, names: &[&str], seen: &Departments, limit: u32) -> QueryBuilder<MySql> {
    let mut query = QueryBuilder::<MySql>::new("SELECT ");
    query.push(columns).push(" FROM mod_whmcs_api_events WHERE sequence > ").push_bind(sequence).push(" AND name IN (");
    let mut list = query.separated(", ");
    for name in names {
        list.push_bind((*name).to_owned());
    }
    if names.is_empty() {
        list.push("NULL");
    }
    query.push(")");
    if let Departments::Only(departments) = seen {
        query.push(
            " AND (subject <> 'ticket' OR name = 'TicketDelete' OR EXISTS (SELECT 1 FROM tbltickets t \
               WHERE t.id = subject_id AND t.did IN (",
        );
        let mut list = query.separated(", ");
        for department in departments {
            list.push_bind(*department);
        }
        query.push(")))");
    }
    query.push(" ORDER BY sequence LIMIT ").push_bind(limit);
    query
}

/// Deletes events that happened before this time.
pub async fn forget_before(db: &mut MySqlConnection, time: NaiveDateTime) -> sqlx::Result<()> {
    delete_in_batches(db, "DELETE FROM mod_whmcs_api_events WHERE created_at < ? LIMIT 1000", time).await
}
