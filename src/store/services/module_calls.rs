//! `mod_whmcs_api_module_calls`: what modules are to be asked; and `tblmodulequeue` and `tblmodulelog`, where staff see it.

use chrono::{NaiveDateTime, TimeDelta};
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::{RequestKey, Writer};
use crate::domain::id::{AdminId, OrderId, ServiceId};
use crate::domain::module::Command;

statements! {
    ADD = "INSERT INTO mod_whmcs_api_module_calls (request_key, service_id, order_id, module, command, arguments, \
                                            admin_id, user, address, due_at, message, created_at) \
         SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ? FROM (SELECT 1) AS one WHERE NOT EXISTS \
             (SELECT 1 FROM mod_whmcs_api_module_calls WHERE service_id = ? AND outcome = '' AND is_running = 1)";
    SUPERSEDE = "UPDATE mod_whmcs_api_module_calls SET outcome = 'superseded', arguments = '{}' \
         WHERE service_id = ? AND outcome = '' AND (is_running = 0 OR due_at <= ?)";
    LEAVE_QUEUE = "UPDATE tblmodulequeue SET completed = 1, updated_at = ? \
         WHERE service_type = 'service' AND service_id = ? AND completed = 0";
    SUPERSEDE_ORDER = "UPDATE mod_whmcs_api_module_calls m JOIN tblhosting h ON h.id = m.service_id \
         SET m.outcome = 'superseded', m.arguments = '{}' \
         WHERE h.orderid = ? AND m.outcome = '' AND (m.is_running = 0 OR m.due_at <= ?)";
    ORDER_LEAVES_QUEUE = "UPDATE tblmodulequeue q JOIN tblhosting h ON h.id = q.service_id \
         SET q.completed = 1, q.updated_at = ? \
         WHERE h.orderid = ? AND q.service_type = 'service' AND q.completed = 0";
    IS_IDLE = "UPDATE tblorders SET status = status WHERE id = ? AND NOT EXISTS \
             (SELECT 1 FROM mod_whmcs_api_module_calls m JOIN tblhosting h ON h.id = m.service_id \
              WHERE h.orderid = tblorders.id AND m.outcome = '' AND m.is_running = 1)";
    OF_REQUEST = "SELECT CAST(id AS SIGNED) AS id, CAST(attempts AS SIGNED) AS attempts, outcome, message \
         FROM mod_whmcs_api_module_calls WHERE request_key = ? ORDER BY mod_whmcs_api_module_calls.id";
    CLAIMABLE = "SELECT CAST(c.id AS SIGNED) AS id, CAST(c.service_id AS SIGNED) AS service, \
                CAST(NULLIF(c.order_id, 0) AS SIGNED) AS `order`, c.module, c.command, c.arguments, \
                CAST(c.admin_id AS SIGNED) AS admin, c.user, c.address, CAST(c.attempts AS SIGNED) AS attempts, \
                CAST(c.queue_id AS SIGNED) AS queue \
         FROM mod_whmcs_api_module_calls c WHERE c.id = ? AND c.outcome = '' AND (c.attempts = 0 OR c.due_at <= ?)";
    CLAIM = "UPDATE mod_whmcs_api_module_calls SET attempts = attempts + 1, is_running = 1, due_at = ? \
         WHERE id = ? AND outcome = '' AND attempts = ?";
    END = "UPDATE mod_whmcs_api_module_calls \
         SET is_running = 0, arguments = IF(? = '', arguments, '{}'), outcome = ?, message = ?, due_at = ?, queue_id = ? \
         WHERE id = ? AND attempts = ? AND is_running = 1 AND outcome = ''";
    PUT_ON_QUEUE = "INSERT INTO tblmodulequeue (service_type, service_id, module_name, module_action, last_attempt, \
                                     last_attempt_error, num_retries, completed, created_at, updated_at) \
         VALUES ('service', ?, ?, ?, ?, ?, 0, 0, ?, ?)";
    CHANGE_IN_QUEUE = "UPDATE tblmodulequeue SET last_attempt = ?, last_attempt_error = ?, num_retries = ?, updated_at = ? \
         WHERE id = ?";
    TAKE_OFF_QUEUE = "UPDATE tblmodulequeue SET completed = 1, last_attempt = ?, updated_at = ? WHERE id = ?";
    LOG = "INSERT INTO tblmodulelog (date, module, action, request, response, arrdata) VALUES (?, ?, ?, ?, ?, '')";
}

/// How long the call that wants a command has for beginning it, before others do.
const ASKED_WITHIN: TimeDelta = TimeDelta::minutes(1);

/// A command to a module, about to be written.
#[derive(Debug)]
pub struct NewCall<'a> {
    pub service: ServiceId,
    /// The order that is accepted when its services are there.
    pub order: Option<OrderId>,
    pub module: &'a str,
    pub command: Command,
    /// A JSON object.
    pub arguments: &'a str,
}

/// Writes a command, which takes the place of those about the service that are still to be tried again. Its call has it
/// run as soon as it is committed. `false`, and nothing written, while the module is being asked about the service.
pub async fn add(books: &mut Writer<'_>, new: &NewCall<'_>) -> sqlx::Result<bool> {
    let utc = books.now.utc();
    let key = books.key.map_or([0; 32], |key| key.0);
    books.execute(sqlx::query(SUPERSEDE).bind(new.service).bind(utc)).await?;
    books.execute(sqlx::query(LEAVE_QUEUE).bind(utc).bind(new.service)).await?;
    let insert = sqlx::query(ADD)
        .bind(&key[..])
        .bind(new.service)
        .bind(new.order.map_or(0, |order| order.0))
        .bind(new.module)
        .bind(new.command.function())
        .bind(new.arguments)
        .bind(books.author.admin)
        .bind(&books.author.name)
        .bind(&books.author.address)
        .bind(utc + ASKED_WITHIN)
        .bind(utc)
        .bind(new.service);
    books.change(insert).await
}

/// Gives up what is still to be tried with an order's services. `false` while a module is being asked about one of them.
pub async fn withdraw(books: &mut Writer<'_>, order: OrderId) -> sqlx::Result<bool> {
    let utc = books.now.utc();
    books.execute(sqlx::query(SUPERSEDE_ORDER).bind(order).bind(utc)).await?;
    books.execute(sqlx::query(ORDER_LEAVES_QUEUE).bind(utc).bind(order)).await?;
    books.change(sqlx::query(IS_IDLE).bind(order)).await
}

/// How the commands of one request stand.
#[derive(Debug)]
pub struct Standing {
    pub id: i64,
    pub attempts: i64,
    pub outcome: String,
    pub message: String,
}

from_row!(Standing { id, attempts, outcome, message });

/// The commands of a request, in the order in which they were asked for.
pub async fn of_request(db: &mut MySqlConnection, key: &RequestKey) -> sqlx::Result<Vec<Standing>> {
    sqlx::query_as(OF_REQUEST).bind(&key.0[..]).fetch_all(db).await
}

/// The commands that are due, those that have waited longest first. Those that staff, or a WHMCS on the same database,
/// took off the queue since they failed are done with.
pub async fn due(db: &mut MySqlConnection, now: NaiveDateTime) -> sqlx::Result<Vec<i64>> {
    let forget = "UPDATE mod_whmcs_api_module_calls SET outcome = 'superseded' \
         WHERE outcome = '' AND is_running = 0 AND due_at <= ? AND queue_id > 0 \
           AND NOT EXISTS (SELECT 1 FROM tblmodulequeue q WHERE q.id = queue_id AND q.completed = 0)";
    sqlx::query(forget).bind(now).execute(&mut *db).await?;
    sqlx::query_scalar(
        "SELECT CAST(id AS SIGNED) FROM mod_whmcs_api_module_calls WHERE outcome = '' AND due_at <= ? \
         ORDER BY due_at, id LIMIT 100",
    )
    .bind(now)
    .fetch_all(db)
    .await
}

/// A command that was claimed.
#[derive(Debug, Clone)]
pub struct ModuleCall {
    pub id: i64,
    pub service: ServiceId,
    pub order: Option<OrderId>,
    pub module: String,
    pub command: Command,
    pub arguments: String,
    pub admin: AdminId,
    pub user: String,
    pub address: String,
    /// This one included.
    pub attempts: i64,
    /// 0 for none.
    pub queue: i64,
}

from_row!(ModuleCall { id, service, order, module, command, arguments, admin, user, address, attempts, queue });

/// Claims a command, so that nobody else runs it before `until`. `None` where somebody else has it, or it is done with.
pub async fn claim(
    db: &mut MySqlConnection,
    id: i64,
    now: NaiveDateTime,
    until: NaiveDateTime,
) -> sqlx::Result<Option<ModuleCall>> {
    let call: Option<ModuleCall> = sqlx::query_as(CLAIMABLE).bind(id).bind(now).fetch_optional(&mut *db).await?;
    let Some(mut call) = call else { return Ok(None) };
    let claimed = sqlx::query(CLAIM).bind(until).bind(id).bind(call.attempts).execute(db).await?;
    call.attempts += 1;
    Ok((claimed.rows_affected() == 1).then_some(call))
}

/// How an attempt ended.
#[derive(Debug)]
pub struct Ended<'a> {
    /// `success`, `failed` or, to try it again, empty.
    pub outcome: &'a str,
    /// What the module said, unless it was a success.
    pub message: &'a str,
    pub due_at: NaiveDateTime,
    pub queue: i64,
}

/// Ends an attempt, as its transaction's last write. `false` where it was not this attempt's to end any more.
pub async fn end(books: &mut Writer<'_>, call: &ModuleCall, ended: &Ended<'_>) -> sqlx::Result<bool> {
    let end = sqlx::query(END)
        .bind(ended.outcome)
        .bind(ended.outcome)
        .bind(ended.message)
        .bind(ended.due_at)
        .bind(ended.queue)
        .bind(call.id)
        .bind(call.attempts);
    books.change(end).await
}

/// Puts a failed command on the queue that staff see, or changes what it says there, and returns its row.
pub async fn put_on_queue(books: &mut Writer<'_>, call: &ModuleCall, message: &str) -> sqlx::Result<i64> {
    let (local, utc) = (books.now.local(), books.now.utc());
    if call.queue == 0 {
        let insert = sqlx::query(PUT_ON_QUEUE)
            .bind(call.service)
            .bind(&call.module)
            .bind(call.command.function())
            .bind(local)
            .bind(message)
            .bind(utc)
            .bind(utc);
        return books.insert(insert).await;
    }
    let update =
        sqlx::query(CHANGE_IN_QUEUE).bind(local).bind(message).bind(call.attempts - 1).bind(utc).bind(call.queue);
    books.execute(update).await?;
    Ok(call.queue)
}

/// Says on the queue that a command is done.
pub async fn take_off_queue(books: &mut Writer<'_>, queue: i64) -> sqlx::Result<()> {
    let update = sqlx::query(TAKE_OFF_QUEUE).bind(books.now.local()).bind(books.now.utc()).bind(queue);
    books.execute(update).await.map(|_| ())
}

/// Writes down what a module was asked, and what it said. Both must be without secrets.
pub async fn log(books: &mut Writer<'_>, call: &ModuleCall, request: &str, response: &str) -> sqlx::Result<()> {
    let insert = sqlx::query(LOG)
        .bind(books.now.local())
        .bind(&call.module)
        .bind(call.command.function())
        .bind(request)
        .bind(response);
    books.execute(insert).await.map(|_| ())
}

/// Deletes rows that nobody will ask for any more.
pub async fn forget_before(db: &mut MySqlConnection, time: NaiveDateTime) -> sqlx::Result<()> {
    let statement = "DELETE FROM mod_whmcs_api_module_calls WHERE outcome <> '' AND created_at < ? LIMIT 1000";
    crate::database::sql::delete_in_parts(db, statement, time).await
}
