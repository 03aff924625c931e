//! What operators do with the outbox: they retry failed or unknown entries, give entries up, say what became of unknown ones, and
//! release a held outbox.

use chrono::NaiveDateTime;
use sqlx::{Connection, MySqlConnection};

use super::gateways::{self, Books, GatewayCommands};
use super::kind::{EntryState, Kind};
use super::mail::delivery::MailDelivery;
use super::modules::ModuleCommands;
use super::notifications::Notifications;
use super::registrars::{RegistrarCommands, resolution};
use super::webhooks::Webhooks;
use crate::config::Compat;
use crate::database::errors::{Retry, retry_policy};
use crate::database::lease::Lease;
use crate::domain::time::Moment;
use crate::fault::{Fault, Result};
use crate::store::system::holds::{self, OutboxHold};
use crate::store::system::older_outboxes;
use crate::store::system::outbox::{self, Entry, EntryUpdate, PendingEntry, RetryCandidate};

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

impl RetryResult {
    /// The result in words, for the operator.
    pub fn explained(self, id: i64) -> String {
        match self {
            RetryResult::Scheduled => format!("entry {id} will be retried"),
            RetryResult::NotGivenUp => {
                format!(
                    "no entry {id} has failed or has an unknown outcome: `whmcs-api outbox list` lists those that have"
                )
            }
            RetryResult::WithoutSecrets => {
                format!(
                    "entry {id} cannot be retried: it contained a password, which was not stored; request the change again"
                )
            }
            RetryResult::Superseded => {
                format!("entry {id} cannot be retried: a later one about the same subject supersedes it")
            }
            RetryResult::UnknownKind => format!("entry {id} has a kind that this version does not know"),
        }
    }
}

/// Makes a failed or unknown entry due again, with its attempts reset. Of an irreversible kind, an unknown one is looked up
/// before it is attempted again.
pub async fn retry(db: &mut MySqlConnection, id: i64, now: NaiveDateTime) -> sqlx::Result<RetryResult> {
    let mut transaction = db.begin().await?;
    let result = retry_within(&mut transaction, id, now).await?;
    match result {
        RetryResult::Scheduled => transaction.commit().await?,
        _ => transaction.rollback().await?,
    }
    Ok(result)
}

/// As [`retry`], as a part of a transaction, which must be rolled back unless the entry is scheduled.
pub async fn retry_within(db: &mut MySqlConnection, id: i64, now: NaiveDateTime) -> sqlx::Result<RetryResult> {
    let Some(entry) = outbox::find_retry_candidate(db, id).await? else { return Ok(RetryResult::NotGivenUp) };
    match &*entry.kind {
        MailDelivery::NAME => reopen::<MailDelivery>(db, id, &entry, now).await,
        ModuleCommands::NAME => reopen::<ModuleCommands>(db, id, &entry, now).await,
        RegistrarCommands::NAME => reopen::<RegistrarCommands>(db, id, &entry, now).await,
        NoCharges::NAME => reopen::<NoCharges>(db, id, &entry, now).await,
        Notifications::NAME => reopen::<Notifications>(db, id, &entry, now).await,
        Webhooks::NAME => reopen::<Webhooks>(db, id, &entry, now).await,
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
    let record_id = K::reopen(db, entry.record_id, now).await?;
    match outbox::retry(db, id, record_id, is_looked_up, now).await? {
        true => Ok(RetryResult::Scheduled),
        false => Ok(RetryResult::NotGivenUp),
    }
}

/// The result of a request to give an entry up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveUpResult {
    /// It is not attempted any more.
    GivenUp,
    /// No entry with this id is pending, has failed or has an unknown outcome.
    NotOpen,
    /// It is being attempted at this moment.
    Running,
    /// It may have been carried out, which can neither be taken back nor forgotten: it is resolved instead.
    MayHaveHappened,
}

impl GiveUpResult {
    /// The result in words, for the operator.
    pub fn explained(self, id: i64) -> String {
        match self {
            GiveUpResult::GivenUp => format!("entry {id} was given up"),
            GiveUpResult::NotOpen => {
                format!(
                    "no entry {id} waits, has failed or has an unknown outcome: `whmcs-api outbox list` lists those that do"
                )
            }
            GiveUpResult::Running => {
                format!("entry {id} is being attempted at this moment: try again when that has ended")
            }
            GiveUpResult::MayHaveHappened => {
                format!(
                    "entry {id} cannot be given up: the registrar or the gateway may have carried it out; look there, and say \
                     what became of it with `whmcs-api outbox resolve {id}`"
                )
            }
        }
    }
}

/// The reason of entries that were given up, for people to read.
const GIVEN_UP: &str = "Given up by an operator";

/// Gives an entry up: it is not attempted any more, and what it was to send is not kept.
pub async fn give_up(db: &mut MySqlConnection, id: i64, now: NaiveDateTime) -> sqlx::Result<GiveUpResult> {
    let mut transaction = db.begin().await?;
    let result = give_up_within(&mut transaction, id, now).await?;
    match result {
        GiveUpResult::GivenUp => transaction.commit().await?,
        _ => transaction.rollback().await?,
    }
    Ok(result)
}

/// As [`give_up`], as a part of a transaction, which must be rolled back unless the entry is given up.
pub async fn give_up_within(db: &mut MySqlConnection, id: i64, now: NaiveDateTime) -> sqlx::Result<GiveUpResult> {
    let Some(entry) = outbox::lock_open(db, id).await? else { return Ok(GiveUpResult::NotOpen) };
    if entry.state == "running" {
        return Ok(GiveUpResult::Running);
    }
    let is_irreversible = matches!(&*entry.kind, RegistrarCommands::NAME | NoCharges::NAME);
    if is_irreversible && (entry.state == "unknown" || entry.is_unanswered) {
        return Ok(GiveUpResult::MayHaveHappened);
    }
    // What has failed says so already.
    if entry.state == "pending" {
        withdraw(db, &entry.kind, entry.record_id, GIVEN_UP, now).await?;
    }
    match outbox::abandon(db, id, GIVEN_UP).await? {
        true => Ok(GiveUpResult::GivenUp),
        false => Ok(GiveUpResult::NotOpen),
    }
}

/// Updates the row in which WHMCS shows an entry that will not be attempted.
async fn withdraw(
    db: &mut MySqlConnection,
    kind: &str,
    record_id: i64,
    reason: &str,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    match kind {
        MailDelivery::NAME => MailDelivery::give_up(db, record_id, reason, now).await,
        ModuleCommands::NAME => ModuleCommands::give_up(db, record_id, reason, now).await,
        RegistrarCommands::NAME => RegistrarCommands::give_up(db, record_id, reason, now).await,
        NoCharges::NAME => NoCharges::give_up(db, record_id, reason, now).await,
        _ => Ok(()),
    }
}

/// What an operator has found out about an entry whose outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// The side effect has happened.
    Done {
        /// The gateway's id of a charge or a refund; otherwise empty.
        transaction: String,
    },
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
    /// A charge or a refund is booked with the gateway's id of it, which is missing.
    NoTransaction,
}

impl ResolveResult {
    /// The result in words, for the operator.
    pub fn explained(self, id: i64) -> String {
        match self {
            ResolveResult::Resolved => format!("entry {id} is resolved"),
            ResolveResult::NotUnknown => {
                format!("no entry {id} has an unknown outcome: `whmcs-api outbox list` lists those that have")
            }
            ResolveResult::NotResolvable => {
                format!(
                    "entry {id} cannot be resolved: only commands to registrars and gateways can, and others can be retried"
                )
            }
            ResolveResult::NoTransaction => {
                format!(
                    "entry {id} moved money: add --transaction-id with the gateway's id of that, by which it is booked"
                )
            }
        }
    }
}

/// Attempts at a resolution that others are in the way of.
const MAX_ATTEMPTS: u32 = 5;
/// The reason of entries whose side effect has not happened, for people to read.
const NOT_DONE: &str = "An operator found that it was not done";

/// Records what an operator has found out: a command that was carried out changes its domain or the books as if the registrar or
/// the gateway had said so, and one that was not has failed, so that it can be retried. The lease must be one to write.
pub async fn resolve(
    lease: &mut Lease,
    id: i64,
    resolution: &Resolution,
    books: &impl Books,
    compat: &Compat,
    now: Moment,
) -> Result<ResolveResult> {
    let mut attempt = 1;
    loop {
        let resolved = match resolve_within(lease, id, resolution, books, compat, now).await {
            Ok(ResolveResult::Resolved) => lease.commit().await.map(|()| ResolveResult::Resolved).map_err(Fault::from),
            other => other,
        };
        match resolved {
            Ok(ResolveResult::Resolved) => return Ok(ResolveResult::Resolved),
            // The gateway may be telling the same at this moment.
            Err(Fault::Database(error)) if attempt < MAX_ATTEMPTS && retry_policy(&error) == Retry::SameConnection => {
                lease.roll_back().await?;
                attempt += 1;
            }
            other => {
                lease.roll_back().await?;
                return other;
            }
        }
    }
}

/// As [`resolve`], as a part of a transaction, which must be rolled back unless the entry is resolved.
pub async fn resolve_within(
    lease: &mut Lease,
    id: i64,
    resolution: &Resolution,
    books: &impl Books,
    compat: &Compat,
    now: Moment,
) -> Result<ResolveResult> {
    let Some(entry) = outbox::lock_unknown(lease, id).await? else { return Ok(ResolveResult::NotUnknown) };
    let (new_state, transaction) = match resolution {
        Resolution::Done { transaction } => (EntryState::Done, &**transaction),
        Resolution::NotDone => (EntryState::Failed(NOT_DONE.to_owned()), ""),
    };
    let (record_id, payload) = match &*entry.kind {
        RegistrarCommands::NAME => {
            let record_id = resolution::record(lease, &entry, &new_state, compat, now).await?;
            (record_id, payload_after::<RegistrarCommands>(&new_state, &entry))
        }
        NoCharges::NAME if new_state == EntryState::Done && transaction.is_empty() => {
            return Ok(ResolveResult::NoTransaction);
        }
        NoCharges::NAME => {
            let record_id = gateways::resolve(lease, &entry, &new_state, transaction, books, now).await?;
            (record_id, payload_after::<NoCharges>(&new_state, &entry))
        }
        _ => return Ok(ResolveResult::NotResolvable),
    };
    let Some(record_id) = record_id else { return Ok(ResolveResult::NotResolvable) };
    let (state, error, payload) = (new_state.name(), new_state.reason(), payload.as_deref());
    let update = EntryUpdate { state, is_unanswered: false, error, due_at: now.utc(), record_id, payload };
    match outbox::resolve(lease, &entry, &update).await? {
        true => Ok(ResolveResult::Resolved),
        false => Ok(ResolveResult::NotUnknown),
    }
}

/// Returns what replaces the payload of an entry that has ended; `None` leaves it.
fn payload_after<K: Kind>(new_state: &EntryState, entry: &Entry) -> Option<String> {
    match new_state {
        EntryState::Done => Some(K::kept_when_ended(&entry.payload)),
        _ => K::has_secrets(&entry.payload).then(String::new),
    }
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
        withdraw(&mut transaction, &entry.kind, entry.record_id, DROPPED, now).await?;
        outbox::drop_pending(&mut transaction, entry.id, DROPPED).await?;
    }
    if *entries == HeldEntries::Drop {
        older_outboxes::drop_all(&mut transaction).await?;
    }
    holds::release_outbox(&mut transaction).await?;
    transaction.commit().await?;
    Ok(ReleaseResult::Released { dropped: dropped.len() })
}
