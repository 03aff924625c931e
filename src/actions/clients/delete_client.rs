//! `DeleteClient`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::ClientId;
use crate::error::DocumentedError::{self, Exact, Never};
use crate::error::Result;
use crate::operations::clients;
use crate::param::Param;
use crate::store::clients::client_removal::RemovalOptions;

/// Deletes a client and everything that belongs to them. It cannot be undone.
///
/// Unless `deletetransactions` is set, the client's transactions stay in the books without a client, in the client's
/// currency. Lines of the activity log about the client stay too, as the record of what happened. So do files about the
/// client or from their tickets, because the database only has their names.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteClient {
    clientid: Param<ClientId>,
    /// Also deletes the client's users who can act for no other client.
    deleteusers: Param<bool>,
    /// Also deletes the client's transactions.
    deletetransactions: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeleteClientReply {
    /// The client's id, as a string.
    clientid: String,
}

impl Action for DeleteClient {
    const NAME: &'static str = "DeleteClient";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["clientid"];
    const EXAMPLE: &'static str = r#"{"clientid": 6}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(CLIENT_NOT_FOUND),
        Never { text: "Client Delete Failed:", reason: "unexpected failures return an internal error" },
    ];
    type Reply = DeleteClientReply;

    async fn run(self, call: Call<'_>) -> Result<DeleteClientReply> {
        let client = self.clientid.required(CLIENT_NOT_FOUND)?;
        let options =
            RemovalOptions { transactions: self.deletetransactions.is_set(), users: self.deleteusers.is_set() };
        clients::delete(call.context(), client, options).await?;
        Ok(DeleteClientReply { clientid: client.to_string() })
    }
}
