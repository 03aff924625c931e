//! Writes of agents: planned, confirmed, and limited by what they change in the books.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::MySqlConnection;

use super::super::{Api, RequestState};
use super::AgentRights;
use super::outcome::{self, Outcome, Sending};
use crate::actions::{ActionEntry, Touches};
use crate::api::idempotency;
use crate::api::request::{AgentStep, Guard};
use crate::attachments::Attachments;
use crate::auth::Caller;
use crate::database::errors::busy_if_transient;
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
    /// Who outside would be asked before anything is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    would_ask: Option<&'p Sending>,
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
        if !matches!(step, AgentStep::Plan | AgentStep::Confirm(_)) {
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
            AgentStep::Call | AgentStep::Session | AgentStep::Declined => None,
        };
        if let Some(custom) = entry.as_custom() {
            let digest = digest.unwrap_or_default();
            let nonce = agents::plan_nonce(&mut lease, credential, &digest, request.now.utc()).await?;
            let asked = Outcome::asking(endpoint(entry));
            if nonce.is_none_or(|nonce| of_outcome(&asked, &nonce, entry, request, caller) != digest) {
                lease.release_clean();
                return unknown_plan();
            }
            return Box::pin(self.run_custom(lease, custom, request, caller)).await;
        }
        if digest.is_some() || has_limits {
            let asks_as_planned = AtomicBool::new(false);
            let _ = request.guard.set(Guard { credential, row, digest, asks_as_planned });
        }
        let lease = self.acquire_hashing_permit(lease, entry, request).await?;
        Box::pin(self.write_and_finish(lease, entry, request, caller)).await
    }

    /// What a plan of this agent found that can still be confirmed, in words for the person who is asked.
    pub async fn plan_summary(&self, rights: &AgentRights, digest: &[u8; 32]) -> Result<Option<String>> {
        let Some(credential) = rights.caller.own_credential() else { return Ok(None) };
        let now = self.clock.now().utc();
        let find = async |db: &mut MySqlConnection| agents::plan_summary(db, credential, digest, now).await;
        Ok(Lease::with_connection(&self.hosts, find).await.map_err(busy_if_transient)?)
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
        let outcome = if entry.touches == Touches::Outside {
            lease.release_clean();
            Outcome::asking(endpoint(entry))
        } else {
            let mut lease = self.acquire_hashing_permit(lease, entry, request).await?;
            let rehearsed = self.rehearse(&mut lease, entry, &request.parameters, request, caller).await;
            match &rehearsed {
                // Its session may have settings of the rehearsal.
                Err(Error::Database(error)) => lease.discard(error),
                _ if lease.roll_back().await.is_ok() => lease.release_clean(),
                _ => drop(lease),
            }
            rehearsed?
        };
        let digest = of_outcome(&outcome, &nonce, entry, request, caller);
        let (now, plan) = (request.now.utc(), Plan { digest, nonce, summary: outcome.summary() });
        let expires_at = now + chrono::Duration::seconds(PLAN_SECONDS.into());
        Lease::with_connection(&self.hosts, async |db| agents::add_plan(db, credential, &plan, now, expires_at).await)
            .await?;
        let reply = PlanReply {
            digest: hex(&digest),
            expires_in_seconds: PLAN_SECONDS,
            touches: entry.touches,
            would_change: outcome.would_ask.is_none().then_some(&outcome),
            not_run: outcome.would_ask.is_some().then_some(match entry.touches {
                Touches::Outside => {
                    "An endpoint of the operator is asked, with your arguments. It is not asked to plan."
                }
                _ => "Somebody outside is asked before anything is written. Nobody is asked to plan.",
            }),
            would_ask: outcome.would_ask.as_ref(),
            next: "Show this to the person you work for. To do it, call confirm with the same action, the same arguments and this \
                   digest.",
        };
        request.encoder.success(&reply).map_err(|error| Error::Internal(error.to_string().into()))
    }

    /// Runs a write in a transaction and rolls it back to its beginning. It ends where it would ask somebody outside.
    #[tracing::instrument(level = "debug", name = "plan", skip_all, fields(part = "plan"))]
    async fn rehearse(
        &self,
        lease: &mut Lease,
        entry: &ActionEntry,
        parameters: &Parameters,
        request: &RequestState,
        caller: &Caller,
    ) -> Result<Outcome> {
        let key = crate::database::writer::RequestKey([0; 32]);
        let attachments = Attachments::new(std::sync::Arc::clone(&request.config.attachments));
        lease.begin_rehearsal().await?;
        let mut call = self.new_call(lease, request, caller, Some(&key));
        call.attachments = &attachments;
        let run = Box::pin(entry.run(parameters, &request.encoder, call)).await;
        attachments.discard().await;
        let rehearsal = lease.take_rehearsal();
        match run {
            Ok(_) => Ok(outcome::of_rehearsal(lease, rehearsal, request.now).await?),
            Err(error) => {
                lease.end_rehearsal().await?;
                match error {
                    Error::AnswerNeeded => {
                        let (kind, target) = request.questions.open().unwrap_or(("outside", String::new()));
                        Ok(Outcome::asking(Sending::question(kind, target)))
                    }
                    Error::Database(error) if rehearsal::is_impossible(&error) => refuse_as(
                        "plan_impossible",
                        "This cannot be planned without using up numbers that the database gives: it adds rows to tables with \
                         unsigned ids, or rows that refer to new ones by unsigned columns",
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
            let is_as_planned = of_outcome(&outcome, &nonce, entry, request, caller) == *digest;
            if is_as_planned && outcome.would_ask.is_some() {
                guard.asks_as_planned.store(true, Ordering::Relaxed);
            }
            if !is_as_planned && !guard.asks_as_planned.load(Ordering::Relaxed) {
                return refuse_as("plan_outdated", "The outcome would differ from the plan, or the arguments do");
            }
        }
        let AgentRow { call_limit, day_limit, .. } = guard.row;
        if call_limit.is_none() && day_limit.is_none() {
            return Ok(());
        }
        let Some(amount) = outcome.amount else {
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

/// The digest of a plan: of the call, and of its outcome as far as that is known.
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

/// The endpoint of a custom action, which is asked.
fn endpoint(entry: &ActionEntry) -> Sending {
    Sending::question("endpoint", entry.name.to_string())
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
