//! Every SQL statement, as plain functions, one file for each family of tables.
//!
//! What reads takes a `&mut MySqlConnection`; what writes takes a [`writer::Writer`]. Dates are read as text
//! (`CAST(… AS CHAR)`), because WHMCS stores days that no date type knows: `0000-00-00`, `2024-00-00`. Integers are
//! read through `CAST(… AS SIGNED)`, because the same column is signed in one installation and unsigned in another.

pub mod accepting;
pub mod activity;
pub mod administration;
pub mod api_log;
pub mod audit;
pub mod billable_items;
pub mod cards;
pub mod client_details;
pub mod client_groups;
pub mod client_list;
pub mod client_statistics;
pub mod clients;
pub mod closing;
pub mod configuration;
pub mod contacts;
pub mod credentials;
pub mod credit;
pub mod currencies;
pub mod custom_fields;
pub mod departments;
pub mod domains;
pub mod email_templates;
pub mod emails;
pub mod gateways;
pub mod hosts;
pub mod inspection;
pub mod invoices;
pub mod merge_fields;
pub mod migrations;
pub mod module_calls;
pub mod new_orders;
pub mod new_services;
pub mod notes;
pub mod order_form;
pub mod orders;
pub mod outbox;
pub mod page;
pub mod payments;
pub mod people;
pub mod pool;
mod prepared;
pub mod pricing;
pub mod product_options;
pub mod products;
pub mod promotions;
pub mod provisioning;
pub mod queues;
pub mod removal;
pub mod requests;
pub mod seeding;
pub mod service_addons;
pub mod service_options;
pub mod services;
pub mod staff;
pub mod stats;
pub mod taxes;
pub mod ticket_parties;
pub mod ticket_replies;
pub mod ticket_statuses;
pub mod ticket_views;
pub mod tickets;
pub mod users;
mod values;
pub mod writer;

use chrono::NaiveDateTime;
use sqlx::mysql::MySqlDatabaseError;
use sqlx::{Connection, MySqlConnection};
use tracing::warn;

use crate::error::Error;

/// What a failed attempt at a transaction calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// It was certainly rolled back: run it again.
    RunAgain,
    /// The connection is of no use, and may have taken the outcome with it: run it again on another one.
    Reconnect,
    /// Running it again would fail again.
    None,
}

/// Sorts database errors by what to do about them. The numbers are those of MariaDB, MySQL and Galera.
pub fn remedy(error: &sqlx::Error) -> Remedy {
    match number(error) {
        // Deadlock or failed certification, lock wait timeout, changed since it was read, group replication conflict.
        Some(1213 | 1205 | 1020 | 3101) => Remedy::RunAgain,
        // Not ready, shutting down, interrupted, read-only, failed or unknown commit.
        Some(1047 | 1053 | 1180 | 1290 | 1317 | 1792 | 1836 | 1927 | 3100) => Remedy::Reconnect,
        Some(_) => Remedy::None,
        None => match error {
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => Remedy::Reconnect,
            _ => Remedy::None,
        },
    }
}

/// Whether a server says by this error that it cannot be used: it is not ready, shutting down or read-only.
pub fn says_unusable(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1047 | 1053 | 1290 | 1792 | 1836))
}

/// Whether a server answers, and has as many connections as it may.
pub fn has_no_connection_left(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1040 | 1203 | 1226))
}

/// Turns a failure to read that will pass into a request to come again.
pub fn busy_if_passing(error: sqlx::Error) -> Error {
    if remedy(&error) == Remedy::None {
        return error.into();
    }
    warn!(%error, "the database failed a read");
    Error::Busy
}

/// Whether another transaction held a lock for longer than this one waits.
pub fn is_lock_wait_timeout(error: &sqlx::Error) -> bool {
    number(error) == Some(1205)
}

/// Whether a value was refused by its column: out of range, too long, or in characters that it cannot hold.
pub fn is_unfit_value(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1264 | 1265 | 1267 | 1292 | 1366 | 1406 | 3854 | 3988))
}

/// Whether a table is not there.
pub fn is_missing_table(error: &sqlx::Error) -> bool {
    number(error) == Some(1146)
}

/// Whether a database lacks what a statement needs: a table, a column, a right, or a default of a column that we do not
/// know.
pub fn says_unfit(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1054 | 1142 | 1143 | 1146 | 1364))
}

fn number(error: &sqlx::Error) -> Option<u16> {
    let error = error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>()?;
    Some(error.number())
}

/// Runs a statement that deletes at most 1000 rows from before a time until there are no more: no lock is held for long.
async fn delete_in_parts(db: &mut MySqlConnection, statement: &'static str, before: NaiveDateTime) -> sqlx::Result<()> {
    loop {
        let mut transaction = db.begin().await?;
        let deleted = sqlx::query(statement).bind(before).execute(&mut *transaction).await?;
        transaction.commit().await?;
        if deleted.rows_affected() < 1000 {
            return Ok(());
        }
    }
}

/// From when on to look for changes. MySQL takes a time that no timestamp can have for 0, which is before every change and
/// is what rows have that were never changed.
fn changed_since(time: NaiveDateTime) -> NaiveDateTime {
    time.max(chrono::DateTime::UNIX_EPOCH.naive_utc() + chrono::Days::new(1))
}

/// A list of ids as one bound value: `JSON_TABLE(?, '$[*]' COLUMNS (id INT PATH '$'))` turns it into rows, so that a
/// statement's text is the same for any number of ids.
fn id_list(ids: impl Iterator<Item = i64>) -> String {
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    format!("[{}]", ids.join(","))
}

/// What LIKE takes for every text that has this in it, in which no character stands for another.
fn containing(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
