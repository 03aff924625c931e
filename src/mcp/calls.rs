//! Calls of tools: what an agent asks for is called, and its reply or error written for an agent.

use std::sync::Arc;

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Map, Value};

use super::gathering::Gathering;
use super::pipeline::{Outcome, call_action};
use super::{Connection, replies, tools};
use crate::api::{AgentStep, Api, idempotency};

/// Calls a tool.
pub async fn call(
    api: &Arc<Api>,
    connection: &Connection,
    tool: &str,
    arguments: Map<String, Value>,
) -> CallToolResult {
    if let Some(gathering) = Gathering::of(tool) {
        return result(Box::pin(gathering.gather(api, connection, &arguments)).await);
    }
    let step = match tool {
        tools::PLAN => Some(AgentStep::Plan),
        tools::CONFIRM => match arguments.get("digest").and_then(Value::as_str).and_then(digest) {
            Some(digest) => Some(AgentStep::Confirm(digest)),
            None => {
                return result(Outcome::Failed(
                    "`digest` is the digest that `plan` gave. Next: call `plan`.".to_owned(),
                ));
            }
        },
        _ => None,
    };
    let Some(step) = step else { return result(call_action(api, connection, tool, arguments, AgentStep::Call).await) };
    let Some(action) = arguments.get("action").and_then(Value::as_str) else {
        return result(Outcome::Failed("`action` is missing. Next: name the action, and its `arguments`.".to_owned()));
    };
    let mut inner = arguments.get("arguments").and_then(Value::as_object).cloned().unwrap_or_default();
    match (&step, arguments.get("digest")) {
        // The plan is also the key, so that a confirmation that is repeated is executed once.
        (AgentStep::Confirm(_), Some(digest)) => inner.insert(idempotency::PARAMETER.to_owned(), digest.clone()),
        _ => inner.shift_remove(idempotency::PARAMETER),
    };
    result(call_action(api, connection, action, inner, step).await)
}

fn digest(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    (text.len() == 64 && text.is_ascii()).then_some(())?;
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Writes an outcome for an agent.
pub fn result(outcome: Outcome) -> CallToolResult {
    match outcome {
        Outcome::Reply(reply) => CallToolResult::success(vec![ContentBlock::text(replies::written(reply))]),
        Outcome::Failed(text) => CallToolResult::error(vec![ContentBlock::text(text)]),
    }
}
