//! `DeleteContact`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::clients::CONTACT_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::ContactId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::clients;
use crate::param::Param;

/// Deletes a contact. Their orders and tickets stay; if it was the billing contact, the client is billed from now on.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteContact {
    contactid: Param<ContactId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeleteContactReply {
    /// The contact's id, as a string.
    contactid: String,
}

impl Action for DeleteContact {
    const NAME: &'static str = "DeleteContact";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["contactid"];
    const EXAMPLE: &'static str = r#"{"contactid": 1}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(CONTACT_NOT_FOUND)];
    type Reply = DeleteContactReply;

    async fn run(self, call: Call<'_>) -> Result<DeleteContactReply> {
        let contact = clients::lock_contact(call.db, self.contactid.required(CONTACT_NOT_FOUND)?).await?;
        clients::delete_contact(call.context(), contact).await?;
        Ok(DeleteContactReply { contactid: contact.id.to_string() })
    }
}
