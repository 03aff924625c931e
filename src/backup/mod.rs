//! Backs up a database and the attachments of tickets to one file, and restores them.
//!
//! A backup reads one snapshot through a connection of this program, so it needs no other program, and the server keeps
//! answering calls meanwhile. The file is checked as a whole before a restore writes anything, and what was restored is
//! read again and compared with what was backed up.
//!
//! The file is a tar archive, compressed with gzip: any program can list it and extract attachments.
//!
//! | Entry | Content |
//! |---|---|
//! | `backup.json` | [`Header`]: what this file is, and how it was made |
//! | `tables/0001-tblclients/000001.rows` | some rows of the first table, as `store::system::dump::rows` describes them |
//! | `attachments/NAME` | a file of the folder of attachments |
//! | `manifest.json` | [`Manifest`]: the definitions of all tables, and what there must be of each |
//! | `SHA256` | the digest of all entries before |

mod attachments;
mod digest;
mod dump;
mod file;
mod restore;
mod snapshot;
mod unfinished;

use serde::{Deserialize, Serialize};

use self::digest::TableDigest;
use crate::store::system::dump::objects::Object;
use crate::store::system::dump::schema::Column;

pub use dump::{Source, Written, dump};
pub use file::verify;
pub use restore::{Restored, Target, restore};

/// The version of the file's format. A program reads files of its own version only.
const VERSION: u32 = 1;
const FORMAT: &str = "whmcs-api backup";
/// The error of a backup that was told to stop.
const INTERRUPTED: &str = "interrupted";

/// What a backup is, at the beginning of its file.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Header {
    pub format: String,
    pub version: u32,
    /// The version of the program that made it.
    pub program: String,
    /// UTC, such as `2026-11-20 12:30:00`.
    pub created_at: String,
    /// The version of the database server.
    pub server: String,
    pub database: String,
    /// The default of the database for new tables.
    pub collation: String,
    /// The ids of the keys with which this program has encrypted values of the database. It encrypts none so far; a
    /// backup that names a key needs a version that has it.
    pub encryption_keys: Vec<String>,
}

/// All that a backup contains, at the end of its file.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Manifest {
    /// In the order of their entries, which have their numbers, from 1.
    pub tables: Vec<TableManifest>,
    pub objects: Vec<Object>,
    pub attachments: u64,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct TableManifest {
    pub name: String,
    /// The statement that creates it.
    pub sql: String,
    /// The columns of its rows.
    pub columns: Vec<Column>,
    pub digest: TableDigest,
}

impl Manifest {
    /// Number of rows of a table, for people to see whether this is the database that they meant.
    pub fn rows_of(&self, table: &str) -> u64 {
        self.tables.iter().filter(|of| of.name == table).map(|table| table.digest.rows).sum()
    }

    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.digest.rows).sum()
    }

    /// The names of the events that ran by themselves, and do not once they are restored.
    pub fn events_to_enable(&self) -> impl Iterator<Item = &str> {
        self.objects.iter().filter(|object| object.is_disabled_by_restoring()).map(|object| &*object.name)
    }
}

/// How far a backup or restore has come, for people to see.
#[derive(Debug, Clone)]
pub struct Progress<'p> {
    /// What is being done, such as `reading tblclients`.
    pub step: &'p str,
    pub done: u64,
    /// An estimate, for reading tables.
    pub all: u64,
}
