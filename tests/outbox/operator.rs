//! An operator's decisions about entries that were given up.

use sqlx::{Connection, MySqlConnection};
use whmcs_api::domain::time::parse_date_time;
use whmcs_api::outbox::operator::{RetryResult, retry};

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
           (8, 'webhook', '', 0, 0, '{}', 'failed', 1, 'x', '2026-01-01', '2026-01-01')",
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
    ] {
        assert_eq!(retry(&mut db, id, now).await.unwrap(), told, "{id}");
    }
    let rows = api
        .rows(
            "id, state, attempts, record_id, last_error",
            "mod_whmcs_api_outbox_entries WHERE due_at = '2026-11-20 12:30:00'",
        )
        .await;
    assert_eq!(rows, ["1 | pending | 0 | 1 | ", "2 | pending | 0 | 2 | ", "4 | pending | 0 | 0 | "]);
    assert_eq!(api.rows("failed, failure_reason, retry_count", "tblemails").await, ["0 |  | 0", "0 |  | 0"]);
    assert_eq!(api.rows("completed", "tblmodulequeue").await, ["1"], "another failure adds a new row");
}
