//! `UpdateUserPermissions`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::membership::{Membership, names};
use crate::actions::words::users::{CLIENT_NOT_FOUND, NO_PERMISSIONS, NOT_A_MEMBER, OWNER_HAS_ALL, USER_NOT_FOUND};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::clients::permission::UserPermissions;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::users;
use crate::param::{CommaSeparated, Param};

/// Replaces what a user may do for a client. The owner may do everything, always.
///
/// `compat.user_permissions` says how it is stored, of which no public document tells.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateUserPermissions {
    #[serde(flatten)]
    membership: Membership,
    /// Names of GetPermissionsList, separated by commas. Others are ignored.
    permissions: Param<CommaSeparated>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateUserPermissionsReply {}

impl Action for UpdateUserPermissions {
    const NAME: &'static str = "UpdateUserPermissions";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["user_id", "client_id", "permissions"];
    const EXAMPLE: &'static str = r#"{"user_id": 7, "client_id": 2, "permissions": "invoices,quotes,tickets"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(USER_NOT_FOUND),
        Exact(CLIENT_NOT_FOUND),
        Exact(OWNER_HAS_ALL),
        Exact(NO_PERMISSIONS),
        Exact(NOT_A_MEMBER),
    ];
    type Reply = UpdateUserPermissionsReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateUserPermissionsReply> {
        let (user, client) = self.membership.ids();
        let names = names(self.permissions);
        let permissions = UserPermissions::named(names.iter().map(String::as_str));
        users::set_permissions(call.context(), user, client, &permissions).await?;
        Ok(UpdateUserPermissionsReply {})
    }
}
