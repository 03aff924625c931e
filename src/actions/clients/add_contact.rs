//! `AddContact`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::person::{self, NOT_AN_EMAIL, preferences};
use crate::actions::words::clients::{CLIENT_NOT_FOUND, DUPLICATE_EMAIL};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::clients::preferences::Preferences;
use crate::domain::id::ClientId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::clients::{self, NewContact};
use crate::param::{Keyed, Param};
use crate::store::clients::person::Person;

/// Adds a contact to a client.
///
/// No field of the contact is required. No two contacts of a client share an e-mail address; contacts of different
/// clients may. The contact gets the mails that `email_preferences` names and no others. Parameters for the log-ins
/// that contacts had before WHMCS 8.0 are ignored, as in WHMCS.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddContact {
    clientid: Param<ClientId>,
    #[serde(flatten)]
    person: person::Parameters,
    /// Flags by `general`, `product`, `domain`, `invoice`, `support` and `affiliate`.
    email_preferences: Param<Keyed<bool>>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddContactReply {
    contactid: i64,
}

impl Action for AddContact {
    const NAME: &'static str = "AddContact";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["clientid"];
    const EXAMPLE: &'static str = r#"{"clientid": 1, "firstname": "Rui", "lastname": "Costa", "email": "rui.costa@example.com", "email_preferences": {"invoice": true}}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(CLIENT_NOT_FOUND), Exact(DUPLICATE_EMAIL)];
    type Reply = AddContactReply;

    async fn run(self, call: Call<'_>) -> Result<AddContactReply> {
        let client = clients::lock(call.db, self.clientid.required(CLIENT_NOT_FOUND)?).await?.id;
        let person = self.person.read(NOT_AN_EMAIL, &Person::default(), false)?;
        let sent = preferences(self.email_preferences)?;
        let preferences = sent.into_iter().fold(Preferences::NONE, |all, (topic, wanted)| all.with(topic, wanted));
        let contact = clients::add_contact(call.context(), NewContact { client, person, preferences }).await?;
        Ok(AddContactReply { contactid: contact.0 })
    }
}
