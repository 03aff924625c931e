//! `WhmcsDetails`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::version::Whmcs;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::Result;

/// Returns the version of WHMCS that the database belongs to; if the database has none, `compat.xml_version`.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct WhmcsDetails {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct WhmcsDetailsReply {
    whmcs: Whmcs,
}

impl Action for WhmcsDetails {
    const NAME: &'static str = "WhmcsDetails";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = WhmcsDetailsReply;

    async fn run(self, call: Call<'_>) -> Result<WhmcsDetailsReply> {
        Ok(WhmcsDetailsReply { whmcs: Whmcs::read(call.db, call.compat).await? })
    }
}
