//! WHMCS's settings (`tblconfiguration`), as far as callers may read and change them.

use sqlx::MySqlConnection;

use super::{Refusal, Result};
use crate::config::Compat;
use crate::database::writer::Subject;
use crate::operations::Context;
use crate::redaction;
use crate::store;
use crate::store::system::configuration::{self, Setting};

/// Parts of the names of settings by which secrets can be obtained: where links with tokens lead, and who may call. They are
/// changed only if the operator names them.
const SENSITIVE: [&str; 3] = ["url", "domain", "allowedip"];

/// Returns a setting. One that is secret counts as missing.
pub async fn setting(db: &mut MySqlConnection, name: &str, compat: &Compat) -> Result<Setting> {
    let found = configuration::find(db, name).await?;
    // The stored name is compared, because the database matches several spellings of it.
    Ok(found.filter(|setting| is_readable(&setting.name, compat)).ok_or(Refusal::SettingNotFound)?)
}

/// Rejects all changes of settings, if the operator allows none.
pub fn check_writable(compat: &Compat) -> Result<()> {
    if compat.configuration_writable.is_empty() { Err(Refusal::SettingRestricted.into()) } else { Ok(()) }
}

/// Changes a setting, if the operator allows that, and returns whether its value differs from before.
pub async fn set_setting(context: Context<'_>, name: &str, value: &str) -> Result<bool> {
    let db = context.db.lock(Subject::Staff).await?;
    let found = configuration::find(db, name).await?.ok_or(Refusal::SettingNotFound)?;
    if !is_writable(&found.name, context.compat) {
        return Err(Refusal::SettingRestricted.into());
    }

    let mut tx = context.write(Subject::Staff).await?;
    configuration::set(&mut tx, found.id, value).await?;
    let line = format!("Modified General Settings - Setting: {}", found.name);
    store::system::activity::log(&mut tx, None, &line).await?;
    Ok(found.value != value)
}

fn is_readable(name: &str, compat: &Compat) -> bool {
    let name = name.to_lowercase();
    has(&compat.configuration_readable, &name) || !redaction::is_secret_setting(&name)
}

fn is_writable(name: &str, compat: &Compat) -> bool {
    let writable = &compat.configuration_writable;
    let is_sensitive = SENSITIVE.iter().any(|part| name.to_lowercase().contains(part));
    has(writable, name) || (has(writable, "*") && is_readable(name, compat) && !is_sensitive)
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|listed| listed.eq_ignore_ascii_case(name))
}
