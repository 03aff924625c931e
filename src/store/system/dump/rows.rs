//! Whole rows as bytes.
//!
//! A row is its values one after the other, each as a length of four bytes (big-endian) and that many bytes; the largest
//! length stands for NULL. The bytes are those of the server's text protocol without any conversion: texts in the
//! column's own character set, numbers and times in digits.

use futures_util::TryStreamExt;
use sqlx::mysql::{MySql, MySqlRow};
use sqlx::{AssertSqlSafe, Decode, Executor, MySqlConnection, QueryBuilder, Row, ValueRef};

use super::quoted;
use super::schema::Column;

/// The length that stands for NULL. No value is that long, because no packet is.
const NULL: u32 = u32::MAX;
/// Numbers of rows per INSERT: the largest that still fits is used, so that few statements are prepared, each once.
/// The product of the largest and the columns that a table can have is below the limit on values per statement.
const ROWS: [usize; 3] = [60, 8, 1];

/// Reads all rows of a table, and passes each to `each` as bytes.
pub async fn read<E: From<sqlx::Error>>(
    db: &mut MySqlConnection,
    table: &str,
    columns: &[Column],
    mut each: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    // Without a character set for results, the server sends texts as it stores them.
    db.execute("SET SESSION character_set_results = NULL").await?;
    let expressions: Vec<String> = columns.iter().map(Column::expression).collect();
    let select = format!("SELECT {} FROM {}", expressions.join(", "), quoted(table));
    let mut bytes = Vec::new();
    {
        let mut rows = sqlx::raw_sql(AssertSqlSafe(select)).fetch(&mut *db);
        while let Some(row) = rows.try_next().await? {
            bytes.clear();
            encode(&row, columns.len(), &mut bytes)?;
            each(&bytes)?;
        }
    }
    db.execute("SET SESSION character_set_results = utf8mb4").await?;
    Ok(())
}

fn encode(row: &MySqlRow, columns: usize, bytes: &mut Vec<u8>) -> sqlx::Result<()> {
    for column in 0..columns {
        let value = row.try_get_raw(column)?;
        if value.is_null() {
            bytes.extend(NULL.to_be_bytes());
            continue;
        }
        let value = <&[u8] as Decode<MySql>>::decode(value).map_err(sqlx::Error::Decode)?;
        let length = u32::try_from(value.len()).map_err(|error| sqlx::Error::Decode(error.into()))?;
        bytes.extend(length.to_be_bytes());
        bytes.extend(value);
    }
    Ok(())
}

/// A row, cut into its values.
type Values<'b> = Vec<Option<&'b [u8]>>;

/// Cuts bytes into rows of so many values. Returns `None` if they are not whole rows.
pub fn split(mut bytes: &[u8], columns: usize) -> Option<Vec<Values<'_>>> {
    let mut rows = Vec::new();
    while !bytes.is_empty() {
        let mut row = Vec::with_capacity(columns);
        for _ in 0..columns {
            let (length, rest) = bytes.split_first_chunk::<4>()?;
            bytes = rest;
            row.push(match u32::from_be_bytes(*length) {
                NULL => None,
                length => {
                    let (value, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
                    bytes = rest;
                    Some(value)
                }
            });
        }
        rows.push(row);
    }
    Some(rows)
}

/// Inserts rows in one transaction.
pub async fn insert(
    db: &mut MySqlConnection,
    table: &str,
    columns: &[Column],
    rows: &[Values<'_>],
) -> sqlx::Result<()> {
    let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
    let insert = format!("INSERT INTO {} ({}) ", quoted(table), names.join(", "));
    db.execute("START TRANSACTION").await?;
    let mut left = rows;
    for count in ROWS {
        let chunks = left.chunks_exact(count);
        left = chunks.remainder();
        for chunk in chunks {
            insert_chunk(db, &insert, columns, chunk).await?;
        }
    }
    db.execute("COMMIT").await.map(|_| ())
}

async fn insert_chunk(
    db: &mut MySqlConnection,
    insert: &str,
    columns: &[Column],
    rows: &[Values<'_>],
) -> sqlx::Result<()> {
    let mut query = QueryBuilder::<MySql>::new(insert);
    let mut is_text = Ok(());
    query.push_values(rows, |mut values, row| {
        for (column, value) in columns.iter().zip(row) {
            match value {
                // The server takes bytes as they are for texts and binary values, and only texts for all others.
                Some(value) if column.is_digits => match std::str::from_utf8(value) {
                    Ok(value) => drop(values.push_bind(value)),
                    Err(error) => is_text = Err(sqlx::Error::Decode(error.into())),
                },
                value => drop(values.push_bind(*value)),
            }
        }
    });
    is_text?;
    query.build().execute(db).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_rows_are_read() {
        let bytes = [&[0, 0, 0, 1, b'x'][..], &[0xff; 4], &[0, 0, 0, 0], &[0, 0, 0, 2, b'y', b'z']].concat();
        let rows = split(&bytes, 2).unwrap();
        assert_eq!(rows, [vec![Some(&b"x"[..]), None], vec![Some(&b""[..]), Some(&b"yz"[..])]]);
        for length in [1, 4, 5, 9, 12, bytes.len() - 1] {
            assert_eq!(split(&bytes[..length], 2).map(|rows| rows.len()), (length == 9).then_some(1), "{length}");
        }
        assert_eq!(split(&bytes, 3), None);
    }
}
