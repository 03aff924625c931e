//! Whether a domain name is registered.

use crate::domain::domain_name::DomainName;
use crate::fault::Fault;
use crate::operations::{self, Context, Result};
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

/// Asks the registry of a name whether it is registered.
pub async fn look_up(context: Context<'_>, name: &DomainName) -> Result<Answer, Refusal> {
    let is_sold = !store::catalog::extensions::list(context.db, Some(&[name.extension()])).await?.is_empty();
    let outside = context.ask_outside()?;
    let answer = outside.whois.look_up(name, is_sold).await;
    answer.map_err(|no_answer| match no_answer {
        NoAnswer::NotSupported => Refusal::ExtensionNotSupported.into(),
        NoAnswer::Unanswered => Refusal::Unanswered { extension: name.extension().to_owned() }.into(),
        NoAnswer::Busy => Fault::Busy.into(),
    })
}
