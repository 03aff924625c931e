//! `GetToDoItemStatuses`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::staff::to_do;
use crate::error::Result;
use crate::store;

/// Returns the statuses of the to-do list, with the numbers of items in each. Items are overdue that were due before today and
/// are not completed.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetToDoItemStatuses {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetToDoItemStatusesReply {
    /// The number of statuses.
    totalresults: usize,
    todoitemstatuses: Statuses,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Statuses {
    status: Vec<Status>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Status {
    #[serde(rename = "type")]
    name: &'static str,
    count: i64,
    overdue: i64,
}

impl Action for GetToDoItemStatuses {
    const NAME: &'static str = "GetToDoItemStatuses";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = GetToDoItemStatusesReply;

    async fn run(self, call: Call<'_>) -> Result<GetToDoItemStatusesReply> {
        let counts = store::staff::to_do::count_by_status(call.db, call.now.date()).await?;
        let status = to_do::STATUSES.map(|name| {
            let of_status = || counts.iter().filter(|count| to_do::status(&count.status) == Some(name));
            Status {
                name,
                count: of_status().map(|count| count.items).sum(),
                overdue: of_status().map(|count| count.overdue).sum(),
            }
        });
        Ok(GetToDoItemStatusesReply {
            totalresults: status.len(),
            todoitemstatuses: Statuses { status: status.into() },
        })
    }
}
