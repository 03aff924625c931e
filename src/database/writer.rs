//! The writing half of a call's transaction.

use sqlx::mysql::{MySql, MySqlArguments, MySqlConnection, MySqlQueryResult};
use sqlx::query::Query;

use super::lease::Lease;
use super::listeners::Wanted;
use super::rehearsal::Rehearsal;
pub use super::subject::Subject;
use super::subject_lock;
use crate::domain::Author;
use crate::domain::time::Moment;

/// Key of a write's request row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKey(pub [u8; 32]);

/// Executes the writes of a transaction; it cannot read. Created by [`crate::call::Call::write`].
///
/// Its changes are guarded: their `WHERE` states what must still hold, and they report whether it did.
pub struct Writer<'c> {
    connection: &'c mut MySqlConnection,
    pub author: &'c Author,
    pub now: Moment,
    /// The events that anybody listens for.
    pub wanted: Wanted,
    /// Identifies the call; `None` for writes that belong to no call.
    pub(crate) key: Option<&'c RequestKey>,
    /// Set if everything is rolled back, and is to use up no ids.
    rehearsal: Option<&'c mut Rehearsal>,
}

impl<'c> Writer<'c> {
    /// Begins the writes of a call, with a lock on `subject` unless the call has locked it already.
    pub(crate) async fn begin(
        lease: &'c mut Lease,
        author: &'c Author,
        now: Moment,
        key: &'c RequestKey,
        subject: Subject,
    ) -> sqlx::Result<Self> {
        let wanted = lease.wanted_events();
        let (connection, rehearsal) = lease.lock_to_write(subject).await?;
        Ok(Writer { connection, author, now, wanted, key: Some(key), rehearsal })
    }

    /// Begins writes that belong to no call: the last one must be an update that is known to match a row.
    pub(crate) async fn resume(
        lease: &'c mut Lease,
        author: &'c Author,
        now: Moment,
        subject: Subject,
    ) -> sqlx::Result<Self> {
        let wanted = lease.wanted_events();
        Writer::resume_on(lease, wanted, author, now, subject).await
    }

    /// As [`Writer::resume`], on any connection.
    pub(crate) async fn resume_on(
        connection: &'c mut MySqlConnection,
        wanted: Wanted,
        author: &'c Author,
        now: Moment,
        subject: Subject,
    ) -> sqlx::Result<Self> {
        let mut writer = Writer { connection, author, now, wanted, key: None, rehearsal: None };
        writer.add_subject(subject).await?;
        Ok(writer)
    }

    /// Locks a second subject, always after the first one.
    pub async fn add_subject(&mut self, subject: Subject) -> sqlx::Result<()> {
        if let Some(rehearsal) = &mut self.rehearsal {
            rehearsal.add_subject(subject);
        }
        let increment = sqlx::query(subject_lock::ADD);
        self.execute(increment.bind(subject.name())).await.map(|_| ())
    }

    pub(crate) async fn execute(&mut self, query: Query<'_, MySql, MySqlArguments>) -> sqlx::Result<MySqlQueryResult> {
        match &mut self.rehearsal {
            Some(rehearsal) => rehearsal.execute(query, self.connection).await,
            None => query.execute(&mut *self.connection).await,
        }
    }

    /// Runs an insert and returns the new row's id.
    pub(crate) async fn insert(&mut self, query: Query<'_, MySql, MySqlArguments>) -> sqlx::Result<i64> {
        Ok(self.execute(query).await?.last_insert_id().cast_signed())
    }

    /// Runs a guarded update of one row and returns whether its guard held.
    pub(crate) async fn change(&mut self, query: Query<'_, MySql, MySqlArguments>) -> sqlx::Result<bool> {
        Ok(self.execute(query).await?.rows_affected() == 1)
    }
}
