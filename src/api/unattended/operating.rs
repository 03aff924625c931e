//! What operators do: they read, and they run operations in the name of a member of staff.

use std::sync::Arc;

use sqlx::MySqlConnection;
use tracing::Instrument;

use super::super::Api;
use super::{Surroundings, Work};
use crate::database::lease::Lease;
use crate::database::writer::RequestKey;
use crate::domain::Author;
use crate::domain::time::Clock;
use crate::error::{Error, Result};
use crate::fault::Fault;
use crate::operations::{self, Context, OperationError};
use crate::store::authentication::console::SentForm;

/// Something that an operator has done, in a transaction that may be run again.
pub trait Operation: Sync {
    type Done: Send;
    type Refusal: Send;

    fn run(&self, context: Context<'_>) -> impl Future<Output = operations::Result<Self::Done, Self::Refusal>> + Send;
}

/// The code of the refusal of a form that was carried out before.
pub const FORM_USED: &str = "form_already_used";

/// Who has something done, and the form with which they ask for it.
#[derive(Debug)]
pub struct Sender {
    pub author: Author,
    pub form: Option<SentForm>,
}

impl From<Author> for Sender {
    fn from(author: Author) -> Sender {
        Sender { author, form: None }
    }
}

impl Api {
    /// Runs a transaction in the name of a member of staff, whose address the activity log shows.
    pub async fn operate<O: Operation>(
        &self,
        sender: impl Into<Sender>,
        operation: &O,
    ) -> Result<std::result::Result<O::Done, O::Refusal>> {
        let surroundings = self.surroundings_of(sender)?;
        let now = surroundings.now;
        self.commit(&Operating { surroundings, operation }, now).await
    }

    /// Runs an operation that only reads.
    pub async fn examine<O: Operation>(
        &self,
        author: Author,
        operation: &O,
    ) -> Result<std::result::Result<O::Done, O::Refusal>> {
        let surroundings = self.surroundings_of(author)?;
        let mut lease = Lease::acquire(&self.hosts).await?;
        match operation.run(surroundings.context_to_read(&mut lease)).await {
            Ok(done) => {
                lease.release_clean();
                Ok(Ok(done))
            }
            Err(OperationError::Refused(refusal)) => {
                lease.release_clean();
                Ok(Err(refusal))
            }
            Err(OperationError::Fault(Fault::Database(error))) => {
                lease.discard(&error);
                Err(error.into())
            }
            Err(OperationError::Fault(fault)) => {
                lease.release();
                Err(fault.into())
            }
        }
    }

    /// Reads from the database.
    pub async fn look<T>(&self, work: impl AsyncFnOnce(&mut MySqlConnection) -> sqlx::Result<T>) -> Result<T> {
        Ok(Lease::with_connection(&self.hosts, work).await.map_err(crate::database::errors::busy_if_transient)?)
    }

    /// The clock by which everything here happens.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Whether the server rejects every write.
    pub fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// Runs a request of an operator in a task that continues if the browser hangs up; an error if too much else is running.
    pub async fn in_task<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T> {
        let slot = Arc::clone(&self.call_slots).try_acquire_owned().map_err(|_| Error::Busy)?;
        let running = async move {
            let _slot = slot;
            work.await
        };
        let done = self.tasks.spawn(running.in_current_span()).await;
        done.map_err(|panic| Error::Internal(panic.to_string().into()))
    }
}

struct Operating<'o, O> {
    surroundings: Surroundings,
    operation: &'o O,
}

impl<O: Operation> Work for Operating<'_, O> {
    type Done = O::Done;
    type Refusal = O::Refusal;

    fn form(&self) -> Option<SentForm> {
        self.surroundings.form
    }

    async fn run(&self, lease: &mut Lease, key: &RequestKey) -> operations::Result<O::Done, O::Refusal> {
        self.operation.run(self.surroundings.context(lease, key)).await
    }
}
