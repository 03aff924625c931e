//! `whmcs-api compare`: shows how replies of this server differ from those of the WHMCS behind it.

mod replay;

use clap::Subcommand;
use serde_json::{Value, json};

use super::database::CommandDatabase;
use super::{print, table};
use crate::config::Settings;
use crate::store::differences::{self, DifferenceRow};
use crate::upstream::comparison::Example;

#[derive(Subcommand)]
pub enum Command {
    /// Show the differences that were found while serving (`upstream.compare`), with an example of each
    Report {
        /// Only of this action
        #[arg(long)]
        action: Option<String>,
        /// Print JSON, one object per line
        #[arg(long)]
        json: bool,
    },
    /// Forget the differences that were found, to count anew
    Clear {
        /// Only those of this action
        #[arg(long)]
        action: Option<String>,
    },
    /// Make the reads in an API log again, on the WHMCS (`upstream.url`) and here, and show how the replies differ
    ///
    /// Nothing is written, and no call is made that may change something. The log has no secrets, so a credential is needed
    /// that both know.
    Replay(replay::Arguments),
}

pub async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    match command {
        Command::Report { action, json } => {
            let mut database = CommandDatabase::open(settings).await?;
            let rows = differences::list(&mut database.connection, action.as_deref()).await;
            database.close().await?;
            show(&rows?, json)
        }
        Command::Clear { action } => {
            let mut database = CommandDatabase::open(settings).await?;
            let cleared = differences::clear(&mut database.connection, action.as_deref()).await;
            database.close().await?;
            print(&format!("Forgot {} rows.\n", cleared?))
        }
        Command::Replay(arguments) => replay::run(arguments, settings.clone()).await,
    }
}

/// Prints differences as a table, or as JSON.
fn show(rows: &[DifferenceRow], as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return rows.iter().try_for_each(|row| print(&format!("{}\n", to_json(row))));
    }
    if rows.is_empty() {
        return print("Nothing was compared yet.\n");
    }
    let compared = |action: &str| {
        let row = rows.iter().find(|row| row.action == action && row.kind == DifferenceRow::COMPARED);
        row.map_or_else(String::new, |row| row.calls.to_string())
    };
    let is_shown = |row: &&DifferenceRow| row.kind != DifferenceRow::COMPARED || is_equal(rows, &row.action);
    let cells = |row: &DifferenceRow| match row.kind == DifferenceRow::COMPARED {
        true => [&*row.action, &*row.calls.to_string(), "none", "", "", "", ""].map(str::to_owned),
        false => [
            row.action.clone(),
            compared(&row.action),
            row.kind.clone(),
            row.calls.to_string(),
            row.last_at.to_string(),
            if row.path.is_empty() { "(reply)".to_owned() } else { row.path.clone() },
            example(row),
        ],
    };
    let header = ["ACTION", "COMPARED", "DIFFERENCE", "CALLS", "LAST (UTC)", "PATH", "EXAMPLE"];
    print(&table(header, rows.iter().filter(is_shown).map(cells)))
}

/// Whether no difference was found in the replies to an action.
fn is_equal(rows: &[DifferenceRow], action: &str) -> bool {
    !rows.iter().any(|row| row.action == action && row.kind != DifferenceRow::COMPARED)
}

fn example(row: &DifferenceRow) -> String {
    let example: Example = serde_json::from_str(&row.example).unwrap_or_default();
    let value = |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
    let values = match (example.upstream, example.here) {
        (None, None) => String::new(),
        (upstream, here) => format!("WHMCS {}, here {}; ", value(upstream), value(here)),
    };
    let path = if example.path.is_empty() { String::new() } else { format!("{}; ", example.path) };
    format!("{path}{values}{}", example.request)
}

fn to_json(row: &DifferenceRow) -> Value {
    json!({
        "action": row.action,
        "difference": row.kind,
        "path": row.path,
        "calls": row.calls,
        "first_at": row.first_at.to_string(),
        "last_at": row.last_at.to_string(),
        "example": serde_json::from_str::<Value>(&row.example).unwrap_or_default(),
    })
}
