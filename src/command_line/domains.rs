//! `whmcs-api domains`: compares domains with what their registrars know.

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use sqlx::mysql::MySqlConnection;

use super::{clock, print, table};
use crate::config::Settings;
use crate::domain::Author;
use crate::domain::domains::registrar::DomainChanges;
use crate::domain::id::{AdminId, DomainId};
use crate::operations::domains::registration::Refusal;
use crate::operations::domains::registration::synchronization::{
    SyncOutcome, Synchronization, Synchronized, synchronize,
};
use crate::outbox::registrars::Registrars;

#[derive(Subcommand)]
pub enum Command {
    /// Ask registrars for the expiry and status of domains, and write what differs
    ///
    /// Registrars that the settings have are asked about all domains whose transfer is pending. Of the others, each run takes
    /// those that were asked about least recently; run it daily. Nothing is written of a domain whose registrar reports an
    /// error.
    Sync(Arguments),
}

#[derive(Args)]
pub struct Arguments {
    /// Report what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Only the domain with this id
    #[arg(long, value_name = "ID")]
    domain: Option<i64>,
    /// Maximum number of domains besides those whose transfer is pending
    #[arg(long, value_name = "NUMBER", default_value = "50")]
    limit: u32,
    /// Set the next due date, too: this number of days before the day of expiry
    #[arg(long, value_name = "DAYS")]
    due_days_before: Option<u32>,
}

pub async fn run(command: Command, settings: &Settings, db: &mut MySqlConnection) -> anyhow::Result<()> {
    let Command::Sync(arguments) = command;
    let registrars = Registrars::new(&settings.registrars)?;
    let synchronization = Synchronization {
        domain: arguments.domain.map(DomainId),
        limit: arguments.limit,
        is_dry_run: arguments.dry_run,
        due_days_before: arguments.due_days_before,
        failed_transfer_status: settings.compat.failed_transfer_status.clone(),
    };
    let author = Author { admin: AdminId(0), name: "System".to_owned(), address: String::new() };
    let now = clock(settings, None)?.now();
    let synchronized = synchronize(db, &registrars, &synchronization, &author, now).await?;
    let rows = synchronized.iter().map(|Synchronized { domain, outcome }| {
        [domain.id.to_string(), domain.name.clone(), domain.registrar.clone(), described(outcome)]
    });
    print(&table(["ID", "DOMAIN", "REGISTRAR", "OUTCOME"], rows))?;
    let changed = synchronized.iter().filter(|one| matches!(one.outcome, SyncOutcome::Changed(_))).count();
    let participle = if arguments.dry_run { "that differ" } else { "changed" };
    print(&format!("Domains compared: {}, {participle}: {changed}\n", synchronized.len()))
}

fn described(outcome: &SyncOutcome) -> String {
    match outcome {
        SyncOutcome::InSync => "In Sync".to_owned(),
        SyncOutcome::Changed(changes) => changed(changes),
        SyncOutcome::TransferFailed(reason) => format!("transfer failed: {reason}"),
        SyncOutcome::TransferPending => "transfer pending".to_owned(),
        SyncOutcome::ChangedMeanwhile => "changed by somebody else meanwhile: nothing was written".to_owned(),
        SyncOutcome::NoReport(refusal) => match refusal {
            Refusal::NoRegistrar { .. } => "no registrar".to_owned(),
            Refusal::RefusedByRegistrar { reason } | Refusal::NoAnswer { reason } => format!("error: {reason}"),
            Refusal::NotSupported => "error: the registrar has no such function".to_owned(),
            _ => "error: nobody can be asked about it".to_owned(),
        },
    }
}

fn changed(changes: &DomainChanges) -> String {
    let day = |name: &str, day: Option<NaiveDate>| day.map(|day| format!("{name} {day}"));
    let status = changes.status.as_ref().map(|status| format!("status {status}"));
    let parts = [status, day("expires", changes.expires), day("due", changes.next_due)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
