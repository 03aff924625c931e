//! `GetProductsGroups`, which WHMCS lacks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::fingerprint::FingerprintQuery;
use crate::domain::id::ProductGroupId;
use crate::error::Result;
use crate::param::Param;
use crate::store;
use crate::store::catalog::fingerprints;

/// Returns the product groups that are not hidden, in the order of the order form.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetProductsGroups {
    /// Only the group with this id.
    gid: Param<ProductGroupId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetProductsGroupsReply {
    groups: Vec<Group>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Group {
    id: i64,
    name: String,
}

impl Action for GetProductsGroups {
    const NAME: &'static str = "GetProductsGroups";
    const ACCESS: Access = Access::Read;
    const FINGERPRINT: Option<fn(&Self) -> FingerprintQuery> =
        Some(|action| fingerprints::visible_groups(action.gid.filter()));
    const IS_DOCUMENTED: bool = false;
    const EXAMPLE: &'static str = "{}";
    type Reply = GetProductsGroupsReply;

    async fn run(self, call: Call<'_>) -> Result<GetProductsGroupsReply> {
        let groups = store::catalog::products::visible_groups(call.db, self.gid.filter()).await?;
        Ok(GetProductsGroupsReply {
            groups: groups.into_iter().map(|group| Group { id: group.id, name: group.name }).collect(),
        })
    }
}
