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

/// Accepts a pending order: sends commands to modules to create its services and, if that is wanted, to registrars to register
/// and transfer its domains, and activates the other items.
///
/// The order turns Active once all commands have succeeded. Until then it stays Pending, and the error of a module or registrar
/// is returned; a command that was not carried out is sent again when the order is accepted again. If it is not known whether
/// a registrar has done something, the call fails with status 504.
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
    /// The registrar to store for the order's domains; by default, the one that the operator chose for their extension.
    registrar: Param<String>,
    /// Whether registrars register and transfer the order's domains. By default no: they become Active, as if you had
    /// registered them yourself.
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
    const RUNS_REGISTRARS: bool = true;
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
