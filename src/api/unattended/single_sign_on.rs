//! Redeeming tokens for single sign-on, which browsers bring.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::timeout;
use tracing::{Instrument, debug_span, warn};

use super::super::Api;
use super::statement::sign;
use super::{Surroundings, Work};
use crate::auth::secret;
use crate::config::Sso;
use crate::database::lease::Lease;
use crate::database::writer::RequestKey;
use crate::error::{Error, Result};
use crate::operations::authentication::{self, SignedIn, SsoRefusal};
use crate::operations::{self, Refusal as _};

/// Number of hexadecimal digits of a token.
const TOKEN_DIGITS: usize = 40;

/// What becomes of a browser that brings a token.
#[derive(Debug)]
pub enum SignIn {
    /// It is sent to the operator's portal, where the user is logged in.
    Portal(String),
    /// Nobody is logged in. The browser does not learn why.
    Denied,
    /// It can try again.
    Failed(Error),
}

impl Api {
    /// Redeems a token, in a task that continues if the browser hangs up.
    pub async fn sign_in(self: &Arc<Self>, token: String, address: IpAddr) -> SignIn {
        let is_token = token.len() == TOKEN_DIGITS && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_token {
            return SignIn::Denied;
        }
        let Ok(slot) = Arc::clone(&self.call_slots).try_acquire_owned() else {
            return SignIn::Failed(Error::Busy);
        };
        let api = Arc::clone(self);
        let redeeming = async move {
            let _slot = slot;
            api.redeem(token.to_ascii_lowercase(), address).await
        };
        let redeemed = self.tasks.spawn(redeeming.instrument(debug_span!("sign-in", part = "sign-in"))).await;
        match redeemed.unwrap_or_else(|panic| Err(Error::Internal(panic.to_string().into()))) {
            Ok(Ok(link)) => SignIn::Portal(link),
            Ok(Err(refusal)) => {
                warn!(%address, reason = refusal.code(), "a single sign-on was denied");
                SignIn::Denied
            }
            Err(error) => {
                warn!(%address, %error, "a single sign-on failed");
                SignIn::Failed(error)
            }
        }
    }

    async fn redeem(&self, token: String, address: IpAddr) -> Result<std::result::Result<String, SsoRefusal>> {
        let surroundings = self.surroundings("Single Sign-On", address.to_string())?;
        // Whoever tries tokens needs no connection for it.
        surroundings.config.authenticator.check_address(address).await?;
        let redemption = Redemption { surroundings, token, address };
        let Surroundings { config, now, .. } = &redemption.surroundings;
        let redeemed = timeout(config.time_limit, self.commit(&redemption, *now)).await.unwrap_or(Err(Error::Busy))?;
        let signed_in = match redeemed {
            Ok(signed_in) => signed_in,
            Err(refusal) => {
                if refusal == SsoRefusal::TokenNotValid {
                    config.authenticator.add_failure_of_address(address).await;
                }
                return Ok(Err(refusal));
            }
        };
        let sso = &config.settings.sso;
        let claims = claims(sso, &signed_in, now.utc().and_utc().timestamp())?;
        Ok(Ok(sso.portal_link(&sign(&claims, &sso.secret.0))))
    }
}

/// What the portal is told. `now` is the Unix time.
fn claims(settings: &Sso, signed_in: &SignedIn, now: i64) -> Result<Value> {
    let clients: Vec<Value> =
        signed_in.clients.iter().map(|client| json!({"id": client.id, "owner": client.is_owner})).collect();
    let mut claims = json!({
        "iss": "whmcs-api",
        "aud": settings.portal_url,
        "iat": now,
        "exp": now + settings.ttl,
        "jti": secret::random()?,
        "sub": signed_in.user.to_string(),
        "email": signed_in.email,
        "clients": clients,
        "destination": signed_in.destination,
        "path": signed_in.path,
    });
    if let Some(client) = signed_in.client {
        claims["client_id"] = client.0.into();
    }
    if signed_in.related != 0 {
        claims["related_id"] = signed_in.related.into();
    }
    Ok(claims)
}

struct Redemption {
    surroundings: Surroundings,
    token: String,
    address: IpAddr,
}

impl Work for Redemption {
    type Done = SignedIn;
    type Refusal = SsoRefusal;

    async fn run(&self, lease: &mut Lease, key: &RequestKey) -> operations::Result<SignedIn, SsoRefusal> {
        authentication::redeem_token(self.surroundings.context(lease, key), &self.token, self.address).await
    }
}
