//! Short tokens, which programs get for an OAuth credential of the grant type client_credentials.
//!
//! A token stands for the API credential that made that OAuth credential, and permits the actions that it was asked for, as far as
//! the roles of that API credential permit them when it is used. Tokens and the secrets that get them have so many random bits
//! that their plain sums reveal nothing, and that they are compared without a slow hash.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{NaiveDateTime, TimeDelta};
use sha2::{Digest, Sha256};
use tracing::{Instrument, debug_span, warn};

use super::authenticator::{AuthAttempt, Authenticator};
use super::verifier::SecretKind;
use super::{Caller, Login, Rights, equal_in_constant_time, secret};
use crate::database::errors::{busy_if_transient, is_invalid_value, is_schema_mismatch};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::error::{Error, Result};
use crate::operations::authentication::hashed;
use crate::store::authentication::tokens::{self, Token, TokenClient};
use crate::store::system::credentials::Sought;

/// How long a token is valid.
pub const TOKEN_SECONDS: i64 = 900;
/// In the counts of failures, what tokens have in the place of an identifier.
const IDENTIFIER: &str = "(token)";

/// A token that was given.
#[derive(Debug)]
pub struct GivenToken {
    pub token: String,
    /// The names of the actions that it permits.
    pub actions: Vec<String>,
}

/// What a program asks a token for.
#[derive(Debug, Clone, Copy)]
pub struct TokenRequest<'r> {
    pub identifier: &'r str,
    pub secret: &'r str,
    /// The names of actions; empty for all.
    pub actions: &'r [String],
}

/// Why no token was given.
#[derive(Debug)]
pub enum NoToken {
    /// An action was asked for that the credential has not.
    InvalidScope,
    Failed(Error),
}

impl From<Error> for NoToken {
    fn from(error: Error) -> NoToken {
        NoToken::Failed(error)
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

impl Authenticator {
    /// Gives a token to whoever has the secret of an OAuth credential.
    pub async fn give_token(
        &self,
        attempt: AuthAttempt<'_>,
        request: TokenRequest<'_>,
        hosts: &Arc<Hosts>,
    ) -> std::result::Result<GivenToken, NoToken> {
        let login = Login { identifier: request.identifier, secret: request.secret, is_legacy: false };
        self.check_failures(attempt.address, login).await?;
        let client = lookup(hosts, async |db| tokens::client(db, request.identifier).await).await?;
        let is_right = |client: &TokenClient| equal_in_constant_time(&client.secret, &hashed(request.secret));
        let client = client.filter(is_right);
        let maker = client.as_ref().map_or(Sought::NONE, |client| Sought::identifier(&client.maker));
        match self.check_maker(attempt, maker, hosts).await {
            Ok((lease, _)) => lease.release(),
            Err(error) => {
                self.count(attempt.address, login, &error).await;
                return Err(error.into());
            }
        }
        let client = client.ok_or(Error::NotAuthenticated)?;
        self.verifier.remember(&login, attempt.address, SecretKind::Random).await;
        let granted: Vec<&str> = client.actions.split(' ').collect();
        let is_granted = |action: &String| granted.iter().any(|granted| granted.eq_ignore_ascii_case(action));
        if !request.actions.iter().all(is_granted) {
            return Err(NoToken::InvalidScope);
        }
        let is_wanted = |name: &&&str| {
            request.actions.is_empty() || request.actions.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
        };
        let actions: Vec<String> = granted.iter().filter(is_wanted).map(|name| (*name).to_owned()).collect();
        let token = secret::random()?;
        let (hash, names, expires) = (hash(&token), actions.join(" "), expiry(attempt.now.utc()));
        lookup(hosts, async |db| tokens::create(db, hash, client.id, &names, expires).await).await?;
        Ok(GivenToken { token, actions })
    }

    /// Authenticates a call with a token, and returns the caller with a database connection.
    pub(super) async fn authenticate_token(
        &self,
        token: &str,
        attempt: AuthAttempt<'_>,
        hosts: &Arc<Hosts>,
    ) -> Result<(Lease, Caller)> {
        let login = Login { identifier: IDENTIFIER, secret: token, is_legacy: false };
        self.check_failures(attempt.address, login).await?;
        let (hash, now) = (hash(token), attempt.now.utc());
        let found = lookup(hosts, async |db| tokens::find(db, hash, now).await).await?;
        if let Some(found) = &found {
            let _ = attempt.account.set(found.identifier.clone());
        }
        let maker = found.as_ref().map_or(Sought::NONE, |found| Sought::identifier(&found.maker));
        match self.check_maker(attempt, maker, hosts).await {
            Ok((lease, caller)) => {
                let found = found.ok_or(Error::NotAuthenticated)?;
                self.verifier.remember(&login, attempt.address, SecretKind::Random).await;
                Ok((lease, caller.limited(found)))
            }
            Err(error) => {
                self.count(attempt.address, login, &error).await;
                Err(error)
            }
        }
    }

    /// Rejects another attempt after too many failures, unless this one succeeded recently.
    async fn check_failures(&self, address: IpAddr, login: Login<'_>) -> Result<()> {
        match self.failures.blocked(address, Some(login.identifier)).await {
            Some(wait) if !self.is_exempt(Some(login), address).await => {
                Err(Error::TooManyFailures { seconds: wait.as_secs() + 1 })
            }
            _ => Ok(()),
        }
    }

    async fn count(&self, address: IpAddr, login: Login<'_>, error: &Error) {
        if let Error::NotAuthenticated = error
            && self.failures.add(address, Some(login.identifier)).await
        {
            warn!(%address, "too many failed attempts from this address: rejecting further ones");
        }
    }
}

impl Caller {
    /// Returns the caller with no more rights than a token has.
    fn limited(self, token: Token) -> Caller {
        let Rights::Roles(roles) = self.rights else { return Caller { rights: Rights::Roles(Vec::new()), ..self } };
        let granted: Vec<&str> = token.granted.split(' ').collect();
        let actions = token.actions.split(' ').filter(|action| granted.contains(action)).map(str::to_owned).collect();
        Caller { name: token.identifier, rights: Rights::Token { roles, actions }, ..self }
    }
}

/// Runs a statement about tokens. A text that cannot be compared is that of no token, and where the tables are missing there is none.
async fn lookup<T: Default>(
    hosts: &Arc<Hosts>,
    work: impl AsyncFnOnce(&mut sqlx::MySqlConnection) -> sqlx::Result<T>,
) -> Result<T> {
    let found = Lease::with_connection(hosts, work).instrument(debug_span!("token", part = "token")).await;
    match found {
        Err(error) if is_invalid_value(&error) || is_schema_mismatch(&error) => Ok(T::default()),
        found => Ok(found.map_err(busy_if_transient)?),
    }
}

fn expiry(now: NaiveDateTime) -> NaiveDateTime {
    now + TimeDelta::seconds(TOKEN_SECONDS)
}
