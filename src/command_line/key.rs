//! `whmcs-api key`: the keys that seal secrets in the database.

use std::path::Path;

use anyhow::bail;
use clap::{Args, Subcommand};
use sqlx::mysql::MySqlConnection;

use super::{print, table};
use crate::config::Settings;
use crate::keyring::{self, Keyring};
use crate::operations::authentication::{self as operations, Resealed};
use crate::store::authentication::sealed::{self, Kind};

#[derive(Subcommand)]
pub enum Command {
    /// Write a new file with one key. With the embedded database, `serve` does that at its first start
    Create,
    /// Add a key to the file. It opens what it has sealed, and seals nothing yet: copy the file to all servers first
    Add,
    /// Make a key the one that seals. The other keys still open what they have sealed
    Use {
        /// The id of the key, as `list` shows it
        id: String,
    },
    /// List the ids of the keys, first that of the key which seals
    List,
    /// Seal everything stored anew with the first key, so that older keys can be removed
    ///
    /// It can be interrupted, and run again. At the end it lists what still needs an older key: replies of calls, which are
    /// forgotten after two days, and what no key of the file opens.
    Reseal(Reseal),
}

#[derive(Args)]
pub struct Reseal {
    /// Only list which keys are needed, and for what
    #[arg(long)]
    dry_run: bool,
}

/// Servers that are running read the file again with `whmcs-api reload`.
const THEN: &str = "Copy the file to all servers of the database, and run `whmcs-api reload` on each.";

pub async fn reseal(arguments: &Reseal, settings: &Settings, db: &mut MySqlConnection) -> anyhow::Result<()> {
    let keyring = Keyring::load(file(settings)?)?;
    let Some(first) = keyring.ids().next() else { bail!("the file has no keys") };
    if !arguments.dry_run {
        for kind in Kind::ALL {
            let what = kind.name();
            let resealed = operations::reseal(db, &keyring, kind, |so_far| {
                eprintln!("{what}: {} sealed anew so far", so_far.sealed);
            });
            let Resealed { sealed, unreadable, changed } = resealed.await?;
            print(&format!(
                "{what}: {sealed} sealed anew, {unreadable} that no key opens, {changed} changed by somebody else meanwhile\n"
            ))?;
        }
    }
    let counts = sealed::counts(db).await?;
    let is_there = |key: &str| keyring.ids().any(|id| id == key);
    let rows = counts.iter().map(|(what, key, count)| {
        let does = match key.as_str() {
            key if key == first => "seals",
            key if is_there(key) => "is still needed",
            _ => "is missing",
        };
        [key.clone(), does.to_owned(), (*what).to_owned(), count.to_string()]
    });
    print(&table(["KEY", "", "FOR", "COUNT"], rows))?;
    let is_unneeded = |id: &&str| *id != first && counts.iter().all(|(_, key, _)| key != id);
    keyring.ids().filter(is_unneeded).try_for_each(|id| print(&format!("The key {id} is not needed any more.\n")))
}

fn file(settings: &Settings) -> anyhow::Result<&Path> {
    let path = settings.keys.file.as_path();
    if path == Path::new("") {
        bail!("keys.file is not set: name the file of keys there, or in WHMCS_API_KEYS_FILE");
    }
    Ok(path)
}

pub fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    let path = file(settings)?;
    let shown = path.display();
    match command {
        Command::Create => {
            let id = keyring::create(path)?;
            print(&format!(
                "{shown} has the key {id}. Keep a copy of the file apart from the backups of the database.\n"
            ))
        }
        Command::Add => {
            let id = keyring::add(path)?;
            print(&format!("{shown} has the key {id} as well. {THEN}\nThen: whmcs-api key use {id}\n"))
        }
        Command::Use { id } => {
            keyring::put_first(path, &id)?;
            print(&format!("The key {id} seals from now on. {THEN}\n"))
        }
        Command::List => {
            let keys = Keyring::load(path)?;
            let uses = std::iter::once("seals and opens").chain(std::iter::repeat("opens"));
            let lines: Vec<String> = keys.ids().zip(uses).map(|(id, does)| format!("{id}  {does}\n")).collect();
            print(&lines.concat())
        }
        // It needs a database.
        Command::Reseal(_) => Ok(()),
    }
}
