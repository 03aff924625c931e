//! `GetServers`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{ServiceAddonId, ServiceId};
use crate::error::Result;
use crate::param::{Param, ParamValue};
use crate::store;
use crate::store::services::servers::{Server as Stored, ServersFor};

/// Returns the servers on which modules create services, without their credentials. Nobody asks the servers themselves:
/// `status` tells nothing, with `fetchStatus` or without.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GetServers {
    /// Only servers of the module of this service's product that are not disabled.
    service_id: Param<ServiceId>,
    /// The same for an addon.
    addon_id: Param<ServiceAddonId>,
    /// Only echoed: empty unless it is true.
    fetch_status: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetServersReply {
    servers: Vec<Server>,
    fetch_status: String,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Server {
    id: i64,
    name: String,
    hostname: String,
    ipaddress: String,
    /// Whether it is not disabled.
    active: bool,
    /// Number of Active and Suspended services on it.
    active_services: i64,
    /// 0 for no limit.
    max_allowed_services: i64,
    /// Rounded; 0 without a limit.
    percent_used: i64,
    module: String,
    status: Status,
}

/// What WHMCS asks servers for, which this program does not.
#[derive(Debug, JsonSchema, Serialize)]
struct Status {
    http: bool,
    load: &'static str,
    uptime: &'static str,
}

impl Action for GetServers {
    const NAME: &'static str = "GetServers";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"serviceId": 1}"#;
    type Reply = GetServersReply;

    async fn run(self, call: Call<'_>) -> Result<GetServersReply> {
        let wanted = match (self.service_id.filter(), self.addon_id.filter()) {
            (Some(service), _) => ServersFor::Service(service),
            (None, Some(addon)) => ServersFor::Addon(addon),
            (None, None) => ServersFor::Everybody,
        };
        let servers = store::services::servers::list(call.db, wanted).await?;
        let fetch_status = self.fetch_status.lenient().filter(|sent| bool::parse(sent) == Some(true));
        Ok(GetServersReply {
            servers: servers.into_iter().map(Server::from).collect(),
            fetch_status: fetch_status.unwrap_or_default(),
        })
    }
}

impl From<Stored> for Server {
    fn from(server: Stored) -> Server {
        let (services, capacity) = (server.services, server.capacity);
        Server {
            id: server.id,
            name: server.name,
            hostname: server.hostname,
            ipaddress: server.address,
            active: !server.is_disabled,
            active_services: services,
            max_allowed_services: capacity,
            percent_used: if capacity > 0 { (200 * services + capacity) / (2 * capacity) } else { 0 },
            module: server.module,
            status: Status { http: false, load: "", uptime: "" },
        }
    }
}
