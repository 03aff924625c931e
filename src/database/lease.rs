//! Leases: database connections that are held for one call.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::MySqlConnection;
use tracing::warn;

use crate::database::errors::{Retry, retry_policy};
use crate::database::hosts::{HostConnection, Hosts};
use crate::database::listeners::Wanted;
use crate::database::pool::{Commits, Pooled};
use crate::database::rehearsal;
use crate::database::rehearsal::Rehearsal;
use crate::database::subject::Subject;
use crate::database::subject_lock::{Proof, SubjectLocks};
use crate::domain::id::{ClientId, InvoiceId};
use crate::fault::{Fault, Result};

/// A pooled connection that returns to the pool only when it is released. If it is dropped instead, by a panic or a
/// time limit, it is closed, because its state is unknown.
pub struct Lease {
    /// `None` once the connection was given back.
    connection: Option<Pooled>,
    hosts: Arc<Hosts>,
    host: usize,
    /// The subjects that the open transaction has locked.
    locks: SubjectLocks,
    /// What the open transaction would do, if it is one that is rolled back.
    rehearsal: Option<Box<Rehearsal>>,
    /// Whether the session may have settings of a rehearsal that has not ended.
    is_rehearsing: bool,
}

impl Lease {
    /// Acquires a connection that commits each statement.
    pub async fn acquire(hosts: &Arc<Hosts>) -> Result<Lease> {
        Lease::acquire_for(Commits::EachStatement, hosts).await
    }

    /// Acquires a connection for a transaction, which [`Lease::commit`] ends. It needs no BEGIN.
    pub async fn acquire_to_write(hosts: &Arc<Hosts>) -> Result<Lease> {
        Lease::acquire_for(Commits::OnRequest, hosts).await
    }

    pub async fn acquire_for(commits: Commits, hosts: &Arc<Hosts>) -> Result<Lease> {
        Lease::new(hosts, hosts.acquire_for(commits).await)
    }

    /// Acquires a connection without testing it, for callers that retry on another one if it is dead.
    pub async fn acquire_untested(commits: Commits, hosts: &Arc<Hosts>) -> Result<Lease> {
        Lease::new(hosts, hosts.acquire_untested(commits).await)
    }

    fn new(hosts: &Arc<Hosts>, taken: sqlx::Result<HostConnection>) -> Result<Lease> {
        let HostConnection { connection, host } = taken.map_err(|error| {
            warn!(%error, "no database connection");
            Fault::Busy
        })?;
        Ok(Lease {
            connection: Some(connection),
            hosts: Arc::clone(hosts),
            host,
            locks: SubjectLocks::default(),
            rehearsal: None,
            is_rehearsing: false,
        })
    }

    /// Runs `work` with a connection that is released if it succeeds.
    pub async fn with_connection<T>(
        hosts: &Arc<Hosts>,
        work: impl AsyncFnOnce(&mut MySqlConnection) -> sqlx::Result<T>,
    ) -> sqlx::Result<T> {
        let mut lease = Lease::acquire(hosts).await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        match work(&mut lease).await {
            Ok(done) => {
                lease.release_clean();
                Ok(done)
            }
            Err(error) => {
                lease.discard(&error);
                Err(error)
            }
        }
    }

    /// Locks a subject until the transaction ends, unless the transaction has locked it already, and returns the
    /// connection for reading and changing what belongs to it.
    pub async fn lock(&mut self, subject: Subject) -> sqlx::Result<&mut MySqlConnection> {
        let Lease { connection: Some(connection), locks, rehearsal, .. } = self else { return Err(given_back()) };
        if connection.commits() == Commits::EachStatement {
            return Err(sqlx::Error::InvalidArgument(format!("{subject:?} was to be locked outside a transaction")));
        }
        locks.add(subject, connection).await?;
        if let Some(rehearsal) = rehearsal {
            rehearsal.add_subject(subject);
        }
        Ok(connection)
    }

    /// Locks a subject, and returns the connection for writing, with the rehearsal if the transaction is one.
    pub async fn lock_to_write(
        &mut self,
        subject: Subject,
    ) -> sqlx::Result<(&mut MySqlConnection, Option<&mut Rehearsal>)> {
        self.lock(subject).await?;
        let Lease { connection: Some(connection), rehearsal, .. } = self else { return Err(given_back()) };
        Ok((connection, rehearsal.as_deref_mut()))
    }

    /// Begins a rehearsal: what is written until it ends can be rolled back without the rest of the transaction, and without
    /// having used up ids.
    pub async fn begin_rehearsal(&mut self) -> sqlx::Result<()> {
        self.is_rehearsing = true;
        sqlx::raw_sql(rehearsal::BEGIN).execute(&mut **self.open()?).await?;
        self.rehearsal = Some(Box::default());
        Ok(())
    }

    /// Returns what the rehearsal has done so far, which stays visible to this transaction.
    pub fn take_rehearsal(&mut self) -> Rehearsal {
        self.rehearsal.take().map(|rehearsal| *rehearsal).unwrap_or_default()
    }

    /// Ends a rehearsal: its changes are gone, its row locks stay.
    pub async fn end_rehearsal(&mut self) -> sqlx::Result<()> {
        self.rehearsal = None;
        self.locks.clear();
        sqlx::raw_sql(rehearsal::END).execute(&mut **self.open()?).await?;
        self.is_rehearsing = false;
        Ok(())
    }

    /// Returns the connection for locking rows that belong to a locked subject.
    pub fn locked(&mut self) -> sqlx::Result<&mut MySqlConnection> {
        match self.locks.proof() {
            Some(_) => Ok(self.open()?),
            None => Err(sqlx::Error::InvalidArgument("a row was to be locked before its subject".to_owned())),
        }
    }

    /// Which events anybody listens for.
    pub fn wanted_events(&self) -> Wanted {
        self.hosts.listeners().wanted()
    }

    /// What the last statement of the transaction must find, if it has locked anything.
    pub fn proof(&self) -> Option<&Proof> {
        self.locks.proof()
    }

    /// The client whose subject the transaction has locked, if it has locked one.
    pub fn locked_client(&self) -> Option<ClientId> {
        self.locks.client()
    }

    /// Notes that the transaction locks an invoice, or an order with this one: 0 for none.
    pub fn note_invoice(&mut self, id: InvoiceId) {
        if id.0 > 0 {
            self.locks.invoice.get_or_insert(id);
        }
    }

    /// The first invoice that the transaction has locked, if it has locked one.
    pub fn locked_invoice(&self) -> Option<InvoiceId> {
        self.locks.invoice
    }

    /// Commits the transaction of a lease to write.
    pub async fn commit(&mut self) -> sqlx::Result<()> {
        self.locks.clear();
        self.open()?.commit().await
    }

    /// Rolls the transaction back.
    pub async fn roll_back(&mut self) -> sqlx::Result<()> {
        self.locks.clear();
        self.rehearsal = None;
        self.open()?.roll_back().await
    }

    /// Begins a transaction that only reads, and in which all statements see the rows of one moment: that at which it
    /// begins. [`Lease::roll_back`] ends it.
    pub async fn begin_snapshot(&mut self) -> sqlx::Result<()> {
        self.open()?.begin_snapshot().await
    }

    /// Returns the connection to the pool after rolling back whatever transaction is open.
    pub fn release(self) {
        // A connection in a rehearsal that has failed is closed: the session keeps settings after a rollback.
        if let Some(connection) = self.connection.filter(|_| !self.is_rehearsing) {
            connection.release();
        }
    }

    /// Returns the connection to the pool, without a rollback if every transaction has ended. All statements must have
    /// succeeded, or been rolled back.
    pub fn release_clean(mut self) {
        self.give_back();
    }

    /// Returns the connection to the pool as [`Lease::release_clean`] does, while a call still holds the lease. Nobody uses
    /// the lease after that except to release it: whoever gives the connection back must hold the call's only reference to
    /// it, and drop that.
    pub fn give_back(&mut self) {
        if let Some(connection) = self.connection.take().filter(|_| !self.is_rehearsing) {
            connection.release_clean();
        }
    }

    /// Closes the connection, unless the error means that it can be used again, and marks its host as unusable if the error
    /// means that.
    pub fn discard(self, error: &sqlx::Error) {
        match retry_policy(error) {
            Retry::SameConnection => return self.release(),
            Retry::NewConnection => {
                if let Some(connection) = &self.connection {
                    connection.suspect_others();
                }
            }
            Retry::Never => {}
        }
        self.hosts.report_failure(self.host, error);
    }

    fn open(&mut self) -> sqlx::Result<&mut Pooled> {
        self.connection.as_mut().ok_or_else(given_back)
    }
}

const GIVEN_BACK: &str = "a call used its connection after it had given it back";

fn given_back() -> sqlx::Error {
    sqlx::Error::InvalidArgument(GIVEN_BACK.to_owned())
}

impl Deref for Lease {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("{GIVEN_BACK}"),
        }
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("{GIVEN_BACK}"),
        }
    }
}
