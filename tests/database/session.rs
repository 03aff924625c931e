use sqlx::AssertSqlSafe;
use whmcs_api::database::hosts::Hosts;
use whmcs_api::database::lease::Lease;
use whmcs_api::database::migrations;
use whmcs_api::database::pool::{self, Commits};
use whmcs_api::database::writer::Subject;

use crate::support::Database;

/// The session settings do not depend on the configuration of the server.
#[tokio::test]
async fn connections_have_settings_of_their_own() {
    let database = Database::create().await;
    migrations::run(database.options()).await.unwrap();
    let hosts = Hosts::open(vec![database.options()], 1).await.unwrap();
    let mut single = pool::connect(database.options()).await.unwrap();
    let isolation: (String, String) =
        sqlx::query_as("SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')")
            .fetch_one(&mut *hosts.acquire().await.unwrap().connection)
            .await
            .unwrap();
    assert_eq!(isolation.1, "READ-COMMITTED");
    for (variable, value) in [
        ("sql_mode", "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"),
        ("time_zone", "+00:00"),
        ("innodb_lock_wait_timeout", "4"),
        ("group_concat_max_len", "1073741824"),
        ("character_set_client", "utf8mb4"),
        ("character_set_results", "utf8mb4"),
        ("collation_connection", "utf8mb4_unicode_ci"),
    ] {
        let show = || sqlx::query_scalar(AssertSqlSafe(format!("SELECT CAST(@@SESSION.{variable} AS CHAR)")));
        let pooled: String = show().fetch_one(&mut *hosts.acquire().await.unwrap().connection).await.unwrap();
        let alone: String = show().fetch_one(&mut single).await.unwrap();
        assert_eq!((pooled.as_str(), alone.as_str()), (value, value), "{variable}");
    }
}

/// An invalid date is stored even if the server forbids it by default; a value that does not fit its column is not.
#[tokio::test]
async fn strictness_is_ours() {
    let database = Database::create().await;
    migrations::run(database.options()).await.unwrap();
    let mut connection = pool::connect(database.options()).await.unwrap();
    for (date, amount, is_taken) in [
        ("0000-00-00", "1", true),
        ("2024-00-00", "1", true),
        ("2024-02-31", "1", false),
        ("0000-00-00", "999999999999999", false),
        ("0000-00-00", "'12abc'", false),
        ("0000-00-00", "1 / 0", false),
    ] {
        let insert =
            format!("INSERT INTO tblcredit (clientid, date, description, amount) VALUES (1, '{date}', '', {amount})");
        let outcome = sqlx::query(AssertSqlSafe(insert.clone())).execute(&mut connection).await;
        assert_eq!(outcome.is_ok(), is_taken, "{insert}: {outcome:?}");
    }
}

/// The driver does not know of transactions that the database began by itself, so the pool has to.
#[tokio::test]
async fn what_was_not_committed_is_rolled_back_before_the_connection_is_used_again() {
    let database = Database::create().await;
    migrations::run(database.options()).await.unwrap();
    let hosts = Hosts::open(vec![database.options()], 1).await.unwrap();
    let mut other = pool::connect(database.options()).await.unwrap();
    let insert = |text: &'static str| {
        sqlx::query("INSERT INTO tblcredit (clientid, date, description, amount) VALUES (1, '2026-01-01', ?, 1)")
            .bind(text)
    };
    let mut ids = Vec::new();
    for (text, commits, is_committed) in [
        ("lost", Commits::OnRequest, false),
        ("each", Commits::EachStatement, false),
        ("committed", Commits::OnRequest, true),
        ("lost, too", Commits::OnRequest, false),
        ("each again", Commits::EachStatement, false),
    ] {
        let mut connection = hosts.acquire_for(commits).await.unwrap().connection;
        ids.push(
            sqlx::query_scalar::<_, i64>("SELECT CAST(CONNECTION_ID() AS SIGNED)")
                .fetch_one(&mut *connection)
                .await
                .unwrap(),
        );
        insert(text).execute(&mut *connection).await.unwrap();
        if is_committed {
            connection.commit().await.unwrap();
        }
        connection.release_clean();
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "it was always the same connection");
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT description FROM tblcredit ORDER BY id").fetch_all(&mut other).await.unwrap();
    assert_eq!(rows, ["each", "committed", "each again"]);
}

/// A lock on a row protects nothing on other nodes of a cluster, and nothing shows that it was lost.
#[tokio::test]
async fn no_row_is_locked_before_a_subject_nor_outside_a_transaction() {
    let database = Database::create().await;
    migrations::run(database.options()).await.unwrap();
    let hosts = Hosts::open(vec![database.options()], 2).await.unwrap();
    let subject = Subject::Promotions;
    let mut reading = Lease::acquire(&hosts).await.unwrap();
    assert!(reading.lock(subject).await.is_err() && reading.locked().is_err() && reading.proof().is_none());
    let mut writing = Lease::acquire_to_write(&hosts).await.unwrap();
    assert!(writing.locked().is_err());
    writing.lock(subject).await.unwrap();
    let first = writing.proof().unwrap().nonce;
    assert!(writing.locked().is_ok());
    writing.lock(Subject::Staff).await.unwrap();
    assert_eq!(writing.proof().unwrap().nonce, first, "the first lock is the proof");
    writing.roll_back().await.unwrap();
    assert!(writing.locked().is_err());
    writing.lock(subject).await.unwrap();
    assert_ne!(writing.proof().unwrap().nonce, first, "each transaction has a nonce of its own");
}

/// Connections that commit on request and those that do not are kept apart, as long as there may be both.
#[tokio::test]
async fn a_setting_is_changed_only_where_no_further_connection_is_allowed() {
    let database = Database::create().await;
    migrations::run(database.options()).await.unwrap();
    for (limit, opened) in [(1, 1), (2, 2), (10, 2)] {
        let hosts = Hosts::open(vec![database.options()], limit).await.unwrap();
        for _ in 0..3 {
            for commits in [Commits::EachStatement, Commits::OnRequest] {
                let mut connection = hosts.acquire_for(commits).await.unwrap().connection;
                let autocommit: i64 = sqlx::query_scalar("SELECT CAST(@@autocommit AS SIGNED)")
                    .fetch_one(&mut *connection)
                    .await
                    .unwrap();
                assert_eq!(autocommit == 1, commits == Commits::EachStatement);
                connection.roll_back().await.unwrap();
                connection.release_clean();
            }
        }
        assert_eq!(hosts.current().idle(), opened, "of {limit}");
    }
}
