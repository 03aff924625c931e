//! `UpdateToDoItem`.

use chrono::{DateTime, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::NOT_A_DATE;
use crate::actions::words::support::STAFF_NOT_FOUND;
use crate::actions::words::system::ITEM_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{AdminId, ToDoItemId};
use crate::domain::staff::to_do;
use crate::domain::time::NO_DATE;
use crate::domain::written_date::{WrittenDate, is_no_date};
use crate::error::Result;
use crate::operations::system;
use crate::param::reading;
use crate::param::{Clearable, Param, ParamValue, schema};
use crate::store::staff::to_do::ItemChanges;

/// Changes the given fields of an item of the to-do list. WHMCS documents no error; an unknown item, member of staff or status
/// is rejected.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateToDoItem {
    itemid: Param<ToDoItemId>,
    /// The member of staff whose item it becomes; 0 for nobody.
    adminid: Clearable<AdminId>,
    /// `New`, `Pending`, `In Progress`, `Completed` or `Postponed`.
    status: Param<Status>,
    /// `YYYY-MM-DD`, or the seconds since 1970.
    #[schemars(with = "Clearable<schema::DateOrNone>")]
    date: Clearable<Day>,
    title: Param<String>,
    description: Clearable<String>,
    /// As `date`: when it is due.
    #[schemars(with = "Clearable<schema::DateOrNone>")]
    duedate: Clearable<Day>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Status(&'static str);

impl ParamValue for Status {
    fn parse(text: &str) -> Option<Self> {
        to_do::status(text).map(Status)
    }
}

impl JsonSchema for Status {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ToDoStatus".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "enum": to_do::STATUSES})
    }
}

/// A day, or the seconds since 1970, as the documentation has these parameters as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Day(NaiveDate);

impl ParamValue for Day {
    fn parse(text: &str) -> Option<Self> {
        <NaiveDate as ParamValue>::parse(text).or_else(|| day_of_seconds(text)).map(Day)
    }

    fn means_none(text: &str) -> bool {
        is_no_date(text)
    }
}

/// Returns the operator's day of a time in seconds.
fn day_of_seconds(text: &str) -> Option<NaiveDate> {
    // Fewer digits are a malformed date.
    let seconds: i64 = text.parse().ok().filter(|seconds| (100_000_000..100_000_000_000).contains(seconds))?;
    let utc = DateTime::from_timestamp(seconds, 0)?;
    let written =
        WrittenDate { day: utc.date_naive(), time: Some(utc.time()), offset: Some(utc.fixed_offset().timezone()) };
    reading::local_time(written).map(|time| time.date())
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateToDoItemReply {
    itemid: i64,
}

const INVALID_STATUS: &str = "Invalid Status";

impl Action for UpdateToDoItem {
    const NAME: &'static str = "UpdateToDoItem";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["itemid"];
    const EXAMPLE: &'static str = r#"{"itemid": 1, "adminid": 2, "status": "Completed"}"#;
    type Reply = UpdateToDoItemReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateToDoItemReply> {
        let item = self.itemid.required(ITEM_NOT_FOUND)?;
        let changes = ItemChanges {
            admin: self.adminid.value(AdminId(0), STAFF_NOT_FOUND)?,
            status: self.status.optional(INVALID_STATUS)?.map(|Status(status)| status),
            date: date(self.date)?,
            title: Some(self.title.text("title", TEXT_BYTES)?).filter(|title| !title.is_empty()),
            description: self.description.text("description", TEXT_BYTES)?,
            due: date(self.duedate)?,
        };
        system::update_to_do_item(call.context(), item, changes).await?;
        Ok(UpdateToDoItemReply { itemid: item.0 })
    }
}

/// Returns a day as it is stored.
fn date(sent: Clearable<Day>) -> Result<Option<String>> {
    if sent.is_emptied() {
        return Ok(Some(NO_DATE.to_owned()));
    }
    Ok(sent.optional(NOT_A_DATE)?.map(|Day(day)| day.to_string()))
}
