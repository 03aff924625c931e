//! Questions to registrars that a call asks at once.
//!
//! A call that only reads asks them directly. A call that writes and turns out to need an answer ends with
//! [`Fault::AnswerNeeded`] before it has written anything, and gives its database connection back. The question is asked, and
//! then the call runs again, with the answer: so no connection and no lock is held while a registrar answers, and whatever the
//! answer changes is written in one transaction with the rest of the call.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use super::params::{contact_details, numbered};
use super::report::Nameservers;
use super::{Answer, Domain, Registrars};
use crate::domain::domain_name::DomainName;
use crate::fault::{Fault, Result};

/// Maximum number of questions of one call.
const MAX_QUESTIONS: usize = 8;
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

/// The changes at registrars that one call asks for, and the answers that it has got so far.
#[derive(Debug, Default)]
pub struct Questions(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    answered: Vec<(Question, Answer)>,
    open: Option<Question>,
}

impl Questions {
    /// Returns the answer to a question. If there is none yet, the call has to end and is run again with it.
    pub fn ask(&self, question: Question) -> Result<Answer> {
        let mut state = self.state();
        if let Some((_, answer)) = state.answered.iter().find(|(answered, _)| *answered == question) {
            return Ok(answer.clone());
        }
        if state.answered.len() == MAX_QUESTIONS {
            return Err(Fault::internal("a call asks more and more questions"));
        }
        state.open = Some(question);
        Err(Fault::AnswerNeeded)
    }

    /// Asks the question that the call has ended with.
    pub async fn find_answer(&self, registrars: &Registrars) -> Result<()> {
        let question = self.state().open.clone().ok_or_else(|| Fault::internal("a call needs no answer"))?;
        let answer = question.ask(registrars).await?;
        let mut state = self.state();
        state.open = None;
        state.answered.push((question, answer));
        Ok(())
    }

    /// Whether anything may have changed at a registrar, by a question that was asked or is being asked.
    pub fn may_have_changed(&self) -> bool {
        let state = self.state();
        let mut answers = state.answered.iter().map(|(_, answer)| answer);
        state.open.is_some() || answers.any(|answer| matches!(answer, Answer::Yes(_) | Answer::Unclear(_)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
