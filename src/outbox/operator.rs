//! Retries of failed or unknown entries by an operator.

use chrono::NaiveDateTime;
use sqlx::{Connection, MySqlConnection};

use super::kind::Kind;
use super::mail::delivery::MailDelivery;
use super::modules::ModuleCommands;
use crate::store::system::outbox::{self, RetryCandidate};

/// The result of a request to retry an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryResult {
    /// The entry is due again.
    Scheduled,
    /// No entry with this id has failed or has an unknown outcome.
    NotGivenUp,
    /// Its payload contained secrets and was not kept.
    WithoutSecrets,
    /// A later entry about the same subject supersedes it.
    Superseded,
    /// This version does not know the entry's kind.
    UnknownKind,
}

/// Makes a failed or unknown entry due again, with its attempts reset.
pub async fn retry(db: &mut MySqlConnection, id: i64, now: NaiveDateTime) -> sqlx::Result<RetryResult> {
    let Some(entry) = outbox::find_retry_candidate(db, id).await? else { return Ok(RetryResult::NotGivenUp) };
    match &*entry.kind {
        MailDelivery::NAME => reopen::<MailDelivery>(db, id, &entry, now).await,
        ModuleCommands::NAME => reopen::<ModuleCommands>(db, id, &entry, now).await,
        _ => Ok(RetryResult::UnknownKind),
    }
}

async fn reopen<K: Kind>(
    db: &mut MySqlConnection,
    id: i64,
    entry: &RetryCandidate,
    now: NaiveDateTime,
) -> sqlx::Result<RetryResult> {
    if K::SUPERSEDES && entry.has_successor {
        return Ok(RetryResult::Superseded);
    }
    if !entry.has_payload {
        return Ok(RetryResult::WithoutSecrets);
    }
    let mut transaction = db.begin().await?;
    let record_id = K::reopen(&mut transaction, entry.record_id, now).await?;
    if !outbox::retry(&mut transaction, id, record_id, now).await? {
        transaction.rollback().await?;
        return Ok(RetryResult::NotGivenUp);
    }
    transaction.commit().await?;
    Ok(RetryResult::Scheduled)
}
