//! Sessions of FOSSBilling's API: a cookie names one, in place of a key, and it may have a cart before anybody has logged in.
//!
//! They are in the database, so that all servers know them, and end when the user's password or the client's status changes.
//! A cookie has so many random bits that nobody guesses one, so that wrong ones are not counted as wrong keys are: browsers send
//! old ones.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::{NaiveDateTime, TimeDelta};
use sha2::{Digest, Sha256};
use tracing::{Instrument, debug, debug_span};

use super::authenticator::{AuthAttempt, Authenticator};
use super::{equal_in_constant_time, secret};
use crate::database::errors::{busy_if_transient, is_schema_mismatch};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::domain::id::ClientId;
use crate::error::Result;
use crate::store::fossbilling::sessions;

/// A session ends after this time, however often it is used.
const LONGEST: TimeDelta = TimeDelta::days(7);
/// The time of the last use is stored at most this often.
const STORE_USE_EVERY: TimeDelta = TimeDelta::minutes(5);

/// The session of a call.
pub struct CallSession {
    cookie: Option<String>,
    found: OnceLock<Session>,
    /// The cookie of the session that the call begins: the same each time it is run.
    new: OnceLock<String>,
    change: Mutex<Option<SessionChange>>,
}

/// A session as it was when the call began.
#[derive(Debug, Clone)]
pub struct Session {
    pub id: i64,
    /// Who has logged in; `None` for a guest.
    pub client: Option<ClientId>,
    /// The cart, as it is stored.
    pub cart: Option<String>,
}

/// What becomes of the session with a call that succeeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionChange {
    /// There is a new one, with this cookie.
    Begun(String),
    Ended,
}

impl CallSession {
    /// The session that this cookie names, if there is one.
    pub fn new(cookie: Option<String>) -> CallSession {
        CallSession { cookie, found: OnceLock::new(), new: OnceLock::new(), change: Mutex::new(None) }
    }

    /// The session, if there is one.
    pub fn found(&self) -> Option<&Session> {
        self.found.get()
    }

    /// Whether this is the token against forged requests of the session.
    pub fn is_csrf_token(&self, token: &str) -> bool {
        self.cookie.as_deref().is_some_and(|cookie| equal_in_constant_time(&csrf_token(cookie), token))
    }

    /// Says that the call begins a session, and returns the sum of its cookie.
    pub fn begin(&self) -> Result<[u8; 32]> {
        let cookie = match self.new.get() {
            Some(cookie) => cookie,
            None => {
                let random = secret::random()?;
                self.new.get_or_init(|| random)
            }
        };
        self.set(SessionChange::Begun(cookie.clone()));
        Ok(Sha256::digest(cookie).into())
    }

    /// Says that the call ends the session.
    pub fn end(&self) {
        self.set(SessionChange::Ended);
    }

    /// What becomes of the session if the call succeeds.
    pub fn change(&self) -> Option<SessionChange> {
        self.change.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, change: SessionChange) {
        *self.change.lock().unwrap_or_else(PoisonError::into_inner) = Some(change);
    }
}

/// The token against forged requests of a session, which other sites cannot know, and from which the cookie does not follow.
pub fn csrf_token(cookie: &str) -> String {
    let sum = Sha256::new().chain_update(b"csrf ").chain_update(cookie).finalize();
    sum.iter().fold(String::with_capacity(64), |token, byte| format!("{token}{byte:02x}"))
}

impl Authenticator {
    /// Looks up the session that the call's cookie names; one without a call for so many minutes has ended.
    pub async fn find_session<'s>(
        &self,
        session: &'s CallSession,
        attempt: AuthAttempt<'_>,
        minutes: u32,
        hosts: &Arc<Hosts>,
    ) -> Result<Option<&'s Session>> {
        let Some(cookie) = &session.cookie else { return Ok(None) };
        let (now, idle) = (attempt.now.utc(), TimeDelta::minutes(minutes.into()));
        let hash: [u8; 32] = Sha256::digest(cookie).into();
        let (used_since, begun_since) = (before(now, idle), before(now, LONGEST));
        let span = debug_span!("session", part = "fossbilling");
        let found = Lease::with_connection(hosts, async |db| sessions::find(db, hash, used_since, begun_since).await);
        let found = match found.instrument(span.clone()).await {
            // A database without the table has no sessions.
            Err(error) if is_schema_mismatch(&error) => None,
            found => found.map_err(busy_if_transient)?,
        };
        let Some(found) = found else { return Ok(None) };
        if now - found.used_at > STORE_USE_EVERY.min(idle / 4) {
            let stored = Lease::with_connection(hosts, async |db| sessions::store_use(db, found.id, now).await);
            if let Err(error) = stored.instrument(span).await {
                debug!(%error, "the use of a session was not stored, which a server that only reads cannot");
            }
        }
        let client = Some(found.client).filter(|client| client.0 != 0);
        Ok(Some(session.found.get_or_init(|| Session { id: found.id, client, cart: found.cart })))
    }
}

fn before(now: NaiveDateTime, duration: TimeDelta) -> NaiveDateTime {
    now.checked_sub_signed(duration).unwrap_or(NaiveDateTime::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_one_token_and_begins_with_one_cookie() {
        let session = CallSession::new(Some("cookie".to_owned()));
        let token = csrf_token("cookie");
        assert!(token.len() == 64 && session.is_csrf_token(&token) && !session.is_csrf_token(&csrf_token("other")));
        assert_eq!(session.change(), None);
        assert_eq!(session.begin().unwrap(), session.begin().unwrap());
        let Some(SessionChange::Begun(cookie)) = session.change() else { panic!("it has not begun") };
        assert_eq!(session.begin().unwrap(), <[u8; 32]>::from(Sha256::digest(cookie)));
        session.end();
        assert_eq!(session.change(), Some(SessionChange::Ended));
        assert!(!CallSession::new(None).is_csrf_token(&csrf_token("")));
    }
}
