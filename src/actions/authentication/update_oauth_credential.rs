//! `UpdateOAuthCredential`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::oauth_params::{Words, api_rights, grant};
use crate::actions::words::authentication::{
    CREDENTIAL_NOT_FOUND, INVALID_GRANT, INVALID_SCOPE, NO_NAME, NO_SERVICE, SERVICE_NOT_FOUND,
};
use crate::actions::words::with_text;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{OAuthCredentialId, ServiceId};
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::{Result, refuse};
use crate::operations::authentication::{self, CredentialUpdate, Refusal};
use crate::param::{Clearable, Param};
use crate::store;

/// Changes the given fields of an OAuth credential, and gives it a new secret if `resetSecret` is set.
///
/// The secret of a credential that a WHMCS on the same database has made cannot be reset here, because that WHMCS would not
/// know the new one.
///
/// A credential that becomes one of `authorization_code` belongs to no service any more. One of `client_credentials` stays of this grant
/// type; its scopes and its secret are changed by the API credential that made it, and a new secret ends its tokens.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateOAuthCredential {
    #[serde(rename = "credentialId")]
    credential: Param<OAuthCredentialId>,
    /// The identifier of the credential, instead of `credentialId`.
    #[serde(rename = "clientApiIdentifier")]
    identifier: Param<String>,
    name: Param<String>,
    description: Clearable<String>,
    /// `authorization_code` or `single_sign_on`.
    #[serde(rename = "grantType")]
    grant_type: Param<String>,
    /// Names of scopes, separated by spaces. Others are taken from the credential.
    #[schemars(with = "String")]
    scope: Param<Words>,
    #[serde(rename = "serviceId")]
    service: Param<ServiceId>,
    #[serde(rename = "logoUri")]
    logo: Clearable<String>,
    /// The addresses to which clients may be sent back, separated by spaces, or a list.
    #[serde(rename = "redirectUri")]
    #[schemars(with = "String")]
    redirects: Param<Words>,
    /// Replaces the secret.
    #[serde(rename = "resetSecret")]
    reset_secret: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateOAuthCredentialReply {
    credential_id: i64,
    /// The new secret, with `resetSecret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_client_secret: Option<String>,
}

const NO_CREDENTIAL: &str = "A Credential ID or Client Identifier is required.";
const IDENTIFIER_NOT_FOUND: &str = "Invalid Client Identifier provided.";
/// The lengths of the columns.
const TEXT: usize = 255;
const REDIRECTS: usize = 2000;

impl Action for UpdateOAuthCredential {
    const NAME: &'static str = "UpdateOAuthCredential";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REPLY_HAS_SECRETS: bool = true;
    const EXAMPLE: &'static str = r#"{"credentialId": 1, "scope": "clientarea:sso clientarea:invoices"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(NO_CREDENTIAL),
        Exact(CREDENTIAL_NOT_FOUND),
        Exact(IDENTIFIER_NOT_FOUND),
        Prefix { text: INVALID_GRANT, code: "invalid_grant_type" },
        Exact(NO_NAME),
        Exact(NO_SERVICE),
        Prefix { text: INVALID_SCOPE, code: "scope_not_found" },
    ];
    type Reply = UpdateOAuthCredentialReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateOAuthCredentialReply> {
        let id = match self.credential.optional(CREDENTIAL_NOT_FOUND)? {
            Some(id) => id,
            None => {
                let Some(identifier) = self.identifier.lenient() else { return refuse(NO_CREDENTIAL) };
                let found = authentication::find_by_identifier(call.db, &identifier).await;
                found.map_err(|error| with_text(error, &Refusal::CredentialNotFound, IDENTIFIER_NOT_FOUND))?
            }
        };
        let scopes = self.scope.lenient().map(|Words(scopes)| scopes).filter(|scopes| !scopes.is_empty());
        let grant = grant(self.grant_type)?;
        let is_of_program = store::authentication::tokens::maker(call.db, id).await?.is_some();
        let rights = api_rights(&call, scopes.as_deref().filter(|_| is_of_program).unwrap_or_default())?;
        let update = CredentialUpdate {
            grant,
            scopes,
            rights,
            name: Some(self.name.text("name", TEXT)?).filter(|name| !name.is_empty()),
            service: self.service.optional(SERVICE_NOT_FOUND)?,
            description: self.description.text("description", TEXT)?,
            logo: self.logo.text("logoUri", TEXT)?,
            redirects: Some(self.redirects.map(|Words(redirects)| redirects.join(" ")).text("redirectUri", REDIRECTS)?)
                .filter(|redirects| !redirects.is_empty()),
            resets_secret: self.reset_secret.is_set(),
        };
        let new_client_secret = authentication::update(call.context(), id, update).await?;
        Ok(UpdateOAuthCredentialReply { credential_id: id.0, new_client_secret })
    }
}
