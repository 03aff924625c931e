//! Accounts that may not see or create everything.

use super::{content, dump_as, restore, restore_as, sql};
use crate::support::{Database, Scratch, User};

const NEEDED: [&str; 6] = ["SELECT", "SHOW VIEW", "TRIGGER", "EVENT", "EXECUTE", "LOCK TABLES"];

/// What an account may not see would be missing.
#[tokio::test]
async fn a_backup_is_refused_unless_the_account_sees_everything() {
    let folder = Scratch::new("backup-rights");
    let user = User::create(Database::create().await).await;
    sql(
        &user.database,
        "CREATE TABLE seen (a int) ENGINE=MyISAM; INSERT INTO seen VALUES (1); CREATE TABLE hidden (a int); \
         CREATE VIEW v AS SELECT a FROM hidden; CREATE TRIGGER t BEFORE INSERT ON hidden FOR EACH ROW SET NEW.a = 1; \
         CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM hidden",
    )
    .await;
    let file = folder.join("file");
    let refused = async |told: &str| {
        let error = format!("{:#}", dump_as(user.options(), &file, &folder).await.unwrap_err());
        assert!(error.contains(told), "{told}: {error}");
        assert!(!file.exists());
        error
    };
    user.as_owner("GRANT SELECT, SHOW VIEW, TRIGGER ON {database}.seen TO {user}").await;
    refused("this account does not have SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE").await;
    for missing in NEEDED {
        let others: Vec<&str> = NEEDED.into_iter().filter(|right| *right != missing).collect();
        user.as_owner(&format!("GRANT {} ON {{database}}.* TO {{user}}", others.join(", "))).await;
        let error = refused(&format!("this account does not have {missing} on the whole database")).await;
        user.as_owner("REVOKE ALL PRIVILEGES, GRANT OPTION FROM {user}").await;
        if missing == "LOCK TABLES" {
            // The remedy is told.
            user.as_owner(error.split("\n  ").nth(1).unwrap()).await;
        }
    }
    dump_as(user.options(), &file, &folder).await.unwrap();
    let target = Database::create().await;
    restore(&file, &target, &folder).await.unwrap();
    let (expected, found) = (content(&user.database).await, content(&target).await);
    assert_eq!(found, expected);

    std::fs::remove_file(&file).unwrap();
    sql(&user.database, "CREATE FUNCTION f () RETURNS int DETERMINISTIC RETURN 1").await;
    refused("reading the function f: this account may not read its definition").await;
}

#[tokio::test]
async fn a_restore_is_refused_without_the_rights_for_all_of_it() {
    let folder = Scratch::new("restore-rights");
    let (source, user) = (Database::create().await, User::create(Database::create().await).await);
    let file = folder.join("file");
    sql(&source, "CREATE TABLE a (a int)").await;
    dump_as(source.options(), &file, &folder).await.unwrap();
    user.as_owner("GRANT SELECT, INSERT, CREATE ON {database}.* TO {user}").await;
    let error = format!("{:#}", restore_as(user.options(), &file, &folder).await.err().unwrap());
    assert!(error.contains("does not have UPDATE, DELETE, DROP, ALTER, "), "{error}");
    assert!(super::is_empty(&user.database).await);
    user.as_owner(error.split("\n  ").nth(1).unwrap()).await;
    restore_as(user.options(), &file, &folder).await.unwrap();
    assert_eq!(content(&user.database).await.0, content(&source).await.0);
}
