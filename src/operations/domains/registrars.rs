//! The registrars that domains can be assigned to.

use super::{Refusal, Result};
use crate::fault;
use crate::operations::Context;
use crate::store;

/// Returns the names of the active registrars.
pub async fn active(context: &mut Context<'_>) -> fault::Result<Vec<String>> {
    Ok(store::services::domain_changes::registrars(context.db).await?)
}

/// Returns the spelling of a registrar's name in which it is stored; rejects a registrar that is not active.
pub async fn require_active(context: &mut Context<'_>, name: &str) -> Result<String> {
    let active = active(context).await?;
    let found = active.into_iter().find(|active| active.eq_ignore_ascii_case(name));
    Ok(found.ok_or(Refusal::RegistrarNotActive)?)
}
