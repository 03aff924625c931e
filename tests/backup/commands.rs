//! The commands as an operator uses them, with the embedded database.

use std::fs;
use std::process::Output;

use whmcs_api::database::embedded::Embedded;
use whmcs_api::database::{migrations, pool};

use super::{content, sql};
use crate::server::process::{Running, stderr, stdout, whmcs_api};
use crate::support::{Database, Scratch};

fn run(data_dir: &std::path::Path, arguments: &[&str]) -> Output {
    let mut command = whmcs_api(arguments);
    command.args(["--data-dir", data_dir.to_str().unwrap()]).output().unwrap()
}

#[track_caller]
fn succeeds(data_dir: &std::path::Path, arguments: &[&str]) -> String {
    let output = run(data_dir, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

#[track_caller]
fn fails(data_dir: &std::path::Path, arguments: &[&str], told: &str) {
    let output = run(data_dir, arguments);
    assert!(!output.status.success(), "{arguments:?}: {}", stdout(&output));
    assert!(stderr(&output).contains(told), "{arguments:?}: {}", stderr(&output));
}

#[test]
fn a_server_is_backed_up_while_it_runs_and_restored_elsewhere() {
    let folder = Scratch::new("backup-commands");
    let (from, to, file) = (folder.join("from"), folder.join("to"), folder.join("backup"));
    let file = file.to_str().unwrap();
    fails(&from, &["backup", file], "there is no embedded database");
    fails(&from, &["audit"], "there is no embedded database");
    assert!(!from.exists(), "commands that read create nothing");

    let listen = ["serve", "--listen", "127.0.0.1:0", "--data-dir"];
    let serve =
        |data_dir: &std::path::Path| Running::start(whmcs_api(&[&listen[..], &[data_dir.to_str().unwrap()]].concat()));
    let mut server = serve(&from);
    fails(&from, &["audit"], "is this the right database?");
    assert!(succeeds(&from, &["audit", "--allow-empty"]).contains("Looked at 0 clients"));
    succeeds(&from, &["seed", "--clients", "3"]);
    fs::create_dir(from.join("attachments")).unwrap();
    fs::write(from.join("attachments/1_a.txt"), "hello").unwrap();
    let printed = succeeds(&from, &["backup", file]);
    assert!(printed.contains("3 clients") && printed.contains("1 attachments"), "{printed}");
    fails(&from, &["backup", file], "exists");
    fails(&from, &["restore", file], "another whmcs-api is using the embedded database");
    server.stop();
    fails(&from, &["restore", file], "the database has data already");

    assert!(succeeds(&to, &["restore", "--check", file]).contains("3 clients"));
    assert!(!to.exists(), "--check writes nothing");
    fs::write(folder.join("cut"), &fs::read(file).unwrap()[..5000]).unwrap();
    fails(&to, &["restore", folder.join("cut").to_str().unwrap()], "is not a complete backup, nothing was written");
    assert!(!to.exists(), "a damaged file changes nothing");

    let printed = succeeds(&to, &["restore", file]);
    assert!(printed.contains("3 clients") && printed.contains("The outbox is held"), "{printed}");
    assert_eq!(fs::read_to_string(to.join("attachments/1_a.txt")).unwrap(), "hello");
    assert!(succeeds(&to, &["audit"]).contains("The books are in order"));
    assert!(succeeds(&to, &["outbox", "list"]).contains("The outbox is held (restored from the backup of "));
    let mut server = serve(&to);
    crate::server::process::eventually("it is logged", || server.says().contains("the outbox is held"));
    fails(&to, &["outbox", "release"], "--send");
    succeeds(&to, &["outbox", "release", "--drop"]);
    fails(&to, &["outbox", "release", "--send"], "the outbox is not held");
    assert!(!succeeds(&to, &["outbox", "list"]).contains("held"));
    server.stop();
}

/// Such as a WHMCS's, to which nothing was added.
#[tokio::test]
async fn a_database_without_our_tables_is_read_as_it_is() {
    let folder = Scratch::new("backup-foreign");
    let (source, target) = (Database::create().await, Database::create().await);
    migrations::run(source.options()).await.unwrap();
    let tables = content(&source).await.0.into_iter().map(|(name, ..)| name);
    let ours: Vec<String> = tables.filter(|name| name.starts_with("mod_whmcs_api_")).collect();
    let foreign = "CREATE EVENT by_itself ON SCHEDULE EVERY 1 DAY DO DELETE FROM tblclients; \
                   CREATE EVENT never ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM tblclients";
    sql(&source, &format!("DROP TABLE {}, {}; {foreign}", migrations::HOLDS, ours.join(", "))).await;
    let before = content(&source).await;
    let file = folder.join("backup").to_str().unwrap().to_owned();
    let audited = succeeds(&folder, &["audit", "--allow-empty", "--database-url", &source.url()]);
    assert!(audited.contains("Looked at 0 clients"), "{audited}");
    let printed = succeeds(&folder, &["backup", &file, "--database-url", &source.url()]);
    assert!(printed.contains("There is no folder of attachments"), "{printed}");
    assert_eq!(content(&source).await, before);
    let printed = succeeds(&folder, &["restore", &file, "--database-url", &target.url()]);
    assert!(printed.contains("`ALTER EVENT … ENABLE` enables one: by_itself.\n"), "{printed}");
    assert_eq!(content(&target).await.0, before.0);
}

#[tokio::test]
async fn a_backup_without_the_attachments_that_tickets_have_is_refused_unless_it_is_wanted() {
    let folder = Scratch::new("backup-no-attachments");
    let database = Database::create().await;
    migrations::run(database.options()).await.unwrap();
    sql(&database, "INSERT INTO tblticketreplies (attachment) VALUES ('1_a.txt')").await;
    let (file, url) = (folder.join("backup"), database.url());
    let arguments = ["backup", file.to_str().unwrap(), "--database-url", &url];
    fs::create_dir(folder.join("attachments")).unwrap();
    fails(&folder, &arguments, "tickets have attachments, but there are none in");
    assert!(!file.exists());
    succeeds(&folder, &[&arguments[..], &["--without-attachments"]].concat());
    assert!(file.exists());
}

/// An embedded database of an older version, in which a table of this one is missing.
#[tokio::test]
async fn an_older_embedded_database_is_read_as_it_is() {
    let folder = Scratch::new("backup-older");
    let directory = folder.join("database");
    let embedded = Embedded::start(&directory).await.unwrap();
    pool::create_database(embedded.options(), "whmcs", false).await.unwrap();
    let options = embedded.options().database("whmcs");
    migrations::run(options.clone()).await.unwrap();
    let mut db = pool::connect(options).await.unwrap();
    let older = "DROP TABLE mod_whmcs_api_holds; DELETE FROM mod_whmcs_api_migrations WHERE version = 8";
    sqlx::raw_sql(older).execute(&mut db).await.unwrap();
    pool::close(db).await;
    embedded.stop().await.unwrap();

    succeeds(&folder, &["audit", "--allow-empty"]);
    let file = folder.join("backup").to_str().unwrap().to_owned();
    succeeds(&folder, &["backup", &file]);
    let embedded = Embedded::start(&directory).await.unwrap();
    let mut db = pool::connect(embedded.options().database("whmcs")).await.unwrap();
    let missing = migrations::Plan::read(&mut db).await.unwrap().names();
    assert_eq!(missing, ["0008_holds.sql"]);
    pool::close(db).await;
    embedded.stop().await.unwrap();

    let newer = folder.join("newer");
    succeeds(&newer, &["restore", &file]);
    assert!(succeeds(&newer, &["outbox", "list"]).contains("The outbox is held"));
}
