//! Elicitation: a person is asked before a plan is carried out, if the agent's program says that it can ask one.
//!
//! The answer comes from that program, not from the model: tool arguments cannot give it. Programs of the protocol's version
//! 2026-07-28 are asked by the answer to `confirm`, over any transport; earlier ones over standard input and output only, because
//! a server without sessions cannot send them a question over HTTP.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use rmcp::RoleServer;
use rmcp::model::{
    BooleanSchema, CallToolRequestParams, ClientCapabilities, ElicitRequest, ElicitRequestParams, ElicitResult,
    ElicitationAction, ElicitationSchema, InputRequest, InputRequiredResult, ProtocolVersion,
};
use rmcp::service::RequestContext;
use serde_json::{Map, Value};

/// The name of the question, and of the only field of its form.
const CONFIRM: &str = "confirm";
/// How long a person may think: not longer than the plan can be confirmed.
const TIME_LIMIT: Duration = Duration::from_secs(290);
/// Maximum length of the arguments that are shown, in characters.
const MAX_ARGUMENTS: usize = 1_500;

/// What a person has said.
pub enum Consent {
    /// Nobody can be asked.
    NotAsked,
    Given,
    Declined,
    /// The agent's program is to ask, and to send the call again with the answer.
    Needed(InputRequiredResult),
}

/// What a person is asked.
pub struct Question {
    text: String,
    /// What the program returns with the answer: an answer to the question about another plan is none to this one. It needs no
    /// signature, as whoever can change it also gives the answer.
    state: String,
}

/// Asks a person whether a plan is carried out. `has_session` tells whether the program at the other end can be sent a question.
pub async fn consent(
    context: &RequestContext<RoleServer>,
    has_session: bool,
    Question { text, state }: Question,
    request: &CallToolRequestParams,
) -> Consent {
    // The SDK names its own capabilities for requests of earlier versions that are served by themselves.
    let capabilities = if has_session { context.client_capabilities() } else { context.meta.client_capabilities() };
    if !capabilities.is_some_and(|capabilities| shows_forms(&capabilities)) {
        return Consent::NotAsked;
    }
    let is_newer = context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
    let is_same = request.request_state.as_ref() == Some(&state);
    let answers = request.input_responses.as_ref().filter(|_| is_same);
    match (answers.and_then(|answers| answers.get(CONFIRM)), form(text)) {
        (Some(answer), _) if is_newer => serde_json::from_value(answer.clone()).map_or(Consent::Declined, said),
        (_, Some(form)) if is_newer => {
            let question = InputRequest::Elicitation(ElicitRequest::new(form));
            let questions = BTreeMap::from([(CONFIRM.to_owned(), question)]);
            Consent::Needed(InputRequiredResult::new(Some(questions), Some(state)))
        }
        (_, Some(form)) if has_session => {
            let asked = context.peer.create_elicitation_with_timeout(form, Some(TIME_LIMIT)).await;
            asked.map_or(Consent::Declined, said)
        }
        _ => Consent::NotAsked,
    }
}

impl Question {
    /// Whether an action is to be called with arguments that the agent wrote, and with what its plan found, which this server knows.
    pub fn new(action: &str, arguments: &Map<String, Value>, planned: &str, digest: &[u8]) -> Question {
        let mut arguments: Vec<_> = arguments.iter().collect();
        arguments.sort_by_key(|(name, value)| (value.to_string().len(), *name));
        let arguments: Vec<String> = arguments.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let arguments = arguments.join(", ");
        let shown: String = arguments.chars().take(MAX_ARGUMENTS).collect();
        let more = match arguments.chars().count().saturating_sub(MAX_ARGUMENTS) {
            0 => String::new(),
            more => format!(" … AND {more} MORE CHARACTERS THAT ARE NOT SHOWN"),
        };
        let text = format!(
            "An agent wants to call {action} in the billing system, with {shown}{more}\n\nBy its plan: {planned}\n\n\
             Is it to be done?"
        );
        Question { text, state: BASE64.encode(digest) }
    }
}

fn shows_forms(capabilities: &ClientCapabilities) -> bool {
    // A program that names neither kind of question shows forms.
    capabilities.elicitation.as_ref().is_some_and(|can| can.form.is_some() || can.url.is_none())
}

fn form(message: String) -> Option<ElicitRequestParams> {
    let yes = |field: BooleanSchema| field.title("Do it").description("Whether it is done as described");
    let schema = ElicitationSchema::builder().required_bool_with(CONFIRM, yes).build().ok()?;
    Some(ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema: schema })
}

fn said(result: ElicitResult) -> Consent {
    let is_checked = result.content.is_some_and(|content| content[CONFIRM] == true);
    match result.action {
        ElicitationAction::Accept if is_checked => Consent::Given,
        _ => Consent::Declined,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_checked_form_is_consent() {
        for (answer, expected) in [
            (json!({"action": "accept", "content": {"confirm": true}}), true),
            (json!({"action": "accept", "content": {"confirm": false}}), false),
            (json!({"action": "accept"}), false),
            (json!({"action": "decline", "content": {"confirm": true}}), false),
            (json!({"action": "cancel"}), false),
        ] {
            let consent = said(serde_json::from_value(answer.clone()).unwrap());
            assert_eq!(matches!(consent, Consent::Given), expected, "{answer}");
        }
    }

    #[test]
    fn programs_say_whether_they_show_forms() {
        for (capabilities, expected) in [
            (json!({}), false),
            (json!({"elicitation": {}}), true),
            (json!({"elicitation": {"form": {}}}), true),
            (json!({"elicitation": {"url": {}}}), false),
            (json!({"elicitation": {"form": {}, "url": {}}}), true),
        ] {
            let read = serde_json::from_value(capabilities.clone()).unwrap();
            assert_eq!(shows_forms(&read), expected, "{capabilities}");
        }
    }
}
