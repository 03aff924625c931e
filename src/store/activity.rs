//! `tblactivitylog`: what happened, for staff to read. The wording is this server's own.

use super::writer::Writer;
use crate::domain::id::ClientId;

pub(super) const LOG: &str = "INSERT INTO tblactivitylog (date, description, user, userid, user_id, admin_id, ipaddr) \
         VALUES (?, ?, ?, ?, 0, ?, ?)";

/// Adds a line to the log, about a client where there is one.
pub async fn log(books: &mut Writer<'_>, client: Option<ClientId>, description: &str) -> sqlx::Result<()> {
    let line = sqlx::query(LOG)
        .bind(books.now.local())
        .bind(description.to_owned())
        .bind(&books.author.name)
        .bind(client.map_or(0, |client| client.0))
        .bind(books.author.admin)
        .bind(&books.author.address);
    books.execute(line).await?;
    Ok(())
}
