//! Keys of API surfaces other than WHMCS's: a key of staff stands for an API credential, with its roles, addresses and limits;
//! a key of a client for that client.
//!
//! Keys have so many random bits that their plain sums reveal nothing, and that they are compared without a slow hash.

use std::net::IpAddr;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tracing::warn;

use super::authenticator::{AuthAttempt, Authenticator};
use super::failures::{CallKind, Counted};
use super::rate_limits::{CallerId, OwnLimits};
use super::verifier::SecretKind;
use super::{Caller, Login, Rights};
use crate::database::errors::{busy_if_transient, is_schema_mismatch};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::domain::Author;
use crate::domain::id::{AdminId, ClientId};
use crate::error::{Error, Result};
use crate::network::subscriber;
use crate::store::fossbilling::keys::{self, ClientKey};
use crate::store::system::credentials::Sought;

/// Whose key it is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOf {
    Staff,
    Client,
}

impl KeyOf {
    /// What the counts of failures have in the place of an identifier.
    fn identifier(self) -> &'static str {
        match self {
            KeyOf::Staff => "(admin key)",
            KeyOf::Client => "(client key)",
        }
    }
}

impl Authenticator {
    /// Authenticates a call with a key from an address that is allowed, and returns the caller with a database connection.
    pub async fn authenticate_key(
        &self,
        whose: KeyOf,
        key: &str,
        attempt: AuthAttempt<'_>,
        hosts: &Arc<Hosts>,
    ) -> Result<(Lease, Caller)> {
        let login = Login { identifier: whose.identifier(), secret: key, is_legacy: false };
        if let Some(wait) = self.failures.blocked(attempt.address, Some(login.identifier)).await
            && !self.is_exempt(Some(login), attempt.address).await
        {
            return Err(Error::TooManyFailures { seconds: wait.as_secs() + 1 });
        }
        match self.check_key(whose, key, attempt, hosts).await {
            Ok(caller) => {
                self.verifier.remember(&login, attempt.address, SecretKind::Random).await;
                Ok(caller)
            }
            Err(error) => {
                if let Error::NotAuthenticated = error
                    && self.failures.add(attempt.address, Some(login.identifier)).await
                {
                    warn!(address = %attempt.address, "too many failed attempts from this address: rejecting further ones");
                }
                Err(error)
            }
        }
    }

    async fn check_key(
        &self,
        whose: KeyOf,
        key: &str,
        attempt: AuthAttempt<'_>,
        hosts: &Arc<Hosts>,
    ) -> Result<(Lease, Caller)> {
        let hash = Sha256::digest(key).into();
        match whose {
            KeyOf::Staff => self.check_maker(attempt, Sought::KeyHash(hash), hosts).await,
            KeyOf::Client => self.check_client(attempt, hash, hosts).await,
        }
    }

    async fn check_client(
        &self,
        attempt: AuthAttempt<'_>,
        hash: [u8; 32],
        hosts: &Arc<Hosts>,
    ) -> Result<(Lease, Caller)> {
        let mut lease = Lease::acquire_for(attempt.commits, hosts).await?;
        let found = match keys::find_client(&mut lease, hash).await {
            Ok(found) => found,
            // A database without the table has no keys.
            Err(error) if is_schema_mismatch(&error) => ClientKey::default(),
            Err(error) => {
                lease.discard(&error);
                return Err(busy_if_transient(error).into());
            }
        };
        let caller = match found.client {
            _ if !self.is_allowed(attempt, found.allowed_addresses.as_deref()) => {
                Err(Error::AddressNotAllowed(attempt.address))
            }
            Some(client) => Ok(Caller::of_client(client, attempt.address)),
            None => Err(Error::NotAuthenticated),
        };
        match caller {
            Ok(caller) => Ok((lease, caller)),
            Err(error) => {
                lease.release();
                Err(error)
            }
        }
    }

    /// Lets a guest in, whose rights are those of everybody.
    pub async fn admit_guest(&self, attempt: AuthAttempt<'_>, hosts: &Arc<Hosts>) -> Result<(Lease, Caller)> {
        Ok((Lease::acquire_for(attempt.commits, hosts).await?, Caller::guest(attempt.address)))
    }

    /// Lets a client in, whose session was found.
    pub async fn admit_client(
        &self,
        client: ClientId,
        attempt: AuthAttempt<'_>,
        hosts: &Arc<Hosts>,
    ) -> Result<(Lease, Caller)> {
        Ok((Lease::acquire_for(attempt.commits, hosts).await?, Caller::of_client(client, attempt.address)))
    }

    /// Counts a call of a kind whose number from an address is limited, and rejects it after so many; 0 for no limit.
    pub async fn count_of_address(&self, kind: CallKind, address: IpAddr, limit: u32) -> Result<()> {
        self.failures.count_call(kind, Counted::Address(subscriber(address)), limit).await
    }

    /// As [`Authenticator::count_of_address`], for a caller.
    pub async fn count_of_caller(&self, kind: CallKind, caller: &Caller, limit: u32) -> Result<()> {
        self.failures.count_call(kind, Counted::Account(caller.id), limit).await
    }
}

impl Caller {
    /// A client who is authenticated.
    pub fn of_client(client: ClientId, address: IpAddr) -> Caller {
        Caller {
            id: CallerId::Client(client),
            author: Author { admin: AdminId(0), name: "Client".to_owned(), address: address.to_string() },
            name: format!("client {client}"),
            limits: OwnLimits::default(),
            rights: Rights::Client(client),
        }
    }

    fn guest(address: IpAddr) -> Caller {
        Caller {
            id: CallerId::Address(subscriber(address)),
            author: Author { admin: AdminId(0), name: "Guest".to_owned(), address: address.to_string() },
            // Wrong passwords are counted by this name: whoever has one IPv6 address has many.
            name: format!("guest {}", subscriber(address)),
            limits: OwnLimits::default(),
            rights: Rights::Guest,
        }
    }
}
