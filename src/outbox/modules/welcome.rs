//! The welcome mail of a product.

use sqlx::MySqlConnection;

use crate::domain::id::ServiceId;
use crate::domain::time::Moment;
use crate::fault::Result;
use crate::outbox::mail::MailDraft;
use crate::store;
use crate::store::services::provisioning::ModuleChanges;

/// Prepares the welcome mail of a new service, with the fields that its module has set. Returns `None` if the product
/// has no such mail.
pub async fn draft(
    db: &mut MySqlConnection,
    service: ServiceId,
    changes: &ModuleChanges,
    now: Moment,
) -> Result<Option<MailDraft>> {
    let Some(welcome) = store::services::provisioning::welcome(db, service).await? else { return Ok(None) };
    let Some(mut draft) = MailDraft::to_client(db, &welcome.template, welcome.client, now).await? else {
        return Ok(None);
    };
    draft.set("service_id", service.to_string());
    draft.set("service_product_name", welcome.product);
    let changes = changes.clone();
    draft.set("service_domain", changes.domain.unwrap_or(welcome.domain));
    draft.set("service_username", changes.username.unwrap_or(welcome.username));
    draft.set_verbatim("service_password", changes.password.unwrap_or(welcome.password));
    draft.set("service_server_name", welcome.server);
    draft.set("service_server_hostname", welcome.server_hostname);
    draft.set("service_server_ip", welcome.server_ip);
    draft.set("service_dedicated_ip", changes.dedicated_ip.unwrap_or(welcome.dedicated_ip));
    Ok(Some(draft))
}
