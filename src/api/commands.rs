//! What a call waits for at modules and registrars while it holds no database connection: the outcome of the commands that
//! it has committed, and answers to its questions.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tracing::warn;

use super::{Api, RequestState, idempotency};
use crate::actions::ActionEntry;
use crate::auth::Caller;
use crate::database::lease::Lease;
use crate::error::{Error, Result, refuse, refuse_as};
use crate::fault::Fault;
use crate::observability::current_call;
use crate::outbox::RequestProgress;
use crate::outbox::kind::Kind;
use crate::outbox::modules::ModuleCommands;
use crate::outbox::registrars::RegistrarCommands;
use crate::store::billing::charges;
use crate::wire::Encoded;

impl Api {
    /// Runs a write, and again with each answer that it turns out to need, and then the commands that it has committed.
    pub(super) async fn write_and_finish(
        &self,
        lease: Lease,
        entry: &ActionEntry,
        request: &RequestState,
        caller: &Caller,
    ) -> Result<Encoded> {
        let (reply, identity) = self.write_with_answers(lease, entry, request, caller).await.map_err(|error| {
            // What somebody outside has changed stays changed, also if the rest of the call fails.
            match error.is_refusal() || !request.questions.may_have_changed() {
                true => error,
                false => Error::OutcomeUnknown,
            }
        })?;
        let mut finished = Ok(());
        if entry.runs_modules {
            finished = self.finish_commands(ModuleCommands::NAME, "module_failed", &identity, request).await;
        }
        if entry.runs_registrars {
            // They get their commands even if a module has failed.
            let of_registrars = self.finish_commands(RegistrarCommands::NAME, "registrar_failed", &identity, request);
            finished = finished.and(of_registrars.await);
        }
        if let Some(words) = entry.gateway_words {
            let of_gateways = self.finish_commands(charges::KIND, "gateway_failed", &identity, request).await;
            finished = finished.and(of_gateways.map_err(|error| match (error, words.failed) {
                (Error::RefusedAs { .. }, Some(failed)) => Error::Refused(failed),
                (Error::Refused(_), _) => Error::Refused(words.superseded),
                (error, _) => error,
            }));
        }
        finished.map(|()| reply)
    }

    /// Runs a write, and again with each answer that it turns out to need.
    async fn write_with_answers(
        &self,
        mut lease: Lease,
        entry: &ActionEntry,
        request: &RequestState,
        caller: &Caller,
    ) -> Result<(Encoded, idempotency::IdempotentRequest)> {
        loop {
            match self.write(lease, entry, request, caller).await {
                Err(Error::AnswerNeeded) => lease = self.lease_after_answer(request).await?,
                outcome => return outcome,
            }
        }
    }

    /// Asks the question with which a call has ended, and returns a connection to run the call again.
    async fn lease_after_answer(&self, request: &RequestState) -> Result<Lease> {
        request.questions.find_answer(&request.config).await?;
        Ok(Lease::acquire_to_write(&self.hosts).await?)
    }

    /// Waits for the outcome of the commands of a committed call, in a task that continues if the call is dropped.
    async fn finish_commands(
        &self,
        kind: &'static str,
        code: &'static str,
        identity: &idempotency::IdempotentRequest,
        request: &RequestState,
    ) -> Result<()> {
        request.is_commit_uncertain.store(true, Ordering::Relaxed);
        request.is_logged.store(false, Ordering::Relaxed);
        let (outbox, key) = (Arc::clone(&request.config.outbox), identity.key);
        let finish = async move { outbox.finish_request(kind, &key).await };
        let progress = self.tasks.spawn(current_call::within(current_call::current(), finish)).await;
        // The call is committed, so the receivers get their commands even if this fails.
        let not_known = || Err(if identity.has_client_key { Error::InProgress } else { Error::OutcomeUnknown });
        match progress.unwrap_or_else(|panic| Err(Fault::internal(panic))) {
            Ok(RequestProgress::Done) => Ok(()),
            Ok(RequestProgress::Failed(message)) => refuse_as(code, message),
            Ok(RequestProgress::Unknown) => Err(Error::OutcomeUnknown),
            Ok(RequestProgress::Superseded) => refuse(superseded(kind)),
            Ok(RequestProgress::Open) => not_known(),
            Err(error) => {
                warn!(%error, "the outcome of a command is not known yet");
                not_known()
            }
        }
    }
}

fn superseded(kind: &str) -> &'static str {
    match kind {
        RegistrarCommands::NAME => "A later command about the domain took its place",
        charges::KIND => "Nothing was left to pay or to refund",
        _ => "A later command about the service took its place",
    }
}
