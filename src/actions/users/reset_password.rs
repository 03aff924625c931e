//! `ResetPassword`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::with_text;
use crate::actions::{Access, Action, Touches};
use crate::call::Call;
use crate::domain::clients::email::Email;
use crate::domain::id::UserId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::users::{self, Refusal};
use crate::param::Param;
use crate::store;

/// Sends a user a link at which they choose a new password, valid for two hours.
///
/// The password that the user has stays valid. The mail is that of the template `Password Reset Validation`, or a short one of
/// our own if there is none; without a mail server it waits. The link leads to `users.reset_url`, or to WHMCS's own page
/// below `SystemURL`, and is stored with neither the mail nor, for a page of the operator's own, the user: `reset_token` then
/// has `sha256:` and the token's SHA-256 sum in hexadecimal.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ResetPassword {
    /// The user's id, which is not the client's.
    id: Param<UserId>,
    /// The user's e-mail address, instead of `id`.
    email: Param<Email>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct ResetPasswordReply {}

const NOT_AN_EMAIL: &str = "Please provide a valid email address";
const USER_NOT_FOUND: &str = "User Not Found";
const NOBODY: &str = "Please enter the email address or provide the id";

impl Action for ResetPassword {
    const NAME: &'static str = "ResetPassword";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const IS_DESTRUCTIVE: bool = true;
    const EXAMPLE: &'static str = r#"{"email": "marie.tremblay@example.org"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(NOT_AN_EMAIL), Exact(USER_NOT_FOUND), Exact(NOBODY)];
    type Reply = ResetPasswordReply;

    async fn run(self, call: Call<'_>) -> Result<ResetPasswordReply> {
        let user = if self.id.is_sent() {
            self.id.required(USER_NOT_FOUND)?
        } else {
            let Some(email) = self.email.optional(NOT_AN_EMAIL)? else { return refuse(NOBODY) };
            match store::clients::users::account_by_email(call.db, email.as_str()).await? {
                Some(account) => account.id,
                None => return refuse(USER_NOT_FOUND),
            }
        };
        let reset = users::reset_password(call.context(), user).await;
        reset.map_err(|error| with_text(error, &Refusal::UserNotFound, USER_NOT_FOUND))?;
        Ok(ResetPasswordReply {})
    }
}
