//! Proof that the server and the PHP peer do the same: both get the same call, and reply and rows written are compared.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection};
use tokio::time::sleep;

use super::capture::STAND_IN;
use super::connection::Connection;
use super::endpoint::Endpoint;
use super::processes::Processes;
use super::workload::Action;

/// What a call leaves behind, as one text each. `{id}` is the client of a call that writes.
const TRACES_OF_READ: [&str; 1] = [LOG];
const TRACES_OF_WRITE: [&str; 3] = [
    LOG,
    "SELECT CONCAT_WS('|', c.credit, t.admin_id, t.date, t.description, t.amount, t.relid) \
     FROM tblclients c JOIN tblcredit t ON t.clientid = c.id WHERE c.id = {id} ORDER BY t.id DESC LIMIT 1",
    "SELECT CONCAT_WS('|', REPLACE(description, 'ID: {id}', 'ID'), user, user_id, admin_id, ipaddr) \
     FROM tblactivitylog WHERE userid = {id} ORDER BY id DESC LIMIT 1",
];
const LOG: &str = "SELECT CONCAT_WS('|', action, endpoint, method, REPLACE(request, '\"{id}\"', 'ID'), response, \
                                    response_status, level) FROM tblapilog ORDER BY id DESC LIMIT 1";
/// The API log's records of reads are written with a delay.
const LOG_DELAY: Duration = Duration::from_millis(500);

/// How equal two replies are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Equality {
    /// Byte by byte.
    Bytes,
    /// As JSON values.
    Values,
}

/// Compares the two sides on data that no call has changed yet. Fails unless they do the same.
pub async fn compare(
    action: &Action,
    body: &str,
    [server, php]: [&Processes; 2],
    endpoint: &Endpoint,
    database: &str,
) -> anyhow::Result<Equality> {
    let mut db = MySqlConnection::connect_with(&endpoint.options(database)).await?;
    // Each write gets a client of its own, because the balance is in the reply.
    let ids = if action.writes { [1, 2] } else { [STAND_IN; 2] };
    let (ours, our_traces) = call(server, action, body, ids[0], &mut db).await.context("of the server")?;
    let (theirs, their_traces) = call(php, action, body, ids[1], &mut db).await.context("of PHP")?;
    db.close().await?;
    ensure!(our_traces == their_traces, "{}: PHP writes other rows:\n{our_traces:#?}\n{their_traces:#?}", action.name);
    if ours == theirs {
        return Ok(Equality::Bytes);
    }
    let value = |reply: &[u8]| serde_json::from_slice::<Value>(reply);
    if value(&ours)? != value(&theirs)? {
        let text = |reply: &[u8]| String::from_utf8_lossy(reply).chars().take(4000).collect::<String>();
        bail!("{}: PHP replies differently:\n{}\n\n{}", action.name, text(&ours), text(&theirs));
    }
    Ok(Equality::Values)
}

/// Calls one side, and returns its reply and what the call wrote.
async fn call(
    side: &Processes,
    action: &Action,
    body: &str,
    id: u64,
    db: &mut MySqlConnection,
) -> anyhow::Result<(Vec<u8>, Vec<String>)> {
    let mut connection = Connection::open(side.address).await?;
    connection.call(&body.replace("{id}", &id.to_string())).await?;
    sleep(LOG_DELAY).await;
    let traces: &[&str] = if action.writes { &TRACES_OF_WRITE } else { &TRACES_OF_READ };
    let mut found = Vec::new();
    for statement in traces {
        let statement = AssertSqlSafe(statement.replace("{id}", &id.to_string()));
        found.push(sqlx::query_scalar(statement).fetch_one(&mut *db).await?);
    }
    Ok((connection.body().to_vec(), found))
}
