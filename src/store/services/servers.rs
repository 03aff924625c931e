//! The servers on which modules create services (`tblservers`).

use sqlx::{MySqlConnection, QueryBuilder};

use crate::database::values::from_row;
use crate::domain::id::{ServiceAddonId, ServiceId};

/// A server, without its credentials.
#[derive(Debug)]
pub struct Server {
    pub id: i64,
    pub name: String,
    pub hostname: String,
    pub address: String,
    pub is_disabled: bool,
    /// Number of Active and Suspended services on it.
    pub services: i64,
    /// 0 for no limit.
    pub capacity: i64,
    pub module: String,
}

from_row!(Server { id, name, hostname, address, is_disabled, services, capacity, module });

/// Whose module the servers belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServersFor {
    Everybody,
    Service(ServiceId),
    Addon(ServiceAddonId),
}

/// Returns servers by id: all, or those that are not disabled and belong to the module of a service or of an addon.
pub async fn list(db: &mut MySqlConnection, wanted: ServersFor) -> sqlx::Result<Vec<Server>> {
    let mut query = QueryBuilder::new(
        "SELECT CAST(s.id AS SIGNED) AS id, s.name, s.hostname, s.ipaddress AS address, s.disabled <> 0 AS is_disabled, \
                (SELECT COUNT(*) FROM tblhosting h WHERE h.server = s.id AND h.domainstatus IN ('Active', 'Suspended')) \
                  AS services, CAST(s.maxaccounts AS SIGNED) AS capacity, s.type AS module \
         FROM tblservers s",
    );
    match wanted {
        ServersFor::Everybody => {}
        ServersFor::Service(id) => {
            query.push(
                " WHERE s.disabled = 0 AND s.type <> '' AND s.type IN \
                   (SELECT p.servertype FROM tblhosting o JOIN tblproducts p ON p.id = o.packageid WHERE o.id = ",
            );
            query.push_bind(id).push(")");
        }
        ServersFor::Addon(id) => {
            query.push(
                " WHERE s.disabled = 0 AND s.type <> '' AND s.type IN \
                   (SELECT a.module FROM tblhostingaddons o JOIN tbladdons a ON a.id = o.addonid WHERE o.id = ",
            );
            query.push_bind(id).push(")");
        }
    }
    query.push(" ORDER BY s.id");
    query.build_query_as().fetch_all(db).await
}
