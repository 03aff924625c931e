//! Which part of a list is asked for.

use sqlx::{MySql, QueryBuilder};

/// A page of a list.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// How many rows are left out in front.
    pub start: u32,
    /// How many rows there are at most.
    pub length: u32,
}

impl Page {
    /// Ends a query with what makes it this page. Its order must be that of all rows, or pages would overlap.
    pub(super) fn cut(self, query: &mut QueryBuilder<MySql>) {
        query.push(" LIMIT ").push_bind(self.length).push(" OFFSET ").push_bind(self.start);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}
