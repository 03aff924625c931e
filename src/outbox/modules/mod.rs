//! Provisioning modules: what creates, suspends and ends services, at HTTP endpoints of the operator's.
//!
//! The transaction of a call only writes down the command (`store::services::module_calls`). Its module is asked once that is
//! committed, while no lock and no connection is held; what it answers is written by a transaction of its own. What fails is
//! tried again later, by whichever server comes first.

mod commands;
mod endpoint;
mod welcome;

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Result};

pub use commands::ModuleCommands;
pub use endpoint::{Answer, Modules, signature};

/// What a command needs to know beside the service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Arguments {
    /// The service's new password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend_reason: Option<String>,
    /// Whether the client gets the product's welcome mail when the service is there.
    pub sends_welcome: bool,
}

impl Arguments {
    /// As the entry in the outbox keeps them.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Fault::internal)
    }
}
