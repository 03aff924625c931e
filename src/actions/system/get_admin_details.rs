//! `GetAdminDetails`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::version::Whmcs;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::{Error, Result};
use crate::store;

/// The member of staff to whom the credential belongs.
///
/// `allowedpermissions` has the numbers of tbladminperms: no public document tells which name each of them has.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetAdminDetails {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    adminid: String,
    name: String,
    notes: String,
    signature: String,
    /// Separated by commas.
    allowedpermissions: String,
    /// The ids of departments, separated by commas, as they are stored: with one in front and behind.
    departments: String,
    requesttime: String,
    whmcs: Whmcs,
}

impl Action for GetAdminDetails {
    const NAME: &'static str = "GetAdminDetails";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let id = call.author.admin;
        let profile = store::system::staff::profile(call.db, id).await?.ok_or(Error::NoApiAccess)?;
        Ok(Reply {
            adminid: id.to_string(),
            name: format!("{} {}", profile.first_name, profile.last_name).trim().to_owned(),
            notes: profile.notes,
            signature: profile.signature,
            allowedpermissions: profile.permissions,
            departments: profile.departments,
            requesttime: call.now.local().format("%Y-%m-%d %H:%M:%S").to_string(),
            whmcs: Whmcs::read(call.db, call.compat).await?,
        })
    }
}
