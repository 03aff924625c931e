//! `GetPermissionsList`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::clients::permission;
use crate::error::Result;

/// Returns the names of the permissions that a user can have for a client. None implies another.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetPermissionsList {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetPermissionsListReply {
    /// As `result`, in whose place the documentation has it.
    status: &'static str,
    permissions: Permissions,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Permissions {
    permission: [&'static str; permission::ALL.len()],
}

impl Action for GetPermissionsList {
    const NAME: &'static str = "GetPermissionsList";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = GetPermissionsListReply;

    async fn run(self, _call: Call<'_>) -> Result<GetPermissionsListReply> {
        Ok(GetPermissionsListReply { status: "success", permissions: Permissions { permission: permission::ALL } })
    }
}
