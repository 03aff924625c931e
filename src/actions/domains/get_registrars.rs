//! `GetRegistrars`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::Result;
use crate::operations::domains::registrars::{self, ActiveRegistrar};

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
        let active = registrars::active(&mut call.context()).await?;
        Ok(GetRegistrarsReply { registrars: active.into_iter().map(Registrar::from).collect() })
    }
}

impl From<ActiveRegistrar> for Registrar {
    fn from(ActiveRegistrar { name, display_name }: ActiveRegistrar) -> Registrar {
        Registrar { module: name, display_name }
    }
}
