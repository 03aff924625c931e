//! The welcome mail of a product.

use sqlx::MySqlConnection;

use crate::domain::id::ServiceId;
use crate::domain::time::Moment;
use crate::fault::Result;
use crate::outbox::mail::Letter;
use crate::store;
use crate::store::services::provisioning::Decided;

/// Prepares the welcome mail of a new service, with the fields that its module has set. Returns `None` if the product
/// has no such mail.
pub async fn letter(
    db: &mut MySqlConnection,
    service: ServiceId,
    decided: &Decided,
    now: Moment,
) -> Result<Option<Letter>> {
    let Some(welcome) = store::services::provisioning::welcome(db, service).await? else { return Ok(None) };
    let Some(mut letter) = Letter::to_client(db, &welcome.template, welcome.client, now).await? else {
        return Ok(None);
    };
    letter.set("service_id", service.to_string());
    letter.set("service_product_name", welcome.product);
    let decided = decided.clone();
    letter.set("service_domain", decided.domain.unwrap_or(welcome.domain));
    letter.set("service_username", decided.username.unwrap_or(welcome.username));
    letter.set("service_password", decided.password.unwrap_or(welcome.password));
    letter.set("service_server_name", welcome.server);
    letter.set("service_server_hostname", welcome.server_hostname);
    letter.set("service_server_ip", welcome.server_ip);
    letter.set("service_dedicated_ip", decided.dedicated_ip.unwrap_or(welcome.dedicated_ip));
    Ok(Some(letter))
}
