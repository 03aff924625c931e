//! A stand-in registrar for the demo: it registers nothing, but remembers what it was told. Name servers that were set are
//! the ones that it tells afterwards.
//!
//! Some names cause faults on purpose, so that the errors of callers can be tested ([`Fault`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use chrono::{Months, NaiveDate};
use serde_json::{Map, Value, json};

use super::stand_in;
use crate::config::Registrar;
use crate::domain::time::parse_date;
use crate::fault::Result;

/// Time after which every client has given up.
const TOO_LATE: Duration = Duration::from_mins(2);
const NAMESERVERS: [&str; 2] = ["ns1.stand-in.example", "ns2.stand-in.example"];
/// The day on which domains expire of which nothing is known.
const SOME_DAY: &str = "2027-11-20";

/// A fault on purpose, by the beginning of a domain's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// `registrar-error`: it says no.
    Error,
    /// `registrar-garbage`: it does it, and the answer is not JSON.
    Garbage,
    /// `registrar-late`: it does it, and answers after everybody has stopped waiting.
    Late,
    /// `registrar-timeout`: it does nothing, and does not answer.
    Timeout,
    /// `registrar-500`: it does nothing, and answers with HTTP status 500.
    Status500,
    /// `registrar-unsupported`: it has no such function.
    Unsupported,
    /// `registrar-pending`: a registration is accepted, and not finished.
    Pending,
}

/// What it remembers of a domain.
#[derive(Debug, Clone)]
struct Registration {
    nameservers: Map<String, Value>,
    is_locked: bool,
    is_protected: bool,
    contacts: Value,
    expires: NaiveDate,
    is_gone: bool,
}

type Registrations = Arc<Mutex<HashMap<String, Registration>>>;

/// Starts it, and returns its settings.
pub async fn start() -> Result<Registrar> {
    let registrations = Registrations::default();
    let endpoint = stand_in::start(move |request| {
        let registrations = Arc::clone(&registrations);
        async move { respond(&registrations, &request).await }
    });
    let endpoint = endpoint.await?;
    Ok(Registrar {
        url: endpoint.url,
        secret: endpoint.secret,
        timeout_seconds: endpoint.timeout_seconds,
        idempotent: false,
        on_payment: true,
        nameservers: Vec::new(),
        display_name: String::new(),
    })
}

async fn respond(registrations: &Registrations, request: &Value) -> (StatusCode, String) {
    let fault = fault(request["params"]["domain"].as_str().unwrap_or_default());
    match fault {
        Some(Fault::Error) => return (StatusCode::OK, json!({"error": "The registrar refuses this name"}).to_string()),
        Some(Fault::Unsupported) => return (StatusCode::NOT_IMPLEMENTED, String::new()),
        Some(Fault::Status500) => return (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
        Some(Fault::Timeout) => {
            tokio::time::sleep(TOO_LATE).await;
            return (StatusCode::OK, String::new());
        }
        Some(Fault::Garbage | Fault::Late | Fault::Pending) | None => {}
    }
    let answer = {
        let mut registrations = registrations.lock().unwrap_or_else(PoisonError::into_inner);
        answer(&mut registrations, request)
    };
    let function = request["function"].as_str().unwrap_or_default();
    let is_question = function.starts_with("Get") || function.ends_with("Sync");
    match (fault, answer) {
        (Some(Fault::Garbage), _) if !is_question => (StatusCode::OK, "<html>Welcome</html>".to_owned()),
        (Some(Fault::Late), answer) if !is_question => {
            tokio::time::sleep(TOO_LATE).await;
            (StatusCode::OK, answer.unwrap_or_default().to_string())
        }
        (_, Some(answer)) => (StatusCode::OK, answer.to_string()),
        (_, None) => (StatusCode::NOT_IMPLEMENTED, String::new()),
    }
}

fn fault(domain: &str) -> Option<Fault> {
    [
        ("registrar-error", Fault::Error),
        ("registrar-garbage", Fault::Garbage),
        ("registrar-late", Fault::Late),
        ("registrar-timeout", Fault::Timeout),
        ("registrar-500", Fault::Status500),
        ("registrar-unsupported", Fault::Unsupported),
        ("registrar-pending", Fault::Pending),
    ]
    .into_iter()
    .find_map(|(name, fault)| domain.starts_with(name).then_some(fault))
}

/// Carries a function out, and returns the answer; `None` for an unknown one. A domain that it has not heard of was always
/// there.
fn answer(registrations: &mut HashMap<String, Registration>, request: &Value) -> Option<Value> {
    let params = &request["params"];
    let name = params["domain"].as_str().unwrap_or_default().to_owned();
    let function = request["function"].as_str()?;
    let years = u32::try_from(params["regperiod"].as_u64().unwrap_or(1)).unwrap_or(1);
    if matches!(function, "RegisterDomain" | "TransferDomain") {
        if registrations.get(&name).is_some_and(|known| !known.is_gone) && function == "RegisterDomain" {
            return Some(json!({"error": format!("{name} is registered already")}));
        }
        registrations.insert(name.clone(), Registration::new(params));
        let is_pending = fault(&name) == Some(Fault::Pending);
        return Some(json!({"success": true, "pending": is_pending}));
    }
    let known = registrations.entry(name.clone()).or_insert_with(|| Registration::new(params));
    if known.is_gone && !matches!(function, "Sync") {
        return Some(json!({"error": format!("{name} is not registered here")}));
    }
    let done = json!({"success": true});
    Some(match function {
        "RenewDomain" => {
            known.expires = years_after(known.expires, years);
            json!({"success": true, "expirydate": known.expires.to_string()})
        }
        "ReleaseDomain" => {
            known.is_gone = true;
            done
        }
        "GetNameservers" => Value::Object(known.nameservers.clone()),
        "SaveNameservers" => {
            known.nameservers = nameservers(params);
            done
        }
        "GetRegistrarLock" => json!(if known.is_locked { "locked" } else { "unlocked" }),
        "SaveRegistrarLock" => {
            known.is_locked = params["lockenabled"] == "locked";
            done
        }
        "GetContactDetails" => known.contacts.clone(),
        "SaveContactDetails" => {
            if let (Some(known), Some(changed)) = (known.contacts.as_object_mut(), params["contactdetails"].as_object())
            {
                known.extend(changed.clone());
            }
            done
        }
        "IDProtectToggle" => {
            known.is_protected = params["protectenable"] == true;
            done
        }
        "GetEPPCode" => json!({"eppcode": format!("epp-{}", name.len() * 7919)}),
        "GetDomainInformation" => json!({
            "domain": name, "registrationStatus": "Active", "nameservers": known.nameservers,
            "transferLock": known.is_locked, "expiryDate": known.expires.to_string(), "idProtectionStatus": known.is_protected,
        }),
        "Sync" => {
            json!({"active": !known.is_gone, "transferredAway": known.is_gone, "expirydate": known.expires.to_string()})
        }
        "TransferSync" => json!({"completed": true, "expirydate": known.expires.to_string()}),
        _ => return None,
    })
}

impl Registration {
    fn new(params: &Value) -> Registration {
        let expires = params["expirydate"].as_str().and_then(parse_date);
        let person = |fields: [(&str, &str); 8]| -> Value {
            fields.into_iter().map(|(label, param)| (label.to_owned(), params[param].clone())).collect()
        };
        let contact = || {
            person([
                ("First Name", "firstname"),
                ("Last Name", "lastname"),
                ("Company Name", "companyname"),
                ("Email Address", "email"),
                ("Address 1", "address1"),
                ("City", "city"),
                ("Country", "countrycode"),
                ("Phone Number", "fullphonenumber"),
            ])
        };
        Registration {
            nameservers: nameservers(params),
            is_locked: true,
            is_protected: params["idprotection"] == true,
            contacts: json!({"Registrant": contact(), "Admin": contact(), "Technical": contact(), "Billing": contact()}),
            expires: expires.or_else(|| parse_date(SOME_DAY)).unwrap_or_default(),
            is_gone: false,
        }
    }
}

/// The name servers that were sent, or its own.
fn nameservers(params: &Value) -> Map<String, Value> {
    let sent = (1..=5).map(|number| format!("ns{number}"));
    let sent: Map<String, Value> = sent.filter_map(|name| Some((name.clone(), params.get(&name)?.clone()))).collect();
    let own = || NAMESERVERS.iter().enumerate().map(|(at, name)| (format!("ns{}", at + 1), json!(name))).collect();
    if sent.is_empty() { own() } else { sent }
}

fn years_after(day: NaiveDate, years: u32) -> NaiveDate {
    day.checked_add_months(Months::new(years.saturating_mul(12))).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_remembers_what_it_was_told() {
        let mut known = HashMap::new();
        let mut ask = |function: &str, params: &str| {
            let mut params: Value = serde_json::from_str(params).unwrap();
            params["domain"] = "a.example".into();
            answer(&mut known, &json!({"function": function, "params": params})).map(|answer| answer.to_string())
        };
        let success = Some(r#"{"success":true}"#.to_owned());
        let nameservers = r#"{"ns1":"a.example","ns2":"b.example"}"#;
        assert_eq!(ask("RegisterDomain", "{}"), Some(r#"{"success":true,"pending":false}"#.to_owned()));
        assert_eq!(ask("RegisterDomain", "{}"), Some(r#"{"error":"a.example is registered already"}"#.to_owned()));
        assert_eq!(ask("SaveNameservers", nameservers), success);
        assert_eq!(ask("GetNameservers", "{}").as_deref(), Some(nameservers));
        assert_eq!(ask("GetRegistrarLock", "{}"), Some("\"locked\"".to_owned()));
        assert_eq!(ask("SaveRegistrarLock", r#"{"lockenabled":"unlocked"}"#), success);
        assert_eq!(ask("GetRegistrarLock", "{}"), Some("\"unlocked\"".to_owned()));
        assert_eq!(ask("SaveContactDetails", r#"{"contactdetails":{"Admin":{"City":"Faro"}}}"#), success);
        assert!(ask("GetContactDetails", "{}").unwrap().contains(r#""Admin":{"City":"Faro"}"#));
        assert!(ask("RenewDomain", r#"{"regperiod":2}"#).unwrap().contains("2029-11-20"));
        assert_eq!(ask("GetDNS", "{}"), None);
        assert_eq!(ask("ReleaseDomain", "{}"), success);
        assert_eq!(ask("GetNameservers", "{}"), Some(r#"{"error":"a.example is not registered here"}"#.to_owned()));
        assert!(ask("Sync", "{}").unwrap().contains(r#""transferredAway":true"#));
    }

    #[test]
    fn faults_are_caused_by_names() {
        assert_eq!(fault("registrar-error.com"), Some(Fault::Error));
        assert_eq!(fault("registrar-pending-2.co.uk"), Some(Fault::Pending));
        assert_eq!(fault("my-registrar-error.com"), None);
    }
}
