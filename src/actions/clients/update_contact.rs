//! `UpdateContact`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::person::{self, NOT_AN_EMAIL, preferences};
use crate::actions::words::clients::{CONTACT_MUST_RECEIVE_DOMAIN_MAILS, CONTACT_NOT_FOUND, DUPLICATE_EMAIL};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::ContactId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::clients;
use crate::param::{Keyed, Param};

/// Changes the given fields of a contact.
///
/// A field that is sent empty or as `null` is emptied, except the first and last name, the e-mail address and the
/// country, which stay as they are.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateContact {
    contactid: Param<ContactId>,
    #[serde(flatten)]
    person: person::Parameters,
    /// Flags by `general`, `product`, `domain`, `invoice`, `support` and `affiliate`; topics that are not given stay
    /// unchanged.
    email_preferences: Param<Keyed<bool>>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateContactReply {
    /// The contact's id, as a string.
    contactid: String,
}

impl Action for UpdateContact {
    const NAME: &'static str = "UpdateContact";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["contactid"];
    const EXAMPLE: &'static str = r#"{"contactid": 1, "firstname": "Maria"}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(CONTACT_NOT_FOUND), Exact(DUPLICATE_EMAIL), Exact(CONTACT_MUST_RECEIVE_DOMAIN_MAILS)];
    type Reply = UpdateContactReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateContactReply> {
        let id = self.contactid.required(CONTACT_NOT_FOUND)?;
        let (contact, stored) = clients::lock_contact_to_update(call.db, id).await?;
        let person = self.person.read(NOT_AN_EMAIL, &stored, false)?;
        let preferences = preferences(self.email_preferences)?;
        clients::update_contact(call.context(), contact, person, &preferences).await?;
        Ok(UpdateContactReply { contactid: contact.id.to_string() })
    }
}
