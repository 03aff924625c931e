//! `AcceptOrder`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::services::module_command::{BUSY, MOST_ARGUMENT_BYTES, require_set_up, write};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::database::writer::Subject;
use crate::domain::id::{OrderId, ServerId};
use crate::domain::module::Command;
use crate::error::{Error, Result, refuse};
use crate::outbox::modules::Arguments;
use crate::param::Param;
use crate::store;
use crate::store::orders::accepting::Assigned;
use crate::store::services::provisioning::Service;

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
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        const NOT_PENDING: &str = "Order ID not found or Status not Pending";
        let id = self.orderid.required(NOT_PENDING)?;
        let client = store::orders::accepting::client(call.db, id).await?.ok_or(Error::Refused(NOT_PENDING))?;
        store::clients::client::lock(call.db, client).await?;
        let Some(order) = store::orders::accepting::lock_pending(call.db, id).await? else {
            return refuse(NOT_PENDING);
        };
        if self.sendregistrar.is_set() && order.has_domains {
            return refuse("No registrar can be asked: leave out sendregistrar, and register the domains yourself");
        }
        let server = self.serverid.optional(NO_SERVER)?;
        if let Some(server) = server
            && !store::orders::accepting::server_exists(call.db, server).await?
        {
            return refuse(NO_SERVER);
        }
        let assigned = Assigned {
            server,
            username: given(self.serviceusername, "serviceusername", TEXT_BYTES)?,
            password: given(self.servicepassword, "servicepassword", MOST_ARGUMENT_BYTES)?,
            registrar: given(self.registrar, "registrar", TEXT_BYTES)?,
        };
        let services = store::services::provisioning::of_order(call.db, id).await?;
        let pending = services.into_iter().filter(|service| service.status == "Pending");
        let (asked, others): (Vec<_>, Vec<_>) = pending.partition(|service| is_set_up(service, &self.autosetup));
        asked.iter().try_for_each(|service| require_set_up(call.modules, service))?;

        let arguments = Arguments { sends_welcome: self.sendemail.is_set(), ..Arguments::default() };
        let mut books = call.write(Subject::Client(client)).await?;
        store::orders::accepting::assign(&mut books, id, &assigned).await?;
        if !store::services::module_calls::withdraw(&mut books, id).await? {
            return refuse(BUSY);
        }
        for service in &asked {
            write(&mut books, service, Some(id), Command::Create, &arguments).await?;
        }
        for service in &others {
            store::services::provisioning::activate(&mut books, service.id).await?;
        }
        store::services::provisioning::accept_order(&mut books, id).await?;
        store::system::activity::log(&mut books, Some(client), &format!("Order Accepted - Order ID: {id}")).await?;
        Ok(Reply {})
    }
}

const NO_SERVER: &str = "Server ID Not Found";

fn is_set_up(service: &Service, autosetup: &Param<bool>) -> bool {
    let is_wanted = match autosetup {
        Param::Given(is_wanted) => *is_wanted,
        _ => !service.auto_setup.is_empty(),
    };
    is_wanted && !service.module.is_empty()
}

fn given(text: Param<String>, name: &str, limit: usize) -> Result<Option<String>> {
    Ok(Some(text.text(name, limit)?).filter(|text| !text.is_empty()))
}
