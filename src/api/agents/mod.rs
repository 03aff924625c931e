//! Agents: callers of the Model Context Protocol, which may do less than their credential's roles permit.

mod changes;
mod money;
mod outcome;
mod writing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use tokio::time::timeout;
use tracing::{Instrument, debug_span};

use super::{AgentStep, Api, ApiRequest, ApiResponse, RequestState};
use crate::actions::ActionEntry;
use crate::auth::Caller;
use crate::database::Access;
use crate::error::{Error, Result};
use crate::observability::api_log::Origin;
use crate::observability::current_call;
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

/// A request of an agent that was let in. It counts once in the rate limits, and is in the API log once: as the call that it comes to,
/// or by its own name when it ends without one.
pub struct Admission {
    api: Arc<Api>,
    request: RequestState,
    rights: AgentRights,
    /// Whether a call has taken the place of the request.
    is_call: AtomicBool,
    is_declined: AtomicBool,
}

impl Admission {
    /// What the sender may do.
    pub fn rights(&self) -> &AgentRights {
        &self.rights
    }

    /// Has a call take the place of the request, in the count and in the log. Returns `false` if an earlier call has.
    pub fn begin_call(&self) -> bool {
        !self.is_call.swap(true, Ordering::Relaxed)
    }

    /// Records that the request ends because a person has declined.
    pub fn decline(&self) {
        self.is_declined.store(true, Ordering::Relaxed);
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if *self.is_call.get_mut() {
            return;
        }
        let mut declined = None;
        self.request.agent = Some(AgentStep::Session);
        if *self.is_declined.get_mut() {
            // It is no error of the call, but is recorded and counted as a refusal.
            let message = "A person has declined to confirm".to_owned();
            declined = Some(Error::RefusedAs { code: "declined", message });
            self.request.agent = Some(AgentStep::Declined);
            self.request.action = Some(AgentStep::Declined.name().to_owned());
        }
        self.api.record_admission(&self.request, declined.as_ref());
    }
}

impl Api {
    /// Lets an agent in that sends a request, and counts the request.
    pub async fn admit_agent(self: &Arc<Self>, request: ApiRequest, origin: Origin) -> Result<Admission> {
        let Ok(slot) = Arc::clone(&self.call_slots).try_acquire_owned() else {
            self.metrics.overloaded.inc();
            return Err(Error::Busy);
        };
        let (api, mut request) = (Arc::clone(self), self.request_state(request, origin));
        // Whatever it is called, it is no action.
        request.entry = None;
        let current = request.current_call();
        let admitting = async move {
            let _slot = slot;
            match timeout(request.config.time_limit, api.admit(&request)).await.unwrap_or(Err(Error::Busy)) {
                Ok(rights) => {
                    let (is_call, is_declined) = (AtomicBool::new(false), AtomicBool::new(false));
                    Ok(Admission { api, request, rights, is_call, is_declined })
                }
                Err(error) => {
                    api.record_admission(&request, Some(&error));
                    Err(error)
                }
            }
        };
        let admitting = current_call::within(Some(current), admitting);
        // In a task of its own, which does not end when the client disconnects.
        let admitted = self.tasks.spawn(admitting.instrument(debug_span!("agent", part = "agent"))).await;
        admitted.unwrap_or_else(|panic| {
            self.metrics.record_panic(None);
            Err(Error::Internal(panic.to_string().into()))
        })
    }

    async fn admit(&self, request: &RequestState) -> Result<AgentRights> {
        let (lease, caller) = self.authenticate(request, false).await?;
        let _ = request.caller.set(caller.name.clone());
        let mut lease = self.count_call(lease, &caller, request).await?;
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
