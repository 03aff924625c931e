//! What is done with domains at their registrars.
//!
//! [`commands`] are queued, and sent after the commit by the outbox: they cannot be taken back. [`questions`] are asked before
//! anything is written, while the call holds no database connection, and so are changes that can be repeated without harm.
//! [`synchronization`] writes what registrars report.

pub mod commands;
pub mod questions;
pub mod synchronization;

use crate::domain::id::{ClientId, DomainId};
use crate::operations::{self, Context, OperationError};
use crate::outbox::registrars::{Domain, Registrars};
use crate::store;
use crate::store::domains::registered::Registered;
use crate::store::domains::registrar_params;

pub use commands::{CommandArguments, send};
pub use questions::{
    contact_details, lock_status, nameservers, request_transfer_code, save_contact_details, save_lock,
    save_nameservers, toggle_id_protection,
};

pub type Result<T, R = Refusal> = operations::Result<T, R>;

/// The reasons for which nothing is done at a registrar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    DomainNotFound,
    /// Neither the domain nor its extension has a registrar.
    NoRegistrar {
        domain: String,
    },
    /// This server's settings have no registrar of this name.
    RegistrarNotSetUp {
        registrar: String,
    },
    /// The registrar is carrying out a command about the domain, or it is unknown what it has done.
    RegistrarBusy,
    /// The registrar said no, for this reason.
    RefusedByRegistrar {
        reason: String,
    },
    /// The registrar has no such function.
    NotSupported,
    InvalidIdnLanguage,
    /// The registrar was not reached, or gave no usable answer.
    NoAnswer {
        reason: String,
    },
}

impl operations::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::DomainNotFound => "domain_not_found",
            Refusal::NoRegistrar { .. } => "domain_has_no_registrar",
            Refusal::RegistrarNotSetUp { .. } => "registrar_not_found",
            Refusal::RegistrarBusy => "registrar_busy",
            Refusal::RefusedByRegistrar { .. } => "registrar_failed",
            Refusal::InvalidIdnLanguage => "invalid_idn_language",
            Refusal::NotSupported => "registrar_function_not_supported",
            Refusal::NoAnswer { .. } => "registrar_gave_no_answer",
        }
    }
}

/// Maximum length of a text in a command: it is stored as JSON, where a character may take six bytes.
pub const MAX_TEXT_BYTES: usize = 1_000;
/// Maximum length of the name of a host.
pub const MAX_NAME_BYTES: usize = 255;

/// Which domain is meant.
#[derive(Debug, Clone)]
pub enum DomainChoice {
    Id(DomainId),
    Name(String),
}

/// Reads a domain whose registrar can be asked.
async fn find(context: &mut Context<'_>, choice: &DomainChoice) -> Result<Registered> {
    let found = match choice {
        DomainChoice::Id(id) => store::domains::registered::find(context.db, *id).await?,
        DomainChoice::Name(name) => store::domains::registered::by_name(context.db, name).await?,
    };
    let domain = found.ok_or(Refusal::DomainNotFound)?;
    require_registrar(context.registrars, &domain)?;
    Ok(domain)
}

/// Rejects a domain without a registrar, or with one that is not configured on this server.
pub fn require_registrar(registrars: &Registrars, domain: &Registered) -> Result<()> {
    match &*domain.registrar {
        "" => Err(Refusal::NoRegistrar { domain: domain.name.clone() }.into()),
        registrar if registrars.has(registrar) => Ok(()),
        registrar => Err(Refusal::RegistrarNotSetUp { registrar: registrar.to_owned() }.into()),
    }
}

/// Reads what a registrar gets to know of a domain.
async fn described(context: &mut Context<'_>, id: DomainId) -> Result<Domain> {
    let stored = registrar_params::read(context.db, id).await?;
    Ok(Domain::new(stored.ok_or(Refusal::DomainNotFound)?))
}

/// Locks the client of a domain.
async fn lock_client(context: &mut Context<'_>, client: ClientId) -> Result<()> {
    let locked = store::clients::client::lock(context.db, client).await?;
    locked.map(|_| ()).ok_or(OperationError::Refused(Refusal::DomainNotFound))
}
