//! What the actions about projects share.

use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::words::projects::NOT_UNIX_TIME;
use crate::domain::id::TicketId;
use crate::error::Result;
use crate::param::{CommaSeparated, Param};
use crate::store::projects::project::ProjectRow;

/// Maximum length of a project's status.
pub const STATUS_BYTES: usize = 255;

/// The fields of a project.
#[derive(Debug, JsonSchema, Serialize)]
pub struct ProjectFields {
    id: i64,
    /// The client, or 0.
    userid: i64,
    title: String,
    /// Ids, separated by commas.
    ticketids: String,
    /// Likewise.
    invoiceids: String,
    notes: String,
    adminid: i64,
    status: String,
    created: String,
    duedate: String,
    /// 1 or 0.
    completed: i64,
    lastmodified: String,
}

impl From<ProjectRow> for ProjectFields {
    fn from(project: ProjectRow) -> ProjectFields {
        ProjectFields {
            id: project.id.0,
            userid: project.client,
            title: project.title,
            ticketids: project.tickets,
            invoiceids: project.invoices,
            notes: project.notes,
            adminid: project.staff,
            status: project.status,
            created: project.created,
            duedate: project.due,
            completed: project.is_completed.into(),
            lastmodified: project.changed,
        }
    }
}

/// Returns the ids in a list with commas, without what is no id.
pub fn ids(CommaSeparated(list): CommaSeparated) -> String {
    let ids = list.split(',').filter_map(|id| TicketId::parse(id.trim()));
    ids.map(|id| id.to_string()).collect::<Vec<_>>().join(",")
}

/// Reads a time in seconds since 1970.
pub fn unix_time(time: Param<u32>) -> Result<Option<i64>> {
    // 0 is the end of a timer that runs.
    Ok(time.optional(NOT_UNIX_TIME)?.filter(|time| *time > 0).map(i64::from))
}
