//! `GetActivityLog`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::paging::Paging;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::ClientId;
use crate::error::Result;
use crate::param::{Param, schema};
use crate::store;
use crate::store::system::activity::{ActivityFilter, ActivityRow};

/// Returns a page of the activity log, latest lines first. A malformed client id or day matches no line.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetActivityLog {
    #[serde(flatten)]
    paging: Paging,
    /// Only lines about this client.
    clientid: Param<ClientId>,
    /// The name of `clientid` before version 8.5.
    userid: Param<ClientId>,
    /// Only lines of this day, `YYYY-MM-DD` or in the operator's format (the setting `DateFormat`).
    #[schemars(with = "schema::Date")]
    date: Param<NaiveDate>,
    /// Only lines by the member of staff with this user name or full name, in any case, or by or about the person with this
    /// e-mail address.
    user: Param<String>,
    /// Only lines that contain this text.
    description: Param<String>,
    /// Only lines with this network address.
    ipaddress: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetActivityLogReply {
    totalresults: i64,
    startnumber: u32,
    activity: Activity,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Activity {
    entry: Vec<Entry>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: i64,
    client_id: i64,
    user_id: i64,
    admin_id: i64,
    date: String,
    description: String,
    username: String,
    ipaddress: String,
    /// The same as `clientId`, under its former name.
    userid: i64,
}

impl Action for GetActivityLog {
    const NAME: &'static str = "GetActivityLog";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"limitnum": 2}"#;
    type Reply = GetActivityLogReply;

    async fn run(self, call: Call<'_>) -> Result<GetActivityLogReply> {
        let client = match self.clientid {
            Param::Absent => self.userid,
            client => client,
        };
        let day = match self.date {
            day if !day.is_sent() => None,
            Param::Malformed(_) => Some(NaiveDate::MIN),
            day => day.lenient(),
        };
        let filter = ActivityFilter {
            client: client.filter(),
            day,
            user: self.user.lenient().map(|user| user.trim().to_owned()),
            description: self.description.lenient(),
            address: self.ipaddress.lenient(),
        };
        let page = self.paging.page();
        let listed = store::system::activity::list(call.db, &filter, page).await?;
        let activity = Activity { entry: listed.rows.into_iter().map(Entry::from).collect() };
        Ok(GetActivityLogReply { totalresults: listed.total, startnumber: page.start, activity })
    }
}

impl From<ActivityRow> for Entry {
    fn from(line: ActivityRow) -> Entry {
        Entry {
            id: line.id,
            client_id: line.client,
            user_id: line.user,
            admin_id: line.admin,
            date: line.date,
            description: line.description,
            username: line.name,
            ipaddress: line.address,
            userid: line.client,
        }
    }
}
