//! Sending mails to staff on request.

use sqlx::MySqlConnection;

use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::domain::id::DepartmentId;
use crate::operations::Context;
use crate::outbox::mail::MailDraft;
use crate::store;
use crate::store::system::email_templates::Template;
use crate::store::system::staff::StaffMailTopic;

/// The type of templates for mails to staff.
const KIND: &str = "admin";

/// A template for mails to staff.
#[derive(Debug)]
pub struct StaffTemplate(Template);

impl StaffTemplate {
    /// Creates a template from a custom message in HTML.
    pub fn custom(subject: String, message: String) -> StaffTemplate {
        StaffTemplate(Template::custom(KIND, subject, message))
    }

    /// Finds the template with this name, which must be for staff.
    pub async fn find(db: &mut MySqlConnection, name: &str) -> Result<StaffTemplate> {
        let template = store::system::email_templates::find(db, name, "").await?;
        let template = template.filter(|template| template.kind == KIND).ok_or(Refusal::TemplateNotFound)?;
        if template.is_disabled { Err(Refusal::TemplateDisabled.into()) } else { Ok(StaffTemplate(template)) }
    }
}

/// Sends a mail to all members of staff whose role gets mails of this type; for support mails of a department, only to
/// those who want mails of this department. If there are none, nothing is sent. The values of `fields` are HTML.
pub async fn send_staff_mail(
    context: Context<'_>,
    template: StaffTemplate,
    topic: StaffMailTopic,
    department: Option<DepartmentId>,
    fields: Vec<(String, String)>,
) -> Result<()> {
    let addresses = store::system::staff::addresses(context.db, topic, department).await?;
    let mut draft = MailDraft::to_staff(context.db, template.0, addresses.join(","), context.now).await?;
    for (name, value) in fields {
        draft.set_html(&name, value);
    }

    let mut tx = context.write(Subject::Staff).await?;
    if !addresses.is_empty() {
        draft.send(&mut tx).await?;
    }
    Ok(())
}
