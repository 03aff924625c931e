//! The parameters of the items to order.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::actions::words::ErrorText;
use crate::actions::words::NOT_AN_AMOUNT;
use crate::actions::words::orders::{ADDON_INVALID, SERVICE_NOT_OWNED};
use crate::database::TEXT_BYTES;
use crate::domain::id::{AddonId, ProductId, ServiceId};
use crate::domain::money::Money;
use crate::domain::order::DomainKind;
use crate::domain::order::name::DomainName;
use crate::domain::order::price::DomainAddons;
use crate::error::{Error, Result, refuse, refuse_as};
use crate::operations::orders::Refusal;
use crate::operations::orders::cart::{CartAddon, CartDomain, CartItem, CartRenewal, CartService};
use crate::param::{Keyed, Nested, OneOrMany, Param, ParamValue, Password};

const PRODUCT_NOT_FOUND: &str = "Product ID Not Found";
const NOT_A_QUANTITY: &str = "Quantity must be a whole number from 1";
const NOT_A_PERIOD: &str = "Registration Period must be 1 to 10 years";
const NAME_BYTES: usize = 255;

/// The products to order.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ServiceParameters {
    /// The products' ids.
    pid: Param<OneOrMany<ProductId>>,
    /// The quantity of each product that allows more than one: that many services, or one service that scales.
    qty: Param<OneOrMany<u32>>,
    /// The services' domains, and the domains to register or transfer.
    domain: Param<OneOrMany<String>>,
    /// `monthly`, `quarterly`, `semiannually`, `annually`, `biennially` or `triennially`; by default, the shortest
    /// cycle on offer. Free and one-time products always get `free` and `onetime`, whatever is sent.
    billingcycle: Param<OneOrMany<String>>,
    /// Values by the ids of the product's custom fields: an array, or base64 of an array serialized by PHP.
    customfields: Param<OneOrMany<Nested>>,
    /// Choices or quantities by the ids of configurable options: an array, or base64 of an array serialized by PHP.
    configoptions: Param<OneOrMany<Nested>>,
    /// The price of one unit for each term, options included; there is no set-up fee.
    priceoverride: Param<OneOrMany<Money>>,
    /// Comma-separated addon ids for each product. The addons need not be among those that the order form offers for
    /// it.
    addons: Param<OneOrMany<String>>,
    /// Comma-separated quantities of the addons.
    addonsqty: Param<OneOrMany<String>>,
    /// The server's host name, which replaces the domain.
    hostname: Param<OneOrMany<String>>,
    /// The prefix of the first name server: `ns1` for `ns1.` and the host name.
    ns1prefix: Param<OneOrMany<String>>,
    ns2prefix: Param<OneOrMany<String>>,
    rootpw: Param<OneOrMany<Password>>,
}

/// The domains to order.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainParameters {
    /// `register` or `transfer`.
    domaintype: Param<OneOrMany<DomainKind>>,
    /// The number of years; by default, one.
    regperiod: Param<OneOrMany<u32>>,
    /// Languages of the domain names. Not supported, so they are rejected.
    idnlanguage: Param<OneOrMany<String>>,
    /// The transfer codes of the domains to transfer.
    eppcode: Param<OneOrMany<String>>,
    dnsmanagement: Param<OneOrMany<bool>>,
    emailforwarding: Param<OneOrMany<bool>>,
    idprotection: Param<OneOrMany<bool>>,
    /// Additional fields of domain extensions. Not supported, so they are rejected.
    domainfields: Param<OneOrMany<Nested>>,
    /// The price of the first period of each domain, including all domain addons.
    domainpriceoverride: Param<OneOrMany<Money>>,
    /// The price of later periods of each domain, including all domain addons.
    domainrenewoverride: Param<OneOrMany<Money>>,
    /// The client's domains to renew: numbers of years by domain name.
    domainrenewals: Param<Keyed<u32>>,
}

/// Addons to order for existing services of the client.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddonParameters {
    /// The id of an addon.
    addonid: Param<AddonId>,
    /// The quantity; by default, one.
    addonidqty: Param<u32>,
    /// The id of the service that the addon is for.
    serviceid: Param<ServiceId>,
    /// The ids of further addons, in parallel arrays.
    addonids: Param<OneOrMany<AddonId>>,
    addonidsqty: Param<OneOrMany<u32>>,
    serviceids: Param<OneOrMany<ServiceId>>,
}

/// Decodes all items: addons for existing services, renewals, and then the products and domains, which belong together
/// by their index in the parallel arrays.
pub fn read(services: ServiceParameters, domains: DomainParameters, addons: AddonParameters) -> Result<Vec<CartItem>> {
    let mut items = addons.read()?;
    items.extend(renewals(domains.domainrenewals.clone())?);
    let indexes: BTreeSet<u32> = indexes(&services.pid).chain(indexes(&domains.domaintype)).collect();
    if indexes.is_empty() && items.is_empty() {
        return Err(match (&services.pid, &domains.domaintype) {
            (Param::Malformed(_), _) if services.pid.is_sent() => Error::Refused(PRODUCT_NOT_FOUND),
            (_, Param::Malformed(_)) => Error::Refused(NOT_A_KIND),
            _ => Refusal::EmptyCart.error(),
        });
    }
    let arrays = ParallelArrays { of: "pid or domaintype", indexes: &indexes };
    let names = arrays.texts(services.domain.clone(), "domain", NAME_BYTES)?;
    let mut services = services.read(arrays, &names)?;
    let mut domains = domains.read(arrays, &names)?;
    for index in &indexes {
        items.extend(services.remove(index).map(CartItem::Service));
        items.extend(domains.remove(index).map(CartItem::Domain));
    }
    Ok(items)
}

fn indexes<T>(values: &Param<OneOrMany<T>>) -> impl Iterator<Item = u32> {
    let (one, many) = match values {
        Param::Given(OneOrMany::One(_)) => (Some(0), None),
        Param::Given(OneOrMany::Many(values)) => (None, Some(values.keys().copied())),
        _ => (None, None),
    };
    one.into_iter().chain(many.into_iter().flatten())
}

/// Decodes parallel arrays.
#[derive(Debug, Clone, Copy)]
struct ParallelArrays<'i> {
    /// The parameters that have an entry for each item.
    of: &'static str,
    /// The indexes of the items.
    indexes: &'i BTreeSet<u32>,
}

impl ParallelArrays<'_> {
    /// Decodes an array. A single value is accepted if only one thing is ordered. An index without an item is rejected,
    /// because the item that was meant would lack the value.
    fn read<T: ParamValue>(
        self,
        values: Param<OneOrMany<T>>,
        name: &str,
        malformed: &'static str,
    ) -> Result<BTreeMap<u32, T>> {
        match values.optional(malformed)? {
            None => Ok(BTreeMap::new()),
            Some(OneOrMany::Many(values)) => {
                let is_other = |index: &&u32| !self.indexes.is_empty() && !self.indexes.contains(index);
                match values.keys().find(is_other) {
                    Some(index) => refuse_as("no_such_item", no_such_item(name, *index, self.of)),
                    None => Ok(values),
                }
            }
            Some(OneOrMany::One(value)) if self.indexes.iter().all(|&index| index == 0) => Ok([(0, value)].into()),
            Some(OneOrMany::One(_)) => refuse_as("not_an_array", not_an_array(name)),
        }
    }

    fn texts<T: ParamValue>(
        self,
        values: Param<OneOrMany<T>>,
        name: &str,
        limit: usize,
    ) -> Result<BTreeMap<u32, String>>
    where
        Param<T>: Into<Param<String>>,
    {
        if matches!(values, Param::Malformed(_)) {
            return refuse_as("not_an_array", not_an_array(name));
        }
        let texts = self.read(values, name, "")?.into_iter();
        texts.map(|(index, text)| Ok((index, Param::Given(text).into().text(name, limit)?))).collect()
    }

    /// Decodes values by ids for each index.
    fn by_ids(self, values: Param<OneOrMany<Nested>>, name: &str) -> Result<BTreeMap<u32, BTreeMap<i64, String>>> {
        if matches!(values, Param::Malformed(_)) {
            return refuse_as("not_an_array", not_an_array(name));
        }
        let arrays = self.read(values, name, "")?.into_iter();
        arrays.map(|(index, array)| Ok((index, by_ids(array, name)?))).collect()
    }
}

fn not_an_array(name: &str) -> String {
    format!("Expecting parameter '{name}' to be an array")
}

fn no_such_item(name: &str, index: u32, of: &str) -> String {
    format!("{name}[{index}] belongs to no item: {of} has no entry {index}")
}

fn by_ids(array: Nested, name: &str) -> Result<BTreeMap<i64, String>> {
    let pair = |(id, value): (String, Json)| {
        let value = match Param::<String>::deserialize(value) {
            Ok(Param::Malformed(_)) | Err(_) => None,
            Ok(value) => Some(value.text(name, TEXT_BYTES)),
        };
        match (id.parse(), value) {
            (Ok(id), Some(value)) => Ok((id, value?)),
            _ => refuse_as("malformed_parameter", format!("{name} must be values by ids")),
        }
    };
    array.pairs(name)?.into_iter().map(pair).collect()
}

impl ServiceParameters {
    fn read(self, arrays: ParallelArrays<'_>, domains: &BTreeMap<u32, String>) -> Result<BTreeMap<u32, CartService>> {
        let products = arrays.read(self.pid, "pid", PRODUCT_NOT_FOUND)?;
        let mut quantities = arrays.read(self.qty, "qty", NOT_A_QUANTITY)?;
        let mut cycles = arrays.texts(self.billingcycle, "billingcycle", NAME_BYTES)?;
        let mut fields = arrays.by_ids(self.customfields, "customfields")?;
        let mut options = arrays.by_ids(self.configoptions, "configoptions")?;
        let mut prices = arrays.read(self.priceoverride, "priceoverride", NOT_AN_AMOUNT)?;
        let addons = arrays.texts(self.addons, "addons", TEXT_BYTES)?;
        let addon_quantities = arrays.texts(self.addonsqty, "addonsqty", TEXT_BYTES)?;
        let mut hosts = arrays.texts(self.hostname, "hostname", NAME_BYTES)?;
        let first_prefixes = arrays.texts(self.ns1prefix, "ns1prefix", NAME_BYTES)?;
        let second_prefixes = arrays.texts(self.ns2prefix, "ns2prefix", NAME_BYTES)?;
        let mut passwords = arrays.texts(self.rootpw, "rootpw", NAME_BYTES)?;
        let service = |(index, product)| {
            let domain = hosts.remove(&index).or_else(|| domains.get(&index).cloned()).unwrap_or_default();
            let prefixes = [first_prefixes.get(&index), second_prefixes.get(&index)];
            let service = CartService {
                product,
                quantity: quantity(quantities.remove(&index))?,
                cycle: cycles.remove(&index),
                nameservers: prefixes.map(|prefix| nameserver(prefix, &domain)),
                domain,
                password: passwords.remove(&index).unwrap_or_default(),
                price: price(prices.remove(&index))?,
                options: options.remove(&index).unwrap_or_default(),
                fields: fields.remove(&index).unwrap_or_default(),
                addons: addon_list(addons.get(&index), addon_quantities.get(&index))?,
            };
            Ok((index, service))
        };
        products.into_iter().map(service).collect()
    }
}

fn nameserver(prefix: Option<&String>, host: &str) -> String {
    match prefix {
        Some(prefix) if host.is_empty() => prefix.clone(),
        Some(prefix) => format!("{prefix}.{host}"),
        None => String::new(),
    }
}

fn quantity(sent: Option<u32>) -> Result<u32> {
    match sent.unwrap_or(1) {
        0 => refuse(NOT_A_QUANTITY),
        // The maximum of the column.
        quantity if i32::try_from(quantity).is_err() => refuse(NOT_A_QUANTITY),
        quantity => Ok(quantity),
    }
}

fn price(sent: Option<Money>) -> Result<Option<Money>> {
    if sent.is_some_and(|price| price < Money::ZERO) { refuse(NOT_AN_AMOUNT) } else { Ok(sent) }
}

/// Decodes a comma-separated list of addons and the list of their quantities.
fn addon_list(addons: Option<&String>, quantities: Option<&String>) -> Result<Vec<CartAddon>> {
    let mut quantities = quantities.map(|list| list.split(',')).into_iter().flatten();
    let ids = addons.map(|list| list.split(',')).into_iter().flatten();
    let addon = |(id, sent): (&str, Option<&str>)| {
        let Some(addon) = AddonId::parse(id) else { return refuse(ADDON_INVALID) };
        let sent = match sent {
            None | Some("") => None,
            Some(sent) => Some(u32::parse(sent).ok_or(Error::Refused(NOT_A_QUANTITY))?),
        };
        Ok(CartAddon { addon, quantity: quantity(sent)? })
    };
    let pairs = ids.map(|id| (id.trim(), quantities.next().map(str::trim)));
    pairs.filter(|(id, _)| !AddonId::means_none(id)).map(addon).collect()
}

const NOT_A_KIND: &str = "domaintype can only be register or transfer";

impl DomainParameters {
    fn read(self, arrays: ParallelArrays<'_>, names: &BTreeMap<u32, String>) -> Result<BTreeMap<u32, CartDomain>> {
        let kinds = arrays.read(self.domaintype, "domaintype", NOT_A_KIND)?;
        let periods = arrays.read(self.regperiod, "regperiod", NOT_A_PERIOD)?;
        let mut codes = arrays.texts(self.eppcode, "eppcode", NAME_BYTES)?;
        let flags = |values, name| arrays.read(values, name, "A flag can only be true or false");
        let dns_management = flags(self.dnsmanagement, "dnsmanagement")?;
        let email_forwarding = flags(self.emailforwarding, "emailforwarding")?;
        let id_protection = flags(self.idprotection, "idprotection")?;
        let prices = arrays.read(self.domainpriceoverride, "domainpriceoverride", NOT_AN_AMOUNT)?;
        let renewals = arrays.read(self.domainrenewoverride, "domainrenewoverride", NOT_AN_AMOUNT)?;
        let languages = arrays.texts(self.idnlanguage, "idnlanguage", NAME_BYTES)?;
        let fields = arrays.by_ids_or_names(self.domainfields)?;
        let is_set = |flags: &BTreeMap<u32, bool>, index| flags.get(&index).copied().unwrap_or(false);
        let domain = |(index, kind)| {
            let name = names.get(&index).map(String::as_str).unwrap_or_default();
            let Some(name) = DomainName::parse(name) else {
                return refuse_as("invalid_domain_name", format!("Domain Name is not Valid: {name}"));
            };
            if languages.contains_key(&index) {
                return refuse("idnlanguage is not supported: send the name in its ASCII form");
            }
            if fields.contains(&index) {
                return refuse("domainfields is not supported: this server keeps no fields of extensions");
            }
            let domain = CartDomain {
                name,
                kind,
                years: years(periods.get(&index).copied())?,
                addons: DomainAddons {
                    dns_management: is_set(&dns_management, index),
                    email_forwarding: is_set(&email_forwarding, index),
                    id_protection: is_set(&id_protection, index),
                },
                price: price(prices.get(&index).copied())?,
                renewal_price: price(renewals.get(&index).copied())?,
                transfer_secret: codes.remove(&index).unwrap_or_default(),
            };
            Ok((index, domain))
        };
        kinds.into_iter().map(domain).collect()
    }
}

impl ParallelArrays<'_> {
    /// Returns the indexes with an array that is not empty.
    fn by_ids_or_names(self, values: Param<OneOrMany<Nested>>) -> Result<BTreeSet<u32>> {
        let arrays = self.read(values, "domainfields", "domainfields must be an array")?;
        let is_empty = |array: &Json| match array {
            Json::Object(values) => values.is_empty(),
            Json::Array(values) => values.is_empty(),
            _ => true,
        };
        let mut filled = BTreeSet::new();
        for (index, array) in arrays {
            if !is_empty(&array.array("domainfields")?) {
                filled.insert(index);
            }
        }
        Ok(filled)
    }
}

fn years(sent: Option<u32>) -> Result<u32> {
    let years = sent.unwrap_or(1);
    if (1..=10).contains(&years) { Ok(years) } else { refuse(NOT_A_PERIOD) }
}

fn renewals(sent: Param<Keyed<u32>>) -> Result<Vec<CartItem>> {
    let malformed = match &sent {
        Param::Malformed(text) if text != "a list" => not_an_array("domainrenewals"),
        _ => NOT_A_PERIOD.to_owned(),
    };
    let sent = sent.optional(malformed)?.map(|renewals| renewals.0).unwrap_or_default();
    let renewal =
        |(name, period): (String, u32)| Ok(CartItem::Renewal(CartRenewal { name, years: years(Some(period))? }));
    sent.into_iter().map(renewal).collect()
}

impl AddonParameters {
    fn read(self) -> Result<Vec<CartItem>> {
        let mut items = Vec::new();
        if let Some(addon) = self.addonid.optional(ADDON_INVALID)? {
            let addon = CartAddon { addon, quantity: quantity(self.addonidqty.optional(NOT_A_QUANTITY)?)? };
            items.push(CartItem::Addon { addon, service: self.serviceid.required(SERVICE_NOT_OWNED)? });
        }
        let indexes = indexes(&self.addonids).collect();
        let arrays = ParallelArrays { of: "addonids", indexes: &indexes };
        let addons = arrays.read(self.addonids, "addonids", ADDON_INVALID)?;
        let quantities = arrays.read(self.addonidsqty, "addonidsqty", NOT_A_QUANTITY)?;
        let services = arrays.read(self.serviceids, "serviceids", SERVICE_NOT_OWNED)?;
        for (index, addon) in addons {
            let Some(&service) = services.get(&index) else { return refuse(SERVICE_NOT_OWNED) };
            let addon = CartAddon { addon, quantity: quantity(quantities.get(&index).copied())? };
            items.push(CartItem::Addon { addon, service });
        }
        Ok(items)
    }
}
