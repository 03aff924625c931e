//! `DomainUpdateLockingStatus`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::domain_param::{DomainIdParam, NothingReply, by_id};
use crate::actions::words::registration::{DOMAIN_ID_NOT_FOUND, INVALID_CONFIGURATION};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result};
use crate::operations::OperationError;
use crate::operations::domains::registration::{Refusal, save_lock};
use crate::param::Param;

/// Locks a domain against transfers at its registrar, or unlocks it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainUpdateLockingStatus {
    #[serde(flatten)]
    domain: DomainIdParam,
    /// Whether the domain is locked from now on; by default no.
    lockstatus: Param<bool>,
}

impl Action for DomainUpdateLockingStatus {
    const NAME: &'static str = "DomainUpdateLockingStatus";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["domainid"];
    const EXAMPLE: &'static str = r#"{"domainid": 18, "lockstatus": true}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(DOMAIN_ID_NOT_FOUND), Exact(INVALID_CONFIGURATION)];
    type Reply = NothingReply;

    async fn run(self, call: Call<'_>) -> Result<NothingReply> {
        let is_locked = self.lockstatus.is_set();
        save_lock(call.context(), &self.domain.choice()?, is_locked).await.map_err(of_lock)?;
        Ok(NothingReply {})
    }
}

fn of_lock(error: OperationError<Refusal>) -> Error {
    match error {
        OperationError::Refused(Refusal::NoRegistrar { .. } | Refusal::RegistrarNotSetUp { .. }) => {
            Error::Refused(INVALID_CONFIGURATION)
        }
        error => by_id(error),
    }
}
