//! Calls of actions on behalf of an agent.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Connection, advice};
use crate::api::{AgentStep, Api, ApiResponse};

/// What a call came to.
pub enum Outcome {
    Reply(Value),
    /// An error, with what to do next.
    Failed(String),
}

/// Calls an action as an agent does.
pub async fn call_action(
    api: &Arc<Api>,
    connection: &Connection,
    action: &str,
    arguments: Map<String, Value>,
    step: AgentStep,
) -> Outcome {
    let (mut request, origin) = connection.request(action, arguments);
    request.agent = Some(step);
    let response = api.handle(request, origin).await;
    outcome(&response)
}

fn outcome(response: &ApiResponse) -> Outcome {
    let body = response.reply.body.whole();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if response.status == 200 {
        return Outcome::Reply(body);
    }
    Outcome::Failed(advice::failure(response.status, &body, response.retry_after))
}
