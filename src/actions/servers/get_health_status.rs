//! `GetHealthStatus`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action, Ignored};
use crate::call::Call;
use crate::error::Result;
use crate::operations::system::health::{self, Check as Found, Severity};

/// Returns the state of this server: what its operator should know and can mend. WHMCS documents no fields: these are what
/// a published client reads.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetHealthStatus {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetHealthStatusReply {
    checks: Checks,
}

/// The results of all checks, by severity.
#[derive(Debug, Default, JsonSchema, Serialize)]
struct Checks {
    success: Vec<Check>,
    /// What may become a problem.
    warning: Vec<Check>,
    /// What is a problem.
    danger: Vec<Check>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Check {
    /// The stable name of the check.
    name: &'static str,
    /// The same name.
    r#type: &'static str,
    /// The name of the list that the check is in.
    severity_level: &'static str,
    /// What was found.
    body: String,
}

impl Action for GetHealthStatus {
    const NAME: &'static str = "GetHealthStatus";
    const ACCESS: Access = Access::Read;
    const IS_LOCAL: bool = true;
    const EXAMPLE: &'static str = "{}";
    const IGNORED: &'static [Ignored] =
        &[Ignored { parameters: &["fetchStatus"], reason: "every check is made in any case" }];
    type Reply = GetHealthStatusReply;

    async fn run(self, call: Call<'_>) -> Result<GetHealthStatusReply> {
        let mut checks = Checks::default();
        let lost_records = call.lost_records;
        for Found { id, severity, message } in health::check(call.context(), lost_records).await? {
            let (list, severity_level) = match severity {
                Severity::Success => (&mut checks.success, "success"),
                Severity::Warning => (&mut checks.warning, "warning"),
                Severity::Danger => (&mut checks.danger, "danger"),
            };
            list.push(Check { name: id, r#type: id, severity_level, body: message });
        }
        Ok(GetHealthStatusReply { checks })
    }
}
