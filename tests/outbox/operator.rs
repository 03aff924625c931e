//! An operator's decisions about entries that were given up.

use sqlx::{Connection, MySqlConnection};
use whmcs_api::domain::time::parse_date_time;
use whmcs_api::outbox::operator::{GiveUpResult, HeldEntries, ReleaseResult, RetryResult, give_up, release, retry};

use crate::support::{NOW, TestApi};

#[tokio::test]
async fn what_was_given_up_is_retried_unless_something_speaks_against_it() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblemails (id, userid, failed, failure_reason, retry_count) VALUES (1, 1, 1, 'No', 3), (2, 1, 1, 'x', 0); \
         INSERT INTO tblmodulequeue (id, service_type, service_id, completed) VALUES (8, 'service', 3, 0); \
         INSERT INTO mod_whmcs_api_outbox_entries \
           (id, kind, subject, subject_id, record_id, payload, state, attempts, last_error, due_at, created_at) VALUES \
           (1, 'mail', 'client', 1, 1, '{}', 'failed', 4, 'No', '2026-01-01', '2026-01-01'), \
           (2, 'mail', 'client', 1, 2, '{}', 'unknown', 1, 'x', '2026-01-01', '2026-01-01'), \
           (3, 'mail', 'client', 1, 3, '{}', 'pending', 1, 'x', '2026-01-01', '2026-01-01'), \
           (4, 'module', 'service', 3, 8, '{}', 'failed', 5, 'x', '2026-01-01', '2026-01-01'), \
           (5, 'module', 'service', 4, 0, '', 'failed', 5, 'x', '2026-01-01', '2026-01-01'), \
           (6, 'module', 'service', 5, 0, '{}', 'failed', 5, 'x', '2026-01-01', '2026-01-01'), \
           (7, 'module', 'service', 5, 0, '', 'done', 1, '', '2026-01-01', '2026-01-01'), \
           (8, 'telegram', '', 0, 0, '{}', 'failed', 1, 'x', '2026-01-01', '2026-01-01'), \
           (10, 'notification', '', 0, 0, '{}', 'failed', 1, 'x', '2026-01-01', '2026-01-01')",
    )
    .await;
    let mut db = MySqlConnection::connect_with(&api.database.options()).await.unwrap();
    let now = parse_date_time(NOW).unwrap();
    for (id, told) in [
        (1, RetryResult::Scheduled),
        (2, RetryResult::Scheduled),
        (1, RetryResult::NotGivenUp),
        (3, RetryResult::NotGivenUp),
        (4, RetryResult::Scheduled),
        (5, RetryResult::WithoutSecrets),
        (6, RetryResult::Superseded),
        (7, RetryResult::NotGivenUp),
        (8, RetryResult::UnknownKind),
        (9, RetryResult::NotGivenUp),
        (10, RetryResult::Scheduled),
    ] {
        assert_eq!(retry(&mut db, id, now).await.unwrap(), told, "{id}");
    }
    let rows = api
        .rows(
            "id, state, attempts, record_id, last_error",
            "mod_whmcs_api_outbox_entries WHERE due_at = '2026-11-20 12:30:00'",
        )
        .await;
    assert_eq!(
        rows,
        ["1 | pending | 0 | 1 | ", "2 | pending | 0 | 2 | ", "4 | pending | 0 | 0 | ", "10 | pending | 0 | 0 | "]
    );
    assert_eq!(api.rows("failed, failure_reason, retry_count", "tblemails").await, ["0 |  | 0", "0 |  | 0"]);
    assert_eq!(api.rows("completed", "tblmodulequeue").await, ["1"], "another failure adds a new row");
}

/// What may have moved money or a domain is not given up: somebody has to find out.
#[tokio::test]
async fn what_is_given_up_is_not_attempted_any_more() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblemails (id, userid, failed, failure_reason, retry_count) VALUES (1, 1, 0, '', 0), (2, 1, 1, 'No', 3); \
         INSERT INTO mod_whmcs_api_charges (id, kind, client_id, gateway, state, open_subject, created_at, updated_at) \
           VALUES (7, 'capture', 1, 'x', 'open', 'invoice:1', '2026-01-01', '2026-01-01'); \
         INSERT INTO mod_whmcs_api_outbox_entries \
           (id, kind, record_id, payload, state, is_unanswered, last_error, due_at, created_at) VALUES \
           (1, 'mail', 1, '{}', 'pending', 0, '', '2026-01-01', '2026-01-01'), \
           (2, 'mail', 2, '{}', 'failed', 0, 'No', '2026-01-01', '2026-01-01'), \
           (3, 'mail', 0, '{}', 'unknown', 0, 'x', '2026-01-01', '2026-01-01'), \
           (4, 'module', 0, '{}', 'running', 0, '', '2026-01-01', '2026-01-01'), \
           (5, 'registrar', 0, '{}', 'pending', 0, '', '2026-01-01', '2026-01-01'), \
           (6, 'registrar', 0, '{}', 'pending', 1, 'x', '2026-01-01', '2026-01-01'), \
           (7, 'gateway', 7, '{}', 'pending', 0, '', '2026-01-01', '2026-01-01'), \
           (8, 'gateway', 0, '{}', 'unknown', 0, 'x', '2026-01-01', '2026-01-01'), \
           (9, 'gateway', 0, '{}', 'failed', 0, 'x', '2026-01-01', '2026-01-01'), \
           (10, 'webhook', 0, '{}', 'pending', 1, 'x', '2026-01-01', '2026-01-01'), \
           (11, 'module', 0, '', 'done', 0, '', '2026-01-01', '2026-01-01'), \
           (12, 'later kind', 0, '{}', 'pending', 0, '', '2026-01-01', '2026-01-01')",
    )
    .await;
    let mut db = MySqlConnection::connect_with(&api.database.options()).await.unwrap();
    let now = parse_date_time(NOW).unwrap();
    for (id, told) in [
        (1, GiveUpResult::GivenUp),
        (1, GiveUpResult::NotOpen),
        (2, GiveUpResult::GivenUp),
        (3, GiveUpResult::GivenUp),
        (4, GiveUpResult::Running),
        (5, GiveUpResult::GivenUp),
        (6, GiveUpResult::MayHaveHappened),
        (7, GiveUpResult::GivenUp),
        (8, GiveUpResult::MayHaveHappened),
        (9, GiveUpResult::GivenUp),
        (10, GiveUpResult::GivenUp),
        (11, GiveUpResult::NotOpen),
        (12, GiveUpResult::GivenUp),
        (13, GiveUpResult::NotOpen),
    ] {
        assert_eq!(give_up(&mut db, id, now).await.unwrap(), told, "{id}");
        let is_ended = ["superseded |  | Given up by an operator"];
        let row =
            api.rows("state, payload, last_error", &format!("mod_whmcs_api_outbox_entries WHERE id = {id}")).await;
        assert_eq!(row == is_ended, told == GiveUpResult::GivenUp || id == 1, "{id}: {row:?}");
    }
    let mails = api.rows("failed, failure_reason", "tblemails ORDER BY id").await;
    assert_eq!(mails, ["1 | Given up by an operator", "1 | No"]);
    let charge = api.rows("state, COALESCE(open_subject, 'none')", "mod_whmcs_api_charges").await;
    assert_eq!(charge, ["superseded | none"], "another charge can be made");
}

/// Entries 1 to 5 are from the backup, 6 was added after the restore.
#[tokio::test]
async fn a_release_sends_or_drops_what_the_backup_contains() {
    let nothing = ["1 | pending", "2 | running", "3 | pending", "4 | failed", "5 | done", "6 | pending"];
    let second = ["1 | pending", "2 | superseded", "3 | pending", "4 | failed", "5 | done", "6 | pending"];
    let all = ["1 | superseded", "2 | superseded", "3 | superseded", "4 | failed", "5 | done", "6 | pending"];
    let released = |dropped| ReleaseResult::Released { dropped };
    for (entries, result, states, older) in [
        (HeldEntries::Send, released(0), nothing, ["1", "1"]),
        (HeldEntries::DropOnly(vec![2]), released(1), second, ["1", "1"]),
        (HeldEntries::DropOnly(vec![2, 6]), ReleaseResult::NotPending(6), nothing, ["1", "1"]),
        (HeldEntries::DropOnly(vec![4]), ReleaseResult::NotPending(4), nothing, ["1", "1"]),
        (HeldEntries::Drop, released(3), all, ["0", "0"]),
    ] {
        let api = TestApi::new().await;
        api.sql(
            "INSERT INTO tblemails (id, userid) VALUES (1, 1), (9, 1); \
             INSERT INTO mod_whmcs_api_outbox_entries \
               (id, kind, record_id, payload, state, due_at, last_error, created_at) VALUES \
               (1, 'mail', 1, '{}', 'pending', '2026-01-01', '', '2026-01-01'), \
               (2, 'module', 0, '{}', 'running', '2026-01-01', '', '2026-01-01'), \
               (3, 'later kind', 0, '{}', 'pending', '2026-01-01', '', '2026-01-01'), \
               (4, 'mail', 0, '{}', 'failed', '2026-01-01', 'x', '2026-01-01'), \
               (5, 'module', 0, '{}', 'done', '2026-01-01', '', '2026-01-01'), \
               (6, 'mail', 9, '{}', 'pending', '2026-01-01', '', '2026-01-01'); \
             INSERT INTO mod_whmcs_api_outbox (email_id, due_at) VALUES (1, '2026-01-01'); \
             INSERT INTO mod_whmcs_api_module_calls (id, module, due_at) VALUES (1, 'x', '2026-01-01'); \
             INSERT INTO mod_whmcs_api_holds (name, reason, last_entry, created_at) VALUES ('outbox', 'x', 5, '2026-01-01')",
        )
        .await;
        let mut db = MySqlConnection::connect_with(&api.database.options()).await.unwrap();
        let now = parse_date_time(NOW).unwrap();
        assert_eq!(release(&mut db, &entries, now).await.unwrap(), result, "{entries:?}");
        assert_eq!(api.rows("id, state", "mod_whmcs_api_outbox_entries ORDER BY id").await, states, "{entries:?}");
        let count = async |rest: &str| api.rows("COUNT(*)", rest).await.remove(0);
        let left = [count("mod_whmcs_api_outbox").await, count("mod_whmcs_api_module_calls WHERE outcome = ''").await];
        assert_eq!(left, older, "{entries:?}");
        let is_released = matches!(result, ReleaseResult::Released { .. });
        assert_eq!(count("mod_whmcs_api_holds").await, if is_released { "0" } else { "1" }, "{entries:?}");
        let mails = api.rows("failed, failure_reason", "tblemails ORDER BY id").await;
        let dropped = if entries == HeldEntries::Drop { "1 | Dropped by an operator after a restore" } else { "0 | " };
        assert_eq!(mails, [dropped, "0 | "], "{entries:?}");
        if is_released {
            assert_eq!(release(&mut db, &entries, now).await.unwrap(), ReleaseResult::NotHeld);
        }
    }
}
