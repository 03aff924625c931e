//! Creates missing tables. A migration is append-only and may be run again after a crash in its middle: it creates what
//! does not exist, and changes nothing that does.
//!
//! In a database with WHMCS's tables, those stay as they are: only our own tables are created.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, bail};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{ConnectOptions, MySqlConnection, SqlStr};

use crate::database::errors::{is_missing_table, is_schema_mismatch};
use crate::database::pool;

const TABLE: &str = "mod_whmcs_api_migrations";
/// The table of holds, see `store::system::holds`.
pub const HOLDS: &str = "mod_whmcs_api_holds";
const LOCK_TIMEOUT: Duration = Duration::from_mins(2);

/// The owner of the tables that a migration creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tables {
    Ours,
    Whmcs,
    /// Ours, and after the line [`OF_WHMCS`] WHMCS's.
    Both,
}

const OF_WHMCS: &str = "\n-- Tables of WHMCS, which are created only in a database without it.\n";

struct File {
    version: i64,
    name: &'static str,
    tables: Tables,
    sql: &'static str,
}

macro_rules! files {
    ($($version:literal $name:literal $tables:ident),+ $(,)?) => {
        &[$(File {
            version: $version,
            name: $name,
            tables: Tables::$tables,
            sql: include_str!(concat!("../../migrations/", $name)),
        }),+]
    };
}

const FILES: &[File] = files![
    1 "0001_core_tables.sql" Whmcs,
    2 "0002_own_tables.sql" Ours,
    3 "0003_clients_and_services.sql" Whmcs,
    4 "0004_support_and_mail.sql" Whmcs,
    5 "0005_outbox.sql" Ours,
    6 "0006_settlements.sql" Ours,
    7 "0007_rate_limits.sql" Ours,
    8 "0008_holds.sql" Ours,
    9 "0009_request_records.sql" Ours,
    10 "0010_registrars.sql" Whmcs,
    11 "0011_domain_extensions_and_affiliates.sql" Whmcs,
    12 "0012_differences.sql" Ours,
    13 "0013_endpoint_calls.sql" Ours,
    14 "0014_sealed_replies.sql" Ours,
    15 "0015_pay_methods.sql" Whmcs,
    16 "0016_charges.sql" Ours,
    17 "0017_quotes_and_commissions.sql" Ours,
    18 "0018_affiliates.sql" Whmcs,
    19 "0019_support_and_projects.sql" Whmcs,
    20 "0020_users_and_staff.sql" Whmcs,
    21 "0021_single_sign_on_and_mail.sql" Both,
    22 "0022_invoice_numbers.sql" Ours,
    23 "0023_automation.sql" Ours,
    24 "0024_automation_of_own_databases.sql" Whmcs,
    25 "0025_fossbilling_keys.sql" Ours,
    26 "0026_webhooks.sql" Ours,
    27 "0027_order_of_deliveries.sql" Ours,
    28 "0028_agents.sql" Ours,
    29 "0029_agent_plans.sql" Ours,
    30 "0030_console.sql" Ours,
    32 "0032_calls.sql" Ours,
    33 "0033_console_jobs.sql" Ours,
    34 "0034_fossbilling_sessions.sql" Ours,
    36 "0036_agent_plan_summaries.sql" Ours,
    37 "0037_console_lists.sql" Ours,
    39 "0039_inactive_modules.sql" Both,
];

impl File {
    /// The migration of a database with or without WHMCS's tables, or `None` if nothing is to be created there.
    fn migration(&self, is_beside_whmcs: bool) -> Option<Migration> {
        let sql = match self.tables {
            Tables::Whmcs if is_beside_whmcs => return None,
            Tables::Both if is_beside_whmcs => self.sql.split_once(OF_WHMCS)?.0,
            Tables::Ours | Tables::Whmcs | Tables::Both => self.sql,
        };
        let sql = SqlStr::from_static(sql);
        Some(Migration::new(self.version, self.name.into(), MigrationType::Simple, sql, false))
    }
}

/// Which of our own tables exist that say something of credentials. Only a server that never writes can do without them.
#[derive(Debug, Clone, Copy)]
pub struct OwnTables {
    pub credentials: bool,
    pub rate_limits: bool,
}

impl OwnTables {
    pub const ALL: OwnTables = OwnTables { credentials: true, rate_limits: true };

    /// Tests which tables exist. It is an error if that cannot be determined: they may exist and say that a credential is
    /// disabled.
    pub async fn find(db: &mut MySqlConnection) -> sqlx::Result<OwnTables> {
        Ok(OwnTables {
            credentials: can_read(db, "SELECT 1 FROM mod_whmcs_api_credentials LIMIT 1").await?,
            rate_limits: can_read(db, "SELECT 1 FROM mod_whmcs_api_rate_limits LIMIT 1").await?,
        })
    }
}

/// Returns `false` if the table does not exist.
async fn can_read(db: &mut MySqlConnection, query: &'static str) -> sqlx::Result<bool> {
    match sqlx::query(query).execute(db).await {
        Ok(_) => Ok(true),
        Err(error) if is_missing_table(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The type of each column in the migrations, by table and column name.
pub fn column_types() -> BTreeMap<(&'static str, &'static str), &'static str> {
    let mut types = BTreeMap::new();
    let mut table = "";
    for line in FILES.iter().flat_map(|file| file.sql.lines()) {
        let mut parts = line.trim().split('`');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("CREATE TABLE IF NOT EXISTS "), Some(name), _) => table = name,
            (Some(""), Some(column), Some(rest)) => {
                types.insert((table, column), rest.split_whitespace().next().unwrap_or_default());
            }
            _ => {}
        }
    }
    types
}

/// The migrations that a database still needs.
pub struct Plan {
    migrations: Vec<Migration>,
    /// Whether the database has tables of WHMCS.
    pub is_beside_whmcs: bool,
}

impl Plan {
    /// Reads which migrations are missing, and writes nothing. An interrupted migration counts as missing.
    pub async fn read(connection: &mut MySqlConnection) -> sqlx::Result<Plan> {
        let is_beside_whmcs = is_beside_whmcs(connection).await?;
        let applied = versions(connection, "WHERE success = TRUE").await?;
        let migrations = migrations_for(is_beside_whmcs);
        let missing = migrations.into_iter().filter(|migration| !applied.contains(&migration.version));
        Ok(Plan { migrations: missing.collect(), is_beside_whmcs })
    }

    /// The names of the missing migrations.
    pub fn names(&self) -> Vec<String> {
        self.migrations.iter().map(|migration| migration.description.to_string()).collect()
    }

    /// Whether a missing migration creates this table.
    pub fn creates(&self, table: &str) -> bool {
        let create = format!("CREATE TABLE IF NOT EXISTS `{table}` (");
        self.migrations.iter().any(|migration| migration.sql.as_str().contains(&create))
    }

    /// The statements for an operator to read and run; they leave the database as if this program had run them.
    pub fn sql(&self) -> String {
        let mut sql = String::new();
        for Migration { version, description, sql: statements, checksum, .. } in &self.migrations {
            let digits = checksum.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02X}"));
            let _ = writeln!(
                sql,
                "-- {description}\n\n{}\n\nINSERT INTO {TABLE} (version, description, success, checksum, execution_time)\n\
                 VALUES ({version}, '{description}', TRUE, x'{digits}', -1)\n\
                 ON DUPLICATE KEY UPDATE success = TRUE, checksum = VALUES(checksum);\n",
                statements.as_str().trim_end()
            );
        }
        if sql.is_empty() { sql } else { format!("{SESSION};\n\n{CREATE};\n\n{sql}") }
    }
}

/// Session settings for migrations: zero dates are allowed, whatever the server's own mode is.
const SESSION: &str = "SET NAMES utf8mb4;\nSET SESSION sql_mode = 'STRICT_TRANS_TABLES'";

/// The statement with which sqlx creates its table of migrations.
const CREATE: &str = "CREATE TABLE IF NOT EXISTS mod_whmcs_api_migrations (
  version BIGINT PRIMARY KEY,
  description TEXT NOT NULL,
  installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  success BOOLEAN NOT NULL,
  checksum BLOB NOT NULL,
  execution_time BIGINT NOT NULL
)";

/// Runs the missing migrations and returns their names. If several servers start at once, one runs them and the others
/// wait.
pub async fn run(options: sqlx::mysql::MySqlConnectOptions) -> anyhow::Result<Vec<String>> {
    // A migration may take its time; the driver would log all of its statements as one slow statement.
    let mut connection = pool::connect(options.disable_statement_logging()).await?;
    refuse_unfinished_restore(&mut connection).await?;
    // Lock names are global to the database server, and at most 64 characters long.
    let lock = "SELECT GET_LOCK(LEFT(CONCAT('mod_whmcs_api ', DATABASE()), 64), ?)";
    let locked: Option<i64> = sqlx::query_scalar(lock).bind(LOCK_TIMEOUT.as_secs()).fetch_one(&mut connection).await?;
    if locked != Some(1) {
        bail!("another program has been migrating this database for {} s", LOCK_TIMEOUT.as_secs());
    }
    let plan = Plan::read(&mut connection).await?;
    forget_interrupted(&mut connection).await?;
    let mut migrator = Migrator::with_migrations(migrations_for(plan.is_beside_whmcs));
    migrator.dangerous_set_table_name(TABLE);
    // sqlx's own lock waits for -1 seconds, to which MariaDB returns NULL without acquiring the lock.
    migrator.set_locking(false);
    // A newer version may have added tables and columns; this one does not use them.
    migrator.set_ignore_missing(true);
    migrator.run_direct(None, &mut connection, false).await.context("migrating the database")?;
    pool::close(connection).await;
    Ok(plan.names())
}

fn migrations_for(is_beside_whmcs: bool) -> Vec<Migration> {
    FILES.iter().filter_map(|file| file.migration(is_beside_whmcs)).collect()
}

/// Whether WHMCS created the tables of this database: our own migrations would have been recorded with them.
async fn is_beside_whmcs(connection: &mut MySqlConnection) -> sqlx::Result<bool> {
    if !table_exists(connection, "tblconfiguration").await? {
        return Ok(false);
    }
    let began_with = FILES.first().map(|file| file.version);
    Ok(!versions(connection, "").await?.into_iter().any(|version| Some(version) == began_with))
}

/// The versions of the migrations that were begun, filtered by `rest`.
async fn versions(connection: &mut MySqlConnection, rest: &'static str) -> sqlx::Result<Vec<i64>> {
    if !table_exists(connection, TABLE).await? {
        return Ok(Vec::new());
    }
    let mut query = sqlx::QueryBuilder::new("SELECT version FROM mod_whmcs_api_migrations ");
    query.push(rest).build_query_scalar().fetch_all(connection).await
}

/// Creates the table of holds, before a restore creates all others.
pub async fn create_holds(connection: &mut MySqlConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(include_str!("../../migrations/0008_holds.sql")).execute(connection).await.map(|_| ())
}

/// Returns what is being restored to this database by a restore that has not ended.
pub async fn unfinished_restore(connection: &mut MySqlConnection) -> sqlx::Result<Option<String>> {
    let hold = sqlx::query_scalar("SELECT reason FROM mod_whmcs_api_holds WHERE name = 'restore'");
    match hold.persistent(false).fetch_optional(connection).await {
        Err(error) if is_schema_mismatch(&error) => Ok(None),
        hold => hold,
    }
}

/// Fails if the database is being restored: its rows are not complete.
pub async fn refuse_unfinished_restore(connection: &mut MySqlConnection) -> anyhow::Result<()> {
    match unfinished_restore(connection).await? {
        Some(reason) => bail!("the database is not complete ({reason}): wait for `whmcs-api restore`, or run it again"),
        None => Ok(()),
    }
}

/// Fails if a migration is missing: an operator's database gets tables by their command only, never because a server
/// was started.
pub async fn require(connection: &mut MySqlConnection) -> anyhow::Result<()> {
    refuse_unfinished_restore(connection).await?;
    let missing = Plan::read(connection).await?.names();
    if !missing.is_empty() {
        bail!("the database lacks tables ({}): run `whmcs-api migrate` first", missing.join(", "));
    }
    Ok(())
}

async fn forget_interrupted(connection: &mut MySqlConnection) -> sqlx::Result<()> {
    if table_exists(connection, TABLE).await? {
        sqlx::query("DELETE FROM mod_whmcs_api_migrations WHERE success = FALSE").execute(connection).await?;
    }
    Ok(())
}

async fn table_exists(connection: &mut MySqlConnection, table: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT COUNT(*) > 0 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?",
    )
    .bind(table)
    .fetch_one(connection)
    .await
}
