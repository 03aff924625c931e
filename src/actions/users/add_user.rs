//! `AddUser`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::clients::USER_EXISTS;
use crate::actions::words::users::NOT_AN_EMAIL;
use crate::actions::{Access, Action, Touches};
use crate::auth::password;
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::clients::email::Email;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::users::{self, NewAccount};
use crate::param::{Param, Password};

/// Adds a user, who may act for no client yet.
///
/// No two users share an e-mail address, in any case; clients and contacts may have it. The password is stored as an Argon2id
/// hash. No mail is sent.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddUser {
    firstname: Param<String>,
    lastname: Param<String>,
    email: Param<Email>,
    password2: Param<Password>,
    /// The language's full name in lower case, such as `english`; by default, the operator's language.
    language: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddUserReply {
    user_id: i64,
}

const NO_FIRST_NAME: &str = "You did not enter a first name";
const NO_LAST_NAME: &str = "You did not enter a last name";
const NO_EMAIL: &str = "You did not enter an email address";
const NO_PASSWORD: &str = "You did not enter a password";
/// The length of the columns.
const NAME_BYTES: usize = 255;

impl Action for AddUser {
    const NAME: &'static str = "AddUser";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const HASHES_PASSWORDS: bool = true;
    const REQUIRED: &[&str] = &["firstname", "lastname", "email", "password2"];
    const EXAMPLE: &'static str = r#"{"firstname": "Rita", "lastname": "Sousa", "email": "rita.sousa@example.net", "password2": "ARatherLongPassword"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(NO_FIRST_NAME),
        Exact(NO_LAST_NAME),
        Exact(NO_EMAIL),
        Exact(NO_PASSWORD),
        Exact(NOT_AN_EMAIL),
        Exact(USER_EXISTS),
    ];
    type Reply = AddUserReply;

    async fn run(self, call: Call<'_>) -> Result<AddUserReply> {
        let first_name = required(self.firstname, "firstname", NO_FIRST_NAME)?;
        let last_name = required(self.lastname, "lastname", NO_LAST_NAME)?;
        if self.email == Param::Absent {
            return refuse(NO_EMAIL);
        }
        let Password(password) = self.password2.required(NO_PASSWORD)?;
        let password = Param::Given(Password(password)).text("password2", TEXT_BYTES)?;
        let new = NewAccount {
            first_name,
            last_name,
            email: self.email.required(NOT_AN_EMAIL)?.as_str().to_owned(),
            language: self.language.text("language", NAME_BYTES)?,
        };
        users::check_new(call.db, &new.email).await?;
        let hash = password::hash(call.hashing_permit()?, call.settings.crypto.mode, password).await?;
        let user = users::add(call.context(), &new, &hash).await?;
        Ok(AddUserReply { user_id: user.0 })
    }
}

fn required(text: Param<String>, name: &str, missing: &'static str) -> Result<String> {
    Param::Given(text.required(missing)?).text(name, NAME_BYTES)
}
