//! Tokens for programs (RFC 6749, section 4.4).

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use serde_json::json;
use tokio::time::timeout;
use tracing::{Instrument, debug_span, info};

use super::super::Api;
use crate::auth::AuthAttempt;
use crate::auth::tokens::{NoToken, TOKEN_SECONDS, TokenRequest};
use crate::database::pool::Commits;
use crate::error::Error;
use crate::operations::authentication::{API_SCOPE, Grant};
use crate::wire::Parameters;

/// The form with which a program asks for a token.
#[derive(Debug)]
pub struct TokenForm {
    /// What it sent in the header `Authorization`.
    pub login: Option<(String, String)>,
    pub parameters: Parameters,
}

/// The answer: an HTTP status and a JSON object.
#[derive(Debug)]
pub struct TokenAnswer {
    pub status: u16,
    pub body: String,
    /// Value of the header `Retry-After` in seconds.
    pub retry_after: Option<u64>,
}

impl TokenAnswer {
    /// An error with one of the codes of RFC 6749.
    fn refused(status: u16, code: &str, description: &str) -> TokenAnswer {
        let body = json!({"error": code, "error_description": description}).to_string();
        TokenAnswer { status, body, retry_after: None }
    }

    /// The answer to a request that failed otherwise.
    pub fn failed(error: &Error) -> TokenAnswer {
        let status = error.http_status();
        let code = match error {
            Error::NotAuthenticated | Error::AddressNotAllowed(_) => "invalid_client",
            _ if status < 500 => "invalid_request",
            _ => "temporarily_unavailable",
        };
        TokenAnswer { retry_after: error.retry_after(), ..TokenAnswer::refused(status, code, &error.message()) }
    }
}

impl Api {
    /// Gives a token to a program with the identifier and the secret of an OAuth credential.
    pub async fn give_token(self: &Arc<Self>, form: TokenForm, address: IpAddr) -> TokenAnswer {
        let Ok(slot) = Arc::clone(&self.call_slots).try_acquire_owned() else {
            return TokenAnswer::failed(&Error::Busy);
        };
        let api = Arc::clone(self);
        let giving = async move {
            let _slot = slot;
            let answered = timeout(api.config().time_limit, api.answer_token_form(&form, address)).await;
            answered.unwrap_or_else(|_| TokenAnswer::failed(&Error::Busy))
        };
        let given = self.tasks.spawn(giving.instrument(debug_span!("token", part = "token"))).await;
        given.unwrap_or_else(|panic| TokenAnswer::failed(&Error::Internal(panic.to_string().into())))
    }

    async fn answer_token_form(&self, form: &TokenForm, address: IpAddr) -> TokenAnswer {
        let sent = |name: &str| form.parameters.text(name).unwrap_or_default();
        if sent("grant_type") != Grant::ClientCredentials.name() {
            return TokenAnswer::refused(400, "unsupported_grant_type", "grant_type must be client_credentials");
        }
        let (identifier, secret) = match &form.login {
            Some((identifier, secret)) => (identifier.as_str(), secret.as_str()),
            None => (sent("client_id"), sent("client_secret")),
        };
        if identifier.is_empty() || secret.is_empty() {
            return TokenAnswer::failed(&Error::NotAuthenticated);
        }
        let scopes = sent("scope").split_whitespace();
        let Some(actions) =
            scopes.map(|scope| scope.strip_prefix(API_SCOPE).map(str::to_owned)).collect::<Option<Vec<_>>>()
        else {
            return invalid_scope();
        };
        if self.is_read_only {
            return TokenAnswer::failed(&Error::ReadOnly);
        }
        let (config, now, account) = (self.config(), self.clock.now(), OnceLock::new());
        if config.bans.apply_to(address)
            && let Err(error) = config.bans.check(address, now, &self.hosts).await
        {
            return TokenAnswer::failed(&error);
        }
        let attempt = AuthAttempt {
            parameters: &form.parameters,
            token: None,
            address,
            now,
            start: Instant::now(),
            account: &account,
            commits: Commits::EachStatement,
            accepts_unverified: false,
        };
        let request = TokenRequest { identifier, secret, actions: &actions };
        match config.authenticator.give_token(attempt, request, &self.hosts).await {
            Ok(given) => {
                info!(identifier, %address, "a token was given");
                let scope: Vec<String> = given.actions.iter().map(|action| format!("{API_SCOPE}{action}")).collect();
                let body = json!({
                    "access_token": given.token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "scope": scope.join(" "),
                });
                TokenAnswer { status: 200, body: body.to_string(), retry_after: None }
            }
            Err(NoToken::InvalidScope) => invalid_scope(),
            Err(NoToken::Failed(error)) => TokenAnswer::failed(&error),
        }
    }
}

fn invalid_scope() -> TokenAnswer {
    TokenAnswer::refused(400, "invalid_scope", "The credential has no such scope")
}
