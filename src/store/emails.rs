//! `tblemails`, and which of them are still to be sent.

use super::writer::Writer;
use crate::domain::id::ClientId;

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

pub(super) const ADD: &str = "INSERT INTO tblemails (userid, subject, message, date, `to`, cc, bcc, attachments, pending, failed, \
                                created_at, updated_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, '', 0, 0, ?, ?)";

pub(super) const PUT_IN_OUTBOX: &str = "INSERT INTO mod_whmcs_api_outbox (email_id, sender_name, sender_address, is_plain, due_at) \
         VALUES (?, ?, ?, ?, ?)";

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
