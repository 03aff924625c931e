//! Creates the tables that are missing. A migration is append-only and may be run again after a crash in its middle:
//! it creates what does not exist, and changes nothing that does.

use std::time::Duration;

use anyhow::{Context, bail};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection, MySqlConnection, SqlStr};

use super::pool;

const TABLE: &str = "mod_whmcs_api_migrations";
const LOCK_TIMEOUT: Duration = Duration::from_mins(2);

macro_rules! migrations {
    ($($version:literal $file:literal),+ $(,)?) => {
        vec![$(Migration::new(
            $version,
            $file.into(),
            MigrationType::Simple,
            SqlStr::from_static(include_str!(concat!("../../migrations/", $file))),
            false,
        )),+]
    };
}

fn migrator() -> Migrator {
    let mut migrator = Migrator::with_migrations(migrations![
        1 "0001_core_tables.sql",
        2 "0002_own_tables.sql",
        3 "0003_clients_and_services.sql",
        4 "0004_support_and_mail.sql",
    ]);
    migrator.dangerous_set_table_name(TABLE);
    // sqlx's own lock waits for -1 seconds, which MariaDB answers with NULL and no lock.
    migrator.set_locking(false);
    migrator
}

/// Brings a database up to date and returns the names of the migrations that were run. Several servers may start at
/// once: one runs them, the others wait.
pub async fn run(options: sqlx::mysql::MySqlConnectOptions) -> anyhow::Result<Vec<String>> {
    let mut connection = pool::connect(options).await?;
    // Names of locks are the whole server's, and at most 64 characters long.
    let lock = "SELECT GET_LOCK(LEFT(CONCAT('mod_whmcs_api ', DATABASE()), 64), ?)";
    let locked: Option<i64> = sqlx::query_scalar(lock).bind(LOCK_TIMEOUT.as_secs()).fetch_one(&mut connection).await?;
    if locked != Some(1) {
        bail!("another program has been migrating this database for {} s", LOCK_TIMEOUT.as_secs());
    }
    let missing = missing(&mut connection).await?;
    forget_interrupted(&mut connection).await?;
    migrator().run_direct(None, &mut connection, false).await.context("migrating the database")?;
    connection.close().await?;
    Ok(missing)
}

/// The names of the migrations that have not been run; one that a crash cut short is among them. Writes nothing.
pub async fn missing(connection: &mut MySqlConnection) -> sqlx::Result<Vec<String>> {
    let applied: Vec<i64> = match table_exists(connection).await? {
        true => {
            sqlx::query_scalar("SELECT version FROM mod_whmcs_api_migrations WHERE success = TRUE")
                .fetch_all(connection)
                .await?
        }
        false => Vec::new(),
    };
    let is_missing = |migration: &&Migration| !applied.contains(&migration.version);
    Ok(migrator().iter().filter(is_missing).map(|migration| migration.description.to_string()).collect())
}

/// A database of the operator's gets its tables when they say so, and not because a server was started.
pub async fn require(connection: &mut MySqlConnection) -> anyhow::Result<()> {
    let missing = missing(connection).await?;
    if !missing.is_empty() {
        bail!("the database lacks tables ({}): run `whmcs-api migrate` first", missing.join(", "));
    }
    Ok(())
}

async fn forget_interrupted(connection: &mut MySqlConnection) -> sqlx::Result<()> {
    if table_exists(connection).await? {
        sqlx::query("DELETE FROM mod_whmcs_api_migrations WHERE success = FALSE").execute(connection).await?;
    }
    Ok(())
}

async fn table_exists(connection: &mut MySqlConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT COUNT(*) > 0 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?",
    )
    .bind(TABLE)
    .fetch_one(connection)
    .await
}
