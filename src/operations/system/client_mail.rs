//! Sending mails to clients on request.

use sqlx::MySqlConnection;

use super::{Refusal, Result};
use crate::config::Links;
use crate::database::lease::Lease;
use crate::database::writer::Subject;
use crate::domain::clients::topic::Topic;
use crate::domain::id::{ClientId, InvoiceId, TicketId};
use crate::domain::time::Moment;
use crate::operations::support::{self, Viewer};
use crate::operations::{Context, OperationError};
use crate::outbox::mail::{Invoice, MailDraft, invoice_fields};
use crate::store;
use crate::store::clients::client::Addressee;
use crate::store::system::email_templates::Template;
use crate::store::system::merge_fields::{self, RelatedFields};

/// Templates whose merge fields have values only when WHMCS sends them by itself.
const AUTOMATIC_ONLY: [&str; 9] = [
    "Order Confirmation",
    "Password Reset Confirmation",
    "Password Reset Validation",
    "Quote Accepted",
    "Quote Accepted Notification",
    "Quote Delivery with PDF",
    "Clients Only Bounce Message",
    "Replies Only Bounce Message",
    "Affiliate Monthly Referrals Report",
];

/// A template for mails to clients.
#[derive(Debug)]
pub struct ClientTemplate {
    /// The template in the default language.
    template: Template,
    /// The name by which translations are found; `None` for a custom message.
    name: Option<String>,
    topic: Topic,
}

impl ClientTemplate {
    /// Creates a template from a custom message in HTML.
    pub fn custom(topic: Topic, subject: String, message: String) -> ClientTemplate {
        ClientTemplate { template: Template::custom(topic.name(), subject, message), name: None, topic }
    }

    /// Finds the template with this name in the default language, which must be for clients and for mails on request.
    pub async fn find(db: &mut MySqlConnection, name: String) -> Result<ClientTemplate> {
        let template = store::system::email_templates::find(db, &name, "").await?.ok_or(Refusal::TemplateNotFound)?;
        let topic = Topic::parse(&template.kind).ok_or(Refusal::TemplateNotFound)?;
        if template.is_disabled {
            return Err(Refusal::TemplateDisabled.into());
        }
        // The stored name is compared, because the database matches several spellings of it.
        if AUTOMATIC_ONLY.iter().any(|never| never.eq_ignore_ascii_case(&template.name)) {
            return Err(Refusal::TemplateNotForRequests.into());
        }
        Ok(ClientTemplate { template, name: Some(name), topic })
    }
}

/// Sends a mail about the client, service, domain, invoice, ticket or affiliate with this id (the template's topic says
/// which) to the client concerned, or to the guest who opened the ticket. The values of `fields` are HTML.
pub async fn send_client_mail(
    mut context: Context<'_>,
    template: ClientTemplate,
    related: i64,
    fields: Vec<(String, String)>,
) -> Result<()> {
    let subject = MailSubject::read(&mut context, template.topic, related).await?;
    let links = &context.settings.links;
    let mut draft = subject.draft(context.db, template, links, context.now).await?.ok_or(Refusal::NoRecipient)?;
    for (name, value) in fields {
        draft.set_html(&name, value);
    }
    if !draft.has_valid_message() {
        return Err(Refusal::InvalidMessage.into());
    }

    let mut tx = context.write(subject.client.map_or(Subject::Staff, Subject::Client)).await?;
    draft.send(&mut tx).await?;
    let line = format!("Email Sent - {}", draft.subject());
    store::system::activity::log(&mut tx, subject.client, &line).await?;
    Ok(())
}

/// What a mail is about, which determines its recipient.
struct MailSubject {
    /// The recipient; `None` for the ticket of a guest.
    client: Option<ClientId>,
    guest: Addressee,
    fields: Vec<(String, String)>,
    invoice: Option<(InvoiceId, Invoice)>,
    /// The address of the ticket's department; empty for other mails.
    reply_to: String,
    topic: Topic,
}

impl MailSubject {
    async fn read(context: &mut Context<'_>, topic: Topic, id: i64) -> Result<MailSubject> {
        let passwords = context.passwords();
        let viewer = Viewer::new(context.author, context.compat);
        let db = &mut *context.db;
        let mut invoice = None;
        let related = match topic {
            Topic::General => Some(RelatedFields { client: id, fields: Vec::new() }),
            Topic::Product => merge_fields::service(db, id).await?,
            Topic::Domain => merge_fields::domain(db, id).await?,
            Topic::Support => match support::find_ticket(db, viewer, TicketId(id)).await {
                Ok(id) => merge_fields::ticket(db, id.0).await?,
                Err(OperationError::Refused(_)) => None,
                Err(OperationError::Fault(fault)) => return Err(fault.into()),
            },
            Topic::Affiliate => merge_fields::affiliate(db, id).await?,
            Topic::Invoice => {
                let id = InvoiceId(id);
                let client = store::billing::invoices::client(db, id).await?.ok_or(Refusal::RelatedNotFound)?;
                invoice = Invoice::read(db, id).await?.map(|invoice| (id, invoice));
                Some(RelatedFields { client: client.0, fields: Vec::new() })
            }
        };
        let RelatedFields { client, mut fields } = related.ok_or(Refusal::RelatedNotFound)?;
        if let Some((_, password)) = fields.iter_mut().find(|(field, _)| field == "service_password") {
            *password = passwords.read(password).unwrap_or_default();
        }
        let mut take = |name: &str| {
            let at = fields.iter().position(|(field, _)| field == name);
            at.map(|at| fields.swap_remove(at).1).unwrap_or_default()
        };
        let guest = Addressee { first_name: take("guest_name"), email: take("guest_email"), ..Addressee::default() };
        let reply_to = take("department_email");
        Ok(MailSubject { client: (client > 0).then_some(ClientId(client)), guest, fields, invoice, reply_to, topic })
    }

    /// Prepares the mail. Returns `None` if there is no recipient.
    async fn draft(
        &self,
        db: &mut Lease,
        template: ClientTemplate,
        links: &Links,
        now: Moment,
    ) -> Result<Option<MailDraft>> {
        let prepared = match self.client {
            Some(client) => to_client(db, template, client, now).await?,
            None => MailDraft::to_addressee_from_template(db, template.template, self.guest.clone(), now).await?,
        };
        let Some(mut draft) = prepared else { return Ok(None) };
        draft.set_related(&self.fields);
        if let Some((id, invoice)) = &self.invoice {
            invoice_fields(&mut draft, links, *id, invoice);
        }
        if self.topic == Topic::Support {
            draft.set_ticket_link(links);
            draft.set_reply_to(&self.reply_to);
        }
        Ok(Some(draft))
    }
}

/// Prepares a mail to a client, from the template in the client's language if there is one.
async fn to_client(
    db: &mut Lease,
    template: ClientTemplate,
    client: ClientId,
    now: Moment,
) -> Result<Option<MailDraft>> {
    // The lock keeps the client from being deleted until the mail is written.
    if store::clients::client::lock(db, client).await?.is_none() {
        return Ok(None);
    }
    let Some(addressee) = store::clients::client::addressee(db, client).await? else { return Ok(None) };
    let translated = match &template.name {
        Some(name) => store::system::email_templates::find(db, name, &addressee.language).await?,
        None => None,
    };
    Ok(MailDraft::to_client_from_template(db, translated.unwrap_or(template.template), client, addressee, now).await?)
}
