//! A database connection, taken for one call.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::MySqlConnection;
use sqlx::mysql::MySql;
use sqlx::pool::PoolConnection;
use tracing::warn;

use crate::error::{Error, Result};
use crate::store::hosts::{Hosts, Taken};

/// A pooled connection that goes back to the pool only when it is given back. Dropped in any other way, by a panic or
/// by a time limit in the middle of a statement, it is closed: nobody knows what state it is in.
pub struct Lease {
    connection: Option<PoolConnection<MySql>>,
    hosts: Arc<Hosts>,
    host: usize,
}

impl Lease {
    pub async fn take(hosts: &Arc<Hosts>) -> Result<Lease> {
        let taken = hosts.acquire().await.map_err(|error| {
            warn!(%error, "no database connection");
            Error::Busy
        })?;
        let Taken { connection, host } = taken;
        Ok(Lease { connection: Some(connection), hosts: Arc::clone(hosts), host })
    }

    /// Gives the connection back, at the end of what it was taken for.
    pub fn give_back(mut self) {
        drop(self.connection.take());
    }

    /// Closes the connection, and gives its server up if this error says so.
    pub fn failed(self, error: &sqlx::Error) {
        self.hosts.failed(self.host, error);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(connection.detach());
        }
    }
}

const THERE: &str = "a lease has its connection until it is given back or dropped, which both end it";

impl Deref for Lease {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        self.connection.as_deref().expect(THERE)
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        self.connection.as_deref_mut().expect(THERE)
    }
}
