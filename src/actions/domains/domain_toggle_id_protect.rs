//! `DomainToggleIdProtect`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::domain_param::{DomainIdParam, NothingReply, by_id};
use crate::actions::words::registration::DOMAIN_ID_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::domains::registration::toggle_id_protection;
use crate::param::Param;

/// Has a domain's registrar hide or show the registrant's data. The recurring amount stays as it is.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainToggleIdProtect {
    #[serde(flatten)]
    domain: DomainIdParam,
    /// Whether the data are hidden from now on; by default no.
    idprotect: Param<bool>,
}

impl Action for DomainToggleIdProtect {
    const NAME: &'static str = "DomainToggleIdProtect";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["domainid"];
    const EXAMPLE: &'static str = r#"{"domainid": 18, "idprotect": true}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(DOMAIN_ID_NOT_FOUND)];
    type Reply = NothingReply;

    async fn run(self, call: Call<'_>) -> Result<NothingReply> {
        let is_protected = self.idprotect.is_set();
        toggle_id_protection(call.context(), &self.domain.choice()?, is_protected).await.map_err(by_id)?;
        Ok(NothingReply {})
    }
}
