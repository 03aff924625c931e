//! Comparing domains with what their registrars know of them.
//!
//! Each domain is written in a transaction of its own, which begins once its registrar has answered: nothing is locked
//! meanwhile.

use sqlx::{Connection, MySqlConnection};

use super::Refusal;
use crate::database::listeners::Wanted;
use crate::database::writer::{Subject, Writer};
use crate::domain::Author;
use crate::domain::domains::registrar::DomainChanges;
use crate::domain::id::DomainId;
use crate::domain::time::Moment;
use crate::events::{About, Event};
use crate::fault;
use crate::outbox::mail::{DOMAIN_TRANSFER_COMPLETED, MailDraft};
use crate::outbox::registrars::{Answer, Domain, Registrars};
use crate::store;
use crate::store::domains::registered::Registered;
use crate::store::domains::registrar_params;
use crate::store::domains::synchronization;
use crate::store::webhooks::events::raise;

/// How domains are synchronized.
#[derive(Debug, Clone)]
pub struct Synchronization {
    /// Only this domain.
    pub domain: Option<DomainId>,
    /// Maximum number of domains besides those whose transfer is pending.
    pub limit: u32,
    /// Whether nothing is written.
    pub is_dry_run: bool,
    /// The number of days before the day of expiry at which a renewal is due; by default, due dates stay.
    pub due_days_before: Option<u32>,
    /// The status after a failed transfer; empty to leave it.
    pub failed_transfer_status: String,
}

/// What came of one domain.
#[derive(Debug, Clone)]
pub struct Synchronized {
    pub domain: Registered,
    pub outcome: SyncOutcome,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncOutcome {
    /// The record agrees with what the registrar reported.
    InSync,
    /// These fields were changed, or would be in a dry run.
    Changed(DomainChanges),
    /// The transfer to the registrar has failed, for this reason.
    TransferFailed(String),
    /// The transfer to the registrar is not finished.
    TransferPending,
    /// Somebody else has changed the domain meanwhile.
    ChangedMeanwhile,
    /// There is no report.
    NoReport(Refusal),
}

/// Compares domains with what their registrars know, and writes what differs.
pub async fn synchronize(
    db: &mut MySqlConnection,
    registrars: &Registrars,
    settings: &Synchronization,
    author: &Author,
    now: Moment,
) -> fault::Result<Vec<Synchronized>> {
    let mut synchronized = Vec::new();
    for domain in select(db, registrars, settings).await? {
        let outcome = synchronize_one(db, registrars, settings, &domain, author, now).await?;
        // It had its turn, whatever came of it: a registrar that gives no report must not keep the others from theirs.
        if !settings.is_dry_run {
            synchronization::mark(db, domain.id).await?;
        }
        synchronized.push(Synchronized { domain, outcome });
    }
    Ok(synchronized)
}

/// Returns the domains to ask about. Once all had their turn, another round begins.
async fn select(
    db: &mut MySqlConnection,
    registrars: &Registrars,
    settings: &Synchronization,
) -> fault::Result<Vec<Registered>> {
    if let Some(id) = settings.domain {
        return Ok(synchronization::one(db, id).await?);
    }
    let names: Vec<&str> = registrars.names().map(|(name, _)| name).collect();
    let mut domains = synchronization::transfers(db, &names).await?;
    let mut others = synchronization::next(db, &names, settings.limit).await?;
    if others.is_empty() && !settings.is_dry_run {
        synchronization::restart(db).await?;
        others = synchronization::next(db, &names, settings.limit).await?;
    }
    domains.append(&mut others);
    Ok(domains)
}

async fn synchronize_one(
    db: &mut MySqlConnection,
    registrars: &Registrars,
    settings: &Synchronization,
    domain: &Registered,
    author: &Author,
    now: Moment,
) -> fault::Result<SyncOutcome> {
    if domain.registrar.is_empty() {
        return Ok(SyncOutcome::NoReport(Refusal::NoRegistrar { domain: domain.name.clone() }));
    }
    let Some(stored) = registrar_params::read(db, domain.id).await? else {
        return Ok(SyncOutcome::NoReport(Refusal::DomainNotFound));
    };
    let is_transfer = domain.status == "Pending Transfer";
    let answer = registrars.synchronize(&domain.registrar, &Domain::new(stored), is_transfer).await?;
    let report = match answer {
        Answer::Yes(report) => report.synchronization(),
        Answer::No(reason) => return Ok(SyncOutcome::NoReport(Refusal::RefusedByRegistrar { reason })),
        Answer::NotSupported => return Ok(SyncOutcome::NoReport(Refusal::NotSupported)),
        Answer::NotAsked(reason) | Answer::Unclear(reason) => {
            return Ok(SyncOutcome::NoReport(Refusal::NoAnswer { reason }));
        }
    };
    let changes = report.changes(&domain.term(), &settings.failed_transfer_status, settings.due_days_before);
    let is_changed = changes != DomainChanges::default();
    if is_changed && !settings.is_dry_run && !write(db, domain, &changes, author, now).await? {
        return Ok(SyncOutcome::ChangedMeanwhile);
    }
    Ok(match report.failed_transfer {
        Some(reason) if is_transfer => SyncOutcome::TransferFailed(reason),
        _ if is_changed => SyncOutcome::Changed(changes),
        _ if is_transfer => SyncOutcome::TransferPending,
        _ => SyncOutcome::InSync,
    })
}

/// Writes what the registrar reported, with a line in the activity log, and a mail about a transfer that is complete.
async fn write(
    db: &mut MySqlConnection,
    domain: &Registered,
    changes: &DomainChanges,
    author: &Author,
    now: Moment,
) -> fault::Result<bool> {
    let is_transferred = domain.status == "Pending Transfer" && changes.status.as_deref() == Some("Active");
    let mail = match is_transferred {
        true => MailDraft::to_client(db, DOMAIN_TRANSFER_COMPLETED, domain.client, now).await?,
        false => None,
    };
    let mut transaction = db.begin().await?;
    let mut tx =
        Writer::resume_on(&mut transaction, Wanted::Unknown, author, now, Subject::Client(domain.client)).await?;
    let line = format!("Domain Synchronized - Domain ID: {} - Domain: {}", domain.id, domain.name);
    store::system::activity::log(&mut tx, Some(domain.client), &line).await?;
    let Registered { id, ref name, years, ref expires, ref registrar, client, .. } = *domain;
    let expires = changes.expires.as_ref().map_or_else(|| expires.clone(), ToString::to_string);
    let (domain_name, expires) = (name.as_str(), expires.as_str());
    let event = match changes.status.as_deref() {
        Some("Active") if is_transferred => {
            Event::DomainTransferCompleted { id, domain: domain_name, years, expires, registrar }
        }
        Some(_) if domain.status == "Pending Transfer" => {
            Event::DomainTransferFailed { id, domain: domain_name, years, expires, registrar }
        }
        _ => Event::DomainEdit { client, domain: id },
    };
    raise(&mut tx, About::Client(client), &event).await?;
    if let Some(mut mail) = mail {
        mail.set("domain_id", domain.id.to_string());
        mail.set("domain_name", domain.name.clone());
        mail.send(&mut tx).await?;
    }
    let is_written = synchronization::change(&mut tx, domain, changes).await?;
    match is_written {
        true => transaction.commit().await?,
        false => transaction.rollback().await?,
    }
    Ok(is_written)
}
