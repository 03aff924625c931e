//! Calls of tools: what an agent asks for is called, and its reply or error written for an agent.

use std::sync::Arc;

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Map, Value};

use super::elicitation::Question;
use super::gathering::Gathering;
use super::pipeline::{Outcome, call_action};
use super::{Connection, replies, tools};
use crate::api::{AgentRights, AgentStep, Api, idempotency};

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
        tools::CONFIRM => match digest_in(&arguments) {
            Some(digest) => Some(AgentStep::Confirm(digest)),
            None => return failed("`digest` is the digest that `plan` gave. Next: call `plan`."),
        },
        _ => None,
    };
    let Some(step) = step else { return result(call_action(api, connection, tool, arguments, AgentStep::Call).await) };
    let Some(action) = arguments.get("action").and_then(Value::as_str) else {
        return failed("`action` is missing. Next: name the action, and its `arguments`.");
    };
    let mut inner = arguments.get("arguments").and_then(Value::as_object).cloned().unwrap_or_default();
    match (&step, arguments.get("digest")) {
        // The plan is also the key, so that a confirmation that is repeated is executed once.
        (AgentStep::Confirm(_), Some(digest)) => inner.insert(idempotency::PARAMETER.to_owned(), digest.clone()),
        _ => inner.shift_remove(idempotency::PARAMETER),
    };
    result(call_action(api, connection, action, inner, step).await)
}

/// The result of a call that comes to no action.
pub fn failed(why: &str) -> CallToolResult {
    result(Outcome::Failed(why.to_owned()))
}

/// What a person is asked before a plan is confirmed; `None` if this agent has no such plan. Nobody can be asked about one that
/// cannot be read, so that it must not be confirmed then.
pub async fn question(
    api: &Arc<Api>,
    rights: &AgentRights,
    arguments: &Map<String, Value>,
) -> crate::error::Result<Option<Question>> {
    let (Some(digest), Some(action)) = (digest_in(arguments), arguments.get("action").and_then(Value::as_str)) else {
        return Ok(None);
    };
    let inner = arguments.get("arguments").and_then(Value::as_object).cloned().unwrap_or_default();
    let summary = api.plan_summary(rights, &digest).await?;
    Ok(summary.map(|summary| Question::new(action, &inner, &summary, &digest)))
}

/// The digest of the plan that is to be confirmed.
fn digest_in(arguments: &Map<String, Value>) -> Option<[u8; 32]> {
    let text = arguments.get("digest")?.as_str()?;
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
