//! Stored credit cards: in `tblpaymethods` and, as WHMCS did before 7.8, in `tblclients`.

use sqlx::MySqlConnection;

use crate::database::writer::Writer;
use crate::domain::id::ClientId;

const COUNT: &str = "SELECT COUNT(*) FROM tblpaymethods \
     WHERE userid = ? AND payment_type LIKE '%CreditCard' AND deleted_at IS NULL";
const DELETE: &str = "UPDATE tblpaymethods SET deleted_at = ?, updated_at = ? \
     WHERE userid = ? AND payment_type LIKE '%CreditCard' AND deleted_at IS NULL";
const CLEAR: &str = "UPDATE tblclients SET cardtype = '', cardlastfour = '', cardnum = '', startdate = '', expdate = '', \
         issuenumber = '', gatewayid = '' WHERE id = ?";

/// Number of a client's cards that are stored as pay methods.
pub async fn count(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<i64> {
    sqlx::query_scalar(COUNT).bind(client).fetch_one(db).await
}

/// Deletes a client's stored cards.
pub async fn forget(tx: &mut Writer<'_>, client: ClientId) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    tx.execute(sqlx::query(DELETE).bind(utc).bind(utc).bind(client)).await?;
    tx.execute(sqlx::query(CLEAR).bind(client)).await.map(|_| ())
}
