//! Fault injection for testing API clients: errors, delays, hanging and broken connections. A layer around the router
//! of `demo`; `serve` does not have it. Injected faults are named in the response header `X-Fault` and in the log.

mod rule;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use hyper::body::Frame;
use tokio::time::{Sleep, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::reading::{classic, modern};
use super::{Route, header, respond, web};
use crate::actions::Catalogue;
use crate::api::{ApiRequest, ApiResponse};
use crate::config::{Compat, Settings};
use crate::domain::random::Random;
use crate::error::{Error, Result, status_of_refusal};
use crate::wire::{Encoder, Parameters};

pub use rule::{Failure, Rule};

const FAULT: HeaderName = HeaderName::from_static("x-fault");
/// How long a hanging call hangs: longer than any client waits.
const HANG: Duration = Duration::from_mins(10);
/// Time for the sent part of a broken response to leave the socket.
const FLUSH: Duration = Duration::from_millis(50);
/// The error code of injected errors.
const CODE: &str = "fault";

pub struct Faults {
    catalogue: Catalogue,
    rules: Vec<CountedRule>,
    seed: u64,
    compat: Arc<Compat>,
    request_bytes: usize,
    body_time: Duration,
    stopping: CancellationToken,
}

struct CountedRule {
    rule: Rule,
    /// Number of calls that matched this rule so far.
    matched: AtomicU64,
    /// Number of calls into which the fault was injected.
    injected: AtomicU64,
}

/// The faults that are injected into one call.
struct Injection<'f> {
    latency: Duration,
    failure: Option<&'f Rule>,
    /// The description for the header and the log.
    description: String,
}

impl Faults {
    /// Creates the fault injection. The same seed and sequence of calls always give the same faults. Returns an error
    /// if a rule names an unknown action.
    pub fn new(rules: Vec<Rule>, seed: u64, settings: &Settings) -> Result<Arc<Faults>, String> {
        let catalogue = Catalogue::of(settings).map_err(|error| error.to_string())?;
        rules.iter().try_for_each(|rule| rule.check_action(&catalogue))?;
        let counted = |rule| CountedRule { rule, matched: AtomicU64::new(0), injected: AtomicU64::new(0) };
        Ok(Arc::new(Faults {
            catalogue,
            rules: rules.into_iter().map(counted).collect(),
            seed,
            compat: Arc::new(settings.compat.clone()),
            request_bytes: settings.limits.request_bytes,
            body_time: Duration::from_secs(settings.limits.body_seconds),
            stopping: CancellationToken::new(),
        }))
    }

    /// Wraps a router in the fault layer.
    pub fn wrap(self: Arc<Self>, router: Router) -> Router {
        if self.rules.is_empty() { router } else { router.layer(from_fn_with_state(self, inject)) }
    }

    /// Ends hanging calls, so that the server can stop.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// Decides the faults of the next call of this action: the sum of all latencies and at most one failure.
    fn next_injection(&self, action: Option<&str>) -> Option<Injection<'_>> {
        let mut injection = Injection { latency: Duration::ZERO, failure: None, description: String::new() };
        for (number, counted) in (0..).zip(&self.rules) {
            let rule = &counted.rule;
            if !rule.matches(action) || (rule.failure.is_some() && injection.failure.is_some()) {
                continue;
            }
            let call = counted.matched.fetch_add(1, Ordering::Relaxed);
            let random = Random::nth(Random::nth(self.seed, number).draw(), call);
            let Some(latency) = rule.draw(random) else { continue };
            if rule.max_times.is_some_and(|times| counted.injected.fetch_add(1, Ordering::Relaxed) >= times) {
                continue;
            }
            injection.latency += latency;
            injection.failure = injection.failure.or(rule.failure.is_some().then_some(rule));
            injection.description = if injection.description.is_empty() {
                rule.text.clone()
            } else {
                format!("{}; {}", injection.description, rule.text)
            };
        }
        (!injection.description.is_empty()).then_some(injection)
    }

    /// Waits for this time, or until the server stops.
    async fn pause(&self, time: Duration) {
        let _ = timeout(time, self.stopping.cancelled()).await;
    }

    /// Parses a request to find its action, and rebuilds it for the router.
    async fn read(&self, request: Request, route: &Route) -> Result<(ApiRequest, Request)> {
        let (head, body) = request.into_parts();
        let body = timeout(self.body_time, to_bytes(body, self.request_bytes)).await.map_err(|_| Error::TooSlow)?;
        let body = body.map_err(|_| Error::TooLarge { limit: self.request_bytes })?;
        let request = Request::from_parts(head, Body::from(body.clone()));
        let query = request.uri().query().unwrap_or_default();
        let parameters = Parameters::decode(query, header(&request, &CONTENT_TYPE), &body).await.unwrap_or_default();
        let api_request = match route {
            Route::Modern { action } => modern(action, parameters, ""),
            _ => classic(&self.catalogue, parameters, route.accepts_json()),
        };
        Ok((api_request, request))
    }

    async fn fail(&self, failure: &Failure, api_request: &ApiRequest, reply: Option<Response<Body>>) -> Response<Body> {
        match failure {
            Failure::Status(status) => html_error_page(*status),
            Failure::Error(message) => self.error_response(message, api_request),
            Failure::Drop => broken_response(Response::default(), Bytes::new()),
            Failure::Hang => {
                self.pause(HANG).await;
                broken_response(Response::default(), Bytes::new())
            }
            Failure::Cut => truncated(reply.unwrap_or_default()).await,
        }
    }

    fn error_response(&self, message: &str, api_request: &ApiRequest) -> Response<Body> {
        let encoder = Encoder::of(&api_request.parameters, api_request.style, Arc::clone(&self.compat));
        let encoder = encoder.for_action(api_request.action.as_deref());
        let status = if encoder.is_modern() { status_of_refusal(CODE) } else { 200 };
        let response = match encoder.failure(message, CODE, status, None) {
            Ok(reply) => ApiResponse::new(status, reply),
            Err(error) => ApiResponse::without_api(&Error::Internal(error.to_string().into())),
        };
        respond(response, None)
    }
}

async fn inject(State(faults): State<Arc<Faults>>, request: Request, next: Next) -> Response<Body> {
    let route = Route::of(&request, false, false);
    if let Route::File(_) | Route::NotFound = route {
        return next.run(request).await;
    }
    let (api_request, request) = match faults.read(request, &route).await {
        Ok(read) => read,
        Err(error) => return respond(ApiResponse::without_api(&error), None),
    };
    let Some(injection) = faults.next_injection(api_request.action.as_deref()) else { return next.run(request).await };
    warn!(fault = injection.description, action = api_request.action, "a fault was injected into a call");
    faults.pause(injection.latency).await;
    let is_executed = injection.failure.is_none_or(|rule| rule.fails_after_execution);
    let reply = if is_executed { Some(next.run(request).await) } else { None };
    let mut response = match injection.failure.and_then(|rule| rule.failure.as_ref()) {
        Some(failure) => faults.fail(failure, &api_request, reply).await,
        None => reply.unwrap_or_default(),
    };
    let visible = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    if let Ok(description) = HeaderValue::from_str(&injection.description.chars().map(visible).collect::<String>()) {
        response.headers_mut().insert(FAULT, description);
    }
    response
}

/// An HTML error page as a web server or proxy sends it, without a `result`.
fn html_error_page(status: StatusCode) -> Response<Body> {
    let body = format!("<html><body><h1>{status}</h1></body></html>\n");
    web::respond(status, [(CONTENT_TYPE, HeaderValue::from_static("text/html"))], body)
}

/// The first half of a response, with the Content-Length of the whole.
async fn truncated(reply: Response<Body>) -> Response<Body> {
    let (head, body) = reply.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut response = Response::from_parts(head, Body::empty());
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    broken_response(response, body.slice(..body.len() / 2))
}

fn broken_response(response: Response<Body>, sent: Bytes) -> Response<Body> {
    response.map(|_| Body::new(BrokenBody { flush: (!sent.is_empty()).then(|| Box::pin(sleep(FLUSH))), sent }))
}

/// A body that ends with an error after `sent`. If `sent` is empty, not even the head of the response is sent.
struct BrokenBody {
    sent: Bytes,
    flush: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for BrokenBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if !self.sent.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.sent)))));
        }
        if let Some(flush) = &mut self.flush {
            ready!(flush.as_mut().poll(context));
        }
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rules: &[&str], seed: u64) -> Arc<Faults> {
        Faults::new(rules.iter().map(|rule| rule.parse().unwrap()).collect(), seed, &Settings::default()).unwrap()
    }

    #[test]
    fn a_rule_for_an_unknown_action_is_rejected() {
        let rule = "action=AddMoney,drop".parse().unwrap();
        let refused = Faults::new(vec![rule], 1, &Settings::default()).err().unwrap();
        assert!(refused.contains("unknown action \"AddMoney\""), "{refused}");
    }

    #[test]
    fn a_call_gets_all_latencies_and_one_failure() {
        let faults = faults(&["latency=1s", "action=AddCredit,drop,times=1", "status=500,latency=2s"], 1);
        let next = |action| {
            faults
                .next_injection(Some(action))
                .map(|injection| (injection.latency.as_secs(), injection.description))
                .unwrap()
        };
        assert_eq!(next("AddCredit"), (1, "latency=1s; action=AddCredit,drop,times=1".to_owned()));
        assert_eq!(next("addcredit"), (3, "latency=1s; status=500,latency=2s".to_owned()));
        assert_eq!(next("GetCredits").0, 3);
    }

    #[test]
    fn calls_of_other_actions_do_not_change_the_injections() {
        let injection = |seed, others: usize| {
            let faults = faults(&["action=AddCredit,drop,rate=0.5", "action=GetStats,drop"], seed);
            let mut call = |_| {
                (0..others).for_each(|_| assert!(faults.next_injection(Some("GetStats")).is_some()));
                faults.next_injection(Some("AddCredit")).is_some()
            };
            (0..64).map(&mut call).collect::<Vec<bool>>()
        };
        assert_eq!(injection(1, 0), injection(1, 3));
        assert_ne!(injection(1, 0), injection(2, 0));
    }
}
