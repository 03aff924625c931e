//! A WHMCS that a server passes calls to, on a port of its own: either with answers that the test scripts, byte for byte, or
//! another server whose answers are recorded.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;
use whmcs_api::config;

/// An answer of the upstream.
#[derive(Debug, Clone)]
pub enum UpstreamAnswer {
    /// These bytes, after which the connection is closed.
    Bytes(Vec<u8>),
    /// No answer, for longer than any server waits.
    Nothing,
}

impl UpstreamAnswer {
    /// An answer with a status and further header lines.
    pub fn new(status: u16, headers: &str, body: &str) -> UpstreamAnswer {
        let length = body.len();
        let text = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
        UpstreamAnswer::Bytes(text.into_bytes())
    }

    pub fn json(status: u16, body: &str) -> UpstreamAnswer {
        UpstreamAnswer::new(status, "Content-Type: application/json\r\n", body)
    }
}

/// A request as the upstream received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOn {
    /// The request line and the headers.
    pub head: String,
    pub body: Vec<u8>,
}

impl PassedOn {
    /// The value of a header, whose name is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find(|(sent, _)| sent.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }
}

/// An upstream with scripted answers.
#[derive(Clone)]
pub struct ScriptedUpstream {
    pub url: String,
    received: Arc<Mutex<Vec<PassedOn>>>,
    answers: Arc<Mutex<VecDeque<UpstreamAnswer>>>,
}

impl ScriptedUpstream {
    /// Starts an upstream that answers with a success unless scripted otherwise.
    pub async fn start() -> ScriptedUpstream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/billing/includes/api.php", listener.local_addr().unwrap());
        let upstream = ScriptedUpstream { url, received: Arc::default(), answers: Arc::default() };
        let serving = upstream.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.answer(stream).await });
            }
        });
        upstream
    }

    /// Settings that pass what the server lacks to this upstream.
    pub fn settings(&self) -> config::Upstream {
        config::Upstream { url: self.url.clone(), ..config::Upstream::default() }
    }

    /// Scripts the next answers, in order.
    pub fn answer_with(&self, answers: impl IntoIterator<Item = UpstreamAnswer>) {
        self.answers.lock().unwrap().extend(answers);
    }

    /// Returns the requests that were received since the last call of this function.
    pub fn received(&self) -> Vec<PassedOn> {
        std::mem::take(&mut self.received.lock().unwrap())
    }

    async fn answer(&self, mut stream: TcpStream) {
        let Some(request) = read(&mut stream).await else { return };
        self.received.lock().unwrap().push(request);
        let success = || UpstreamAnswer::json(200, r#"{"result":"success"}"#);
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or_else(success);
        match answer {
            UpstreamAnswer::Bytes(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
            }
            UpstreamAnswer::Nothing => std::future::pending().await,
        }
    }
}

/// Reads a request; `None` if the connection ends before.
async fn read(stream: &mut TcpStream) -> Option<PassedOn> {
    let mut bytes = Vec::new();
    loop {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let request = PassedOn { head, body: bytes[end + 4..].to_vec() };
            let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
            if request.body.len() >= length {
                return Some(request);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// A server to which calls are passed, and what it answered last.
#[derive(Clone)]
pub struct RecordedUpstream {
    pub url: String,
    last: Arc<Mutex<Option<Recorded>>>,
}

/// Status, `Content-Type` and body of a response.
pub type Recorded = (u16, String, Bytes);

impl RecordedUpstream {
    pub async fn start(router: Router) -> RecordedUpstream {
        let last = Arc::default();
        let recording = Router::new().fallback(record).with_state((router, Arc::clone(&last)));
        RecordedUpstream { url: listen(recording).await, last }
    }

    /// What was answered since the last call of this function.
    pub fn answered(&self) -> Option<Recorded> {
        self.last.lock().unwrap().take()
    }
}

type Recording = (Router, Arc<Mutex<Option<Recorded>>>);

async fn record(State((router, last)): State<Recording>, request: Request) -> Response<Body> {
    let (head, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let content_type = head.headers["content-type"].to_str().unwrap().to_owned();
    *last.lock().unwrap() = Some((head.status.as_u16(), content_type, body.clone()));
    Response::from_parts(head, Body::from(body))
}

/// Serves a router on a port of its own, and returns the URL of its API.
pub async fn listen(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/includes/api.php", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}
