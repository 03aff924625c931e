//! `DeleteContact`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::update_contact::locked_contact;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::writer::Subject;
use crate::domain::id::ContactId;
use crate::error::Result;
use crate::param::Param;
use crate::store;

/// Deletes a contact. What they ordered or asked for stays; bills that were for them are for the client from now on.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteContact {
    contactid: Param<ContactId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    /// As text.
    contactid: String,
}

impl Action for DeleteContact {
    const NAME: &'static str = "DeleteContact";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["contactid"];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let (client, contact) = locked_contact(call.db, self.contactid).await?;

        let mut books = call.write(Subject::Client(client)).await?;
        store::clients::contacts::delete(&mut books, client, contact).await?;
        store::system::activity::log(&mut books, Some(client), &format!("Deleted Contact - Contact ID: {contact}"))
            .await?;
        Ok(Reply { contactid: contact.to_string() })
    }
}
