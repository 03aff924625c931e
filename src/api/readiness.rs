//! Whether calls should be sent here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::time::timeout;

use super::Api;
use crate::database::hosts;
use crate::database::lease::Lease;

/// How long what was found is believed, so that nobody makes work by asking.
const BELIEVED: Duration = Duration::from_secs(1);
/// How long the database may take, the wait for a connection included.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is known about it.
#[derive(Default)]
pub(super) struct Readiness {
    is_stopping: AtomicBool,
    /// When the database was asked last, and whether it could be used. Who asks meanwhile waits for the same answer.
    database: Mutex<Option<(Instant, bool)>>,
}

impl Api {
    /// Whether it can use its database, and is not about to stop.
    pub async fn is_ready(&self) -> bool {
        if self.readiness.is_stopping.load(Ordering::Relaxed) {
            return false;
        }
        let mut database = self.readiness.database.lock().await;
        match *database {
            Some((at, is_usable)) if at.elapsed() < BELIEVED => is_usable,
            _ => {
                let is_usable = timeout(PATIENCE, self.reads()).await.unwrap_or(false);
                *database = Some((Instant::now(), is_usable));
                is_usable
            }
        }
    }

    /// Has no more calls sent here. Those that come are answered all the same.
    pub fn begin_to_stop(&self) {
        self.readiness.is_stopping.store(true, Ordering::Relaxed);
    }

    async fn reads(&self) -> bool {
        let Ok(mut lease) = Lease::take(&self.hosts).await else { return false };
        match hosts::read(&mut lease).await {
            Ok(()) => lease.give_back(),
            Err(error) => {
                lease.failed(&error);
                return false;
            }
        }
        true
    }
}
