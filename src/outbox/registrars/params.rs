//! The parameters of commands and questions, with the names that WHMCS's registrar modules use.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::report::Nameservers;
use crate::domain::clients::country::Country;
use crate::domain::clients::phone;
use crate::domain::domain_name::DomainName;
use crate::domain::domains::registrar::transfer_code;
use crate::domain::entities::decoded;
use crate::store::domains::registrar_params::{StoredParams, Values};

/// A domain as it is described to its registrar.
#[derive(Debug, Clone)]
pub struct Domain {
    stored: StoredParams,
    name: String,
    /// The name as DNS and registries have it, and as people read it.
    ascii: String,
    unicode: String,
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
        let (ascii, unicode) = match DomainName::parse(&name) {
            Some(parsed) => (parsed.ascii().to_owned(), parsed.unicode()),
            None => (name.clone(), name.clone()),
        };
        Domain { stored, name, ascii, unicode }
    }

    /// Whether the registry asks a price of its own for the name.
    pub fn is_premium(&self) -> bool {
        !matches!(value(&self.stored.domain, "is_premium"), "" | "0")
    }

    /// Whether this is its name, in either form of an international one.
    pub fn is_called(&self, name: &str) -> bool {
        name.to_lowercase() == self.name || DomainName::parse(name).is_some_and(|name| name.ascii() == self.ascii)
    }

    /// The parameters that all functions get.
    pub fn params(&self, registrar: &str) -> Map<String, Value> {
        let mut params = Map::new();
        let domain = |name: &str| value(&self.stored.domain, name);
        let number = |name: &str| domain(name).parse::<i64>().unwrap_or_default();
        let flag = |name: &str| number(name) != 0;
        let (sld, tld) = split(&self.name);
        let (sld_punycode, tld_punycode) = split(&self.ascii);
        let is_idn = self.ascii.split('.').any(|label| label.starts_with("xn--"));
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
            "premiumEnabled": false,
            "is_idn": is_idn,
            "domain_unicode": self.unicode,
            "domain_punycode": self.ascii,
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
        let mut names = names.into_iter();
        numbered(&std::array::from_fn(|_| names.next()))
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

/// Returns name servers as `ns1` to `ns5`, those that are set.
pub(super) fn numbered(names: &Nameservers) -> Map<String, Value> {
    let names = names.iter().enumerate();
    names.filter_map(|(at, name)| Some((format!("ns{}", at + 1), Value::from(name.clone()?)))).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(name: &str) -> Domain {
        let stored = Values::from_iter([("domain".to_owned(), name.to_owned())]);
        Domain::new(StoredParams { domain: stored, ..StoredParams::default() })
    }

    #[test]
    fn an_international_name_is_sent_in_both_forms() {
        for (stored, name, sld, tld, unicode, punycode, is_idn) in [
            ("Example.CO.UK", "example.co.uk", "example", "co.uk", "example.co.uk", "example.co.uk", false),
            ("müller.de", "müller.de", "müller", "de", "müller.de", "xn--mller-kva.de", true),
            ("MÜLLER.de", "müller.de", "müller", "de", "müller.de", "xn--mller-kva.de", true),
            ("xn--mller-kva.de", "xn--mller-kva.de", "xn--mller-kva", "de", "müller.de", "xn--mller-kva.de", true),
            ("例え.テスト", "例え.テスト", "例え", "テスト", "例え.テスト", "xn--r8jz45g.xn--zckzah", true),
            // What is no name is sent as it is.
            ("a_b.com", "a_b.com", "a_b", "com", "a_b.com", "a_b.com", false),
            ("x.com/y?z", "x.com/y?z", "x", "com/y?z", "x.com/y?z", "x.com/y?z", false),
        ] {
            let params = domain(stored).params("enom");
            let (sld_punycode, tld_punycode) = punycode.split_once('.').unwrap();
            for (param, value) in [
                ("domain", json!(name)),
                ("sld", json!(sld)),
                ("tld", json!(tld)),
                ("domain_unicode", json!(unicode)),
                ("domain_punycode", json!(punycode)),
                ("sld_punycode", json!(sld_punycode)),
                ("tld_punycode", json!(tld_punycode)),
                ("is_idn", json!(is_idn)),
            ] {
                assert_eq!(params[param], value, "{stored} {param}");
            }
        }
    }

    #[test]
    fn a_name_is_recognized_in_both_forms() {
        for (stored, name, is_called) in [
            ("müller.de", "xn--mller-kva.de", true),
            ("xn--mller-kva.de", "MÜLLER.de", true),
            ("mine.com", "MINE.com", true),
            ("a_b.com", "A_b.com", true),
            ("mine.com", "mine.com@other.com", false),
            ("mine.com", "other.com/mine.com", false),
            ("mine.com", "mine.com:80", false),
            ("mine.com", "", false),
        ] {
            assert_eq!(domain(stored).is_called(name), is_called, "{stored} {name}");
        }
    }
}
