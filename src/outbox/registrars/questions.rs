//! Questions to registrars that a call asks at once.
//!
//! A call that only reads asks them directly, and one that writes as [`crate::outbox::questions`] says.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::params::{contact_details, numbered};
use super::report::Nameservers;
use super::{Answer, Domain, Registrars};
use crate::domain::domain_name::DomainName;
use crate::fault::{Fault, Result};
use crate::outbox::questions;

/// The function that returns all that a registrar knows of a domain.
pub const INFORMATION: &str = "GetDomainInformation";

/// A question to a registrar, or a change there that can be repeated without harm.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub registrar: String,
    pub function: &'static str,
    pub params: Map<String, Value>,
}

/// What can be read at a registrar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    Nameservers,
    Lock,
    ContactDetails,
}

/// What can be changed at a registrar, and repeated without harm.
#[derive(Debug, Clone, Copy)]
pub enum Change<'a> {
    Nameservers(&'a Nameservers),
    Lock(bool),
    /// Labels and values by contact.
    ContactDetails(&'a BTreeMap<String, Vec<(String, String)>>),
    IdProtection(bool),
    /// The registrar returns the code or sends it to the registrant, and may make a new one.
    RequestTransferCode,
}

impl Question {
    pub fn to_read(registrar: &str, domain: &Domain, wanted: Read) -> Question {
        let function = match wanted {
            Read::Nameservers => "GetNameservers",
            Read::Lock => "GetRegistrarLock",
            Read::ContactDetails => "GetContactDetails",
        };
        Question { registrar: registrar.to_owned(), function, params: domain.params(registrar) }
    }

    /// Returns the question whether a name can be registered.
    pub fn about_availability(registrar: &str, name: &DomainName) -> Question {
        let unicode = name.unicode();
        let (label, extension) = unicode.split_once('.').unwrap_or((&unicode, ""));
        let ascii_label = name.ascii().split('.').next().unwrap_or_default();
        let params = [
            ("searchTerm", label.into()),
            ("punyCodeSearchTerm", ascii_label.into()),
            ("tldsToInclude", vec![format!(".{extension}")].into()),
            ("isIdnDomain", (label != ascii_label).into()),
            ("premiumEnabled", false.into()),
        ];
        let params = params.map(|(name, value): (&str, Value)| (name.to_owned(), value)).into_iter().collect();
        Question { registrar: registrar.to_owned(), function: "CheckAvailability", params }
    }

    /// Returns the question whose answer also has what was wanted, for registrars that do not have the function for it.
    pub fn instead(registrar: &str, domain: &Domain, wanted: Read) -> Option<Question> {
        let has_both = matches!(wanted, Read::Nameservers | Read::Lock);
        has_both.then(|| Question { function: INFORMATION, ..Question::to_read(registrar, domain, wanted) })
    }

    pub fn to_change(registrar: &str, domain: &Domain, wanted: Change<'_>) -> Question {
        let mut params = domain.params(registrar);
        let function = match wanted {
            Change::Nameservers(names) => {
                params.extend(numbered(names));
                "SaveNameservers"
            }
            Change::Lock(is_locked) => {
                params.insert("lockenabled".to_owned(), if is_locked { "locked" } else { "unlocked" }.into());
                "SaveRegistrarLock"
            }
            Change::ContactDetails(contacts) => {
                params.insert("contactdetails".to_owned(), contact_details(contacts));
                "SaveContactDetails"
            }
            Change::IdProtection(is_protected) => {
                params.insert("protectenable".to_owned(), is_protected.into());
                "IDProtectToggle"
            }
            Change::RequestTransferCode => "GetEPPCode",
        };
        Question { registrar: registrar.to_owned(), function, params }
    }
}

impl Question {
    /// Asks it once.
    pub async fn ask(&self, registrars: &Registrars) -> Result<Answer> {
        let Question { registrar, function, params } = self;
        let id = format!("question-{:016x}", getrandom::u64().map_err(Fault::internal)?);
        Ok(registrars.ask(registrar, &id, 1, function, params).await.0)
    }
}

/// The questions of one call to registrars.
pub type Questions = questions::Questions<Question>;

impl questions::Question for Question {
    type Answer = Answer;
    type Answerers = Registrars;

    async fn ask_as(&self, id: &str, registrars: &Registrars) -> Answer {
        registrars.ask(&self.registrar, id, 1, self.function, &self.params).await.0
    }

    fn describe(&self) -> String {
        let domain = self.params.get("domain").and_then(Value::as_str).unwrap_or_default();
        format!("{} {} {domain}", self.registrar, self.function).trim_end().to_owned()
    }

    fn may_have_changed(&self, answer: Option<&Answer>) -> bool {
        matches!(answer, None | Some(Answer::Yes(_) | Answer::Unclear(_)))
    }
}
