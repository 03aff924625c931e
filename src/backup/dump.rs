//! Writes a backup.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use chrono::NaiveDateTime;
use sqlx::MySqlConnection;
use sqlx::mysql::MySqlConnectOptions;
use tokio_util::sync::CancellationToken;

use super::digest::TableDigest;
use super::file::{HEADER, MANIFEST, Writer};
use super::snapshot::{Locked, Snapshot};
use super::{FORMAT, Header, INTERRUPTED, Manifest, Progress, TableManifest, VERSION, attachments};
use crate::database::migrations::HOLDS;
use crate::database::pool;
use crate::store::support::tickets::has_attachments;
use crate::store::system::dump::objects::objects;
use crate::store::system::dump::{rows, schema};
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
    /// Whether that folder may be empty although tickets have attachments.
    pub may_lack_attachments: bool,
    pub now: NaiveDateTime,
    /// Cancelled when the backup is to end before it is complete.
    pub stop: CancellationToken,
}

/// A backup that has been written.
#[derive(Debug)]
pub struct Written {
    pub manifest: Manifest,
    /// The size of the file.
    pub bytes: u64,
}

/// Backs up to a file, which must not exist, and changes nothing in the database. There is no file of this name until it is
/// complete, on disk, and was read again.
pub async fn dump(source: &Source, path: &Path, progress: impl FnMut(Progress<'_>)) -> anyhow::Result<Written> {
    let written = source.stop.run_until_cancelled(write(source, path, progress)).await;
    written.unwrap_or_else(|| Err(anyhow!(INTERRUPTED)))
}

async fn write(source: &Source, path: &Path, mut progress: impl FnMut(Progress<'_>)) -> anyhow::Result<Written> {
    let mut writer = Writer::create(path, source.stop.clone())?;
    let mut snapshot = Snapshot::begin(&source.options).await?;
    let header = header(&mut snapshot.db, source).await?;
    writer.add(HEADER, &serde_json::to_vec_pretty(&header)?)?;
    let has_attachments = has_attachments(&mut snapshot.db).await?;
    let rows = Rows { done: 0, all: snapshot.rows(), report: &mut progress };
    let mut manifest = dump_tables(snapshot, &mut writer, rows).await?;
    // After the snapshot: each file to which a row of it refers was there by then.
    manifest.attachments = attachments::add(&mut writer, &source.attachments, |done| {
        progress(Progress { step: "reading attachments", done, all: 0 });
    })?;
    ensure!(
        manifest.attachments > 0 || !has_attachments || source.may_lack_attachments,
        "tickets have attachments, but there are none in {}: set `attachments.dir`, or back up without them",
        source.attachments.display()
    );
    writer.add(MANIFEST, &serde_json::to_vec_pretty(&manifest)?)?;
    let bytes = writer.finish(progress)?;
    Ok(Written { manifest, bytes })
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
        collation: server.collation,
        encryption_keys: Vec::new(),
    })
}

/// Reads all of a database. Tables without transactions come first, because nobody can write to them meanwhile.
async fn dump_tables<'d>(snapshot: Snapshot, writer: &'d mut Writer, progress: Rows<'d>) -> anyhow::Result<Manifest> {
    let Snapshot { mut db, tables, locked } = snapshot;
    let mut dump = Dump { writer, manifest: Manifest::default(), progress };
    if let Some(Locked { mut db, tables }) = locked {
        for table in &tables {
            dump.add_table(&mut db, &table.name).await?;
        }
        pool::close(db).await;
    }
    for table in &tables {
        dump.add_table(&mut db, &table.name).await?;
    }
    let mut manifest = dump.manifest;
    manifest.objects = objects(&mut db).await?;
    pool::close(db).await;
    Ok(manifest)
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

/// A backup that is being written, and what it contains so far.
struct Dump<'d> {
    writer: &'d mut Writer,
    manifest: Manifest,
    progress: Rows<'d>,
}

impl Dump<'_> {
    async fn add_table(&mut self, db: &mut MySqlConnection, name: &str) -> anyhow::Result<()> {
        let table = self.read_table(db, name).await.with_context(|| format!("reading {name}"))?;
        self.manifest.tables.push(table);
        Ok(())
    }

    async fn read_table(&mut self, db: &mut MySqlConnection, name: &str) -> anyhow::Result<TableManifest> {
        let sql = schema::create_table(db, name).await?;
        let columns = schema::columns(db, name).await?;
        ensure!(!columns.is_empty(), "it has no columns");
        let mut digest = TableDigest::default();
        // Holds are about this database, and not part of its content.
        if name != HOLDS {
            let folder = table_folder(self.manifest.tables.len() + 1, name);
            let mut parts = Parts { writer: self.writer, folder, count: 0, bytes: Vec::new() };
            rows::read(db, name, &columns, |row| {
                self.progress.read_one(name);
                digest.add(row);
                parts.add(row)
            })
            .await?;
            parts.finish()?;
        }
        Ok(TableManifest { name: name.to_owned(), sql, columns, digest })
    }
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
    fn add(&mut self, row: &[u8]) -> anyhow::Result<()> {
        if self.bytes.len() + row.len() > PART_BYTES {
            self.finish()?;
        }
        self.bytes.extend(row);
        Ok(())
    }

    fn finish(&mut self) -> anyhow::Result<()> {
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
