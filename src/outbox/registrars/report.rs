//! What a registrar reports, read as leniently as WHMCS reads its registrar modules.

use chrono::NaiveDate;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::domain::domains::registrar::{self, RegistryState};
use crate::domain::time::parse_date;

/// The content of an answer: an object, a list or a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Report(pub(super) Value);

/// The name servers of a domain, `ns1` to `ns5`.
pub type Nameservers = [Option<String>; 5];

/// The contacts of a domain: values by their labels, by contact (`Registrant`, `Admin`, `Technical`, `Billing`).
pub type Contacts = IndexMap<String, IndexMap<String, String>>;

impl Report {
    /// The content if it is an object, as it must be after a command.
    pub(super) fn object(&self) -> Option<&Map<String, Value>> {
        self.0.as_object()
    }

    /// Returns the name servers `ns1` to `ns5`, of the answer itself or of GetDomainInformation; `None` for one that is not set.
    pub fn nameservers(&self) -> Nameservers {
        let report = match self.0.get("nameservers") {
            Some(nested @ (Value::Object(_) | Value::Array(_))) => nested,
            _ => &self.0,
        };
        std::array::from_fn(|at| match report {
            Value::Array(list) => text(list.get(at)?),
            report => text(report.get(format!("ns{}", at + 1))?),
        })
    }

    /// Whether the domain is locked against transfers: a text, its own key, or that of GetDomainInformation. `None` if the
    /// answer does not tell.
    pub fn is_locked(&self) -> Option<bool> {
        let lock = ["lockstatus", "lockenabled", "transferLock"].iter().find_map(|name| self.0.get(*name));
        match lock.unwrap_or(&self.0) {
            Value::Bool(is_locked) => Some(*is_locked),
            Value::String(text) if text.eq_ignore_ascii_case("locked") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("unlocked") => Some(false),
            _ => None,
        }
    }

    /// Returns the contacts, with all values as texts. What is no contact, such as a success, is left out.
    pub fn contacts(&self) -> Contacts {
        let groups = self.object().into_iter().flatten();
        let groups = groups.filter_map(|(name, fields)| Some((name.clone(), fields.as_object()?)));
        let value = |value: &Value| text(value).unwrap_or_default();
        groups
            .map(|(name, fields)| (name, fields.iter().map(|(label, field)| (label.clone(), value(field))).collect()))
            .collect()
    }

    /// Whether nobody can register a name any more: it is registered, or reserved by the registry. `None` if the answer does not
    /// tell. The answer of CheckAvailability is a list, with an object for each name.
    pub fn is_taken(&self) -> Option<bool> {
        let status = self.0.as_array()?.first()?.get("status")?.as_str()?.trim().to_ascii_uppercase();
        match status.strip_prefix("STATUS_").unwrap_or(&status) {
            "NOT_REGISTERED" => Some(false),
            "REGISTERED" | "RESERVED" => Some(true),
            _ => None,
        }
    }

    /// Returns the transfer code, if the registrar returns it.
    pub fn transfer_code(&self) -> Option<String> {
        text(self.0.get("eppcode")?)
    }

    /// Whether a flag is set.
    pub fn is_set(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Bool(is_set)) => *is_set,
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            Some(Value::String(text)) => !matches!(&**text, "" | "0" | "false"),
            _ => false,
        }
    }

    /// Returns what Sync or TransferSync reports.
    pub fn synchronization(&self) -> registrar::RegistryReport {
        let failed = self.is_set("failed").then(|| self.text("reason").unwrap_or_default());
        let states = [
            ("transferredAway", RegistryState::TransferredAway),
            ("cancelled", RegistryState::Cancelled),
            ("active", RegistryState::Active),
        ];
        registrar::RegistryReport {
            state: states.into_iter().find_map(|(name, state)| self.is_set(name).then_some(state)),
            is_transferred: self.is_set("completed"),
            failed_transfer: failed,
            expires: self.expires(),
        }
    }

    /// Returns a text.
    pub fn text(&self, name: &str) -> Option<String> {
        text(self.0.get(name)?)
    }

    /// Returns the day on which the domain expires, under the name of Sync or of GetDomainInformation.
    pub fn expires(&self) -> Option<NaiveDate> {
        let mut texts = ["expirydate", "expiryDate"].iter().filter_map(|name| self.0.get(*name)?.as_str());
        texts.find_map(|text| parse_date(text.get(..10)?))
    }
}

/// A value as text, if it is one that is not empty. Languages differ in how they encode digits.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn name_servers_keep_their_positions() {
        for (report, names) in [
            (
                json!({"ns1": "a.example", "ns2": " b.example ", "ns3": "", "ns4": null, "success": true}),
                "a.example b.example - - -",
            ),
            (json!({"ns2": "b.example", "ns5": "e.example", "ns6": "f.example"}), "- b.example - - e.example"),
            (json!({"domain": "x.com", "nameservers": {"ns1": "a.example"}}), "a.example - - - -"),
            (json!({"nameservers": ["a.example", "b.example"]}), "a.example b.example - - -"),
            (json!(["a.example"]), "a.example - - - -"),
            (json!("a.example"), "- - - - -"),
        ] {
            let found = Report(report.clone()).nameservers().map(|name| name.unwrap_or("-".to_owned())).join(" ");
            assert_eq!(found, names, "{report}");
        }
    }

    #[test]
    fn a_lock_is_reported_in_several_ways() {
        for (report, is_locked) in [
            (json!("locked"), Some(true)),
            (json!("Unlocked"), Some(false)),
            (json!({"lockstatus": "locked"}), Some(true)),
            (json!({"transferLock": false}), Some(false)),
            (json!({"success": true}), None),
            (json!(""), None),
        ] {
            assert_eq!(Report(report.clone()).is_locked(), is_locked, "{report}");
        }
    }

    #[test]
    fn only_a_known_status_says_whether_a_name_is_taken() {
        for (report, is_taken) in [
            (json!([{"sld": "a", "tld": ".com", "status": "NOT_REGISTERED"}]), Some(false)),
            (json!([{"status": "STATUS_NOT_REGISTERED"}]), Some(false)),
            (json!([{"status": "registered"}]), Some(true)),
            (json!([{"status": "RESERVED"}]), Some(true)),
            (json!([{"status": "TLD_NOT_SUPPORTED"}]), None),
            (json!([{"sld": "a"}]), None),
            (json!([]), None),
            (json!({"success": true}), None),
        ] {
            assert_eq!(Report(report.clone()).is_taken(), is_taken, "{report}");
        }
    }

    #[test]
    fn what_is_no_contact_is_left_out() {
        let report =
            json!({"success": true, "Registrant": {"First Name": "Ana", "Postcode": 1200, "Fax": null}, "Admin": []});
        let contacts = serde_json::to_value(Report(report).contacts()).unwrap();
        assert_eq!(contacts, json!({"Registrant": {"First Name": "Ana", "Postcode": "1200", "Fax": ""}}));
    }

    #[test]
    fn the_day_of_expiry_is_read_under_both_names() {
        for (report, day) in [
            (json!({"expirydate": "2027-03-01"}), "2027-03-01"),
            (json!({"expiryDate": "2027-03-01T12:00:00Z"}), "2027-03-01"),
            (json!({"expirydate": "", "expiryDate": "2027-03-01"}), "2027-03-01"),
            (json!({"expirydate": "soon"}), ""),
            (json!({"expirydate": "0000-00-00"}), ""),
        ] {
            let expires = Report(report.clone()).expires().map(|day| day.to_string());
            assert_eq!(expires.unwrap_or_default(), day, "{report}");
        }
    }
}
