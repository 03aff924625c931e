//! `AcceptOrder`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::orders::NOT_PENDING;
use crate::actions::words::services::SERVER_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{OrderId, ServerId};
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::orders::accept::{Acceptance, PendingOrder, accept};
use crate::operations::services::modules::MAX_ARGUMENT_BYTES;
use crate::param::Param;
use crate::store::orders::accepting::Assigned;

/// Accepts a pending order: has modules create its services, and sets going what no module is asked for.
///
/// The order turns Active when every module has done its part. Until then it stays Pending, and what a module said against
/// it is the error; it is tried again as often as `module_queue` says, or when the order is accepted again. Domains
/// are registered by the operator: no registrar is asked.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AcceptOrder {
    orderid: Param<OrderId>,
    /// The server for its services.
    serverid: Param<ServerId>,
    /// The user name for its services.
    serviceusername: Param<String>,
    /// The password for its services.
    servicepassword: Param<String>,
    /// The registrar of its domains, as stored.
    registrar: Param<String>,
    /// Not for orders with domains.
    sendregistrar: Param<bool>,
    /// Whether modules are asked; by default, where the product is to be set up automatically, whenever that is.
    autosetup: Param<bool>,
    /// Sends the products' welcome mails, each when its service is there.
    sendemail: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {}

impl Action for AcceptOrder {
    const NAME: &'static str = "AcceptOrder";
    const ACCESS: Access = Access::Write;
    const ASKS_MODULES: bool = true;
    const REQUIRED: &[&str] = &["orderid"];
    const EXAMPLE: &'static str = r#"{"orderid": 15}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(NOT_PENDING)];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let mut context = call.context();
        let order = PendingOrder::lock(&mut context, self.orderid.required(NOT_PENDING)?).await?;
        let acceptance = Acceptance {
            assigned: Assigned {
                server: self.serverid.optional(SERVER_NOT_FOUND)?,
                username: given(self.serviceusername, "serviceusername", TEXT_BYTES)?,
                password: given(self.servicepassword, "servicepassword", MAX_ARGUMENT_BYTES)?,
                registrar: given(self.registrar, "registrar", TEXT_BYTES)?,
            },
            registers_domains: self.sendregistrar.is_set(),
            creates_services: self.autosetup.lenient(),
            sends_welcome: self.sendemail.is_set(),
        };
        accept(context, &order, &acceptance).await?;
        Ok(Reply {})
    }
}

fn given(text: Param<String>, name: &str, limit: usize) -> Result<Option<String>> {
    Ok(Some(text.text(name, limit)?).filter(|text| !text.is_empty()))
}
