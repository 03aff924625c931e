//! `GetSupportStatuses`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::entities::are_same_ignoring_case;
use crate::domain::id::DepartmentId;
use crate::error::Result;
use crate::operations::support::Viewer;
use crate::param::Param;
use crate::store;
use crate::store::support::overview::TicketOverview;
use crate::store::support::statuses::ColoredStatus;

/// Returns the statuses that tickets can have, in the operator's order, with their numbers of tickets. Only tickets of the
/// departments that the owner of the credential is assigned to are counted, of all if there are none.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetSupportStatuses {
    /// Counts only the tickets of this department.
    deptid: Param<DepartmentId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetSupportStatusesReply {
    totalresults: usize,
    statuses: Statuses,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Statuses {
    status: Vec<Status>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Status {
    title: String,
    count: i64,
    /// Such as `#779500`.
    color: String,
}

impl Action for GetSupportStatuses {
    const NAME: &'static str = "GetSupportStatuses";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"deptid": 1}"#;
    type Reply = GetSupportStatusesReply;

    async fn run(self, call: Call<'_>) -> Result<GetSupportStatusesReply> {
        let viewer = Viewer::new(call.author, call.compat);
        let TicketOverview { assigned, mut counts, .. } = store::support::overview::read(call.db, viewer.staff).await?;
        let seen = viewer.departments(assigned);
        let wanted = self.deptid.filter();
        counts.retain(|count| {
            seen.contains(count.department) && wanted.is_none_or(|department| department == count.department)
        });
        let with_count = |ColoredStatus { title, color }| {
            let own = counts.iter().filter(|count| are_same_ignoring_case(&count.status, &title));
            Status { count: own.map(|count| count.tickets).sum(), title, color }
        };
        let statuses = store::support::statuses::colored(call.db).await?;
        let status: Vec<Status> = statuses.into_iter().map(with_count).collect();
        Ok(GetSupportStatusesReply { totalresults: status.len(), statuses: Statuses { status } })
    }
}
