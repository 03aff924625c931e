//! `whmcs-api key`: the keys that seal secrets in the database.

use std::path::Path;

use anyhow::bail;
use clap::Subcommand;

use super::print;
use crate::config::Settings;
use crate::keyring::{self, Keyring};

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
}

/// Servers that are running read the file again with `whmcs-api reload`.
const THEN: &str = "Copy the file to all servers of the database, and run `whmcs-api reload` on each.";

pub fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    let path = settings.keys.file.as_path();
    if path == Path::new("") {
        bail!("keys.file is not set: name the file of keys there, or in WHMCS_API_KEYS_FILE");
    }
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
    }
}
