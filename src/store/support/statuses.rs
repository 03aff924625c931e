//! Ticket statuses (`tblticketstatuses`).

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::ticket::{Status, Statuses};

const READ: &str = "SELECT title, showactive <> 0 AS is_active, showawaiting <> 0 AS is_awaiting \
     FROM tblticketstatuses ORDER BY sortorder, id";

from_row!(Status { title, is_active, is_awaiting });

/// A status with the color in which staff see it.
#[derive(Debug)]
pub struct ColoredStatus {
    pub title: String,
    /// Such as `#779500`.
    pub color: String,
}

from_row!(ColoredStatus { title, color });

/// Returns the statuses with their colors: WHMCS's default ones if none are stored.
pub async fn colored(db: &mut MySqlConnection) -> sqlx::Result<Vec<ColoredStatus>> {
    let statement = "SELECT title, color FROM tblticketstatuses ORDER BY sortorder, id";
    let stored: Vec<ColoredStatus> = sqlx::query_as(statement).fetch_all(db).await?;
    let built_in = [
        (Statuses::OPEN, "#779500"),
        (Statuses::ANSWERED, "#000000"),
        (Statuses::CUSTOMER_REPLY, "#ff6600"),
        ("On Hold", "#224488"),
        ("In Progress", "#cc0000"),
        ("Closed", "#888888"),
    ];
    let built_in = built_in.map(|(title, color)| ColoredStatus { title: title.to_owned(), color: color.to_owned() });
    Ok(if stored.is_empty() { built_in.into() } else { stored })
}

/// Returns the statuses that tickets can have.
pub async fn read(db: &mut MySqlConnection) -> sqlx::Result<Statuses> {
    Ok(Statuses::new(sqlx::query_as(READ).fetch_all(db).await?))
}
