//! Module commands: their entries in the outbox, and `tblmodulequeue` and `tblmodulelog`, where staff see them.

use chrono::{NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::MySqlConnection;

use crate::database::writer::Writer;
use crate::domain::id::{OrderId, ServiceId};
use crate::domain::module::Command;

/// The kind of module commands in the outbox.
pub const KIND: &str = "module";

statements! {
    /// Inserts nothing while an attempt for the service is running, on a server of version 0.1 too.
    ADD = "INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, summary, payload, last_error, \
                                       due_at, request_key, created_at) \
         SELECT 'module', LEFT(?, 64), 'service', ?, ?, ?, '', ?, ?, ? FROM (SELECT 1) AS one \
         WHERE NOT EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries e WHERE e.subject = 'service' AND e.subject_id = ? \
                             AND e.kind = 'module' AND e.state = 'running') \
           AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_module_calls WHERE service_id = ? AND outcome = '' AND is_running = 1)";
    SUPERSEDE = "UPDATE mod_whmcs_api_outbox_entries SET state = 'superseded', payload = '' \
         WHERE subject = 'service' AND subject_id = ? AND kind = 'module' \
           AND (state = 'pending' OR (state = 'running' AND due_at <= ?))";
    SUPERSEDE_OLDER = "UPDATE mod_whmcs_api_module_calls SET outcome = 'superseded', arguments = '{}' \
         WHERE service_id = ? AND outcome = '' AND (is_running = 0 OR due_at <= ?)";
    LEAVE_QUEUE = "UPDATE tblmodulequeue SET completed = 1, updated_at = ? \
         WHERE service_type = 'service' AND service_id = ? AND completed = 0";
    SUPERSEDE_ORDER = "UPDATE mod_whmcs_api_outbox_entries e JOIN tblhosting h ON h.id = e.subject_id AND e.subject = 'service' \
         SET e.state = 'superseded', e.payload = '' \
         WHERE h.orderid = ? AND e.kind = 'module' AND (e.state = 'pending' OR (e.state = 'running' AND e.due_at <= ?))";
    SUPERSEDE_OLDER_ORDER = "UPDATE mod_whmcs_api_module_calls m JOIN tblhosting h ON h.id = m.service_id \
         SET m.outcome = 'superseded', m.arguments = '{}' \
         WHERE h.orderid = ? AND m.outcome = '' AND (m.is_running = 0 OR m.due_at <= ?)";
    ORDER_LEAVES_QUEUE = "UPDATE tblmodulequeue q JOIN tblhosting h ON h.id = q.service_id \
         SET q.completed = 1, q.updated_at = ? \
         WHERE h.orderid = ? AND q.service_type = 'service' AND q.completed = 0";
    IS_IDLE = "UPDATE tblorders SET status = status WHERE id = ? \
           AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries e \
                           JOIN tblhosting h ON h.id = e.subject_id AND e.subject = 'service' \
                           WHERE h.orderid = tblorders.id AND e.kind = 'module' AND e.state = 'running') \
           AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_module_calls m JOIN tblhosting h ON h.id = m.service_id \
                           WHERE h.orderid = tblorders.id AND m.outcome = '' AND m.is_running = 1)";
    PUT_ON_QUEUE = "INSERT INTO tblmodulequeue (service_type, service_id, module_name, module_action, last_attempt, \
                                     last_attempt_error, num_retries, completed, created_at, updated_at) \
         VALUES ('service', ?, ?, ?, ?, ?, 0, 0, ?, ?)";
    CHANGE_IN_QUEUE = "UPDATE tblmodulequeue SET last_attempt = ?, last_attempt_error = ?, num_retries = ?, updated_at = ? \
         WHERE id = ?";
    TAKE_OFF_QUEUE = "UPDATE tblmodulequeue SET completed = 1, last_attempt = ?, updated_at = ? WHERE id = ?";
    LOG = "INSERT INTO tblmodulelog (date, module, action, request, response, arrdata) VALUES (?, ?, ?, ?, ?, '')";
}

/// Time in which the call that requested a command must start its first attempt, before the worker does.
const FIRST_ATTEMPT_WITHIN: TimeDelta = TimeDelta::minutes(1);

/// A module command to insert.
#[derive(Debug)]
pub struct NewCall<'a> {
    pub service: ServiceId,
    /// The order that is accepted once its services are active.
    pub order: Option<OrderId>,
    pub module: &'a str,
    pub command: Command,
    /// A JSON object.
    pub arguments: &'a str,
}

/// The data of a module command in the outbox, apart from module and service.
#[derive(Debug, Serialize, Deserialize)]
pub struct Payload {
    /// The id by which the module recognizes a repeated request, if a server of version 0.1 has chosen it; otherwise it
    /// is made from the entry's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The function's name, see [`Command::function`].
    pub function: String,
    /// The order that is accepted once its services are active, or 0.
    pub order: i64,
    /// A JSON object.
    pub arguments: Value,
    /// The member of staff for whom the command runs.
    pub admin: i64,
    pub user: String,
    pub address: String,
}

impl Payload {
    /// The payload as stored in the outbox.
    pub fn to_json(&self) -> sqlx::Result<String> {
        serde_json::to_string(self).map_err(|error| sqlx::Error::Encode(error.into()))
    }
}

/// Inserts a command, which supersedes the pending ones about the service. The call that requests it attempts it right
/// after the commit. Returns `false`, with nothing written, while an attempt for the service is running.
pub async fn add(tx: &mut Writer<'_>, new: &NewCall<'_>) -> sqlx::Result<bool> {
    let utc = tx.now.utc();
    let key = tx.key.map_or([0; 32], |key| key.0);
    let payload = Payload {
        request_id: None,
        function: new.command.function().to_owned(),
        order: new.order.map_or(0, |order| order.0),
        arguments: serde_json::from_str(new.arguments).map_err(|error| sqlx::Error::Encode(error.into()))?,
        admin: tx.author.admin.0,
        user: tx.author.name.clone(),
        address: tx.author.address.clone(),
    };
    tx.execute(sqlx::query(SUPERSEDE).bind(new.service).bind(utc)).await?;
    tx.execute(sqlx::query(SUPERSEDE_OLDER).bind(new.service).bind(utc)).await?;
    tx.execute(sqlx::query(LEAVE_QUEUE).bind(utc).bind(new.service)).await?;
    let insert = sqlx::query(ADD)
        .bind(new.module)
        .bind(new.service)
        .bind(new.command.title())
        .bind(payload.to_json()?)
        .bind(utc + FIRST_ATTEMPT_WITHIN)
        .bind(&key[..])
        .bind(utc)
        .bind(new.service)
        .bind(new.service);
    tx.change(insert).await
}

/// Withdraws the pending commands about an order's services. Returns `false` while an attempt for one of them is
/// running.
pub async fn withdraw(tx: &mut Writer<'_>, order: OrderId) -> sqlx::Result<bool> {
    let utc = tx.now.utc();
    tx.execute(sqlx::query(SUPERSEDE_ORDER).bind(order).bind(utc)).await?;
    tx.execute(sqlx::query(SUPERSEDE_OLDER_ORDER).bind(order).bind(utc)).await?;
    tx.execute(sqlx::query(ORDER_LEAVES_QUEUE).bind(utc).bind(order)).await?;
    tx.change(sqlx::query(IS_IDLE).bind(order)).await
}

/// A command of which an attempt has ended.
#[derive(Debug, Clone, Copy)]
pub struct Attempted<'a> {
    pub service: ServiceId,
    pub module: &'a str,
    pub command: Command,
    /// Number of attempts, including this one.
    pub attempts: i64,
    /// Id of its row of `tblmodulequeue`, or 0.
    pub queue: i64,
}

/// Adds a failed command to the queue that staff see, or updates its message there, and returns the row's id.
pub async fn put_on_queue(tx: &mut Writer<'_>, call: Attempted<'_>, message: &str) -> sqlx::Result<i64> {
    let (local, utc) = (tx.now.local(), tx.now.utc());
    if call.queue == 0 {
        let insert = sqlx::query(PUT_ON_QUEUE)
            .bind(call.service)
            .bind(call.module)
            .bind(call.command.function())
            .bind(local)
            .bind(message)
            .bind(utc)
            .bind(utc);
        return tx.insert(insert).await;
    }
    let update =
        sqlx::query(CHANGE_IN_QUEUE).bind(local).bind(message).bind(call.attempts - 1).bind(utc).bind(call.queue);
    tx.execute(update).await?;
    Ok(call.queue)
}

/// Marks a command in the queue as completed.
pub async fn take_off_queue(tx: &mut Writer<'_>, queue: i64) -> sqlx::Result<()> {
    let update = sqlx::query(TAKE_OFF_QUEUE).bind(tx.now.local()).bind(tx.now.utc()).bind(queue);
    tx.execute(update).await.map(|_| ())
}

/// Marks a command in the queue as completed, outside any call.
pub async fn close_in_queue(db: &mut MySqlConnection, queue: i64, now: NaiveDateTime) -> sqlx::Result<()> {
    let update = sqlx::query("UPDATE tblmodulequeue SET completed = 1, updated_at = ? WHERE id = ? AND completed = 0");
    update.bind(now).bind(queue).execute(db).await.map(|_| ())
}

/// Whether a row of the queue is still open: neither staff nor a WHMCS on the same database has completed it.
pub async fn is_on_queue(db: &mut MySqlConnection, queue: i64) -> sqlx::Result<bool> {
    let query = sqlx::query_scalar("SELECT COUNT(*) > 0 FROM tblmodulequeue WHERE id = ? AND completed = 0");
    query.bind(queue).fetch_one(db).await
}

/// Logs the request to a module and its response. Both must be without secrets.
pub async fn log(tx: &mut Writer<'_>, call: Attempted<'_>, request: &str, response: &str) -> sqlx::Result<()> {
    let insert = sqlx::query(LOG)
        .bind(tx.now.local())
        .bind(call.module)
        .bind(call.command.function())
        .bind(request)
        .bind(response);
    tx.execute(insert).await.map(|_| ())
}
