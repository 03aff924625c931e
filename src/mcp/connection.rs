//! Who sends requests, and from where.

use std::sync::Arc;

use serde_json::Map;

use super::replies;
use crate::api::{AgentRights, AgentStep, Api, ApiRequest};
use crate::error::Result;
use crate::observability::api_log::Origin;
use crate::redaction::Hidden;
use crate::wire::{ApiStyle, Parameters};

/// Maximum length of an agent's name in the log.
const NAME_CHARACTERS: usize = 120;

/// The sender of requests: its credential, and where it is.
#[derive(Clone)]
pub struct Connection {
    /// Identifier and secret.
    pub login: Option<(String, String)>,
    /// The token that was sent instead of them.
    pub token: Option<String>,
    /// What the request carries as secrets, which no log may contain.
    pub secrets: Vec<String>,
    pub origin: Origin,
    /// What the sender may do, if that was asked for this request already.
    pub known_rights: Option<Arc<AgentRights>>,
}

impl Connection {
    /// The same connection, of which the agent has said its name. It is logged as the user agent.
    #[must_use]
    pub fn named(&self, name: &str, version: &str) -> Connection {
        let mut connection = self.clone();
        connection.origin.user_agent = Some(format!("{name}/{version} (MCP)").chars().take(NAME_CHARACTERS).collect());
        connection
    }

    /// What the sender may do. `request` is what it has sent to learn it.
    pub async fn rights(&self, api: &Arc<Api>, request: &str) -> Result<Arc<AgentRights>> {
        match &self.known_rights {
            Some(rights) => Ok(Arc::clone(rights)),
            None => Ok(Arc::new(self.admit(api, request, AgentStep::Session).await?)),
        }
    }

    /// Authenticates the sender of a request, which counts and is recorded as a call unless it goes on to make one.
    pub async fn admit(&self, api: &Arc<Api>, request: &str, step: AgentStep) -> Result<AgentRights> {
        let name: String = request.chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS).collect();
        let (mut request, origin) = self.request(&name, Map::new());
        request.agent = Some(step);
        api.admit_agent(request, origin).await
    }

    /// A call of an action, with the parameters that an agent has sent.
    pub fn request(&self, action: &str, arguments: Map<String, serde_json::Value>) -> (ApiRequest, Origin) {
        let mut parameters = Parameters::default();
        parameters.values = replies::without_marks(arguments);
        let hidden = Hidden::sent_in(&parameters.values, self.secrets.iter().map(String::as_str));
        // An agent has no other credential than that of its connection.
        for name in crate::wire::COMMON.iter().filter(|name| **name != "idempotencykey" && **name != "action") {
            parameters.values.shift_remove(*name);
        }
        parameters.values.extend(self.credential().values);
        let mut origin = self.origin.clone();
        origin.redact(&hidden);
        let request = ApiRequest {
            token: self.token.clone(),
            ..ApiRequest::new(Some(action.to_owned()), parameters, ApiStyle::Modern, hidden)
        };
        (request, origin)
    }

    fn credential(&self) -> Parameters {
        let mut parameters = Parameters::default();
        if let Some((identifier, secret)) = &self.login {
            parameters.values.insert("identifier".to_owned(), identifier.as_str().into());
            parameters.values.insert("secret".to_owned(), secret.as_str().into());
        }
        parameters
    }
}
