//! Agents over streamable HTTP.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, Request, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;

use super::connection::CALL;
use super::{Agents, Connection, Handler};
use crate::api::Api;
use crate::error::Error;

/// The header in which an agent repeats what the answer to `initialize` has given it.
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
/// Maximum length of an agent's name in that header, in bytes.
const NAME_BYTES: usize = 90;

/// What answers the requests at `/mcp`.
pub struct HttpAgents {
    api: Arc<Api>,
    service: StreamableHttpService<Handler, NeverSessionManager>,
}

impl HttpAgents {
    pub fn new(api: Arc<Api>) -> HttpAgents {
        let agents = Arc::new(Agents::new(Arc::clone(&api)));
        // Each request is served by itself, as any other call is. A browser's page may not send any: it could only be one
        // that has found this server by a name of its own.
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_sse_keep_alive(None)
            .disable_allowed_hosts()
            .enforce_origin_validation()
            .with_max_request_body_bytes(usize::MAX);
        let handler = move || Ok(Handler { agents: Arc::clone(&agents), own: None });
        HttpAgents { api, service: StreamableHttpService::new(handler, Arc::default(), config) }
    }

    /// Answers one request, whose body has been read. It is an error if its sender is not let in.
    pub async fn answer(
        &self,
        mut request: Request<Bytes>,
        mut connection: Connection,
    ) -> Result<Response<Body>, Arc<Error>> {
        let message = Message::read(request.body());
        let introduced = message.introduced();
        let known = message.client().or_else(|| request.headers().get(SESSION).and_then(name_in));
        if let Some((name, version)) = known {
            connection = connection.named(&name, &version);
        }
        let method = message.method.as_deref().unwrap_or(request.method().as_str());
        let admitted = connection.admit(&self.api, method).await;
        // Who calls a tool more often than permitted is told so by its result, which an agent reads.
        if let Err(error) = &admitted
            && !(method == CALL && matches!(**error, Error::RateLimited { .. }))
        {
            return Err(Arc::clone(error));
        }
        connection.admitted = Some(admitted);
        request.extensions_mut().insert(Arc::new(connection));
        let mut response = self.service.handle(request.map(Body::from)).await.map(Body::new);
        if response.status().is_success()
            && let Some(session) = introduced.and_then(|(name, version)| session(&name, &version))
        {
            response.headers_mut().insert(SESSION, session);
        }
        Ok(response)
    }
}

/// What this server reads of a message before the SDK does.
#[derive(Default, Deserialize)]
struct Message {
    method: Option<String>,
    #[serde(default)]
    params: Params,
}

#[derive(Default, Deserialize)]
struct Params {
    #[serde(rename = "clientInfo")]
    client: Option<Client>,
    #[serde(rename = "_meta", default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(rename = "io.modelcontextprotocol/clientInfo")]
    client: Option<Client>,
}

#[derive(Deserialize)]
struct Client {
    name: String,
    #[serde(default)]
    version: String,
}

impl Message {
    /// One that is no such message says nothing.
    fn read(body: &[u8]) -> Message {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// The name and version of the agent in `initialize`. Later requests do not contain them, so the agent gets a session id that
    /// does: it is all that a session of this server consists of, and survives its restart.
    fn introduced(&self) -> Option<(String, String)> {
        let client = self.params.client.as_ref().filter(|_| self.method.as_deref() == Some("initialize"))?;
        Some((client.name.clone(), client.version.clone()))
    }

    /// The name and version of the agent, if the message has them.
    fn client(&self) -> Option<(String, String)> {
        let said = self.params.meta.client.as_ref().filter(|client| !client.name.is_empty());
        self.introduced().or_else(|| said.map(|client| (client.name.clone(), client.version.clone())))
    }
}

fn session(name: &str, version: &str) -> Option<HeaderValue> {
    let text = format!("{name}\n{version}");
    let end = (0..=text.len().min(NAME_BYTES)).rev().find(|end| text.is_char_boundary(*end))?;
    let id = getrandom::u64().ok()?;
    HeaderValue::from_str(&format!("{id:016x}-{}", BASE64.encode(&text[..end]))).ok()
}

fn name_in(session: &HeaderValue) -> Option<(String, String)> {
    let (_, name) = session.to_str().ok()?.split_once('-')?;
    let text = String::from_utf8(BASE64.decode(name).ok()?).ok()?;
    let (name, version) = text.split_once('\n').unwrap_or((&text, ""));
    let clean = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    Some((clean(name), clean(version)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_the_name_of_the_agent() {
        let message =
            br#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"clientInfo":{"name":"desk","version":"2"}}}"#;
        let (name, version) = Message::read(message).introduced().unwrap();
        let session = session(&name, &version).unwrap();
        assert_eq!(name_in(&session), Some(("desk".to_owned(), "2".to_owned())));
        for other in ["", "no", "0-!", "0-////"] {
            assert_eq!(name_in(&HeaderValue::from_str(other).unwrap()), None, "{other}");
        }
        let newer = br#"{"method":"ping","params":{"_meta":{"io.modelcontextprotocol/clientInfo":{"name":"newer"}}}}"#;
        assert_eq!(Message::read(newer).client(), Some(("newer".to_owned(), String::new())));
        for other in [&br#"{"method":"ping"}"#[..], b"", b"[]", br#"{"method":5}"#] {
            assert_eq!(Message::read(other).client(), None);
        }
    }
}
