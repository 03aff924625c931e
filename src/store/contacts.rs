//! `tblcontacts`.

use sqlx::MySqlConnection;

use crate::domain::id::ClientId;
use crate::domain::topic::Topic;

pub(super) const ADDRESSES: &str = "SELECT email FROM tblcontacts WHERE userid = ? AND email <> '' AND CASE ? \
             WHEN 'product' THEN productemails WHEN 'domain' THEN domainemails WHEN 'invoice' THEN invoiceemails \
             WHEN 'support' THEN supportemails WHEN 'affiliate' THEN affiliateemails ELSE generalemails END <> 0 \
         ORDER BY id";

/// The addresses of those contacts of a client who get mails of this topic.
pub async fn addresses(db: &mut MySqlConnection, client: ClientId, topic: Topic) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(ADDRESSES).bind(client).bind(topic.name()).fetch_all(db).await
}
