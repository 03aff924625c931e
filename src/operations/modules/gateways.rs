//! Payment gateways. Their settings are kept in the database in a form that this program can read.

use super::{Refusal, Result};
use crate::database::lease::Lease;
use crate::database::writer::Subject;
use crate::domain::module::registry::{self, FRIENDLY_NAME, Field, gateway_fields, stored_value};
use crate::operations::Context;
use crate::store;
use crate::store::billing::{gateway_settings, gateways};

/// A payment gateway that this server knows or that is active.
#[derive(Debug)]
pub struct Gateway {
    /// The name as it is stored.
    pub name: String,
    /// The names of its stored settings; none if it is not active.
    stored: Vec<String>,
}

impl Gateway {
    pub fn fields(&self) -> Vec<Field> {
        gateway_fields(&self.name, &self.stored)
    }

    fn is_active(&self) -> bool {
        !self.stored.is_empty()
    }

    /// Returns the settings to store from those that were sent, by their stored names. Unknown ones are left out, and an empty name:
    /// a gateway always has one.
    fn settings(&self, sent: &[(String, String)]) -> Vec<(String, String)> {
        let named = |field: Field| {
            let (_, value) = sent.iter().find(|(name, _)| name.eq_ignore_ascii_case(&field.name))?;
            let value = stored_value(field.kind, value);
            let name = if field.name == FRIENDLY_NAME { "name".to_owned() } else { field.name };
            Some((name, value))
        };
        let is_kept = |(name, value): &(String, String)| name != "name" || !value.trim().is_empty();
        self.fields().into_iter().filter_map(named).filter(is_kept).collect()
    }
}

/// Finds a gateway by its name, in any case.
pub(super) async fn find(db: &mut Lease, name: &str) -> Result<Gateway> {
    let active = gateways::active(db).await?.into_names();
    let found = active.into_iter().find(|active| active.eq_ignore_ascii_case(name));
    let name = match found {
        Some(name) => name,
        None => registry::gateway(name).ok_or(Refusal::UnknownName)?.name.to_owned(),
    };
    Ok(Gateway { stored: gateway_settings::names(db, &name).await?, name })
}

/// Activates a gateway that is locked, with these settings.
pub(super) async fn activate(context: Context<'_>, gateway: &Gateway, sent: &[(String, String)]) -> Result<()> {
    if gateway.is_active() {
        return Err(Refusal::AlreadyActive.into());
    }
    let position = gateway_settings::next_position(context.db).await?;
    let known = registry::gateway(&gateway.name);
    let mut settings = gateway.settings(sent);
    if !settings.iter().any(|(name, _)| name == "name") {
        let display_name = known.map_or(gateway.name.as_str(), |known| known.display_name);
        settings.insert(0, ("name".to_owned(), display_name.to_owned()));
    }
    settings.extend([("type".to_owned(), "Invoices".to_owned()), ("visible".to_owned(), "on".to_owned())]);

    let mut tx = context.write(Subject::ModuleSettings).await?;
    for (name, value) in &settings {
        gateway_settings::add(&mut tx, &gateway.name, name, value, position).await?;
    }
    let line = format!("Gateway Module Activated: {}", gateway.name);
    store::system::activity::log(&mut tx, None, &line).await?;
    Ok(())
}

/// Changes settings of a gateway that is locked. Those that were not sent stay as they are.
pub(super) async fn update(context: Context<'_>, gateway: &Gateway, sent: &[(String, String)]) -> Result<()> {
    if !gateway.is_active() {
        return Err(Refusal::NotActive.into());
    }
    let settings = gateway.settings(sent);
    let mut tx = context.write(Subject::ModuleSettings).await?;
    for (name, value) in &settings {
        match gateway.stored.contains(name) {
            true => gateway_settings::change(&mut tx, &gateway.name, name, value).await?,
            false => gateway_settings::add_setting(&mut tx, &gateway.name, name, value).await?,
        }
    }
    if !settings.is_empty() {
        let names: Vec<&str> = settings.iter().map(|(name, _)| name.as_str()).collect();
        let line = format!("Gateway Module Configuration Updated: {} ({})", gateway.name, names.join(", "));
        store::system::activity::log(&mut tx, None, &line).await?;
    }
    Ok(())
}

/// Deactivates a gateway that is locked. What is paid through it is then paid through the new one; if that is the gateway
/// itself, it stays as it is.
pub(super) async fn deactivate(context: Context<'_>, gateway: &Gateway, new: Option<&str>) -> Result<()> {
    if !gateway.is_active() {
        return Err(Refusal::NotActive.into());
    }
    let active = gateways::active(context.db).await?;
    let new = match new.map(str::trim) {
        None if gateway_settings::is_used(context.db, &gateway.name).await? => return Err(Refusal::InUse.into()),
        None => None,
        Some(name) if name.eq_ignore_ascii_case(&gateway.name) => None,
        Some(name) => {
            let found = active.into_names().into_iter().find(|active| active.eq_ignore_ascii_case(name));
            Some(found.ok_or(Refusal::ReplacementNotActive)?)
        }
    };

    let mut tx = context.write(Subject::ModuleSettings).await?;
    gateway_settings::remove(&mut tx, &gateway.name).await?;
    if let Some(new) = &new {
        gateway_settings::replace(&mut tx, &gateway.name, new).await?;
    }
    let replaced = new.map(|new| format!(" (replaced by {new})")).unwrap_or_default();
    let line = format!("Gateway Module Deactivated: {}{replaced}", gateway.name);
    store::system::activity::log(&mut tx, None, &line).await?;
    Ok(())
}
