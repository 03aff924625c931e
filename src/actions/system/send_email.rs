//! `SendEmail`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::merge_fields;
use crate::actions::words::system::{SENDING_FAILED, TEMPLATE_DISABLED, TEMPLATE_NOT_FOUND};
use crate::actions::{Access, Action, Touches};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::clients::topic::Topic;
use crate::domain::id::ClientId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::system::{self, ClientTemplate};
use crate::param::{Html, NestedHtml, Param, ParamValue};

/// Sends a mail to a client, from a template or with a custom message. It is sent after the call has succeeded.
///
/// If both `customtype` and a template are given, the custom message is sent. The text that WHMCS documents for
/// failures is returned for templates that it excludes from this action, for a client without an e-mail address, and
/// for an empty or too large mail. Values of `customvars` are HTML, as in WHMCS.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct SendEmail {
    /// The template's name.
    messagename: Param<String>,
    /// The id of the client, service, domain, invoice, ticket or affiliate that the mail is about, depending on its
    /// type.
    id: Param<RelatedId>,
    /// `general`, `product`, `domain`, `invoice`, `support` or `affiliate`.
    customtype: Param<Topic>,
    /// The message in HTML, with merge fields.
    custommessage: Param<Html>,
    customsubject: Param<String>,
    /// Further merge fields: an array, or base64 of an array serialized by PHP.
    customvars: Param<NestedHtml>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
struct RelatedId(#[schemars(range(min = 1))] i64);

impl ParamValue for RelatedId {
    fn parse(text: &str) -> Option<Self> {
        ClientId::parse(text).map(|id| RelatedId(id.0))
    }
}

impl ParamValue for Topic {
    fn parse(text: &str) -> Option<Self> {
        Topic::parse(&text.to_ascii_lowercase())
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct SendEmailReply {}

const NO_TEMPLATE: &str = "You must provide either an existing email template name or a custom message type";
const INVALID_TYPE: &str = "Invalid message type provided";
const NO_SUBJECT: &str = "A subject is required for a custom message";
const NO_MESSAGE: &str = "A message body is required for a custom message";
const INVALID_VARIABLES: &str = "The custom variables you provided are invalid.";
const NO_RELATED_ID: &str = "A related ID is required";

impl Action for SendEmail {
    const NAME: &'static str = "SendEmail";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
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
        Exact(SENDING_FAILED),
    ];
    type Reply = SendEmailReply;

    async fn run(self, call: Call<'_>) -> Result<SendEmailReply> {
        let custom = custom(self.customtype, self.customsubject, self.custommessage)?;
        let name = self.messagename.text("messagename", TEXT_BYTES)?;
        if custom.is_none() && name.is_empty() {
            return refuse(NO_TEMPLATE);
        }
        let fields = merge_fields::read(self.customvars, INVALID_VARIABLES)?;
        if self.id == Param::Absent {
            return refuse(NO_RELATED_ID);
        }
        let template = match custom {
            Some(template) => template,
            None => ClientTemplate::find(call.db, name).await?,
        };
        let RelatedId(related) = self.id.required(SENDING_FAILED)?;
        system::send_client_mail(call.context(), template, related, fields).await?;
        Ok(SendEmailReply {})
    }
}

/// Returns the custom message if one was sent.
fn custom(kind: Param<Topic>, subject: Param<String>, message: Param<Html>) -> Result<Option<ClientTemplate>> {
    let Some(topic) = kind.optional(INVALID_TYPE)? else { return Ok(None) };
    let subject = subject.text("customsubject", TEXT_BYTES)?;
    if subject.is_empty() {
        return refuse(NO_SUBJECT);
    }
    let message = message.text("custommessage", TEXT_BYTES)?;
    if message.is_empty() {
        return refuse(NO_MESSAGE);
    }
    Ok(Some(ClientTemplate::custom(topic, subject, message)))
}
