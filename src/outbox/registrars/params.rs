//! The parameters of commands and questions, with the names that WHMCS's registrar modules use.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::domain::clients::country::Country;
use crate::domain::clients::phone;
use crate::domain::entities::decoded;
use crate::domain::registrar::transfer_code;
use crate::network;
use crate::store::domains::registrar_params::{StoredParams, Values};

/// A domain as its registrar is told of it.
#[derive(Debug, Clone)]
pub struct Domain {
    stored: StoredParams,
    name: String,
}

impl Domain {
    /// All texts become what somebody typed, without HTML entities.
    pub fn new(stored: StoredParams) -> Domain {
        let text = |text: &str| decoded(text).into_owned();
        let typed = |values: Values| -> Values {
            values.into_iter().map(|(name, value)| (text(&name), text(&value))).collect()
        };
        let stored = StoredParams {
            domain: typed(stored.domain),
            client: typed(stored.client),
            fields: typed(stored.fields),
            ..stored
        };
        let name = value(&stored.domain, "domain").to_lowercase();
        Domain { stored, name }
    }

    /// Whether this is its name, in either form of an international one.
    pub fn is_called(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        name == self.name || network::ascii_host(&self.name).is_some_and(|punycode| name == punycode)
    }

    /// The parameters that all functions get.
    pub fn params(&self, registrar: &str) -> Map<String, Value> {
        let mut params = Map::new();
        let domain = |name: &str| value(&self.stored.domain, name);
        let number = |name: &str| domain(name).parse::<i64>().unwrap_or_default();
        let flag = |name: &str| number(name) != 0;
        let (sld, tld) = split(&self.name);
        let punycode = network::ascii_host(&self.name).unwrap_or_else(|| self.name.clone());
        let (sld_punycode, tld_punycode) = split(&punycode);
        let is_idn = punycode.split('.').any(|label| label.starts_with("xn--"));
        params.extend(object(json!({
            "registrar": registrar,
            "userid": number("userid"),
            "domainid": number("domainid"),
            "domain": self.name,
            "sld": sld,
            "tld": tld,
            "regperiod": number("regperiod"),
            "type": domain("type"),
            "status": domain("status"),
            "expirydate": domain("expirydate"),
            "nextduedate": domain("nextduedate"),
            "dnsmanagement": flag("dnsmanagement"),
            "emailforwarding": flag("emailforwarding"),
            "idprotection": flag("idprotection"),
            "premiumEnabled": flag("is_premium"),
            "is_idn": is_idn,
            "domain_punycode": punycode,
            "sld_punycode": sld_punycode,
            "tld_punycode": tld_punycode,
            "additionalfields": self.stored.fields,
        })));
        let contact = self.contact();
        let of_admin = contact.iter().map(|(name, value)| (format!("admin{name}"), value.clone()));
        params.extend(of_admin.collect::<Vec<_>>());
        params.extend(contact);
        params
    }

    /// The registrant: the client. The same is sent as the administrative contact.
    fn contact(&self) -> Map<String, Value> {
        let client = |name: &str| value(&self.stored.client, name);
        let country = Country::parse(client("country"));
        let phone = phone::format(client("phonenumber"), country);
        object(json!({
            "firstname": client("firstname"),
            "lastname": client("lastname"),
            "fullname": format!("{} {}", client("firstname"), client("lastname")).trim(),
            "companyname": client("companyname"),
            "email": client("email"),
            "address1": client("address1"),
            "address2": client("address2"),
            "city": client("city"),
            "state": client("state"),
            "fullstate": client("state"),
            "postcode": client("postcode"),
            "country": client("country"),
            "countrycode": client("country"),
            "countryname": country.map(|country| country.name).unwrap_or_default(),
            "phonenumber": client("phonenumber"),
            "phonecc": phone.calling_code,
            "fullphonenumber": phone.formatted,
            "tax_id": client("tax_id"),
        }))
    }

    /// The name servers of a new domain, `ns1` to `ns5`: those of the server where hosting was ordered with it, otherwise
    /// those of the order, otherwise these.
    pub fn nameservers(&self, otherwise: &[String]) -> Map<String, Value> {
        let named = |list: Vec<String>| -> Vec<String> {
            list.into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
        };
        let ordered = self.stored.order_nameservers.split(',').map(str::to_owned).collect();
        let candidates = [named(self.stored.hosting_nameservers.clone()), named(ordered), named(otherwise.to_vec())];
        let names = candidates.into_iter().find(|names| !names.is_empty()).unwrap_or_default();
        numbered(&names)
    }

    /// The transfer code that was given with the order, or an empty text.
    pub fn transfer_code(&self) -> String {
        let code = transfer_code(&self.stored.transfer_secrets, &self.name);
        code.map(|code| decoded(code).into_owned()).unwrap_or_default()
    }

    /// The language of an internationalized name as the domain's own field has it, or an empty text.
    pub fn idn_language(&self) -> &str {
        value(&self.stored.fields, "idnLanguage")
    }
}

/// Returns name servers as `ns1` to `ns5`.
pub(super) fn numbered(names: &[String]) -> Map<String, Value> {
    let names = names.iter().take(5).enumerate();
    names.map(|(at, name)| (format!("ns{}", at + 1), Value::from(name.clone()))).collect()
}

/// Returns the contact details to store, by contact and label, as a registrar gets them.
pub(super) fn contact_details(contacts: &BTreeMap<String, Vec<(String, String)>>) -> Value {
    let details = |fields: &Vec<(String, String)>| -> Map<String, Value> {
        fields.iter().map(|(label, value)| (label.clone(), Value::from(value.clone()))).collect()
    };
    contacts.iter().map(|(contact, fields)| (contact.clone(), Value::Object(details(fields)))).collect()
}

fn value<'v>(values: &'v Values, name: &str) -> &'v str {
    values.get(name).map(String::as_str).unwrap_or_default()
}

/// The first label of a name, and the rest.
fn split(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or((name, ""))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
