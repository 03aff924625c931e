//! Limits on the number of connections, in all and for each address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Settings;
use crate::network::{self, Network};

/// The slots of a listener's connections.
pub struct ConnectionSlots {
    all: Arc<Semaphore>,
    by_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
    per_address: usize,
    open: Gauge,
    /// Addresses without a per-address limit.
    proxies: Vec<Network>,
}

/// What a connection occupies as long as it is open: a slot of all, and one of its address.
pub struct Slot {
    address: AddressSlot,
    _permit: OwnedSemaphorePermit,
}

/// The limit that has been reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    All,
    /// The connections of this subscriber: an IPv6 /64 counts as one address.
    Subscriber(IpAddr),
}

struct AddressSlot {
    by_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
    subscriber: IpAddr,
    open: Gauge,
}

impl ConnectionSlots {
    pub fn new(settings: &Settings, open: &Gauge) -> ConnectionSlots {
        ConnectionSlots {
            all: Arc::new(Semaphore::new(settings.limits.connections)),
            by_address: Arc::default(),
            per_address: settings.limits.connections_per_address,
            open: open.clone(),
            proxies: settings.access.trusted_proxies.clone(),
        }
    }

    /// Occupies a slot for a connection from this address.
    pub fn occupy(&self, address: IpAddr) -> Result<Slot, Full> {
        let address = self.address_slot(address)?;
        let permit = Arc::clone(&self.all).try_acquire_owned().map_err(|_| Full::All)?;
        Ok(Slot { address, _permit: permit })
    }

    fn address_slot(&self, address: IpAddr) -> Result<AddressSlot, Full> {
        let subscriber = network::subscriber(address);
        let mut counts = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(subscriber).or_default();
        if *count >= self.per_address && !network::any_contains(&self.proxies, address) {
            return Err(Full::Subscriber(subscriber));
        }
        *count += 1;
        self.open.inc();
        Ok(AddressSlot { by_address: Arc::clone(&self.by_address), subscriber, open: self.open.clone() })
    }
}

impl Slot {
    pub fn subscriber(&self) -> IpAddr {
        self.address.subscriber
    }
}

impl Drop for AddressSlot {
    fn drop(&mut self) {
        self.open.dec();
        let mut counts = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.subscriber) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.subscriber);
            }
        }
    }
}
