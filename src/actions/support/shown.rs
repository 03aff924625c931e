//! Fields about authors and files that several replies about tickets share.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::ticket::{Requestor, attached};

/// The author of a ticket, reply or note.
#[derive(Debug, JsonSchema, Serialize)]
pub struct ShownRequestor {
    requestor_name: String,
    requestor_email: String,
    /// `Owner`, `Authorized User`, `Subaccount`, `Guest` or `Operator`.
    requestor_type: &'static str,
}

impl From<Requestor> for ShownRequestor {
    fn from(requestor: Requestor) -> ShownRequestor {
        ShownRequestor {
            requestor_name: requestor.name,
            requestor_email: requestor.email,
            requestor_type: requestor.kind,
        }
    }
}

/// The files of a ticket, reply or note.
#[derive(Debug, JsonSchema, Serialize)]
pub struct ShownFiles {
    /// The stored file names, which are random, separated by `|`.
    attachment: String,
    attachments: Vec<ShownFile>,
    attachments_removed: bool,
}

#[derive(Debug, JsonSchema, Serialize)]
struct ShownFile {
    /// The file's name as the author sent it.
    filename: String,
    index: usize,
}

impl ShownFiles {
    pub fn new(column: String, removed: bool) -> ShownFiles {
        let file = |(index, name): (usize, &str)| ShownFile { filename: name.to_owned(), index };
        let attachments = attached(&column).enumerate().map(file).collect();
        ShownFiles { attachment: column, attachments, attachments_removed: removed }
    }
}
