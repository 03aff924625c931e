//! Backups: what is restored equals what was backed up, whatever it is, and nothing else is ever restored.

mod again;
mod commands;
mod interrupted;
mod rights;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use tokio_util::sync::CancellationToken;
use whmcs_api::backup::{self, Restored, Source, Target};
use whmcs_api::database::{migrations, pool};
use whmcs_api::demo;
use whmcs_api::domain::time::parse_date_time;
use whmcs_api::store::system::dump::objects::{Object, objects};
use whmcs_api::store::system::dump::schema;

use crate::support::{Database, NOW, Scratch, ends};

const EVERY_TYPE: &str = include_str!("every_type.sql");

async fn sql(database: &Database, statements: &str) {
    let mut db = MySqlConnection::connect_with(&database.options()).await.unwrap();
    let mode = "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', foreign_key_checks = 0, \
                time_zone = '+00:00'";
    sqlx::raw_sql(AssertSqlSafe(format!("{mode}; {statements}"))).execute(&mut db).await.unwrap();
    pool::close(db).await;
}

async fn dump(database: &Database, folder: &Path) -> anyhow::Result<PathBuf> {
    let file = folder.join(format!("{}.backup", database.name()));
    dump_as(database.options(), &file, folder).await.map(|()| file)
}

async fn dump_as(options: MySqlConnectOptions, file: &Path, folder: &Path) -> anyhow::Result<()> {
    let source = Source {
        options,
        attachments: folder.join("attachments"),
        may_lack_attachments: false,
        now: parse_date_time(NOW).unwrap(),
        stop: CancellationToken::new(),
    };
    ends("a backup", Box::pin(backup::dump(&source, file, |_| {}))).await.map(drop)
}

async fn restore(file: &Path, database: &Database, folder: &Path) -> anyhow::Result<Restored> {
    restore_as(database.options(), file, folder).await
}

async fn restore_as(options: MySqlConnectOptions, file: &Path, folder: &Path) -> anyhow::Result<Restored> {
    let target = Target {
        options,
        is_embedded: false,
        attachments: folder.join("restored"),
        now: parse_date_time(NOW).unwrap(),
    };
    let mut verified = backup::verify(file, |_| {})?;
    Box::pin(backup::restore(&target, &mut verified, |_| {})).await
}

/// The definitions and rows of all tables but the holds, after the collation of the database, and all other objects.
async fn content(database: &Database) -> (Vec<(String, String, Vec<String>)>, Vec<Object>) {
    let mut db = pool::connect(database.options()).await.unwrap();
    let collation: String = sqlx::query_scalar("SELECT @@collation_database").fetch_one(&mut db).await.unwrap();
    let mut tables = vec![(String::new(), collation, Vec::new())];
    for table in schema::tables(&mut db).await.unwrap() {
        if table.is_view() || table.name == migrations::HOLDS {
            continue;
        }
        let definition = schema::create_table(&mut db, &table.name).await.unwrap();
        tables.push((table.name.clone(), without_character_sets(&definition), rows(&mut db, &table.name).await));
    }
    let mut objects = objects(&mut db).await.unwrap();
    for object in &mut objects {
        // MySQL keeps the semicolon after a body that was created as one of several statements.
        object.sql.truncate(object.sql.trim_end_matches(';').len());
    }
    pool::close(db).await;
    (tables, objects)
}

/// A definition without the character sets of columns, which follow from their collations: MySQL writes them only if they were
/// written when the table was created.
fn without_character_sets(definition: &str) -> String {
    let mut parts = definition.split(" CHARACTER SET ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.find(' ').map_or("", |end| &part[end..]))
}

/// The rows of a table, generated columns included: each value as the digits of its bytes, large ones as their digest.
async fn rows(db: &mut MySqlConnection, table: &str) -> Vec<String> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT CAST(column_name AS CHAR), LOWER(CAST(data_type AS CHAR)) FROM information_schema.columns \
         WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position",
    )
    .bind(table)
    .fetch_all(&mut *db)
    .await
    .unwrap();
    let values = columns.iter().map(|(name, data_type)| {
        let name = format!("`{}`", name.replace('`', "``"));
        // Otherwise digits are lost.
        let value = if data_type == "float" { format!("{name} + 0e0") } else { name };
        let bytes = format!("CAST({value} AS BINARY)");
        format!("COALESCE(IF(LENGTH({bytes}) > 100, SHA2({bytes}, 256), HEX({bytes})), '-')")
    });
    let values = values.collect::<Vec<_>>().join(", ");
    let select = format!("SELECT CONCAT_WS(' ', {values}) FROM `{}` ORDER BY 1", table.replace('`', "``"));
    sqlx::query_scalar(AssertSqlSafe(select)).persistent(false).fetch_all(db).await.unwrap()
}

async fn is_empty(database: &Database) -> bool {
    let mut db = pool::connect(database.options()).await.unwrap();
    let tables = schema::tables(&mut db).await.unwrap();
    pool::close(db).await;
    tables.is_empty()
}

/// A database of our own, with the demo's data and a table that has every type of column.
async fn source() -> Database {
    let database = Database::create().await;
    migrations::run(database.options()).await.unwrap();
    demo::fill(database.options()).await.unwrap();
    sql(&database, EVERY_TYPE).await;
    database
}

#[tokio::test]
async fn what_is_restored_equals_what_was_backed_up() {
    let folder = Scratch::new("backup-every-type");
    let (source, target) = (source().await, Database::create().await);
    fs::create_dir_all(folder.join("attachments/inner")).unwrap();
    let large = vec![0; 100_000];
    for (name, text) in [("a.txt", &b"x"[..]), ("empty", b""), ("inner/\u{e4} b.bin", &large)] {
        fs::write(folder.join("attachments").join(name), text).unwrap();
    }
    let file = dump(&source, &folder).await.unwrap();
    let manifest = restore(&file, &target, &folder).await.unwrap().manifest;
    assert_eq!(manifest.rows_of("every_type"), 4);
    assert_eq!(manifest.attachments, 3);
    let (mut expected, found) = (content(&source).await, content(&target).await);
    for object in &mut expected.1 {
        // What would run by itself does not, until somebody says so.
        object.sql = object.sql.replace(" ENABLE DO ", " DISABLE DO ").replace(" DISABLE ON SLAVE ", " DISABLE ");
        object.sql = object.sql.replace(" DISABLE ON REPLICA ", " DISABLE ");
    }
    assert_eq!(found.0.len(), expected.0.len());
    for (found, expected) in found.0.iter().zip(&expected.0) {
        assert_eq!(found, expected, "{}", expected.0);
    }
    assert_eq!(found.1, expected.1);
    assert_eq!(expected.1.len(), 10, "views, routines, a trigger and events");
    assert_eq!(manifest.events_to_enable().collect::<Vec<_>>(), ["by_itself", "elsewhere"]);
    for name in ["a.txt", "empty", "inner/\u{e4} b.bin"] {
        let [from, to] = ["attachments", "restored"].map(|inner| fs::read(folder.join(inner).join(name)).unwrap());
        assert!(from == to, "{name}");
    }
}

/// Returns what a gzip file holds, unless it is damaged.
fn unpacked(file: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    flate2::bufread::GzDecoder::new(file).read_to_end(&mut content).ok().map(|_| content)
}

/// Each of these files is refused, and nothing is written.
#[tokio::test]
async fn a_file_that_is_not_a_whole_backup_is_refused() {
    let folder = Scratch::new("backup-damaged");
    let (source, target) = (Database::create().await, Database::create().await);
    migrations::run(source.options()).await.unwrap();
    let whole = fs::read(dump(&source, &folder).await.unwrap()).unwrap();
    let mut files = vec![(String::new(), b"no backup".to_vec()), ("added".to_owned(), [&*whole, b"x"].concat())];
    files.push(("twice".to_owned(), whole.repeat(2)));
    for tenth in 0..10 {
        let at = whole.len() * tenth / 10;
        files.push((format!("cut at {at}"), whole[..at].to_vec()));
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        files.push((format!("changed at {at}"), changed));
    }
    files.push(("cut at the end".to_owned(), whole[..whole.len() - 1].to_vec()));
    // Some bits mean nothing: in a run of equal bytes, for one, deflate may copy from here or from there.
    let content = unpacked(&whole);
    files.retain(|(what, bytes)| !what.starts_with("changed") || unpacked(bytes) != content);
    assert!(files.len() > 10);
    for (what, bytes) in files {
        let file = folder.join("damaged");
        fs::write(&file, &bytes).unwrap();
        assert!(restore(&file, &target, &folder).await.is_err(), "{what}");
        assert!(is_empty(&target).await, "{what}");
    }
    assert!(restore(&folder.join("none"), &target, &folder).await.is_err());
}

#[tokio::test]
async fn nothing_is_restored_over_data() {
    let folder = Scratch::new("backup-over-data");
    let (source, target) = (Database::create().await, Database::create().await);
    migrations::run(source.options()).await.unwrap();
    let file = dump(&source, &folder).await.unwrap();
    sql(&target, "CREATE TABLE theirs (a int)").await;
    let refused = async |told: &str| {
        let error = format!("{:#}", restore(&file, &target, &folder).await.unwrap_err());
        assert!(error.contains(told), "{error}");
    };
    refused("restore into an empty database").await;
    assert_eq!(content(&target).await.0[1].0, "theirs");
    sql(&target, "DROP TABLE theirs").await;

    fs::create_dir_all(folder.join("restored")).unwrap();
    fs::write(folder.join("restored/theirs"), "x").unwrap();
    refused("the folder of attachments has files").await;
    fs::remove_file(folder.join("restored/theirs")).unwrap();

    let other = pool::connect(target.options()).await.unwrap();
    refused("1 other connections use the database").await;
    pool::close(other).await;
    assert!(is_empty(&target).await);
    restore(&file, &target, &folder).await.unwrap();
}

/// Writers go on while a backup reads: in one transaction each, they move units between tables, also with a table
/// without transactions.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_shows_one_moment() {
    let folder = Scratch::new("backup-moment");
    let (source, target) = (Database::create().await, Database::create().await);
    migrations::run(source.options()).await.unwrap();
    sql(
        &source,
        "CREATE TABLE a_units (id int PRIMARY KEY, units int, pad longtext) ENGINE=InnoDB; \
         CREATE TABLE z_units LIKE a_units; \
         INSERT INTO a_units SELECT seq, 100, REPEAT('x', 20000) FROM \
           (SELECT @n := @n + 1 AS seq FROM information_schema.columns, (SELECT @n := 0) AS start LIMIT 300) AS numbers; \
         INSERT INTO z_units SELECT * FROM a_units; \
         CREATE TABLE counted (moves int) ENGINE=MyISAM; INSERT INTO counted VALUES (0); \
         CREATE TABLE moved (moves int) ENGINE=InnoDB; INSERT INTO moved VALUES (0)",
    )
    .await;
    let is_done = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (options, is_done) = (source.options(), Arc::clone(&is_done));
        async move {
            let mut db = pool::connect(options).await.unwrap();
            let mut moves = 0;
            while !is_done.load(Ordering::Relaxed) {
                let (from, to) = (moves % 300 + 1, (moves * 7) % 300 + 1);
                let statements = format!(
                    "START TRANSACTION; UPDATE a_units SET units = units - 1 WHERE id = {from}; \
                     UPDATE z_units SET units = units + 1 WHERE id = {to}; UPDATE moved SET moves = moves + 1; \
                     UPDATE counted SET moves = moves + 1; COMMIT"
                );
                sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut db).await.unwrap();
                moves += 1;
            }
            pool::close(db).await;
            moves
        }
    });
    let file = dump(&source, &folder).await.unwrap();
    is_done.store(true, Ordering::Relaxed);
    assert!(writer.await.unwrap() > 0);
    restore(&file, &target, &folder).await.unwrap();
    let mut db = pool::connect(target.options()).await.unwrap();
    let (a, z, moved, counted): (i64, i64, i64, i64) = sqlx::query_as(
        "SELECT CAST((SELECT SUM(units) FROM a_units) AS SIGNED), CAST((SELECT SUM(units) FROM z_units) AS SIGNED), \
                CAST((SELECT moves FROM moved) AS SIGNED), CAST((SELECT moves FROM counted) AS SIGNED)",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    pool::close(db).await;
    assert_eq!((a + moved, z - moved), (30_000, 30_000));
    // Without transactions, it is written before the transaction ends.
    assert!([moved, moved + 1].contains(&counted), "{counted} of {moved}");
}

#[tokio::test]
async fn a_backup_that_fails_leaves_no_file() {
    let folder = Scratch::new("backup-fails");
    let database = Database::create().await;
    sql(&database, "CREATE TABLE gone (a int); CREATE VIEW broken AS SELECT a FROM gone").await;
    fs::write(folder.join(format!("{}.backup", database.name())), "theirs").unwrap();
    let error = dump(&database, &folder).await.unwrap_err().to_string();
    assert!(error.contains("exists"), "{error}");
    fs::remove_file(folder.join(format!("{}.backup", database.name()))).unwrap();
    fs::create_dir_all(folder.join("attachments")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.join("attachments/broken")).unwrap();
    fs::create_dir_all(folder.join("attachments/folder")).unwrap();
    std::os::unix::fs::symlink(".", folder.join("attachments/loop")).unwrap();
    assert!(dump(&database, &folder).await.is_err(), "a link to a folder is not a file");
    let left: Vec<_> = fs::read_dir(&*folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["attachments"]);
    fs::remove_dir_all(folder.join("attachments")).unwrap();
    fs::create_dir(folder.join("attachments")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.join("attachments/pipe")).status().unwrap().success());
    let error = format!("{:#}", dump(&database, &folder).await.unwrap_err());
    assert!(error.contains("attachments/pipe is not a file"), "{error}");
}

/// A view that reads what does not exist cannot be created again, and hinders nothing.
#[tokio::test]
async fn broken_views_are_left_out_and_named() {
    let folder = Scratch::new("backup-broken-views");
    let (source, target) = (Database::create().await, Database::create().await);
    sql(
        &source,
        "CREATE TABLE gone (a int); CREATE TABLE kept (a int); CREATE VIEW broken AS SELECT a FROM gone; \
         CREATE VIEW above AS SELECT a FROM broken; CREATE VIEW whole AS SELECT a FROM kept; DROP TABLE gone",
    )
    .await;
    let file = dump(&source, &folder).await.unwrap();
    let restored = restore(&file, &target, &folder).await.unwrap();
    assert_eq!(restored.broken_views, ["above", "broken"]);
    assert_eq!(content(&target).await.1.iter().map(|object| &*object.name).collect::<Vec<_>>(), ["whole"]);
}

/// A row that takes more than one packet of the protocol, of 16 MiB each.
#[tokio::test]
async fn large_rows_are_restored() {
    let folder = Scratch::new("backup-large-rows");
    let (source, target) = (Database::create().await, Database::create().await);
    sql(&source, "SET GLOBAL max_allowed_packet = 128 * 1024 * 1024").await;
    sql(
        &source,
        "CREATE TABLE large (id int PRIMARY KEY, lump longblob); \
         INSERT INTO large VALUES (1, REPEAT(X'00FF27', 6000000)), (2, 'x')",
    )
    .await;
    let file = dump(&source, &folder).await.unwrap();
    restore(&file, &target, &folder).await.unwrap();
    assert_eq!(content(&target).await.0, content(&source).await.0);
}

/// The rows of such tables are elsewhere, and would be restored twice or not at all.
#[tokio::test]
async fn tables_whose_rows_are_elsewhere_are_refused() {
    let folder = Scratch::new("backup-elsewhere");
    let database = Database::create().await;
    sql(
        &database,
        "CREATE TABLE one (a int) ENGINE=MyISAM; CREATE TABLE all_of_them (a int) ENGINE=MRG_MyISAM UNION=(one)",
    )
    .await;
    let error = format!("{:#}", dump(&database, &folder).await.unwrap_err());
    assert!(error.to_lowercase().contains("all_of_them is a table of mrg_myisam"), "{error}");
}
