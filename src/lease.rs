//! A database connection, taken from the pool for one call.

use std::ops::{Deref, DerefMut};

use sqlx::MySqlConnection;
use sqlx::mysql::{MySql, MySqlPool};
use sqlx::pool::PoolConnection;
use tracing::warn;

use crate::error::{Error, Result};

/// A pooled connection that goes back to the pool only when it is given back. Dropped in any other way, by a panic or
/// by a time limit in the middle of a statement, it is closed: nobody knows what state it is in.
pub struct Lease(Option<PoolConnection<MySql>>);

impl Lease {
    pub async fn take(pool: &MySqlPool) -> Result<Lease> {
        let connection = pool.acquire().await.map_err(|error| {
            warn!(%error, "no database connection");
            Error::Busy
        })?;
        Ok(Lease(Some(connection)))
    }

    /// A connection that was taken in another way.
    pub fn of(connection: PoolConnection<MySql>) -> Lease {
        Lease(Some(connection))
    }

    /// Gives the connection back, at the end of what it was taken for.
    pub fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(connection.detach());
        }
    }
}

const THERE: &str = "a lease has its connection until it is given back or dropped, which both end it";

impl Deref for Lease {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        self.0.as_deref().expect(THERE)
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        self.0.as_deref_mut().expect(THERE)
    }
}
