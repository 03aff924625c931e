//! Who writes: a client, one of the client's people, or a guest.

use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::MySqlConnection;

use crate::actions::billing::add_credit::locked_client;
use crate::actions::words::clients::CONTACT_NOT_FOUND;
use crate::domain::email::Email;
use crate::domain::id::{ClientId, ContactId, UserId};
use crate::error::{Result, refuse};
use crate::param::Param;
use crate::store::support::parties;

/// The longest name of a guest.
pub const NAME_BYTES: usize = 255;
pub const EMAIL_INVALID: &str = "Email Address Invalid";
pub const USER_NOT_FOUND: &str = "The system cannot find the provided user ID.";
pub const NO_NAME_OR_EMAIL: &str = "Name and email address are required if not a client";

/// Who writes, as requests name them.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct Sender {
    /// The client who writes.
    clientid: Param<ClientId>,
    /// The client's contact who writes; only with `clientid`.
    contactid: Param<ContactId>,
    /// The name of a guest; only without `clientid`.
    name: Param<String>,
    /// The address of a guest; only without `clientid`.
    email: Param<Email>,
}

/// Who writes, as the tables hold them.
#[derive(Debug, Default)]
pub struct Known {
    pub client: Option<ClientId>,
    pub user: Option<UserId>,
    pub contact: Option<ContactId>,
    name: String,
    email: Param<Email>,
}

impl Sender {
    /// Finds them, and locks the client. `user` is another one of the client's people, who goes before the contact.
    pub async fn find(self, db: &mut MySqlConnection, user: Param<UserId>) -> Result<Known> {
        if self.clientid == Param::Absent {
            return self.guest();
        }
        let client = locked_client(db, self.clientid).await?.id;
        if let Some(user) = user.optional(USER_NOT_FOUND)? {
            let is_theirs = parties::has_user(db, client, user).await?;
            let known = Known { client: Some(client), user: Some(user), ..Known::default() };
            return if is_theirs { Ok(known) } else { refuse(USER_NOT_FOUND) };
        }
        let contact = self.contactid.optional(CONTACT_NOT_FOUND)?;
        if let Some(contact) = contact
            && !parties::has_contact(db, client, contact).await?
        {
            return refuse(CONTACT_NOT_FOUND);
        }
        Ok(Known { client: Some(client), contact, ..Known::default() })
    }

    fn guest(self) -> Result<Known> {
        let name = self.name.text("name", NAME_BYTES)?;
        if name.trim().is_empty() || self.email == Param::Absent {
            return refuse(NO_NAME_OR_EMAIL);
        }
        Ok(Known { name, email: self.email, ..Known::default() })
    }
}

impl Known {
    /// A guest's name and address, which are empty for a client; checked late, as the documented order has it.
    pub fn guest(&self) -> Result<(String, String)> {
        let email = self.email.clone().optional(EMAIL_INVALID)?;
        Ok((self.name.clone(), email.map(|email| email.as_str().to_owned()).unwrap_or_default()))
    }
}
