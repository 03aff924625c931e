//! Hints about names that do not exist: of parameters and of actions. Unknown parameters are ignored, so a misspelt one
//! looks like a missing one to the action.
//!
//! A hint has names only, never values, and only names that resemble documented ones.

use std::borrow::Cow;

use serde_json::{Map, Value};
use strsim::osa_distance;
use tracing::{Level, debug, enabled, info};

use super::{Api, RequestState};
use crate::actions::{ActionEntry, Catalogue};
use crate::error::Error;
use crate::wire::COMMON;

/// Names that callers mix up, because different actions have different ones for the same thing.
const SYNONYMS: [&[&str]; 11] = [
    &["clientid", "userid", "customerid", "client", "user", "customer"],
    &["serviceid", "accountid", "hostingid"],
    &["pid", "productid", "product"],
    &["gid", "groupid"],
    &["deptid", "departmentid", "department"],
    &["transid", "transactionid"],
    &["gateway", "paymentmethod"],
    &["postcode", "zip", "zipcode"],
    &["phonenumber", "phone"],
    &["email", "mail", "emailaddress"],
    &["subject", "title"],
];
/// The number of unknown names that are examined: each is compared with every parameter of the action.
const MAX_EXAMINED: usize = 50;
const MAX_NAME_BYTES: usize = 40;
const MAX_HINTS: usize = 3;

impl Api {
    /// Sets the hint of a rejected call, if there is one, and logs it. A call that succeeds is only examined while it is
    /// being debugged.
    pub(super) fn look_for_near_misses(&self, request: &RequestState, error: Option<&Error>) {
        let hint = match (error, request.entry.as_deref()) {
            (Some(Error::UnknownAction(name)), _) => of_action(&self.catalogue, name),
            (Some(Error::Refused(_) | Error::RefusedAs { .. }), Some(entry)) => {
                of_parameters(entry, &request.parameters.values)
            }
            (None, Some(entry)) if enabled!(Level::DEBUG) => of_parameters(entry, &request.parameters.values),
            _ => None,
        };
        let Some(hint) = hint else { return };
        match error {
            Some(_) => info!(hint, "a rejected call has a name that does not exist"),
            None => debug!(hint, "a call has a name that does not exist"),
        }
        let _ = request.hint.set(hint);
    }
}

/// Names parameters that were sent under names that the action does not have: "client_id is not a parameter of
/// AddCredit, did you mean clientid?"
fn of_parameters(entry: &ActionEntry, sent: &Map<String, Value>) -> Option<String> {
    let known = entry.parameter_names();
    let is_ignored = |name: &str| entry.ignored.iter().any(|ignored| ignored.parameters.contains(&name));
    let is_known =
        |name: &str| known.iter().any(|known| known == name || is_same_numbered(known, name)) || is_ignored(name);
    let unknown = sent.keys().filter(|name| !COMMON.contains(&name.as_str()) && !is_known(name));
    let missing = known.iter().map(String::as_str).filter(|name| is_absent(sent.get(*name)));
    let (required, optional): (Vec<&str>, Vec<&str>) = missing.partition(|name| entry.required().contains(name));
    let hints = unknown.take(MAX_EXAMINED).filter_map(|name| {
        let meant = closest(name, required.iter().chain(&optional).copied()).or_else(|| only_id(name, &required))?;
        Some(format!("{name} is not a parameter of {}, did you mean {meant}?", entry.name))
    });
    let hints: Vec<String> = hints.take(MAX_HINTS).collect();
    (!hints.is_empty()).then(|| hints.join(" "))
}

/// Names the action that was probably meant: "did you mean GetClientsDetails?"
fn of_action(catalogue: &Catalogue, sent: &str) -> Option<String> {
    let meant = closest(sent, catalogue.iter().map(|entry| &*entry.name))?;
    Some(format!("did you mean {meant}?"))
}

fn is_absent(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.is_null() || value == "")
}

/// Whether both are the same numbered parameter, such as `itemamount1` and `itemamount2`.
fn is_same_numbered(known: &str, name: &str) -> bool {
    known.ends_with('1') && name.trim_end_matches(|c: char| c.is_ascii_digit()) == &known[..known.len() - 1]
}

/// Returns the known name that is most like another one, if any is like it.
fn closest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if name.len() > MAX_NAME_BYTES || !name.bytes().all(is_plain) {
        return None;
    }
    let name = folded(name);
    let likeness = |known: &'k str| Some((distance(&name, &folded(known))?, known));
    known.filter_map(likeness).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// Returns how far apart two folded names are; `None` if they are not alike.
fn distance(one: &str, other: &str) -> Option<usize> {
    if one == other {
        return Some(0);
    }
    let is_abbreviated = other.strip_prefix(one).is_some_and(|rest| rest == "id");
    let are_synonyms = || SYNONYMS.iter().any(|names| names.contains(&one) && names.contains(&other));
    if is_abbreviated || are_synonyms() {
        return Some(1);
    }
    let allowed = (one.len().min(other.len()) / 4).min(2);
    let distance = osa_distance(one, other);
    (distance <= allowed).then_some(1 + distance)
}

/// Returns the missing id if `id` was sent and one id is missing.
fn only_id<'k>(name: &str, missing: &[&'k str]) -> Option<&'k str> {
    let mut ids = missing.iter().filter(|missing| name.eq_ignore_ascii_case("id") && missing.ends_with("id"));
    ids.next().copied().filter(|_| ids.next().is_none())
}

/// Returns a name in lower case and without separators: `client_id` and `clientId` are `clientid`.
fn folded(name: &str) -> Cow<'_, str> {
    if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return name.into();
    }
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(action: &str, names: &[&str]) -> String {
        let catalogue = Catalogue::compiled();
        let values: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), "canary".into())).collect();
        of_parameters(catalogue.find(action).unwrap(), &values).unwrap_or_default()
    }

    #[test]
    fn a_name_that_resembles_a_missing_parameter_is_told() {
        for (action, sent, meant) in [
            ("AddCredit", "client_id", "clientid"),
            ("AddCredit", "clientId", "clientid"),
            ("AddCredit", "ClientID", "clientid"),
            ("AddCredit", "client-id", "clientid"),
            ("AddCredit", "clintid", "clientid"),
            ("AddCredit", "client", "clientid"),
            ("AddCredit", "userid", "clientid"),
            ("AddCredit", "user_id", "clientid"),
            ("AddCredit", "ammount", "amount"),
            ("AddCredit", "desciption", "description"),
            ("CreateInvoice", "userId", "userid"),
            ("CreateInvoice", "clientid", "userid"),
            ("CreateInvoice", "item_description1", "itemdescription1"),
            ("CreateInvoice", "due_date", "duedate"),
            ("GetInvoice", "invoice_id", "invoiceid"),
            ("GetInvoice", "invoice", "invoiceid"),
            ("GetInvoice", "id", "invoiceid"),
            ("GetClientsDetails", "client_id", "clientid"),
            ("AddOrder", "product_id", "pid"),
            ("OpenTicket", "department_id", "deptid"),
            ("UpdateInvoice", "new_item_amount", "newitemamount"),
        ] {
            let action_name = Catalogue::compiled().find(action).unwrap().name.clone();
            let expected = format!("{sent} is not a parameter of {action_name}, did you mean {meant}?");
            assert_eq!(hint(action, &[sent]), expected);
        }
    }

    #[test]
    fn other_names_are_not_told() {
        let long = "clientid".repeat(10);
        for (action, sent) in [
            ("AddCredit", &["clientid"][..]),
            ("AddCredit", &["endpoint", "json", "x", "", "notes", "responsetype", "action", "secret"]),
            ("AddCredit", &["clientid", "client_id", "id"]),
            ("AddCredit", &["client\nid", "client;id", "cliéntid", &long]),
            ("CreateInvoice", &["itemdescription2", "itemamount17"]),
            ("AddClient", &["securityqid", "cardnum"]),
        ] {
            assert_eq!(hint(action, sent), "", "{action} {sent:?}");
        }
    }

    #[test]
    fn what_is_required_comes_before_what_is_not_and_few_are_told() {
        let told = hint("AddCredit", &["clintid", "desciption", "ammount", "adminId", "Date"]);
        assert_eq!(told.matches("did you mean").count(), MAX_HINTS, "{told}");
        assert!(!told.contains("canary"), "{told}");
    }

    #[test]
    fn many_names_cost_little() {
        let names: Vec<String> = (0..10_000).map(|number| format!("{number:0>40}")).collect();
        let values = names.into_iter().chain(["client_id".to_owned()]).map(|name| (name, Value::Null)).collect();
        assert_eq!(of_parameters(Catalogue::compiled().find("AddOrder").unwrap(), &values), None);
    }

    #[test]
    fn an_action_that_resembles_another_is_told() {
        let catalogue = Catalogue::compiled();
        for (sent, meant) in [
            ("getclientdetails", Some("GetClientsDetails")),
            ("get_invoice", Some("GetInvoice")),
            ("addcredits", Some("AddCredit")),
            ("deletecurrency", None),
            ("", None),
        ] {
            assert_eq!(of_action(&catalogue, sent), meant.map(|meant| format!("did you mean {meant}?")), "{sent}");
        }
    }
}
