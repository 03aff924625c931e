//! Ticket statuses (`tblticketstatuses`).

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::ticket::{Status, Statuses};

statements! {
    READ = "SELECT title, showactive <> 0 AS is_active, showawaiting <> 0 AS is_awaiting \
         FROM tblticketstatuses ORDER BY sortorder, id";
}

from_row!(Status { title, is_active, is_awaiting });

/// Returns the statuses that tickets can have.
pub async fn read(db: &mut MySqlConnection) -> sqlx::Result<Statuses> {
    Ok(Statuses::new(sqlx::query_as(READ).fetch_all(db).await?))
}
