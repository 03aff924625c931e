//! `GetSupportDepartments`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::ticket::Departments;
use crate::error::Result;
use crate::param::Param;
use crate::store;
use crate::store::support::overview::TicketOverview;

/// Returns the departments that the owner of the credential is assigned to, with their numbers of tickets. An owner
/// without assignments sees all departments. Hidden departments are included, because they are hidden from clients
/// only.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetSupportDepartments {
    /// Returns all departments, whatever the owner of the credential is assigned to.
    ignore_dept_assignments: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetSupportDepartmentsReply {
    totalresults: usize,
    departments: DepartmentList,
}

#[derive(Debug, JsonSchema, Serialize)]
struct DepartmentList {
    department: Vec<Department>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Department {
    id: String,
    name: String,
    /// Number of tickets that wait for a reply of staff.
    awaitingreply: String,
    /// Number of active tickets.
    opentickets: String,
}

impl Action for GetSupportDepartments {
    const NAME: &'static str = "GetSupportDepartments";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = GetSupportDepartmentsReply;

    async fn run(self, call: Call<'_>) -> Result<GetSupportDepartmentsReply> {
        let overview = store::support::overview::read(call.db, call.author.admin).await?;
        let TicketOverview { assigned, departments, statuses, counts } = overview;
        let assigned = if self.ignore_dept_assignments.is_set() { Departments::All } else { assigned };
        let visible = departments.into_iter().filter(|department| assigned.contains(department.id)).map(|department| {
            let own = || counts.iter().filter(|count| count.department == department.id);
            let awaiting: i64 =
                own().filter(|count| statuses.is_awaiting(&count.status)).map(|count| count.tickets).sum();
            let open: i64 = own().filter(|count| statuses.is_active(&count.status)).map(|count| count.tickets).sum();
            Department {
                id: department.id.to_string(),
                name: department.name,
                awaitingreply: awaiting.to_string(),
                opentickets: open.to_string(),
            }
        });
        let department: Vec<Department> = visible.collect();
        Ok(GetSupportDepartmentsReply { totalresults: department.len(), departments: DepartmentList { department } })
    }
}
