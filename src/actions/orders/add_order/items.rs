//! The parameters of the items to order.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::actions::words::ErrorText;
use crate::actions::words::NOT_AN_AMOUNT;
use crate::actions::words::orders::SERVICE_NOT_OWNED;
use crate::actions::words::services::ADDON_INVALID;
use crate::database::TEXT_BYTES;
use crate::domain::domain_name::DomainName;
use crate::domain::id::{AddonId, ProductId, ServiceId};
use crate::domain::money::Money;
use crate::domain::order::DomainKind;
use crate::domain::order::domain_price::DomainAddons;
use crate::error::{Error, Result, refuse, refuse_as};
use crate::operations::orders::Refusal;
use crate::operations::orders::cart::{CartAddon, CartDomain, CartItem, CartRenewal, CartService};
use crate::param::{CommaSeparated, Field, Keyed, Nested, Param, ParamValue, Password, RowKey};

const PRODUCT_NOT_FOUND: &str = "Product ID Not Found";
const NOT_A_QUANTITY: &str = "Quantity must be a whole number from 1";
const NOT_A_PERIOD: &str = "Registration Period must be 1 to 10 years";
const NAME_BYTES: usize = 255;

/// The products to order.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ServiceParameters {
    /// The products' ids. An entry that is empty or 0 is skipped, with what the other arrays have beside it.
    pid: Param<Field<ProductId>>,
    /// The quantity of each product that allows more than one: that many services, or one service that scales.
    qty: Param<Field<u32>>,
    /// The services' domains, and the domains to register or transfer.
    domain: Param<Field<String>>,
    /// `monthly`, `quarterly`, `semiannually`, `annually`, `biennially` or `triennially`; by default, the shortest
    /// cycle on offer. Free and one-time products always get `free` and `onetime`, whatever is sent.
    billingcycle: Param<Field<String>>,
    /// Values by the ids of the product's custom fields: an array, or base64 of an array serialized by PHP.
    customfields: Param<Field<Nested>>,
    /// Choices or quantities by the ids of configurable options: an array, or base64 of an array serialized by PHP.
    configoptions: Param<Field<Nested>>,
    /// The price of one unit for each term, options included; there is no set-up fee.
    priceoverride: Param<Field<Money>>,
    /// Comma-separated addon ids for each product. The addons need not be among those that the order form offers for
    /// it.
    addons: Param<Field<CommaSeparated>>,
    /// Comma-separated quantities of the addons.
    addonsqty: Param<Field<CommaSeparated>>,
    /// The server's host name, which replaces the domain.
    hostname: Param<Field<String>>,
    /// The prefix of the first name server: `ns1` for `ns1.` and the host name.
    ns1prefix: Param<Field<String>>,
    ns2prefix: Param<Field<String>>,
    rootpw: Param<Field<Password>>,
}

/// The domains to order.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainParameters {
    /// `register` or `transfer`.
    domaintype: Param<Field<DomainKind>>,
    /// The number of years; by default, one.
    regperiod: Param<Field<u32>>,
    /// The languages of internationalized domain names, as the registrar calls them; kept for the registrar.
    idnlanguage: Param<Field<String>>,
    /// The transfer codes of the domains to transfer.
    eppcode: Param<Field<String>>,
    dnsmanagement: Param<Field<bool>>,
    emailforwarding: Param<Field<bool>>,
    idprotection: Param<Field<bool>>,
    /// Values of the additional fields that registries ask for, by the names of the fields, kept for the registrar: an array,
    /// or base64 of an array serialized by PHP. Numbers in place of names are rejected, because this server does not know in
    /// which order an extension has its fields.
    domainfields: Param<Field<Nested>>,
    /// The price of the first period of each domain, including all domain addons.
    domainpriceoverride: Param<Field<Money>>,
    /// The price of later periods of each domain, including all domain addons.
    domainrenewoverride: Param<Field<Money>>,
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
    addonids: Param<Field<AddonId>>,
    addonidsqty: Param<Field<u32>>,
    serviceids: Param<Field<ServiceId>>,
}

/// Decodes all items: addons for existing services, renewals, and then the products and domains, which belong together
/// by their keys in the parallel arrays.
pub fn read(services: ServiceParameters, domains: DomainParameters, addons: AddonParameters) -> Result<Vec<CartItem>> {
    let mut items = addons.read()?;
    items.extend(renewals(domains.domainrenewals.clone())?);
    let rows = Rows::of("pid or domaintype", &services.pid).and(&domains.domaintype);
    if rows.filled.is_empty() && items.is_empty() {
        return Err(Refusal::EmptyCart.error());
    }
    let names = rows.texts(services.domain.clone(), "domain", NAME_BYTES)?;
    let mut services = services.read(&rows, &names)?;
    let mut domains = domains.read(&rows, &names)?;
    for key in &rows.filled {
        items.extend(services.remove(key).map(CartItem::Service));
        items.extend(domains.remove(key).map(CartItem::Domain));
    }
    Ok(items)
}

/// The rows of parallel arrays, each of which is an item to order.
#[derive(Debug)]
struct Rows {
    /// The parameters that have an entry for each item.
    of: &'static str,
    filled: BTreeSet<RowKey>,
    /// The rows whose entry is empty or 0. They are no items, whatever the other arrays have there.
    skipped: BTreeSet<RowKey>,
}

impl Rows {
    fn of<T: ParamValue + Clone>(name: &'static str, values: &Param<Field<T>>) -> Rows {
        Rows { of: name, filled: BTreeSet::new(), skipped: BTreeSet::new() }.and(values)
    }

    /// Adds the rows of another array.
    fn and<T: ParamValue + Clone>(mut self, values: &Param<Field<T>>) -> Rows {
        if values.is_single() && values.is_sent() {
            self.filled.insert(RowKey::Number(0));
        }
        self.filled.extend(values.filled_keys().cloned());
        self.skipped.extend(values.keys().cloned());
        self.skipped.retain(|key| !self.filled.contains(key));
        self
    }

    /// Decodes an array. A single value is accepted if only one thing is ordered. An entry without an item is rejected,
    /// because the item that was meant would lack it.
    fn read<T: ParamValue>(
        &self,
        values: Param<Field<T>>,
        name: &str,
        malformed: &'static str,
    ) -> Result<BTreeMap<RowKey, T>> {
        self.read_or(values, name, || Error::Refused(malformed))
    }

    /// As [`read`](Rows::read), with this error for a malformed value.
    fn read_or<T: ParamValue>(
        &self,
        values: Param<Field<T>>,
        name: &str,
        malformed: impl Fn() -> Error,
    ) -> Result<BTreeMap<RowKey, T>> {
        if self.filled.is_empty() || !values.is_sent() {
            return Ok(BTreeMap::new());
        }
        let values = match values {
            Param::Given(Field::ByKey(values)) => values,
            Param::Given(Field::Same(value)) if self.filled.iter().all(|key| *key == RowKey::Number(0)) => {
                return Ok([(RowKey::Number(0), value)].into());
            }
            Param::Given(Field::Same(_)) => return refuse_as("not_an_array", not_an_array(name)),
            Param::Absent | Param::Malformed(_) => return Err(malformed()),
        };
        let mut read = BTreeMap::new();
        for (key, value) in values {
            match value {
                _ if self.skipped.contains(&key) => {}
                value if !value.is_sent() => {}
                _ if !self.filled.contains(&key) => {
                    return refuse_as("no_such_item", no_such_item(name, &key, self.of));
                }
                Param::Given(value) => {
                    read.insert(key, value);
                }
                Param::Absent | Param::Malformed(_) => return Err(malformed()),
            }
        }
        Ok(read)
    }

    fn texts<T: ParamValue>(
        &self,
        values: Param<Field<T>>,
        name: &str,
        limit: usize,
    ) -> Result<BTreeMap<RowKey, String>>
    where
        Param<T>: Into<Param<String>>,
    {
        let texts = self.read_or(values, name, || malformed_array(name))?.into_iter();
        texts.map(|(key, text)| Ok((key, Param::Given(text).into().text(name, limit)?))).collect()
    }

    /// Decodes values by ids for each row.
    fn by_ids(&self, values: Param<Field<Nested>>, name: &str) -> Result<BTreeMap<RowKey, BTreeMap<i64, String>>> {
        let arrays = self.read_or(values, name, || malformed_array(name))?.into_iter();
        arrays.map(|(key, array)| Ok((key, by_ids(array, name)?))).collect()
    }

    /// Decodes additional fields of domains for each row.
    fn by_names(&self, values: Param<Field<Nested>>, name: &str) -> Result<BTreeMap<RowKey, BTreeMap<String, String>>> {
        let arrays = self.read_or(values, name, || malformed_array(name))?.into_iter();
        arrays.map(|(key, array)| Ok((key, by_names(array, name)?))).collect()
    }
}

fn malformed_array(name: &str) -> Error {
    Error::RefusedAs { code: "not_an_array", message: not_an_array(name) }
}

fn not_an_array(name: &str) -> String {
    format!("Expecting parameter '{name}' to be an array")
}

fn no_such_item(name: &str, key: &RowKey, of: &str) -> String {
    format!("{name}[{key}] belongs to no item: {of} has no entry {key}")
}

/// Decodes values by the names of fields; empty ones count as not sent.
fn by_names(array: Nested, name: &str) -> Result<BTreeMap<String, String>> {
    let mut fields = BTreeMap::new();
    for (field, value) in array.pairs(name)? {
        let value = Param::<String>::deserialize(value).unwrap_or_default().text(name, TEXT_BYTES)?;
        if value.is_empty() {
            continue;
        }
        let field = field.trim();
        if field.is_empty() || field.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("{name} must be values by the names of fields, not by numbers");
            return refuse_as("malformed_parameter", message);
        }
        fields.insert(field.to_owned(), value);
    }
    Ok(fields)
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
    fn read(self, rows: &Rows, domains: &BTreeMap<RowKey, String>) -> Result<BTreeMap<RowKey, CartService>> {
        let products = rows.read(self.pid, "pid", PRODUCT_NOT_FOUND)?;
        let mut quantities = rows.read(self.qty, "qty", NOT_A_QUANTITY)?;
        let mut cycles = rows.texts(self.billingcycle, "billingcycle", NAME_BYTES)?;
        let mut fields = rows.by_ids(self.customfields, "customfields")?;
        let mut options = rows.by_ids(self.configoptions, "configoptions")?;
        let mut prices = rows.read(self.priceoverride, "priceoverride", NOT_AN_AMOUNT)?;
        let addons = rows.texts(self.addons, "addons", TEXT_BYTES)?;
        let addon_quantities = rows.texts(self.addonsqty, "addonsqty", TEXT_BYTES)?;
        let mut hosts = rows.texts(self.hostname, "hostname", NAME_BYTES)?;
        let first_prefixes = rows.texts(self.ns1prefix, "ns1prefix", NAME_BYTES)?;
        let second_prefixes = rows.texts(self.ns2prefix, "ns2prefix", NAME_BYTES)?;
        let mut passwords = rows.texts(self.rootpw, "rootpw", NAME_BYTES)?;
        let service = |(key, product)| {
            let domain = hosts.remove(&key).or_else(|| domains.get(&key).cloned()).unwrap_or_default();
            let prefixes = [first_prefixes.get(&key), second_prefixes.get(&key)];
            let service = CartService {
                product,
                quantity: quantity(quantities.remove(&key))?,
                cycle: cycles.remove(&key),
                nameservers: prefixes.map(|prefix| nameserver(prefix, &domain)),
                domain,
                password: passwords.remove(&key).unwrap_or_default(),
                price: price(prices.remove(&key))?,
                options: options.remove(&key).unwrap_or_default(),
                fields: fields.remove(&key).unwrap_or_default(),
                addons: addon_list(addons.get(&key), addon_quantities.get(&key))?,
            };
            Ok((key, service))
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

/// The additional field in which the language of a domain's name is kept. WHMCS has it among these fields, too; under which
/// name is not public.
const IDN_LANGUAGE: &str = "idnLanguage";
const NOT_A_KIND: &str = "domaintype can only be register or transfer";

impl DomainParameters {
    fn read(self, rows: &Rows, names: &BTreeMap<RowKey, String>) -> Result<BTreeMap<RowKey, CartDomain>> {
        let kinds = rows.read(self.domaintype, "domaintype", NOT_A_KIND)?;
        let periods = rows.read(self.regperiod, "regperiod", NOT_A_PERIOD)?;
        let mut codes = rows.texts(self.eppcode, "eppcode", NAME_BYTES)?;
        let flags = |values, name| rows.read(values, name, "A flag can only be true or false");
        let dns_management = flags(self.dnsmanagement, "dnsmanagement")?;
        let email_forwarding = flags(self.emailforwarding, "emailforwarding")?;
        let id_protection = flags(self.idprotection, "idprotection")?;
        let prices = rows.read(self.domainpriceoverride, "domainpriceoverride", NOT_AN_AMOUNT)?;
        let renewals = rows.read(self.domainrenewoverride, "domainrenewoverride", NOT_AN_AMOUNT)?;
        let mut languages = rows.texts(self.idnlanguage, "idnlanguage", NAME_BYTES)?;
        let mut fields = rows.by_names(self.domainfields, "domainfields")?;
        let is_set = |flags: &BTreeMap<RowKey, bool>, key: &RowKey| flags.get(key).copied().unwrap_or(false);
        let domain = |(key, kind)| {
            let name = names.get(&key).map(String::as_str).unwrap_or_default();
            let Some(name) = DomainName::parse(name) else {
                return refuse_as("invalid_domain_name", format!("Domain Name is not Valid: {name}"));
            };
            let mut fields = fields.remove(&key).unwrap_or_default();
            fields.extend(languages.remove(&key).map(|language| (IDN_LANGUAGE.to_owned(), language)));
            let domain = CartDomain {
                name,
                kind,
                years: years(periods.get(&key).copied())?,
                addons: DomainAddons {
                    dns_management: is_set(&dns_management, &key),
                    email_forwarding: is_set(&email_forwarding, &key),
                    id_protection: is_set(&id_protection, &key),
                },
                price: price(prices.get(&key).copied())?,
                renewal_price: price(renewals.get(&key).copied())?,
                transfer_secret: codes.remove(&key).unwrap_or_default(),
                fields,
            };
            Ok((key, domain))
        };
        kinds.into_iter().map(domain).collect()
    }
}

fn years(sent: Option<u32>) -> Result<u32> {
    let years = sent.unwrap_or(1);
    if (1..=10).contains(&years) { Ok(years) } else { refuse(NOT_A_PERIOD) }
}

fn renewals(sent: Param<Keyed<u32>>) -> Result<Vec<CartItem>> {
    let malformed = if sent.is_single() { not_an_array("domainrenewals") } else { NOT_A_PERIOD.to_owned() };
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
        let rows = Rows::of("addonids", &self.addonids);
        let addons = rows.read(self.addonids, "addonids", ADDON_INVALID)?;
        let quantities = rows.read(self.addonidsqty, "addonidsqty", NOT_A_QUANTITY)?;
        let services = rows.read(self.serviceids, "serviceids", SERVICE_NOT_OWNED)?;
        for (key, addon) in addons {
            let Some(&service) = services.get(&key) else { return refuse(SERVICE_NOT_OWNED) };
            let addon = CartAddon { addon, quantity: quantity(quantities.get(&key).copied())? };
            items.push(CartItem::Addon { addon, service });
        }
        Ok(items)
    }
}
