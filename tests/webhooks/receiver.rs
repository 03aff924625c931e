//! A receiver of webhooks on a port of its own, with statuses that the test scripts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use whmcs_api::endpoint::signature;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub id: String,
    pub timestamp: String,
    pub signatures: String,
    pub text: String,
}

impl Received {
    pub fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The name of the event.
    pub fn name(&self) -> String {
        self.body()["type"].as_str().unwrap().to_owned()
    }

    pub fn sequence(&self) -> i64 {
        self.body()["sequence"].as_i64().unwrap()
    }

    /// The number of signatures, and whether one is by this secret.
    pub fn is_signed_by(&self, secret: &str) -> (usize, bool) {
        let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let expected = signature(&key, &self.id, &self.timestamp, &self.text);
        let signatures: Vec<&str> = self.signatures.split(' ').collect();
        (signatures.len(), signatures.contains(&&*expected))
    }
}

#[derive(Clone, Default)]
pub struct Receiver {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
    /// What the answer to the next request waits for.
    hold: Arc<Mutex<Option<oneshot::Receiver<()>>>>,
}

impl Receiver {
    /// Starts a receiver that answers with 204 unless scripted otherwise.
    pub async fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Receiver { url, ..Receiver::default() };
        let router = Router::new().fallback(answer).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub fn answer(&self, statuses: impl IntoIterator<Item = u16>) {
        self.statuses.lock().unwrap().extend(statuses);
    }

    /// Holds the answer to the next request back until something is sent.
    pub fn hold(&self) -> oneshot::Sender<()> {
        let (release, held) = oneshot::channel();
        *self.hold.lock().unwrap() = Some(held);
        release
    }

    /// Returns the number of requests since [`Receiver::received`].
    pub fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    /// Returns what came since the last call of this function.
    pub fn received(&self) -> Vec<Received> {
        std::mem::take(&mut self.received.lock().unwrap())
    }
}

async fn answer(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    text: String,
) -> (StatusCode, [(&'static str, HeaderValue); 1], &'static str) {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    receiver.received.lock().unwrap().push(Received {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signatures: header("webhook-signature"),
        text,
    });
    let held = receiver.hold.lock().unwrap().take();
    if let Some(held) = held {
        let _ = held.await;
    }
    let status = receiver.statuses.lock().unwrap().pop_front().unwrap_or(204);
    let elsewhere = HeaderValue::from_str(&receiver.url).unwrap();
    let body = if status == 503 { "geschlo\u{df}en \u{1f634}" } else { "" };
    (StatusCode::from_u16(status).unwrap(), [("location", elsewhere)], body)
}
