//! Mails (`tblemails`), and which of them are still to be sent.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use super::outbox::{self, NewEntry};
use crate::database::page::{ListStatement, Listed, Page};
use crate::database::sql::{like_contains, push_like};
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::entities::floor_boundary;
use crate::domain::id::ClientId;

const ADD: &str = "INSERT INTO tblemails (userid, subject, message, date, `to`, cc, bcc, attachments, pending, failed, \
                            created_at, updated_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?, '', 0, 0, ?, ?)";
const NOTE: &str = "UPDATE tblemails SET failed = ?, failure_reason = ?, retry_count = COALESCE(?, retry_count), updated_at = ? \
     WHERE id = ?";

/// The kind of mails in the outbox.
pub const KIND: &str = "mail";

/// A mail to insert.
#[derive(Debug)]
pub struct NewEmail<'a> {
    pub client: Option<ClientId>,
    pub subject: &'a str,
    pub message: &'a str,
    /// Addresses, separated by commas, as in the next two.
    pub to: &'a str,
    pub cc: &'a str,
    pub bcc: &'a str,
    /// Empty for the company's name.
    pub sender_name: &'a str,
    /// Empty for the company's address.
    pub sender_address: &'a str,
    /// Where answers go; empty for the sender.
    pub reply_to: &'a str,
    pub is_plain: bool,
    /// What stands in the message in place of [`HIDDEN_TOKEN`] when it is sent; empty for nothing.
    pub token: &'a str,
}

/// What a stored message has in place of a token. Tokens let their holder choose a password, and many may read mails.
pub const HIDDEN_TOKEN: &str = "hidden-token";

/// Inserts a mail that is sent after the transaction has been committed. WHMCS's own column `pending` stays 0:
/// otherwise a WHMCS on the same database would send the mail as well.
pub async fn add(tx: &mut Writer<'_>, new: &NewEmail<'_>) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD)
        .bind(new.client.map_or(0, |client| client.0))
        .bind(new.subject)
        .bind(new.message)
        .bind(tx.now.local())
        .bind(new.to)
        .bind(new.cc)
        .bind(new.bcc)
        .bind(utc)
        .bind(utc);
    let id = tx.insert(insert).await?;
    let payload = Payload {
        sender_name: new.sender_name.to_owned(),
        sender_address: new.sender_address.to_owned(),
        is_plain: new.is_plain,
        token: new.token.to_owned(),
        reply_to: new.reply_to.to_owned(),
    };
    let entry = NewEntry {
        kind: KIND,
        target: "",
        subject: new.client.map_or("", |_| "client"),
        subject_id: new.client.map_or(0, |client| client.0),
        record_id: id,
        summary: &summary(new.to, new.subject),
        payload: &payload.to_json()?,
    };
    outbox::add(tx, &entry).await
}

/// The data of a mail in the outbox, apart from its row of `tblemails`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Payload {
    /// The sender's name; empty for the company's, as is the address.
    pub sender_name: String,
    pub sender_address: String,
    pub is_plain: bool,
    /// See [`NewEmail::token`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub token: String,
    /// See [`NewEmail::reply_to`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reply_to: String,
}

impl Payload {
    /// The payload as stored in the outbox.
    pub fn to_json(&self) -> sqlx::Result<String> {
        serde_json::to_string(self).map_err(|error| sqlx::Error::Encode(error.into()))
    }
}

/// The description of a mail in the outbox, for people.
pub fn summary(to: &str, subject: &str) -> String {
    format!("{to}: {subject}")
}

/// A mail to send.
#[derive(Debug)]
pub struct OutgoingMail {
    pub id: i64,
    pub subject: String,
    pub message: String,
    /// Addresses, separated by commas, as in the next two.
    pub to: String,
    pub cc: String,
    pub bcc: String,
    /// Time of writing, as digits.
    pub written: String,
}

from_row!(OutgoingMail { id, subject, message, to, cc, bcc, written });

pub async fn outgoing(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<OutgoingMail>> {
    sqlx::query_as(
        "SELECT CAST(e.id AS SIGNED) AS id, e.subject, e.message, COALESCE(e.`to`, '') AS `to`, \
                COALESCE(e.cc, '') AS cc, COALESCE(e.bcc, '') AS bcc, \
                CAST(COALESCE(DATE_FORMAT(COALESCE(e.created_at, e.date), '%Y%m%d%H%i%s'), '0') AS CHAR) AS written \
         FROM tblemails e WHERE e.id = ?",
    )
    .bind(id)
    .fetch_optional(db)
    .await
}

/// The state of a mail's delivery, as WHMCS shows it.
#[derive(Debug)]
pub struct DeliveryStatus<'n> {
    pub is_failed: bool,
    /// Why it was not sent; empty if it was.
    pub reason: &'n str,
    /// Number of attempts; `None` leaves the number as it is.
    pub attempts: Option<i64>,
}

/// Length of `tblemails.failure_reason`.
const REASON_LENGTH: usize = 250;

/// Updates the state of a mail's delivery.
pub async fn set_delivery_status(
    db: &mut MySqlConnection,
    id: i64,
    note: &DeliveryStatus<'_>,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    let end = note.reason.char_indices().nth(REASON_LENGTH).map_or(note.reason.len(), |(at, _)| at);
    let reason = note.reason[..floor_boundary(note.reason, end)].to_owned();
    // The first attempt is not a retry.
    let repetitions = note.attempts.map(|attempts| (attempts - 1).clamp(0, 127));
    let update = sqlx::query(NOTE).bind(i32::from(note.is_failed)).bind(reason).bind(repetitions).bind(now).bind(id);
    update.execute(db).await.map(|_| ())
}

/// A mail in a list.
#[derive(Debug)]
pub struct EmailRow {
    pub id: i64,
    pub client: i64,
    pub subject: String,
    pub message: String,
    pub date: String,
    pub to: String,
    pub cc: String,
    pub bcc: String,
    pub attachments: Option<String>,
    /// Whether it is still to be sent, by this server or by WHMCS.
    pub is_pending: bool,
    /// Whether it is in this server's outbox, with no attempt running.
    pub is_waiting: bool,
    pub message_data: Option<String>,
    pub failed: i64,
    pub failure_reason: String,
    pub retry_count: i64,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
    pub campaign: i64,
}

from_row!(EmailRow {
    id,
    client,
    subject,
    message,
    date,
    to,
    cc,
    bcc,
    attachments,
    is_pending,
    is_waiting,
    message_data,
    failed,
    failure_reason,
    retry_count,
    created_at,
    updated_at,
    campaign
});

/// Filter for the mails of a client; all conditions must hold.
#[derive(Debug)]
pub struct EmailFilter {
    pub client: ClientId,
    /// From the first time (inclusive) to the second (exclusive).
    pub written: Option<(NaiveDateTime, NaiveDateTime)>,
    /// A part of the subject.
    pub subject: Option<String>,
}

/// Joins the client, and the entry of a mail in this server's outbox, and in that of servers of version 0.1.
///
/// The inner join drops the mails of a deleted client. A list has the mails of one client only, and for a client that does
/// not exist GetEmails answers with an error, so no list lacks a row.
const OUTBOXES: &str = "JOIN tblclients c ON c.id = e.userid \
                        LEFT JOIN mod_whmcs_api_outbox_entries o ON o.kind = 'mail' AND o.record_id = e.id \
                        LEFT JOIN mod_whmcs_api_outbox old ON old.email_id = e.id";
/// Replaces [`OUTBOXES`] if our own tables do not exist.
const NO_OUTBOXES: &str = "JOIN tblclients c ON c.id = e.userid CROSS JOIN (SELECT NULL AS state) o \
                           CROSS JOIN (SELECT NULL AS is_failed, NULL AS is_sending) old";

/// Returns a page of mails, the latest first; none if the client does not exist.
pub async fn list(
    db: &mut MySqlConnection,
    filter: &EmailFilter,
    page: Page,
    has_own_tables: bool,
) -> sqlx::Result<Listed<EmailRow>> {
    let statement = ListStatement {
        columns: "CAST(e.id AS SIGNED) AS id, CAST(e.userid AS SIGNED) AS client, e.subject, e.message, \
                COALESCE(CAST(e.date AS CHAR), '0000-00-00 00:00:00') AS date, COALESCE(e.`to`, '') AS `to`, \
                COALESCE(e.cc, '') AS cc, COALESCE(e.bcc, '') AS bcc, e.attachments, \
                e.pending <> 0 OR COALESCE(o.state IN ('pending', 'running'), FALSE) \
                  OR COALESCE(old.is_failed = 0, FALSE) AS is_pending, \
                COALESCE(o.state = 'pending', FALSE) OR COALESCE(old.is_failed = 0 AND old.is_sending = 0, FALSE) \
                  AS is_waiting, e.message_data, \
                CAST(e.failed AS SIGNED) AS failed, e.failure_reason, CAST(e.retry_count AS SIGNED) AS retry_count, \
                CAST(e.created_at AS CHAR) AS created_at, CAST(e.updated_at AS CHAR) AS updated_at, \
                CAST(e.campaign_id AS SIGNED) AS campaign",
        table: "tblemails e",
        joins: if has_own_tables { OUTBOXES } else { NO_OUTBOXES },
        filter: &|query| apply_filter(query, filter),
        order: "ORDER BY e.id DESC",
    };
    statement.read(db, page).await
}

fn apply_filter(query: &mut QueryBuilder<MySql>, filter: &EmailFilter) {
    query.push(" WHERE e.userid = ").push_bind(filter.client);
    if let Some((start, end)) = filter.written {
        query.push(" AND e.date >= ").push_bind(start).push(" AND e.date < ").push_bind(end);
    }
    if let Some(subject) = &filter.subject {
        push_like(query.push(" AND "), &["e.subject"], subject, like_contains);
    }
}
