//! `LogActivity`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::ClientId;
use crate::error::Result;
use crate::operations::system;
use crate::param::Param;

/// Adds a line to the activity log. WHMCS documents no error; an empty line, and a line about an unknown client, is
/// rejected.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct LogActivity {
    /// The client that the line is about.
    clientid: Param<ClientId>,
    /// The name of `clientid` before version 8.
    userid: Param<ClientId>,
    description: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct LogActivityReply {}

impl Action for LogActivity {
    const NAME: &'static str = "LogActivity";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["description"];
    const EXAMPLE: &'static str = r#"{"description": "The nightly import is done."}"#;
    type Reply = LogActivityReply;

    async fn run(self, call: Call<'_>) -> Result<LogActivityReply> {
        let client = self.clientid.or(self.userid).optional(CLIENT_NOT_FOUND)?;
        let description = self.description.text("description", TEXT_BYTES)?;
        system::log_activity(call.context(), client, &description).await?;
        Ok(LogActivityReply {})
    }
}
