//! Which modules are active, and their settings: payment gateways, registrars, fraud checks and endpoints of notifications.
//! Provisioning modules are those of this server's own settings, always.

mod endpoints;
mod gateways;

pub use endpoints::{Endpoint, fraud_check, inactive_notifications};
pub use gateways::Gateway;

use crate::database::writer::Subject;
use crate::domain::module::registry::{self, Field, ModuleKind};
use crate::operations::{self, Context};

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
    /// This server's settings name the registrar, which keeps it active.
    InSettings,
    /// WHMCS encrypts settings of these modules, in a form of its own.
    SettingsOfWhmcs,
    /// Modules of this kind have no parameters here: those are in this server's settings.
    NoParameters,
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
            Refusal::InSettings => "module_in_settings",
            Refusal::SettingsOfWhmcs => "module_settings_of_whmcs",
            Refusal::NoParameters => "module_without_parameters",
        }
    }
}

/// A module that can be managed.
#[derive(Debug)]
pub enum Module {
    Gateway(Gateway),
    Endpoint(Endpoint),
}

impl Module {
    /// The settings that it has, active or not.
    pub fn fields(&self) -> Vec<Field> {
        match self {
            Module::Gateway(gateway) => gateway.fields(),
            Module::Endpoint(endpoint) => endpoint.fields(),
        }
    }
}

/// Finds a module by its name, in any case.
pub async fn find(context: &mut Context<'_>, kind: ModuleKind, name: &str) -> Result<Module> {
    let name = name.trim();
    let is_server = context.settings.modules.keys().any(|module| module.eq_ignore_ascii_case(name));
    match kind {
        ModuleKind::Gateway => Ok(Module::Gateway(gateways::find(context.db, name).await?)),
        ModuleKind::Registrar => Ok(Module::Endpoint(endpoints::registrar(context, name).await?)),
        ModuleKind::Fraud => Ok(Module::Endpoint(endpoints::fraud(context, name).await?)),
        ModuleKind::Notification => Ok(Module::Endpoint(endpoints::notification(context, name).await?)),
        ModuleKind::Server if is_server => Err(Refusal::NotSupported.into()),
        ModuleKind::Addon if registry::has_addon(name) => Err(Refusal::NotSupported.into()),
        _ => Err(Refusal::UnknownName.into()),
    }
}

/// Finds a module and locks the settings of all until the transaction ends.
pub async fn lock(context: &mut Context<'_>, kind: ModuleKind, name: &str) -> Result<Module> {
    context.db.lock(Subject::ModuleSettings).await?;
    find(context, kind, name).await
}

/// Activates a module that is locked, with these settings.
pub async fn activate(context: Context<'_>, module: &Module, sent: &[(String, String)]) -> Result<()> {
    match module {
        Module::Gateway(gateway) => gateways::activate(context, gateway, sent).await,
        Module::Endpoint(endpoint) => endpoints::activate(context, endpoint, sent).await,
    }
}

/// Changes settings of a module that is locked. Those that were not sent stay as they are.
pub async fn update(context: Context<'_>, module: &Module, sent: &[(String, String)]) -> Result<()> {
    match module {
        Module::Gateway(gateway) => gateways::update(context, gateway, sent).await,
        Module::Endpoint(endpoint) => endpoints::update(context, endpoint, sent).await,
    }
}

/// Deactivates a module that is locked. What is paid through a gateway is then paid through the new one; if that is the
/// gateway itself, it stays as it is.
pub async fn deactivate(context: Context<'_>, module: &Module, new_gateway: Option<&str>) -> Result<()> {
    match module {
        Module::Gateway(gateway) => gateways::deactivate(context, gateway, new_gateway).await,
        Module::Endpoint(endpoint) => endpoints::deactivate(context, endpoint).await,
    }
}
