//! Connections to the database: the servers, the pool, prepared statements, the writing half of a transaction, migrations,
//! and how values are bound and read.
//!
//! Nothing here knows a table of WHMCS's, or a statement of [`crate::store`]: the statements that a connection prepares are
//! handed to it.

pub mod errors;
pub mod hosts;
pub mod migrations;
pub mod page;
pub mod pool;
mod prepared;
pub(crate) mod sql;
pub mod values;
pub mod writer;

use std::fmt;

pub use prepared::Statements;

/// Whether something changes the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It only reads.
    Read,
    /// It reads and writes.
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

/// The longest text that a TEXT column holds, in bytes.
pub const TEXT_BYTES: usize = 65_535;
