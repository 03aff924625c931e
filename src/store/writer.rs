//! The writing half of a call's transaction.

use sqlx::mysql::{MySql, MySqlArguments, MySqlConnection, MySqlQueryResult};
use sqlx::query::Query;

use super::requests;
use crate::domain::Author;
use crate::domain::id::ClientId;
use crate::domain::time::Moment;

/// Names one writing call for as long as its outcome may be in doubt. Random.
#[derive(Debug, Clone, Copy)]
pub struct RequestKey(pub [u8; 16]);

/// What a call changes, of which it is the only writer until it is committed.
#[derive(Debug, Clone, Copy)]
pub enum Subject {
    /// The books of one client: balance, credit history, invoices, payments.
    Client(ClientId),
    /// All promotion codes, which must differ from each other.
    Promotions,
}

impl Subject {
    fn name(self) -> String {
        match self {
            Subject::Client(id) => format!("client:{id}"),
            Subject::Promotions => "promotions".to_owned(),
        }
    }
}

/// Writes, and cannot read. Made by [`crate::call::Call::write`].
///
/// Its changes are guarded: they say in their `WHERE` what must still hold, and report whether it did.
pub struct Writer<'c> {
    connection: &'c mut MySqlConnection,
    pub author: &'c Author,
    pub now: Moment,
}

impl<'c> Writer<'c> {
    /// Makes the call known, then takes its turn with the subject by changing the subject's row: a change is what a
    /// cluster detects, where a lock is only held on one node.
    pub(crate) async fn begin(
        connection: &'c mut MySqlConnection,
        author: &'c Author,
        now: Moment,
        key: &RequestKey,
        subject: Subject,
    ) -> sqlx::Result<Self> {
        requests::begin(connection, key, now).await?;
        let mut writer = Writer { connection, author, now };
        let raise = "INSERT INTO mod_whmcs_api_revisions (subject, revision) VALUES (?, 1) \
                     ON DUPLICATE KEY UPDATE revision = revision + 1";
        writer.execute(sqlx::query(raise).bind(subject.name())).await?;
        Ok(writer)
    }

    pub(super) async fn execute(&mut self, query: Query<'_, MySql, MySqlArguments>) -> sqlx::Result<MySqlQueryResult> {
        query.execute(&mut *self.connection).await
    }

    /// Runs an insert and returns the new row's id.
    pub(super) async fn insert(&mut self, query: Query<'_, MySql, MySqlArguments>) -> sqlx::Result<i64> {
        Ok(self.execute(query).await?.last_insert_id().cast_signed())
    }

    /// Runs a guarded change of one row and tells whether its guard held.
    pub(super) async fn change(&mut self, query: Query<'_, MySql, MySqlArguments>) -> sqlx::Result<bool> {
        Ok(self.execute(query).await?.rows_affected() == 1)
    }
}
