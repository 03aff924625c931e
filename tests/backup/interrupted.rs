//! Backups that do not end as they should: told to stop, killed, or without room.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use sqlx::{Connection as _, Executor, MySqlConnection};
use whmcs_api::database::pool;

use super::sql;
use crate::server::process::{kill, stderr, whmcs_api};
use crate::support::{Connection, Database, Scratch, connections_to, eventually, eventually_blocking};

/// The arguments of a backup to the file `x/backup` in the folder.
fn arguments(database: &Database, folder: &Path) -> [String; 6] {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let [backup, url, data_dir] = ["backup", "--database-url", "--data-dir"].map(str::to_owned);
    [backup, path("x/backup"), url, database.url(), data_dir, path("data")]
}

fn start(database: &Database, folder: &Path) -> Child {
    let arguments = arguments(database, folder);
    let mut command = whmcs_api(&arguments.each_ref().map(|argument| &**argument));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("x")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A backup that waits for a lock, until the connection is closed.
async fn waiting(database: &Database, folder: &Path) -> (Child, MySqlConnection) {
    let mut lock = MySqlConnection::connect_with(&database.options()).await.unwrap();
    lock.execute("LOCK TABLES a WRITE").await.unwrap();
    let child = start(database, folder);
    eventually("the backup waits for the lock", async || {
        let connections = connections_to(database.name(), &mut lock).await.unwrap();
        // The connection of an earlier backup may still wait.
        connections.iter().any(Connection::waits_for_a_table) && folder.join("x/backup.unfinished").exists()
    })
    .await;
    (child, lock)
}

async fn setting(name: &str) -> (Scratch, Database) {
    let (folder, database) = (Scratch::new(name), Database::create().await);
    fs::create_dir(folder.join("x")).unwrap();
    sql(&database, "CREATE TABLE a (a int, b text); INSERT INTO a VALUES (1, 'x')").await;
    (folder, database)
}

#[tokio::test]
async fn a_backup_that_is_told_to_stop_leaves_no_file() {
    let (folder, database) = setting("backup-signals").await;
    for signal in ["INT", "TERM"] {
        let (child, lock) = waiting(&database, &folder).await;
        kill(signal, child.id());
        let output = child.wait_with_output().unwrap();
        assert!(!output.status.success() && stderr(&output).contains("interrupted"), "{}", stderr(&output));
        assert_eq!(files(&folder), [""; 0]);
        pool::close(lock).await;
    }
}

#[tokio::test]
async fn a_backup_that_is_told_to_stop_while_it_copies_attachments_leaves_no_file() {
    let (folder, database) = setting("backup-stopped").await;
    fs::create_dir_all(folder.join("data/attachments")).unwrap();
    File::create(folder.join("data/attachments/large")).unwrap().set_len(1 << 40).unwrap();
    let child = start(&database, &folder);
    let unfinished = folder.join("x/backup.unfinished");
    eventually_blocking("it copies", || fs::metadata(&unfinished).is_ok_and(|file| file.len() > 200_000));
    kill("TERM", child.id());
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success() && stderr(&output).contains("interrupted"), "{}", stderr(&output));
    assert_eq!(files(&folder), [""; 0]);
}

/// What a killed program has left is replaced, and what a running one writes is not.
#[tokio::test]
async fn what_a_killed_backup_has_left_is_in_nobodys_way() {
    let (folder, database) = setting("backup-left").await;
    let (mut child, lock) = waiting(&database, &folder).await;
    let other = start(&database, &folder).wait_with_output().unwrap();
    assert!(!other.status.success());
    assert!(stderr(&other).contains("another backup is being written to"), "{}", stderr(&other));
    assert_eq!(files(&folder), ["backup.unfinished"]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(files(&folder), ["backup.unfinished"]);
    pool::close(lock).await;
    let later = start(&database, &folder).wait_with_output().unwrap();
    assert!(later.status.success(), "{}", stderr(&later));
    assert_eq!(files(&folder), ["backup"]);
}

#[tokio::test]
async fn a_full_disk_is_an_error_that_names_the_file() {
    let (folder, database) = setting("backup-full").await;
    sql(&database, "INSERT INTO a SELECT 1, SHA2(column_name, 512) FROM information_schema.columns LIMIT 500").await;
    // Files of this program may have 4 KiB.
    let limited = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
    let program = whmcs_api(&[]).get_program().to_owned();
    let mut command = Command::new("sh");
    command.args(["-c", limited]).arg(program).args(arguments(&database, &folder)).env_clear();
    let output = command.output().unwrap();
    let told = stderr(&output);
    assert!(!output.status.success());
    assert!(told.contains("backup.unfinished: File too large") && !told.contains("database:"), "{told}");
    assert_eq!(files(&folder), [""; 0]);
}
