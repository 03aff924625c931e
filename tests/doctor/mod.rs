//! Operation beside a WHMCS: the doctor's report on its database, the necessary privileges, and what is written.

mod grants;
mod migrate;
mod read_only;
mod report;

use std::sync::Arc;

use sqlx::mysql::{MySqlConnectOptions, MySqlPool};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use whmcs_api::actions::{ActionEntry, Catalogue};
use whmcs_api::config::Settings;
use whmcs_api::database::migrations;
use whmcs_api::database::pool;
use whmcs_api::demo;
use whmcs_api::doctor::{self, Report};

use crate::support::Database;

const WHMCS_7: &str = include_str!("whmcs_7.sql");
const WHMCS_9: &str = include_str!("whmcs_9.sql");

/// Creates the database of a WHMCS with the demo's data, without any table of our own.
async fn of_whmcs(version: &str) -> Database {
    let database = Database::create().await;
    migrations::run(database.options()).await.unwrap();
    demo::fill(database.options()).await.unwrap();
    let ours = tables(&database).await.into_iter().filter(|table| table.starts_with("mod_whmcs_api_"));
    let ours: Vec<String> = ours.collect();
    sql(&database, &format!("DROP TABLE {}", ours.join(", "))).await;
    sql(&database, version).await;
    database
}

async fn sql(database: &Database, statements: &str) {
    let pool = MySqlPool::connect_with(database.options()).await.unwrap();
    let all = AssertSqlSafe(format!("SET SESSION sql_mode = ''; {statements}"));
    sqlx::raw_sql(all).execute(&pool).await.unwrap_or_else(|error| panic!("{error}: {statements}"));
    pool.close().await;
}

async fn tables(database: &Database) -> Vec<String> {
    let pool = MySqlPool::connect_with(database.options()).await.unwrap();
    let tables = sqlx::query_scalar(
        "SELECT CAST(table_name AS CHAR) FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1",
    );
    let tables = tables.fetch_all(&pool).await.unwrap();
    pool.close().await;
    tables
}

/// Returns a checksum of every table.
async fn checksums(database: &Database) -> Vec<(String, Option<i64>)> {
    let names: Vec<String> = tables(database).await.iter().map(|table| format!("`{table}`")).collect();
    let mut connection = MySqlConnection::connect_with(&database.options()).await.unwrap();
    let rows = sqlx::query_as(AssertSqlSafe(format!("CHECKSUM TABLE {}", names.join(", "))));
    rows.fetch_all(&mut connection).await.unwrap()
}

/// Returns the actions that a server with these settings allows.
fn allowed(settings: &Settings) -> Vec<Arc<ActionEntry>> {
    Catalogue::compiled().iter().filter(|entry| doctor::is_allowed(entry, settings)).cloned().collect()
}

async fn examine(options: MySqlConnectOptions, settings: &Settings) -> Report {
    let entries = allowed(settings);
    let mut connection = pool::connect(options).await.unwrap();
    doctor::examine(&mut connection, &entries, settings, true).await.unwrap()
}

fn codes(findings: &[doctor::Finding]) -> Vec<&str> {
    let mut codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn not_working(report: &Report) -> Vec<&str> {
    report.actions.iter().filter(|action| !action.works).map(|action| &*action.action).collect()
}
