//! The parameters that say who writes: a client, one of the client's people, or a guest.

use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::MySqlConnection;

use crate::actions::words::clients::{CLIENT_NOT_FOUND, CONTACT_NOT_FOUND};
use crate::actions::words::support::{NO_SENDER, NOT_AN_EMAIL, USER_NOT_FOUND};
use crate::domain::clients::email::Email;
use crate::domain::id::{ClientId, ContactId, UserId};
use crate::error::{Result, refuse};
use crate::operations::clients;
use crate::operations::support::{Sender, check_contact, check_user};
use crate::param::Param;

/// The longest name of a guest.
pub const NAME_BYTES: usize = 255;

/// Who writes, as requests name them.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct SenderParams {
    /// The client who writes.
    clientid: Param<ClientId>,
    /// The client's contact who writes; only with `clientid`.
    contactid: Param<ContactId>,
    /// The name of a guest; only without `clientid`.
    name: Param<String>,
    /// The address of a guest; only without `clientid`.
    email: Param<Email>,
}

/// Who writes, where a guest's address is still to be read: the documented order has its error late.
#[derive(Debug)]
pub struct FoundSender {
    sender: Sender,
    email: Param<Email>,
}

impl SenderParams {
    /// Finds who writes, and locks the client. `user` is another one of the client's people, who goes before the contact.
    pub async fn find(self, db: &mut MySqlConnection, user: Param<UserId>) -> Result<FoundSender> {
        if self.clientid == Param::Absent {
            return self.guest();
        }
        let client = clients::lock(db, self.clientid.required(CLIENT_NOT_FOUND)?).await?.id;
        let mut sender = Sender { client: Some(client), ..Sender::default() };
        if let Some(user) = user.optional(USER_NOT_FOUND)? {
            check_user(db, client, user).await?;
            sender.user = Some(user);
        } else if let Some(contact) = self.contactid.optional(CONTACT_NOT_FOUND)? {
            check_contact(db, client, contact).await?;
            sender.contact = Some(contact);
        }
        Ok(FoundSender { sender, email: Param::Absent })
    }

    fn guest(self) -> Result<FoundSender> {
        let name = self.name.text("name", NAME_BYTES)?;
        if name.trim().is_empty() || self.email == Param::Absent {
            return refuse(NO_SENDER);
        }
        Ok(FoundSender { sender: Sender { name, ..Sender::default() }, email: self.email })
    }
}

impl FoundSender {
    /// The client who was found; `None` for a guest.
    pub fn client(&self) -> Option<ClientId> {
        self.sender.client
    }

    pub fn read_email(self) -> Result<Sender> {
        let email = self.email.optional(NOT_AN_EMAIL)?;
        Ok(Sender { email: email.map(|email| email.as_str().to_owned()).unwrap_or_default(), ..self.sender })
    }
}
