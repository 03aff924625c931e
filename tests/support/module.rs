//! A provisioning module or a registrar on a port of its own, with responses that the test scripts.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use whmcs_api::config;
use whmcs_api::endpoint::signature;

use super::HANG;

pub const SECRET: &str = "test module secret";

/// A scripted response of a module.
#[derive(Debug, Clone, Copy)]
pub enum ScriptedResponse {
    Json(&'static str),
    Status(u16),
    /// Success, but only once [`Module::speak`] is called.
    YesLater,
    /// This, but only once [`Module::speak`] is called.
    JsonLater(&'static str),
    /// No response, for longer than any client waits.
    Nothing,
}

pub const YES: ScriptedResponse = ScriptedResponse::Json(r#"{"result":"success"}"#);

#[derive(Clone)]
pub struct Module {
    address: String,
    shared: Arc<Shared>,
}

struct Shared {
    asked: Mutex<Vec<Value>>,
    answers: Mutex<VecDeque<ScriptedResponse>>,
    /// The response to what a registrar is asked before a renewal.
    before: Mutex<Option<ScriptedResponse>>,
    at_a_time: AtomicUsize,
    most_at_a_time: AtomicUsize,
    /// One permit for each delayed response that may be sent now.
    may_speak: Semaphore,
}

impl Module {
    /// Starts a module that responds with success unless scripted otherwise.
    pub async fn start() -> Module {
        let shared = Arc::new(Shared {
            asked: Mutex::default(),
            answers: Mutex::default(),
            before: Mutex::default(),
            at_a_time: AtomicUsize::new(0),
            most_at_a_time: AtomicUsize::new(0),
            may_speak: Semaphore::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Module { address, shared }
    }

    pub fn settings(&self) -> config::Endpoint {
        config::Endpoint {
            url: format!("http://{}/module", self.address),
            secret: config::Secret(SECRET.to_owned()),
            timeout_seconds: HANG.as_secs(),
        }
    }

    /// The settings of the same endpoint as a registrar.
    pub fn registrar(&self) -> config::Registrar {
        let config::Endpoint { url, secret, timeout_seconds } = self.settings();
        config::Registrar {
            url,
            secret,
            timeout_seconds,
            idempotent: false,
            on_payment: true,
            nameservers: Vec::new(),
            display_name: String::new(),
        }
    }

    /// The settings of the same endpoint as a payment gateway.
    pub fn gateway(&self) -> config::Gateway {
        let config::Endpoint { url, secret, timeout_seconds } = self.settings();
        config::Gateway { url, secret, timeout_seconds, idempotent: false }
    }

    /// Scripts the next responses, in order.
    pub fn respond_with(&self, answers: impl IntoIterator<Item = ScriptedResponse>) {
        self.shared.answers.lock().unwrap().extend(answers);
    }

    /// Scripts the response to the question before a renewal, until when the domain is registered; by default, the domain expires
    /// when the operator's record says. That question is not among those of [`Module::received`].
    pub fn respond_before_renewals(&self, answer: ScriptedResponse) {
        *self.shared.before.lock().unwrap() = Some(answer);
    }

    /// Discards the scripted responses, so that success is the response again.
    pub fn will_say_what_is_usual(&self) {
        self.shared.answers.lock().unwrap().clear();
    }

    /// Returns the requests that were received since the last call of this function.
    pub fn received(&self) -> Vec<Value> {
        std::mem::take(&mut self.shared.asked.lock().unwrap())
    }

    /// Number of requests that are being handled.
    pub fn in_hand(&self) -> usize {
        self.shared.at_a_time.load(Ordering::SeqCst)
    }

    /// Sends this number of delayed responses.
    pub fn speak(&self, answers: usize) {
        self.shared.may_speak.add_permits(answers);
    }

    /// Maximum number of requests that were handled at the same time.
    pub fn max_concurrent(&self) -> usize {
        self.shared.most_at_a_time.load(Ordering::SeqCst)
    }

    /// Returns the requests received by a registrar, as `function domain`.
    pub fn domain_functions(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let named = |asked: &Value| format!("{} {}", text(&asked["function"]), text(&asked["params"]["domain"]));
        self.received().iter().map(named).collect()
    }

    /// Returns the requests received, as `function service-id`.
    pub fn functions(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let named = |asked: &Value| format!("{} {}", text(&asked["function"]), text(&asked["params"]["serviceid"]));
        self.received().iter().map(named).collect()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let expected = signature(SECRET.as_bytes(), header("webhook-id"), header("webhook-timestamp"), &body);
    if header("webhook-signature") != expected {
        return (StatusCode::UNAUTHORIZED, String::new());
    }
    let asked: Value = serde_json::from_str(&body).unwrap();
    if let Some(id) = asked.get("id") {
        assert_eq!(id, header("webhook-id"));
    }
    if header("webhook-id").starts_with("before-") {
        return say_before(&shared, &asked);
    }
    shared.asked.lock().unwrap().push(asked);
    let in_hand = shared.at_a_time.fetch_add(1, Ordering::SeqCst) + 1;
    shared.most_at_a_time.fetch_max(in_hand, Ordering::SeqCst);
    let answer = say(&shared).await;
    shared.at_a_time.fetch_sub(1, Ordering::SeqCst);
    answer
}

fn say_before(shared: &Shared, asked: &Value) -> (StatusCode, String) {
    let params = &asked["params"];
    match *shared.before.lock().unwrap() {
        None => (StatusCode::OK, json!({"domain": params["domain"], "expiryDate": params["expirydate"]}).to_string()),
        Some(ScriptedResponse::Json(text)) => (StatusCode::OK, text.to_owned()),
        Some(ScriptedResponse::Status(status)) => (StatusCode::from_u16(status).unwrap(), String::new()),
        Some(other) => panic!("{other:?} is not a response before a renewal"),
    }
}

async fn say(shared: &Shared) -> (StatusCode, String) {
    let says = shared.answers.lock().unwrap().pop_front().unwrap_or(YES);
    match says {
        ScriptedResponse::Json(text) => (StatusCode::OK, text.to_owned()),
        ScriptedResponse::Status(status) => (StatusCode::from_u16(status).unwrap(), "<html>Oops</html>".to_owned()),
        ScriptedResponse::YesLater => {
            shared.may_speak.acquire().await.unwrap().forget();
            (StatusCode::OK, r#"{"result":"success"}"#.to_owned())
        }
        ScriptedResponse::JsonLater(text) => {
            shared.may_speak.acquire().await.unwrap().forget();
            (StatusCode::OK, text.to_owned())
        }
        ScriptedResponse::Nothing => std::future::pending().await,
    }
}
