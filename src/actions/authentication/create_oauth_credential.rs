//! `CreateOAuthCredential`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::oauth_params::{Words, api_rights, grant};
use crate::actions::words::authentication::{
    INVALID_GRANT, INVALID_SCOPE, NO_NAME, NO_SCOPE, NO_SERVICE, SERVICE_NOT_FOUND, SERVICE_WITHOUT_CLIENT,
};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::ServiceId;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::{Error, Result, refuse};
use crate::operations::authentication::{self, ApiRights, Grant, NewCredential};
use crate::param::Param;

/// Adds an OAuth credential with a new identifier and secret, by which a program logs clients in.
///
/// The secret is sealed with the key of the operator (`keys.file`), without which none is added: a WHMCS on the same database
/// lists such a credential, and cannot read its secret.
///
/// With the grant type `client_credentials`, which WHMCS lacks, a program gets short tokens at `/oauth/token.php`, with which it calls
/// the actions in the scopes, such as `api:GetClients`, as far as the API credential that made it may call them. Its secret is
/// told once, and only its SHA-256 sum is stored.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct CreateOAuthCredential {
    /// `authorization_code`, `single_sign_on` or `client_credentials`.
    #[serde(rename = "grantType")]
    grant_type: Param<String>,
    /// Names of scopes (`tbloauthserver_scopes`), separated by spaces; for `client_credentials`, `api:` with the name of an action.
    #[schemars(with = "String")]
    scope: Param<Words>,
    /// Required for `authorization_code` and `client_credentials`.
    name: Param<String>,
    /// The service whose client is logged in; required for `single_sign_on`.
    #[serde(rename = "serviceId")]
    service: Param<ServiceId>,
    description: Param<String>,
    /// The address of a logo.
    #[serde(rename = "logoUri")]
    logo: Param<String>,
    /// The addresses to which clients may be sent back, separated by spaces, or a list.
    #[serde(rename = "redirectUri")]
    #[schemars(with = "String")]
    redirects: Param<Words>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateOAuthCredentialReply {
    credential_id: i64,
    client_identifier: String,
    client_secret: String,
}

const NO_GRANT: &str = "A valid grant type is required.";
/// The lengths of the columns.
const TEXT: usize = 255;
const REDIRECTS: usize = 2000;

impl Action for CreateOAuthCredential {
    const NAME: &'static str = "CreateOAuthCredential";
    const ACCESS: Access = Access::Write;
    const REPLY_HAS_SECRETS: bool = true;
    const REQUIRED: &[&str] = &["grantType", "scope"];
    const EXAMPLE: &'static str = r#"{"grantType": "single_sign_on", "scope": "clientarea:sso clientarea:billing_info", "serviceId": 1, "description": "Billing"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(NO_GRANT),
        Prefix { text: INVALID_GRANT, code: "invalid_grant_type" },
        Exact(NO_NAME),
        Exact(NO_SERVICE),
        Exact(NO_SCOPE),
        Prefix { text: INVALID_SCOPE, code: "scope_not_found" },
        Exact(SERVICE_NOT_FOUND),
        Exact(SERVICE_WITHOUT_CLIENT),
    ];
    type Reply = CreateOAuthCredentialReply;

    async fn run(self, call: Call<'_>) -> Result<CreateOAuthCredentialReply> {
        let grant = grant(self.grant_type)?.ok_or(Error::Refused(NO_GRANT))?;
        let scopes = self.scope.lenient().map(|Words(scopes)| scopes).unwrap_or_default();
        let name = self.name.text("name", TEXT)?;
        let rights = match grant {
            Grant::ClientCredentials if name.is_empty() => return refuse(NO_NAME),
            Grant::ClientCredentials => api_rights(&call, &scopes)?,
            Grant::AuthorizationCode | Grant::SingleSignOn => ApiRights::default(),
        };
        let new = NewCredential {
            grant,
            scopes,
            name,
            rights,
            service: self.service.optional(SERVICE_NOT_FOUND)?,
            description: self.description.text("description", TEXT)?,
            logo: self.logo.text("logoUri", TEXT)?,
            redirects: self.redirects.map(|Words(redirects)| redirects.join(" ")).text("redirectUri", REDIRECTS)?,
        };
        let created = authentication::create(call.context(), new).await?;
        Ok(CreateOAuthCredentialReply {
            credential_id: created.id.0,
            client_identifier: created.identifier,
            client_secret: created.secret,
        })
    }
}
