//! A database connection, taken for one call.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::mysql::MySql;
use sqlx::{Connection, MySqlConnection, Transaction};
use tracing::warn;

use crate::database;
use crate::database::hosts::{Hosts, Taken};
use crate::database::pool::Pooled;
use crate::fault::{Fault, Result};

/// A pooled connection that goes back to the pool only when it is given back. Dropped in any other way, by a panic or
/// by a time limit in the middle of a statement, it is closed: nobody knows what state it is in.
pub struct Lease {
    connection: Pooled,
    hosts: Arc<Hosts>,
    host: usize,
}

impl Lease {
    pub async fn take(hosts: &Arc<Hosts>) -> Result<Lease> {
        Lease::of(hosts, hosts.acquire().await)
    }

    /// A connection of which nobody has made sure that it is still there, for those who take another one when it is not.
    pub async fn take_untested(hosts: &Arc<Hosts>) -> Result<Lease> {
        Lease::of(hosts, hosts.acquire_untested().await)
    }

    fn of(hosts: &Arc<Hosts>, taken: sqlx::Result<Taken>) -> Result<Lease> {
        let Taken { connection, host } = taken.map_err(|error| {
            warn!(%error, "no database connection");
            Fault::Busy
        })?;
        Ok(Lease { connection, hosts: Arc::clone(hosts), host })
    }

    /// Does something with a connection of its own, which goes back when that succeeds.
    pub async fn using<T>(
        hosts: &Arc<Hosts>,
        work: impl AsyncFnOnce(&mut MySqlConnection) -> sqlx::Result<T>,
    ) -> sqlx::Result<T> {
        let mut lease = Lease::take(hosts).await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        match work(&mut lease).await {
            Ok(done) => {
                lease.give_back();
                Ok(done)
            }
            Err(error) => {
                lease.failed(&error);
                Err(error)
            }
        }
    }

    /// Begins a transaction of one of the calls that write, whose statements are prepared by then.
    pub async fn begin_to_write(&mut self) -> sqlx::Result<Transaction<'_, MySql>> {
        self.connection.prepare().await?;
        self.connection.begin().await
    }

    /// Gives the connection back, at the end of what it was taken for. What may have been left open is rolled back.
    pub fn give_back(self) {
        self.connection.give_back();
    }

    /// Gives the connection back where all that was said to it was answered as it should, and every transaction ended:
    /// then there is nothing more to say to it.
    pub fn give_back_at_rest(self) {
        self.connection.rest();
    }

    /// Closes the connection, and gives its server up if this error says so.
    pub fn failed(self, error: &sqlx::Error) {
        if database::errors::remedy(error) == database::errors::Remedy::Reconnect {
            self.connection.suspect_others();
        }
        self.hosts.failed(self.host, error);
    }
}

impl Deref for Lease {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        &self.connection
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        &mut self.connection
    }
}
