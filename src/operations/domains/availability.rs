//! Whether a domain name is registered.

use std::sync::Arc;

use crate::domain::domain_name::DomainName;
use crate::fault::Fault;
use crate::operations::{self, Context, Result};
use crate::outbox::registrars::{self, Question, Registrars};
use crate::store;
use crate::whois::{Answer, NoAnswer};

/// The reasons for which it is not known whether a name is registered.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody can be asked about names with this extension.
    ExtensionNotSupported,
    /// Nobody gave a usable answer in time.
    Unanswered { extension: String },
}

impl operations::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::ExtensionNotSupported => "extension_not_supported",
            Refusal::Unanswered { .. } => "registry_unanswered",
        }
    }
}

/// Asks the registrar of a name's extension whether the name is registered, or else its registry.
pub async fn look_up(context: Context<'_>, name: &DomainName) -> Result<Answer, Refusal> {
    let extensions = store::catalog::extensions::registrars(context.db, name.extension()).await?;
    let sold = extensions.iter().find(|(extension, _)| extension.to_lowercase() == name.extension());
    let outside = context.ask_outside()?;
    let registrar = sold.map(|(_, registrar)| &**registrar).filter(|registrar| outside.registrars.has(registrar));
    let first = registrar.map(|registrar| ask_registrar(outside.registrars, registrar, name));
    let answer = outside.whois.look_up(name, sold.is_some(), first).await;
    answer.map_err(|no_answer| match no_answer {
        NoAnswer::NotSupported => Refusal::ExtensionNotSupported.into(),
        NoAnswer::Unanswered => Refusal::Unanswered { extension: name.extension().to_owned() }.into(),
        NoAnswer::Busy => Fault::Busy.into(),
    })
}

/// Returns what a registrar knows of a name; `None` if it cannot tell. Unlike registries, registrars publish no text about it.
async fn ask_registrar(registrars: &Registrars, registrar: &str, name: &DomainName) -> Option<Answer> {
    let question = Question::about_availability(registrar, name);
    let registrars::Answer::Yes(report) = question.ask(registrars).await.ok()? else { return None };
    let is_registered = report.is_taken()?;
    let name = name.as_str();
    let text = match is_registered {
        true => format!("The registrar {registrar} reports that {name} is registered or reserved."),
        false => format!("The registrar {registrar} reports that {name} is available."),
    };
    Some(Answer { is_registered, text: Arc::from(text) })
}
