//! `GetClientsAddons`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::actions::words::NOT_A_DATE;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{ClientId, ServiceId};
use crate::domain::money::Money;
use crate::error::Result;
use crate::param::schema;
use crate::param::{List, Param, ParamValue, UtcTime};
use crate::store;
use crate::store::billing::gateways::DisplayNames;
use crate::store::services::addons::{ServiceAddonFilter, ServiceAddonRow, name};

/// Returns the addons of services, without paging, sorted by id. Ids and numbers are strings, as documented.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetClientsAddons {
    /// Only addons of this service, or of several, separated by commas.
    #[schemars(with = "schema::Ids")]
    serviceid: Param<ServiceIds>,
    /// Only addons of this client.
    clientid: Param<ClientId>,
    /// Only addons with this id in `tbladdons`; 0 for addons without a row there, which staff described in words.
    addonid: Param<u32>,
    /// Only addons that changed at or after this time in UTC: `YYYY-MM-DD HH:MM:SS`, or a day. WHMCS lacks this
    /// parameter.
    #[schemars(with = "schema::DateTime")]
    updatedsince: Param<UtcTime>,
}

/// Service ids of a filter. Malformed ids in a list are ignored.
#[derive(Debug)]
struct ServiceIds(Vec<ServiceId>);

impl ParamValue for ServiceIds {
    fn parse(text: &str) -> Option<Self> {
        let ids: Vec<_> = text.split(',').filter_map(|id| ServiceId::parse(id.trim())).collect();
        (!ids.is_empty()).then_some(ServiceIds(ids))
    }

    fn from_list(list: Json) -> Option<Self> {
        let List(lists) = List::<ServiceIds>::from_list(list)?;
        Some(ServiceIds(lists.into_iter().flat_map(|ids| ids.0).collect()))
    }
}

impl fmt::Display for ServiceIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<String> = self.0.iter().map(ServiceId::to_string).collect();
        f.write_str(&ids.join(","))
    }
}

/// The addons, and the filters as they were sent.
#[derive(Debug, JsonSchema, Serialize)]
pub struct GetClientsAddonsReply {
    serviceid: Option<String>,
    clientid: Option<String>,
    totalresults: usize,
    addons: Addons,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Addons {
    addon: Vec<Addon>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Addon {
    id: String,
    qty: String,
    userid: String,
    orderid: String,
    serviceid: String,
    addonid: String,
    name: String,
    setupfee: Money,
    recurring: Money,
    billingcycle: String,
    tax: String,
    status: String,
    regdate: String,
    nextduedate: String,
    nextinvoicedate: String,
    paymentmethod: String,
    paymentmethodname: String,
    notes: String,
}

impl Action for GetClientsAddons {
    const NAME: &'static str = "GetClientsAddons";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"clientid": 2}"#;
    type Reply = GetClientsAddonsReply;

    async fn run(self, call: Call<'_>) -> Result<GetClientsAddonsReply> {
        let serviceid = self.serviceid.echo();
        let filter = ServiceAddonFilter {
            services: match self.serviceid {
                Param::Malformed(_) => Some(Vec::new()),
                services => services.lenient().map(|ids| ids.0),
            },
            client: self.clientid.filter(),
            predefined: match self.addonid {
                Param::Malformed(_) => Some(-1),
                addon => addon.lenient().map(i64::from),
            },
            updated_since: self.updatedsince.optional(NOT_A_DATE)?.map(|UtcTime(time)| time),
        };
        let listed = store::services::addons::list(call.db, &filter).await?;
        let gateways = store::billing::gateways::display_names(call.db).await?;
        Ok(GetClientsAddonsReply {
            serviceid,
            clientid: self.clientid.echo(),
            totalresults: listed.len(),
            addons: Addons { addon: listed.into_iter().map(|addon| Addon::new(addon, &gateways)).collect() },
        })
    }
}

impl Addon {
    fn new(listed: ServiceAddonRow, gateways: &DisplayNames) -> Addon {
        Addon {
            id: listed.id.to_string(),
            qty: listed.quantity.to_string(),
            userid: listed.client.to_string(),
            orderid: listed.order.to_string(),
            serviceid: listed.service.to_string(),
            addonid: listed.predefined.to_string(),
            name: name(listed.name, listed.predefined_name),
            setupfee: listed.setup_fee,
            recurring: listed.recurring,
            billingcycle: listed.cycle,
            tax: listed.tax,
            status: listed.status,
            regdate: listed.registered,
            nextduedate: listed.next_due,
            nextinvoicedate: listed.next_invoice,
            paymentmethodname: gateways.get(&listed.payment_method),
            paymentmethod: listed.payment_method,
            notes: listed.notes,
        }
    }
}
