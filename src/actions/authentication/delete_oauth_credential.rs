//! `DeleteOAuthCredential`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::authentication::CREDENTIAL_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::OAuthCredentialId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::authentication;
use crate::param::Param;

/// Deletes an OAuth credential.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteOAuthCredential {
    #[serde(rename = "credentialId")]
    credential: Param<OAuthCredentialId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeleteOAuthCredentialReply {
    #[serde(rename = "credentialId")]
    credential: i64,
}

impl Action for DeleteOAuthCredential {
    const NAME: &'static str = "DeleteOAuthCredential";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["credentialId"];
    const EXAMPLE: &'static str = r#"{"credentialId": 2}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(CREDENTIAL_NOT_FOUND)];
    type Reply = DeleteOAuthCredentialReply;

    async fn run(self, call: Call<'_>) -> Result<DeleteOAuthCredentialReply> {
        let id = self.credential.required(CREDENTIAL_NOT_FOUND)?;
        authentication::delete(call.context(), id).await?;
        Ok(DeleteOAuthCredentialReply { credential: id.0 })
    }
}
