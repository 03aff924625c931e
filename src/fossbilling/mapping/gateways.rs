//! Ids of payment gateways, which the tables do not have: they follow from the gateway's name, so that they never change.

use sha2::{Digest, Sha256};

use crate::store::billing::gateways::{Gateway, Gateways};

/// The id of a gateway: 31 bits of the SHA-256 sum of its name.
pub fn id(name: &str) -> i64 {
    let sum: [u8; 32] = Sha256::digest(name.trim().to_lowercase()).into();
    i64::from(u32::from_be_bytes([sum[0], sum[1], sum[2], sum[3]]) >> 1)
}

/// Finds an active gateway by its id.
pub fn find(gateways: Gateways, wanted: i64) -> Option<Gateway> {
    gateways.into_iter().find(|gateway| id(&gateway.name) == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_never_change() {
        assert_eq!((id("stripe"), id("Stripe "), id("banktransfer")), (id("stripe"), id("stripe"), id("BankTransfer")));
        assert_ne!(id("stripe"), id("paypal"));
    }
}
