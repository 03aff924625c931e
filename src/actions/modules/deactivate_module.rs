//! `DeactivateModule`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::module_params::{ModuleParams, UNEXPECTED};
use crate::actions::words::modules::{UNKNOWN_NAME, UNKNOWN_TYPE, of_action};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::Result;
use crate::operations::modules;
use crate::param::Param;

/// Deactivates a payment gateway, a registrar, a fraud check or an endpoint of notifications, and deletes its settings.
///
/// A fraud check is asked about no order then, nor is another one; an endpoint gets no notifications. A registrar that this
/// server's settings name stays active.
///
/// Clients, unpaid invoices, services, addons and domains that are paid through it are then paid through `newGateway`. If
/// that is the gateway itself, they keep its name. Without it, a gateway that is in use is not deactivated.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeactivateModule {
    #[serde(flatten)]
    module: ModuleParams,
    /// The name of the gateway that replaces it.
    #[serde(rename = "newGateway")]
    new_gateway: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeactivateModuleReply {}

const NOT_SUPPORTED: &str = "Module deactivation not supported by module type.";
const FAILED: &str = "Failed to deactivate:";

impl Action for DeactivateModule {
    const NAME: &'static str = "DeactivateModule";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["moduleType", "moduleName"];
    const EXAMPLE: &'static str = r#"{"moduleType": "gateway", "moduleName": "mailin", "newGateway": "banktransfer"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Prefix { text: UNKNOWN_TYPE, code: "invalid_module_type" },
        Exact(UNKNOWN_NAME),
        Exact(NOT_SUPPORTED),
        Prefix { text: FAILED, code: "module_not_active" },
        UNEXPECTED,
    ];
    type Reply = DeactivateModuleReply;

    async fn run(self, call: Call<'_>) -> Result<DeactivateModuleReply> {
        let refused = |error| of_action(error, NOT_SUPPORTED, FAILED);
        let (kind, name) = self.module.read()?;
        let mut context = call.context();
        let module = modules::lock(&mut context, kind, &name).await.map_err(refused)?;
        let new = self.new_gateway.optional("newGateway must be a text")?;
        modules::deactivate(context, &module, new.as_deref()).await.map_err(refused)?;
        Ok(DeactivateModuleReply {})
    }
}
