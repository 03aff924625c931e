//! The parameters that identify the author of a ticket or reply: a client, contact, user or guest.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::actions::words::clients::{CLIENT_NOT_FOUND, CONTACT_NOT_FOUND};
use crate::actions::words::support::{NO_SENDER, NOT_AN_EMAIL, USER_NOT_FOUND};
use crate::database::lease::Lease;
use crate::database::writer::Subject;
use crate::domain::clients::email::Email;
use crate::domain::id::{ClientId, ContactId, UserId};
use crate::error::{Result, refuse};
use crate::operations::clients;
use crate::operations::support::{Sender, check_contact, check_user};
use crate::param::Param;

/// Maximum length of a guest's name.
pub const NAME_BYTES: usize = 255;

/// The parameters that identify an author.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct SenderParams {
    /// The client who is the author.
    clientid: Param<ClientId>,
    /// The contact of the client who is the author; only with `clientid`.
    contactid: Param<ContactId>,
    /// The name of a guest; only without `clientid`.
    name: Param<String>,
    /// The e-mail address of a guest; only without `clientid`.
    email: Param<Email>,
}

/// An author whose e-mail address, for a guest, is not decoded yet: its error comes late in the documented order.
#[derive(Debug)]
pub struct FoundSender {
    sender: Sender,
    email: Param<Email>,
}

impl SenderParams {
    /// Finds the author, and locks the client. A `user` of the client takes precedence over the contact.
    pub async fn find_and_lock(self, db: &mut Lease, user: Param<UserId>) -> Result<FoundSender> {
        if let Param::Given(client) = &self.clientid {
            db.lock(Subject::Client(*client)).await?;
        }
        self.find(db, user).await
    }

    /// Finds the author of a reply to a ticket that is locked, and keeps the client from being deleted.
    pub async fn find(self, db: &mut Lease, user: Param<UserId>) -> Result<FoundSender> {
        if !self.clientid.is_sent() {
            return self.guest();
        }
        let client = self.clientid.required(CLIENT_NOT_FOUND)?;
        clients::keep(db, client).await?;
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
    /// Returns the client's id, or `None` for a guest.
    pub fn client(&self) -> Option<ClientId> {
        self.sender.client
    }

    pub fn read_email(self) -> Result<Sender> {
        let email = self.email.optional(NOT_AN_EMAIL)?;
        Ok(Sender { email: email.map(|email| email.as_str().to_owned()).unwrap_or_default(), ..self.sender })
    }
}
