//! Module commands: their entries in the outbox.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::database::writer::Writer;
use crate::domain::id::{OrderId, ServiceId};
use crate::domain::module::Command;

/// The kind of module commands in the outbox.
pub const KIND: &str = "module";

/// Inserts nothing while an attempt for the service is running, on a server of version 0.1 too.
const ADD: &str = "INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, summary, payload, last_error, \
                                   due_at, request_key, created_at) \
     SELECT 'module', LEFT(?, 64), 'service', ?, ?, ?, '', ?, ?, ? FROM (SELECT 1) AS one \
     WHERE NOT EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries e WHERE e.subject = 'service' AND e.subject_id = ? \
                         AND e.kind = 'module' AND e.state = 'running') \
       AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_module_calls WHERE service_id = ? AND outcome = '' AND is_running = 1)";
/// Beside others about the service.
const ADD_BESIDE: &str = "INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, summary, payload, last_error, \
                                   due_at, request_key, created_at) \
     VALUES ('module', LEFT(?, 64), 'service', ?, ?, ?, '', ?, ?, ?)";
const SUPERSEDE: &str = "UPDATE mod_whmcs_api_outbox_entries SET state = 'superseded', payload = '' \
     WHERE subject = 'service' AND subject_id = ? AND kind = 'module' AND (summary <> 'Renew' OR ?) \
       AND (state = 'pending' OR (state = 'running' AND due_at <= ?))";
const SUPERSEDE_OLDER: &str = "UPDATE mod_whmcs_api_module_calls SET outcome = 'superseded', arguments = '{}' \
     WHERE service_id = ? AND outcome = '' AND (is_running = 0 OR due_at <= ?)";
const LEAVE_QUEUE: &str = "UPDATE tblmodulequeue SET completed = 1, updated_at = ? \
     WHERE service_type = 'service' AND service_id = ? AND completed = 0";
const SUPERSEDE_ORDER: &str = "UPDATE mod_whmcs_api_outbox_entries e JOIN tblhosting h ON h.id = e.subject_id AND e.subject = 'service' \
     SET e.state = 'superseded', e.payload = '' \
     WHERE h.orderid = ? AND e.kind = 'module' AND (e.state = 'pending' OR (e.state = 'running' AND e.due_at <= ?))";
const SUPERSEDE_OLDER_ORDER: &str = "UPDATE mod_whmcs_api_module_calls m JOIN tblhosting h ON h.id = m.service_id \
     SET m.outcome = 'superseded', m.arguments = '{}' \
     WHERE h.orderid = ? AND m.outcome = '' AND (m.is_running = 0 OR m.due_at <= ?)";
const ORDER_LEAVES_QUEUE: &str = "UPDATE tblmodulequeue q JOIN tblhosting h ON h.id = q.service_id \
     SET q.completed = 1, q.updated_at = ? \
     WHERE h.orderid = ? AND q.service_type = 'service' AND q.completed = 0";
const IS_IDLE: &str = "UPDATE tblorders SET status = status WHERE id = ? \
       AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries e \
                       JOIN tblhosting h ON h.id = e.subject_id AND e.subject = 'service' \
                       WHERE h.orderid = tblorders.id AND e.kind = 'module' AND e.state = 'running') \
       AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_module_calls m JOIN tblhosting h ON h.id = m.service_id \
                       WHERE h.orderid = tblorders.id AND m.outcome = '' AND m.is_running = 1)";

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
    /// The id by which the module recognizes a repeated request.
    pub request_id: String,
}

/// The data of a module command in the outbox, apart from module and service.
#[derive(Debug, Serialize, Deserialize)]
pub struct Payload {
    /// The id by which the module recognizes a repeated request. Entries of earlier versions may have none: it is then made
    /// from the entry's id.
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
    /// The payload of a command without arguments that belongs to no order.
    pub fn new(request_id: String, command: Command, tx: &Writer<'_>) -> Payload {
        Payload {
            request_id: Some(request_id),
            function: command.function().to_owned(),
            order: 0,
            arguments: Value::Object(serde_json::Map::new()),
            admin: tx.author.admin.0,
            user: tx.author.name.clone(),
            address: tx.author.address.clone(),
        }
    }

    /// The payload as stored in the outbox.
    pub fn to_json(&self) -> sqlx::Result<String> {
        serde_json::to_string(self).map_err(|error| sqlx::Error::Encode(error.into()))
    }
}

/// Inserts a command, which supersedes the pending ones about the service, but a renewal only if the service ends. The call that requests it attempts it right
/// after the commit. Returns `false`, with nothing written, while an attempt for the service is running.
pub async fn add(tx: &mut Writer<'_>, new: NewCall<'_>) -> sqlx::Result<bool> {
    let utc = tx.now.utc();
    let key = tx.key.map_or([0; 32], |key| key.0);
    let payload = Payload {
        order: new.order.map_or(0, |order| order.0),
        arguments: serde_json::from_str(new.arguments).map_err(|error| sqlx::Error::Encode(error.into()))?,
        ..Payload::new(new.request_id, new.command, tx)
    };
    let is_end = new.command == Command::Terminate;
    tx.execute(sqlx::query(SUPERSEDE).bind(new.service).bind(is_end).bind(utc)).await?;
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

/// Inserts a command that supersedes no other. It is due after the first attempt at those that the same transaction adds.
pub async fn add_beside(tx: &mut Writer<'_>, new: NewCall<'_>) -> sqlx::Result<()> {
    let (utc, key) = (tx.now.utc(), tx.key.map_or([0; 32], |key| key.0));
    let payload = Payload::new(new.request_id, new.command, tx).to_json()?;
    let insert = sqlx::query(ADD_BESIDE).bind(new.module).bind(new.service).bind(new.command.title()).bind(payload);
    tx.execute(insert.bind(utc + FIRST_ATTEMPT_WITHIN).bind(&key[..]).bind(utc)).await.map(|_| ())
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
