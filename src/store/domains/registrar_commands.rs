//! Commands to registrars: their entries in the outbox.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::database::writer::Writer;
use crate::domain::id::{DomainId, InvoiceId, OrderId};
use crate::domain::registrar::Command;

/// The kind of commands to registrars in the outbox.
pub const KIND: &str = "registrar";

statements! {
    /// Inserts nothing while an attempt for the domain is running, or while it is unknown what one has done.
    ADD = "INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, summary, payload, last_error, \
                                       due_at, request_key, created_at) \
         SELECT 'registrar', LEFT(?, 64), 'domain', ?, LEFT(?, 255), ?, '', ?, ?, ? FROM (SELECT 1) AS one \
         WHERE NOT EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries e WHERE e.subject = 'domain' AND e.subject_id = ? \
                             AND e.kind = 'registrar' \
                             AND (e.state = 'running' OR (e.state = 'pending' AND e.is_unanswered = 1)))";
    SUPERSEDE = "UPDATE mod_whmcs_api_outbox_entries SET state = 'superseded', payload = '' \
         WHERE subject = 'domain' AND subject_id = ? AND kind = 'registrar' AND state = 'pending' AND is_unanswered = 0";
    LEAVE_QUEUE = "UPDATE tblmodulequeue SET completed = 1, updated_at = ? \
         WHERE service_type = 'domain' AND service_id = ? AND completed = 0";
    /// The second condition holds for the first entry that the line of the invoice gave. What a registrar has done is not
    /// undone by a refund, and so not done again by the next payment.
    ADD_PAID = "INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, summary, payload, last_error, \
                                       due_at, request_key, created_at) \
         SELECT 'registrar', LEFT(paid.registrar, 64), 'domain', paid.id, LEFT(CONCAT(?, ' ', paid.domain), 255), ?, '', ?, ?, ? \
         FROM (SELECT d.id, d.domain, d.status, d.registrar AS own, COALESCE(NULLIF(d.registrar, ''), p.autoreg, '') AS registrar, \
                    COALESCE(p.autoreg, '') AS autoreg \
               FROM tbldomains d LEFT JOIN tbldomainpricing p ON p.extension = SUBSTRING(d.domain, LOCATE('.', d.domain)) \
               WHERE d.id = ? ORDER BY p.id LIMIT 1) AS paid \
         WHERE paid.registrar <> '' \
           AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_settlements s WHERE s.invoice_id = ? AND s.line_id = ? AND s.kind = ? \
                             AND s.reverses_id = 0 AND s.id <> ?) \
           AND IF(?, paid.status IN ('Active', 'Grace', 'Redemption', 'Expired'), paid.status = 'Pending' AND paid.autoreg <> '')";
    WITHDRAW_PAID = "UPDATE mod_whmcs_api_outbox_entries SET state = 'superseded', payload = '' \
         WHERE subject = 'domain' AND subject_id = ? AND kind = 'registrar' AND state = 'pending' AND is_unanswered = 0 \
           AND request_key = ?";
    SUPERSEDE_ORDER = "UPDATE mod_whmcs_api_outbox_entries e JOIN tbldomains d ON d.id = e.subject_id AND e.subject = 'domain' \
         SET e.state = 'superseded', e.payload = '' \
         WHERE d.orderid = ? AND e.kind = 'registrar' \
           AND (e.state IN ('failed', 'unknown') OR (e.state = 'pending' AND e.is_unanswered = 0))";
    ORDER_LEAVES_QUEUE = "UPDATE tblmodulequeue q JOIN tbldomains d ON d.id = q.service_id \
         SET q.completed = 1, q.updated_at = ? \
         WHERE d.orderid = ? AND q.service_type = 'domain' AND q.completed = 0";
    IS_IDLE = "UPDATE tblorders SET status = status WHERE id = ? \
           AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries e \
                           JOIN tbldomains d ON d.id = e.subject_id AND e.subject = 'domain' \
                           WHERE d.orderid = tblorders.id AND e.kind = 'registrar' AND e.state IN ('running', 'pending'))";
}

/// The key of entries for which no call waits.
const NO_REQUEST: [u8; 32] = [0; 32];
/// Time in which the call that requested a command must start its first attempt, before the worker does.
const FIRST_ATTEMPT_WITHIN: TimeDelta = TimeDelta::minutes(1);

/// The data of a command, apart from registrar and domain.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Payload {
    /// The function's name, see [`Command::function`].
    pub function: String,
    /// The order that is accepted once its items are active, or 0.
    pub order: i64,
    /// The invoice whose payment caused the command, or 0.
    pub invoice: i64,
    /// The years of a renewal, or 0 for the domain's own period.
    pub years: u32,
    /// The code of a transfer, or empty for the order's.
    pub epp_code: String,
    /// The language of an internationalized name, or empty for the one in the domain's fields.
    pub idn_language: String,
    /// The tag to which a domain is released.
    pub new_tag: String,
    /// The member of staff for whom the command runs.
    pub admin: i64,
    pub user: String,
    pub address: String,
}

impl Payload {
    /// The payload of a command, with its author.
    pub fn new(command: Command, tx: &Writer<'_>) -> Payload {
        Payload {
            function: command.function().to_owned(),
            admin: tx.author.admin.0,
            user: tx.author.name.clone(),
            address: tx.author.address.clone(),
            ..Payload::default()
        }
    }

    fn to_json(&self) -> sqlx::Result<String> {
        serde_json::to_string(self).map_err(|error| sqlx::Error::Encode(error.into()))
    }
}

/// Inserts a command, which supersedes the pending ones about the domain. The call that requests it attempts it right after
/// the commit. Returns `false`, with nothing written, while an attempt for the domain is running, or has got no answer.
pub async fn add(
    tx: &mut Writer<'_>,
    domain: DomainId,
    registrar: &str,
    summary: &str,
    payload: &Payload,
) -> sqlx::Result<bool> {
    let utc = tx.now.utc();
    let key = tx.key.map_or(NO_REQUEST, |key| key.0);
    tx.execute(sqlx::query(SUPERSEDE).bind(domain)).await?;
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

/// Inserts the command that a payment causes, if the domain is in a state for it and has a registrar; for a new domain, the
/// operator must have chosen one for its extension.
pub async fn add_paid(tx: &mut Writer<'_>, paid: PaidLine<'_>) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let payload = Payload { invoice: paid.invoice.0, ..Payload::new(paid.command, tx) };
    let insert = sqlx::query(ADD_PAID)
        .bind(paid.command.title())
        .bind(payload.to_json()?)
        .bind(utc)
        .bind(&NO_REQUEST[..])
        .bind(utc)
        .bind(paid.domain)
        .bind(paid.invoice)
        .bind(paid.line)
        .bind(paid.kind)
        .bind(paid.entry)
        .bind(paid.command == Command::Renew);
    tx.execute(insert).await.map(|_| ())
}

/// Withdraws what a payment has caused and was not attempted yet, because the payment was reversed.
pub async fn withdraw_paid(tx: &mut Writer<'_>, domain: DomainId) -> sqlx::Result<()> {
    tx.execute(sqlx::query(WITHDRAW_PAID).bind(domain).bind(&NO_REQUEST[..])).await.map(|_| ())
}

/// Withdraws the commands about an order's domains that have not succeeded. Returns `false` while an attempt for one of
/// them is running, or has got no answer.
pub async fn withdraw(tx: &mut Writer<'_>, order: OrderId) -> sqlx::Result<bool> {
    tx.execute(sqlx::query(SUPERSEDE_ORDER).bind(order)).await?;
    tx.execute(sqlx::query(ORDER_LEAVES_QUEUE).bind(tx.now.utc()).bind(order)).await?;
    tx.change(sqlx::query(IS_IDLE).bind(order)).await
}
