//! `CreateSsoToken`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::authentication::{
    INVALID_DESTINATION, NOT_PROVISIONED, SSO_BLOCKED, SSO_CLIENT_NOT_FOUND, SSO_NOBODY_NAMED, SSO_NOT_A_MEMBER,
    SSO_USER_NOT_FOUND,
};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::clients::destination::{About, Destination};
use crate::domain::entities::decoded;
use crate::domain::id::{ClientId, DomainId, ServiceId, UserId};
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::{Error, Result};
use crate::operations::authentication;
use crate::param::Param;

/// Creates a token by which a user is logged in once, within a minute, at the operator's portal (`sso.portal_url`), to which
/// `/oauth/singlesignon.php` of this server leads with a signed statement of who it is.
///
/// For a client alone, that is the owner. A user alone chooses a client at the portal. The database has only the SHA-256 sum of the
/// token, in a table of this server: a WHMCS on the same database neither sees it nor redeems it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct CreateSsoToken {
    client_id: Param<ClientId>,
    user_id: Param<UserId>,
    /// A page of the client area, such as `clientarea:services`, or `sso:custom_redirect`. By default, the home page.
    destination: Param<String>,
    /// The service of `clientarea:product_details`.
    service_id: Param<ServiceId>,
    /// The domain of `clientarea:domain_details`.
    domain_id: Param<DomainId>,
    /// The path of `sso:custom_redirect`, which is relative and stays below the client area: without a scheme, a host, `..`, `\`
    /// and `%` in its folders.
    sso_redirect_path: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct CreateSsoTokenReply {
    /// 40 hexadecimal digits.
    access_token: String,
    redirect_url: String,
}

impl Action for CreateSsoToken {
    const NAME: &'static str = "CreateSsoToken";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REPLY_HAS_SECRETS: bool = true;
    const EXAMPLE: &'static str = r#"{"client_id": 1, "destination": "clientarea:product_details", "service_id": 1}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(SSO_CLIENT_NOT_FOUND),
        Exact(SSO_USER_NOT_FOUND),
        Exact(SSO_NOT_A_MEMBER),
        Exact(SSO_NOBODY_NAMED),
        Exact(INVALID_DESTINATION),
        Prefix { text: NOT_PROVISIONED, code: "token_not_provisioned" },
        Prefix { text: SSO_BLOCKED, code: "single_sign_on_blocked" },
    ];
    type Reply = CreateSsoTokenReply;

    async fn run(self, call: Call<'_>) -> Result<CreateSsoTokenReply> {
        let client = self.client_id.optional(SSO_CLIENT_NOT_FOUND)?;
        let user = self.user_id.optional(SSO_USER_NOT_FOUND)?;
        let who = authentication::find_user(call.db, client, user).await?;
        let (name, path) = (self.destination.lenient(), self.sso_redirect_path.lenient());
        // A path is no text of a page: beside a WHMCS, too, it has no entities.
        let path = path.unwrap_or_default();
        let destination = Destination::parse(name.unwrap_or_default().trim(), &decoded(&path));
        let destination = destination.ok_or(Error::Refused(INVALID_DESTINATION))?;
        let about = match destination.about {
            About::Nothing => None,
            About::Service => self.service_id.optional(INVALID_DESTINATION)?.map(|id| id.0),
            About::Domain => self.domain_id.optional(INVALID_DESTINATION)?.map(|id| id.0),
        };
        let (access_token, redirect_url) =
            authentication::create_token(call.context(), who, &destination, about).await?;
        Ok(CreateSsoTokenReply { access_token, redirect_url })
    }
}
