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
use super::{Manifest, Progress, TableManifest, attachments};
use crate::database::migrations::{self, HOLDS};
use crate::database::pool;
use crate::store::system::dump::schema::Object;
use crate::store::system::dump::{self, rows, schema};
use crate::store::system::holds;

/// For how long other connections may still be closing.
const CLOSE_TIME: Duration = Duration::from_secs(1);
/// The only table that may have rows in a database without data.
const MIGRATIONS: &str = "mod_whmcs_api_migrations";

/// Where a backup is restored.
pub struct Target {
    pub options: MySqlConnectOptions,
    /// Whether the database may have tables as long as they are empty, because only this program uses it.
    pub is_embedded: bool,
    /// The folder of attachments.
    pub attachments: PathBuf,
    pub now: NaiveDateTime,
}

/// Restores a backup into a database without data. What it restores cannot be used before it is complete; a restore that
/// failed can be run again. The outbox of the restored database is held.
pub async fn restore(
    target: &Target,
    backup: &mut Verified,
    mut progress: impl FnMut(Progress<'_>),
) -> anyhow::Result<Manifest> {
    let mut db = pool::connect(target.options.clone()).await.context("connecting to the database")?;
    dump::configure(&mut db).await?;
    refuse_data(&mut db, target).await?;
    schema::drop_all(&mut db).await?;
    migrations::create_holds(&mut db).await?;
    let reason = format!("restored from the backup of {} UTC", backup.header.created_at);
    holds::begin_restore(&mut db, &reason, target.now).await?;
    let manifest = backup.manifest.clone();
    let write = write(&mut db, target, backup, &manifest, &mut progress);
    write.await.context("the restore is not complete, and the database cannot be used: run the restore again")?;
    holds::end_restore(&mut db).await?;
    pool::close(db).await;
    Ok(manifest)
}

/// Fails if there is something in the database or in the folder of attachments. What a restore has left that did not end
/// is nothing, and neither are empty tables of the embedded database.
async fn refuse_data(db: &mut MySqlConnection, target: &Target) -> anyhow::Result<()> {
    refuse_other_connections(db).await?;
    if migrations::unfinished_restore(db).await?.is_some() {
        return Ok(());
    }
    let (tables, objects) = (schema::tables(db).await?, schema::objects(db).await?);
    if !target.is_embedded && (!tables.is_empty() || !objects.is_empty()) {
        let (tables, objects) = (tables.len(), objects.len());
        bail!(
            "the database has {tables} tables and {objects} views, triggers and the like already: restore into an empty \
             database"
        );
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
    let folder = &target.attachments;
    if let Some(name) = attachments::files(folder)?.first() {
        let folder = folder.display();
        bail!("the folder of attachments has files already, for example {}: move {folder} away first", name.display());
    }
    Ok(())
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
) -> anyhow::Result<()> {
    for table in manifest.tables.iter().filter(|table| table.name != HOLDS) {
        schema::execute(db, &table.sql).await.with_context(|| format!("creating {}", table.name))?;
    }
    write_entries(db, target, backup, manifest, progress).await?;
    create_objects(db, &manifest.objects).await?;
    let (mut done, all) = (0, manifest.rows());
    for table in &manifest.tables {
        progress(Progress { step: &format!("comparing {}", table.name), done, all });
        compare(db, table).await.with_context(|| format!("comparing {}", table.name))?;
        done += table.digest.rows;
    }
    Ok(())
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

/// Creates views, triggers, routines and events. A view can be created once those that it reads exist.
async fn create_objects(db: &mut MySqlConnection, objects: &[Object]) -> anyhow::Result<()> {
    let mut left: Vec<&Object> = objects.iter().collect();
    while !left.is_empty() {
        let (mut failed, mut failure) = (Vec::new(), None);
        for object in &left {
            if let Err(error) = schema::create(db, object).await {
                failure.get_or_insert((*object, error));
                failed.push(*object);
            }
        }
        if let Some((object, error)) = failure.filter(|_| failed.len() == left.len()) {
            return Err(error).with_context(|| format!("creating the {} {}", object.kind, object.name));
        }
        left = failed;
    }
    Ok(())
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
        Ok(())
    })
    .await?;
    let (found, expected) = (digest.rows, table.digest.rows);
    ensure!(digest == table.digest, "its {found} rows are not the {expected} rows of the backup");
    Ok(())
}
