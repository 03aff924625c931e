//! Credit cards that are kept: in `tblpaymethods`, and as WHMCS did before 7.8, in `tblclients`.

use sqlx::MySqlConnection;

use super::writer::Writer;
use crate::domain::id::ClientId;

pub(super) const COUNT: &str = "SELECT COUNT(*) FROM tblpaymethods \
         WHERE userid = ? AND payment_type LIKE '%CreditCard' AND deleted_at IS NULL";

/// How many cards of a client are kept as pay methods.
pub async fn count(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<i64> {
    sqlx::query_scalar(COUNT).bind(client).fetch_one(db).await
}

pub(super) const DELETE: &str = "UPDATE tblpaymethods SET deleted_at = ?, updated_at = ? \
         WHERE userid = ? AND payment_type LIKE '%CreditCard' AND deleted_at IS NULL";

pub(super) const CLEAR: &str = "UPDATE tblclients SET cardtype = '', cardlastfour = '', cardnum = '', startdate = '', expdate = '', \
             issuenumber = '', gatewayid = '' WHERE id = ?";

/// Forgets a client's cards.
pub async fn forget(books: &mut Writer<'_>, client: ClientId) -> sqlx::Result<()> {
    let utc = books.now.utc();
    books.execute(sqlx::query(DELETE).bind(utc).bind(utc).bind(client)).await?;
    books.execute(sqlx::query(CLEAR).bind(client)).await.map(|_| ())
}
