//! `GetAutomationLog`.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, NaiveTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::Result;
use crate::param::{Param, schema};
use crate::store::automation::runs;

/// Returns what the daily automation has done, by day.
///
/// `statistics` has an object for each day, with a value for each name: the task and what it counts, as in `invoices.created`.
/// Days are today by default, and a malformed day is, too.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetAutomationLog {
    /// The first day, `YYYY-MM-DD` or in the operator's format (the setting `DateFormat`).
    #[schemars(with = "schema::Date")]
    startdate: Param<NaiveDate>,
    /// The last day.
    #[schemars(with = "schema::Date")]
    enddate: Param<NaiveDate>,
    /// Only this name, or all that begin with it, if it ends with a dot: `invoices.`.
    namespace: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetAutomationLogReply {
    current_datetime: String,
    /// The beginning of the last daily run; empty if there was none.
    last_daily_cron_invocation_time: String,
    startdate: String,
    enddate: String,
    statistics: BTreeMap<String, BTreeMap<String, String>>,
}

impl Action for GetAutomationLog {
    const NAME: &'static str = "GetAutomationLog";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"startdate": "2026-11-19"}"#;
    type Reply = GetAutomationLogReply;

    async fn run(self, call: Call<'_>) -> Result<GetAutomationLogReply> {
        let today = call.now.date();
        let first = self.startdate.lenient().unwrap_or(today);
        let last = self.enddate.lenient().unwrap_or(today);
        let from = first.and_time(NaiveTime::MIN);
        let until = last.checked_add_days(Days::new(1)).unwrap_or(last).and_time(NaiveTime::MIN);
        let name = self.namespace.lenient().unwrap_or_default();
        let rows = runs::registered(call.db, from, until).await?;
        let mut statistics: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for row in rows.into_iter().filter(|row| matches(&row.namespace, name.trim())) {
            statistics.entry(row.day).or_default().insert(row.namespace, row.value);
        }
        Ok(GetAutomationLogReply {
            current_datetime: call.now.local().to_string(),
            last_daily_cron_invocation_time: runs::marker(call.db).await?,
            startdate: from.to_string(),
            enddate: format!("{last} 23:59:59"),
            statistics,
        })
    }
}

/// Whether a name is the one that was asked for, or begins with it if that ends with a dot.
fn matches(namespace: &str, wanted: &str) -> bool {
    match wanted {
        "" => true,
        prefix if prefix.ends_with('.') => namespace.to_lowercase().starts_with(&prefix.to_lowercase()),
        name => namespace.eq_ignore_ascii_case(name),
    }
}
