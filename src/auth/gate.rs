//! Authentication: checks the throttle, then the network address, then the credential.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::failures::Failures;
use super::permission::Permissions;
use super::verifier::{Claim, Verifier};
use super::{Caller, Login, Rights, are_equal, secret};
use crate::config::Access;
use crate::database;
use crate::database::errors::Remedy;
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::domain::Author;
use crate::domain::time::Moment;
use crate::error::{Error, Result};
use crate::network::{self, Network};
use crate::store::system::credentials::{self, Credential, Finder, Sought};
use crate::store::system::staff::{self, Staff};
use crate::wire::Parameters;
use crate::wire::decode::php;

/// Number of connections on which the credential lookup is tried.
const FIND_ATTEMPTS: u32 = 4;
const FIND_TIMEOUT: Duration = Duration::from_secs(5);
const FIND_PAUSE: Duration = Duration::from_millis(250);

pub struct Gate {
    access: Access,
    finder: Finder,
    verifier: Verifier,
    failures: Failures,
    /// Last use of each credential since the last flush to the database.
    uses: Mutex<HashMap<i64, NaiveDateTime>>,
}

/// What authentication needs to know of a request.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'r> {
    pub parameters: &'r Parameters,
    pub address: IpAddr,
    pub now: Moment,
}

/// The account that a log-in refers to.
enum Named {
    /// The credential, one row for each of its roles.
    Credential(Vec<Credential>),
    Staff(Staff),
    Nobody,
}

impl Gate {
    pub fn new(access: Access, has_own_tables: bool) -> Result<Gate> {
        let failures = Failures::new(&access);
        let finder = Finder::new(access.owner_permission, has_own_tables);
        Ok(Gate { access, finder, verifier: Verifier::new()?, failures, uses: Mutex::default() })
    }

    /// Authenticates a request and returns the caller with a database connection, or the error.
    pub async fn admit(&self, visitor: Visitor<'_>, hosts: &Arc<Hosts>) -> Result<(Lease, Caller)> {
        let login = Login::of(visitor.parameters);
        let identifier = login.map(|login| login.identifier);
        if let Some(wait) = self.failures.blocked(visitor.address, identifier).await {
            let is_known = match &login {
                Some(login) => self.verifier.knows(login, visitor.address).await,
                None => false,
            };
            if !is_known {
                return Err(Error::TooManyFailures { seconds: wait.as_secs() + 1 });
            }
        }
        let admitted = self.check(visitor, login, hosts).await;
        let has_guessed = match admitted {
            Err(Error::NotAuthenticated) => login.is_some(),
            Err(Error::AddressNotAllowed(_)) => visitor.parameters.text("accesskey").is_some(),
            _ => false,
        };
        if has_guessed && self.failures.add(visitor.address, identifier).await {
            warn!(address = %visitor.address, "too many failed attempts from this address: rejecting further ones");
        }
        admitted
    }

    async fn check(
        &self,
        visitor: Visitor<'_>,
        login: Option<Login<'_>>,
        hosts: &Arc<Hosts>,
    ) -> Result<(Lease, Caller)> {
        let is_allowed = network::contain(&self.access.allow, visitor.address) || self.has_key(visitor.parameters);
        let (mut lease, found) = self.find(login, visitor.now, !is_allowed, hosts).await?;
        if !is_allowed && !is_on_list(found.allowed_addresses.as_deref(), visitor.address) {
            lease.give_back();
            return Err(Error::AddressNotAllowed(visitor.address));
        }
        let Some(login) = login else {
            lease.give_back();
            return Err(Error::NotAuthenticated);
        };
        let named = self.name(login, found.credential, &mut lease).await?;
        let claim = named.claim(login);
        if !self.verifier.remembers(&claim) {
            // Hashing takes long; meanwhile other calls can use the connection.
            lease.give_back();
            self.verifier.verify(&login, visitor.address, claim).await?;
            lease = Lease::take(hosts).await?;
        }
        match named.caller(&visitor) {
            Ok((caller, credential)) => {
                self.used(credential, visitor.now);
                Ok((lease, caller))
            }
            Err(refused) => {
                lease.give_back();
                Err(refused)
            }
        }
    }

    /// Reads the credential and, if requested, WHMCS's list of allowed addresses; tries another host if one fails.
    async fn find(
        &self,
        login: Option<Login<'_>>,
        now: Moment,
        with_list: bool,
        hosts: &Arc<Hosts>,
    ) -> Result<(Lease, credentials::Found)> {
        let mut sought = Sought {
            identifier: login.map_or("", |login| login.identifier),
            by_sum: login.is_some_and(|login| login.is_legacy && secret::is_md5_hex(login.secret)),
            now: now.utc(),
            with_list,
        };
        for _ in 0..FIND_ATTEMPTS {
            // This statement itself reveals whether the connection is dead, so it needs no test.
            let mut lease = Lease::take_untested(hosts).await?;
            let find = self.finder.find(&mut lease, &sought);
            let find = timeout(FIND_TIMEOUT, find).await;
            match find.unwrap_or_else(|_| Err(sqlx::Error::Protocol("looking up a credential took too long".into()))) {
                Ok(found) => return Ok((lease, found)),
                // Characters that cannot be compared with the column.
                Err(error) if database::errors::is_unfit_value(&error) => {
                    lease.give_back();
                    sought.identifier = "";
                }
                Err(error) if database::errors::remedy(&error) == Remedy::None => return Err(error.into()),
                Err(error) => {
                    warn!(%error, "the database failed to look up a credential");
                    lease.failed(&error);
                    sleep(FIND_PAUSE).await;
                }
            }
        }
        Err(Error::Busy)
    }

    fn has_key(&self, parameters: &Parameters) -> bool {
        let key = &self.access.access_key.0;
        let sent = parameters.text("accesskey").unwrap_or_default();
        !key.is_empty() && are_equal(sent, key)
    }

    async fn name(&self, login: Login<'_>, credential: Vec<Credential>, db: &mut MySqlConnection) -> Result<Named> {
        if credential.first().is_some_and(|row| row.is_usable) {
            return Ok(Named::Credential(credential));
        }
        if !(credential.is_empty() && login.is_legacy && self.access.admin_login) {
            return Ok(Named::Nobody);
        }
        match staff::find(db, login.identifier, self.access.admin_permission).await {
            Err(error) if database::errors::is_unfit_value(&error) => Ok(Named::Nobody),
            found => Ok(found.map_err(database::errors::busy_if_passing)?.map_or(Named::Nobody, Named::Staff)),
        }
    }

    fn used(&self, credential: Option<i64>, now: Moment) {
        if let Some(credential) = credential {
            self.uses().insert(credential, now.utc());
        }
    }

    /// Stores the last use of credentials. Done periodically, so that no call pays for it.
    pub async fn write_uses(&self, hosts: &Arc<Hosts>) -> sqlx::Result<()> {
        let uses: Vec<_> = self.uses().drain().collect();
        let written = Lease::using(hosts, async |db| credentials::used(db, &uses).await).await;
        if written.is_err() {
            let mut later = self.uses();
            for (credential, time) in uses {
                later.entry(credential).or_insert(time);
            }
        }
        written
    }

    fn uses(&self) -> MutexGuard<'_, HashMap<i64, NaiveDateTime>> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the list, as PHP serialized it, contains the address.
fn is_on_list(list: Option<&str>, address: IpAddr) -> bool {
    let Some(list) = list.filter(|list| !list.is_empty()) else { return false };
    let entries = match php::unserialize(list.as_bytes()) {
        Ok(entries) => entries,
        Err(error) => {
            warn!(%error, "APIAllowedIPs in tblconfiguration is malformed, so it allows no address");
            return false;
        }
    };
    let addresses = entries.as_object().into_iter().flat_map(|entries| entries.values());
    let mut addresses = addresses.filter_map(|entry| entry.get("ip").unwrap_or(entry).as_str());
    addresses.any(|entry| entry.trim().parse::<IpAddr>().is_ok_and(|entry| entry.to_canonical() == address))
}

impl Named {
    /// The stored hashes that the secret may match.
    fn claim(&self, login: Login<'_>) -> Claim {
        let (owner, hashes) = match self {
            Named::Credential(rows) => {
                let id = rows.first().map_or(0, |row| row.id);
                (format!("credential {id}"), rows.first().map(Credential::hashes).unwrap_or_default())
            }
            Named::Staff(staff) => {
                (format!("staff {}", staff.id), vec![staff.password_hash.as_str(), staff.password.as_str()])
            }
            Named::Nobody => (String::new(), Vec::new()),
        };
        let mut pairs: Vec<(String, String)> = hashes
            .into_iter()
            .filter(|hash| !hash.is_empty())
            .map(|hash| (hash.to_owned(), login.secret.to_owned()))
            .collect();
        if pairs.is_empty() {
            pairs.push((secret::NOBODY.to_owned(), login.secret.to_owned()));
        }
        Claim { owner, may_be_known: matches!(self, Named::Credential(_)), pairs }
    }

    /// Returns the caller, once the claim has been verified, and the id of the credential.
    fn caller(self, visitor: &Visitor<'_>) -> Result<(Caller, Option<i64>)> {
        let address = visitor.address.to_string();
        match self {
            Named::Credential(rows) => {
                let first = rows.first().ok_or(Error::NotAuthenticated)?;
                if !first.may_come_from(visitor.address) {
                    return Err(Error::AddressNotAllowed(visitor.address));
                }
                let author = Author { admin: first.admin, name: first.admin_name.clone(), address };
                let (id, name) = (first.id, first.identifier.clone());
                let roles = rows.iter().filter_map(permissions).collect();
                Ok((Caller { author, name, rights: Rights::Roles(roles) }, Some(id)))
            }
            Named::Staff(staff) if staff.is_disabled => Err(Error::AdminDisabled),
            Named::Staff(staff) if !staff.may_use_api => Err(Error::NoApiAccess),
            Named::Staff(staff) => {
                let author = Author { admin: staff.id, name: staff.name.clone(), address };
                Ok((Caller { author, name: staff.name, rights: Rights::Everything }, None))
            }
            Named::Nobody => Err(Error::NotAuthenticated),
        }
    }
}

fn permissions(row: &Credential) -> Option<Permissions> {
    let permissions = Permissions::parse(row.permissions.as_deref()?);
    let warn =
        |error: &_| warn!(credential = row.id, %error, "a role's permissions in tblapi_roles are not a JSON object");
    permissions.inspect_err(warn).ok()
}

impl Credential {
    /// The stored hashes that the secret may match.
    fn hashes(&self) -> Vec<&str> {
        [Some(&self.secret), self.previous_secret.as_ref()].into_iter().flatten().map(String::as_str).collect()
    }

    /// Whether the credential may be used from the address. A malformed entry allows nobody.
    fn may_come_from(&self, address: IpAddr) -> bool {
        let mut networks = self.allowed_addresses.split_whitespace().peekable();
        let is_open = networks.peek().is_none();
        is_open || networks.any(|network| network.parse().is_ok_and(|network: Network| network.contains(address)))
    }
}
