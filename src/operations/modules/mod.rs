//! Which modules are active, and their settings: of payment gateways, as their settings alone are kept in the database in a
//! form that this program can read. The other modules are those of this server's own settings.

use crate::database::lease::Lease;
use crate::database::writer::Subject;
use crate::domain::module::registry::{self, FRIENDLY_NAME, Field, ModuleKind, gateway_fields, stored_value};
use crate::operations::{self, Context};
use crate::store;
use crate::store::billing::{gateway_settings, gateways};

pub type Result<T, R = Refusal> = operations::Result<T, R>;

/// The reasons for which a module is not activated, changed or deactivated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no module with this name.
    UnknownName,
    /// Modules of this kind have no such operation here.
    NotSupported,
    AlreadyActive,
    NotActive,
    /// The gateway is in use, and no other one is to replace it.
    InUse,
    /// The gateway that is to replace it is not active.
    ReplacementNotActive,
}

impl operations::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::UnknownName => "module_not_found",
            Refusal::NotSupported => "module_type_not_supported",
            Refusal::AlreadyActive => "module_already_active",
            Refusal::NotActive => "module_not_active",
            Refusal::InUse => "gateway_in_use",
            Refusal::ReplacementNotActive => "new_gateway_not_active",
        }
    }
}

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

    /// Returns the settings to store from those that were sent, by their stored names. Unknown ones are left out.
    fn settings(&self, sent: &[(String, String)]) -> Vec<(String, String)> {
        let named = |field: Field| {
            let (_, value) = sent.iter().find(|(name, _)| name.eq_ignore_ascii_case(&field.name))?;
            let value = stored_value(field.kind, value);
            let name = if field.name == FRIENDLY_NAME { "name".to_owned() } else { field.name };
            Some((name, value))
        };
        self.fields().into_iter().filter_map(named).collect()
    }
}

/// Finds a module by its name, in any case. Only gateways can be managed.
pub async fn find(context: &mut Context<'_>, kind: ModuleKind, name: &str) -> Result<Gateway> {
    let name = name.trim();
    match kind {
        ModuleKind::Gateway => find_gateway(context.db, name).await,
        ModuleKind::Server if context.modules.has(name) => Err(Refusal::NotSupported.into()),
        ModuleKind::Registrar if context.registrars.has(name) => Err(Refusal::NotSupported.into()),
        ModuleKind::Registrar => {
            let active = store::domains::registrar_params::active(context.db).await?;
            let is_known = active.iter().any(|active| active.eq_ignore_ascii_case(name));
            Err(if is_known { Refusal::NotSupported } else { Refusal::UnknownName }.into())
        }
        _ => Err(Refusal::UnknownName.into()),
    }
}

async fn find_gateway(db: &mut Lease, name: &str) -> Result<Gateway> {
    let active = gateways::active(db).await?.into_names();
    let found = active.into_iter().find(|active| active.eq_ignore_ascii_case(name));
    let name = match found {
        Some(name) => name,
        None => registry::gateway(name).ok_or(Refusal::UnknownName)?.name.to_owned(),
    };
    Ok(Gateway { stored: gateway_settings::names(db, &name).await?, name })
}

/// Finds a module and locks the settings of all until the transaction ends.
pub async fn lock(context: &mut Context<'_>, kind: ModuleKind, name: &str) -> Result<Gateway> {
    context.db.lock(Subject::ModuleSettings).await?;
    find(context, kind, name).await
}

/// Activates a gateway that is locked, with these settings.
pub async fn activate(context: Context<'_>, gateway: &Gateway, sent: &[(String, String)]) -> Result<()> {
    if gateway.is_active() {
        return Err(Refusal::AlreadyActive.into());
    }
    let position = gateway_settings::next_position(context.db).await?;
    let known = registry::gateway(&gateway.name);
    let mut settings = gateway.settings(sent);
    if !settings.iter().any(|(name, value)| name == "name" && !value.is_empty()) {
        settings.retain(|(name, _)| name != "name");
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
pub async fn update(context: Context<'_>, gateway: &Gateway, sent: &[(String, String)]) -> Result<()> {
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
pub async fn deactivate(context: Context<'_>, gateway: &Gateway, new: Option<&str>) -> Result<()> {
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
