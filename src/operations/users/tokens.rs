//! Tokens in links, by which their holders prove that they got a mail.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::fault::{self, Fault};

/// A token of 256 random bits.
pub struct Token(String);

impl Token {
    pub fn random() -> fault::Result<Token> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Fault::internal(format!("no randomness: {error}")))?;
        Ok(Token(hex(&bytes)))
    }

    /// Returns the token as it is stored. The pages of WHMCS look it up as it is; for a page of the operator's own, its hash
    /// suffices, from which nobody can find the token.
    pub fn stored(&self, is_for_whmcs: bool) -> String {
        if is_for_whmcs { self.0.clone() } else { format!("sha256:{}", hex(&Sha256::digest(&self.0))) }
    }

    /// The token as it is in the link.
    pub fn reveal(self) -> String {
        self.0
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
