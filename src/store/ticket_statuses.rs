//! `tblticketstatuses`.

use sqlx::MySqlConnection;

use super::values::from_row;
use crate::domain::ticket::{Status, Statuses};

from_row!(Status { title, is_active, is_awaiting });

pub(super) const READ: &str = "SELECT title, showactive <> 0 AS is_active, showawaiting <> 0 AS is_awaiting \
         FROM tblticketstatuses ORDER BY sortorder, id";

/// The states that tickets can be in.
pub async fn read(db: &mut MySqlConnection) -> sqlx::Result<Statuses> {
    Ok(Statuses::new(sqlx::query_as(READ).fetch_all(db).await?))
}
