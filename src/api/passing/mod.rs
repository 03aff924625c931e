//! Passes a call to the upstream, once its caller may make it.

pub(super) mod comparing;

use std::sync::atomic::Ordering;

use tracing::warn;

use super::{Api, RequestState, idempotency};
use crate::actions::{Access, ActionEntry};
use crate::auth::Caller;
use crate::auth::permission::{Target, UPSTREAM_GROUP};
use crate::error::{Error, Result, UpstreamError, code_of_refusal};
use crate::upstream::{Answer, PassedCall, PassedRequest};
use crate::wire::Encoded;

use super::request::{ApiResponse, ForeignHeaders};

impl Api {
    /// Passes a call and returns the reply. A write without a usable answer may have been executed.
    pub(super) async fn pass(&self, request: &RequestState, passed: &PassedRequest) -> Result<Encoded> {
        match self.reply_of_upstream(request, passed).await {
            Err(Error::Upstream(error)) if !passed.is_read && error.may_have_executed() => Err(Error::OutcomeUnknown),
            reply => reply,
        }
    }

    async fn reply_of_upstream(&self, request: &RequestState, passed: &PassedRequest) -> Result<Encoded> {
        let call = PassedCall {
            action: request.action.as_deref().ok_or(Error::NoAction)?,
            parameters: &request.parameters,
            style: request.style,
            address: Some(request.origin.address),
            request_id: &request.origin.request_id,
        };
        passed.check(&call)?;
        let caller = self.admit_to_pass(call.action, request, passed).await?;
        let answer = self.ask_upstream(&call, request, passed).await;
        if is_rejection(&answer) {
            count_rejection(&answer, &caller, request).await;
        }
        let answer = answer?;
        if !answer.is_forbidden() {
            // Only now it is known that what was sent as an identifier is one.
            let _ = request.caller.set(caller.name.clone());
        }
        if request.encoder.is_modern() {
            check_modern(&answer, call.action)?;
        }
        let reply = request.encoder.foreign(answer.body.clone().into(), answer.envelope.is_some(), answer.is_error());
        if caller.is_verified() && !answer.is_forbidden() {
            passed.set_caller(caller);
        }
        let _ = passed.answer.set(answer);
        Ok(reply)
    }

    /// Authenticates the caller, as far as this server can, and checks what it can check of the call. No database connection is
    /// held afterwards.
    async fn admit_to_pass(&self, action: &str, request: &RequestState, passed: &PassedRequest) -> Result<Caller> {
        let (lease, caller) = self.authenticate(request, passed.upstream.accepts_unverified()).await?;
        if caller.is_verified() {
            let _ = request.caller.set(caller.name.clone());
        }
        self.count_call(lease, &caller, request).await?.release_clean();
        let access = if passed.is_read { Access::Read } else { Access::Write };
        let of_upstream = Target { name: action, group: UPSTREAM_GROUP, access, is_custom: false };
        if !caller.may_pass(request.entry.as_deref().map_or(of_upstream, ActionEntry::target)) {
            return Err(Error::NotPermitted(action.to_lowercase()));
        }
        if !passed.is_read && self.is_read_only {
            return Err(Error::ReadOnly);
        }
        if !passed.is_read && idempotency::is_given(&request.parameters) {
            return Err(Error::KeyNotPromised);
        }
        let authenticator = &request.config.authenticator;
        authenticator.check_rejections(&caller, request.origin.address, &request.parameters).await?;
        Ok(caller)
    }

    /// Sends the request and returns the answer.
    async fn ask_upstream(
        &self,
        call: &PassedCall<'_>,
        request: &RequestState,
        passed: &PassedRequest,
    ) -> Result<Answer> {
        // If the call is ended before its answer comes, this decides what the caller is told.
        request.is_commit_uncertain.store(!passed.is_read, Ordering::Relaxed);
        let answer = passed.send(call).await;
        self.metrics.record_passed(outcome(&answer));
        answer
    }
}

/// Whether the WHMCS, or a firewall before it, has rejected the caller.
fn is_rejection(answer: &Result<Answer>) -> bool {
    match answer {
        Ok(answer) => answer.is_forbidden(),
        Err(Error::Upstream(error)) => error.is_forbidden(),
        Err(_) => false,
    }
}

/// Counts a rejection against the caller: the WHMCS does not know the credential, and many rejections would have it ban this
/// server.
async fn count_rejection(answer: &Result<Answer>, caller: &Caller, request: &RequestState) {
    match answer {
        Ok(answer) if answer.rejects_address() => {
            warn!("the upstream does not let this server's address in: `whmcs-api doctor` tells what to do");
        }
        _ => request.config.authenticator.add_rejection(caller, request.origin.address, &request.parameters).await,
    }
}

/// Returns the outcome of a passed call, as a label: one of [`crate::observability::metrics::UPSTREAM_OUTCOMES`].
fn outcome(answer: &Result<Answer>) -> &'static str {
    match answer {
        answer if is_rejection(answer) => "forbidden",
        Ok(_) => "answered",
        Err(Error::Busy) => "busy",
        Err(Error::Upstream(UpstreamError::NotReached)) => "not_reached",
        Err(Error::Upstream(UpstreamError::Redirect { .. })) => "redirect",
        Err(Error::Upstream(UpstreamError::Failed { .. } | UpstreamError::Loop)) => "failed",
        Err(_) => "no_answer",
    }
}

/// Returns an answer of the upstream as the response to a call.
pub(super) fn response(answer: &Answer, reply: Encoded) -> ApiResponse {
    let headers =
        ForeignHeaders { content_type: answer.content_type.clone(), content_encoding: answer.content_encoding.clone() };
    ApiResponse {
        retry_after: answer.retry_after,
        foreign: Some(Box::new(headers)),
        ..ApiResponse::new(answer.status, reply)
    }
}

/// Returns an error of WHMCS as an error of the modern style, which WHMCS lacks. What succeeds is returned as it came.
fn check_modern(answer: &Answer, action: &str) -> Result<()> {
    let envelope = answer.envelope.as_ref().ok_or(UpstreamError::NotJson)?;
    if !answer.is_error() {
        return Ok(());
    }
    let message = envelope.message.clone().unwrap_or_default();
    Err(match &*message {
        text if text.starts_with("Invalid Permissions") => Error::NotPermitted(action.to_lowercase()),
        text if text.starts_with("Invalid API Action") => Error::UnknownAction(action.to_lowercase()),
        "Authentication Failed" => Error::NotAuthenticated,
        // This server's address, which is not the caller's to mend.
        _ if answer.rejects_address() => UpstreamError::Failed { status: answer.status }.into(),
        _ if answer.status >= 500 => UpstreamError::Failed { status: answer.status }.into(),
        text => Error::UpstreamRefused { status: answer.status, code: code_of_refusal(text), message },
    })
}
