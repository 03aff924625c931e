//! `DeleteUserClient`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::membership::Membership;
use crate::actions::words::users::{CLIENT_NOT_FOUND, NOT_A_MEMBER, OWNER_NOT_REMOVABLE, USER_NOT_FOUND};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::users;

/// Ends that a user may act for a client. Both stay. The owner of a client cannot be removed.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteUserClient {
    #[serde(flatten)]
    membership: Membership,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeleteUserClientReply {}

impl Action for DeleteUserClient {
    const NAME: &'static str = "DeleteUserClient";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["user_id", "client_id"];
    const EXAMPLE: &'static str = r#"{"user_id": 1, "client_id": 5}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(USER_NOT_FOUND), Exact(CLIENT_NOT_FOUND), Exact(NOT_A_MEMBER), Exact(OWNER_NOT_REMOVABLE)];
    type Reply = DeleteUserClientReply;

    async fn run(self, call: Call<'_>) -> Result<DeleteUserClientReply> {
        let (user, client) = self.membership.ids();
        users::remove_from_client(call.context(), user, client).await?;
        Ok(DeleteUserClientReply {})
    }
}
