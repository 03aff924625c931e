//! `DomainRequestEPP`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::domain_param::{DomainIdParam, by_id};
use crate::actions::words::registration::DOMAIN_ID_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::domains::registration::request_transfer_code;

/// Requests the transfer code of a domain from its registrar.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainRequestEPP {
    #[serde(flatten)]
    domain: DomainIdParam,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DomainRequestEPPReply {
    /// The transfer code, as the registrar returned it. Absent if the registrar sends it to the registrant.
    #[serde(skip_serializing_if = "Option::is_none")]
    eppcode: Option<String>,
}

impl Action for DomainRequestEPP {
    const NAME: &'static str = "DomainRequestEPP";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REPLY_HAS_SECRETS: bool = true;
    const REQUIRED: &[&str] = &["domainid"];
    const EXAMPLE: &'static str = r#"{"domainid": 18}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(DOMAIN_ID_NOT_FOUND)];
    type Reply = DomainRequestEPPReply;

    async fn run(self, call: Call<'_>) -> Result<DomainRequestEPPReply> {
        let eppcode = request_transfer_code(call.context(), &self.domain.choice()?).await.map_err(by_id)?;
        Ok(DomainRequestEPPReply { eppcode })
    }
}
