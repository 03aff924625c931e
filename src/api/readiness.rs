//! Readiness: whether load balancers should send calls to this server.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::time::timeout;

use super::Api;
use crate::database::hosts;
use crate::database::lease::Lease;

/// How long a result is cached, so that frequent probes cost nothing.
const CACHE_FOR: Duration = Duration::from_secs(1);
/// Time limit of the database check, including the wait for a connection.
const QUERY_TIMEOUT: Duration = Duration::from_secs(2);

/// The cached readiness of the server.
#[derive(Default)]
pub(super) struct Readiness {
    is_stopping: AtomicBool,
    /// Time and result of the last check of the database. Concurrent probes wait for the same check.
    database: Mutex<Option<(Instant, bool)>>,
}

impl Api {
    /// Whether the server can use its database and is not about to stop.
    pub async fn is_ready(&self) -> bool {
        if self.readiness.is_stopping.load(Ordering::Relaxed) {
            return false;
        }
        let mut database = self.readiness.database.lock().await;
        match *database {
            Some((at, is_usable)) if at.elapsed() < CACHE_FOR => is_usable,
            _ => {
                let is_usable = timeout(QUERY_TIMEOUT, self.can_read()).await.unwrap_or(false);
                *database = Some((Instant::now(), is_usable));
                is_usable
            }
        }
    }

    /// Reports the server as not ready from now on. Calls are still answered.
    pub fn start_draining(&self) {
        self.readiness.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the server is about to stop.
    pub(super) fn is_draining(&self) -> bool {
        self.readiness.is_stopping.load(Ordering::Relaxed)
    }

    async fn can_read(&self) -> bool {
        let Ok(mut lease) = Lease::acquire(&self.hosts).await else { return false };
        match hosts::read(&mut lease).await {
            Ok(()) => lease.release(),
            Err(error) => {
                lease.discard(&error);
                return false;
            }
        }
        true
    }
}
