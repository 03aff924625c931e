//! `GetRegistrars`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::Result;
use crate::operations::domains::registration::active_registrars;

/// Returns the active registrars: those in this server's settings, and those that WHMCS has active.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetRegistrars {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetRegistrarsReply {
    registrars: Vec<Registrar>,
}

/// A registrar. WHMCS documents no keys: `module` is what a published client reads.
#[derive(Debug, JsonSchema, Serialize)]
struct Registrar {
    /// The value for the parameter `registrar` of other actions.
    module: String,
    display_name: String,
}

impl Action for GetRegistrars {
    const NAME: &'static str = "GetRegistrars";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = GetRegistrarsReply;

    async fn run(self, call: Call<'_>) -> Result<GetRegistrarsReply> {
        let registrars = active_registrars(call.context()).await?;
        let registrars = registrars.into_iter().map(|(module, display_name)| Registrar { module, display_name });
        Ok(GetRegistrarsReply { registrars: registrars.collect() })
    }
}
