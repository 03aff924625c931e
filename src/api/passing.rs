//! Passes a call to the upstream, once its caller may make it.

use std::sync::atomic::Ordering;

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
        let action = request.action.as_deref().ok_or(Error::NoAction)?;
        let call = PassedCall {
            action,
            parameters: &request.parameters,
            style: request.style,
            address: request.origin.address,
            request_id: &request.origin.request_id,
        };
        passed.check(&call)?;
        let caller = self.admit_to_pass(action, request, passed).await?;
        let answer = self.ask_upstream(&call, request, passed).await?;
        if answer.is_forbidden() {
            // WHMCS does not know the caller, or rejects this server's address and cannot tell callers apart.
            request.config.authenticator.add_rejection(&caller, request.origin.address, &request.parameters).await;
        } else {
            // Only now it is known that what was sent as an identifier is one.
            let _ = request.caller.set(caller.name.clone());
        }
        if request.encoder.is_modern() {
            check_modern(&answer, action)?;
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
        // If the call ends by its time limit, or because the database has ended, this decides what the caller is told.
        request.is_commit_uncertain.store(!passed.is_read, Ordering::Relaxed);
        let answer = passed.send(call).await;
        self.metrics.record_passed(outcome(&answer));
        answer
    }
}

fn outcome(answer: &Result<Answer>) -> &'static str {
    match answer {
        Ok(answer) if answer.is_forbidden() => "forbidden",
        Ok(_) => "answered",
        Err(Error::Busy) => "busy",
        Err(Error::Upstream(UpstreamError::NotReached)) => "not_reached",
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
        // This server's address, which is not the caller's to mend.
        text if text.starts_with("Invalid IP") => UpstreamError::Failed { status: answer.status }.into(),
        _ if answer.is_forbidden() => Error::NotAuthenticated,
        _ if answer.status >= 400 => UpstreamError::Failed { status: answer.status }.into(),
        text => Error::UpstreamRefused { code: code_of_refusal(text), message },
    })
}
