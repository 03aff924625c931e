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
use crate::store::clients::removal::Extent;

/// Deletes a client and all that is theirs. It cannot be undone.
///
/// Unless `deletetransactions` is set, the money that came in and went out stays in the books as nobody's, in the
/// client's currency. What the activity log says of the client stays as well: it is the record of what happened. So do
/// files that were kept about them or came with their tickets, of which only the list is in the database.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteClient {
    clientid: Param<ClientId>,
    /// Deletes those users, too, who may log in for no other client.
    deleteusers: Param<bool>,
    /// Deletes the transactions, too.
    deletetransactions: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    /// As text.
    clientid: String,
}

impl Action for DeleteClient {
    const NAME: &'static str = "DeleteClient";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["clientid"];
    const EXAMPLE: &'static str = r#"{"clientid": 6}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(CLIENT_NOT_FOUND),
        Never { text: "Client Delete Failed:", reason: "nothing unexpected is documented as such" },
    ];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let client = self.clientid.required(CLIENT_NOT_FOUND)?;
        let extent = Extent { transactions: self.deletetransactions.is_set(), users: self.deleteusers.is_set() };
        clients::delete(call.context(), client, extent).await?;
        Ok(Reply { clientid: client.to_string() })
    }
}
