//! Access to the database: hosts, the pool, prepared statements, the writing half of a transaction, migrations,
//! fingerprints of rows, and how values are bound and read.
//!
//! This module knows no table of WHMCS's, and no statement of [`crate::store`]: the statements that a connection
//! prepares are passed to it.

pub mod coalescing;
pub mod embedded;
pub mod errors;
pub mod fingerprint;
pub mod hosts;
pub mod lease;
pub mod listeners;
pub mod migrations;
pub mod page;
pub mod pool;
pub mod rehearsal;
pub mod select;
pub(crate) mod sql;
pub mod subject;
pub mod subject_lock;
pub mod values;
pub mod writer;

use std::fmt;

/// Whether an action changes the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads only.
    Read,
    /// Reads and writes.
    Write,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Access::Read => "read",
            Access::Write => "write",
        })
    }
}

/// The maximum length of a TEXT column, in bytes.
pub const TEXT_BYTES: usize = 65_535;
