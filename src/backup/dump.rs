//! Writes a backup.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use chrono::NaiveDateTime;
use sqlx::MySqlConnection;
use sqlx::mysql::MySqlConnectOptions;

use super::attachments;
use super::digest::TableDigest;
use super::file::{HEADER, MANIFEST, Writer};
use super::{FORMAT, Header, Manifest, Progress, TableManifest, VERSION};
use crate::database::migrations::HOLDS;
use crate::database::pool;
use crate::store::system::dump::schema::Table;
use crate::store::system::dump::{self, rows, schema};
use crate::store::system::inspection;

/// How many bytes of rows an entry holds, unless a single row is longer.
const PART_BYTES: usize = 1024 * 1024;
/// How often the progress of reading rows is reported.
const ROWS_PER_REPORT: u64 = 1000;

/// What is backed up.
pub struct Source {
    pub options: MySqlConnectOptions,
    /// The folder of attachments, which need not exist.
    pub attachments: PathBuf,
    pub now: NaiveDateTime,
}

/// A backup that has been written.
pub struct Written {
    pub manifest: Manifest,
    /// The size of the file.
    pub bytes: u64,
}

/// Backs up to a file, which must not exist. There is no file of this name until it is complete and on disk.
pub async fn dump(source: &Source, path: &Path, mut progress: impl FnMut(Progress<'_>)) -> anyhow::Result<Written> {
    let mut writer = Writer::create(path)?;
    let mut db = pool::connect(source.options.clone()).await.context("connecting to the database")?;
    dump::configure(&mut db).await?;
    let (tables, lock) = begin_snapshot(&mut db, source).await?;
    let header = header(&mut db, source).await?;
    writer.add(HEADER, &serde_json::to_vec_pretty(&header)?)?;
    let mut manifest = Manifest::default();
    let mut progress =
        Rows { done: 0, all: tables.iter().map(|table| table.rows.unsigned_abs()).sum(), report: &mut progress };
    let mut lock = lock;
    for table in tables.iter().filter(|table| !table.is_view()) {
        if table.has_transactions()
            && let Some(lock) = lock.take()
        {
            pool::close(lock).await;
        }
        let number = manifest.tables.len() + 1;
        let dumped = dump_table(&mut db, &mut writer, number, &table.name, &mut progress).await;
        manifest.tables.push(dumped.with_context(|| format!("reading {}", table.name))?);
    }
    manifest.objects = schema::objects(&mut db).await.context("reading views, triggers, routines and events")?;
    pool::close(db).await;
    // After the snapshot: each file to which a row of it refers was there by then.
    let report = progress.report;
    manifest.attachments = attachments::add(&mut writer, &source.attachments, |done| {
        report(Progress { step: "reading attachments", done, all: 0 });
    })?;
    writer.add(MANIFEST, &serde_json::to_vec_pretty(&manifest)?)?;
    let bytes = writer.finish()?;
    Ok(Written { manifest, bytes })
}

/// Begins a snapshot, and returns the tables in the order in which they are to be read. Tables without transactions
/// come first; a second connection keeps them from being written until it is closed.
async fn begin_snapshot(
    db: &mut MySqlConnection,
    source: &Source,
) -> anyhow::Result<(Vec<Table>, Option<MySqlConnection>)> {
    let before = schema::tables(db).await?;
    let locked: Vec<&str> = locked(&before).collect();
    let lock = match locked.is_empty() {
        true => None,
        false => {
            let mut lock = pool::connect(source.options.clone()).await?;
            let context = || format!("locking tables whose engine has no transactions ({})", locked.join(", "));
            dump::lock(&mut lock, &locked).await.with_context(context)?;
            Some(lock)
        }
    };
    dump::begin_snapshot(db).await?;
    let mut tables = schema::tables(db).await?;
    ensure!(locked == self::locked(&tables).collect::<Vec<_>>(), "tables were changed meanwhile: try again");
    for table in &tables {
        if !["BASE TABLE", "VIEW"].contains(&&*table.kind) {
            let Table { name, kind, .. } = table;
            bail!("{name} is a {kind}, which a backup of this program cannot contain: use mariadb-dump");
        }
        if !table.is_view() {
            dump::pin(db, &table.name).await.with_context(|| format!("reading {}", table.name))?;
        }
    }
    tables.sort_by_key(Table::has_transactions);
    Ok((tables, lock))
}

fn locked(tables: &[Table]) -> impl Iterator<Item = &str> {
    tables.iter().filter(|table| !table.has_transactions()).map(|table| &*table.name)
}

async fn header(db: &mut MySqlConnection, source: &Source) -> sqlx::Result<Header> {
    let server = inspection::server(db).await?;
    Ok(Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: source.now.format("%F %T").to_string(),
        server: server.version,
        database: server.database,
        encryption_keys: Vec::new(),
    })
}

/// The progress of reading rows.
struct Rows<'r> {
    done: u64,
    all: u64,
    report: &'r mut dyn FnMut(Progress<'_>),
}

impl Rows<'_> {
    fn read_one(&mut self, table: &str) {
        self.done += 1;
        if self.done.is_multiple_of(ROWS_PER_REPORT) {
            let step = format!("reading {table}");
            (self.report)(Progress { step: &step, done: self.done, all: self.all.max(self.done) });
        }
    }
}

async fn dump_table(
    db: &mut MySqlConnection,
    writer: &mut Writer,
    number: usize,
    name: &str,
    progress: &mut Rows<'_>,
) -> anyhow::Result<TableManifest> {
    let sql = schema::create_table(db, name).await?;
    let columns = schema::columns(db, name).await?;
    ensure!(!columns.is_empty(), "it has no columns that this account may read");
    let mut digest = TableDigest::default();
    // Holds are about this database, and not part of its content.
    if name != HOLDS {
        let mut parts = Parts { writer, folder: table_folder(number, name), count: 0, bytes: Vec::new() };
        rows::read(db, name, &columns, |row| {
            progress.read_one(name);
            digest.add(row);
            parts.add(row)
        })
        .await?;
        parts.finish()?;
    }
    Ok(TableManifest { name: name.to_owned(), sql, columns, digest })
}

/// The folder of a table's rows, such as `tables/0001-tblclients`. The number tells the table, the name is for people.
fn table_folder(number: usize, name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name: String = name.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    format!("tables/{number:04}-{name}")
}

/// Rows that are collected until they fill an entry.
struct Parts<'w> {
    writer: &'w mut Writer,
    folder: String,
    count: u64,
    bytes: Vec<u8>,
}

impl Parts<'_> {
    fn add(&mut self, row: &[u8]) -> io::Result<()> {
        if self.bytes.len() + row.len() > PART_BYTES {
            self.finish()?;
        }
        self.bytes.extend(row);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        self.count += 1;
        let name = format!("{}/{:06}.rows", self.folder, self.count);
        self.writer.add(&name, &self.bytes)?;
        self.bytes.clear();
        // A single long row must not be the size of the buffer from then on.
        self.bytes.shrink_to(PART_BYTES);
        Ok(())
    }
}
