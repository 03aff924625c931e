//! `AddCancelRequest`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::services::{CANCELLATION_REQUESTED, SERVICE_NOT_FOUND};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::ServiceId;
use crate::domain::service::CancellationKind;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::services::cancellation::request_cancellation;
use crate::operations::services::update::LockedService;
use crate::param::{Param, ParamValue};

/// Requests that a service is ended. The request is stored for staff and daily automation: the service and its invoices stay as
/// they are, and no mail is sent.
///
/// WHMCS documents no default for `type`. It is `Immediate`, or what `compat.default_cancellation` says.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddCancelRequest {
    serviceid: Param<ServiceId>,
    /// `Immediate` or `End of Billing Period`.
    #[serde(rename = "type")]
    kind: Param<CancellationKind>,
    /// Why the client wants that.
    reason: Param<String>,
}

impl ParamValue for CancellationKind {
    fn parse(text: &str) -> Option<Self> {
        CancellationKind::parse(text)
    }
}

/// Ids are strings, as documented.
#[derive(Debug, JsonSchema, Serialize)]
pub struct AddCancelRequestReply {
    serviceid: String,
    /// The client's id.
    userid: String,
}

impl Action for AddCancelRequest {
    const NAME: &'static str = "AddCancelRequest";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["serviceid"];
    const EXAMPLE: &'static str = r#"{"serviceid": 1, "type": "End of Billing Period", "reason": "The shop closes."}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(SERVICE_NOT_FOUND), Exact(CANCELLATION_REQUESTED)];
    type Reply = AddCancelRequestReply;

    async fn run(self, call: Call<'_>) -> Result<AddCancelRequestReply> {
        let mut context = call.context();
        let id = self.serviceid.required(SERVICE_NOT_FOUND)?;
        let service = LockedService::lock(&mut context, id).await?;
        let kind = self.kind.optional("type must be Immediate or End of Billing Period")?;
        let reason = self.reason.text("reason", TEXT_BYTES)?;
        let client = request_cancellation(context, &service, kind, &reason).await?;
        Ok(AddCancelRequestReply { serviceid: id.to_string(), userid: client.to_string() })
    }
}
