//! `GetTicketCounts`.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::entities::are_same_ignoring_case;
use crate::domain::ticket::{Departments, Statuses};
use crate::error::Result;
use crate::param::Param;
use crate::store;
use crate::store::support::overview::{TicketCount, TicketOverview};

/// Returns the numbers of tickets in the departments that the owner of the credential is assigned to. An owner without
/// assignments sees all departments.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GetTicketCounts {
    /// Counts the tickets of all departments, whatever the owner of the credential is assigned to.
    ignore_department_assignments: Param<bool>,
    /// Also returns the number of tickets in each status.
    include_counts_by_status: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetTicketCountsReply {
    /// The ids of the departments whose tickets are counted.
    filtered_departments: Vec<i64>,
    all_active: i64,
    /// Number of tickets that wait for a reply of staff.
    awaiting_reply: i64,
    /// Number of active tickets that are flagged to the owner of the credential.
    flagged_tickets: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<HashMap<String, InStatus>>")]
    status: Option<ByStatus>,
}

/// Counts by status. Keys are the titles in lower case, reduced to letters and digits.
#[derive(Debug)]
struct ByStatus(Vec<(String, InStatus)>);

#[derive(Debug, JsonSchema, Serialize)]
struct InStatus {
    title: String,
    count: i64,
}

impl Serialize for ByStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, status)| (key, status)))
    }
}

impl Action for GetTicketCounts {
    const NAME: &'static str = "GetTicketCounts";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"includeCountsByStatus": true}"#;
    type Reply = GetTicketCountsReply;

    async fn run(self, call: Call<'_>) -> Result<GetTicketCountsReply> {
        let overview = store::support::overview::read(call.db, call.author.admin).await?;
        let TicketOverview { assigned, departments, statuses, mut counts } = overview;
        let assigned = if self.ignore_department_assignments.is_set() { Departments::All } else { assigned };
        counts.retain(|count| assigned.contains(count.department));
        let active = || counts.iter().filter(|count| statuses.is_active(&count.status));
        let awaiting = counts.iter().filter(|count| statuses.is_awaiting(&count.status));
        Ok(GetTicketCountsReply {
            filtered_departments: departments
                .into_iter()
                .map(|department| department.id)
                .filter(|&id| assigned.contains(id))
                .map(|id| id.0)
                .collect(),
            all_active: active().map(|count| count.tickets).sum(),
            awaiting_reply: awaiting.map(|count| count.tickets).sum(),
            flagged_tickets: active().map(|count| count.flagged).sum(),
            status: self.include_counts_by_status.is_set().then(|| by_status(&statuses, &counts)),
        })
    }
}

fn by_status(statuses: &Statuses, counts: &[TicketCount]) -> ByStatus {
    let in_status = |title: &str| {
        let own = counts.iter().filter(|count| are_same_ignoring_case(&count.status, title));
        InStatus { title: title.to_owned(), count: own.map(|count| count.tickets).sum() }
    };
    ByStatus(statuses.iter().map(|status| (key(&status.title), in_status(&status.title))).collect())
}

fn key(title: &str) -> String {
    title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
