//! `GetStaffOnline`.

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::Result;
use crate::store;

/// Returns the members of staff who are logged in to the admin area and were seen within `compat.staff_online_minutes`, the
/// latest log-in first. Calls of the API do not count: without a WHMCS on the same database, nobody is online.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetStaffOnline {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetStaffOnlineReply {
    totalresults: usize,
    staffonline: StaffOnline,
}

#[derive(Debug, JsonSchema, Serialize)]
struct StaffOnline {
    staff: Vec<Staff>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Staff {
    adminusername: String,
    logintime: String,
    ipaddress: String,
    lastvisit: String,
}

impl Action for GetStaffOnline {
    const NAME: &'static str = "GetStaffOnline";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = GetStaffOnlineReply;

    async fn run(self, call: Call<'_>) -> Result<GetStaffOnlineReply> {
        let window = TimeDelta::minutes(call.compat.staff_online_minutes.into());
        let online = store::staff::members::online(call.db, call.now.local() - window).await?;
        let staff: Vec<Staff> = online
            .into_iter()
            .map(|row| Staff {
                adminusername: row.user_name,
                logintime: row.since,
                ipaddress: row.address,
                lastvisit: row.last_visit,
            })
            .collect();
        Ok(GetStaffOnlineReply { totalresults: staff.len(), staffonline: StaffOnline { staff } })
    }
}
