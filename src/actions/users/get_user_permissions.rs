//! `GetUserPermissions`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::membership::Membership;
use crate::actions::words::users::{CLIENT_NOT_FOUND, NOT_A_MEMBER, USER_NOT_FOUND};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::users;

/// Returns what a user may do for a client: the owner everything. The documentation shows no permissions in the reply, so they
/// have the shape of GetPermissionsList.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetUserPermissions {
    #[serde(flatten)]
    membership: Membership,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetUserPermissionsReply {
    permissions: Permissions,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Permissions {
    permission: Vec<&'static str>,
}

impl Action for GetUserPermissions {
    const NAME: &'static str = "GetUserPermissions";
    const ACCESS: Access = Access::Read;
    const REQUIRED: &[&str] = &["user_id", "client_id"];
    const EXAMPLE: &'static str = r#"{"user_id": 7, "client_id": 2}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(USER_NOT_FOUND), Exact(CLIENT_NOT_FOUND), Exact(NOT_A_MEMBER)];
    type Reply = GetUserPermissionsReply;

    async fn run(self, call: Call<'_>) -> Result<GetUserPermissionsReply> {
        let (user, client) = self.membership.ids();
        let permissions = users::permissions(call.db, user, client).await?;
        Ok(GetUserPermissionsReply { permissions: Permissions { permission: permissions.names().to_vec() } })
    }
}
