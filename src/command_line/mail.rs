//! `whmcs-api mail`.

use anyhow::bail;
use chrono::Utc;
use clap::{Args, Subcommand};
use sqlx::mysql::MySqlConnection;

use super::{print, table};
use crate::store::outbox::{self, Listed};

#[derive(Subcommand)]
pub enum Command {
    /// List the mails that wait to be sent, and those that have failed, with the reasons
    List,
    /// Have mails that failed tried again; one that was interrupted may then arrive twice
    Retry(Which),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// The mails with these ids
    #[arg(value_name = "ID")]
    ids: Vec<i64>,
    /// All that have failed
    #[arg(long)]
    failed: bool,
}

pub async fn run(command: Command, db: &mut MySqlConnection) -> anyhow::Result<()> {
    match command {
        Command::List => list(db).await,
        Command::Retry(which) => retry(which, db).await,
    }
}

async fn list(db: &mut MySqlConnection) -> anyhow::Result<()> {
    let mails = outbox::list(db).await?;
    let rows = mails.into_iter().map(|mail| {
        let state = mail.state();
        [mail.id.to_string(), state, mail.attempts.to_string(), mail.to, mail.subject, mail.reason]
    });
    print(&table(["ID", "STATE", "ATTEMPTS", "TO", "SUBJECT", "REASON"], rows))
}

impl Listed {
    fn state(&self) -> String {
        match (self.is_failed, self.is_sending) {
            (true, _) => "failed".to_owned(),
            (false, true) => "being sent".to_owned(),
            (false, false) => format!("waits until {} UTC", self.due_at),
        }
    }
}

async fn retry(which: Which, db: &mut MySqlConnection) -> anyhow::Result<()> {
    let ids = match which.failed {
        true => outbox::list(db).await?.iter().filter(|mail| mail.is_failed).map(|mail| mail.id).collect(),
        false => which.ids,
    };
    let mut count = 0;
    for id in ids {
        match outbox::retry(db, id, Utc::now().naive_utc()).await? {
            true => count += 1,
            false if which.failed => {}
            false => bail!("no mail {id} has failed: `whmcs-api mail list` shows those that have"),
        }
    }
    print(&format!("Mails that are tried again: {count}\n"))
}
