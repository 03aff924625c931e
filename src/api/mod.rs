//! The path of one call: authenticate, authorize, run, encode.
//!
//! Each call runs in a task of its own, which is not cancelled when the client disconnects: a database call that is
//! dropped half-way leaves its connection in an unknown state.
//!
//! What a single action does is never here, and neither is HTTP.

mod agents;
mod commands;
mod config;
mod custom_call;
mod endpoint_call;
pub mod idempotency;
mod memory_budget;
mod metrics;
mod near_miss;
mod passing;
mod rate_limits;
mod read;
mod readiness;
mod recording;
mod reply_cache;
mod request;
mod shared_read;
mod transaction;
mod unattended;

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, debug, debug_span, error, warn};

use crate::actions::{Access, ActionEntry, Catalogue};
use crate::attachments::Attachments;
use crate::auth::password::HashingPermits;
use crate::auth::rate_limits::RateLimits;
use crate::auth::{AuthAttempt, Caller};
use crate::call::Call;
use crate::config::{SecretReaders, Settings};
use crate::database;
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::database::pool::Commits;
use crate::database::writer::RequestKey;
use crate::domain::time::Clock;
use crate::endpoint::Endpoints;
use crate::error::{Error, Result};
use crate::fossbilling;
use crate::observability::api_log::Origin;
use crate::observability::current_call;
use crate::observability::metrics::Metrics;
use crate::observability::recent_calls::RecentCalls;
use crate::observability::traces;
use crate::operations::Outside;
use crate::wire::{ApiStyle, Encoded, Encoder, LogRules, Parameters};

pub use agents::{Admission, AgentRights};
pub use config::ApiConfig;
use config::Surroundings;
use memory_budget::MemoryBudget;
use passing::comparing::Comparisons;
use readiness::Readiness;
pub use request::{AgentStep, ApiRequest, ApiResponse, ForeignHeaders};
use request::{CallQuestions, ReadCall, RequestState};
pub use unattended::{
    AcceptedInvitation, Callback, CallbackAnswer, ConsoleLogIn, ConsoleSession, DryTask, EntryDecision, FORM_USED,
    JOB_IS_ALIVE, NewJob, NotAccepted, OpenInvitation, Operation, Sender, SignIn, TokenAnswer, TokenForm,
    WebhookCommand, WebhookDone, sign,
};

/// Time limit of each write that is done while the server stops.
const FINAL_WRITE_TIMEOUT: Duration = Duration::from_secs(3);
const NOT_MODIFIED: u16 = 304;
/// Maximum back-off after a failed connection, in milliseconds.
const MAX_RECONNECT_BACKOFF_MS: u64 = 500;

pub struct Api {
    catalogue: Catalogue,
    fossbilling: fossbilling::Catalogue,
    /// The database servers for all writes, and for reads unless there is a replica.
    hosts: Arc<Hosts>,
    /// The replica for actions that only read.
    replica: Option<Arc<Hosts>>,
    /// Where the statements of custom actions run, if there are any.
    sql_hosts: Option<Arc<Hosts>>,
    /// The endpoints of custom actions.
    endpoints: Arc<Endpoints>,
    clock: Clock,
    /// What follows from the settings; it changes when they are read again.
    config: watch::Sender<Arc<ApiConfig>>,
    /// Whether the server rejects every write.
    is_read_only: bool,
    rate_limits: RateLimits,
    hashing_permits: HashingPermits,
    memory_budget: MemoryBudget,
    /// One slot for each call that may run at a time.
    call_slots: Arc<Semaphore>,
    max_calls: usize,
    metrics: Metrics,
    recent_calls: RecentCalls,
    comparisons: Comparisons,
    readiness: Readiness,
    /// Wakes the relay of events.
    events_raised: Notify,
    /// The number of the last event that this server knows of.
    last_event: watch::Sender<i64>,
    tasks: TaskTracker,
    /// Cancelled once the database has ended for good, as an embedded one can.
    database_ended: CancellationToken,
    /// Cancelled when calls that were passed are answered at once, because the server stops.
    passing_ended: CancellationToken,
}

impl Api {
    pub fn new(hosts: Arc<Hosts>, replica: Option<Arc<Hosts>>, settings: &Settings, clock: Clock) -> Result<Arc<Api>> {
        let catalogue = Catalogue::of(settings).map_err(|invalid| Error::Internal(invalid.to_string().into()))?;
        let sql_hosts = custom_call::hosts(&catalogue, settings, &hosts, replica.as_deref())?;
        let all_hosts = [Some(&hosts), replica.as_ref(), sql_hosts.as_ref()];
        let metrics = metrics::new_metrics(settings, &catalogue, all_hosts.into_iter().flatten());
        let surroundings = Surroundings { hosts: &hosts, clock, metrics: &metrics, catalogue: &catalogue };
        let config = ApiConfig::new(settings, surroundings)?;
        Ok(Arc::new(Api {
            clock,
            config: watch::Sender::new(Arc::new(config)),
            is_read_only: settings.read_only,
            rate_limits: RateLimits::new(hosts.own_tables().rate_limits && !settings.read_only)?,
            hashing_permits: HashingPermits::default(),
            memory_budget: MemoryBudget::new(&catalogue),
            call_slots: Arc::new(Semaphore::new(settings.limits.calls)),
            max_calls: settings.limits.calls,
            metrics,
            recent_calls: RecentCalls::default(),
            comparisons: Comparisons::default(),
            readiness: Readiness::default(),
            events_raised: Notify::new(),
            last_event: watch::Sender::new(0),
            tasks: TaskTracker::new(),
            database_ended: CancellationToken::new(),
            passing_ended: CancellationToken::new(),
            endpoints: Arc::new(endpoint_call::endpoints(settings)?),
            fossbilling: fossbilling::Catalogue::default(),
            catalogue,
            hosts,
            replica,
            sql_hosts,
        }))
    }

    /// The catalogue of actions that this API can run.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The methods of FOSSBilling's API.
    pub fn fossbilling(&self) -> &fossbilling::Catalogue {
        &self.fossbilling
    }

    /// Handles one API request and returns the response, in the requested format or in JSON if the client accepts that.
    pub async fn handle(self: &Arc<Self>, api_request: ApiRequest, origin: Origin) -> ApiResponse {
        let request = self.request_state(api_request, origin);
        let encoder = request.encoder.clone();
        let Ok(slot) = Arc::clone(&self.call_slots).try_acquire_owned() else {
            self.metrics.overloaded.inc();
            return self.error_response(&Error::Busy, &encoder);
        };
        let current = request.current_call();
        let span = traces::span(&current, request.origin.traceparent.as_deref());
        let api = Arc::clone(self);
        // Boxed, because the large future would otherwise be moved several times.
        let call = Box::pin(async move {
            let _slot = slot;
            api.run_logged(request).await
        });
        let call = current_call::within(Some(Arc::clone(&current)), call);
        let handled = self.tasks.spawn(call.instrument(span)).await;
        handled.unwrap_or_else(|panic| {
            self.metrics.record_panic(current.action.clone());
            self.error_response(&Error::Internal(panic.to_string().into()), &encoder)
        })
    }

    /// The state with which a request begins.
    fn request_state(&self, api_request: ApiRequest, origin: Origin) -> RequestState {
        let ApiRequest {
            action,
            parameters,
            style,
            hidden,
            token,
            if_none_match,
            passed,
            agent,
            is_counted,
            fossbilling,
        } = api_request;
        let config = self.config();
        let entry = match &fossbilling {
            Some(call) => call.method.as_ref().ok().cloned(),
            None => action.as_deref().and_then(|name| self.catalogue.find(name)).cloned(),
        };
        let encoder = Encoder::of(&parameters, style, Arc::clone(&config.compat)).for_action(action.as_deref());
        let encoder = encoder
            .with_capacity(entry.as_deref().map_or(0, |entry| self.memory_budget.expected_bytes(entry)))
            .with_log(LogRules { bytes: config.log.bytes(), hidden, successes: config.log.keeps(false) });
        RequestState {
            entry,
            action,
            parameters,
            style,
            encoder,
            token,
            if_none_match,
            passed,
            agent,
            is_counted,
            fossbilling,
            guard: OnceLock::new(),
            origin,
            attachments: Attachments::new(Arc::clone(&config.attachments)),
            config,
            now: self.clock.now(),
            start: Instant::now(),
            account: OnceLock::new(),
            caller: OnceLock::new(),
            etag: OnceLock::new(),
            is_not_modified: AtomicBool::new(false),
            hint: OnceLock::new(),
            usage: OnceLock::new(),
            hashing_permit: OnceLock::new(),
            is_commit_uncertain: AtomicBool::new(false),
            was_commit_unanswered: AtomicBool::new(false),
            is_logged: AtomicBool::new(false),
            changed_client: AtomicI64::new(0),
            changed_invoice: AtomicI64::new(0),
            questions: CallQuestions::default(),
            attempts: AtomicU32::new(0),
        }
    }

    /// The response to a request that cannot be parsed. `query` may select a format.
    pub fn reject_unreadable(&self, error: &Error, query: &Parameters, style: ApiStyle) -> ApiResponse {
        self.metrics.unreadable.inc();
        self.rejection(error, query, style)
    }

    /// The response to an agent whose request comes to no call.
    pub fn reject_agent(&self, error: &Error) -> ApiResponse {
        self.rejection(error, &Parameters::default(), ApiStyle::Modern)
    }

    fn rejection(&self, error: &Error, query: &Parameters, style: ApiStyle) -> ApiResponse {
        self.error_response(error, &Encoder::of(query, style, Arc::clone(&self.config().compat)))
    }

    fn error_response(&self, error: &Error, encoder: &Encoder) -> ApiResponse {
        self.error_response_with_hint(error, encoder, None)
    }

    fn error_response_with_hint(&self, error: &Error, encoder: &Encoder, hint: Option<&str>) -> ApiResponse {
        if let Error::Database(_) | Error::Internal(_) = error {
            error!(%error, "a call failed");
        }
        if encoder.is_enveloped() {
            return fossbilling_error(error, encoder);
        }
        let status = match error {
            error if encoder.is_modern() => error.http_status(),
            Error::UnknownAction(_) => self.config.borrow().compat.unknown_action_status.code(),
            error => error.whmcs_status(),
        };
        match encoder.failure(&error.message(), &error.code(), status, hint) {
            Ok(reply) => ApiResponse { retry_after: error.retry_after(), ..ApiResponse::new(status, reply) },
            Err(_) => ApiResponse::without_api(error),
        }
    }

    /// Answers all calls at once from now on, those in progress included, because the database has ended for good: with
    /// 503, or with 504 if it is unknown whether the call was committed.
    pub fn give_up(&self) {
        self.start_draining();
        self.database_ended.cancel();
    }

    /// Completes once the database has ended for good.
    pub async fn given_up(&self) {
        self.database_ended.cancelled().await;
    }

    /// Answers calls that are passed at once from now on, because the server stops and the upstream may take longer than it
    /// waits: with 503, or with 504 if it is unknown whether the call is executed.
    pub fn end_passed_calls(&self) {
        self.passing_ended.cancel();
    }

    /// Waits for running calls, at most for `grace_period`, then closes the database connections. Comparisons are given up.
    pub async fn shut_down(&self, grace_period: Duration) {
        self.tasks.close();
        let comparisons = self.comparisons.stop();
        let calls = async {
            // Those that are passed end before the others are given up, so that they are recorded.
            if timeout(grace_period * 4 / 5, self.tasks.wait()).await.is_err() {
                self.end_passed_calls();
                self.tasks.wait().await;
            }
            comparisons.await;
        };
        if timeout(grace_period, calls).await.is_err() {
            warn!(calls = self.tasks.len(), "stopping although calls are still running");
        }
        // The database may be gone by now, so closing could wait for ever for connections to be returned.
        let _ = timeout(FINAL_WRITE_TIMEOUT, self.config().log.finish()).await;
        if !self.is_read_only {
            let _ = timeout(FINAL_WRITE_TIMEOUT, self.store_differences()).await;
            let _ = timeout(FINAL_WRITE_TIMEOUT, self.config().authenticator.flush_uses(&self.hosts)).await;
        }
        let _ = timeout(FINAL_WRITE_TIMEOUT, self.hosts.close()).await;
        for others in [&self.replica, &self.sql_hosts].into_iter().flatten() {
            let _ = timeout(FINAL_WRITE_TIMEOUT, others.close()).await;
        }
    }

    /// Attempts the entries of the outbox that are due now, and returns when these attempts have ended.
    pub async fn run_outbox_once(&self) {
        if !self.is_read_only {
            self.config().outbox.run_once().await;
        }
    }

    /// Number of API log records that were lost because the queue was full or the database unavailable.
    pub fn lost_records(&self) -> u64 {
        self.metrics.lost_records.get()
    }

    /// Number of passwords that have been hashed for calls so far.
    pub fn password_hashes(&self) -> u64 {
        self.hashing_permits.hashes()
    }

    async fn run_logged(self: &Arc<Self>, request: RequestState) -> ApiResponse {
        // Boxed, because the large future would otherwise be moved several times.
        let run = Box::pin(self.run(&request));
        let outcome = tokio::select! {
            outcome = timeout(request.time_limit(), run) => outcome.unwrap_or_else(|_| Err(request.time_limit_error())),
            () = self.database_ended.cancelled() => Err(request.time_limit_error()),
            () = self.passing_ended.cancelled(), if request.passed.is_some() => Err(request.time_limit_error()),
        };
        // If the outcome of a COMMIT is unknown, the files are kept, because committed rows may refer to them.
        if !request.is_commit_uncertain.load(Ordering::Relaxed) {
            request.attachments.discard().await;
        }
        if outcome.is_ok() {
            request.attachments.remove_deleted().await;
        }
        let is_not_modified = request.is_not_modified.load(Ordering::Relaxed);
        if let (Ok(reply), Some(entry), false, None) = (&outcome, &request.entry, is_not_modified, &request.passed) {
            self.memory_budget.record_size(entry, reply.body.distinct_len());
        }
        // Those can be very many, so they are not recorded in the API log.
        let is_limited = matches!(outcome, Err(Error::TooManyFailures { .. } | Error::RateLimited { .. }));
        let outcome_name = self.record_outcome(&request, outcome.as_ref().err());
        self.look_for_near_misses(&request, outcome.as_ref().err());
        let (mut response, is_error) = match outcome {
            Ok(reply) if let Some(answer) = request.answer() => (passing::response(answer, reply), answer.is_error()),
            Ok(reply) => {
                let status = if is_not_modified { NOT_MODIFIED } else { 200 };
                // The classic style answers as WHMCS does, without entity tags.
                let etag = request.etag.get().filter(|_| request.encoder.is_modern()).cloned();
                (ApiResponse { etag, ..ApiResponse::new(status, reply) }, false)
            }
            Err(error) => {
                let hint = request.hint.get().map(String::as_str);
                let error = match &request.fossbilling {
                    Some(call) => call.numbered(error),
                    None => error,
                };
                (self.error_response_with_hint(&error, &request.encoder, hint), true)
            }
        };
        response.usage = request.usage.get().copied();
        response.session = request.fossbilling.as_ref().filter(|_| !is_error).and_then(|call| call.session.change());
        if is_limited {
            return response;
        }
        if !request.is_logged.load(Ordering::Relaxed)
            && self.has_room_for(&request, is_error)
            && let Some(record) = Api::record(&request, response.status, &mut response.reply, is_error)
        {
            request.config.log.add(record);
        }
        debug!(status = response.status, outcome = outcome_name, took = ?request.start.elapsed(), "answered");
        if request.passed.is_some() {
            self.compare(request);
        }
        response
    }

    async fn run(&self, request: &RequestState) -> Result<Encoded> {
        if let Some(passed) = &request.passed {
            return Box::pin(self.pass(request, passed)).await;
        }
        let (lease, caller) = self.authenticate(request, false).await?;
        let _ = request.caller.set(caller.name.clone());
        let lease = if request.is_counted { lease } else { self.count_call(lease, &caller, request).await? };
        match authorize(&caller, request) {
            Err(denied) => {
                lease.release_clean();
                Err(denied)
            }
            Ok(entry) if self.is_read_only && entry.access == Access::Write => {
                lease.release();
                Err(Error::ReadOnly)
            }
            Ok(entry) => {
                if let Some(step) = &request.agent
                    && entry.access == Access::Write
                {
                    return Box::pin(self.run_as_agent(lease, step, entry, request, &caller)).await;
                }
                if let Some(custom) = entry.as_custom() {
                    return Box::pin(self.run_custom(lease, custom, request, &caller)).await;
                }
                let lease = self.acquire_hashing_permit(lease, entry, request).await?;
                let call = ReadCall { entry, request, caller: &caller };
                match entry.access {
                    Access::Read => self.read(lease, call).await,
                    // Boxed, so that the future of a call, which is copied when it begins, is small.
                    Access::Write => Box::pin(self.write_and_finish(lease, entry, request, &caller)).await,
                }
            }
        }
    }

    async fn authenticate(&self, request: &RequestState, accepts_unverified: bool) -> Result<(Lease, Caller)> {
        let RequestState { parameters, token, origin, now, start, account, fossbilling, .. } = request;
        let commits = self.commits(request);
        let (address, now, start) = (origin.address, *now, *start);
        let token = token.as_deref();
        let attempt = AuthAttempt { parameters, token, address, now, start, account, commits, accepts_unverified };
        let admission = debug_span!("admission", part = "admission");
        let config = &request.config;
        if config.bans.apply_to(address) {
            Box::pin(config.bans.check(address, now, &self.hosts)).instrument(admission.clone()).await?;
        }
        match fossbilling {
            Some(call) => {
                let limits = &config.settings.fossbilling_limits;
                call.authenticate(&config.authenticator, attempt, &self.hosts, limits).instrument(admission).await
            }
            None => config.authenticator.authenticate(attempt, &self.hosts).instrument(admission).await,
        }
    }

    /// Whether the connection on which a call is authenticated is the one on which it writes: not if it is released in
    /// between, to wait for a hashing permit or for an endpoint.
    fn commits(&self, request: &RequestState) -> Commits {
        let keeps_connection = |entry: &ActionEntry| !entry.hashes_passwords && entry.as_custom().is_none();
        match &request.entry {
            Some(entry)
                if entry.access == Access::Write
                    && keeps_connection(entry)
                    && !self.is_read_only
                    && request.passed.is_none() =>
            {
                Commits::OnRequest
            }
            _ => Commits::EachStatement,
        }
    }

    /// Acquires a hashing permit if the action hashes a password; the database connection is released while waiting.
    async fn acquire_hashing_permit(&self, lease: Lease, entry: &ActionEntry, request: &RequestState) -> Result<Lease> {
        if !entry.hashes_passwords {
            return Ok(lease);
        }
        lease.release_clean();
        let _ = request.hashing_permit.set(self.hashing_permits.acquire().await?);
        match entry.access {
            Access::Read => Ok(Lease::acquire(&self.hosts).await?),
            Access::Write => Ok(Lease::acquire_to_write(&self.hosts).await?),
        }
    }

    /// Whether a caller gets the secrets in replies.
    fn trusts(&self, caller: &Caller, secret_readers: SecretReaders) -> bool {
        match secret_readers {
            SecretReaders::Everyone => true,
            SecretReaders::Nobody => false,
            SecretReaders::Writers => {
                let is_writing =
                    |entry: &&Arc<ActionEntry>| entry.access == Access::Write && entry.as_custom().is_none();
                let mut writing = self.catalogue.iter().filter(is_writing);
                writing.any(|entry| caller.may_call(entry.target()))
            }
        }
    }

    fn new_call<'c>(
        &'c self,
        db: &'c mut Lease,
        request: &'c RequestState,
        caller: &'c Caller,
        key: Option<&'c RequestKey>,
    ) -> Call<'c> {
        let asks_outside = request.entry.as_ref().is_some_and(|entry| entry.asks_outside);
        Call {
            db,
            author: &caller.author,
            caller: &caller.name,
            rights: caller,
            session: request.fossbilling.as_ref().map(|call| &call.session),
            password_failures: &request.config.password_failures,
            hashing_permit: request.hashing_permit.get(),
            now: request.now,
            settings: &request.config.settings,
            compat: &request.config.compat,
            modules: &request.config.modules,
            outside: asks_outside
                .then(|| Outside { whois: &request.config.whois, registrars: &request.config.registrars }),
            registrars: &request.config.registrars,
            questions: &request.questions.registrars,
            gateways: &request.config.gateways,
            gateway_questions: &request.questions.gateways,
            fraud_questions: &request.questions.fraud,
            keyring: &request.config.keyring,
            tells_secrets: request.entry.as_ref().is_some_and(|entry| entry.tells_secrets)
                && self.trusts(caller, request.config.settings.access.secret_readers),
            sends_mail: request.config.outbox.sends_mail(),
            lost_records: self.lost_records(),
            has_own_tables: self.hosts.has_own_tables(),
            files: &request.parameters.files,
            attachments: &request.attachments,
            documents: &request.config.documents,
            key,
        }
    }
}

/// The response to an error in FOSSBilling's words.
fn fossbilling_error(error: &Error, encoder: &Encoder) -> ApiResponse {
    let answer = fossbilling::wire::Answer::to(error);
    match encoder.encode(&answer.envelope()) {
        Ok(reply) => ApiResponse { retry_after: error.retry_after(), ..ApiResponse::new(answer.status, reply) },
        Err(_) => ApiResponse::without_api(error),
    }
}

/// Returns the requested action if the caller has the permission to call it.
fn authorize<'r>(caller: &Caller, request: &'r RequestState) -> Result<&'r ActionEntry> {
    let name = request.action.as_deref().ok_or(Error::NoAction)?;
    if let Some(Err(missing)) = request.fossbilling.as_ref().map(|call| &call.method) {
        return Err(missing.error());
    }
    let entry = request.entry.as_deref().ok_or_else(|| Error::UnknownAction(name.to_lowercase()))?;
    if caller.may_call_for(entry.audience, entry.target()) {
        Ok(entry)
    } else {
        Err(Error::NotPermitted(entry.name.to_lowercase()))
    }
}

/// Returns the parameters with which a call is run again that failed because a column lacks some characters of a text: old
/// tables have no emoji, for example. A text is then kept without them, and a filter matches nothing, or what was kept so.
/// Only filters do without all characters beyond ASCII, because little would be left of a text.
fn fitting_parameters(error: &Error, entry: &ActionEntry, parameters: &Parameters) -> Option<Parameters> {
    match error {
        Error::Database(error) if database::errors::is_unfit_text(error) => {
            let for_filters = || if entry.access == Access::Read { parameters.in_ascii() } else { None };
            let fitting = parameters.in_three_bytes().or_else(for_filters)?;
            warn!(%error, action = &*entry.name, "characters that a column lacks are replaced");
            Some(fitting)
        }
        _ => None,
    }
}

/// Turns a database error that a parameter's value most likely caused into a refusal.
fn refuse_invalid_value(error: Error) -> Error {
    match error {
        Error::Database(error) if database::errors::is_schema_mismatch(&error) => {
            error!(%error, "the database does not fit an action: `whmcs-api doctor` reports what is missing");
            Error::SchemaMismatch
        }
        Error::Database(error) if database::errors::is_invalid_value(&error) => {
            warn!(%error, "a value did not fit its column");
            Error::Refused("A value is too large, too long or has characters that the database cannot hold")
        }
        other => other,
    }
}

/// Returns a random back-off of up to 2, 4, 8 and so on milliseconds, but at most `max_ms`. It is random so that calls
/// which conflicted do not conflict again.
fn backoff(attempt: u32, max_ms: u64) -> Result<Duration> {
    let longest = 2_u64.saturating_pow(attempt).min(max_ms);
    let random = getrandom::u64().map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
    Ok(Duration::from_millis(random % (longest + 1)))
}
