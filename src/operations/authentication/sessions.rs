//! Sessions of clients who have logged in to FOSSBilling's API, and of guests with a cart.

use std::net::IpAddr;

use sha2::{Digest, Sha256};
use sqlx::MySqlConnection;

use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, UserId};
use crate::fault;
use crate::network::subscriber;
use crate::store::fossbilling::sessions;

/// How many sessions a client has at most, and guests of an address: a further one ends the oldest.
const MAX_OF_CLIENT: u32 = 10;
const MAX_OF_ADDRESS: u32 = 100;

/// A session to begin: what it ends was read before anything is written.
#[derive(Debug)]
pub struct PlannedSession {
    /// The sum of its cookie.
    cookie_hash: [u8; 32],
    address: String,
    ended: Vec<i64>,
    cart: Option<String>,
}

/// Whose session begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionOf {
    Client(ClientId),
    /// A client whom the same transaction adds.
    NewClient,
    Guest,
}

/// Who has logged in.
#[derive(Debug)]
pub struct LoggedIn<'a> {
    pub client: ClientId,
    pub user: UserId,
    /// The password as it is stored: another one ends the session.
    pub password_hash: &'a str,
}

impl PlannedSession {
    /// Plans a session that a call from this address begins, in place of an earlier one, whose cart it has.
    pub async fn plan(
        db: &mut MySqlConnection,
        cookie_hash: [u8; 32],
        whose: SessionOf,
        address: &str,
        replaced: Option<(i64, Option<String>)>,
    ) -> fault::Result<PlannedSession> {
        let network =
            address.parse::<IpAddr>().map_or_else(|_| String::new(), |address| subscriber(address).to_string());
        let mut ended = match whose {
            SessionOf::Client(client) => sessions::older(db, client, None, MAX_OF_CLIENT - 1).await?,
            SessionOf::NewClient => Vec::new(),
            SessionOf::Guest => sessions::older(db, ClientId(0), Some(&network), MAX_OF_ADDRESS - 1).await?,
        };
        let (replaced, cart) = replaced.map_or((None, None), |(id, cart)| (Some(id), cart));
        ended.extend(replaced);
        Ok(PlannedSession { cookie_hash, address: network, ended, cart })
    }

    /// What the transaction locks, if it locks nothing else first.
    pub fn subject(&self) -> Subject {
        let first = self.cookie_hash.iter().take(8);
        Subject::Session(first.fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    /// The same session with another cart.
    #[must_use]
    pub fn with_cart(self, cart: String) -> PlannedSession {
        PlannedSession { cart: Some(cart), ..self }
    }

    /// Begins the session.
    pub async fn begin(self, tx: &mut Writer<'_>, whose: Option<LoggedIn<'_>>) -> fault::Result<()> {
        for id in self.ended {
            sessions::end(tx, id).await?;
        }
        let (client, user) = whose.as_ref().map_or((ClientId(0), UserId(0)), |whose| (whose.client, whose.user));
        let password_sum = whose.map_or([0; 32], |whose| Sha256::digest(whose.password_hash).into());
        let new = sessions::NewSession {
            cookie_hash: self.cookie_hash,
            client,
            user,
            password_sum,
            address: &self.address,
            cart: self.cart.as_deref(),
        };
        Ok(sessions::begin(tx, new).await?)
    }
}
