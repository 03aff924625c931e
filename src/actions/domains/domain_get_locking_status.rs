//! `DomainGetLockingStatus`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::domain_param::{DomainIdParam, by_id};
use crate::actions::words::registration::DOMAIN_ID_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::domains::registration::lock_status;

/// Returns whether a domain is locked against transfers, as its registrar has it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainGetLockingStatus {
    #[serde(flatten)]
    domain: DomainIdParam,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DomainGetLockingStatusReply {
    /// `locked` or `unlocked`; empty if the registrar cannot tell.
    lockstatus: &'static str,
}

impl Action for DomainGetLockingStatus {
    const NAME: &'static str = "DomainGetLockingStatus";
    const ACCESS: Access = Access::Read;
    const ASKS_OUTSIDE: bool = true;
    const REQUIRED: &[&str] = &["domainid"];
    const EXAMPLE: &'static str = r#"{"domainid": 18}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(DOMAIN_ID_NOT_FOUND)];
    type Reply = DomainGetLockingStatusReply;

    async fn run(self, call: Call<'_>) -> Result<DomainGetLockingStatusReply> {
        let is_locked = lock_status(call.context(), &self.domain.choice()?).await.map_err(by_id)?;
        let lockstatus = is_locked.map_or("", |is_locked| if is_locked { "locked" } else { "unlocked" });
        Ok(DomainGetLockingStatusReply { lockstatus })
    }
}
