//! `tblemails`, and which of them are still to be sent.

use chrono::NaiveDateTime;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::page::Page;
use crate::database::sql::containing;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::ClientId;

statements! {
    ADD = "INSERT INTO tblemails (userid, subject, message, date, `to`, cc, bcc, attachments, pending, failed, \
                                created_at, updated_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, '', 0, 0, ?, ?)";
    PUT_IN_OUTBOX = "INSERT INTO mod_whmcs_api_outbox (email_id, sender_name, sender_address, is_plain, due_at) \
         VALUES (?, LEFT(?, 255), LEFT(?, 255), ?, ?)";
}

/// A mail that is about to be written.
#[derive(Debug)]
pub struct NewEmail<'a> {
    pub client: Option<ClientId>,
    pub subject: &'a str,
    pub message: &'a str,
    /// Addresses, separated by commas, as in the next two.
    pub to: &'a str,
    pub cc: &'a str,
    pub bcc: &'a str,
    /// Empty for the company's.
    pub sender_name: &'a str,
    /// Empty for the company's.
    pub sender_address: &'a str,
    pub is_plain: bool,
}

/// Writes a mail, to be sent when the transaction is committed. WHMCS's own column `pending` stays 0: a WHMCS on the same
/// database would take it for one of its own, and send it, too.
pub async fn add(books: &mut Writer<'_>, new: &NewEmail<'_>) -> sqlx::Result<()> {
    let utc = books.now.utc();
    let insert = sqlx::query(ADD)
        .bind(new.client.map_or(0, |client| client.0))
        .bind(new.subject)
        .bind(new.message)
        .bind(books.now.local())
        .bind(new.to)
        .bind(new.cc)
        .bind(new.bcc)
        .bind(utc)
        .bind(utc);
    let id = books.insert(insert).await?;
    let put = sqlx::query(PUT_IN_OUTBOX)
        .bind(id)
        .bind(new.sender_name)
        .bind(new.sender_address)
        .bind(i32::from(new.is_plain))
        .bind(utc);
    books.execute(put).await.map(|_| ())
}

/// A mail as it is read.
#[derive(Debug)]
pub struct Email {
    pub id: i64,
    pub client: i64,
    pub subject: String,
    pub message: String,
    pub date: String,
    pub to: String,
    pub cc: String,
    pub bcc: String,
    pub attachments: Option<String>,
    /// Whether it is still to be sent, by this server or by WHMCS.
    pub is_pending: bool,
    /// Whether it waits in this server's outbox, and nobody is sending it.
    pub is_waiting: bool,
    pub message_data: Option<String>,
    pub failed: i64,
    pub failure_reason: String,
    pub retry_count: i64,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
    pub campaign: i64,
}

from_row!(Email {
    id,
    client,
    subject,
    message,
    date,
    to,
    cc,
    bcc,
    attachments,
    is_pending,
    is_waiting,
    message_data,
    failed,
    failure_reason,
    retry_count,
    created_at,
    updated_at,
    campaign
});

/// Which mails of a client to list; all of it must hold.
#[derive(Debug)]
pub struct Filter {
    pub client: ClientId,
    /// From the first time to before the second.
    pub written: Option<(NaiveDateTime, NaiveDateTime)>,
    /// A part of the subject.
    pub subject: Option<String>,
}

pub async fn count(db: &mut MySqlConnection, filter: &Filter) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("SELECT COUNT(*) FROM tblemails e");
    only(&mut query, filter);
    query.build_query_scalar().fetch_one(db).await
}

/// The latest first.
pub async fn list(
    db: &mut MySqlConnection,
    filter: &Filter,
    page: Page,
    has_own_tables: bool,
) -> sqlx::Result<Vec<Email>> {
    let mut query = QueryBuilder::new(
        "SELECT CAST(e.id AS SIGNED) AS id, CAST(e.userid AS SIGNED) AS client, e.subject, e.message, \
                COALESCE(CAST(e.date AS CHAR), '0000-00-00 00:00:00') AS date, COALESCE(e.`to`, '') AS `to`, \
                COALESCE(e.cc, '') AS cc, COALESCE(e.bcc, '') AS bcc, e.attachments, \
                e.pending <> 0 OR COALESCE(o.is_failed = 0, FALSE) AS is_pending, \
                COALESCE(o.is_failed = 0 AND o.is_sending = 0, FALSE) AS is_waiting, e.message_data, \
                CAST(e.failed AS SIGNED) AS failed, e.failure_reason, CAST(e.retry_count AS SIGNED) AS retry_count, \
                CAST(e.created_at AS CHAR) AS created_at, CAST(e.updated_at AS CHAR) AS updated_at, \
                CAST(e.campaign_id AS SIGNED) AS campaign \
         FROM tblemails e LEFT JOIN ",
    );
    // Where there is no outbox, nothing is in it.
    let nothing = "(SELECT NULL AS email_id, NULL AS is_failed, NULL AS is_sending)";
    query.push(if has_own_tables { "mod_whmcs_api_outbox" } else { nothing }).push(" o ON o.email_id = e.id");
    only(&mut query, filter);
    query.push(" ORDER BY e.id DESC");
    page.cut(&mut query);
    query.build_query_as().fetch_all(db).await
}

fn only(query: &mut QueryBuilder<MySql>, filter: &Filter) {
    query.push(" WHERE e.userid = ").push_bind(filter.client);
    if let Some((start, end)) = filter.written {
        query.push(" AND e.date >= ").push_bind(start).push(" AND e.date < ").push_bind(end);
    }
    if let Some(subject) = &filter.subject {
        query.push(" AND e.subject LIKE ").push_bind(containing(subject));
    }
}
