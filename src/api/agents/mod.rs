//! Agents: callers of the Model Context Protocol, which may do less than their credential's roles permit.

mod outcome;
mod writing;

use std::sync::Arc;

use serde::Serialize;
use tokio::time::timeout;
use tracing::{Instrument, debug_span};

use super::{AgentStep, Api, ApiRequest, ApiResponse, RequestState};
use crate::actions::ActionEntry;
use crate::auth::Caller;
use crate::database::Access;
use crate::error::{Error, Result};
use crate::observability::api_log::Origin;
use crate::store::authentication::agents::{self, AgentRow};

/// Who an agent is, and what it may do.
pub struct AgentRights {
    caller: Caller,
    row: AgentRow,
    /// Whether this server rejects every write.
    is_read_only: bool,
}

/// What the API log has as the reply to a request that calls no action.
#[derive(Serialize)]
struct Admitted {
    result: &'static str,
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
    /// Lets an agent in that sends a request. One that calls no action counts as a call and is recorded as one, by the name of the
    /// request; one that calls an action does when it calls it.
    pub async fn admit_agent(self: &Arc<Self>, request: ApiRequest, origin: Origin) -> Result<AgentRights> {
        let Ok(slot) = Arc::clone(&self.call_slots).try_acquire_owned() else {
            self.metrics.overloaded.inc();
            return Err(Error::Busy);
        };
        let (api, mut request) = (Arc::clone(self), self.request_state(request, origin));
        // Whatever it is called, it is no action.
        request.entry = None;
        let admitting = async move {
            let _slot = slot;
            let admitted = timeout(request.config.time_limit, api.admit(&request)).await.unwrap_or(Err(Error::Busy));
            // A person who declines is no error of the call, but is recorded and counted as a refusal.
            let declined = (request.agent == Some(AgentStep::Declined) && admitted.is_ok())
                .then(|| Error::RefusedAs { code: "declined", message: "A person has declined to confirm".to_owned() });
            let error = declined.as_ref().or(admitted.as_ref().err());
            if error.is_some() || request.agent.as_ref().is_some_and(|step| !step.calls_action()) {
                api.record_admission(&request, error);
            }
            admitted
        };
        // In a task of its own, which does not end when the client disconnects.
        let admitted = self.tasks.spawn(admitting.instrument(debug_span!("agent", part = "agent"))).await;
        admitted.unwrap_or_else(|panic| Err(Error::Internal(panic.to_string().into())))
    }

    async fn admit(&self, request: &RequestState) -> Result<AgentRights> {
        let (mut lease, caller) = self.authenticate(request, false).await?;
        let _ = request.caller.set(caller.name.clone());
        if request.agent.as_ref().is_some_and(|step| !step.calls_action()) {
            lease = self.count_call(lease, &caller, request).await?;
        }
        let row = match caller.own_credential() {
            Some(credential) => agents::find(&mut lease, credential).await,
            None => Ok(AgentRow::default()),
        };
        lease.release();
        Ok(AgentRights { caller, row: row?, is_read_only: self.is_read_only })
    }

    fn record_admission(&self, request: &RequestState, error: Option<&Error>) {
        self.record_outcome(request, error);
        // Those can be very many, as of any other call.
        if matches!(error, Some(Error::TooManyFailures { .. } | Error::RateLimited { .. })) {
            return;
        }
        let answer = match error {
            Some(error) => self.error_response(error, &request.encoder),
            None => match request.encoder.success(&Admitted { result: "admitted" }) {
                Ok(reply) => ApiResponse::new(200, reply),
                Err(_) => return,
            },
        };
        let ApiResponse { status, mut reply, .. } = answer;
        if self.has_room_for(request, error.is_some())
            && let Some(record) = Api::record(request, status, &mut reply, error.is_some())
        {
            request.config.log.add(record);
        }
    }
}
