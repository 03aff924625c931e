//! Signed statements: JSON Web Tokens (RFC 7519) with HMAC-SHA256, which every language can verify.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

/// Signs claims, a JSON object.
pub fn sign(claims: &Value, key: &str) -> String {
    let header = BASE64.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{header}.{}", BASE64.encode(claims.to_string()));
    let signature = match Hmac::<Sha256>::new_from_slice(key.as_bytes()) {
        Ok(mac) => BASE64.encode(mac.chain_update(&signed).finalize().into_bytes()),
        Err(never) => unreachable!("HMAC takes a key of any length: {never}"),
    };
    format!("{signed}.{signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The claims and the key of the example at jwt.io, whose token is this.
    #[test]
    fn statements_are_json_web_tokens() {
        let claims = serde_json::json!({"sub": "1234567890", "name": "John Doe", "iat": 1_516_239_022});
        assert_eq!(
            sign(&claims, "your-256-bit-secret"),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.\
             SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
        );
    }
}
