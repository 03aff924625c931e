//! What replies tell of tickets and of what belongs to them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::ticket::{Requestor, attached};

/// Who wrote something.
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

/// The files that came with something.
#[derive(Debug, JsonSchema, Serialize)]
pub struct ShownFiles {
    /// As stored: random names, with `|` between.
    attachment: String,
    attachments: Vec<ShownFile>,
    attachments_removed: bool,
}

#[derive(Debug, JsonSchema, Serialize)]
struct ShownFile {
    /// As the sender called it.
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
