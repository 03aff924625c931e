//! `whmcs-api outbox`: lists and retries side effects, and releases those that are held.

use anyhow::bail;
use chrono::Utc;
use clap::{Args, Subcommand};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};

use super::database::CommandDatabase;
use super::{clock, print, table};
use crate::config::Settings;
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::operations::billing::Ledger;
use crate::outbox::KINDS;
use crate::outbox::operator::{self, GiveUpResult, HeldEntries, ReleaseResult, Resolution, ResolveResult, RetryResult};
use crate::outbox::webhooks::relay;
use crate::store::system::holds::{self, OutboxHold};
use crate::store::system::older_outboxes;
use crate::store::system::outbox::{self, OutboxRow};

#[derive(Subcommand)]
pub enum Command {
    /// List the side effects that are pending, have failed or have an unknown outcome, with the reasons
    List(KindArgs),
    /// Retry failed or unknown side effects; a mail or a module's command whose outcome is unknown may then happen twice
    ///
    /// A command to a registrar or a gateway whose outcome is unknown is looked up first. It is sent again only if a registrar
    /// shows that it was not carried out, and to a gateway that recognizes repetitions.
    Retry(RetryArgs),
    /// Give entries up: they are not attempted any more, and what they were to send is not kept
    ///
    /// A command to a registrar or a gateway that may have been carried out is rejected: `resolve` says what became of it.
    GiveUp {
        /// The entries with these ids
        #[arg(value_name = "ID", required = true)]
        ids: Vec<i64>,
    },
    /// Say what became of a command to a registrar or a gateway whose outcome is unknown
    Resolve(ResolveArgs),
    /// End the hold of the outbox after a restore
    ///
    /// What was pending when the backup was made may have happened since. Entries that were added after the restore are
    /// carried out in any case.
    Release(ReleaseArgs),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct ReleaseArgs {
    /// Carry out what was pending when the backup was made
    #[arg(long)]
    send: bool,
    /// Carry out nothing of it; with ids, carry out all but these
    #[arg(long, value_name = "ID", num_args = 0..)]
    drop: Option<Vec<i64>>,
}

#[derive(Args)]
pub struct ResolveArgs {
    /// The entry with this id
    #[arg(value_name = "ID")]
    id: i64,
    #[command(flatten)]
    resolution: ResolutionArgs,
    /// The gateway's id of the charge or refund that was carried out
    #[arg(long, value_name = "ID", requires = "done", default_value = "", hide_default_value = true)]
    transaction_id: String,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct ResolutionArgs {
    /// It was carried out: the domain or the books change as if the registrar or the gateway had said so
    #[arg(long)]
    done: bool,
    /// It was not carried out: it has failed, and can be retried
    #[arg(long)]
    not_done: bool,
}

#[derive(Args)]
pub struct KindArgs {
    /// Only side effects of this kind
    #[arg(long, value_parser = KINDS)]
    kind: Option<String>,
}

#[derive(Args)]
pub struct RetryArgs {
    #[command(flatten)]
    which: EntrySelection,
    #[command(flatten)]
    kind: KindArgs,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct EntrySelection {
    /// The entries with these ids
    #[arg(value_name = "ID", conflicts_with_all = ["failed", "unknown"])]
    ids: Vec<i64>,
    /// All that have failed
    #[arg(long)]
    failed: bool,
    /// All whose outcome is unknown
    #[arg(long)]
    unknown: bool,
}

/// Maximum length of a text in the list.
const MAX_CHARACTERS: usize = 60;

pub async fn run(command: Command, settings: &Settings, database: &mut CommandDatabase) -> anyhow::Result<()> {
    let db = &mut database.connection;
    match command {
        Command::Resolve(arguments) => resolve(arguments, settings, &database.options).await,
        Command::List(kind) => list(&kind, db).await,
        Command::Retry(selection) => retry(selection, db).await,
        Command::GiveUp { ids } => give_up(&ids, db).await,
        Command::Release(arguments) => release(arguments, db).await,
    }
}

async fn list(kind: &KindArgs, db: &mut MySqlConnection) -> anyhow::Result<()> {
    if let Some(OutboxHold { reason, last_entry }) = holds::outbox(db).await? {
        print(&format!(
            "The outbox is held ({reason}): nothing is sent until `whmcs-api outbox release`. Entries up to {last_entry} \
             are from the backup.\n"
        ))?;
    }
    let rows = outbox::list(db).await?.into_iter().filter(|entry| kind.includes(entry)).map(|entry| {
        [
            entry.id.to_string(),
            entry.kind.clone(),
            printable(&entry.target),
            entry.subject(),
            entry.progress(),
            entry.attempts.to_string(),
            printable(&entry.summary),
            printable(&entry.last_error),
        ]
    });
    print(&table(["ID", "KIND", "TARGET", "SUBJECT", "STATE", "ATTEMPTS", "SUMMARY", "REASON"], rows))?;
    match older_outboxes::count(db).await? {
        0 => Ok(()),
        count => print(&format!("Pending in the tables of version 0.1 until they are due: {count}\n")),
    }
}

impl KindArgs {
    fn includes(&self, entry: &OutboxRow) -> bool {
        self.kind.as_ref().is_none_or(|kind| *kind == entry.kind)
    }
}

/// A text from elsewhere as one line, without characters that control a terminal.
fn printable(text: &str) -> String {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    let (start, is_cut) = (text.chars().take(MAX_CHARACTERS), text.chars().nth(MAX_CHARACTERS).is_some());
    start.map(visible).chain(is_cut.then_some('…')).collect()
}

impl OutboxRow {
    fn subject(&self) -> String {
        if self.subject.is_empty() { String::new() } else { format!("{} {}", self.subject, self.subject_id) }
    }

    fn progress(&self) -> String {
        match &*self.state {
            "pending" => format!("waits until {} UTC", self.due_at),
            state => state.to_owned(),
        }
    }
}

async fn release(arguments: ReleaseArgs, db: &mut MySqlConnection) -> anyhow::Result<()> {
    let entries = match arguments.drop {
        None => HeldEntries::Send,
        Some(ids) if ids.is_empty() => HeldEntries::Drop,
        Some(ids) => HeldEntries::DropOnly(ids),
    };
    match operator::release(db, &entries, Utc::now().naive_utc()).await? {
        ReleaseResult::Released { dropped } => print(&format!("The outbox is released. Entries dropped: {dropped}\n")),
        ReleaseResult::NotHeld => bail!("the outbox is not held"),
        ReleaseResult::NotPending(id) => bail!("no entry {id} of the backup is pending: nothing was changed"),
    }
}

async fn retry(selection: RetryArgs, db: &mut MySqlConnection) -> anyhow::Result<()> {
    let RetryArgs { which, kind } = selection;
    let is_selected = |entry: &OutboxRow| match &*entry.state {
        "failed" => which.failed,
        "unknown" => which.unknown,
        _ => false,
    };
    let by_id = !which.ids.is_empty();
    let ids = match by_id {
        true => which.ids,
        false => {
            let entries = outbox::list(db).await?.into_iter();
            entries.filter(|entry| is_selected(entry) && kind.includes(entry)).map(|entry| entry.id).collect()
        }
    };
    let mut count = 0;
    for id in ids {
        match operator::retry(db, id, Utc::now().naive_utc()).await? {
            RetryResult::Scheduled => count += 1,
            obstacle if by_id => bail!("{}", obstacle.explained(id)),
            _ => {}
        }
    }
    print(&format!("Entries that will be retried: {count}\n"))
}

async fn give_up(ids: &[i64], db: &mut MySqlConnection) -> anyhow::Result<()> {
    for id in ids {
        match operator::give_up(db, *id, Utc::now().naive_utc()).await? {
            GiveUpResult::GivenUp => {}
            obstacle => bail!("{}", obstacle.explained(*id)),
        }
    }
    print(&format!("Entries that were given up: {}\n", ids.len()))
}

async fn resolve(arguments: ResolveArgs, settings: &Settings, server: &MySqlConnectOptions) -> anyhow::Result<()> {
    let ResolveArgs { id, resolution, transaction_id } = arguments;
    let (resolution, found) = match resolution.done {
        true => (Resolution::Done { transaction: transaction_id }, "done"),
        false => (Resolution::NotDone, "not done"),
    };
    let now = clock(settings, None)?.now();
    let hosts = Hosts::open(vec![server.clone()], 1).await?;
    // Without it, nobody is known to listen, and the events of what is recorded would be lost.
    relay::read_listeners(&hosts).await?;
    let mut lease = Lease::acquire_to_write(&hosts).await?;
    let books = Ledger(settings.clone());
    match operator::resolve(&mut lease, id, &resolution, &books, &settings.compat, now).await? {
        ResolveResult::Resolved => print(&format!("Entry {id} is recorded as {found}\n")),
        obstacle => bail!("{}", obstacle.explained(id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_from_elsewhere_are_short_lines_without_control_characters() {
        assert_eq!(printable("Grüße\r\n\u{1b}[2J\u{9b}x"), "Grüße   [2J x");
        assert_eq!(printable(&"ä".repeat(60)), "ä".repeat(60));
        assert_eq!(printable(&"ä".repeat(61)), format!("{}…", "ä".repeat(60)));
    }
}
