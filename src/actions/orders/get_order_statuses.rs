//! `GetOrderStatuses`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::entities::are_same_ignoring_case;
use crate::domain::order;
use crate::error::Result;
use crate::store;
use crate::store::orders::order::StatusCounts;

/// Returns the possible statuses of orders, and the number of orders in each.
///
/// The statuses are those that the operator defined, in the operator's order; without any, they are the four of a new
/// WHMCS.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetOrderStatuses {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetOrderStatusesReply {
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
}

impl Action for GetOrderStatuses {
    const NAME: &'static str = "GetOrderStatuses";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = GetOrderStatusesReply;

    async fn run(self, call: Call<'_>) -> Result<GetOrderStatusesReply> {
        let StatusCounts { mut titles, counts } = store::orders::order::status_counts(call.db).await?;
        if titles.is_empty() {
            titles = order::Status::ALL.map(|status| status.name().to_owned()).to_vec();
        }
        let status = |title: String| {
            let of_title = counts.iter().filter(|(status, _)| are_same_ignoring_case(status, &title));
            Status { count: of_title.map(|(_, count)| count).sum(), title }
        };
        Ok(GetOrderStatusesReply {
            totalresults: titles.len(),
            statuses: Statuses { status: titles.into_iter().map(status).collect() },
        })
    }
}
