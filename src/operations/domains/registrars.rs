//! The active registrars, to which domains can be assigned: those in this server's settings, and those that WHMCS has
//! active.

use super::{Refusal, Result};
use crate::fault;
use crate::operations::Context;
use crate::store;

/// An active registrar.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActiveRegistrar {
    /// The name by which domains refer to it.
    pub name: String,
    /// The name that people read.
    pub display_name: String,
}

/// Returns the active registrars, each once, ordered by name.
pub async fn active(context: &mut Context<'_>) -> fault::Result<Vec<ActiveRegistrar>> {
    let of_settings = context.registrars.names();
    let mut registrars: Vec<ActiveRegistrar> = of_settings
        .map(|(name, shown)| ActiveRegistrar { name: name.to_owned(), display_name: shown.to_owned() })
        .collect();
    for name in store::domains::registrar_params::active(context.db).await? {
        if named(&registrars, &name).is_none() {
            registrars.push(ActiveRegistrar { display_name: name.clone(), name });
        }
    }
    registrars.sort();
    Ok(registrars)
}

/// Returns the registrar with this name, in any case.
pub fn named<'r>(registrars: &'r [ActiveRegistrar], name: &str) -> Option<&'r ActiveRegistrar> {
    registrars.iter().find(|registrar| registrar.name.eq_ignore_ascii_case(name))
}

/// Returns the spelling of a registrar's name in which it is stored; rejects a registrar that is not active.
pub async fn require_active(context: &mut Context<'_>, name: &str) -> Result<String> {
    let active = active(context).await?;
    let found = named(&active, name).map(|registrar| registrar.name.clone());
    Ok(found.ok_or(Refusal::RegistrarNotActive)?)
}
