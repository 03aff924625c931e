//! One moment of a database.

use anyhow::{Context, bail, ensure};
use sqlx::MySqlConnection;
use sqlx::mysql::MySqlConnectOptions;

use crate::database::{migrations, pool};
use crate::store::system::dump::schema::{self, Table};
use crate::store::system::dump::{self, rights};

/// The rights on the whole database without which something of it might be hidden from the account.
const RIGHTS: [&str; 5] = ["SELECT", "SHOW VIEW", "TRIGGER", "EVENT", "EXECUTE"];
/// Needed where there are tables without transactions.
const LOCK: &str = "LOCK TABLES";
/// Engines whose rows are elsewhere: in other tables, or on other servers.
const ELSEWHERE: [&str; 4] = ["MRG_MyISAM", "FEDERATED", "CONNECT", "SPIDER"];

/// One moment of a database. Tables without transactions are read by the connection that has locked them: any other
/// would wait for the writers that wait for that lock.
pub(super) struct Snapshot {
    pub db: MySqlConnection,
    /// The tables with transactions, which `db` reads.
    pub tables: Vec<Table>,
    pub locked: Option<Locked>,
}

/// Tables without transactions, which nobody can write to before the connection is closed.
pub(super) struct Locked {
    pub db: MySqlConnection,
    pub tables: Vec<Table>,
}

impl Snapshot {
    /// Begins a snapshot of all tables. It is an error if a table cannot be backed up, or may be hidden from this account.
    pub async fn begin(options: &MySqlConnectOptions) -> anyhow::Result<Snapshot> {
        let mut db = connect(options).await?;
        migrations::refuse_unfinished_restore(&mut db).await?;
        let (_, to_lock) = tables(&mut db).await?;
        require_rights(&mut db, !to_lock.is_empty()).await?;
        let locked = match to_lock.is_empty() {
            true => None,
            false => Some(Locked::lock(options, to_lock).await?),
        };
        dump::begin_snapshot(&mut db).await?;
        let (tables, without_transactions) = tables(&mut db).await?;
        let are_locked = without_transactions.iter().all(|table| locked.iter().any(|locked| locked.contains(table)));
        ensure!(are_locked, "tables were changed meanwhile: try again");
        for table in &tables {
            dump::pin(&mut db, &table.name).await.with_context(|| format!("reading {}", table.name))?;
        }
        Ok(Snapshot { db, tables, locked })
    }

    /// The server's estimate of all rows.
    pub fn rows(&self) -> u64 {
        let locked = self.locked.iter().flat_map(|locked| &locked.tables);
        self.tables.iter().chain(locked).map(|table| table.rows.unsigned_abs()).sum()
    }
}

impl Locked {
    async fn lock(options: &MySqlConnectOptions, tables: Vec<Table>) -> anyhow::Result<Locked> {
        let names: Vec<&str> = tables.iter().map(|table| &*table.name).collect();
        let mut db = connect(options).await?;
        let locked = dump::lock(&mut db, &names).await;
        locked.with_context(|| format!("locking tables whose engine has no transactions ({})", names.join(", ")))?;
        Ok(Locked { db, tables })
    }

    fn contains(&self, table: &Table) -> bool {
        self.tables.iter().any(|locked| locked.name == table.name)
    }
}

async fn connect(options: &MySqlConnectOptions) -> anyhow::Result<MySqlConnection> {
    let mut db = pool::connect(options.clone()).await.context("connecting to the database")?;
    dump::configure(&mut db).await?;
    Ok(db)
}

/// Fails unless the account sees everything.
async fn require_rights(db: &mut MySqlConnection, locks: bool) -> anyhow::Result<()> {
    let mut wanted = RIGHTS.to_vec();
    if locks {
        wanted.push(LOCK);
    }
    let missing = rights::missing(db, &wanted).await?;
    if missing.is_empty() {
        return Ok(());
    }
    bail!(
        "this account does not have {} on the whole database, and what it may not see would be missing. Grant it, or use \
         another account for backups:\n  {};",
        missing.join(", "),
        rights::grant(db, &wanted).await?
    );
}

/// The tables with and without transactions.
async fn tables(db: &mut MySqlConnection) -> anyhow::Result<(Vec<Table>, Vec<Table>)> {
    let tables = schema::tables(db).await?.into_iter().filter(|table| !table.is_view());
    let tables: Vec<Table> = tables.collect();
    for Table { name, kind, engine, .. } in &tables {
        if kind != "BASE TABLE" || ELSEWHERE.iter().any(|elsewhere| engine.eq_ignore_ascii_case(elsewhere)) {
            let kind = if kind == "BASE TABLE" { format!("table of {engine}") } else { kind.to_lowercase() };
            bail!("{name} is a {kind}, which a backup of this program cannot contain: use mariadb-dump or mysqldump");
        }
    }
    Ok(tables.into_iter().partition(Table::has_transactions))
}
