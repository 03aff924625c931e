//! `whmcs-api backup` and `whmcs-api restore`.

use std::path::PathBuf;

use anyhow::Context;
use chrono::Utc;
use clap::Args;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::database::CommandDatabase;
use super::{DATABASE, first_server, print, stop_signal};
use crate::backup::{self, Manifest, Progress, Restored, Source, Target, Written};
use crate::config::Settings;
use crate::database::embedded::Embedded;
use crate::database::pool;

#[derive(Args)]
pub struct Backup {
    /// The file to write, which must not exist; it has this name only once it is complete
    file: PathBuf,
    /// Back up without the attachments that tickets have, if their folder is empty or not on this machine
    #[arg(long)]
    without_attachments: bool,
}

#[derive(Args)]
pub struct Restore {
    /// The file that `whmcs-api backup` has written
    file: PathBuf,
    /// Only check the file, and write nothing
    #[arg(long)]
    check: bool,
}

pub async fn backup(command: Backup, settings: &Settings) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let stopped = stop_signal()?;
    tokio::spawn({
        let stop = stop.clone();
        async move {
            stopped.await;
            stop.cancel();
        }
    });
    let database = CommandDatabase::open_unchanged(settings).await?;
    let attachments = settings.attachments().dir;
    let source = Source {
        options: database.options.clone(),
        attachments: attachments.clone(),
        may_lack_attachments: command.without_attachments,
        now: Utc::now().naive_utc(),
        stop,
    };
    let bar = ProgressLine::new();
    let written = backup::dump(&source, &command.file, |progress| bar.show(&progress)).await;
    bar.clear();
    let written = written.with_context(|| format!("no backup was written to {}", command.file.display()));
    let Written { manifest, bytes } = match (written, database.close().await) {
        (Ok(written), Ok(())) => written,
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    let (file, size) = (command.file.display(), HumanBytes(bytes));
    print(&format!("Wrote {file} ({size}): {}.\n{}", content(&manifest), nothing_in(&manifest)))?;
    if !attachments.exists() {
        print(&format!("There is no folder of attachments {}.\n", attachments.display()))?;
    }
    Ok(())
}

pub async fn restore(command: Restore, settings: &Settings) -> anyhow::Result<()> {
    let bar = ProgressLine::new();
    let checked = backup::verify(&command.file, |progress| bar.show(&progress));
    bar.clear();
    let mut verified = checked?;
    let made = &verified.header.created_at;
    let described =
        format!("a backup of {made} UTC by version {}: {}", verified.header.program, content(&verified.manifest));
    if command.check {
        return print(&format!("{} is {described}.\n", command.file.display()));
    }
    let (embedded, options) = match first_server(settings).await? {
        Some(server) => (None, server),
        None => {
            let embedded = Embedded::start(&settings.data_dir.join("database")).await?;
            pool::create_database(embedded.options(), DATABASE, false).await?;
            let options = embedded.options().database(DATABASE);
            (Some(embedded), options)
        }
    };
    let target = Target {
        options,
        is_embedded: embedded.is_some(),
        attachments: settings.attachments().dir,
        now: Utc::now().naive_utc(),
    };
    let restored = backup::restore(&target, &mut verified, |progress| bar.show(&progress)).await;
    bar.clear();
    let stopped = match embedded {
        Some(embedded) => embedded.stop().await,
        None => Ok(()),
    };
    let restored = restored?;
    stopped?;
    print(&format!(
        "Restored {described}.\n{}{}The outbox is held: nothing is sent, and nothing acts by itself. `whmcs-api outbox list` \
         shows what is pending, and `whmcs-api outbox release` ends the hold. `whmcs-api audit` checks the books.\n",
        nothing_in(&restored.manifest),
        differences(&restored)
    ))
}

/// What was not restored as it was.
fn differences(restored: &Restored) -> String {
    let events: Vec<&str> = restored.manifest.events_to_enable().collect();
    let views: Vec<&str> = restored.broken_views.iter().map(|view| &**view).collect();
    let events = line("These events of the database are disabled, `ALTER EVENT … ENABLE` enables one", &events);
    events + &line("These views were not created, because what they read does not exist", &views)
}

/// A line that lists names; empty if there are none.
fn line(what: &str, names: &[&str]) -> String {
    if names.is_empty() { String::new() } else { format!("{what}: {}.\n", names.join(", ")) }
}

fn content(manifest: &Manifest) -> String {
    let (tables, rows) = (manifest.tables.len(), HumanCount(manifest.rows()));
    let (clients, invoices) = (HumanCount(manifest.rows_of("tblclients")), HumanCount(manifest.rows_of("tblinvoices")));
    let attachments = HumanCount(manifest.attachments);
    format!("{tables} tables with {rows} rows ({clients} clients, {invoices} invoices), {attachments} attachments")
}

fn nothing_in(manifest: &Manifest) -> &'static str {
    if manifest.rows_of("tblclients") == 0 { "There are no clients in it: is it the right database?\n" } else { "" }
}

/// A progress bar, which is drawn on terminals only.
struct ProgressLine(ProgressBar);

impl ProgressLine {
    fn new() -> ProgressLine {
        let style = ProgressStyle::with_template("{bar:40} {percent}% {msg}, {eta} left");
        ProgressLine(ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    fn show(&self, progress: &Progress<'_>) {
        self.0.set_length(progress.all.max(progress.done));
        self.0.set_position(progress.done);
        self.0.set_message(progress.step.to_owned());
    }

    fn clear(&self) {
        self.0.finish_and_clear();
        self.0.reset();
    }
}
