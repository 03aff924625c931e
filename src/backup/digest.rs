//! The digest of a table's rows, which does not depend on their order.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The number of rows, and the sum of their SHA-256 digests. Two tables with the same digest have the same rows, as
/// often each, unless somebody takes great pains to make others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct TableDigest {
    pub rows: u64,
    sum: [u64; 4],
}

impl TableDigest {
    pub fn add(&mut self, row: &[u8]) {
        self.rows += 1;
        let digest = Sha256::digest(row);
        for (sum, part) in self.sum.iter_mut().zip(digest.as_chunks::<8>().0) {
            *sum = sum.wrapping_add(u64::from_be_bytes(*part));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(rows: &[&[u8]]) -> TableDigest {
        let mut digest = TableDigest::default();
        for row in rows {
            digest.add(row);
        }
        digest
    }

    #[test]
    fn rows_and_how_often_they_occur_matter_and_not_their_order() {
        let all = digest(&[b"a", b"b", b"b"]);
        assert_eq!(all, digest(&[b"b", b"a", b"b"]));
        for others in [&[&b"a"[..], b"b"][..], &[b"a", b"a", b"b"], &[b"a", b"b", b"c"], &[b"ab", b"b", b""]] {
            assert_ne!(all, digest(others), "{others:?}");
        }
    }
}
