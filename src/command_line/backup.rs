//! `whmcs-api backup` and `whmcs-api restore`.

use std::path::PathBuf;

use anyhow::Context;
use chrono::Utc;
use clap::Args;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use super::database::CommandDatabase;
use super::{DATABASE, first_server, print};
use crate::backup::{self, Manifest, Progress, Source, Target};
use crate::config::Settings;
use crate::database::embedded::Embedded;
use crate::database::pool;

#[derive(Args)]
pub struct Backup {
    /// The file to write, which must not exist; it has this name only once it is complete
    file: PathBuf,
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
    let database = CommandDatabase::open_existing(settings).await?;
    let source = Source {
        options: database.options.clone(),
        attachments: settings.attachments().dir,
        now: Utc::now().naive_utc(),
    };
    let bar = ProgressLine::new();
    let written = backup::dump(&source, &command.file, |progress| bar.show(&progress)).await;
    bar.clear();
    let written = written.with_context(|| format!("no backup was written to {}", command.file.display()));
    let written = match (written, database.close().await) {
        (Ok(written), Ok(())) => written,
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    // What was written is read again before it counts as a backup.
    let check = backup::verify(&command.file, |progress| bar.show(&progress));
    bar.clear();
    if check.is_err() {
        let _ = std::fs::remove_file(&command.file);
    }
    check?;
    let (file, size) = (command.file.display(), HumanBytes(written.bytes));
    print(&format!("Wrote {file} ({size}): {}.\n{}", content(&written.manifest), nothing_in(&written.manifest)))
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
    let manifest = restored?;
    stopped?;
    print(&format!(
        "Restored {described}.\n{}The outbox is held: nothing is sent, and nothing acts by itself. `whmcs-api outbox list` \
         shows what is pending, and `whmcs-api outbox release` ends the hold. `whmcs-api audit` checks the books.\n",
        nothing_in(&manifest)
    ))
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
