//! `GetClientsProducts`.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::paging::Paging;
use crate::actions::words::NOT_A_DATE;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::page::Listed;
use crate::domain::id::{ClientId, ProductId, ServerId, ServiceId};
use crate::domain::money::Money;
use crate::domain::order::options::display_name;
use crate::error::Result;
use crate::keyring::Passwords;
use crate::param::schema;
use crate::param::{Param, UtcTime};
use crate::store;
use crate::store::billing::gateways::DisplayNames;
use crate::store::services::options::{QUANTITY, YES_OR_NO};
use crate::store::services::service::{ServiceFilter, ServiceRow};
use crate::store::services::service_details::{self, ChosenOption, FieldValue, ServiceDetails};

/// Returns a page of the list of services, with custom fields and configurable options.
///
/// Services are sorted by id. Ids and numbers are strings, as in WHMCS. Passwords are returned as they are stored, but
/// empty to callers whose roles only read, unless the setting `access.secret_readers` grants them to everyone.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetClientsProducts {
    #[serde(flatten)]
    paging: Paging,
    /// Only services of this client.
    clientid: Param<ClientId>,
    /// Only the service with this id.
    serviceid: Param<ServiceId>,
    /// Only services of this product.
    pid: Param<ProductId>,
    /// Only services with exactly this domain.
    domain: Param<String>,
    /// Only services with exactly this user name.
    username2: Param<String>,
    /// Only services with this status, in any case: `Pending`, `Active`, `Suspended`, `Terminated`, `Cancelled`, `Fraud` or
    /// `Completed`. WHMCS lacks this parameter.
    status: Param<String>,
    /// Only services on this server; 0 for those on none. WHMCS lacks this parameter.
    serverid: Param<u32>,
    /// Only services that changed at this time or later: `YYYY-MM-DD HH:MM:SS` in UTC, or a day. WHMCS lacks this
    /// parameter.
    #[schemars(with = "schema::DateTime")]
    updatedsince: Param<UtcTime>,
}

/// A page of services, and the filters as they were sent.
#[derive(Debug, JsonSchema, Serialize)]
pub struct GetClientsProductsReply {
    clientid: Option<String>,
    serviceid: Option<String>,
    pid: Option<String>,
    domain: Option<String>,
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    products: Products,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Products {
    product: Vec<Product>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Product {
    id: String,
    qty: String,
    clientid: String,
    orderid: String,
    ordernumber: String,
    pid: String,
    regdate: String,
    name: String,
    translated_name: String,
    groupname: String,
    translated_groupname: String,
    domain: String,
    dedicatedip: String,
    serverid: String,
    servername: String,
    serverip: String,
    serverhostname: String,
    suspensionreason: String,
    firstpaymentamount: Money,
    recurringamount: Money,
    paymentmethod: String,
    paymentmethodname: String,
    billingcycle: String,
    nextduedate: String,
    status: String,
    username: String,
    /// Empty for callers whose roles only read, and if WHMCS has encrypted it (`crypto.mode`).
    password: String,
    subscriptionid: String,
    promoid: String,
    /// `on`, or empty.
    overideautosuspend: &'static str,
    overidesuspenduntil: String,
    ns1: String,
    ns2: String,
    assignedips: String,
    notes: String,
    diskusage: String,
    disklimit: String,
    bwusage: String,
    bwlimit: String,
    lastupdate: String,
    customfields: CustomFields,
    configoptions: ConfigOptions,
}

#[derive(Debug, Default, JsonSchema, Serialize)]
struct CustomFields {
    customfield: Vec<CustomField>,
}

/// Custom fields of a service, including those that only staff see.
#[derive(Debug, JsonSchema, Serialize)]
struct CustomField {
    id: String,
    name: String,
    translated_name: String,
    /// Empty for callers whose roles only read, if the field is a password.
    value: String,
}

#[derive(Debug, Default, JsonSchema, Serialize)]
struct ConfigOptions {
    configoption: Vec<ConfigOption>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct ConfigOption {
    id: String,
    option: String,
    /// `dropdown`, `radio`, `yesno` or `quantity`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name of the choice, or the number of a quantity; 1 for yes and 0 for no.
    value: String,
}

impl Action for GetClientsProducts {
    const NAME: &'static str = "GetClientsProducts";
    const ACCESS: Access = Access::Read;
    const TELLS_SECRETS: bool = true;
    const EXAMPLE: &'static str = r#"{"clientid": 1, "limitnum": 1}"#;
    type Reply = GetClientsProductsReply;

    async fn run(self, call: Call<'_>) -> Result<GetClientsProductsReply> {
        let domain = self.domain.lenient();
        let filter = ServiceFilter {
            client: self.clientid.filter(),
            id: self.serviceid.filter(),
            product: self.pid.filter(),
            domain: domain.clone(),
            username: self.username2.lenient(),
            status: self.status.lenient().map(|status| status.trim().to_owned()),
            server: server(&self.serverid),
            updated_since: self.updatedsince.optional(NOT_A_DATE)?.map(|UtcTime(time)| time),
        };
        let page = self.paging.page();
        let Listed { total, rows: mut listed } = store::services::service::list(call.db, &filter, page).await?;
        let ids = listed.iter().map(|service| service.id);
        let ServiceDetails { mut fields, options, gateways } = match listed.is_empty() {
            true => ServiceDetails::default(),
            false => service_details::read(call.db, ids).await?,
        };
        let passwords = Passwords::new(call.settings.crypto.mode, call.keyring);
        for service in &mut listed {
            let password = passwords.read(&service.password).filter(|_| call.tells_secrets);
            service.password = password.unwrap_or_default();
        }
        if !call.tells_secrets {
            fields.iter_mut().filter(|field| field.is_secret).for_each(|field| field.value.clear());
        }
        let (mut fields, mut options) = (custom_fields(fields), config_options(options));
        let product = |listed: ServiceRow| {
            let id = listed.id.0;
            let customfields = CustomFields { customfield: fields.remove(&id).unwrap_or_default() };
            let configoptions = ConfigOptions { configoption: options.remove(&id).unwrap_or_default() };
            Product::new(listed, &gateways, customfields, configoptions)
        };
        let products: Vec<Product> = listed.into_iter().map(product).collect();
        Ok(GetClientsProductsReply {
            clientid: self.clientid.echo(),
            serviceid: self.serviceid.echo(),
            pid: self.pid.echo(),
            domain,
            totalresults: total,
            startnumber: page.start,
            numreturned: products.len(),
            products: Products { product: products },
        })
    }
}

/// Returns the server to filter by, if one was sent; a malformed id matches no service.
fn server(id: &Param<u32>) -> Option<ServerId> {
    match *id {
        Param::Absent => None,
        Param::Given(id) => Some(ServerId(id.into())),
        Param::Malformed(_) => Some(ServerId(-1)),
    }
}

impl Product {
    fn new(
        listed: ServiceRow,
        gateways: &DisplayNames,
        customfields: CustomFields,
        configoptions: ConfigOptions,
    ) -> Product {
        Product {
            id: listed.id.to_string(),
            qty: listed.quantity.to_string(),
            clientid: listed.client.to_string(),
            orderid: listed.order.to_string(),
            ordernumber: listed.order_number.to_string(),
            pid: listed.product.to_string(),
            regdate: listed.registered,
            translated_name: listed.name.clone(),
            name: listed.name,
            translated_groupname: listed.group.clone(),
            groupname: listed.group,
            domain: listed.domain,
            dedicatedip: listed.dedicated_address,
            serverid: listed.server.to_string(),
            servername: listed.server_name,
            serverip: listed.server_address,
            serverhostname: listed.server_host,
            suspensionreason: listed.suspension_reason,
            firstpaymentamount: listed.first_payment,
            recurringamount: listed.recurring,
            paymentmethodname: gateways.get(&listed.payment_method),
            paymentmethod: listed.payment_method,
            billingcycle: listed.cycle,
            nextduedate: listed.next_due,
            status: listed.status,
            username: listed.username,
            password: listed.password,
            subscriptionid: listed.subscription,
            promoid: listed.promotion.to_string(),
            overideautosuspend: if listed.is_never_suspended { "on" } else { "" },
            overidesuspenduntil: listed.not_suspended_until,
            ns1: listed.nameserver1,
            ns2: listed.nameserver2,
            assignedips: listed.assigned_addresses,
            notes: listed.notes,
            diskusage: listed.disk_usage.to_string(),
            disklimit: listed.disk_limit.to_string(),
            bwusage: listed.bandwidth_usage.to_string(),
            bwlimit: listed.bandwidth_limit.to_string(),
            lastupdate: listed.usage_read_at,
            customfields,
            configoptions,
        }
    }
}

fn custom_fields(values: Vec<FieldValue>) -> HashMap<i64, Vec<CustomField>> {
    let mut by_service: HashMap<_, Vec<_>> = HashMap::new();
    for field in values {
        let name = display_name(&field.name).to_owned();
        by_service.entry(field.service).or_default().push(CustomField {
            id: field.field.to_string(),
            translated_name: name.clone(),
            name,
            value: field.value,
        });
    }
    by_service
}

fn config_options(chosen: Vec<ChosenOption>) -> HashMap<i64, Vec<ConfigOption>> {
    let mut by_service: HashMap<_, Vec<_>> = HashMap::new();
    for option in chosen {
        let (kind, is_counted) = match option.kind.as_str() {
            "2" => ("radio", false),
            YES_OR_NO => ("yesno", true),
            QUANTITY => ("quantity", true),
            _ => ("dropdown", false),
        };
        by_service.entry(option.service).or_default().push(ConfigOption {
            id: option.option.to_string(),
            option: display_name(&option.name).to_owned(),
            kind,
            value: if is_counted { option.quantity.to_string() } else { display_name(&option.choice).to_owned() },
        });
    }
    by_service
}
