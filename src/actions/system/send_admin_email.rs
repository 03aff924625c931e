//! `SendAdminEmail`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::merge_fields;
use crate::actions::words::system::TEMPLATE_NOT_FOUND;
use crate::actions::{Access, Action, Touches};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::DepartmentId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::system::{self, StaffTemplate};
use crate::param::{Html, NestedHtml, Param, ParamValue};
use crate::store::system::staff::StaffMailTopic;

/// Sends a mail to staff, from a template or with a custom message. If both are sent, the custom message is used.
///
/// The recipients are all members of staff whose role gets mails of the type; for `support` with a department, only
/// those who want mails of this department. If there are none, nothing is sent. WHMCS documents neither a disabled
/// template nor an unknown type: the former is rejected with the text of SendEmail, the latter with one of our own.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct SendAdminEmail {
    /// The template's name.
    messagename: Param<String>,
    /// The message in HTML, with merge fields.
    custommessage: Param<Html>,
    customsubject: Param<String>,
    /// `system`, which is the default, `account` or `support`.
    r#type: Param<StaffMailTopic>,
    deptid: Param<DepartmentId>,
    /// Further merge fields: an array, or base64 of an array serialized by PHP.
    mergefields: Param<NestedHtml>,
}

impl ParamValue for StaffMailTopic {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "system" => Some(StaffMailTopic::System),
            "account" => Some(StaffMailTopic::Account),
            "support" => Some(StaffMailTopic::Support),
            _ => None,
        }
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct SendAdminEmailReply {}

impl Action for SendAdminEmail {
    const NAME: &'static str = "SendAdminEmail";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const EXAMPLE: &'static str =
        r#"{"customsubject": "Import", "custommessage": "The import is done.", "type": "system"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(TEMPLATE_NOT_FOUND)];
    type Reply = SendAdminEmailReply;

    async fn run(self, call: Call<'_>) -> Result<SendAdminEmailReply> {
        let (subject, message) = (
            self.customsubject.text("customsubject", TEXT_BYTES)?,
            self.custommessage.text("custommessage", TEXT_BYTES)?,
        );
        let template = match (self.messagename.lenient(), message.is_empty()) {
            (_, false) => StaffTemplate::custom(subject, message),
            (Some(name), true) => StaffTemplate::find(call.db, &name).await?,
            (None, true) => return refuse(TEMPLATE_NOT_FOUND),
        };
        let topic = self.r#type.optional("Invalid notification type provided")?.unwrap_or(StaffMailTopic::System);
        let department = if self.deptid.is_sent() { self.deptid.filter() } else { None };
        let fields = merge_fields::read(self.mergefields, "The merge fields you provided are invalid.")?;
        system::send_staff_mail(call.context(), template, topic, department, fields).await?;
        Ok(SendAdminEmailReply {})
    }
}
