//! `AddClientNote`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::database::writer::Subject;
use crate::domain::id::ClientId;
use crate::error::{Error, Result};
use crate::param::Param;
use crate::store;

/// Adds a note about a client, for staff to read. It is by the member of staff to whom the credential belongs.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddClientNote {
    /// The client.
    userid: Param<ClientId>,
    notes: Param<String>,
    /// Shows it wherever the client is.
    sticky: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    noteid: i64,
}

/// With a small `f`, unlike elsewhere.
const CLIENT_NOT_FOUND: &str = "Client ID not found";
const NO_NOTE: &str = "Notes can not be empty";

impl Action for AddClientNote {
    const NAME: &'static str = "AddClientNote";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["userid", "notes"];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let client = store::clients::client::lock(call.db, self.userid.required(CLIENT_NOT_FOUND)?).await?;
        let client = client.ok_or(Error::Refused(CLIENT_NOT_FOUND))?.id;
        let note = Param::Given(self.notes.required(NO_NOTE)?).text("notes", TEXT_BYTES)?;

        let mut books = call.write(Subject::Client(client)).await?;
        let id = store::clients::notes::add(&mut books, client, &note, self.sticky.is_set()).await?;
        store::system::activity::log(&mut books, Some(client), &format!("Added Client Note - Note ID: {id}")).await?;
        Ok(Reply { noteid: id })
    }
}
