//! `GetProjects`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::project_params::ProjectFields;
use crate::actions::paging::Paging;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{AdminId, ClientId};
use crate::error::Result;
use crate::operations::projects;
use crate::param::{Param, schema};
use crate::store::projects::project::ProjectFilter;

/// Returns a page of projects by id.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetProjects {
    #[serde(flatten)]
    paging: Paging,
    /// Only projects of this client.
    userid: Param<ClientId>,
    /// Only projects whose title contains this.
    title: Param<String>,
    /// Only projects with this ticket.
    ticketids: Param<String>,
    /// Only projects with this invoice.
    invoiceids: Param<String>,
    /// Only projects whose notes contain this.
    notes: Param<String>,
    /// Only projects of this member of staff.
    adminid: Param<AdminId>,
    status: Param<String>,
    /// `YYYY-MM-DD`.
    #[schemars(with = "schema::Date")]
    created: Param<NaiveDate>,
    /// `YYYY-MM-DD`.
    #[schemars(with = "schema::Date")]
    duedate: Param<NaiveDate>,
    completed: Param<bool>,
    /// Only projects that were changed last on this day, `YYYY-MM-DD`.
    #[schemars(with = "schema::Date")]
    lastmodified: Param<NaiveDate>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetProjectsReply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    projects: Vec<Project>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Project {
    #[serde(flatten)]
    fields: ProjectFields,
    watchers: String,
}

impl Action for GetProjects {
    const NAME: &'static str = "GetProjects";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"completed": false}"#;
    type Reply = GetProjectsReply;

    async fn run(self, call: Call<'_>) -> Result<GetProjectsReply> {
        projects::require_active(call.compat)?;
        let filter = ProjectFilter {
            client: self.userid.filter().map(|client| client.0),
            title: self.title.lenient(),
            notes: self.notes.lenient(),
            ticket: self.ticketids.lenient().map(|id| id.trim().to_owned()),
            invoice: self.invoiceids.lenient().map(|id| id.trim().to_owned()),
            staff: self.adminid.filter().map(|staff| staff.0),
            status: self.status.lenient(),
            created: day(self.created),
            due: day(self.duedate),
            is_completed: self.completed.lenient(),
            changed: day(self.lastmodified),
        };
        let page = self.paging.page();
        let listed = projects::list(call.db, &filter, page).await?;
        let rows = listed.rows.into_iter();
        let projects: Vec<Project> =
            rows.map(|row| Project { watchers: row.watchers.clone(), fields: row.into() }).collect();
        Ok(GetProjectsReply {
            totalresults: listed.total,
            startnumber: page.start,
            numreturned: projects.len(),
            projects,
        })
    }
}

/// Returns the day of a filter; an invalid one matches nothing.
fn day(day: Param<NaiveDate>) -> Option<NaiveDate> {
    match day {
        day if !day.is_sent() => None,
        Param::Malformed(_) => Some(NaiveDate::MIN),
        day => day.lenient(),
    }
}
