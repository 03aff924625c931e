//! `CreateClientInvite`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::membership::names;
use crate::actions::words::users::{ALREADY_A_MEMBER, CLIENT_NOT_FOUND, NOT_AN_EMAIL};
use crate::actions::words::with_text;
use crate::actions::{Access, Action, Touches};
use crate::call::Call;
use crate::domain::clients::email::Email;
use crate::domain::clients::permission::UserPermissions;
use crate::domain::id::ClientId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::users::{self, Refusal};
use crate::param::{CommaSeparated, Param};
use crate::store;

/// Invites whoever has an e-mail address to act for a client, by a mail with a link that is valid for seven days and once.
///
/// Nobody may do more than before until the invitation is accepted, with any log-in. A further invitation of the same address
/// ends the link of the one before. The mail is that of the template `Account Access Invitation`, or a short one of our own
/// if there is none; the link leads to `users.invite_url`, or to WHMCS's own page below `SystemURL`.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct CreateClientInvite {
    client_id: Param<ClientId>,
    email: Param<Email>,
    /// Names of GetPermissionsList, separated by commas. Others are ignored.
    permissions: Param<CommaSeparated>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct CreateClientInviteReply {}

const NO_EMAIL: &str = "Email is required";
const NO_PERMISSIONS: &str = "User permissions are required";

impl Action for CreateClientInvite {
    const NAME: &'static str = "CreateClientInvite";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const REQUIRED: &[&str] = &["client_id", "email", "permissions"];
    const EXAMPLE: &'static str =
        r#"{"client_id": 3, "email": "paul.tremblay@example.org", "permissions": "products,domains,tickets"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(NO_EMAIL),
        Exact(CLIENT_NOT_FOUND),
        Exact(NOT_AN_EMAIL),
        Exact(NO_PERMISSIONS),
        Exact(ALREADY_A_MEMBER),
    ];
    type Reply = CreateClientInviteReply;

    async fn run(self, call: Call<'_>) -> Result<CreateClientInviteReply> {
        if self.email == Param::Absent {
            return refuse(NO_EMAIL);
        }
        let client = self.client_id.required(CLIENT_NOT_FOUND)?;
        if !store::clients::client::exists(call.db, client).await? {
            return refuse(CLIENT_NOT_FOUND);
        }
        let email = self.email.required(NOT_AN_EMAIL)?;
        let names = names(self.permissions);
        let permissions = UserPermissions::named(names.iter().map(String::as_str));
        let invited = users::invite(call.context(), client, email.as_str(), &permissions).await;
        invited.map_err(|error| with_text(error, &Refusal::NoPermissions, NO_PERMISSIONS))?;
        Ok(CreateClientInviteReply {})
    }
}
