//! What operators do with the outbox: they retry failed or unknown entries, say what became of unknown ones, and release a
//! held outbox.

use chrono::NaiveDateTime;
use sqlx::{Connection, MySqlConnection};

use super::gateways::GatewayCommands;
use super::kind::{EntryState, Kind};
use super::mail::delivery::MailDelivery;
use super::modules::ModuleCommands;
use super::registrars::{RegistrarCommands, resolution};
use crate::config::Compat;
use crate::domain::time::Moment;
use crate::fault::Result;
use crate::store::system::holds::{self, OutboxHold};
use crate::store::system::older_outboxes;
use crate::store::system::outbox::{self, EntryUpdate, PendingEntry, RetryCandidate};

/// Commands to gateways, for what needs no books.
type NoCharges = GatewayCommands<()>;

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

/// Makes a failed or unknown entry due again, with its attempts reset. Of an irreversible kind, an unknown one is looked up
/// before it is attempted again.
pub async fn retry(db: &mut MySqlConnection, id: i64, now: NaiveDateTime) -> sqlx::Result<RetryResult> {
    let Some(entry) = outbox::find_retry_candidate(db, id).await? else { return Ok(RetryResult::NotGivenUp) };
    match &*entry.kind {
        MailDelivery::NAME => reopen::<MailDelivery>(db, id, &entry, now).await,
        ModuleCommands::NAME => reopen::<ModuleCommands>(db, id, &entry, now).await,
        RegistrarCommands::NAME => reopen::<RegistrarCommands>(db, id, &entry, now).await,
        NoCharges::NAME => reopen::<NoCharges>(db, id, &entry, now).await,
        _ => Ok(RetryResult::UnknownKind),
    }
}

async fn reopen<K: Kind>(
    db: &mut MySqlConnection,
    id: i64,
    entry: &RetryCandidate,
    now: NaiveDateTime,
) -> sqlx::Result<RetryResult> {
    let is_looked_up = K::IS_IRREVERSIBLE && entry.is_unknown;
    if K::SUPERSEDES && entry.has_successor && !is_looked_up {
        return Ok(RetryResult::Superseded);
    }
    if !entry.has_payload {
        return Ok(RetryResult::WithoutSecrets);
    }
    let mut transaction = db.begin().await?;
    let record_id = K::reopen(&mut transaction, entry.record_id, now).await?;
    if !outbox::retry(&mut transaction, id, record_id, is_looked_up, now).await? {
        transaction.rollback().await?;
        return Ok(RetryResult::NotGivenUp);
    }
    transaction.commit().await?;
    Ok(RetryResult::Scheduled)
}

/// What an operator has found out about an entry whose outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The side effect has happened.
    Done,
    /// It has not happened.
    NotDone,
}

/// The result of a resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolveResult {
    Resolved,
    /// No entry with this id has an unknown outcome.
    NotUnknown,
    /// Entries of this kind are retried instead, or this version cannot read the entry.
    NotResolvable,
}

/// The reason of entries whose side effect has not happened, for people to read.
const NOT_DONE: &str = "An operator found that it was not done";

/// Records what an operator has found out: a command that was carried out changes its domain as if the registrar had said
/// so, and one that was not has failed, so that it can be retried.
pub async fn resolve(
    db: &mut MySqlConnection,
    id: i64,
    resolution: Resolution,
    compat: &Compat,
    now: Moment,
) -> Result<ResolveResult> {
    let mut transaction = db.begin().await?;
    let Some(entry) = outbox::lock_unknown(&mut transaction, id).await? else { return Ok(ResolveResult::NotUnknown) };
    if entry.kind != RegistrarCommands::NAME {
        return Ok(ResolveResult::NotResolvable);
    }
    let (new_state, payload) = match resolution {
        Resolution::Done => (EntryState::Done, Some(RegistrarCommands::kept_when_ended(&entry.payload))),
        Resolution::NotDone => {
            let has_secrets = RegistrarCommands::has_secrets(&entry.payload);
            (EntryState::Failed(NOT_DONE.to_owned()), has_secrets.then(String::new))
        }
    };
    let resolved = resolution::record(&mut transaction, &entry, &new_state, compat, now).await?;
    let Some(record_id) = resolved else { return Ok(ResolveResult::NotResolvable) };
    let (state, error) = (new_state.name(), new_state.reason());
    let payload = payload.as_deref();
    let update = EntryUpdate { state, is_unanswered: false, error, due_at: now.utc(), record_id, payload };
    if !outbox::resolve(&mut transaction, &entry, &update).await? {
        transaction.rollback().await?;
        return Ok(ResolveResult::NotUnknown);
    }
    transaction.commit().await?;
    Ok(ResolveResult::Resolved)
}

/// What becomes of the entries that were pending when the outbox was held. Later ones are carried out in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldEntries {
    /// They are carried out.
    Send,
    /// None is carried out.
    Drop,
    /// Those with these ids are not carried out, and the others are.
    DropOnly(Vec<i64>),
}

/// What a release did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseResult {
    Released {
        dropped: usize,
    },
    /// The outbox was not held.
    NotHeld,
    /// No entry with this id was pending when the outbox was held; nothing was changed.
    NotPending(i64),
}

/// The reason of dropped entries, for people to read.
const DROPPED: &str = "Dropped by an operator after a restore";

/// Ends the hold of the outbox.
pub async fn release(
    db: &mut MySqlConnection,
    entries: &HeldEntries,
    now: NaiveDateTime,
) -> sqlx::Result<ReleaseResult> {
    let mut transaction = db.begin().await?;
    let Some(OutboxHold { last_entry, .. }) = holds::outbox(&mut transaction).await? else {
        return Ok(ReleaseResult::NotHeld);
    };
    let pending = outbox::pending_until(&mut transaction, last_entry).await?;
    let dropped: Vec<&PendingEntry> = match entries {
        HeldEntries::Send => Vec::new(),
        HeldEntries::Drop => pending.iter().collect(),
        HeldEntries::DropOnly(ids) => {
            if let Some(id) = ids.iter().find(|id| !pending.iter().any(|entry| entry.id == **id)) {
                return Ok(ReleaseResult::NotPending(*id));
            }
            pending.iter().filter(|entry| ids.contains(&entry.id)).collect()
        }
    };
    for entry in &dropped {
        match &*entry.kind {
            MailDelivery::NAME => MailDelivery::give_up(&mut transaction, entry.record_id, DROPPED, now).await?,
            ModuleCommands::NAME => ModuleCommands::give_up(&mut transaction, entry.record_id, DROPPED, now).await?,
            RegistrarCommands::NAME => {
                RegistrarCommands::give_up(&mut transaction, entry.record_id, DROPPED, now).await?;
            }
            NoCharges::NAME => NoCharges::give_up(&mut transaction, entry.record_id, DROPPED, now).await?,
            _ => {}
        }
        outbox::drop_pending(&mut transaction, entry.id, DROPPED).await?;
    }
    if *entries == HeldEntries::Drop {
        older_outboxes::drop_all(&mut transaction).await?;
    }
    holds::release_outbox(&mut transaction).await?;
    transaction.commit().await?;
    Ok(ReleaseResult::Released { dropped: dropped.len() })
}
