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
use crate::param::{Param, Password};
use crate::store::orders::order_acceptance::OrderAssignment;

/// Accepts a pending order: sends commands to modules to create its services, and activates the items without a module.
///
/// The order turns Active once every module has created its services. Until then it stays Pending, and a module's error
/// is returned; the command is retried as the setting `module_queue` says, or when the order is accepted again. Domains
/// are registered by the operator: no command is sent to a registrar.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AcceptOrder {
    orderid: Param<OrderId>,
    /// The id of the server for the order's services.
    serverid: Param<ServerId>,
    /// The user name for the order's services.
    serviceusername: Param<String>,
    /// The password for the order's services.
    servicepassword: Param<Password>,
    /// The registrar to store for the order's domains.
    registrar: Param<String>,
    /// Rejected for orders with domains.
    sendregistrar: Param<bool>,
    /// Whether modules create the services; by default, only those of products that are set up automatically at any
    /// time.
    autosetup: Param<bool>,
    /// Sends the products' welcome mails, each once its service has been created.
    sendemail: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AcceptOrderReply {}

impl Action for AcceptOrder {
    const NAME: &'static str = "AcceptOrder";
    const ACCESS: Access = Access::Write;
    const RUNS_MODULES: bool = true;
    const REQUIRED: &[&str] = &["orderid"];
    const EXAMPLE: &'static str = r#"{"orderid": 15}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(NOT_PENDING)];
    type Reply = AcceptOrderReply;

    async fn run(self, call: Call<'_>) -> Result<AcceptOrderReply> {
        let mut context = call.context();
        let order = PendingOrder::lock(&mut context, self.orderid.required(NOT_PENDING)?).await?;
        let acceptance = Acceptance {
            assigned: OrderAssignment {
                server: self.serverid.optional(SERVER_NOT_FOUND)?,
                username: given(self.serviceusername, "serviceusername", TEXT_BYTES)?,
                password: given(self.servicepassword.into(), "servicepassword", MAX_ARGUMENT_BYTES)?,
                registrar: given(self.registrar, "registrar", TEXT_BYTES)?,
            },
            registers_domains: self.sendregistrar.is_set(),
            creates_services: self.autosetup.lenient(),
            sends_welcome: self.sendemail.is_set(),
        };
        accept(context, &order, &acceptance).await?;
        Ok(AcceptOrderReply {})
    }
}

fn given(text: Param<String>, name: &str, limit: usize) -> Result<Option<String>> {
    Ok(Some(text.text(name, limit)?).filter(|text| !text.is_empty()))
}
