//! `UpdateUser`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::clients::USER_EXISTS;
use crate::actions::words::users::NOT_AN_EMAIL;
use crate::actions::words::with_text;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::clients::email::Email;
use crate::domain::id::UserId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::users::{self, Refusal};
use crate::param::{Clearable, Param};
use crate::store;
use crate::store::clients::users::UserChanges;

/// Changes the given fields of a user. The clients for whom the user may act stay as they are.
///
/// A new e-mail address is one that the user has not verified yet. Only the language can be emptied: the user then has the
/// operator's.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateUser {
    user_id: Param<UserId>,
    firstname: Param<String>,
    lastname: Param<String>,
    email: Param<Email>,
    /// The language's full name in lower case, such as `english`.
    language: Clearable<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateUserReply {
    user_id: i64,
}

const USER_NOT_FOUND: &str = "Invalid User ID requested";
const NOTHING_TO_CHANGE: &str = "One of `email`, `firstname`, `lastname`, or `language` is required";
/// The length of the columns.
const NAME_BYTES: usize = 255;

impl Action for UpdateUser {
    const NAME: &'static str = "UpdateUser";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["user_id"];
    const EXAMPLE: &'static str = r#"{"user_id": 7, "lastname": "Carter-Reid"}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(USER_NOT_FOUND), Exact(NOTHING_TO_CHANGE), Exact(NOT_AN_EMAIL), Exact(USER_EXISTS)];
    type Reply = UpdateUserReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateUserReply> {
        let user = self.user_id.required(USER_NOT_FOUND)?;
        let Some(stored) = store::clients::users::account(call.db, user).await? else { return refuse(USER_NOT_FOUND) };
        let is_empty = !self.firstname.is_sent()
            && !self.lastname.is_sent()
            && !self.email.is_sent()
            && matches!(self.language, Clearable::Sent(Param::Absent));
        if is_empty {
            return refuse(NOTHING_TO_CHANGE);
        }
        let email = self.email.unless_stored(&stored.email);
        let changes = UserChanges {
            first_name: name(self.firstname, "firstname")?,
            last_name: name(self.lastname, "lastname")?,
            email: email.optional(NOT_AN_EMAIL)?.map(|email| email.as_str().to_owned()),
            language: self.language.text("language", NAME_BYTES)?,
        };
        let updated = users::update(call.context(), user, changes).await;
        updated.map_err(|error| with_text(error, &Refusal::UserNotFound, USER_NOT_FOUND))?;
        Ok(UpdateUserReply { user_id: user.0 })
    }
}

/// A name that is empty stays as it is.
fn name(name: Param<String>, parameter: &str) -> Result<Option<String>> {
    Ok(Some(name.text(parameter, NAME_BYTES)?).filter(|name| !name.is_empty()))
}
