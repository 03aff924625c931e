//! The state of this server: what the operator should know and can mend.
//!
//! It is no reason to send calls elsewhere: `/readyz` tells whether the server can answer at all.

use std::io;
use std::path::Path;

use chrono::{NaiveDate, TimeDelta};
use sqlx::MySqlConnection;
use tokio::task::spawn_blocking;

use super::database_server;
use crate::attachments::Attachments;
use crate::config::{Settings, SsoMode, Tls};
use crate::domain::time::{Moment, parse_date_time};
use crate::fault::Result;
use crate::operations::Context;
use crate::store::automation::runs::{self, LatestRun, TaskRow};
use crate::store::system::queue_lengths::QueueLengths;
use crate::store::system::{configuration, inspection, queue_lengths};
use crate::tls::Certificate;

/// How bad the result of a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Success,
    Warning,
    Danger,
}

/// The result of a check.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// The stable name of the check.
    pub id: &'static str,
    pub severity: Severity,
    /// What was found, as a sentence.
    pub message: String,
}

/// How long entries of the outbox and records of the API log may be overdue.
const OVERDUE_AFTER: TimeDelta = TimeDelta::minutes(15);
/// How long after a daily run the next one is missing.
const LATE_AUTOMATION: TimeDelta = TimeDelta::hours(26);
/// How long a task of the daily run may take.
const HANGING_TASK: TimeDelta = TimeDelta::hours(3);
/// The free space of a disk that is nearly full, and of one that is full, in bytes.
const NEARLY_FULL_DISK: u64 = 1 << 30;
const FULL_DISK: u64 = 100 << 20;

/// Runs all checks. `lost_records` is the number of records of the API log that this server has lost since it was started.
/// Nothing is written to the database.
pub async fn check(context: Context<'_>, lost_records: u64) -> Result<Vec<Check>> {
    let Context { db, now, attachments, sends_mail, has_own_tables, settings, .. } = context;
    let mut checks = database(db).await?;
    checks.push(mail(sends_mail));
    if has_own_tables {
        let before = now.utc() - OVERDUE_AFTER;
        let overdue = queue_lengths::overdue(db, before).await?;
        checks.extend(queues(&queue_lengths::count(db).await?, overdue));
        checks.push(api_log(queue_lengths::overdue_records(db, before).await?, lost_records));
    }
    let marker = runs::marker(db).await?;
    let latest = if has_own_tables { runs::latest(db, &marker).await? } else { None };
    checks.push(automation(&marker, latest.as_ref(), settings.automation.starts_later(now.date()), now));
    checks.push(links(settings, &configuration::company(db).await?.system_url));
    checks.push(activity(db, now).await?);
    checks.push(files(attachments).await);
    checks.push(disk("disk", "attachments", attachments.folder()).await);
    if settings.database.url.reveal().is_none() {
        checks.push(disk("database_disk", "database", &settings.data_dir).await);
    }
    if settings.tls.is_enabled() {
        checks.push(certificate(settings.tls.clone(), now).await);
    }
    Ok(checks)
}

fn found(id: &'static str, severity: Severity, message: impl Into<String>) -> Check {
    Check { id, severity, message: message.into() }
}

async fn database(db: &mut MySqlConnection) -> Result<Vec<Check>> {
    let server = inspection::server(db).await?;
    let version = match database_server::unsupported(&server) {
        Some(finding) => found("database_version", Severity::Danger, finding.message),
        None => {
            let message = format!("The database is {}, which is supported", database_server::name(&server));
            found("database_version", Severity::Success, message)
        }
    };
    let writing = match server.is_read_only {
        true => found("database_writing", Severity::Danger, "The database server is read-only"),
        false => found("database_writing", Severity::Success, "The database server accepts writes"),
    };
    let clock = match database_server::clocks_differ(&server) {
        Some(finding) => found("clock", Severity::Warning, format!("Database: {}", finding.message)),
        None => found("clock", Severity::Success, "The clocks of this server and of the database agree"),
    };
    Ok(vec![version, writing, clock])
}

fn mail(sends_mail: bool) -> Check {
    match sends_mail {
        true => found("mail", Severity::Success, "This server sends mails"),
        false => found("mail", Severity::Warning, "This server sends no mails: the settings have no mail.smtp_host"),
    }
}

fn queues(lengths: &QueueLengths, overdue: i64) -> Vec<Check> {
    let failed = lengths.outbox.iter().filter(|entries| entries.state != "pending");
    let failed: i64 = failed.map(|entries| entries.count).sum();
    let outbox = match (lengths.is_held, overdue, failed) {
        (true, ..) => found("outbox", Severity::Danger, "The outbox is held: nothing is sent until it is released"),
        (false, 1.., _) => {
            let message = format!("{overdue} entries of the outbox have been due for more than 15 minutes");
            found("outbox", Severity::Danger, message)
        }
        (false, _, 1..) => {
            found("outbox", Severity::Warning, format!("{failed} entries of the outbox have failed for good"))
        }
        _ => found("outbox", Severity::Success, "The outbox has nothing overdue and nothing that failed"),
    };
    let queue = match lengths.module_queue {
        0 => found("module_queue", Severity::Success, "No command to a module or registrar has failed"),
        count => {
            found("module_queue", Severity::Warning, format!("{count} commands to modules and registrars have failed"))
        }
    };
    vec![outbox, queue]
}

fn api_log(overdue: i64, lost: u64) -> Check {
    match (overdue, lost) {
        (1.., _) => {
            let message = format!("{overdue} writes have waited for the API log for more than 15 minutes");
            found("api_log", Severity::Danger, message)
        }
        (_, 1..) => {
            let message =
                format!("{lost} reads are not in the API log: the database was unavailable or too slow for it");
            found("api_log", Severity::Warning, message)
        }
        _ => found("api_log", Severity::Success, "The API log is complete"),
    }
}

/// Judges when the daily automation began last, of this program or of a WHMCS, and what became of this program's `latest` run.
fn automation(marker: &str, latest: Option<&LatestRun>, starts_later: Option<NaiveDate>, now: Moment) -> Check {
    if let Some(first) = starts_later {
        return found("automation", Severity::Success, format!("The daily automation begins on {first}"));
    }
    match parse_date_time(marker) {
        None => found("automation", Severity::Warning, "The daily automation has never run"),
        Some(last) if now.local() - last >= LATE_AUTOMATION => {
            let message = format!("The daily automation has not run for more than 26 hours: the last time was {last}");
            found("automation", Severity::Danger, message)
        }
        Some(_) => latest.and_then(|latest| latest_run(latest, now)).unwrap_or_else(|| {
            found("automation", Severity::Success, "The daily automation has run within the last 26 hours")
        }),
    }
}

/// What is wrong with the latest run, if anything is.
fn latest_run(run: &LatestRun, now: Moment) -> Option<Check> {
    let before = |time: &str, age: TimeDelta| parse_date_time(time).is_some_and(|time| now.utc() - time >= age);
    let hangs = |task: &&TaskRow| task.finished_at.is_empty() && before(&task.started_at, HANGING_TASK);
    if let Some(TaskRow { task, started_at, .. }) = run.tasks.iter().rfind(hangs) {
        let message = format!("The daily automation has not ended: {task} began at {started_at} UTC");
        return Some(found("automation", Severity::Danger, message));
    }
    if before(&run.last_end, LATE_AUTOMATION) {
        let message = format!(
            "The daily automation has begun, and not ended for more than 26 hours: the last time was {} UTC",
            run.last_end
        );
        return Some(found("automation", Severity::Danger, message));
    }
    let failed: Vec<&TaskRow> = run.tasks.iter().filter(|task| task.failures > 0).collect();
    let failures: i64 = failed.iter().map(|task| task.failures).sum();
    (failures > 0).then(|| {
        let names: Vec<&str> = failed.iter().map(|task| &*task.task).collect();
        let message = format!("{failures} steps of the latest daily automation have failed: {}", names.join(", "));
        found("automation", Severity::Warning, message)
    })
}

/// Names the settings without which links in mails, and those of single sign-on, lead nowhere.
fn links(settings: &Settings, system_url: &str) -> Check {
    let (users, links, sso) = (&settings.users, &settings.links, &settings.sso);
    let needs_redeem_url = sso.mode == SsoMode::Own && !sso.portal_url.is_empty() && sso.redeem_url.is_empty();
    let missing: Vec<&str> = [
        (users.reset_url.is_empty(), "users.reset_url"),
        (users.invite_url.is_empty(), "users.invite_url"),
        (links.invoice.is_empty(), "links.invoice"),
        (links.quote.is_empty(), "links.quote"),
        (links.ticket.is_empty(), "links.ticket"),
        (needs_redeem_url, "sso.redeem_url"),
    ]
    .into_iter()
    .filter_map(|(is_missing, setting)| (is_missing && system_url.is_empty()).then_some(setting))
    .collect();
    match missing.is_empty() {
        true => found("links", Severity::Success, "Links in mails have pages to lead to"),
        false => {
            let message = format!("Links lead nowhere: set {}, or WHMCS's setting SystemURL", missing.join(", "));
            found("links", Severity::Warning, message)
        }
    }
}

/// Lines in the future show that the time zone in the settings is not that of WHMCS.
async fn activity(db: &mut MySqlConnection, now: Moment) -> Result<Check> {
    let latest = inspection::latest_activity(db).await?;
    let latest = latest.as_deref().and_then(parse_date_time);
    Ok(match latest {
        Some(latest) if latest > now.local() + TimeDelta::minutes(10) => found(
            "time_zone",
            Severity::Warning,
            format!(
                "The latest line of the activity log is dated {latest}, in the future: see time_zone in the settings"
            ),
        ),
        _ => found("time_zone", Severity::Success, "The activity log has no lines in the future"),
    })
}

async fn files(attachments: &Attachments) -> Check {
    match attachments.check_folder().await {
        Ok(()) => found("attachments", Severity::Success, "Attachments can be stored"),
        Err(error) => found("attachments", Severity::Danger, format!("Attachments cannot be stored: {error}")),
    }
}

/// Judges the free space of the disk on which a folder is, or will be.
async fn disk(id: &'static str, of: &str, folder: &Path) -> Check {
    let folder = folder.to_owned();
    match spawn_blocking(move || free_bytes(&folder)).await.map_err(io::Error::other).flatten() {
        Ok(NEARLY_FULL_DISK..) => found(id, Severity::Success, format!("The disk of the {of} has space left")),
        Ok(free) => {
            let severity = if free < FULL_DISK { Severity::Danger } else { Severity::Warning };
            found(id, severity, format!("The disk of the {of} has only {} MiB left", free >> 20))
        }
        Err(error) => found(id, Severity::Warning, format!("The free space for the {of} is unknown: {error}")),
    }
}

fn free_bytes(folder: &Path) -> io::Result<u64> {
    let absolute = std::path::absolute(folder)?;
    let exists = |folder: &&Path| folder.try_exists().unwrap_or(false);
    let disk = rustix::fs::statvfs(absolute.ancestors().find(exists).unwrap_or(&absolute))?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Judges the certificate in the files of the settings.
async fn certificate(files: Tls, now: Moment) -> Check {
    let utc = now.utc().and_utc();
    let loaded = spawn_blocking(move || Certificate::load(&files)).await.map_err(anyhow::Error::from).flatten();
    let certificate = match loaded {
        Ok(certificate) => certificate,
        Err(error) => {
            let message = format!("The TLS certificate cannot be read: {error:#}");
            return found("certificate", Severity::Danger, message);
        }
    };
    let severity = if certificate.is_valid_at(utc) { Severity::Warning } else { Severity::Danger };
    match certificate.time_warning(utc) {
        Some(warning) => found("certificate", severity, format!("TLS: {warning}")),
        None => found("certificate", Severity::Success, "The TLS certificate is valid"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::system::queue_lengths::OutboxEntries;

    #[test]
    fn the_worst_is_told() {
        let lengths = |is_held, failed| QueueLengths {
            disabled_webhooks: 0,
            outbox: vec![
                OutboxEntries { kind: "mail".to_owned(), state: "pending".to_owned(), count: 9 },
                OutboxEntries { kind: "mail".to_owned(), state: "failed".to_owned(), count: failed },
            ],
            module_queue: 0,
            is_held,
            write_records: 0,
        };
        for (overdue, lost, severity) in
            [(0, 0, Severity::Success), (0, 2, Severity::Warning), (1, 2, Severity::Danger)]
        {
            assert_eq!(api_log(overdue, lost).severity, severity);
        }
        for (is_held, overdue, failed, severity) in [
            (false, 0, 0, Severity::Success),
            (false, 0, 2, Severity::Warning),
            (false, 1, 2, Severity::Danger),
            (true, 0, 0, Severity::Danger),
        ] {
            let checks = queues(&lengths(is_held, failed), overdue);
            assert_eq!(checks[0].severity, severity, "{checks:?}");
            assert_eq!(checks[1].severity, Severity::Success);
        }
    }
}
