//! The outboxes of servers of version 0.1: `mod_whmcs_api_outbox` (mail) and `mod_whmcs_api_module_calls`. Entries that
//! are due there, and not claimed by such a server, are moved to the current outbox.
//!
//! A move is one transaction. The `WHERE` of its last write requires the entry that it has inserted, so that neither
//! half is ever done without the other, and none is done twice.

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use super::holds::not_held;
use super::outbox::Claim;
use crate::database::sql::delete_in_batches;
use crate::database::values::from_row;
use crate::domain::id::ServiceId;

const MOVE_MAIL: &str = "INSERT INTO mod_whmcs_api_outbox_entries (kind, subject, subject_id, record_id, summary, payload, state, \
                                   attempts, claim, last_error, due_at, created_at) \
     SELECT 'mail', ?, ?, email_id, LEFT(?, 255), ?, ?, attempts, ?, ?, due_at, ? FROM mod_whmcs_api_outbox \
     WHERE email_id = ? AND attempts = ? AND is_sending = ? AND is_failed = ? AND due_at = ?";
const REMOVE_MAIL: &str = "DELETE FROM mod_whmcs_api_outbox \
     WHERE email_id = ? AND attempts = ? AND is_sending = ? AND is_failed = ? AND due_at = ? AND EXISTS \
         (SELECT 1 FROM mod_whmcs_api_outbox_entries e WHERE e.kind = 'mail' AND e.record_id = email_id AND e.claim = ?)";
/// An entry that an older server has written since supersedes the pending ones.
const SUPERSEDE_BY_CALL: &str = "UPDATE mod_whmcs_api_outbox_entries SET state = 'superseded', payload = '' \
     WHERE kind = 'module' AND subject = 'service' AND subject_id = ? AND state = 'pending' AND created_at < ?";
/// Inserts nothing while an attempt for the service is running, nor if there is a later command.
const MOVE_CALL: &str = "INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, record_id, summary, payload, \
                                   attempts, is_unanswered, claim, last_error, due_at, request_key, created_at) \
     SELECT 'module', module, 'service', service_id, queue_id, LEFT(?, 255), ?, attempts, is_running, ?, message, \
            due_at, request_key, created_at \
     FROM mod_whmcs_api_module_calls WHERE id = ? AND outcome = '' AND attempts = ? AND due_at = ? AND NOT EXISTS \
         (SELECT 1 FROM mod_whmcs_api_outbox_entries e WHERE e.kind = 'module' AND e.subject = 'service' \
            AND e.subject_id = service_id AND (e.state = 'running' OR e.created_at >= ?))";
/// An older server that waits for this command reads `moved`, which is neither success nor failure, and so reports
/// the outcome as not known yet.
const LEAVE_CALL: &str = "UPDATE mod_whmcs_api_module_calls SET outcome = 'moved', is_running = 0, arguments = '{}' \
     WHERE id = ? AND outcome = '' AND attempts = ? AND due_at = ? AND EXISTS \
         (SELECT 1 FROM mod_whmcs_api_outbox_entries e WHERE e.subject = 'service' AND e.subject_id = service_id \
            AND e.claim = ?)";

/// A mail in the outbox of version 0.1.
#[derive(Debug)]
pub struct OldMail {
    pub email: i64,
    pub client: i64,
    pub to: String,
    pub subject: String,
    pub sender_name: String,
    pub sender_address: String,
    pub is_plain: bool,
    pub attempts: i64,
    /// Whether it was claimed by a server that stopped before sending it.
    pub is_sending: bool,
    pub is_failed: bool,
    pub due_at: NaiveDateTime,
    pub failure_reason: String,
}

from_row!(OldMail {
    email,
    client,
    to,
    subject,
    sender_name,
    sender_address,
    is_plain,
    attempts,
    is_sending,
    is_failed,
    due_at,
    failure_reason
});

/// Returns the mails that have failed and, if this server sends mails, those that are due or abandoned.
pub async fn mails(db: &mut MySqlConnection, now: NaiveDateTime, is_sent_here: bool) -> sqlx::Result<Vec<OldMail>> {
    sqlx::query_as(concat!(
        "SELECT CAST(o.email_id AS SIGNED) AS email, COALESCE(CAST(e.userid AS SIGNED), 0) AS client, \
                COALESCE(e.`to`, '') AS `to`, COALESCE(e.subject, '') AS subject, o.sender_name, o.sender_address, \
                o.is_plain <> 0 AS is_plain, CAST(o.attempts AS SIGNED) AS attempts, o.is_sending <> 0 AS is_sending, \
                o.is_failed <> 0 AS is_failed, o.due_at, COALESCE(e.failure_reason, '') AS failure_reason \
         FROM mod_whmcs_api_outbox o LEFT JOIN tblemails e ON e.id = o.email_id \
         WHERE (o.is_failed = 1 OR (? AND (o.due_at < ? OR (o.due_at = ? AND o.is_sending = 0)))) AND ",
        not_held!(),
        " ORDER BY o.due_at, o.email_id LIMIT 100"
    ))
    .bind(is_sent_here)
    .bind(now)
    .bind(now)
    .fetch_all(db)
    .await
}

/// The state in which a mail is moved.
#[derive(Debug)]
pub struct MovedMail<'m> {
    pub summary: &'m str,
    pub payload: &'m str,
    pub state: &'m str,
    pub error: &'m str,
}

/// Moves a mail. Returns `false` if the mail has changed since it was read; the transaction must then be rolled back.
pub async fn move_mail(
    db: &mut MySqlConnection,
    mail: &OldMail,
    moved: &MovedMail<'_>,
    claim: Claim,
    now: NaiveDateTime,
) -> sqlx::Result<bool> {
    let insert = sqlx::query(MOVE_MAIL)
        .bind(if mail.client > 0 { "client" } else { "" })
        .bind(mail.client)
        .bind(moved.summary)
        .bind(moved.payload)
        .bind(moved.state)
        .bind(&claim.0[..])
        .bind(moved.error)
        .bind(now)
        .bind(mail.email)
        .bind(mail.attempts)
        .bind(mail.is_sending)
        .bind(mail.is_failed)
        .bind(mail.due_at);
    if insert.execute(&mut *db).await?.rows_affected() != 1 {
        return Ok(false);
    }
    let remove = sqlx::query(REMOVE_MAIL)
        .bind(mail.email)
        .bind(mail.attempts)
        .bind(mail.is_sending)
        .bind(mail.is_failed)
        .bind(mail.due_at)
        .bind(&claim.0[..]);
    Ok(remove.execute(db).await?.rows_affected() == 1)
}

/// A module command in the outbox of version 0.1.
#[derive(Debug)]
pub struct OldCall {
    pub id: i64,
    pub service: ServiceId,
    /// 0 for none.
    pub order: i64,
    pub command: String,
    /// A JSON object.
    pub arguments: String,
    pub admin: i64,
    pub user: String,
    pub address: String,
    pub attempts: i64,
    pub due_at: NaiveDateTime,
    pub created_at: NaiveDateTime,
}

from_row!(OldCall { id, service, order, command, arguments, admin, user, address, attempts, due_at, created_at });

/// Returns the commands that are due, or whose claims have expired.
pub async fn calls(db: &mut MySqlConnection, now: NaiveDateTime) -> sqlx::Result<Vec<OldCall>> {
    sqlx::query_as(concat!(
        "SELECT CAST(id AS SIGNED) AS id, CAST(service_id AS SIGNED) AS service, CAST(order_id AS SIGNED) AS `order`, \
                command, arguments, CAST(admin_id AS SIGNED) AS admin, user, address, \
                CAST(attempts AS SIGNED) AS attempts, due_at, created_at \
         FROM mod_whmcs_api_module_calls WHERE outcome = '' AND due_at <= ? AND ",
        not_held!(),
        " ORDER BY due_at, id LIMIT 100"
    ))
    .bind(now)
    .fetch_all(db)
    .await
}

/// Moves a command. Returns `false` if the command has changed since it was read, an attempt for the service is
/// running, or there is a later command about it; the transaction must then be rolled back.
pub async fn move_call(
    db: &mut MySqlConnection,
    call: &OldCall,
    summary: &str,
    payload: &str,
    claim: Claim,
) -> sqlx::Result<bool> {
    sqlx::query(SUPERSEDE_BY_CALL).bind(call.service).bind(call.created_at).execute(&mut *db).await?;
    let insert = sqlx::query(MOVE_CALL)
        .bind(summary)
        .bind(payload)
        .bind(&claim.0[..])
        .bind(call.id)
        .bind(call.attempts)
        .bind(call.due_at)
        .bind(call.created_at);
    if insert.execute(&mut *db).await?.rows_affected() != 1 {
        return Ok(false);
    }
    let leave = sqlx::query(LEAVE_CALL).bind(call.id).bind(call.attempts).bind(call.due_at).bind(&claim.0[..]);
    Ok(leave.execute(db).await?.rows_affected() == 1)
}

/// Gives up a command that a later one about the service supersedes, which an older server could not see.
pub async fn supersede_outdated(db: &mut MySqlConnection, call: &OldCall) -> sqlx::Result<bool> {
    let supersede = sqlx::query(
        "UPDATE mod_whmcs_api_module_calls SET outcome = 'superseded', is_running = 0, arguments = '{}' \
         WHERE id = ? AND outcome = '' AND attempts = ? AND due_at = ? AND EXISTS \
             (SELECT 1 FROM mod_whmcs_api_outbox_entries e WHERE e.kind = 'module' AND e.subject = 'service' \
                AND e.subject_id = service_id AND e.created_at >= ?)",
    );
    let supersede = supersede.bind(call.id).bind(call.attempts).bind(call.due_at).bind(call.created_at);
    Ok(supersede.execute(db).await?.rows_affected() == 1)
}

/// Number of entries in the older tables that are unfinished, failed ones included.
pub async fn count(db: &mut MySqlConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM mod_whmcs_api_outbox) \
              + (SELECT COUNT(*) FROM mod_whmcs_api_module_calls WHERE outcome = '')",
    )
    .fetch_one(db)
    .await
}

/// Drops all unfinished entries: they will not be carried out.
pub async fn drop_all(db: &mut MySqlConnection) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM mod_whmcs_api_outbox").execute(&mut *db).await?;
    let calls = "UPDATE mod_whmcs_api_module_calls SET outcome = 'superseded', is_running = 0, arguments = '{}' \
                 WHERE outcome = ''";
    sqlx::query(calls).execute(db).await.map(|_| ())
}

/// Deletes commands that no request can ask for any more.
pub async fn forget_before(db: &mut MySqlConnection, time: NaiveDateTime) -> sqlx::Result<()> {
    let statement = "DELETE FROM mod_whmcs_api_module_calls WHERE outcome <> '' AND created_at < ? LIMIT 1000";
    delete_in_batches(db, statement, time).await
}
