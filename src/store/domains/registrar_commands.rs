//! Commands to registrars: their entries in the outbox.
//!
//! Payloads keep the line of the invoice that paid for them when their entries have ended, so that what was sent for a line
//! is known when it is paid again.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::registered::{chosen_registrar, registrar};
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::domains::registrar::Command;
use crate::domain::id::{DomainId, InvoiceId, OrderId};

/// The kind of commands to registrars in the outbox.
pub const KIND: &str = "registrar";

/// A number in the payload of the entry `e`; NULL if there is none.
macro_rules! payload_number {
    ($name:literal) => {
        concat!("CAST(JSON_EXTRACT(IF(JSON_VALID(e.payload), e.payload, '{}'), '$.", $name, "') AS SIGNED)")
    };
}

/// A text or a flag in the payload of the entry `e`; NULL if there is none.
macro_rules! payload_text {
    ($name:literal) => {
        concat!("JSON_UNQUOTE(JSON_EXTRACT(IF(JSON_VALID(e.payload), e.payload, '{}'), '$.", $name, "'))")
    };
}

/// The payload of the entry `e` once it is superseded: without its secret.
macro_rules! superseded_payload {
    () => {
        "IF(JSON_VALID(e.payload), JSON_REMOVE(e.payload, '$.epp_code'), '')"
    };
}

/// Whether a command is being attempted, or it is unknown what one has done.
macro_rules! is_busy {
    () => {
        "(e.state IN ('running', 'unknown') OR (e.state = 'pending' AND e.is_unanswered = 1))"
    };
}

/// Whether a command can be withdrawn: it has certainly not been carried out.
macro_rules! is_open {
    () => {
        "(e.state = 'failed' OR (e.state = 'pending' AND e.is_unanswered = 0))"
    };
}

const PAYMENT: &str = concat!(
    "SELECT ",
    payload_number!("invoice"),
    " AS invoice, ",
    payload_number!("line"),
    " AS line, \
            ",
    payload_number!("years"),
    " AS years FROM mod_whmcs_api_outbox_entries e \
     WHERE e.subject = 'domain' AND e.subject_id = ? AND e.kind = 'registrar' AND ",
    is_open!(),
    " \
       AND ",
    payload_number!("invoice"),
    " > 0 \
       AND ",
    payload_text!("function"),
    " = ? ORDER BY e.id LIMIT 1"
);
/// Inserts nothing while an attempt for the domain is running, or while it is unknown what one has done.
const ADD: &str = concat!(
    "INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, summary, payload, last_error, \
                                   due_at, request_key, created_at) \
     SELECT 'registrar', LEFT(?, 64), 'domain', ?, LEFT(?, 255), ?, '', ?, ?, ? FROM (SELECT 1) AS one \
     WHERE NOT EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries e WHERE e.subject = 'domain' AND e.subject_id = ? \
                         AND e.kind = 'registrar' AND ",
    is_busy!(),
    ")"
);
/// A command that was paid for is superseded only by the one that takes its payment over.
const SUPERSEDE: &str = concat!(
    "UPDATE mod_whmcs_api_outbox_entries e SET e.state = 'superseded', e.payload = ",
    superseded_payload!(),
    " \
     WHERE e.subject = 'domain' AND e.subject_id = ? AND e.kind = 'registrar' AND ",
    is_open!(),
    " \
       AND IF(",
    payload_number!("invoice"),
    " > 0, ",
    payload_number!("line"),
    " = ?, TRUE)"
);
const LEAVE_QUEUE: &str = "UPDATE tblmodulequeue q SET q.completed = 1, q.updated_at = ? \
     WHERE q.service_type = 'domain' AND q.service_id = ? AND q.completed = 0 \
       AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries e WHERE e.kind = 'registrar' AND e.record_id = q.id \
                         AND e.state = 'pending')";
/// What was sent for the line counts, or is about to be sent. Without a trace of a command, an earlier payment of the line
/// counts: somebody has carried it out by hand.
const ADD_PAID: &str = concat!(
    "INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, summary, payload, last_error, \
                                   due_at, request_key, created_at) \
     SELECT 'registrar', LEFT(paid.registrar, 64), 'domain', paid.id, LEFT(CONCAT(?, ' ', paid.domain), 255), ?, '', ?, ?, ? \
     FROM (SELECT d.id, d.domain, d.status, ",
    registrar!(),
    " AS registrar, ",
    chosen_registrar!(),
    " AS chosen \
           FROM tbldomains d WHERE d.id = ?) AS paid \
     WHERE paid.registrar <> '' \
       AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries e WHERE e.subject = 'domain' AND e.subject_id = paid.id \
                         AND e.kind = 'registrar' AND e.state IN ('pending', 'running', 'done', 'unknown') \
                         AND ",
    payload_number!("line"),
    " = ?) \
       AND (NOT EXISTS (SELECT 1 FROM mod_whmcs_api_settlements s WHERE s.invoice_id = ? AND s.line_id = ? AND s.kind = ? \
                          AND s.reverses_id = 0 AND s.id <> ?) \
            OR EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries e WHERE e.subject = 'domain' AND e.subject_id = paid.id \
                         AND e.kind = 'registrar' AND e.state IN ('superseded', 'failed') \
                         AND ",
    payload_number!("line"),
    " = ?)) \
       AND IF(?, paid.status IN ('Active', 'Grace', 'Redemption', 'Expired'), paid.status = 'Pending' AND paid.chosen <> '')"
);
const WITHDRAW_PAID: &str = concat!(
    "UPDATE mod_whmcs_api_outbox_entries e LEFT JOIN tblmodulequeue q ON q.id = e.record_id AND q.completed = 0 \
     SET e.state = 'superseded', e.payload = ",
    superseded_payload!(),
    ", q.completed = 1, q.updated_at = ? \
     WHERE e.subject = 'domain' AND e.subject_id = ? AND e.kind = 'registrar' AND ",
    is_open!(),
    " \
       AND ",
    payload_number!("line"),
    " = ? AND ",
    payload_text!("is_automatic"),
    " = 'true'"
);
const SUPERSEDE_ORDER: &str = concat!(
    "UPDATE mod_whmcs_api_outbox_entries e JOIN tbldomains d ON d.id = e.subject_id AND e.subject = 'domain' \
     SET e.state = 'superseded', e.payload = ",
    superseded_payload!(),
    " \
     WHERE d.orderid = ? AND e.kind = 'registrar' AND ",
    is_open!(),
    " \
       AND NOT (? AND COALESCE(",
    payload_number!("invoice"),
    ", 0) > 0 AND (e.state = 'pending' OR d.status <> 'Pending'))"
);
const NOTE_ORDER: &str = "UPDATE mod_whmcs_api_outbox_entries e JOIN tbldomains d ON d.id = e.subject_id AND e.subject = 'domain' \
     SET e.payload = JSON_SET(e.payload, '$.order', ?) \
     WHERE d.orderid = ? AND e.kind = 'registrar' AND e.state = 'pending' AND e.is_unanswered = 0 AND JSON_VALID(e.payload)";
const ORDER_LEAVES_QUEUE: &str = "UPDATE tblmodulequeue q JOIN tbldomains d ON d.id = q.service_id \
     SET q.completed = 1, q.updated_at = ? \
     WHERE d.orderid = ? AND q.service_type = 'domain' AND q.completed = 0 \
       AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries e WHERE e.kind = 'registrar' AND e.record_id = q.id \
                         AND e.state = 'pending')";
const IS_IDLE: &str = concat!(
    "UPDATE tblorders SET status = status WHERE id = ? \
       AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries e \
                       JOIN tbldomains d ON d.id = e.subject_id AND e.subject = 'domain' \
                       WHERE d.orderid = tblorders.id AND e.kind = 'registrar' AND ",
    is_busy!(),
    ")"
);

/// The key of entries for which no call waits.
const NO_REQUEST: [u8; 32] = [0; 32];
/// Time in which the call that requested a command must start its first attempt, before the worker does.
const FIRST_ATTEMPT_WITHIN: TimeDelta = TimeDelta::minutes(1);

/// The data of a command, apart from registrar and domain.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Payload {
    /// The id by which the registrar recognizes all attempts at the command.
    pub id: String,
    /// The function's name, see [`Command::function`].
    pub function: String,
    /// The order that is accepted once its items are active, or 0.
    pub order: i64,
    /// The invoice that was paid for the command, or 0; the next one is its line.
    pub invoice: i64,
    pub line: i64,
    /// Whether the payment itself has caused the command, and nobody has asked for it.
    pub is_automatic: bool,
    /// The years of a renewal, or 0 for those of the invoice's order, or else the domain's own period.
    pub years: u32,
    /// The code of a transfer, or empty for the order's.
    pub epp_code: String,
    /// The language of an internationalized name, or empty for the one in the domain's fields.
    pub idn_language: String,
    /// The tag to which a domain is released.
    pub new_tag: String,
    /// The day on which the domain expired at its registrar before a renewal was sent (`YYYY-MM-DD`), or empty if that is not
    /// known.
    pub expiry_before: String,
    /// The member of staff for whom the command runs.
    pub admin: i64,
    pub user: String,
    pub address: String,
}

impl Payload {
    /// The payload of a command with this id, with its author.
    pub fn new(id: String, command: Command, tx: &Writer<'_>) -> Payload {
        Payload {
            id,
            function: command.function().to_owned(),
            admin: tx.author.admin.0,
            user: tx.author.name.clone(),
            address: tx.author.address.clone(),
            ..Payload::default()
        }
    }

    pub fn to_json(&self) -> sqlx::Result<String> {
        serde_json::to_string(self).map_err(|error| sqlx::Error::Encode(error.into()))
    }
}

/// What was paid for a command that has not been carried out.
#[derive(Debug, Clone, Copy)]
pub struct Payment {
    pub invoice: i64,
    pub line: i64,
    pub years: i64,
}

from_row!(Payment { invoice, line, years });

/// Returns what was paid for a command about a domain that waits or has failed; of several, for the first. The same command,
/// if it is added with this payment, supersedes it.
pub async fn payment(db: &mut MySqlConnection, domain: DomainId, command: Command) -> sqlx::Result<Option<Payment>> {
    sqlx::query_as(PAYMENT).bind(domain).bind(command.function()).fetch_optional(db).await
}

/// Inserts a command, which supersedes earlier ones about the domain that were not carried out. The call that requests it
/// attempts it right after the commit. Returns `false`, and the caller rolls back, while an attempt for the domain is running,
/// or while it is unknown what one has done.
pub async fn add(
    tx: &mut Writer<'_>,
    domain: DomainId,
    registrar: &str,
    summary: &str,
    payload: &Payload,
) -> sqlx::Result<bool> {
    let utc = tx.now.utc();
    let key = tx.key.map_or(NO_REQUEST, |key| key.0);
    tx.execute(sqlx::query(SUPERSEDE).bind(domain).bind(payload.line)).await?;
    tx.execute(sqlx::query(LEAVE_QUEUE).bind(utc).bind(domain)).await?;
    let insert = sqlx::query(ADD)
        .bind(registrar)
        .bind(domain)
        .bind(summary)
        .bind(payload.to_json()?)
        .bind(utc + FIRST_ATTEMPT_WITHIN)
        .bind(&key[..])
        .bind(utc)
        .bind(domain);
    tx.change(insert).await
}

/// A settlement entry that pays for a domain.
#[derive(Debug, Clone, Copy)]
pub struct PaidLine<'a> {
    pub domain: DomainId,
    pub command: Command,
    pub invoice: InvoiceId,
    /// Id and kind of the line, and id of its settlement entry.
    pub line: i64,
    pub kind: &'a str,
    pub entry: i64,
}

/// Inserts the command that a payment causes, if none was sent for the line, and if the domain is in a state for it and has a
/// registrar; for a new domain, the operator must have chosen one for its extension. The command waits for others about the
/// domain.
pub async fn add_paid(tx: &mut Writer<'_>, paid: PaidLine<'_>, id: String) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let payload =
        Payload { invoice: paid.invoice.0, line: paid.line, is_automatic: true, ..Payload::new(id, paid.command, tx) };
    let insert = sqlx::query(ADD_PAID)
        .bind(paid.command.title())
        .bind(payload.to_json()?)
        .bind(utc)
        .bind(&NO_REQUEST[..])
        .bind(utc)
        .bind(paid.domain)
        .bind(paid.line)
        .bind(paid.invoice)
        .bind(paid.line)
        .bind(paid.kind)
        .bind(paid.entry)
        .bind(paid.line)
        .bind(paid.command == Command::Renew);
    tx.execute(insert).await.map(|_| ())
}

/// Withdraws what the payment of a line has caused and was not carried out, because the payment was reversed.
pub async fn withdraw_paid(tx: &mut Writer<'_>, domain: DomainId, line: i64) -> sqlx::Result<()> {
    tx.execute(sqlx::query(WITHDRAW_PAID).bind(tx.now.utc()).bind(domain).bind(line)).await.map(|_| ())
}

/// Withdraws the commands about an order's domains that were not carried out. With `keeps_paid`, those that were paid for and
/// that wait are carried out nevertheless, and then accept the order, and those about other than pending domains stay as they
/// are. Returns `false`, and the caller rolls back,
/// while an attempt for one of the domains is running, or while it is unknown what one has done.
pub async fn withdraw(tx: &mut Writer<'_>, order: OrderId, keeps_paid: bool) -> sqlx::Result<bool> {
    tx.execute(sqlx::query(SUPERSEDE_ORDER).bind(order).bind(keeps_paid)).await?;
    if keeps_paid {
        tx.execute(sqlx::query(NOTE_ORDER).bind(order).bind(order)).await?;
    }
    tx.execute(sqlx::query(ORDER_LEAVES_QUEUE).bind(tx.now.utc()).bind(order)).await?;
    tx.change(sqlx::query(IS_IDLE).bind(order)).await
}
