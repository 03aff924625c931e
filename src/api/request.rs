//! Requests and responses of the API, and the state of a request while it is handled.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use hyper::header::HeaderValue;

use super::config::ApiConfig;
use crate::actions::ActionEntry;
use crate::attachments::Attachments;
use crate::auth::Caller;
use crate::auth::password::HashingPermit;
use crate::auth::rate_limits::CallUsage;
use crate::auth::sessions::SessionChange;
use crate::domain::time::Moment;
use crate::error::{Error, Result};
use crate::fossbilling::FossBillingCall;
use crate::observability::api_log::Origin;
use crate::observability::current_call::CurrentCall;
use crate::outbox::{fraud, gateways, registrars};
use crate::redaction::Hidden;
use crate::store::authentication::agents::AgentRow;
use crate::upstream::{Answer, PassedRequest};
use crate::wire::{ApiStyle, Encoded, Encoder, Failure, Format, Parameters};

/// What a client sends: the action, its parameters and the API style.
#[derive(Debug)]
pub struct ApiRequest {
    /// The action's name as the client spells it.
    pub action: Option<String>,
    pub parameters: Parameters,
    pub style: ApiStyle,
    /// What the request carries as secrets, which no log may contain.
    pub hidden: Hidden,
    /// The token that was sent instead of a credential.
    pub token: Option<String>,
    /// The header `If-None-Match`: the entity tags of replies that the client has.
    pub if_none_match: Option<String>,
    /// The request as it was sent, if the upstream answers it.
    pub passed: Option<Box<PassedRequest>>,
    /// How an agent calls, if one does.
    pub agent: Option<AgentStep>,
    /// Whether the call counts already, as the request of an agent that comes to it.
    pub is_counted: bool,
    /// The call of FOSSBilling's API, if it is one.
    pub fossbilling: Option<Box<FossBillingCall>>,
}

impl ApiRequest {
    /// A request with nothing but parameters.
    pub fn new(action: Option<String>, parameters: Parameters, style: ApiStyle, hidden: Hidden) -> ApiRequest {
        ApiRequest {
            action,
            parameters,
            style,
            hidden,
            token: None,
            if_none_match: None,
            passed: None,
            agent: None,
            is_counted: false,
            fossbilling: None,
        }
    }
}

/// How an agent calls an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentStep {
    /// At once.
    Call,
    /// To learn what would change.
    Plan,
    /// As planned, with the digest of the plan.
    Confirm([u8; 32]),
    /// Not at all: it connects, lists what there is, or sends what calls no action.
    Session,
    /// Not at all: a person has declined to confirm.
    Declined,
}

impl AgentStep {
    /// Whether an action is called.
    pub fn calls_action(&self) -> bool {
        !matches!(self, AgentStep::Session | AgentStep::Declined)
    }

    /// The step as metrics call it.
    pub fn name(&self) -> &'static str {
        match self {
            AgentStep::Call => "call",
            AgentStep::Plan => "plan",
            AgentStep::Confirm(_) | AgentStep::Declined => "confirm",
            AgentStep::Session => "session",
        }
    }
}

/// What must hold when an agent's write is committed.
pub(super) struct Guard {
    /// The id of the agent's credential.
    pub credential: i64,
    /// What that may do.
    pub row: AgentRow,
    /// The digest of the plan that is confirmed.
    pub digest: Option<[u8; 32]>,
    /// Whether somebody is asked as the plan says. What they answer could not be planned.
    pub asks_as_planned: AtomicBool,
}

/// The response that is sent to the client.
#[derive(Debug)]
pub struct ApiResponse {
    pub status: u16,
    pub reply: Encoded,
    /// Value of the header `Retry-After` in seconds, if retrying may help.
    pub retry_after: Option<u64>,
    /// What the caller has used of its rate limits, if it has any.
    pub usage: Option<CallUsage>,
    /// The entity tag of the reply, if it has one.
    pub etag: Option<String>,
    /// The headers that describe the body of a reply that the upstream has written.
    pub foreign: Option<Box<ForeignHeaders>>,
    /// What becomes of the caller's session.
    pub session: Option<SessionChange>,
}

/// How the upstream describes the body of its reply.
#[derive(Debug, Clone)]
pub struct ForeignHeaders {
    pub content_type: Option<HeaderValue>,
    pub content_encoding: Option<HeaderValue>,
}

impl ApiResponse {
    /// A response of this server.
    pub fn new(status: u16, reply: Encoded) -> ApiResponse {
        ApiResponse { status, reply, retry_after: None, usage: None, etag: None, foreign: None, session: None }
    }

    /// The response to an error that occurs before the API can handle the request.
    pub fn without_api(error: &Error) -> ApiResponse {
        let body = serde_json::to_vec(&Failure::new(&error.message())).unwrap_or_default();
        let reply = Encoded { format: Format::Json, body: body.into(), log: String::new() };
        ApiResponse { retry_after: error.retry_after(), ..ApiResponse::new(error.whmcs_status(), reply) }
    }
}

/// The state of one request while it is handled.
pub(super) struct RequestState {
    pub action: Option<String>,
    /// The requested action, if it exists.
    pub entry: Option<Arc<ActionEntry>>,
    pub parameters: Parameters,
    pub style: ApiStyle,
    pub encoder: Encoder,
    /// The token that was sent instead of a credential.
    pub token: Option<String>,
    /// The entity tags of replies that the client has, as it sent them.
    pub if_none_match: Option<String>,
    /// The request as it was sent, if the upstream answers it.
    pub passed: Option<Box<PassedRequest>>,
    /// How an agent calls, if one does.
    pub agent: Option<AgentStep>,
    /// Whether the call counts already, as the request of an agent that comes to it.
    pub is_counted: bool,
    /// The call of FOSSBilling's API, if it is one.
    pub fossbilling: Option<Box<FossBillingCall>>,
    /// What must hold when an agent's write is committed.
    pub guard: OnceLock<Guard>,
    pub origin: Origin,
    pub config: Arc<ApiConfig>,
    pub attachments: Attachments,
    pub now: Moment,
    pub start: Instant,
    /// The identifier or user name that was sent, once it is known to belong to an account.
    pub account: OnceLock<String>,
    /// The caller, once authenticated.
    pub caller: OnceLock<String>,
    /// What the caller has used of its rate limits, if it has any.
    pub usage: OnceLock<CallUsage>,
    /// The entity tag of the reply, if it has one.
    pub etag: OnceLock<String>,
    /// Whether the client has the reply already, so that it is not sent.
    pub is_not_modified: AtomicBool,
    /// What was probably meant, if the request has names that do not exist.
    pub hint: OnceLock<String>,
    /// The hashing permit, held until the call ends.
    pub hashing_permit: OnceLock<HashingPermit>,
    /// Whether a COMMIT was sent whose result is unknown.
    pub is_commit_uncertain: AtomicBool,
    /// Whether the COMMIT of an earlier attempt got no answer, so that each further attempt looks for its row.
    pub was_commit_unanswered: AtomicBool,
    /// Whether the API log record was committed with the call's changes.
    pub is_logged: AtomicBool,
    /// The id of the client whose subject the committed transaction had locked; 0 for none.
    pub changed_client: AtomicI64,
    /// The id of the first invoice that it had locked; 0 for none.
    pub changed_invoice: AtomicI64,
    /// The questions that the call turned out to need, with their answers.
    pub questions: CallQuestions,
    /// Number of attempts at running the action.
    pub attempts: AtomicU32,
}

/// The questions of a call, by whom they are for.
#[derive(Default)]
pub(super) struct CallQuestions {
    pub registrars: registrars::Questions,
    pub gateways: gateways::Questions,
    pub fraud: fraud::Questions,
}

impl CallQuestions {
    /// Asks the question with which the call has ended.
    pub async fn find_answer(&self, config: &ApiConfig) -> Result<()> {
        let is_found = self.registrars.find_answer(&config.registrars).await?
            || self.gateways.find_answer(&config.gateways).await?
            || self.fraud.find_answer(&config.fraud).await?;
        if is_found { Ok(()) } else { Err(Error::Internal("a call needs no answer".into())) }
    }

    /// Who would be asked the question with which the call has ended, and what.
    pub fn open(&self) -> Option<(&'static str, String)> {
        let of = |kind: &'static str, asked: Option<String>| asked.map(|asked| (kind, asked));
        of("registrar", self.registrars.open())
            .or_else(|| of("gateway", self.gateways.open()))
            .or_else(|| of("fraud check", self.fraud.open()))
    }

    /// Whether anything may have changed outside.
    pub fn may_have_changed(&self) -> bool {
        self.registrars.may_have_changed() || self.gateways.may_have_changed() || self.fraud.may_have_changed()
    }
}

/// A call of an action that reads.
#[derive(Clone, Copy)]
pub(super) struct ReadCall<'c> {
    pub entry: &'c ActionEntry,
    pub request: &'c RequestState,
    pub caller: &'c Caller,
}

impl RequestState {
    /// The call as log lines and traces identify it.
    pub fn current_call(&self) -> Arc<CurrentCall> {
        let action = self.entry.as_ref().map(|entry| entry.name.clone());
        Arc::new(CurrentCall { id: self.origin.request_id.clone(), action })
    }

    /// What the upstream answered, if the call was passed.
    pub fn answer(&self) -> Option<&Answer> {
        self.passed.as_ref()?.answer.get()
    }

    /// Time limit of the whole call.
    pub fn time_limit(&self) -> Duration {
        let passing = self.passed.as_ref().map(|passed| passed.upstream.timeout());
        self.config.time_limit + passing.unwrap_or_default()
    }

    /// The error of a call that is ended by its time limit, or because the database has ended.
    pub fn time_limit_error(&self) -> Error {
        let may_have_changed = self.is_commit_uncertain.load(Ordering::Relaxed) || self.questions.may_have_changed();
        if may_have_changed { Error::OutcomeUnknown } else { Error::Busy }
    }
}
