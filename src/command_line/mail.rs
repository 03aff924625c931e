//! `whmcs-api mail`.

use anyhow::bail;
use chrono::Utc;
use clap::{Args, Subcommand};
use sqlx::mysql::MySqlConnection;

use super::{print, table};
use crate::store::system::outbox::{self, Listed};

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

/// How much is shown of a text.
const MOST_CHARACTERS: usize = 60;

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
        [
            mail.id.to_string(),
            state,
            mail.attempts.to_string(),
            shown(&mail.to),
            shown(&mail.subject),
            shown(&mail.reason),
        ]
    });
    print(&table(["ID", "STATE", "ATTEMPTS", "TO", "SUBJECT", "REASON"], rows))
}

/// What others wrote, in one line that no terminal takes for a command.
fn shown(text: &str) -> String {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    let (start, is_cut) = (text.chars().take(MOST_CHARACTERS), text.chars().nth(MOST_CHARACTERS).is_some());
    start.map(visible).chain(is_cut.then_some('…')).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_one_short_line_without_commands() {
        assert_eq!(shown("Grüße\r\n\u{1b}[2J\u{9b}x"), "Grüße   [2J x");
        assert_eq!(shown(&"ä".repeat(60)), "ä".repeat(60));
        assert_eq!(shown(&"ä".repeat(61)), format!("{}…", "ä".repeat(60)));
    }
}
