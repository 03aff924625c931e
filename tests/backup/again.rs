//! Restores that did not end, and what a later one makes of what they have left.

use std::fs;

use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection};
use whmcs_api::database::{migrations, pool};

use super::{content, dump, restore, source, sql};
use crate::support::{Database, Scratch, connections_to, eventually, server_options};

/// Makes a restored database one whose restore was killed.
const KILL: &str = "INSERT INTO mod_whmcs_api_holds (name, reason, created_at) \
                    SELECT 'restore', reason, created_at FROM mod_whmcs_api_holds WHERE name = 'outbox'";

/// A restore that was killed leaves a database that nothing uses, and the next restore completes it.
#[tokio::test]
async fn a_restore_that_did_not_end_is_run_again() {
    let folder = Scratch::new("backup-killed");
    let (source, target) = (source().await, Database::create().await);
    fs::create_dir(folder.join("attachments")).unwrap();
    fs::write(folder.join("attachments/a"), "x").unwrap();
    let file = dump(&source, &folder).await.unwrap();
    restore(&file, &target, &folder).await.unwrap();
    fs::write(folder.join("restored/a"), "").unwrap();
    sql(&target, &format!("{KILL}; DROP TABLE tblinvoices; DELETE FROM tblclients")).await;
    let mut db = pool::connect(target.options()).await.unwrap();
    for refused in [migrations::require(&mut db).await, migrations::run(target.options()).await.map(drop)] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("the database is not complete (restored from the backup of "), "{error}");
    }
    pool::close(db).await;
    restore(&file, &target, &folder).await.unwrap();
    migrations::run(target.options()).await.unwrap();
    let (expected, found) = (content(&source).await, content(&target).await);
    assert_eq!(found.0, expected.0);
    assert_eq!(fs::read(folder.join("restored/a")).unwrap(), b"x");
}

/// What another backup has left in the folder of attachments is not taken for this one's.
#[tokio::test]
async fn another_backup_does_not_keep_what_the_first_has_left() {
    let folder = Scratch::new("backup-another");
    let (first, second, target) = (Database::create().await, Database::create().await, Database::create().await);
    sql(&first, "CREATE TABLE of_first (a int)").await;
    sql(&second, "CREATE TABLE of_second (a int)").await;
    let attachments = folder.join("attachments");
    let mut files = Vec::new();
    for (database, name) in [(&first, "first.txt"), (&second, "second.txt")] {
        fs::create_dir(&attachments).unwrap();
        fs::write(attachments.join(name), name).unwrap();
        files.push(dump(database, &folder).await.unwrap());
        fs::remove_dir_all(&attachments).unwrap();
    }
    restore(&files[0], &target, &folder).await.unwrap();
    sql(&target, KILL).await;
    let error = format!("{:#}", restore(&files[1], &target, &folder).await.unwrap_err());
    for told in ["another restore did not end (restored from the backup of ", "for example first.txt: move "] {
        assert!(error.contains(told), "{error}");
    }
    let tables = async || content(&target).await.0.into_iter().skip(1).map(|(name, ..)| name).collect::<Vec<_>>();
    assert_eq!(tables().await, ["of_first"], "nothing was changed");
    fs::rename(folder.join("restored"), folder.join("moved")).unwrap();
    restore(&files[1], &target, &folder).await.unwrap();
    assert_eq!(tables().await, ["of_second"]);
    let left: Vec<_> = fs::read_dir(folder.join("restored")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["second.txt"]);
}

/// A restore that is killed while it drops what an earlier one has left.
#[tokio::test]
async fn the_hold_outlives_what_is_dropped() {
    let folder = Scratch::new("backup-hold");
    let (source, target) = (Database::create().await, Database::create().await);
    sql(&source, "CREATE TABLE a_first (a int); CREATE TABLE z_last (a int)").await;
    let file = dump(&source, &folder).await.unwrap();
    restore(&file, &target, &folder).await.unwrap();
    sql(&target, KILL).await;

    // Without a default database, it is none of the connections that use the database.
    let mut blocking = MySqlConnection::connect_with(&server_options()).await.unwrap();
    let lock = format!("LOCK TABLES `{}`.a_first READ", target.name());
    blocking.execute(AssertSqlSafe(lock)).await.unwrap();
    let mut looking = MySqlConnection::connect_with(&server_options()).await.unwrap();
    let waits = eventually("it waits to drop the first table", async || {
        let connections = connections_to(target.name(), &mut looking).await.unwrap();
        connections.iter().any(|one| one.statement.starts_with("DROP TABLE") && one.waits_for_a_table())
    });
    tokio::select! {
        _ = restore(&file, &target, &folder) => panic!("the table is locked"),
        () = waits => {}
    }
    let mut db = pool::connect(target.options()).await.unwrap();
    assert!(migrations::unfinished_restore(&mut db).await.unwrap().is_some());
    pool::close(db).await;
    blocking.execute("UNLOCK TABLES").await.unwrap();
    eventually("its statement ends", async || connections_to(target.name(), &mut looking).await.unwrap().is_empty())
        .await;
    restore(&file, &target, &folder).await.unwrap();
    assert_eq!(content(&target).await.0, content(&source).await.0);
}

/// A restore that was killed before it has said what it restores has left an empty table.
#[tokio::test]
async fn an_empty_table_of_holds_is_no_data() {
    let folder = Scratch::new("backup-no-hold");
    let (source, target) = (Database::create().await, Database::create().await);
    sql(&source, "CREATE TABLE a (a int)").await;
    let file = dump(&source, &folder).await.unwrap();
    let mut db = pool::connect(target.options()).await.unwrap();
    migrations::create_holds(&mut db).await.unwrap();
    pool::close(db).await;
    restore(&file, &target, &folder).await.unwrap();
    assert_eq!(content(&target).await.0, content(&source).await.0);
}
