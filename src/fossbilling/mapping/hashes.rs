//! Hashes of invoices, by which clients and guests name them: the invoice's id and a keyed hash of it, so that nobody can
//! guess one, and none has to be stored.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sqlx::MySqlConnection;
use subtle::ConstantTimeEq;

use crate::domain::id::InvoiceId;
use crate::error::Error;
use crate::fossbilling::words::Failure;
use crate::store::fossbilling::keys;

/// Number of bytes of the keyed hash that are written.
const BYTES: usize = 16;
const ID_DIGITS: usize = 8;

/// The key of the hashes.
pub struct Hashes(Vec<u8>);

impl Hashes {
    pub async fn read(db: &mut MySqlConnection) -> Result<Hashes, Failure> {
        Hashes::with(keys::secret(db).await?)
    }

    /// Rejects a database that has no secret yet.
    pub fn with(secret: Option<Vec<u8>>) -> Result<Hashes, Failure> {
        let missing =
            || Error::Internal("no secret for the hashes of invoices: a server that may write makes it".into());
        Ok(Hashes(secret.ok_or_else(missing)?))
    }

    pub fn of(&self, invoice: i64) -> String {
        let id = format!("{invoice:0ID_DIGITS$x}");
        let keyed = match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mac) => mac.chain_update(b"invoice ").chain_update(&id).finalize().into_bytes(),
            Err(never) => unreachable!("HMAC takes a key of any length: {never}"),
        };
        keyed.iter().take(BYTES).fold(id, |hash, byte| format!("{hash}{byte:02x}"))
    }

    /// The invoice with this hash.
    pub fn invoice(&self, hash: &str) -> Option<InvoiceId> {
        let id = i64::from_str_radix(hash.get(..ID_DIGITS)?, 16).ok()?;
        let is_right: bool = self.of(id).as_bytes().ct_eq(hash.as_bytes()).into();
        is_right.then_some(InvoiceId(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_name_invoices_and_cannot_be_guessed() {
        let (hashes, others) = (Hashes(vec![1; 32]), Hashes(vec![2; 32]));
        let hash = hashes.of(17);
        assert!((30..=60).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
        assert_eq!(hashes.invoice(&hash), Some(InvoiceId(17)));
        let altered = hash.replacen("00000011", "00000012", 1);
        for wrong in [&*others.of(17), &*altered, &hash[..30], "", "zz"] {
            assert_eq!(hashes.invoice(wrong), None, "{wrong}");
        }
    }
}
