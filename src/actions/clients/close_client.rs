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

/// Closes a client, and ends what they have.
///
/// Unpaid invoices are cancelled, with what credit was applied to them; pending services are cancelled, and active or
/// suspended ones terminated; addons and domains are cancelled. No module and no registrar is told. Their balance
/// stays, and whoever logs in for them still can.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct CloseClient {
    clientid: Param<ClientId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    /// As text.
    clientid: String,
}

impl Action for CloseClient {
    const NAME: &'static str = "CloseClient";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["clientid"];
    const EXAMPLE: &'static str = r#"{"clientid": 5}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(CLIENT_NOT_FOUND),
        Never { text: "An unexpected error occurred:", reason: "nothing unexpected is documented as such" },
    ];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let client = self.clientid.required(CLIENT_NOT_FOUND)?;
        clients::close(call.context(), client).await?;
        Ok(Reply { clientid: client.to_string() })
    }
}
