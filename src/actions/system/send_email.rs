//! `SendEmail`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sqlx::MySqlConnection;

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::database::writer::Subject;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::time::Moment;
use crate::domain::topic::Topic;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result, refuse};
use crate::outbox::mail::{Invoice, Letter, invoice_fields};
use crate::param::{Nested, Param, Value};
use crate::store;
use crate::store::clients::client::Addressee;
use crate::store::system::email_templates::Template;
use crate::store::system::merge_fields::{self, Related};

/// Sends a client a mail, from a template or with a message of the caller's. It is sent once the call has succeeded.
///
/// Where a type and a template are both named, the message of the type is sent. The templates that are documented as
/// not to be sent, a client without an address, and a mail without words or with too many fail with the words that are
/// documented for failures. What the caller sends as `customvars` is HTML, as in WHMCS.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct SendEmail {
    /// The template's name.
    messagename: Param<String>,
    /// Of the client, service, domain, invoice, ticket or affiliate that it is about, as the type says.
    id: Param<RelatedId>,
    /// `general`, `product`, `domain`, `invoice`, `support` or `affiliate`.
    customtype: Param<Topic>,
    /// HTML, with merge fields.
    custommessage: Param<String>,
    customsubject: Param<String>,
    /// More merge fields: an array, or in base64 what PHP's `serialize()` makes of it.
    customvars: Param<Nested>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
struct RelatedId(#[schemars(range(min = 1))] i64);

impl Value for RelatedId {
    fn parse(text: &str) -> Option<Self> {
        ClientId::parse(text).map(|id| RelatedId(id.0))
    }
}

impl Value for Topic {
    fn parse(text: &str) -> Option<Self> {
        Topic::parse(&text.to_ascii_lowercase())
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {}

/// What is documented for whatever goes wrong in the end.
const FAILED: &str = "Sending Failed. Please see documentation.";

/// They need what only their own occasion knows.
const NEVER_SENT: [&str; 9] = [
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

const NO_TEMPLATE: &str = "You must provide either an existing email template name or a custom message type";
const INVALID_TYPE: &str = "Invalid message type provided";
const NO_SUBJECT: &str = "A subject is required for a custom message";
const NO_MESSAGE: &str = "A message body is required for a custom message";
const INVALID_VARIABLES: &str = "The custom variables you provided are invalid.";
const NO_RELATED_ID: &str = "A related ID is required";
const TEMPLATE_NOT_FOUND: &str = "Email Template not found";
const TEMPLATE_DISABLED: &str = "Email Template is disabled";

impl Action for SendEmail {
    const NAME: &'static str = "SendEmail";
    const ACCESS: Access = Access::Write;
    const EXAMPLE: &'static str = r#"{"messagename": "Client Signup Email", "id": 1}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(NO_TEMPLATE),
        Exact(INVALID_TYPE),
        Exact(NO_SUBJECT),
        Exact(NO_MESSAGE),
        Exact(INVALID_VARIABLES),
        Exact(NO_RELATED_ID),
        Exact(TEMPLATE_NOT_FOUND),
        Exact(TEMPLATE_DISABLED),
        Exact(FAILED),
    ];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let custom = custom(self.customtype, self.customsubject, self.custommessage)?;
        let name = self.messagename.text("messagename", TEXT_BYTES)?;
        if custom.is_none() && name.is_empty() {
            return refuse(NO_TEMPLATE);
        }
        let variables = variables(self.customvars, INVALID_VARIABLES)?;
        if self.id == Param::Absent {
            return refuse(NO_RELATED_ID);
        }
        let (template, name) = match custom {
            Some(template) => (template, None),
            None => (stored(call.db, &name).await?, Some(name.as_str())),
        };
        let topic = Topic::parse(&template.kind).unwrap_or(Topic::General);
        let about = About::read(call.db, topic, self.id.required(FAILED)?.0).await?;
        let Some(mut letter) = about.letter(call.db, template, name, call.now).await? else { return refuse(FAILED) };
        for (name, value) in variables {
            letter.set_html(&name, value);
        }
        if !letter.has_fit_message() {
            return refuse(FAILED);
        }
        let subject = about.client.map_or(Subject::Staff, Subject::Client);
        let mut books = call.write(subject).await?;
        letter.send(&mut books).await?;
        let line = format!("Email Sent - {}", letter.subject());
        store::system::activity::log(&mut books, about.client, &line).await?;
        Ok(Reply {})
    }
}

/// The caller's own message, if they sent one.
fn custom(kind: Param<Topic>, subject: Param<String>, message: Param<String>) -> Result<Option<Template>> {
    let Some(topic) = kind.optional(INVALID_TYPE)? else { return Ok(None) };
    let subject = subject.text("customsubject", TEXT_BYTES)?;
    if subject.is_empty() {
        return refuse(NO_SUBJECT);
    }
    let message = message.text("custommessage", TEXT_BYTES)?;
    if message.is_empty() {
        return refuse(NO_MESSAGE);
    }
    Ok(Some(Template::custom(topic.name(), subject, message)))
}

/// The template of this name in the default language, if it is for clients and may be sent.
async fn stored(db: &mut MySqlConnection, name: &str) -> Result<Template> {
    let template =
        store::system::email_templates::find(db, name, "").await?.ok_or(Error::Refused(TEMPLATE_NOT_FOUND))?;
    if Topic::parse(&template.kind).is_none() {
        return refuse(TEMPLATE_NOT_FOUND);
    }
    if template.is_disabled {
        return refuse(TEMPLATE_DISABLED);
    }
    // As it is stored: the database takes many spellings of a name for the same.
    match NEVER_SENT.iter().any(|never| never.eq_ignore_ascii_case(&template.name)) {
        true => refuse(FAILED),
        false => Ok(template),
    }
}

/// Merge fields by their names: `{$list.key}` for what is in a list.
pub fn variables(sent: Param<Nested>, malformed: &'static str) -> Result<Vec<(String, String)>> {
    let Some(nested) = sent.optional(malformed)? else { return Ok(Vec::new()) };
    let array = nested.array("").or_else(|_| refuse(malformed))?;
    let mut variables = Vec::new();
    collect("", &array, &mut variables);
    Ok(variables)
}

fn collect(name: &str, value: &Json, variables: &mut Vec<(String, String)>) {
    let inside = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Json::Object(values) => values.iter().for_each(|(key, value)| collect(&inside(key), value, variables)),
        Json::Array(values) => {
            values.iter().enumerate().for_each(|(key, value)| collect(&inside(&key.to_string()), value, variables));
        }
        // As PHP has it.
        Json::Null | Json::Bool(false) => variables.push((name.to_owned(), String::new())),
        Json::Bool(true) => variables.push((name.to_owned(), "1".to_owned())),
        Json::String(text) => variables.push((name.to_owned(), text.clone())),
        Json::Number(number) => variables.push((name.to_owned(), number.to_string())),
    }
}

/// Whether a merge field is a stored date or time.
fn is_date(name: &str) -> bool {
    name.ends_with("_date") || name == "ticket_date_opened"
}

/// What a mail is about, and so whom it is for.
struct About {
    /// `None` for the ticket of a guest.
    client: Option<ClientId>,
    guest: Addressee,
    fields: Vec<(String, String)>,
    invoice: Option<(InvoiceId, Invoice)>,
    topic: Topic,
}

impl About {
    async fn read(db: &mut MySqlConnection, topic: Topic, id: i64) -> Result<About> {
        let failed = || Error::Refused(FAILED);
        let mut invoice = None;
        let related = match topic {
            Topic::General => Some(Related { client: id, fields: Vec::new() }),
            Topic::Product => merge_fields::service(db, id).await?,
            Topic::Domain => merge_fields::domain(db, id).await?,
            Topic::Support => merge_fields::ticket(db, id).await?,
            Topic::Affiliate => merge_fields::affiliate(db, id).await?,
            Topic::Invoice => {
                let id = InvoiceId(id);
                let client = store::billing::invoices::client(db, id).await?.ok_or_else(failed)?;
                invoice = Invoice::read(db, id).await?.map(|invoice| (id, invoice));
                Some(Related { client: client.0, fields: Vec::new() })
            }
        };
        let Related { client, mut fields } = related.ok_or_else(failed)?;
        let mut take = |name: &str| {
            let at = fields.iter().position(|(field, _)| field == name);
            at.map(|at| fields.swap_remove(at).1).unwrap_or_default()
        };
        let guest = Addressee { first_name: take("guest_name"), email: take("guest_email"), ..Addressee::default() };
        Ok(About { client: (client > 0).then_some(ClientId(client)), guest, fields, invoice, topic })
    }

    /// The letter, from the template of this name in the client's language where there is one.
    async fn letter(
        &self,
        db: &mut MySqlConnection,
        template: Template,
        name: Option<&str>,
        now: Moment,
    ) -> Result<Option<Letter>> {
        let prepared = match self.client {
            Some(client) => {
                // They stay until it is written.
                if store::clients::client::lock(db, client).await?.is_none() {
                    return Ok(None);
                }
                let Some(addressee) = store::clients::client::addressee(db, client).await? else { return Ok(None) };
                let translated = match name {
                    Some(name) => store::system::email_templates::find(db, name, &addressee.language).await?,
                    None => None,
                };
                Letter::of(db, translated.unwrap_or(template), client, addressee, now).await?
            }
            None => Letter::to(db, template, self.guest.clone(), now).await?,
        };
        let Some(mut letter) = prepared else { return Ok(None) };
        for (name, value) in &self.fields {
            match is_date(name) {
                true => letter.set_date(name, value),
                false => letter.set(name, value),
            }
        }
        if let Some((id, invoice)) = &self.invoice {
            invoice_fields(&mut letter, *id, invoice);
        }
        if self.topic == Topic::Support {
            letter.set_ticket_link();
        }
        Ok(Some(letter))
    }
}
