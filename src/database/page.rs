//! Pages of lists.

use sqlx::{MySql, QueryBuilder};

/// A page of a list.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Number of rows that are skipped.
    pub start: u32,
    /// Maximum number of rows that are returned.
    pub length: u32,
}

impl Page {
    /// Appends LIMIT and OFFSET to a query. Its ORDER BY must be total, or pages would overlap.
    pub(crate) fn append_to(self, query: &mut QueryBuilder<MySql>) {
        query.push(" LIMIT ").push_bind(self.length).push(" OFFSET ").push_bind(self.start);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}
