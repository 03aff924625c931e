//! Spam filters (`tblticketspamfilters`): which mails to the support desk are refused.

use sqlx::MySqlConnection;

use crate::database::sql::BindForms;
use crate::database::values::from_row;
use crate::database::writer::Writer;

const BLOCK_SENDER: &str = "INSERT INTO tblticketspamfilters (type, content) SELECT 'sender', ? FROM (SELECT 1) AS one \
     WHERE NOT EXISTS (SELECT 1 FROM tblticketspamfilters WHERE LOWER(type) = 'sender' AND content IN (?, ?, ?))";
const ALL: &str = "SELECT LOWER(type) AS kind, content FROM tblticketspamfilters WHERE content <> ''";

/// A filter: `kind` is `sender`, `subject` or `phrase`, and `content` is what it looks for.
#[derive(Debug)]
pub struct SpamFilter {
    pub kind: String,
    pub content: String,
}

from_row!(SpamFilter { kind, content });

pub async fn all(db: &mut MySqlConnection) -> sqlx::Result<Vec<SpamFilter>> {
    sqlx::query_as(ALL).fetch_all(db).await
}

/// Blocks a sender, unless it is blocked already.
pub async fn block_sender(tx: &mut Writer<'_>, email: &str) -> sqlx::Result<()> {
    let insert = sqlx::query(BLOCK_SENDER).bind(email.to_owned()).bind_forms(email);
    tx.execute(insert).await.map(|_| ())
}
