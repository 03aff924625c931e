//! Who sends requests, and from where.

use std::sync::Arc;

use serde_json::Map;

use super::replies;
use crate::api::{Admission, AgentStep, Api, ApiRequest};
use crate::error::Error;
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
    /// Whether the request is let in, once that is known.
    pub admitted: Option<Admitted>,
}

/// A request that is let in, or why not.
pub type Admitted = Result<Arc<Admission>, Arc<Error>>;

/// The method of a request that calls a tool.
pub const CALL: &str = "tools/call";

impl Connection {
    /// The same connection, of which the agent has said its name. It is logged as the user agent.
    #[must_use]
    pub fn named(&self, name: &str, version: &str) -> Connection {
        let mut connection = self.clone();
        connection.origin.user_agent = Some(format!("{name}/{version} (MCP)").chars().take(NAME_CHARACTERS).collect());
        connection
    }

    /// Authenticates the sender of a request with this method, which counts.
    pub async fn admit(&self, api: &Arc<Api>, method: &str) -> Admitted {
        let name: String = method.chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS).collect();
        let (mut request, origin) = self.request(&name, Map::new());
        request.agent = Some(if method == CALL { AgentStep::Call } else { AgentStep::Session });
        Ok(Arc::new(api.admit_agent(request, origin).await?))
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
