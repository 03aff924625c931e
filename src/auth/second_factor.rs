//! Second factors of staff at the console: codes that depend on the time (TOTP, RFC 6238).

use totp_rs::{Builder, Totp};

use crate::error::{Error, Result};

/// Whom apps name as the issuer of the codes.
const ISSUER: &str = "whmcs-api";
const SECRET_BYTES: usize = 20;

/// A secret that a member of staff shares with an app.
pub struct SecondFactor(Totp);

impl SecondFactor {
    /// Makes a new secret for a member of staff with this user name.
    pub fn random(user_name: &str) -> Result<SecondFactor> {
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut secret).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
        SecondFactor::of(secret.to_vec(), user_name)
    }

    /// The second factor with a secret that was made before.
    pub fn of(secret: Vec<u8>, user_name: &str) -> Result<SecondFactor> {
        // A colon separates the issuer from the name.
        let builder = Builder::new().with_secret(secret).with_issuer(Some(ISSUER));
        let totp = builder.with_account_name(user_name.replace(':', " ")).build();
        totp.map(SecondFactor).map_err(|error| Error::Internal(format!("a second factor: {error}").into()))
    }

    /// The secret as it is stored, sealed.
    pub fn secret(&self) -> &[u8] {
        self.0.secret().as_bytes()
    }

    /// The secret as a person types it into an app.
    pub fn typed(&self) -> String {
        self.0.secret().to_base32()
    }

    /// What the QR code says.
    pub fn link(&self) -> Result<String> {
        self.0.to_url().map_err(|error| Error::Internal(format!("a second factor: {error}").into()))
    }

    /// Returns the step whose code this is, at a time in seconds since 1970: of this half minute, the one before or the one
    /// after.
    pub fn step(&self, code: &str, now: i64) -> Option<i64> {
        let digits: String = code.chars().filter(|character| !character.is_whitespace()).collect();
        let step = self.0.check(&digits, u64::try_from(now).ok()?)?;
        i64::try_from(step).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret and the last six digits of the codes in RFC 6238, appendix B.
    #[test]
    fn codes_are_those_of_the_standard() {
        let factor = SecondFactor::of(b"12345678901234567890".to_vec(), "alice").unwrap();
        assert_eq!(factor.typed(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")] {
            let step = time / 30;
            assert_eq!(factor.step(code, time), Some(step));
            assert_eq!(factor.step(&format!("{} {} ", &code[..3], &code[3..]), time), Some(step));
            assert_eq!([-30, 30].map(|drift| factor.step(code, time + drift)), [Some(step); 2]);
            assert_eq!([-90, 90].map(|drift| factor.step(code, time + drift)), [None; 2]);
        }
        for wrong in ["", "287083", "28708", "2870820", "28708a", "+28708"] {
            assert_eq!(factor.step(wrong, 59), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_reads_the_issuer_and_the_user_name() {
        let factor = SecondFactor::of(vec![0; SECRET_BYTES], "a:lice & co").unwrap();
        let link = factor.link().unwrap();
        assert!(link.starts_with("otpauth://totp/whmcs-api:a%20lice%20%26%20co?secret=AAAA"), "{link}");
        assert_ne!(SecondFactor::random("a").unwrap().secret(), SecondFactor::random("a").unwrap().secret());
    }
}
