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
    pub(crate) fn cut(self, query: &mut QueryBuilder<MySql>) {
        query.push(" LIMIT ").push_bind(self.length).push(" OFFSET ").push_bind(self.start);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// What `LIKE … ESCAPE '|'` compares a text with that is to begin like this.
pub(crate) fn beginning_with(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '|') {
            pattern.push('|');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_for_has_no_wildcards() {
        for (text, pattern) in [("", "%"), ("jane", "jane%"), ("50%_|", "50|%|_||%")] {
            assert_eq!(beginning_with(text), pattern);
        }
    }
}
