//! Registrars, fraud checks and endpoints of notifications: those that this server's settings name, and the registrars whose
//! settings are in the database.
//!
//! What the settings name is active until it is deactivated. A registrar stays active: domains have commands on their way to
//! it. Settings in the database are stored and never read: the credentials of a registrar belong to the endpoint in front of it.

use super::{Refusal, Result};
use crate::database::writer::{Subject, Writer};
use crate::domain::module::registry::{self, Field, ModuleKind, is_field_name, stored_value};
use crate::fault::{self, Fault};
use crate::keyring::NotStorable;
use crate::operations::Context;
use crate::store;
use crate::store::services::module_settings::{self, Table};

/// A registrar, a fraud check, or an endpoint of notifications.
#[derive(Debug)]
pub struct Endpoint {
    kind: ModuleKind,
    /// The name as it is in the settings, or as it is stored.
    name: String,
    /// Whether this server's settings name it.
    is_in_settings: bool,
    is_active: bool,
    /// Where its settings are stored, if it can have some.
    table: Option<Table>,
    /// The names of its stored settings.
    stored: Vec<String>,
}

impl Endpoint {
    pub fn fields(&self) -> Vec<Field> {
        match self.known() {
            Some(known) => known.fields().collect(),
            None => self.stored.iter().map(|name| Field::text(name)).collect(),
        }
    }

    fn known(&self) -> Option<&'static registry::KnownModule> {
        registry::registrar(&self.name).filter(|_| self.kind == ModuleKind::Registrar)
    }

    /// Returns the settings to store from those that were sent, by their stored names. Unknown ones are left out, except of
    /// modules of which only the settings of this server know: those may have any.
    fn settings(&self, sent: &[(String, String)]) -> Vec<(String, String)> {
        let fields = self.fields();
        let takes_any = self.is_in_settings && self.known().is_none();
        let named = |(name, value): &(String, String)| match fields.iter().find(|f| f.name.eq_ignore_ascii_case(name)) {
            Some(field) => Some((field.name.clone(), stored_value(field.kind, value))),
            None if takes_any && is_field_name(name) => Some((name.clone(), value.clone())),
            None => None,
        };
        let mut settings: Vec<(String, String)> = Vec::new();
        for (name, value) in sent.iter().filter_map(named) {
            // Of a setting that was sent in several spellings, the first counts.
            if !settings.iter().any(|(earlier, _)| earlier.eq_ignore_ascii_case(&name)) {
                settings.push((name, value));
            }
        }
        settings
    }

    async fn store(&self, tx: &mut Writer<'_>, settings: &[(String, String)]) -> Result<()> {
        let Some(table) = self.table else { return Ok(()) };
        for (name, value) in settings {
            match self.stored.contains(name) {
                true => module_settings::change(tx, table, &self.name, name, value).await?,
                false => module_settings::add(tx, table, &self.name, name, value).await?,
            }
        }
        Ok(())
    }

    fn title(&self) -> &'static str {
        match self.kind {
            ModuleKind::Registrar => "Registrar",
            ModuleKind::Fraud => "Fraud",
            _ => "Notification",
        }
    }
}

/// Finds a registrar: one in this server's settings, one whose settings are stored, or one that this program knows.
pub(super) async fn registrar(context: &mut Context<'_>, name: &str) -> Result<Endpoint> {
    let of_settings = in_any_case(context.settings.registrars.keys(), name);
    let is_in_settings = of_settings.is_some();
    let name = match of_settings {
        Some(name) => name,
        None => {
            let active = store::domains::registrar_params::active(context.db).await?;
            let known = registry::registrar(name).map(|known| known.name.to_owned());
            in_any_case(active.iter(), name).or(known).ok_or(Refusal::UnknownName)?
        }
    };
    let stored = module_settings::names(context.db, Table::Registrars, &name).await?;
    let is_active = is_in_settings || !stored.is_empty();
    let table = Some(Table::Registrars);
    Ok(Endpoint { kind: ModuleKind::Registrar, name, is_in_settings, is_active, table, stored })
}

/// Finds a fraud check in this server's settings.
pub(super) async fn fraud(context: &mut Context<'_>, name: &str) -> Result<Endpoint> {
    let name = in_any_case(context.settings.fraud.keys(), name).ok_or(Refusal::UnknownName)?;
    let is_active = fraud_check(context).await?.as_ref() == Some(&name);
    let stored = module_settings::names(context.db, Table::FraudChecks, &name).await?;
    let table = Some(Table::FraudChecks);
    Ok(Endpoint { kind: ModuleKind::Fraud, name, is_in_settings: true, is_active, table, stored })
}

/// Finds an endpoint of notifications in this server's settings.
pub(super) async fn notification(context: &mut Context<'_>, name: &str) -> Result<Endpoint> {
    let name = in_any_case(context.settings.notifications.keys(), name).ok_or(Refusal::UnknownName)?;
    let is_active = !inactive_notifications(context).await?.contains(&name);
    let kind = ModuleKind::Notification;
    Ok(Endpoint { kind, name, is_in_settings: true, is_active, table: None, stored: Vec::new() })
}

/// The fraud check that is asked about orders: the first in the settings that nobody has deactivated.
pub async fn fraud_check(context: &mut Context<'_>) -> fault::Result<Option<String>> {
    let inactive = inactive(context, ModuleKind::Fraud, context.settings.fraud.is_empty()).await?;
    Ok(context.settings.fraud.keys().find(|name| !inactive.contains(name)).cloned())
}

/// The endpoints that get no notifications because somebody has deactivated them.
pub async fn inactive_notifications(context: &mut Context<'_>) -> fault::Result<Vec<String>> {
    inactive(context, ModuleKind::Notification, context.settings.notifications.is_empty()).await
}

async fn inactive(context: &mut Context<'_>, kind: ModuleKind, are_none: bool) -> fault::Result<Vec<String>> {
    if are_none || !context.has_own_tables {
        return Ok(Vec::new());
    }
    Ok(module_settings::inactive(context.db, kind.name()).await?)
}

pub(super) async fn activate(context: Context<'_>, endpoint: &Endpoint, sent: &[(String, String)]) -> Result<()> {
    if endpoint.is_active {
        return Err(Refusal::AlreadyActive.into());
    }
    let mut settings = endpoint.settings(sent);
    if !endpoint.is_in_settings {
        // Its settings are what makes it active, also while they are empty.
        let missing = |field: &Field| !settings.iter().any(|(name, _)| *name == field.name);
        let missing: Vec<Field> = endpoint.fields().into_iter().filter(missing).collect();
        settings.extend(missing.into_iter().map(|field| (field.name, String::new())));
    }
    let settings = storable(&context, endpoint, settings, sent)?;
    // Only one fraud check is active.
    let others = others(&context, endpoint);

    let mut tx = context.write(Subject::ModuleSettings).await?;
    module_settings::set_active(&mut tx, endpoint.kind.name(), &endpoint.name).await?;
    for other in &others {
        module_settings::set_inactive(&mut tx, endpoint.kind.name(), other).await?;
    }
    endpoint.store(&mut tx, &settings).await?;
    let line = format!("{} Module Activated: {}", endpoint.title(), endpoint.name);
    Ok(store::system::activity::log(&mut tx, None, &line).await?)
}

pub(super) async fn update(context: Context<'_>, endpoint: &Endpoint, sent: &[(String, String)]) -> Result<()> {
    if !endpoint.is_active {
        return Err(Refusal::NotActive.into());
    }
    let settings = storable(&context, endpoint, endpoint.settings(sent), sent)?;
    let mut tx = context.write(Subject::ModuleSettings).await?;
    endpoint.store(&mut tx, &settings).await?;
    if !settings.is_empty() {
        let names: Vec<&str> = settings.iter().map(|(name, _)| name.as_str()).collect();
        let (title, name) = (endpoint.title(), &endpoint.name);
        let line = format!("{title} Module Configuration Updated: {name} ({})", names.join(", "));
        store::system::activity::log(&mut tx, None, &line).await?;
    }
    Ok(())
}

pub(super) async fn deactivate(context: Context<'_>, endpoint: &Endpoint) -> Result<()> {
    if !endpoint.is_active {
        return Err(Refusal::NotActive.into());
    }
    if endpoint.kind == ModuleKind::Registrar && endpoint.is_in_settings {
        return Err(Refusal::InSettings.into());
    }
    // The next fraud check in the settings does not take its place.
    let others = others(&context, endpoint);
    let inactive = others.iter().chain(endpoint.is_in_settings.then_some(&endpoint.name));

    let mut tx = context.write(Subject::ModuleSettings).await?;
    for name in inactive {
        module_settings::set_inactive(&mut tx, endpoint.kind.name(), name).await?;
    }
    if let Some(table) = endpoint.table {
        module_settings::remove(&mut tx, table, &endpoint.name).await?;
    }
    let line = format!("{} Module Deactivated: {}", endpoint.title(), endpoint.name);
    Ok(store::system::activity::log(&mut tx, None, &line).await?)
}

/// The other fraud checks in the settings, if it is one.
fn others(context: &Context<'_>, endpoint: &Endpoint) -> Vec<String> {
    let is_other = |name: &&String| endpoint.kind == ModuleKind::Fraud && **name != endpoint.name;
    context.settings.fraud.keys().filter(is_other).cloned().collect()
}

/// Returns settings as they are stored; rejected where nothing can be stored.
fn storable(
    context: &Context<'_>,
    endpoint: &Endpoint,
    settings: Vec<(String, String)>,
    sent: &[(String, String)],
) -> Result<Vec<(String, String)>> {
    if endpoint.table.is_none() && !sent.is_empty() {
        return Err(Refusal::NoParameters.into());
    }
    let stored = |(name, value): (String, String)| match context.passwords().stored_setting(&value) {
        Ok(value) => Ok((name, value)),
        Err(NotStorable::OfWhmcs) => Err(Refusal::SettingsOfWhmcs.into()),
        Err(NotStorable::Keyring(error)) => Err(Fault::internal(error).into()),
    };
    settings.into_iter().map(stored).collect()
}

fn in_any_case<'n>(mut names: impl Iterator<Item = &'n String>, name: &str) -> Option<String> {
    names.find(|known| known.eq_ignore_ascii_case(name)).cloned()
}
