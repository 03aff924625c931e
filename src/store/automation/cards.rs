//! Stored cards that end.

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::id::ClientId;

const ENDING: &str = "SELECT CAST(p.id AS SIGNED) FROM tblpaymethods p \
     JOIN tblcreditcards c ON c.pay_method_id = p.id AND c.deleted_at IS NULL \
     JOIN tblclients k ON k.id = p.userid AND k.status <> 'Closed' \
     WHERE p.deleted_at IS NULL AND p.payment_type LIKE '%CreditCard' AND c.expiry_date >= ? AND c.expiry_date < ? \
       AND NOT EXISTS(SELECT 1 FROM mod_whmcs_api_notices n \
                      WHERE n.subject = 'card' AND n.subject_id = p.id AND n.due_date = DATE(c.expiry_date)) ORDER BY p.id";
const OWNER: &str = "SELECT CAST(userid AS SIGNED) FROM tblpaymethods WHERE id = ?";
const FIND: &str = "SELECT CAST(p.userid AS SIGNED) AS client, c.card_type, c.last_four, CAST(DATE(c.expiry_date) AS CHAR) AS expires \
     FROM tblpaymethods p JOIN tblcreditcards c ON c.pay_method_id = p.id AND c.deleted_at IS NULL \
     WHERE p.id = ? AND p.deleted_at IS NULL AND p.payment_type LIKE '%CreditCard' LIMIT 1";

/// A card, by what may be told of it.
#[derive(Debug)]
pub struct EndingCard {
    pub client: i64,
    /// The brand.
    pub card_type: String,
    pub last_four: String,
    /// A day of the month with which it ends.
    pub expires: String,
}

from_row!(EndingCard { client, card_type, last_four, expires });

/// Returns the pay methods whose cards end from a day on and before another one, and whose clients were not told.
pub async fn ending(db: &mut MySqlConnection, from: NaiveDate, before: NaiveDate) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(ENDING).bind(from).bind(before).fetch_all(db).await
}

/// Returns the client to whom a pay method belongs.
pub async fn owner(db: &mut MySqlConnection, pay_method: i64) -> sqlx::Result<Option<ClientId>> {
    let owner: Option<i64> = sqlx::query_scalar(OWNER).bind(pay_method).fetch_optional(db).await?;
    Ok(owner.map(ClientId))
}

/// Returns the card of a pay method, unless it was deleted.
pub async fn find(db: &mut MySqlConnection, pay_method: i64) -> sqlx::Result<Option<EndingCard>> {
    sqlx::query_as(FIND).bind(pay_method).fetch_optional(db).await
}
