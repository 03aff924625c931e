//! Calls of actions on behalf of an agent.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::replies::{self, Words};
use super::{Connection, advice};
use crate::api::{AgentStep, Api, ApiResponse};
use crate::error::Error;
use crate::openapi;

/// What a call came to.
pub enum Outcome {
    /// A reply, in which texts of others are marked.
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
    let is_plan = step == AgentStep::Plan;
    request.agent = Some(step);
    request.is_counted =
        connection.admitted.as_ref().is_some_and(|admitted| admitted.as_ref().is_ok_and(|it| it.begin_call()));
    let response = api.handle(request, origin).await;
    let fields;
    let words = match api.catalogue().find(action) {
        _ if is_plan => Words::Plan,
        Some(entry) if entry.as_custom().is_none() => {
            fields = openapi::reply_fields(entry);
            Words::Action(&fields)
        }
        _ => Words::Unknown,
    };
    outcome(&response, words)
}

/// The outcome of a request that comes to no call.
pub fn rejected(api: &Api, error: &Error) -> Outcome {
    outcome(&api.reject_agent(error), Words::Unknown)
}

fn outcome(response: &ApiResponse, words: Words<'_>) -> Outcome {
    let body = response.reply.body.whole();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if response.status == 200 {
        return Outcome::Reply(replies::marked_reply(body, words));
    }
    Outcome::Failed(advice::failure(response.status, &body, response.retry_after))
}
