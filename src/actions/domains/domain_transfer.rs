//! `DomainTransfer`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::domain_param::{DomainParam, NothingReply};
use crate::actions::words::registration::DOMAIN_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::domains::registrar::Command;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::domains::registration::{CommandArguments, MAX_TEXT_BYTES, send};
use crate::param::{Param, Password};

/// Has a domain's registrar transfer the domain to itself.
///
/// The domain turns Pending Transfer once the registrar has begun; `whmcs-api domains sync` finds out when it is done. If it is
/// not known whether the registrar has begun, the call fails with status 504.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainTransfer {
    #[serde(flatten)]
    domain: DomainParam,
    /// The transfer code; by default, the one of the order.
    eppcode: Param<Password>,
}

impl Action for DomainTransfer {
    const NAME: &'static str = "DomainTransfer";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const RUNS_REGISTRARS: bool = true;
    const EXAMPLE: &'static str = r#"{"domainid": 30, "eppcode": "Xy7-pQ"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(DOMAIN_NOT_FOUND)];
    type Reply = NothingReply;

    async fn run(self, call: Call<'_>) -> Result<NothingReply> {
        let choice = self.domain.choice(DOMAIN_NOT_FOUND)?;
        let epp_code = self.eppcode.text("eppcode", MAX_TEXT_BYTES)?;
        let arguments = CommandArguments { epp_code, ..CommandArguments::default() };
        send(call.context(), &choice, Command::Transfer, arguments).await?;
        Ok(NothingReply {})
    }
}
