//! `GetClientGroups`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::Result;
use crate::store;
use crate::store::clients::groups::ClientGroup;

/// Returns all client groups, oldest first.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetClientGroups {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetClientGroupsReply {
    totalresults: usize,
    groups: Groups,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Groups {
    group: Vec<GroupItem>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct GroupItem {
    id: i64,
    groupname: String,
    groupcolour: String,
    discountpercent: String,
    susptermexempt: String,
    separateinvoices: String,
}

impl Action for GetClientGroups {
    const NAME: &'static str = "GetClientGroups";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = GetClientGroupsReply;

    async fn run(self, call: Call<'_>) -> Result<GetClientGroupsReply> {
        let groups = store::clients::groups::all(call.db).await?;
        Ok(GetClientGroupsReply {
            totalresults: groups.len(),
            groups: Groups { group: groups.into_iter().map(GroupItem::from).collect() },
        })
    }
}

impl From<ClientGroup> for GroupItem {
    fn from(group: ClientGroup) -> GroupItem {
        GroupItem {
            id: group.id,
            groupname: group.name,
            groupcolour: group.color,
            discountpercent: format!("{:.2}", group.discount),
            susptermexempt: group.is_exempt_from_suspension,
            separateinvoices: group.has_separate_invoices,
        }
    }
}
