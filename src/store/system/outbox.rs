//! `mod_whmcs_api_outbox` as the delivery and the operator's commands see it: outside any call, so without a
//! [`crate::database::writer::Writer`].

use chrono::NaiveDateTime;
use sqlx::{Connection, MySqlConnection};

use crate::database::values::from_row;

/// Random, so that nobody else's is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim(pub [u8; 16]);

/// A mail that may be tried.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    pub email: i64,
    /// How often it was tried before.
    pub attempts: i64,
}

from_row!(Due { email, attempts });

/// The mails that are due, those that wait longest first.
pub async fn due(db: &mut MySqlConnection, now: NaiveDateTime, limit: u32) -> sqlx::Result<Vec<Due>> {
    sqlx::query_as(
        "SELECT CAST(email_id AS SIGNED) AS email, CAST(attempts AS SIGNED) AS attempts FROM mod_whmcs_api_outbox \
         WHERE is_failed = 0 AND is_sending = 0 AND due_at <= ? ORDER BY due_at, email_id LIMIT ?",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Claims a mail until some time. Who got it is not told here: [`claimed`] tells, by what was committed.
pub async fn claim(db: &mut MySqlConnection, due: Due, claim: Claim, until: NaiveDateTime) -> sqlx::Result<()> {
    let update = sqlx::query(
        "UPDATE mod_whmcs_api_outbox SET attempts = attempts + 1, is_sending = 1, claim = ?, due_at = ? \
         WHERE email_id = ? AND attempts = ? AND is_sending = 0 AND is_failed = 0",
    );
    update.bind(&claim.0[..]).bind(until).bind(due.email).bind(due.attempts).execute(db).await.map(|_| ())
}

/// A mail as it is to be sent.
#[derive(Debug)]
pub struct Outgoing {
    pub id: i64,
    pub subject: String,
    pub message: String,
    pub is_plain: bool,
    /// Addresses, separated by commas, as in the next two.
    pub to: String,
    pub cc: String,
    pub bcc: String,
    /// Empty for the company's, as is the next one.
    pub sender_name: String,
    pub sender_address: String,
    /// When it was written, as digits.
    pub written: String,
}

from_row!(Outgoing { id, subject, message, is_plain, to, cc, bcc, sender_name, sender_address, written });

/// The mail, if this claim holds it.
pub async fn claimed(db: &mut MySqlConnection, email: i64, claim: Claim) -> sqlx::Result<Option<Outgoing>> {
    sqlx::query_as(
        "SELECT CAST(e.id AS SIGNED) AS id, e.subject, e.message, o.is_plain <> 0 AS is_plain, \
                COALESCE(e.`to`, '') AS `to`, COALESCE(e.cc, '') AS cc, COALESCE(e.bcc, '') AS bcc, \
                o.sender_name, o.sender_address, \
                CAST(COALESCE(DATE_FORMAT(COALESCE(e.created_at, e.date), '%Y%m%d%H%i%s'), '0') AS CHAR) AS written \
         FROM mod_whmcs_api_outbox o JOIN tblemails e ON e.id = o.email_id \
         WHERE o.email_id = ? AND o.claim = ? AND o.is_sending = 1",
    )
    .bind(email)
    .bind(&claim.0[..])
    .fetch_optional(db)
    .await
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    /// It was not sent, and is to be tried again at this time.
    Later(NaiveDateTime, String),
    /// It was not sent, or nobody knows whether it was, and is not tried again.
    Failed(String),
}

/// Writes down what became of an attempt, if its claim still holds.
pub async fn record(
    db: &mut MySqlConnection,
    email: i64,
    claim: Claim,
    attempts: i64,
    outcome: &Outcome,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    let mut transaction = db.begin().await?;
    let change = match outcome {
        Outcome::Sent => {
            sqlx::query("DELETE FROM mod_whmcs_api_outbox WHERE email_id = ? AND claim = ? AND is_sending = 1")
        }
        Outcome::Later(due_at, _) => sqlx::query(
            "UPDATE mod_whmcs_api_outbox SET due_at = ?, is_sending = 0 \
             WHERE email_id = ? AND claim = ? AND is_sending = 1",
        )
        .bind(due_at),
        Outcome::Failed(_) => sqlx::query(
            "UPDATE mod_whmcs_api_outbox SET is_failed = 1, is_sending = 0 \
             WHERE email_id = ? AND claim = ? AND is_sending = 1",
        ),
    };
    let changed = change.bind(email).bind(&claim.0[..]).execute(&mut *transaction).await?;
    if changed.rows_affected() == 1 {
        let reason: String = match outcome {
            Outcome::Sent => String::new(),
            Outcome::Later(_, reason) | Outcome::Failed(reason) => reason.chars().take(REASON_LENGTH).collect(),
        };
        note(&mut transaction, email, matches!(outcome, Outcome::Failed(_)), &reason, Some(attempts), now).await?;
    }
    transaction.commit().await
}

/// What `tblemails.failure_reason` holds.
const REASON_LENGTH: usize = 250;

async fn note(
    db: &mut MySqlConnection,
    email: i64,
    is_failed: bool,
    reason: &str,
    attempts: Option<i64>,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    let update = sqlx::query(
        "UPDATE tblemails SET failed = ?, failure_reason = ?, retry_count = COALESCE(?, retry_count), updated_at = ? \
         WHERE id = ?",
    );
    // The first attempt is no repetition.
    let repetitions = attempts.map(|attempts| (attempts - 1).clamp(0, 127));
    let update = update.bind(i32::from(is_failed)).bind(reason).bind(repetitions).bind(now).bind(email);
    update.execute(db).await.map(|_| ())
}

/// Why a mail has failed whose sender was gone before it could say what became of it.
pub const INTERRUPTED: &str = "Interrupted while it was being sent: it may have arrived";

/// Marks as failed what was claimed by somebody who did not come back. Returns how many these were.
pub async fn give_up_abandoned(db: &mut MySqlConnection, now: NaiveDateTime) -> sqlx::Result<u64> {
    let abandoned: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT CAST(email_id AS SIGNED), claim FROM mod_whmcs_api_outbox \
         WHERE is_failed = 0 AND is_sending = 1 AND due_at < ? ORDER BY due_at LIMIT 100",
    )
    .bind(now)
    .fetch_all(&mut *db)
    .await?;
    let mut count = 0;
    for (email, claim) in abandoned {
        let mut transaction = db.begin().await?;
        let fail = sqlx::query(
            "UPDATE mod_whmcs_api_outbox SET is_failed = 1, is_sending = 0 \
             WHERE email_id = ? AND claim = ? AND is_sending = 1",
        );
        let failed = fail.bind(email).bind(claim).execute(&mut *transaction).await?;
        if failed.rows_affected() == 1 {
            note(&mut transaction, email, true, INTERRUPTED, None, now).await?;
            count += 1;
        }
        transaction.commit().await?;
    }
    Ok(count)
}

/// How many mails are still to be sent.
pub async fn waiting(db: &mut MySqlConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM mod_whmcs_api_outbox WHERE is_failed = 0").fetch_one(db).await
}

/// A mail that waits or has failed, for people to read.
#[derive(Debug)]
pub struct Listed {
    pub id: i64,
    pub to: String,
    pub subject: String,
    pub attempts: i64,
    pub is_sending: bool,
    pub is_failed: bool,
    /// UTC.
    pub due_at: String,
    pub reason: String,
}

from_row!(Listed { id, to, subject, attempts, is_sending, is_failed, due_at, reason });

pub async fn list(db: &mut MySqlConnection) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as(
        "SELECT CAST(o.email_id AS SIGNED) AS id, COALESCE(e.`to`, '') AS `to`, COALESCE(e.subject, '') AS subject, \
                CAST(o.attempts AS SIGNED) AS attempts, o.is_sending <> 0 AS is_sending, o.is_failed <> 0 AS is_failed, \
                CAST(o.due_at AS CHAR) AS due_at, COALESCE(e.failure_reason, '') AS reason \
         FROM mod_whmcs_api_outbox o LEFT JOIN tblemails e ON e.id = o.email_id ORDER BY o.email_id",
    )
    .fetch_all(db)
    .await
}

/// Has a mail that failed tried again, from the first attempt on. `false` when none of this id has failed.
pub async fn retry(db: &mut MySqlConnection, email: i64, now: NaiveDateTime) -> sqlx::Result<bool> {
    let mut transaction = db.begin().await?;
    let update = sqlx::query(
        "UPDATE mod_whmcs_api_outbox SET is_failed = 0, attempts = 0, due_at = ? WHERE email_id = ? AND is_failed = 1",
    );
    let changed = update.bind(now).bind(email).execute(&mut *transaction).await?.rows_affected() == 1;
    if changed {
        note(&mut transaction, email, false, "", Some(0), now).await?;
    }
    transaction.commit().await?;
    Ok(changed)
}
