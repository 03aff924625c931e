//! Agents: callers of the Model Context Protocol, which may do less than their credential's roles permit.

mod outcome;
mod writing;

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use tokio::time::timeout;
use tracing::{Instrument, debug_span};

use super::Api;
use crate::actions::ActionEntry;
use crate::auth::{AuthAttempt, Caller};
use crate::database::Access;
use crate::database::pool::Commits;
use crate::error::{Error, Result};
use crate::observability::api_log::Origin;
use crate::store::authentication::agents::{self, AgentRow};
use crate::wire::Parameters;

/// Who an agent is, and what it may do.
pub struct AgentRights {
    caller: Caller,
    row: AgentRow,
    /// Whether this server rejects every write.
    is_read_only: bool,
}

impl AgentRights {
    /// Whether the agent may call an action.
    pub fn may_call(&self, entry: &ActionEntry) -> bool {
        self.caller.may_call(entry.target()) && (entry.access == Access::Read || self.may_write())
    }

    /// Whether an operator has marked the credential for agents that write.
    pub fn may_write(&self) -> bool {
        self.row.may_write && !self.is_read_only
    }
}

impl Api {
    /// Authenticates an agent by its identifier and secret, or its token, without a call.
    pub async fn admit_agent(
        self: &Arc<Self>,
        parameters: Parameters,
        token: Option<String>,
        origin: &Origin,
    ) -> Result<AgentRights> {
        let slot = Arc::clone(&self.call_slots).try_acquire_owned().map_err(|_| Error::Busy)?;
        let (api, address) = (Arc::clone(self), origin.address);
        let admitting = async move {
            let _slot = slot;
            let (config, now, account) = (api.config(), api.clock.now(), OnceLock::new());
            let admit = async {
                if config.bans.apply_to(address) {
                    config.bans.check(address, now, &api.hosts).await?;
                }
                let attempt = AuthAttempt {
                    parameters: &parameters,
                    token: token.as_deref(),
                    address,
                    now,
                    start: Instant::now(),
                    account: &account,
                    commits: Commits::EachStatement,
                    accepts_unverified: false,
                };
                let (mut lease, caller) = config.authenticator.authenticate(attempt, &api.hosts).await?;
                let row = match caller.own_credential() {
                    Some(credential) => agents::find(&mut lease, credential).await,
                    None => Ok(AgentRow::default()),
                };
                lease.release();
                Ok(AgentRights { caller, row: row?, is_read_only: api.is_read_only })
            };
            timeout(config.time_limit, admit).await.unwrap_or(Err(Error::Busy))
        };
        // In a task of its own, which does not end when the client disconnects.
        let admitted = self.tasks.spawn(admitting.instrument(debug_span!("agent", part = "agent"))).await;
        admitted.unwrap_or_else(|panic| Err(Error::Internal(panic.to_string().into())))
    }
}
