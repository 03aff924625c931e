//! `DeletePayMethod`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::payments::{DELETE_FAILED, OF_ANOTHER_CLIENT, PAY_METHOD_INVALID};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::ClientId;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::Result;
use crate::operations::billing;
use crate::param::Param;

/// Deletes a stored card or bank account with all that is secret of it, here and at the payment gateway that has stored it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeletePayMethod {
    clientid: Param<ClientId>,
    paymethodid: Param<u32>,
    /// Rejects the call if the gateway cannot delete what it has stored. By default, that is ignored.
    failonremotefailure: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeletePayMethodReply {
    paymethodid: String,
}

const CLIENT_MISSING: &str = "Client ID is Required";
const ID_MISSING: &str = "Pay Method ID is Required";

impl Action for DeletePayMethod {
    const NAME: &'static str = "DeletePayMethod";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["clientid", "paymethodid"];
    const EXAMPLE: &'static str = r#"{"clientid": 3, "paymethodid": 2}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(CLIENT_MISSING),
        Exact(ID_MISSING),
        Exact(PAY_METHOD_INVALID),
        Exact(OF_ANOTHER_CLIENT),
        Prefix { text: DELETE_FAILED, code: "gateway_failed" },
    ];
    type Reply = DeletePayMethodReply;

    async fn run(self, call: Call<'_>) -> Result<DeletePayMethodReply> {
        let client = self.clientid.required(CLIENT_MISSING)?;
        let id = i64::from(self.paymethodid.required_or(ID_MISSING, PAY_METHOD_INVALID)?);
        billing::delete_pay_method(call.context(), client, id, self.failonremotefailure.is_set()).await?;
        Ok(DeletePayMethodReply { paymethodid: id.to_string() })
    }
}
