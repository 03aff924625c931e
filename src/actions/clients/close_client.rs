//! `CloseClient`.

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

/// Closes a client, and ends their services, addons, domains and unpaid invoices.
///
/// Unpaid invoices are cancelled, including credit that was applied to them; pending services are cancelled, and active
/// or suspended ones terminated; addons and domains are cancelled. No command is sent to a module or registrar. The
/// client's balance stays, and their users can still log in.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct CloseClient {
    clientid: Param<ClientId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct CloseClientReply {
    /// The client's id, as a string.
    clientid: String,
}

impl Action for CloseClient {
    const NAME: &'static str = "CloseClient";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["clientid"];
    const EXAMPLE: &'static str = r#"{"clientid": 5}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(CLIENT_NOT_FOUND),
        Never { text: "An unexpected error occurred:", reason: "unexpected failures return an internal error" },
    ];
    type Reply = CloseClientReply;

    async fn run(self, call: Call<'_>) -> Result<CloseClientReply> {
        let client = self.clientid.required(CLIENT_NOT_FOUND)?;
        clients::close(call.context(), client).await?;
        Ok(CloseClientReply { clientid: client.to_string() })
    }
}
