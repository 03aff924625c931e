//! Mails about services.

use sqlx::MySqlConnection;

use crate::domain::id::ServiceId;
use crate::domain::time::Moment;
use crate::fault::Result;
use crate::keyring::Passwords;
use crate::outbox::mail::MailDraft;
use crate::store;
use crate::store::services::provisioning::ModuleChanges;

/// Prepares a mail about a service to its client, with the fields that its module has set, as they are stored. Without the name of a template it is
/// the welcome mail of the product. Returns `None` if there is no such mail.
pub async fn draft(
    db: &mut MySqlConnection,
    service: ServiceId,
    template: Option<&str>,
    changes: &ModuleChanges,
    passwords: Passwords<'_>,
    now: Moment,
) -> Result<Option<MailDraft>> {
    let fields = store::services::provisioning::mail_fields(db, service, template).await?;
    let Some(fields) = fields else { return Ok(None) };
    let Some(mut draft) = MailDraft::to_client(db, &fields.template, fields.client, now).await? else {
        return Ok(None);
    };
    draft.set("service_id", service.to_string());
    draft.set("service_product_name", fields.product);
    let changes = changes.clone();
    draft.set("service_domain", changes.domain.unwrap_or(fields.domain));
    draft.set("service_username", changes.username.unwrap_or(fields.username));
    let password = passwords.read(&changes.password.unwrap_or(fields.password));
    draft.set_verbatim("service_password", password.unwrap_or_default());
    draft.set("service_server_name", fields.server);
    draft.set("service_server_hostname", fields.server_hostname);
    draft.set("service_server_ip", fields.server_ip);
    draft.set("service_suspension_reason", changes.suspend_reason.unwrap_or_default());
    draft.set_date("service_next_due_date", &fields.next_due);
    draft.set("service_dedicated_ip", changes.dedicated_ip.unwrap_or(fields.dedicated_ip));
    Ok(Some(draft))
}
