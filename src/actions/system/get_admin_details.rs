//! `GetAdminDetails`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::version::Whmcs;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::{Error, Result};
use crate::store;

/// Returns the member of staff to whom the credential belongs.
///
/// `allowedpermissions` has the numbers from `tbladminperms`: no public document maps them to names.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetAdminDetails {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetAdminDetailsReply {
    adminid: String,
    name: String,
    notes: String,
    signature: String,
    /// Permission numbers, separated by commas.
    allowedpermissions: String,
    /// Department ids, separated by commas, as stored: with a leading and a trailing comma.
    departments: String,
    requesttime: String,
    whmcs: Whmcs,
}

impl Action for GetAdminDetails {
    const NAME: &'static str = "GetAdminDetails";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = GetAdminDetailsReply;

    async fn run(self, call: Call<'_>) -> Result<GetAdminDetailsReply> {
        let id = call.author.admin;
        let profile = store::system::staff::profile(call.db, id).await?.ok_or(Error::NoApiAccess)?;
        Ok(GetAdminDetailsReply {
            adminid: id.to_string(),
            name: format!("{} {}", profile.first_name, profile.last_name).trim().to_owned(),
            notes: profile.notes,
            signature: profile.signature,
            allowedpermissions: profile.permissions,
            departments: profile.departments,
            requesttime: call.now.local().format("%Y-%m-%d %H:%M:%S").to_string(),
            whmcs: Whmcs::new(&profile.whmcs_version, call.compat),
        })
    }
}
