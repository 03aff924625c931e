//! Fields about authors and files that several replies about tickets share.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::ticket::{Requestor, attachment_names};

/// The author of a ticket, reply or note.
#[derive(Debug, JsonSchema, Serialize)]
pub struct RequestorFields {
    requestor_name: String,
    requestor_email: String,
    /// `Owner`, `Authorized User`, `Subaccount`, `Guest` or `Operator`.
    requestor_type: &'static str,
}

impl From<Requestor> for RequestorFields {
    fn from(requestor: Requestor) -> RequestorFields {
        RequestorFields {
            requestor_name: requestor.name,
            requestor_email: requestor.email,
            requestor_type: requestor.kind,
        }
    }
}

/// The files of a ticket, reply or note.
#[derive(Debug, JsonSchema, Serialize)]
pub struct AttachmentFields {
    /// The stored file names, which are random, separated by `|`.
    attachment: String,
    attachments: Vec<AttachmentItem>,
    attachments_removed: bool,
}

#[derive(Debug, JsonSchema, Serialize)]
struct AttachmentItem {
    /// The file's name as the author sent it.
    filename: String,
    index: usize,
}

impl AttachmentFields {
    pub fn new(column: String, removed: bool) -> AttachmentFields {
        let file = |(index, name): (usize, &str)| AttachmentItem { filename: name.to_owned(), index };
        let attachments = attachment_names(&column).enumerate().map(file).collect();
        AttachmentFields { attachment: column, attachments, attachments_removed: removed }
    }
}
