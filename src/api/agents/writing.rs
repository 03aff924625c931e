//! Writes of agents: planned, confirmed, and limited by what they change in the books.

use std::fmt::Write;

use rust_decimal::Decimal;
use serde::Serialize;

use super::super::{Api, RequestState};
use super::outcome::{self, Outcome};
use crate::actions::{ActionEntry, Touches};
use crate::api::idempotency;
use crate::api::request::{AgentStep, Guard};
use crate::attachments::Attachments;
use crate::auth::Caller;
use crate::database::lease::Lease;
use crate::database::rehearsal;
use crate::error::{Error, Result, refuse_as};
use crate::store::authentication::agents::{self, AgentRow, Plan};
use crate::wire::{Encoded, Parameters};

/// How long a plan can be confirmed.
const PLAN_SECONDS: u32 = 300;

/// The reply to a plan.
#[derive(Serialize)]
struct PlanReply<'p> {
    digest: String,
    expires_in_seconds: u32,
    touches: Touches,
    #[serde(skip_serializing_if = "Option::is_none")]
    would_change: Option<&'p Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_run: Option<&'static str>,
    next: &'static str,
}

impl Api {
    /// Runs a write for an agent.
    pub(in crate::api) async fn run_as_agent(
        &self,
        mut lease: Lease,
        step: &AgentStep,
        entry: &ActionEntry,
        request: &RequestState,
        caller: &Caller,
    ) -> Result<Encoded> {
        let row = match caller.own_credential() {
            Some(credential) => agents::find(&mut lease, credential).await.map(|row| Some((credential, row))),
            None => Ok(None),
        };
        let (credential, row) = match row {
            Ok(Some((credential, row))) if row.may_write => (credential, row),
            Ok(_) => {
                lease.release_clean();
                return refuse_as("agent_reads", "This credential may only read through the Model Context Protocol");
            }
            Err(error) => {
                lease.discard(&error);
                return Err(error.into());
            }
        };
        let has_limits = row.call_limit.is_some() || row.day_limit.is_some();
        if entry.touches == Touches::Outside && has_limits {
            lease.release_clean();
            return refuse_as(
                "agent_limit",
                "What an endpoint does cannot be measured, and this credential has limits",
            );
        }
        if let AgentStep::Call = step {
            if entry.is_destructive || entry.touches == Touches::Outside {
                lease.release_clean();
                return refuse_as("plan_needed", "This action needs a plan first");
            }
            if !idempotency::is_given(&request.parameters) {
                lease.release_clean();
                return refuse_as("idempotency_key_needed", "A write of an agent needs an idempotency key");
            }
        }
        let digest = match step {
            AgentStep::Plan => return self.plan(lease, credential, entry, request, caller).await,
            AgentStep::Confirm(digest) => Some(*digest),
            AgentStep::Call => None,
        };
        if let Some(custom) = entry.as_custom() {
            let digest = digest.unwrap_or_default();
            let nonce = agents::plan_nonce(&mut lease, credential, &digest, request.now.utc()).await?;
            if nonce.is_none_or(|nonce| unrun(&nonce, entry, request, caller) != digest) {
                lease.release_clean();
                return unknown_plan();
            }
            return Box::pin(self.run_custom(lease, custom, request, caller)).await;
        }
        if digest.is_some() || has_limits {
            let _ = request.guard.set(Guard { credential, row, digest });
        }
        let lease = self.acquire_hashing_permit(lease, entry, request).await?;
        Box::pin(self.write_and_finish(lease, entry, request, caller)).await
    }

    /// Tells what a write would do.
    async fn plan(
        &self,
        lease: Lease,
        credential: i64,
        entry: &ActionEntry,
        request: &RequestState,
        caller: &Caller,
    ) -> Result<Encoded> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
        let (outcome, not_run) = if entry.touches == Touches::Outside {
            lease.release_clean();
            (
                None,
                Some("An endpoint of the operator is asked; it is not asked to plan. These are its parameters: yours."),
            )
        } else {
            let mut lease = self.acquire_hashing_permit(lease, entry, request).await?;
            let rehearsed = self.rehearse(&mut lease, entry, &request.parameters, request, caller).await;
            match &rehearsed {
                // Its session may have settings of the rehearsal.
                Err(Error::Database(error)) => lease.discard(error),
                _ if lease.roll_back().await.is_ok() => lease.release_clean(),
                _ => drop(lease),
            }
            match rehearsed? {
                Some(outcome) => (Some(outcome), None),
                None => (None, Some("Somebody outside is asked before anything is written: nobody is asked to plan.")),
            }
        };
        let digest = match &outcome {
            Some(outcome) => of_outcome(outcome, &nonce, entry, request, caller),
            None => unrun(&nonce, entry, request, caller),
        };
        let (now, plan) = (request.now.utc(), Plan { digest, nonce });
        let expires_at = now + chrono::Duration::seconds(PLAN_SECONDS.into());
        Lease::with_connection(&self.hosts, async |db| agents::add_plan(db, credential, &plan, now, expires_at).await)
            .await?;
        let reply = PlanReply {
            digest: hex(&digest),
            expires_in_seconds: PLAN_SECONDS,
            touches: entry.touches,
            would_change: outcome.as_ref(),
            not_run,
            next: "Show this to the person you work for. To do it, call confirm with the same action, the same arguments and this \
                   digest.",
        };
        request.encoder.success(&reply).map_err(|error| Error::Internal(error.to_string().into()))
    }

    /// Runs a write in a transaction and rolls it back to its beginning. `None` if it ends because it would ask somebody outside.
    async fn rehearse(
        &self,
        lease: &mut Lease,
        entry: &ActionEntry,
        parameters: &Parameters,
        request: &RequestState,
        caller: &Caller,
    ) -> Result<Option<Outcome>> {
        let key = crate::database::writer::RequestKey([0; 32]);
        let attachments = Attachments::new(std::sync::Arc::clone(&request.config.attachments));
        lease.begin_rehearsal().await?;
        let mut call = self.new_call(lease, request, caller, Some(&key));
        call.attachments = &attachments;
        let run = Box::pin(entry.run(parameters, &request.encoder, call)).await;
        attachments.discard().await;
        let rehearsal = lease.take_rehearsal();
        match run {
            Ok(_) => Ok(Some(outcome::of_rehearsal(lease, rehearsal, request.now).await?)),
            Err(error) => {
                lease.end_rehearsal().await?;
                match error {
                    Error::AnswerNeeded => Ok(None),
                    Error::Database(error) if rehearsal::is_impossible(&error) => refuse_as(
                        "plan_impossible",
                        "This cannot be planned without using up numbers that the database gives: it adds several rows to a \
                         table with unsigned ids",
                    ),
                    error => Err(error),
                }
            }
        }
    }

    /// Checks that a write does what its plan said, and no more than the limits of its agent permit; in the transaction of the
    /// write, before it. Its row locks stay until that ends.
    pub(in crate::api) async fn check_guard(
        &self,
        guard: &Guard,
        lease: &mut Lease,
        entry: &ActionEntry,
        parameters: &Parameters,
        request: &RequestState,
        caller: &Caller,
    ) -> Result<()> {
        let nonce = match &guard.digest {
            Some(digest) => agents::plan_nonce(lease, guard.credential, digest, request.now.utc()).await?,
            None => None,
        };
        if guard.digest.is_some() && nonce.is_none() {
            return unknown_plan();
        }
        let outcome = self.rehearse(lease, entry, parameters, request, caller).await?;
        if let (Some(digest), Some(nonce)) = (&guard.digest, nonce) {
            let now = match &outcome {
                Some(outcome) => of_outcome(outcome, &nonce, entry, request, caller),
                None => unrun(&nonce, entry, request, caller),
            };
            if now != *digest {
                return refuse_as("plan_outdated", "The outcome would differ from the plan, or the arguments do");
            }
        }
        let AgentRow { call_limit, day_limit, .. } = guard.row;
        if call_limit.is_none() && day_limit.is_none() {
            return Ok(());
        }
        let Some(amount) = outcome.and_then(|outcome| outcome.amount) else {
            return refuse_as(
                "agent_limit",
                "What this changes in the books cannot be measured, and this credential has limits",
            );
        };
        if call_limit.is_some_and(|limit| amount > limit) {
            return refuse_as("agent_limit", over(amount, "one call", call_limit));
        }
        if !agents::spend(lease, guard.credential, request.now.date(), amount, day_limit).await? {
            return refuse_as("agent_limit", over(amount, "a day", day_limit));
        }
        Ok(())
    }
}

fn unknown_plan<T>() -> Result<T> {
    refuse_as("plan_unknown", "There is no such plan of yours, or it is older than five minutes")
}

fn over(amount: Decimal, window: &str, limit: Option<Decimal>) -> String {
    let limit = limit.unwrap_or_default();
    format!("This changes {amount} in the books, and your limit for {window} is {limit}")
}

/// The digest of a plan whose outcome is known.
fn of_outcome(
    outcome: &Outcome,
    nonce: &[u8],
    entry: &ActionEntry,
    request: &RequestState,
    caller: &Caller,
) -> [u8; 32] {
    let parameters = sent(request);
    outcome.digest(nonce, &[caller.name.as_bytes(), entry.name.as_bytes(), parameters.as_bytes()])
}

/// The digest of a plan that was not run: of the call alone.
fn unrun(nonce: &[u8], entry: &ActionEntry, request: &RequestState, caller: &Caller) -> [u8; 32] {
    let nothing = Outcome { changes: Vec::new(), also: Vec::new(), would_send: Vec::new(), amount: None };
    of_outcome(&nothing, nonce, entry, request, caller)
}

/// The parameters of a call without its credential and its key, in the order of their names.
fn sent(request: &RequestState) -> String {
    let mut sent: Vec<_> = request.parameters.values.iter().collect();
    sent.retain(|(name, _)| !crate::wire::COMMON.contains(&name.as_str()) || *name == "action");
    sent.sort_by_key(|(name, _)| name.as_str());
    serde_json::to_string(&sent).unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
