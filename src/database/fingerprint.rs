//! Fingerprints of rows: by comparing two of them, a program learns whether any of these rows has changed, without reading
//! them.
//!
//! The database computes one in a single statement, a part of which is a SELECT for each table (`fingerprint_of!`): the
//! number of rows, and the SHA-256 of the concatenated SHA-256 digests of the rows. So equal rows do not cancel each other
//! out, as they would under XOR; values cannot be exchanged between rows without a trace, as under sums of columns; and no
//! other rows with the same digest can be made, as for CRC32 and MD5. With the instructions that processors have for it,
//! SHA-256 takes less time than MD5.
//!
//! Each value is quoted, so that NULL differs from an empty text, and the end of a value is unambiguous. A row is converted
//! to the character set in which it is read, so that a column that is declared to have another one is a change.
//!
//! The digests are concatenated in the order in which the database finds the rows. It may find the same rows in another
//! order, after which two fingerprints differ without a change; the reverse cannot happen.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, MySqlConnection, SqlSafeStr};

/// Length of the digest of a row, as it is concatenated.
const DIGEST_BYTES: i64 = 64;

/// The number in place of that of a table, in the row with the space that the session has for a concatenation.
pub(crate) const SPACE_PART: i64 = -1;

/// A SELECT with the part of a fingerprint that covers these columns of these rows. Parts are joined by `UNION ALL`, and have
/// different numbers.
macro_rules! fingerprint_of {
    ($part:literal, [$($column:literal),+], $from:expr) => {
        concat!(
            "SELECT ", $part, " AS part, COUNT(*) AS found, SHA2(GROUP_CONCAT(SHA2(CONVERT(CONCAT(",
            $("QUOTE(", $column, "), ",)+
            "'') USING utf8mb4), 256) SEPARATOR ''), 256) AS digest FROM ", $from
        )
    };
}
pub(crate) use fingerprint_of;

/// The part of a fingerprint that tells how long a concatenation may be: databases cut what is longer.
macro_rules! fingerprint_space {
    () => {
        "SELECT -1 AS part, CAST(LEAST(@@SESSION.group_concat_max_len, @@SESSION.max_allowed_packet) AS SIGNED) AS found, \
         NULL AS digest"
    };
}
pub(crate) use fingerprint_space;

/// A statement that computes a fingerprint, with its values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FingerprintQuery {
    statement: Cow<'static, str>,
    values: Vec<Value>,
}

/// A value to bind to a statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    Number(i64),
    Text(String),
}

/// A fingerprint. Two of the same query are equal if the rows are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl FingerprintQuery {
    pub(crate) fn new(statement: impl Into<Cow<'static, str>>, values: Vec<Value>) -> FingerprintQuery {
        FingerprintQuery { statement: statement.into(), values }
    }

    /// Returns a hash of the statement and its values.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(format!("{}\n{:?}", self.statement, self.values));
        hasher.finalize().into()
    }

    /// Computes the fingerprint. Returns `None` if this database cannot: there are too many rows, or it lacks SHA-256.
    pub async fn read(&self, db: &mut MySqlConnection) -> sqlx::Result<Option<Fingerprint>> {
        let statement = match &self.statement {
            Cow::Borrowed(statement) => statement.into_sql_str(),
            Cow::Owned(statement) => AssertSqlSafe(statement.clone()).into_sql_str(),
        };
        let query = self.values.iter().fold(sqlx::query_as(statement), |query, value| match value {
            Value::Number(number) => query.bind(*number),
            Value::Text(text) => query.bind(text),
        });
        Ok(combined(query.fetch_all(db).await?))
    }
}

/// Combines the parts of a fingerprint: their numbers, numbers of rows, and digests.
fn combined(mut parts: Vec<(i64, i64, Option<String>)>) -> Option<Fingerprint> {
    parts.sort_unstable();
    let space = parts.iter().find(|(part, ..)| *part == SPACE_PART).map(|&(_, space, _)| space)?;
    let mut hasher = Sha256::new();
    for (part, rows, digest) in parts.iter().filter(|(part, ..)| *part != SPACE_PART) {
        let is_whole = rows.saturating_mul(DIGEST_BYTES) <= space;
        if !is_whole || digest.is_some() != (*rows > 0) {
            return None;
        }
        hasher.update(format!("{part} {rows} {};", digest.as_deref().unwrap_or_default()));
    }
    Some(Fingerprint(hasher.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(parts: &[(i64, i64, Option<&str>)]) -> Option<Fingerprint> {
        combined(parts.iter().map(|&(part, rows, digest)| (part, rows, digest.map(str::to_owned))).collect())
    }

    #[test]
    fn parts_are_combined_in_any_order_and_none_is_cut() {
        let space = (SPACE_PART, 128, None);
        let known = parts(&[space, (1, 2, Some("a")), (2, 0, None)]);
        assert!(known.is_some());
        assert_eq!(parts(&[(2, 0, None), (1, 2, Some("a")), space]), known);
        for other in [
            [space, (1, 2, Some("b")), (2, 0, None)],
            [space, (1, 1, Some("a")), (2, 0, None)],
            [space, (2, 2, Some("a")), (1, 0, None)],
        ] {
            assert!(parts(&other).is_some_and(|other| Some(other) != known), "{other:?}");
        }
        for useless in [
            vec![(1, 1, Some("a"))],
            vec![space, (1, 3, Some("a"))],
            vec![space, (1, 1, None)],
            vec![(SPACE_PART, 63, None), (1, 1, Some("a"))],
        ] {
            assert_eq!(parts(&useless), None, "{useless:?}");
        }
    }
}
