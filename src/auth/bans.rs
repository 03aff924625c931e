//! Bans of addresses (AddBannedIp), as far as they hold for calls of the API and for staff who log in to the console.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use tracing::warn;

use crate::config::Settings;
use crate::database::errors::{self, Retry};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::domain::staff::ban::BannedAddress;
use crate::domain::time::Moment;
use crate::error::{Error, Result};
use crate::network::{self, Network};
use crate::store;

/// How long bans that were read are used, so that calls need not read them.
const CACHED: Duration = Duration::from_secs(5);

pub struct ApiBans {
    is_applied: bool,
    /// Addresses for which no ban holds: with a proxy, everybody behind it would be banned.
    proxies: Vec<Network>,
    bans: Cache<(), Arc<Vec<BannedAddress>>>,
}

impl ApiBans {
    pub fn new(settings: &Settings) -> ApiBans {
        ApiBans {
            is_applied: settings.bans.apply_to_api,
            proxies: settings.access.trusted_proxies.clone(),
            bans: Cache::builder().max_capacity(1).time_to_live(CACHED).build(),
        }
    }

    /// Whether bans hold for calls from this address: never for those from this machine.
    pub fn apply_to(&self, address: IpAddr) -> bool {
        self.is_applied && self.apply_to_log_ins(address)
    }

    /// Whether bans hold for staff who log in from this address, whatever the settings say of calls.
    pub fn apply_to_log_ins(&self, address: IpAddr) -> bool {
        !(address.to_canonical().is_loopback() || network::any_contains(&self.proxies, address))
    }

    /// Rejects a call from a banned address. Bans that were read in the last seconds are not read again.
    pub async fn check(&self, address: IpAddr, now: Moment, hosts: &Arc<Hosts>) -> Result<()> {
        let read = Lease::with_connection(hosts, async |db| store::staff::bans::active(db, now.local()).await);
        let parsed = async {
            let bans: Vec<_> = read.await?.iter().filter_map(|ban| BannedAddress::parse(ban)).collect();
            Ok::<_, sqlx::Error>(Arc::new(bans))
        };
        let bans = Box::pin(self.bans.try_get_with((), parsed)).await.map_err(|error| {
            warn!(%error, "the bans of addresses could not be read");
            match errors::retry_policy(&error) {
                Retry::Never => Error::Internal(format!("reading bans of addresses: {error}").into()),
                _ => Error::Busy,
            }
        })?;
        match bans.iter().any(|ban| ban.contains(address)) {
            true => Err(Error::AddressNotAllowed(address)),
            false => Ok(()),
        }
    }
}
