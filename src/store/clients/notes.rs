//! Notes of staff about clients (`tblnotes`).

use crate::database::writer::Writer;
use crate::domain::id::ClientId;

const ADD: &str = "INSERT INTO tblnotes (userid, adminid, created, modified, note, sticky) VALUES (?, ?, ?, ?, ?, ?)";

/// Inserts a note by the caller about a client, and returns its id. A sticky note is shown on every page of the client.
pub async fn add(tx: &mut Writer<'_>, client: ClientId, note: &str, is_sticky: bool) -> sqlx::Result<i64> {
    let now = tx.now.local();
    let insert =
        sqlx::query(ADD).bind(client).bind(tx.author.admin).bind(now).bind(now).bind(note.to_owned()).bind(is_sticky);
    tx.insert(insert).await
}
