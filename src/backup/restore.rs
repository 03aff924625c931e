//! Restores a backup.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use chrono::NaiveDateTime;
use sqlx::MySqlConnection;
use sqlx::mysql::MySqlConnectOptions;
use tokio::time::sleep;

use super::digest::TableDigest;
use super::file::Verified;
use super::{Header, Manifest, Progress, TableManifest, attachments};
use crate::database::migrations::{self, HOLDS};
use crate::database::pool;
use crate::store::system::dump::objects::{self, Object};
use crate::store::system::dump::{self, rights, rows, schema};
use crate::store::system::holds;

/// For how long other connections may still be closing.
const CLOSE_TIME: Duration = Duration::from_secs(1);
/// The only table that may have rows in a database without data.
const MIGRATIONS: &str = "mod_whmcs_api_migrations";
/// The rights on the whole database that a restore needs, whatever is in the backup.
const RIGHTS: [&str; 14] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "DROP",
    "ALTER",
    "INDEX",
    "REFERENCES",
    "CREATE VIEW",
    "SHOW VIEW",
    "CREATE ROUTINE",
    "EVENT",
    "TRIGGER",
];

/// Where a backup is restored.
pub struct Target {
    pub options: MySqlConnectOptions,
    /// Whether the database may have tables as long as they are empty, because only this program uses it.
    pub is_embedded: bool,
    /// The folder of attachments.
    pub attachments: PathBuf,
    pub now: NaiveDateTime,
}

/// A backup that has been restored.
#[derive(Debug)]
pub struct Restored {
    pub manifest: Manifest,
    /// Views that were not created, because what they read did not exist where they were backed up either.
    pub broken_views: Vec<String>,
}

/// Restores a backup into a database without data. What it restores cannot be used before it is complete; a restore that
/// failed can be run again. The outbox of the restored database is held.
pub async fn restore(
    target: &Target,
    backup: &mut Verified,
    mut progress: impl FnMut(Progress<'_>),
) -> anyhow::Result<Restored> {
    let mut db = pool::connect(target.options.clone()).await.context("connecting to the database")?;
    dump::configure(&mut db).await?;
    let Header { created_at, .. } = &backup.header;
    // It tells the backup from all others.
    let reason = format!("restored from the backup of {created_at} UTC, {}", &backup.digest[..16]);
    refuse_data(&mut db, target, &reason).await?;
    require_rights(&mut db).await?;
    migrations::create_holds(&mut db).await?;
    holds::begin_restore(&mut db, &reason, target.now).await?;
    objects::drop_all(&mut db).await?;
    let manifest = backup.manifest.clone();
    let write = write(&mut db, target, backup, &manifest, &mut progress);
    let broken_views =
        write.await.context("the restore is not complete, and the database cannot be used: run the restore again")?;
    holds::end_restore(&mut db).await?;
    pool::close(db).await;
    Ok(Restored { manifest, broken_views })
}

/// Fails if there is something in the database or in the folder of attachments. What a restore has left that did not end
/// is nothing, and neither are empty tables of the embedded database.
async fn refuse_data(db: &mut MySqlConnection, target: &Target, reason: &str) -> anyhow::Result<()> {
    refuse_other_connections(db).await?;
    match migrations::unfinished_restore(db).await? {
        Some(unfinished) if unfinished == reason => Ok(()),
        Some(unfinished) => refuse_attachments(target, &format!("another restore did not end ({unfinished}), and ")),
        None => {
            refuse_tables(db, target).await?;
            refuse_attachments(target, "")
        }
    }
}

async fn refuse_tables(db: &mut MySqlConnection, target: &Target) -> anyhow::Result<()> {
    let (mut tables, objects) = (schema::tables(db).await?, objects::names(db).await?);
    if !target.is_embedded {
        // A restore that was killed at its very beginning has left it.
        if tables.iter().any(|table| table.name == HOLDS) && !schema::has_rows(db, HOLDS).await? {
            tables.retain(|table| table.name != HOLDS);
        }
        if !tables.is_empty() || !objects.is_empty() {
            let (tables, objects) = (tables.len(), objects.len());
            bail!(
                "the database has {tables} tables and {objects} views, triggers and the like already: restore into an \
                 empty database"
            );
        }
    }
    for table in tables.iter().filter(|table| table.name != MIGRATIONS) {
        if schema::has_rows(db, &table.name).await? {
            bail!(
                "the database has data already, for example in {}: move the folder `database` of the data directory \
                 away first",
                table.name
            );
        }
    }
    Ok(())
}

fn refuse_attachments(target: &Target, why: &str) -> anyhow::Result<()> {
    let folder = &target.attachments;
    let Some(name) = attachments::files(folder)?.into_iter().next() else { return Ok(()) };
    let (folder, name) = (folder.display(), name.display());
    bail!("{why}the folder of attachments has files already, for example {name}: move {folder} away first");
}

/// Fails unless the account can restore everything, before anything is written.
async fn require_rights(db: &mut MySqlConnection) -> anyhow::Result<()> {
    let missing = rights::missing(db, &RIGHTS).await?;
    if missing.is_empty() {
        return Ok(());
    }
    let grant = rights::grant(db, &["ALL PRIVILEGES"]).await?;
    bail!("this account does not have {} on the whole database, grant it:\n  {grant};", missing.join(", "));
}

async fn refuse_other_connections(db: &mut MySqlConnection) -> anyhow::Result<()> {
    let deadline = Instant::now() + CLOSE_TIME;
    loop {
        match dump::other_connections(db).await? {
            0 => return Ok(()),
            others if Instant::now() > deadline => {
                bail!("{others} other connections use the database: stop all servers first")
            }
            // A connection that was closed a moment ago still counts.
            _ => sleep(CLOSE_TIME / 10).await,
        }
    }
}

async fn write(
    db: &mut MySqlConnection,
    target: &Target,
    backup: &mut Verified,
    manifest: &Manifest,
    progress: &mut dyn FnMut(Progress<'_>),
) -> anyhow::Result<Vec<String>> {
    schema::set_collation(db, &backup.header.collation).await.context("setting the collation of the database")?;
    for table in manifest.tables.iter().filter(|table| table.name != HOLDS) {
        schema::execute(db, &table.sql).await.with_context(|| format!("creating {}", table.name))?;
    }
    write_entries(db, target, backup, manifest, progress).await?;
    let broken_views = create_objects(db, &manifest.objects).await?;
    let (mut done, all) = (0, manifest.rows());
    for table in &manifest.tables {
        progress(Progress { step: &format!("comparing {}", table.name), done, all });
        compare(db, table).await.with_context(|| format!("comparing {}", table.name))?;
        done += table.digest.rows;
    }
    Ok(broken_views)
}

async fn write_entries(
    db: &mut MySqlConnection,
    target: &Target,
    backup: &mut Verified,
    manifest: &Manifest,
    progress: &mut dyn FnMut(Progress<'_>),
) -> anyhow::Result<()> {
    let all = manifest.rows() + manifest.attachments;
    let mut done = 0;
    let mut archive = backup.archive()?;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if let Ok(name) = path.strip_prefix(attachments::FOLDER) {
            progress(Progress { step: "writing attachments", done, all });
            attachments::write(&target.attachments, name, &mut entry)?;
            done += 1;
        } else if path.starts_with("tables") {
            let table = table_of(&path, manifest).with_context(|| format!("unknown entry {}", path.display()))?;
            progress(Progress { step: &format!("writing {}", table.name), done, all });
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            done += write_rows(db, table, &bytes).await.with_context(|| format!("writing {}", table.name))?;
        }
    }
    Ok(())
}

/// The table whose rows are in an entry such as `tables/0001-tblclients/000001.rows`.
fn table_of<'m>(entry: &Path, manifest: &'m Manifest) -> Option<&'m TableManifest> {
    let folder = entry.components().nth(1)?.as_os_str().to_str()?;
    let number: usize = folder.split('-').next()?.parse().ok()?;
    manifest.tables.get(number.checked_sub(1)?)
}

async fn write_rows(db: &mut MySqlConnection, table: &TableManifest, bytes: &[u8]) -> anyhow::Result<u64> {
    let rows = rows::split(bytes, table.columns.len()).context("these are not whole rows")?;
    rows::insert(db, &table.name, &table.columns, &rows).await?;
    Ok(rows.len() as u64)
}

/// Creates views, triggers, routines and events. A view can be created once those that it reads exist. Returns the names
/// of those that read what does not exist.
async fn create_objects(db: &mut MySqlConnection, all: &[Object]) -> anyhow::Result<Vec<String>> {
    let mut left: Vec<&Object> = all.iter().collect();
    loop {
        let (mut failed, mut failure) = (Vec::new(), None);
        for object in &left {
            match objects::create(db, object).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => failure = failure.or(Some((*object, error))),
            }
            failed.push(*object);
        }
        if failed.len() < left.len() {
            left = failed;
            continue;
        }
        return match failure {
            Some((object, error)) => {
                Err(error).with_context(|| format!("creating the {} {}", object.kind.to_lowercase(), object.name))
            }
            None => Ok(left.into_iter().map(|view| view.name.clone()).collect()),
        };
    }
}

/// Reads what was restored, and compares it with what was backed up.
async fn compare(db: &mut MySqlConnection, table: &TableManifest) -> anyhow::Result<()> {
    if table.name == HOLDS {
        return Ok(());
    }
    let columns = schema::columns(db, &table.name).await?;
    ensure!(columns == table.columns, "its columns are not those of the backup");
    let mut digest = TableDigest::default();
    rows::read(db, &table.name, &columns, |row| {
        digest.add(row);
        anyhow::Ok(())
    })
    .await?;
    let (found, expected) = (digest.rows, table.digest.rows);
    ensure!(digest == table.digest, "its {found} rows are not the {expected} rows of the backup");
    Ok(())
}
