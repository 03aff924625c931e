//! What an action receives: a connection, who is calling, and what time it is.

use sqlx::MySqlConnection;

use crate::config::Compat;
use crate::domain::Author;
use crate::domain::time::Moment;
use crate::error::{Error, Result};
use crate::store::writer::{RequestKey, Subject, Writer};

/// One call of an action. A writing action first reads what it needs through `db`, then turns the call into a
/// [`Writer`], which cannot read: on a cluster, reading after writing has been seen to hide a lost transaction.
pub struct Call<'c> {
    /// For reading.
    pub db: &'c mut MySqlConnection,
    pub author: &'c Author,
    pub now: Moment,
    /// Where the operator chose between two behaviors.
    pub compat: &'c Compat,
    pub(crate) transaction: Option<&'c mut Transaction>,
}

/// What the pipeline and a writing call tell each other about the transaction they are in.
pub(crate) struct Transaction {
    pub(crate) key: RequestKey,
    pub(crate) writing: bool,
}

impl<'c> Call<'c> {
    /// Begins the writing part, in which `subject` belongs to this call alone.
    pub async fn write(self, subject: Subject) -> Result<Writer<'c>> {
        let Some(transaction) = self.transaction else {
            return Err(Error::Internal("an action that declares Access::Read wanted to write".into()));
        };
        transaction.writing = true;
        let writer = Writer::begin(self.db, self.author, self.now, &transaction.key, subject).await;
        writer.map_err(|error| {
            match error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation) {
                true => Error::AlreadyApplied,
                false => error.into(),
            }
        })
    }
}
