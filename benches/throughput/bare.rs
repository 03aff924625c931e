//! The other side of the comparison: the statements of a call over bare connections, in a separate process.
//!
//! Same driver, same session settings, prepared once on each connection as in the server, values bound in binary, every
//! row of every result received. No pool, no HTTP, no decoding.

use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};
use sqlx::mysql::MySqlArguments;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Executor, MySql, MySqlConnection, SqlSafeStr, SqlStr};
use whmcs_api::database::pool;

use super::capture::{Command, STAND_IN, Value};
use super::cpu::Cpu;
use super::endpoint::Endpoint;
use super::load::{Outcome, Pace, next_id};

#[derive(Serialize, Deserialize)]
pub struct Task {
    pub endpoint: Endpoint,
    pub database: String,
    pub commands: Vec<Command>,
    /// The largest id; ids begin with 1.
    pub ids: u64,
    pub connections: u32,
    pub seconds: f64,
    /// The database's process id, to measure its CPU time.
    pub database_process: String,
    /// Number of calls per second in all; unlimited if absent.
    pub pace: Option<f64>,
}

#[derive(Clone)]
enum Step {
    Query(SqlStr),
    Execute(SqlStr, Vec<Value>),
}

pub async fn run(task: Task) -> anyhow::Result<Outcome> {
    let options = task.endpoint.options(&task.database);
    let steps = task.commands.iter().filter_map(step).collect::<Vec<_>>();
    let mut connections = Vec::new();
    for _ in 0..task.connections {
        let mut connection = pool::connect(options.clone()).await?;
        if task.commands.iter().any(Command::is_commit) {
            connection.execute("SET SESSION autocommit = 0").await?;
        }
        // Prepared before measuring, as in a server that has run for a while.
        call(&mut connection, &steps, 1).await?;
        connections.push(connection);
    }
    let (start, length) = (Instant::now(), Duration::from_secs_f64(task.seconds));
    let cpu = Cpu::now(&task.database_process)?;
    let runs = connections.into_iter().zip(0_u32..).map(|(mut connection, number)| {
        let steps = steps.clone();
        let mut pace = Pace::new(task.pace, task.connections, number);
        tokio::spawn(async move {
            let (mut seed, mut times) = (u64::from(number) + 1, Vec::new());
            while start.elapsed() < length {
                let before = pace.wait().await;
                call(&mut connection, &steps, next_id(&mut seed, task.ids)).await?;
                times.push(before.elapsed());
            }
            anyhow::Ok(times)
        })
    });
    let mut times = Vec::new();
    for run in runs.collect::<Vec<_>>() {
        times.extend(run.await??);
    }
    Ok(Outcome::of(times, start.elapsed(), cpu.since()?))
}

fn step(command: &Command) -> Option<Step> {
    if !command.is_statement() {
        return None;
    }
    match command.clone() {
        Command::Query(text) => Some(Step::Query(AssertSqlSafe(text).into_sql_str())),
        Command::Execute(text, values) => Some(Step::Execute(AssertSqlSafe(text).into_sql_str(), values)),
        Command::Ping => None,
    }
}

/// Sends all statements of one call, for another client or invoice, and with its own key.
async fn call(connection: &mut MySqlConnection, steps: &[Step], id: u64) -> anyhow::Result<()> {
    let mut key = [0xff; 32];
    getrandom::fill(&mut key[1..]).ok().context("no randomness")?;
    for step in steps {
        match step {
            Step::Query(text) => {
                connection.execute(text.clone()).await?;
            }
            Step::Execute(text, values) => {
                let query = values.iter().fold(sqlx::query(text.clone()), |query, value| bind(query, value, id, &key));
                query.fetch_all(&mut *connection).await?;
            }
        }
    }
    Ok(())
}

fn bind<'q>(
    query: Query<'q, MySql, MySqlArguments>,
    value: &Value,
    id: u64,
    key: &[u8; 32],
) -> Query<'q, MySql, MySqlArguments> {
    let date = |year, month, day| NaiveDate::from_ymd_opt(year, month, day);
    match value {
        Value::Null => query.bind(None::<i64>),
        Value::Integer(number) if *number == STAND_IN.cast_signed() => query.bind(id.cast_signed()),
        Value::Integer(number) => query.bind(*number),
        Value::Decimal(text) => query.bind(text.parse::<rust_decimal::Decimal>().ok()),
        Value::Date(year, month, day) => query.bind(date(*year, *month, *day)),
        Value::DateTime(year, month, day, hour, minute, second) => {
            let time: Option<NaiveDateTime> =
                date(*year, *month, *day).and_then(|date| date.and_hms_opt(*hour, *minute, *second));
            query.bind(time)
        }
        Value::Text(text) if text.contains(&STAND_IN.to_string()) => {
            query.bind(text.replace(&STAND_IN.to_string(), &id.to_string()))
        }
        // Values that are random in a call are replaced by random ones.
        Value::Text(text) if text.len() == 32 && text.contains(char::is_control) => query.bind(key.to_vec()),
        Value::Bytes(bytes) if bytes.len() == 32 => query.bind(key.to_vec()),
        Value::Text(text) => query.bind(text.clone()),
        Value::Bytes(bytes) => query.bind(bytes.clone()),
    }
}
