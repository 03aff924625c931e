//! The writing half of a call's transaction.

use blake2::digest::consts::U8;
use blake2::{Blake2b, Digest};
use sqlx::mysql::{MySql, MySqlArguments, MySqlConnection, MySqlQueryResult};
use sqlx::query::Query;

use crate::domain::Author;
use crate::domain::entities::decoded;
use crate::domain::id::{ClientId, ProductGroupId, TicketId, UserId};
use crate::domain::time::Moment;

/// Key of a write's request row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKey(pub [u8; 32]);

/// What a transaction changes. Transactions with the same subject run one after the other.
#[derive(Debug, Clone, Copy)]
pub enum Subject {
    /// The books of one client: balance, credit history, invoices, payments.
    Client(ClientId),
    /// The products of one group, whose slugs must be unique.
    ProductGroup(ProductGroupId),
    /// All promotion codes, which must be unique.
    Promotions,
    /// A gateway's own id of a payment, which must be booked only once.
    Transaction(u64),
    /// Transactions that belong to no client.
    Ledger,
    /// An e-mail address, which at most one client and one user may have.
    Address(u64),
    /// One user's login.
    User(UserId),
    /// One ticket and what belongs to it.
    Ticket(TicketId),
    /// A public ticket number, which at most one ticket may have.
    TicketNumber(u32),
    /// What only staff read: lines of the activity log that concern no client, and mails to staff.
    Staff,
}

impl Subject {
    fn name(self) -> String {
        match self {
            Subject::Client(id) => format!("client:{id}"),
            Subject::ProductGroup(id) => format!("products:{id}"),
            Subject::Promotions => "promotions".to_owned(),
            Subject::Transaction(hash) => format!("transaction:{hash:016x}"),
            Subject::Ledger => "ledger".to_owned(),
            Subject::Address(hash) => format!("address:{hash:016x}"),
            Subject::User(id) => format!("user:{id}"),
            Subject::Ticket(id) => format!("ticket:{id}"),
            Subject::TicketNumber(number) => format!("ticket-number:{number}"),
            Subject::Staff => "staff".to_owned(),
        }
    }

    /// The client whose rows it covers.
    pub fn client(self) -> Option<ClientId> {
        match self {
            Subject::Client(id) => Some(id),
            _ => None,
        }
    }

    /// The subject of an e-mail address, which is compared without regard to case.
    pub fn address(email: &str) -> Subject {
        Subject::Address(hash(email))
    }

    /// The subject of a gateway's transaction id, which is compared without regard to case.
    pub fn transaction(id: &str) -> Subject {
        Subject::Transaction(hash(id))
    }
}

/// A hash of a text, without regard to case and HTML entities, that is the same on every server. Two texts with the same hash only wait for each other.
fn hash(text: &str) -> u64 {
    let digest = Blake2b::<U8>::digest(decoded(text).to_lowercase());
    u64::from_be_bytes(digest.into())
}

/// Executes the writes of a transaction; it cannot read. Created by [`crate::call::Call::write`].
///
/// Its changes are guarded: their `WHERE` states what must still hold, and they report whether it did.
pub struct Writer<'c> {
    connection: &'c mut MySqlConnection,
    pub author: &'c Author,
    pub now: Moment,
    /// Identifies the call; `None` for writes that belong to no call.
    pub(crate) key: Option<&'c RequestKey>,
}

pub(crate) const BEGIN: &str = "INSERT INTO mod_whmcs_api_revisions (subject, revision) \
             SELECT ?, 1 FROM mod_whmcs_api_requests WHERE request_key = ? \
             ON DUPLICATE KEY UPDATE revision = mod_whmcs_api_revisions.revision + 1";

pub(crate) const ADD_SUBJECT: &str = "INSERT INTO mod_whmcs_api_revisions (subject, revision) VALUES (?, 1) \
             ON DUPLICATE KEY UPDATE revision = revision + 1";

/// The statements of every writing transaction.
pub(super) const STATEMENTS: &[&str] = &[BEGIN, ADD_SUBJECT];

impl<'c> Writer<'c> {
    /// Locks the subject by updating its row, because a cluster detects conflicting updates, whereas a row lock exists
    /// on one node only. Returns `None` if the request row has disappeared: then the transaction was lost, and nothing
    /// may be written outside it.
    pub(crate) async fn begin(
        connection: &'c mut MySqlConnection,
        author: &'c Author,
        now: Moment,
        key: &'c RequestKey,
        subject: Subject,
    ) -> sqlx::Result<Option<Self>> {
        let mut writer = Writer { connection, author, now, key: Some(key) };
        let increment = sqlx::query(BEGIN).bind(subject.name()).bind(&key.0[..]);
        let is_incremented = writer.execute(increment).await?.rows_affected() > 0;
        Ok(is_incremented.then_some(writer))
    }

    /// As [`Writer::begin`], for writes that belong to no call: the last write must be an update that is known to match
    /// a row.
    pub(crate) async fn resume(
        connection: &'c mut MySqlConnection,
        author: &'c Author,
        now: Moment,
        subject: Subject,
    ) -> sqlx::Result<Self> {
        let mut writer = Writer { connection, author, now, key: None };
        writer.add_subject(subject).await?;
        Ok(writer)
    }

    /// Locks a second subject, always after the first one.
    pub async fn add_subject(&mut self, subject: Subject) -> sqlx::Result<()> {
        let increment = sqlx::query(ADD_SUBJECT);
        self.execute(increment.bind(subject.name())).await.map(|_| ())
    }

    pub(crate) async fn execute(&mut self, query: Query<'_, MySql, MySqlArguments>) -> sqlx::Result<MySqlQueryResult> {
        query.execute(&mut *self.connection).await
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
