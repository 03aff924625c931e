//! Pages of lists.

use sqlx::mysql::MySqlRow;
use sqlx::{FromRow, MySql, MySqlConnection, QueryBuilder, Row};

/// A page of a list.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Number of rows that are skipped.
    pub start: u32,
    /// Maximum number of rows that are returned.
    pub length: u32,
}

/// The rows of a page, and the number of rows of the whole list.
#[derive(Debug)]
pub struct Listed<T> {
    pub total: i64,
    pub rows: Vec<T>,
}

/// The parts of the statement that reads a page of a list.
pub(crate) struct ListStatement<'s> {
    /// The columns of a row.
    pub columns: &'s str,
    /// The table of the list, with the alias that the filter uses.
    pub table: &'s str,
    /// The joins that the columns need. They must keep the number of rows, as they are left out where rows are counted.
    pub joins: &'s str,
    /// Appends the WHERE clause.
    pub filter: &'s (dyn Fn(&mut QueryBuilder<MySql>) + Sync),
    /// The ORDER BY clause. The order must be total, or pages would overlap.
    pub order: &'s str,
}

impl ListStatement<'_> {
    /// Reads a page, and counts the rows of the list in the same statement. Only for an empty page that is not the first
    /// one, which has no row that could carry the number, a second statement counts.
    pub async fn read<T>(&self, db: &mut MySqlConnection, page: Page) -> sqlx::Result<Listed<T>>
    where
        T: for<'r> FromRow<'r, MySqlRow> + Send + Unpin,
    {
        let counted: Vec<Counted<T>> = self.of_page(page).build_query_as().fetch_all(&mut *db).await?;
        let total = match counted.first() {
            Some(first) => first.total,
            None if page.start == 0 && page.length > 0 => 0,
            None => self.count().build_query_scalar().fetch_one(db).await?,
        };
        Ok(Listed { total, rows: counted.into_iter().map(|counted| counted.row).collect() })
    }

    fn of_page(&self, page: Page) -> QueryBuilder<MySql> {
        let mut query = QueryBuilder::new("SELECT ");
        query.push(self.columns).push(", (");
        self.append_count_to(&mut query);
        query.push(") AS total_of_list FROM ").push(self.table).push(" ").push(self.joins);
        (self.filter)(&mut query);
        query.push(" ").push(self.order);
        query.push(" LIMIT ").push_bind(page.length).push(" OFFSET ").push_bind(page.start);
        query
    }

    fn count(&self) -> QueryBuilder<MySql> {
        let mut query = QueryBuilder::new("");
        self.append_count_to(&mut query);
        query
    }

    fn append_count_to(&self, query: &mut QueryBuilder<MySql>) {
        query.push("SELECT COUNT(*) FROM ").push(self.table);
        (self.filter)(query);
    }
}

/// A row whose last column is the number of rows of the list.
struct Counted<T> {
    row: T,
    total: i64,
}

impl<'r, T: FromRow<'r, MySqlRow>> FromRow<'r, MySqlRow> for Counted<T> {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Self> {
        Ok(Counted { row: T::from_row(row)?, total: row.try_get(row.len() - 1)? })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}
