//! `MergeTicket`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::support::{NO_TICKET, NOT_MERGEABLE};
use crate::actions::words::with_text;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::TicketId;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::{Result, refuse, refuse_as};
use crate::operations::support::{self, Refusal, Viewer};
use crate::param::{CommaSeparated, Param, schema};

/// Merges tickets into another one, which gets their messages, replies, notes, files, tags and watchers. It cannot be
/// undone.
///
/// The merged tickets stay closed and in no list; their numbers lead to the ticket into which they were merged. Its
/// status, department and client stay as they are.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct MergeTicket {
    /// The ticket into which the others are merged.
    ticketid: Param<TicketId>,
    /// The ids of the tickets to merge, separated by commas, or as a list. If one of them cannot be merged, none is.
    #[schemars(with = "schema::IdsInText")]
    mergeticketids: Param<CommaSeparated>,
    /// The new subject of the ticket; by default, it stays as it is.
    newsubject: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct MergeTicketReply {
    ticketid: String,
}

const TICKET_INVALID: &str = "Ticket ID Invalid";
const NO_IDS: &str = "Merge Ticket IDs Required";

/// Each is locked until the transaction ends.
const MAX_TICKETS: usize = 100;

impl Action for MergeTicket {
    const NAME: &'static str = "MergeTicket";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["ticketid", "mergeticketids"];
    const EXAMPLE: &'static str = r#"{"ticketid": 7, "mergeticketids": "4"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(NO_TICKET),
        Exact(TICKET_INVALID),
        Exact(NO_IDS),
        Prefix { text: NOT_MERGEABLE, code: "tickets_not_mergeable" },
    ];
    type Reply = MergeTicketReply;

    async fn run(self, call: Call<'_>) -> Result<MergeTicketReply> {
        if !self.ticketid.is_sent() {
            return refuse(NO_TICKET);
        }
        let id = self.ticketid.required(TICKET_INVALID)?;
        let invalid = |error| with_text(error, &Refusal::TicketNotFound, TICKET_INVALID);
        support::check_ticket(call.db, Viewer::new(call.author, call.compat), id).await.map_err(invalid)?;
        let CommaSeparated(ids) = self.mergeticketids.required(NO_IDS)?;
        let ids: Vec<&str> = ids.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
        if ids.is_empty() {
            return refuse(NO_IDS);
        }
        if ids.len() > MAX_TICKETS {
            return refuse_as("too_many_tickets", format!("At most {MAX_TICKETS} tickets can be merged at once"));
        }
        let subject = self.newsubject.text("newsubject", TEXT_BYTES)?;
        let subject = Some(subject.as_str()).filter(|subject| !subject.trim().is_empty());
        support::merge(call.context(), id, &ids, subject).await.map_err(invalid)?;
        Ok(MergeTicketReply { ticketid: id.to_string() })
    }
}
