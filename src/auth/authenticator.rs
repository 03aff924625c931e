//! Authentication: checks the throttle, then the network address, then the credential.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::failures::AuthFailures;
use super::permission::Permissions;
use super::rate_limits::{CallerId, OwnLimits};
use super::verifier::{SecretClaim, SecretKind, Verifier};
use super::{Caller, Login, Rights, equal_in_constant_time, secret};
use crate::config::Access;
use crate::database;
use crate::database::coalescing::Turns;
use crate::database::errors::Retry;
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::database::migrations::OwnTables;
use crate::database::pool::Commits;
use crate::domain::Author;
use crate::domain::id::AdminId;
use crate::domain::time::Moment;
use crate::error::{Error, Result};
use crate::network::{self, Network};
use crate::store::system::credentials::{self, Credential, CredentialFinder, CredentialMatch, CredentialQuery, Sought};
use crate::store::system::staff::{self, Staff};
use crate::wire::Parameters;
use crate::wire::decode::php;

/// Number of connections on which the credential lookup is tried.
const FIND_ATTEMPTS: u32 = 4;
const FIND_TIMEOUT: Duration = Duration::from_secs(5);
const FIND_RETRY_DELAY: Duration = Duration::from_millis(250);
/// How long a call waits for the look-up of another one before it looks up its credential by itself.
const MAX_SHARING_WAIT: Duration = Duration::from_millis(100);

pub struct Authenticator {
    access: Access,
    finder: CredentialFinder,
    /// The look-ups under way, which calls with the same credential share.
    lookups: Turns<LookupKey, Arc<CredentialMatch>>,
    pub(super) verifier: Arc<Verifier>,
    pub(super) failures: Arc<AuthFailures>,
    /// Last use of each credential since the last flush to the database.
    uses: Arc<Mutex<HashMap<i64, NaiveDateTime>>>,
}

/// What authentication needs to know of a request.
#[derive(Debug, Clone, Copy)]
pub struct AuthAttempt<'r> {
    pub parameters: &'r Parameters,
    /// The token that was sent instead of a credential.
    pub token: Option<&'r str>,
    pub address: IpAddr,
    pub now: Moment,
    /// When the request came.
    pub start: Instant,
    /// Gets the identifier or user name that was sent, if it belongs to an account: anything else might be a secret that
    /// was sent in its place.
    pub account: &'r OnceLock<String>,
    /// What the call needs the connection for that it gets.
    pub commits: Commits,
    /// Whether a caller is let in of whose credential nothing is known here, because the upstream verifies it.
    pub accepts_unverified: bool,
}

/// What is looked up, and whether with WHMCS's list of allowed addresses.
type LookupKey = (Sought<String>, bool);

/// The account that a log-in refers to.
enum Identity {
    /// The credential with its roles.
    Credential(Arc<CredentialMatch>),
    Staff(Staff),
    Unknown,
}

impl Authenticator {
    pub fn new(access: Access, own_tables: OwnTables) -> Result<Authenticator> {
        let failures = Arc::new(AuthFailures::new(&access));
        let finder = CredentialFinder::new(access.owner_permission, own_tables);
        let verifier = Arc::new(Verifier::new()?);
        Ok(Authenticator { access, finder, lookups: Turns::default(), verifier, failures, uses: Arc::default() })
    }

    /// Returns an authenticator with other settings that knows the same log-ins. Failures are counted anew only if their
    /// limits have changed.
    #[must_use]
    pub fn with_access(&self, access: Access, own_tables: OwnTables) -> Authenticator {
        let failures = match self.access.has_same_failure_limits(&access) {
            true => Arc::clone(&self.failures),
            false => Arc::new(AuthFailures::new(&access)),
        };
        let finder = CredentialFinder::new(access.owner_permission, own_tables);
        let (verifier, uses) = (Arc::clone(&self.verifier), Arc::clone(&self.uses));
        Authenticator { access, finder, lookups: Turns::default(), verifier, failures, uses }
    }

    /// Authenticates a request and returns the caller with a database connection, or the error.
    pub async fn authenticate(&self, attempt: AuthAttempt<'_>, hosts: &Arc<Hosts>) -> Result<(Lease, Caller)> {
        let login = Login::from_parameters(attempt.parameters);
        if let (None, Some(token)) = (login, attempt.token) {
            return Box::pin(self.authenticate_token(token, attempt, hosts)).await;
        }
        let identifier = login.map(|login| login.identifier);
        // Rare futures are boxed: that of a call is copied when it begins, and should be small.
        if let Some(wait) = self.failures.blocked(attempt.address, identifier).await
            && !Box::pin(self.is_exempt(login, attempt.address)).await
        {
            return Err(Error::TooManyFailures { seconds: wait.as_secs() + 1 });
        }
        let result = self.check(attempt, login, hosts).await;
        let counts_as_failure = match result {
            Err(Error::NotAuthenticated) => login.is_some(),
            Err(Error::AddressNotAllowed(_)) => attempt.parameters.text("accesskey").is_some(),
            _ => false,
        };
        if counts_as_failure {
            Box::pin(self.add_failure(attempt.address, attempt.parameters)).await;
        }
        result
    }

    /// Counts a failed attempt of the caller who sent these parameters.
    pub async fn add_failure(&self, address: IpAddr, parameters: &Parameters) {
        let identifier = Login::from_parameters(parameters).map(|login| login.identifier);
        if self.failures.add(address, identifier).await {
            warn!(%address, "too many failed attempts from this address: rejecting further ones");
        }
    }

    /// Rejects an attempt by something that belongs to nobody whose name is known, after too many failures from this address.
    pub async fn check_address(&self, address: IpAddr) -> Result<()> {
        match self.failures.blocked(address, None).await {
            Some(wait) => Err(Error::TooManyFailures { seconds: wait.as_secs() + 1 }),
            None => Ok(()),
        }
    }

    /// Counts a failed attempt of that kind.
    pub async fn add_failure_of_address(&self, address: IpAddr) {
        if self.failures.add(address, None).await {
            warn!(%address, "too many failed attempts from this address: rejecting further ones");
        }
    }

    /// Counts a rejection by the upstream, which is a failed attempt of the caller who sent these parameters.
    pub async fn add_rejection(&self, caller: &Caller, address: IpAddr, parameters: &Parameters) {
        self.add_failure(address, parameters).await;
        if let Some(login) = Login::from_parameters(parameters) {
            self.failures.add_rejection(address, login.identifier).await;
        }
        if !caller.is_verified() && self.failures.add_unverified_rejection().await {
            warn!("the upstream has rejected too many unverified callers: passing no further ones for some time");
        }
    }

    /// Rejects a call that is to be passed, after too many rejections by the upstream.
    pub async fn check_rejections(&self, caller: &Caller, address: IpAddr, parameters: &Parameters) -> Result<()> {
        let Some(login) = Login::from_parameters(parameters) else { return Ok(()) };
        let of_caller = self.failures.rejected(address, login.identifier).await;
        let of_all = if caller.is_verified() { None } else { self.failures.unverified_rejected().await };
        match of_caller.max(of_all) {
            Some(wait) => Err(Error::TooManyFailures { seconds: wait.as_secs() + 1 }),
            None => Ok(()),
        }
    }

    pub(super) async fn is_exempt(&self, login: Option<Login<'_>>, address: IpAddr) -> bool {
        let Some(login) = login else { return false };
        let recent = self.verifier.recent_login(&login, address).await;
        self.failures.is_exempt(address, login.identifier, recent).await
    }

    async fn check(
        &self,
        attempt: AuthAttempt<'_>,
        login: Option<Login<'_>>,
        hosts: &Arc<Hosts>,
    ) -> Result<(Lease, Caller)> {
        let is_allowed = self.is_always_allowed(attempt);
        let sought = login.map_or(Sought::NONE, Login::sought);
        let (mut lease, found) = self.find(sought, attempt, !is_allowed, hosts).await?;
        if let Some(credential) = found.credential.first() {
            let _ = attempt.account.set(credential.identifier.clone());
        }
        if !is_allowed && !is_on_list(found.allowed_addresses.as_deref(), attempt.address) {
            lease.release();
            return Err(Error::AddressNotAllowed(attempt.address));
        }
        let Some(login) = login else {
            lease.release();
            return Err(Error::NotAuthenticated);
        };
        let identity = self.identify(login, found, &mut lease).await?;
        if let Identity::Unknown = identity
            && attempt.accepts_unverified
            && self.is_unknown(login, &mut lease).await?
        {
            return Ok((lease, Caller::unverified(login, attempt.address)));
        }
        if let Identity::Staff(staff) = &identity {
            let _ = attempt.account.set(staff.name.clone());
        }
        let claim = identity.claim(login);
        if !self.verifier.has_verified(&claim) {
            // Hashing takes long; meanwhile other calls can use the connection.
            lease.release();
            Box::pin(self.verifier.verify(&login, attempt.address, claim)).await?;
            lease = Lease::acquire_for(attempt.commits, hosts).await?;
        }
        match identity.caller(&attempt, &self.access) {
            Ok(caller) => {
                self.record_use(caller.id, attempt.now);
                Ok((lease, caller))
            }
            Err(error) => {
                lease.release();
                Err(error)
            }
        }
    }

    /// Authenticates whoever acts by an API credential without its secret: its address, and that the credential can be used.
    /// If none is looked up, only the address is checked before the caller is rejected.
    pub(super) async fn check_maker(
        &self,
        attempt: AuthAttempt<'_>,
        sought: Sought<&str>,
        hosts: &Arc<Hosts>,
    ) -> Result<(Lease, Caller)> {
        let is_allowed = self.is_always_allowed(attempt);
        let (lease, found) = self.find(sought, attempt, !is_allowed, hosts).await?;
        let is_listed = is_allowed || is_on_list(found.allowed_addresses.as_deref(), attempt.address);
        if let Some(credential) = found.credential.first() {
            let _ = attempt.account.set(credential.identifier.clone());
        }
        let is_usable = found.credential.first().is_some_and(|row| row.is_usable);
        let caller = match (is_listed, is_usable) {
            (false, _) => Err(Error::AddressNotAllowed(attempt.address)),
            (true, false) => Err(Error::NotAuthenticated),
            (true, true) => Identity::Credential(found).caller(&attempt, &self.access),
        };
        match caller {
            Ok(caller) => {
                self.record_use(caller.id, attempt.now);
                Ok((lease, caller))
            }
            Err(error) => {
                lease.release();
                Err(error)
            }
        }
    }

    /// Rejects a call from an address that is not allowed, whoever makes it.
    pub async fn check_network(&self, attempt: AuthAttempt<'_>, hosts: &Arc<Hosts>) -> Result<()> {
        if self.is_always_allowed(attempt) {
            return Ok(());
        }
        let (lease, found) = self.find(Sought::NONE, attempt, true, hosts).await?;
        lease.release();
        match self.is_allowed(attempt, found.allowed_addresses.as_deref()) {
            true => Ok(()),
            false => Err(Error::AddressNotAllowed(attempt.address)),
        }
    }

    /// Returns the credential as it is after the request has come, and, if requested, WHMCS's list of allowed addresses. Calls
    /// with the same credential that come at the same time share the look-up.
    async fn find(
        &self,
        sought: Sought<&str>,
        attempt: AuthAttempt<'_>,
        with_list: bool,
        hosts: &Arc<Hosts>,
    ) -> Result<(Lease, Arc<CredentialMatch>)> {
        let query = CredentialQuery { sought, now: attempt.now.utc(), with_list };
        let key = (sought.to_owned(), with_list);
        let look_up = async || self.look_up(query, attempt.commits, hosts).await;
        match self.lookups.share(key, attempt.start, MAX_SHARING_WAIT, look_up).await? {
            (Some(lease), found) => Ok((lease, found)),
            (None, found) => Ok((Lease::acquire_for(attempt.commits, hosts).await?, found)),
        }
    }

    /// Reads the credential; tries another host if one fails.
    async fn look_up(
        &self,
        mut query: CredentialQuery<'_>,
        commits: Commits,
        hosts: &Arc<Hosts>,
    ) -> Result<(Lease, Arc<CredentialMatch>)> {
        for _ in 0..FIND_ATTEMPTS {
            // This statement itself reveals whether the connection is dead, so it needs no test.
            let mut lease = Lease::acquire_untested(commits, hosts).await?;
            let find = self.finder.find(&mut lease, &query);
            let find = timeout(FIND_TIMEOUT, find).await;
            match find.unwrap_or_else(|_| Err(sqlx::Error::Protocol("looking up a credential took too long".into()))) {
                Ok(found) => return Ok((lease, Arc::new(found))),
                Err(error) if query.sought.cannot_match(&error) => {
                    lease.release();
                    query.sought = Sought::NONE;
                }
                Err(error) if database::errors::retry_policy(&error) == Retry::Never => return Err(error.into()),
                Err(error) => {
                    warn!(%error, "the database failed to look up a credential");
                    lease.discard(&error);
                    sleep(FIND_RETRY_DELAY).await;
                }
            }
        }
        Err(Error::Busy)
    }

    /// Whether an attempt comes from an allowed address, by WHMCS's list of them.
    pub(super) fn is_allowed(&self, attempt: AuthAttempt<'_>, list: Option<&str>) -> bool {
        self.is_always_allowed(attempt) || is_on_list(list, attempt.address)
    }

    /// Whether an attempt comes from an allowed address, whatever WHMCS's list has.
    fn is_always_allowed(&self, attempt: AuthAttempt<'_>) -> bool {
        network::any_contains(&self.access.allow, attempt.address) || self.has_key(attempt.parameters)
    }

    fn has_key(&self, parameters: &Parameters) -> bool {
        let key = &self.access.access_key.0;
        let sent = parameters.text("accesskey").unwrap_or_default();
        !key.is_empty() && equal_in_constant_time(sent, key)
    }

    async fn identify(
        &self,
        login: Login<'_>,
        found: Arc<CredentialMatch>,
        db: &mut MySqlConnection,
    ) -> Result<Identity> {
        if found.credential.first().is_some_and(|row| row.is_usable) {
            return Ok(Identity::Credential(found));
        }
        if !(found.credential.is_empty() && login.is_legacy && self.access.admin_login) {
            return Ok(Identity::Unknown);
        }
        match staff::find(db, login.identifier, self.access.admin_permission).await {
            Err(error) if database::errors::is_invalid_value(&error) => Ok(Identity::Unknown),
            found => Ok(found.map_err(database::errors::busy_if_transient)?.map_or(Identity::Unknown, Identity::Staff)),
        }
    }

    /// Whether nothing is known here of a log-in, so that the upstream may verify it. In `username` and `password` a member of
    /// staff may log in there.
    async fn is_unknown(&self, login: Login<'_>, db: &mut MySqlConnection) -> Result<bool> {
        if login.is_legacy && !self.access.admin_login {
            return Ok(false);
        }
        match credentials::resembles_any(db, login.identifier).await {
            // What cannot be compared may be equal elsewhere.
            Err(error) if database::errors::is_invalid_value(&error) => Ok(false),
            resembles => Ok(!resembles.map_err(database::errors::busy_if_transient)?),
        }
    }

    fn record_use(&self, caller: CallerId, now: Moment) {
        if let CallerId::Credential(credential) = caller {
            self.uses().insert(credential, now.utc());
        }
    }

    /// Stores the last use of credentials. Done periodically, so that no call pays for it.
    pub async fn flush_uses(&self, hosts: &Arc<Hosts>) -> sqlx::Result<()> {
        let uses: Vec<_> = self.uses().drain().collect();
        let written = Lease::with_connection(hosts, async |db| credentials::record_uses(db, &uses).await).await;
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

impl Sought<&str> {
    /// Whether an error means that there is no such credential: the identifier has characters that cannot be compared with
    /// the column, or a database without the table has no keys.
    fn cannot_match(self, error: &sqlx::Error) -> bool {
        match self {
            Sought::Identifier { .. } => database::errors::is_invalid_value(error),
            Sought::KeyHash(_) => database::errors::is_schema_mismatch(error),
        }
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

impl Identity {
    /// The stored hashes that the secret may match.
    fn claim(&self, login: Login<'_>) -> SecretClaim {
        let (owner, hashes) = match self {
            Identity::Credential(found) => {
                let first = found.credential.first();
                let id = first.map_or(0, |row| row.id);
                (format!("credential {id}"), first.map(Credential::hashes).unwrap_or_default())
            }
            Identity::Staff(staff) => {
                (format!("staff {}", staff.id), vec![staff.password_hash.as_str(), staff.password.as_str()])
            }
            Identity::Unknown => (String::new(), Vec::new()),
        };
        let mut pairs: Vec<(String, String)> = hashes
            .into_iter()
            .filter(|hash| !hash.is_empty())
            .map(|hash| (hash.to_owned(), login.secret.to_owned()))
            .collect();
        if pairs.is_empty() {
            pairs.push((secret::DUMMY_HASH.to_owned(), login.secret.to_owned()));
        }
        let kind = if let Identity::Staff(_) = self { SecretKind::Chosen } else { SecretKind::Random };
        SecretClaim { owner, kind, pairs }
    }

    /// Returns the caller, once the claim has been verified.
    fn caller(self, attempt: &AuthAttempt<'_>, access: &Access) -> Result<Caller> {
        let address = attempt.address.to_string();
        match self {
            Identity::Credential(found) => {
                let first = found.credential.first().ok_or(Error::NotAuthenticated)?;
                if !first.allows_address(attempt.address) {
                    return Err(Error::AddressNotAllowed(attempt.address));
                }
                let author = Author { admin: first.admin, name: first.admin_name.clone(), address };
                let (id, name) = (CallerId::Credential(first.id), first.identifier.clone());
                let [per_minute, per_day] = first.limits();
                let limits = OwnLimits { per_minute, per_day };
                let roles = found.credential.iter().filter_map(permissions).collect();
                Ok(Caller { id, author, name, limits, rights: Rights::Roles(roles) })
            }
            Identity::Staff(staff) if staff.is_disabled => Err(Error::AdminDisabled),
            Identity::Staff(staff) if !staff.may_use_api => Err(Error::NoApiAccess),
            Identity::Staff(staff) => {
                let author = Author { admin: staff.id, name: staff.name.clone(), address };
                let (id, limits) = (CallerId::Staff(staff.id), OwnLimits::default());
                let rights = Rights::Staff { custom_actions: access.staff_custom_actions };
                Ok(Caller { id, author, name: staff.name, limits, rights })
            }
            Identity::Unknown => Err(Error::NotAuthenticated),
        }
    }
}

impl Caller {
    fn unverified(login: Login<'_>, address: IpAddr) -> Caller {
        Caller {
            id: CallerId::Address(address),
            author: Author { admin: AdminId(0), name: String::new(), address: address.to_string() },
            name: login.identifier.to_owned(),
            limits: OwnLimits::default(),
            rights: Rights::Unverified,
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
    fn allows_address(&self, address: IpAddr) -> bool {
        let mut networks = self.allowed_addresses.split_whitespace().peekable();
        let is_open = networks.peek().is_none();
        is_open || networks.any(|network| network.parse().is_ok_and(|network: Network| network.contains(address)))
    }
}
