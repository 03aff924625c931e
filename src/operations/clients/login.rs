//! Log-ins of users.

use super::Refusal;
use crate::database::writer::Subject;
use crate::operations::{Context, Result};
use crate::store;
use crate::store::clients::users::UserLogin;

/// Records that a user has logged in now, after the password was checked against this hash.
pub async fn record_login(context: Context<'_>, user: &UserLogin) -> Result<(), Refusal> {
    let mut tx = context.write(Subject::User(user.id)).await?;
    match store::clients::users::record_login(&mut tx, user).await? {
        true => Ok(()),
        false => Err(Refusal::CredentialsChanged.into()),
    }
}
