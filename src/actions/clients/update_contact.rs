//! `UpdateContact`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::person::{self, PhoneNumber, preferences};
use super::update_client::{DUPLICATE_EMAIL, NOT_AN_EMAIL};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::writer::Subject;
use crate::domain::id::{ClientId, ContactId};
use crate::domain::topic::Topic;
use crate::error::{Error, Result, refuse};
use crate::param::{Keyed, Param};
use crate::store;

/// Changes a contact: what is named, and nothing else. What is empty is left as it is.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateContact {
    contactid: Param<ContactId>,
    #[serde(flatten)]
    person: person::Parameters,
    /// Flags by `general`, `product`, `domain`, `invoice`, `support` and `affiliate`; what is not named stays.
    email_preferences: Param<Keyed<bool>>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    /// As text.
    contactid: String,
}

const CONTACT_NOT_FOUND: &str = "Contact ID Not Found";
const NO_DOMAIN_MAILS: &str = "You must have at least one email address enabled to receive domain related \
     notifications as required by ICANN. To disable domain notifications, please enable domain notifications for \
     the primary account holder or another contact";

impl Action for UpdateContact {
    const NAME: &'static str = "UpdateContact";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["contactid"];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let (client, contact) = locked_contact(call.db, self.contactid).await?;
        let person = self.person.read(NOT_AN_EMAIL, PhoneNumber::WithCallingCode, true)?;
        let preferences = preferences(self.email_preferences)?;
        if preferences.contains(&(Topic::Domain, false))
            && !store::clients::client::preferences(call.db, client).await?.wants(Topic::Domain)
            && !store::clients::contacts::gets_domain_mails(call.db, client, contact.0).await?
        {
            return refuse(NO_DOMAIN_MAILS);
        }

        let mut books = call.write(Subject::Client(client)).await?;
        if !store::clients::contacts::update(&mut books, client, contact, &person, &preferences).await? {
            return refuse(DUPLICATE_EMAIL);
        }
        store::system::activity::log(&mut books, Some(client), &format!("Modified Contact - Contact ID: {contact}"))
            .await?;
        Ok(Reply { contactid: contact.to_string() })
    }
}

/// A contact, and the client whose it is, who is locked.
pub async fn locked_contact(db: &mut MySqlConnection, contact: Param<ContactId>) -> Result<(ClientId, ContactId)> {
    let not_found = || Error::Refused(CONTACT_NOT_FOUND);
    let contact = contact.required(CONTACT_NOT_FOUND)?;
    let client = store::clients::contacts::client(db, contact).await?.ok_or_else(not_found)?;
    store::clients::client::lock(db, client).await?;
    // It may have been deleted while this call waited for the client.
    store::clients::contacts::client(db, contact).await?.ok_or_else(not_found)?;
    Ok((client, contact))
}
