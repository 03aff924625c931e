//! `tblnotes`: what staff note about clients.

use crate::database::writer::Writer;
use crate::domain::id::ClientId;

statements! {
    ADD = "INSERT INTO tblnotes (userid, adminid, created, modified, note, sticky) VALUES (?, ?, ?, ?, ?, ?)";
}

/// Adds a note of the caller's about a client, and returns its id. A sticky one is shown wherever the client is.
pub async fn add(books: &mut Writer<'_>, client: ClientId, note: &str, is_sticky: bool) -> sqlx::Result<i64> {
    let now = books.now.local();
    let insert = sqlx::query(ADD)
        .bind(client)
        .bind(books.author.admin)
        .bind(now)
        .bind(now)
        .bind(note.to_owned())
        .bind(is_sticky);
    books.insert(insert).await
}
