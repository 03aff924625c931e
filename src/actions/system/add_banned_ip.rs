//! `AddBannedIp`.

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::NOT_A_DATE;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::staff::ban::BannedAddress;
use crate::error::Result;
use crate::operations::system::{self, BanEnd};
use crate::param::{Param, ParamValue, schema};

/// Bans an address for a while: nobody can log in from it.
///
/// Bans hold for ValidateLogin, single sign-on and the console, and with `bans.apply_to_api` for all calls. `expires` goes before
/// `days`; without either, a ban lasts `bans.default_days`. WHMCS documents no error; what is no address, which would hold for
/// nobody, is rejected. A ban that is to last beyond 2037, which is the latest that the database can hold, lasts until then.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddBannedIp {
    /// An address, or an IPv4 address whose last one or two numbers are `*`.
    #[schemars(with = "String")]
    ip: Param<BannedAddress>,
    /// Why, for staff to read.
    reason: Param<String>,
    /// How long the ban lasts.
    days: Param<u32>,
    /// `YYYY-MM-DD HH:MM:SS`: when the ban ends.
    #[schemars(with = "schema::DateTime")]
    expires: Param<NaiveDateTime>,
}

impl ParamValue for BannedAddress {
    fn parse(text: &str) -> Option<Self> {
        BannedAddress::parse(text)
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddBannedIpReply {
    banid: i64,
}

const NOT_AN_ADDRESS: &str = "The IP address is not valid";
const NOT_A_NUMBER_OF_DAYS: &str = "days must be a whole number";

impl Action for AddBannedIp {
    const NAME: &'static str = "AddBannedIp";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["ip"];
    const EXAMPLE: &'static str = r#"{"ip": "203.0.113.7", "reason": "Guesses passwords", "days": 30}"#;
    type Reply = AddBannedIpReply;

    async fn run(self, call: Call<'_>) -> Result<AddBannedIpReply> {
        let address = self.ip.required(NOT_AN_ADDRESS)?;
        let reason = self.reason.text("reason", TEXT_BYTES)?;
        let days = self.days.optional(NOT_A_NUMBER_OF_DAYS)?;
        let end = match (self.expires.optional(NOT_A_DATE)?, days) {
            (Some(time), _) => BanEnd::At(time),
            (None, Some(days @ 1..)) => BanEnd::InDays(days),
            (None, _) => BanEnd::Default,
        };
        Ok(AddBannedIpReply { banid: system::ban(call.context(), &address, &reason, end).await? })
    }
}
