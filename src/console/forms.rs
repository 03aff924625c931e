//! The tokens of forms: a form is accepted from who was given it, and once.
//!
//! A token is a random number with a code that only the session can have made (HMAC-SHA256), so that nothing is stored of forms
//! that are never sent.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::auth::equal_in_constant_time;
use crate::error::{Error, Result};

/// The name of the field with the token.
pub(super) const TOKEN: &str = "form_token";
const NONCE_BYTES: usize = 16;

/// Makes and checks the tokens of forms for one session.
pub(super) struct Forms {
    /// The token of the session's cookie.
    key: String,
}

impl Forms {
    pub fn of(key: &str) -> Forms {
        Forms { key: key.to_owned() }
    }

    /// Makes a token.
    pub fn token(&self) -> Result<String> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
        let nonce = BASE64.encode(nonce);
        let code = self.code("form", &nonce);
        Ok(format!("{nonce}.{code}"))
    }

    /// Whether this session was given the token.
    pub fn has_made(&self, token: &str) -> bool {
        let parts = token.split_once('.');
        parts.is_some_and(|(nonce, code)| equal_in_constant_time(code, &self.code("form", nonce)))
    }

    /// Returns a code for a text, so that nobody else can have a page show theirs.
    pub fn code(&self, purpose: &str, text: &str) -> String {
        let mac = match Hmac::<Sha256>::new_from_slice(self.key.as_bytes()) {
            Ok(mac) => mac.chain_update(purpose).chain_update([0]).chain_update(text),
            Err(never) => unreachable!("HMAC takes a key of any length: {never}"),
        };
        BASE64.encode(mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_session() {
        let (one, other) = (Forms::of("one"), Forms::of("other"));
        let token = one.token().unwrap();
        assert!(one.has_made(&token) && !other.has_made(&token));
        assert_ne!(token, one.token().unwrap());
        let (nonce, code) = token.split_once('.').unwrap();
        let of_notice = format!("{nonce}.{}", one.code("notice", nonce));
        for wrong in ["", ".", nonce, &format!("{nonce}."), &format!("x{nonce}.{code}"), &of_notice] {
            assert!(!one.has_made(wrong), "{wrong}");
        }
    }
}
