//! Provisioning modules: HTTP endpoints of the operator that create, suspend and terminate services.
//!
//! The transaction of a call only stores the command (`store::services::module_calls`). The module is called after the
//! commit, while no lock and no connection is held; its answer is stored in a transaction of its own. A failed command
//! is retried later, by any server.

mod commands;
mod endpoint;
mod service_mail;

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Result};

pub use commands::{ModuleCommands, backoff};
pub use endpoint::{ModuleResponse, Modules};
pub use service_mail::draft as service_mail;

/// The arguments of a command, apart from the service's own fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Arguments {
    /// The service's new password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend_reason: Option<String>,
    /// The function of the module, for [`Command::Custom`](crate::domain::module::Command::Custom).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Whether the client gets the product's welcome mail once the service is active.
    pub sends_welcome: bool,
    /// The name of the template of another mail that the client gets once the module has executed the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// The service's status after that; by default, that of the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Whether the service's addons end with it, and its unpaid invoices are cancelled that are for nothing else.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ends_all: bool,
    /// Whether it was asked for because the service is not paid, so that a payment withdraws it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_for_lateness: bool,
}

impl Arguments {
    /// The arguments as stored in the outbox.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Fault::internal)
    }
}
