//! Log-ins of users, whichever API they come through.

use sqlx::MySqlConnection;

use super::failures::PasswordFailures;
use super::password::{self, HashingPermit};
use super::secret;
use crate::database::TEXT_BYTES;
use crate::error::Result;
use crate::store::clients::users::{self, UserLogin};

/// An attempt of a user to log in.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// Who asks for it, among whose attempts it is counted.
    pub caller: &'a str,
    pub email: &'a str,
    pub password: String,
}

/// Returns the user with this e-mail address if the password is right. Wrong ones take as long, whether there is such a user or
/// not, and too many of them are rejected.
pub async fn verify(
    db: &mut MySqlConnection,
    failures: &PasswordFailures,
    permit: &HashingPermit,
    attempt: Attempt<'_>,
) -> Result<Option<UserLogin>> {
    let Attempt { caller, email, password } = attempt;
    if email.is_empty() || password.len() > TEXT_BYTES {
        return Ok(None);
    }
    let user = users::credentials(db, email).await?;
    // The database compares addresses loosely, so several spellings match the same user.
    let counted = user.as_ref().map_or_else(|| email.to_lowercase(), |user| user.id.to_string());
    failures.check(caller, &counted).await?;
    let stored = match &user {
        Some(user) => user.password_hash.clone(),
        None => users::decoy_hash(db, email).await?.unwrap_or(secret::DUMMY_HASH.to_owned()),
    };
    if password::matches(permit, stored, password).await? && user.is_some() {
        return Ok(user);
    }
    failures.add(caller, &counted).await;
    Ok(None)
}
