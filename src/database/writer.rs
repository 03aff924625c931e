//! The writing half of a call's transaction.

use blake2::digest::consts::U8;
use blake2::{Blake2b, Digest};
use sqlx::mysql::{MySql, MySqlArguments, MySqlConnection, MySqlQueryResult};
use sqlx::query::Query;

use crate::domain::Author;
use crate::domain::id::{ClientId, ProductGroupId, TicketId, UserId};
use crate::domain::time::Moment;

/// Names one writing call for as long as its outcome may be in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKey(pub [u8; 32]);

/// What a call changes, of which it is the only writer until it is committed.
#[derive(Debug, Clone, Copy)]
pub enum Subject {
    /// The books of one client: balance, credit history, invoices, payments.
    Client(ClientId),
    /// The products of one group, whose slugs must differ from each other.
    ProductGroup(ProductGroupId),
    /// All promotion codes, which must differ from each other.
    Promotions,
    /// A gateway's own id for a payment, which is booked once.
    Transaction(u64),
    /// Transactions that belong to no client.
    Ledger,
    /// An e-mail address, which only one client has, and only one user.
    Address(u64),
    /// Somebody who logs in.
    User(UserId),
    /// One ticket and what belongs to it.
    Ticket(TicketId),
    /// A number that a ticket may have in public, which only one has.
    TicketNumber(u32),
    /// What staff alone read: lines of the activity log that are about no client, and mails to staff.
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

    /// The subject that this e-mail address is, in any case.
    pub fn address(email: &str) -> Subject {
        Subject::Address(hash(email))
    }

    /// The subject that this id of a gateway's is, in any case.
    pub fn transaction(id: &str) -> Subject {
        Subject::Transaction(hash(id))
    }
}

/// A hash that is the same on every server, and in any case: two texts that share one only wait for each other.
fn hash(text: &str) -> u64 {
    let digest = Blake2b::<U8>::digest(text.to_lowercase());
    u64::from_be_bytes(digest.into())
}

/// Writes, and cannot read. Made by [`crate::call::Call::write`].
///
/// Its changes are guarded: they say in their `WHERE` what must still hold, and report whether it did.
pub struct Writer<'c> {
    connection: &'c mut MySqlConnection,
    pub author: &'c Author,
    pub now: Moment,
    /// Names the call; `None` for what is written apart from one.
    pub(crate) key: Option<&'c RequestKey>,
}

pub(crate) const BEGIN: &str = "INSERT INTO mod_whmcs_api_revisions (subject, revision) \
             SELECT ?, 1 FROM mod_whmcs_api_requests WHERE request_key = ? \
             ON DUPLICATE KEY UPDATE revision = mod_whmcs_api_revisions.revision + 1";

pub(crate) const ALSO: &str = "INSERT INTO mod_whmcs_api_revisions (subject, revision) VALUES (?, 1) \
             ON DUPLICATE KEY UPDATE revision = revision + 1";

/// The statements of every writing transaction.
pub(super) const STATEMENTS: &[&str] = &[BEGIN, ALSO];

impl<'c> Writer<'c> {
    /// Takes the call's turn with the subject by changing the subject's row: a change is what a cluster detects, where a
    /// lock is only held on one node. `None` when the call's own row, with which its transaction began, is not there any
    /// more: the transaction is gone, and nothing must be written outside it.
    pub(crate) async fn begin(
        connection: &'c mut MySqlConnection,
        author: &'c Author,
        now: Moment,
        key: &'c RequestKey,
        subject: Subject,
    ) -> sqlx::Result<Option<Self>> {
        let mut writer = Writer { connection, author, now, key: Some(key) };
        let raise = sqlx::query(BEGIN).bind(subject.name()).bind(&key.0[..]);
        let raised = writer.execute(raise).await?.rows_affected() > 0;
        Ok(raised.then_some(writer))
    }

    /// As [`Writer::begin`], for what is written apart from a call: its last write must be a change that is known to match.
    pub(crate) async fn resume(
        connection: &'c mut MySqlConnection,
        author: &'c Author,
        now: Moment,
        subject: Subject,
    ) -> sqlx::Result<Self> {
        let mut writer = Writer { connection, author, now, key: None };
        writer.also(subject).await?;
        Ok(writer)
    }

    /// Takes the call's turn with a second subject, always after the first one.
    pub async fn also(&mut self, subject: Subject) -> sqlx::Result<()> {
        let raise = sqlx::query(ALSO);
        self.execute(raise.bind(subject.name())).await.map(|_| ())
    }

    pub(crate) async fn execute(&mut self, query: Query<'_, MySql, MySqlArguments>) -> sqlx::Result<MySqlQueryResult> {
        query.execute(&mut *self.connection).await
    }

    /// Runs an insert and returns the new row's id.
    pub(crate) async fn insert(&mut self, query: Query<'_, MySql, MySqlArguments>) -> sqlx::Result<i64> {
        Ok(self.execute(query).await?.last_insert_id().cast_signed())
    }

    /// Runs a guarded change of one row and tells whether its guard held.
    pub(crate) async fn change(&mut self, query: Query<'_, MySql, MySqlArguments>) -> sqlx::Result<bool> {
        Ok(self.execute(query).await?.rows_affected() == 1)
    }
}
