//! An agent that speaks the Model Context Protocol, as the versions before 2026-07-28 do.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;
use whmcs_api::config::Settings;

use crate::support::TestApi;

pub const LOGIN: &str = "Bearer TestIdentifier:TestSecret";

/// Settings with which agents are served.
pub fn settings() -> Settings {
    Settings { mcp: true, ..Settings::default() }
}

/// Sends a message, and returns the status, the session id and the answer.
pub async fn send(api: &TestApi, headers: &[(&str, &str)], message: &Value) -> (u16, Option<String>, Value) {
    let mut request = Request::post("/mcp")
        .header("host", "127.0.0.1")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = api.router.clone().oneshot(request.body(Body::from(message.to_string())).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let session = response.headers().get("mcp-session-id").map(|id| id.to_str().unwrap().to_owned());
    let body = to_bytes(response.into_body(), 10 << 20).await.unwrap();
    (status, session, serde_json::from_slice(&body).unwrap_or_default())
}

/// Sends a request with the credential, and returns its result.
pub async fn request(api: &TestApi, method: &str, params: Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let (status, _, answer) = send(api, &[("authorization", LOGIN)], &message).await;
    assert_eq!(status, 200, "{method}: {answer}");
    assert!(answer["error"].is_null(), "{method}: {answer}");
    answer["result"].clone()
}

/// Calls a tool as an agent of the version 2026-07-28 does, with these capabilities, and the answers of a person (`inputs`) to the
/// question with this `state`; returns the result.
pub async fn newer_tool(api: &TestApi, name: &str, arguments: &Value, capabilities: Value, answers: Value) -> Value {
    let mut params = json!({"name": name, "arguments": arguments, "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "newer", "version": "4"},
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    }});
    if !answers.is_null() {
        params["inputResponses"] = answers["inputs"].clone();
        params["requestState"] = answers["state"].clone();
    }
    let headers = [
        ("authorization", LOGIN),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", name),
    ];
    let message = json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": params});
    let (status, _, answer) = send(api, &headers, &message).await;
    assert_eq!(status, 200, "{answer}");
    answer["result"].clone()
}

/// The names of the tools that are listed.
pub async fn tools(api: &TestApi) -> Vec<String> {
    let listed = request(api, "tools/list", json!({})).await;
    listed["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

/// Calls a tool; returns whether it failed, and its text.
pub async fn tool(api: &TestApi, name: &str, arguments: Value) -> (bool, String) {
    let result = request(api, "tools/call", json!({"name": name, "arguments": arguments})).await;
    (result["isError"] == true, result["content"][0]["text"].as_str().unwrap_or_default().to_owned())
}

/// Calls a tool that must succeed, and returns its JSON.
pub async fn reply(api: &TestApi, name: &str, arguments: Value) -> Value {
    let (failed, text) = tool(api, name, arguments).await;
    assert!(!failed, "{name}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{name}: {text}"))
}
