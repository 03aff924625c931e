//! Predefined replies and their categories (`tblticketpredefinedcats`, `tblticketpredefinedreplies`).

use sqlx::{MySqlConnection, QueryBuilder};

use crate::database::values::from_row;

/// A category of predefined replies.
#[derive(Debug)]
pub struct Category {
    pub id: i64,
    /// The category that contains it, or 0.
    pub parent: i64,
    pub name: String,
    /// Number of replies directly in it.
    pub replies: i64,
}

from_row!(Category { id, parent, name, replies });

/// A predefined reply, with its merge fields as they were written.
#[derive(Debug)]
pub struct PredefinedReply {
    pub name: String,
    pub text: String,
}

from_row!(PredefinedReply { name, text });

/// Returns the categories of all levels by name.
pub async fn categories(db: &mut MySqlConnection) -> sqlx::Result<Vec<Category>> {
    sqlx::query_as(
        "SELECT CAST(c.id AS SIGNED) AS id, CAST(c.parentid AS SIGNED) AS parent, c.name, COUNT(r.id) AS replies \
         FROM tblticketpredefinedcats c LEFT JOIN tblticketpredefinedreplies r ON r.catid = c.id \
         GROUP BY c.id, c.parentid, c.name ORDER BY c.name, c.id",
    )
    .fetch_all(db)
    .await
}

/// Returns the replies by name, of one category if its id is given.
pub async fn replies(db: &mut MySqlConnection, category: Option<i64>) -> sqlx::Result<Vec<PredefinedReply>> {
    let mut query = QueryBuilder::new("SELECT r.name, r.reply AS text FROM tblticketpredefinedreplies r");
    if let Some(category) = category {
        query.push(" WHERE r.catid = ").push_bind(category);
    }
    query.push(" ORDER BY r.name, r.id");
    query.build_query_as().fetch_all(db).await
}
