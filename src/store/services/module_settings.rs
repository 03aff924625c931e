//! Registrars, fraud checks and endpoints of notifications: their settings (`tblregistrars`, `tblfraud`), and which of those
//! in this server's settings somebody has deactivated.

use sqlx::MySqlConnection;

use crate::database::writer::Writer;

const OF_REGISTRAR: &str = "SELECT setting FROM tblregistrars WHERE registrar = ? ORDER BY id";
const ADD_TO_REGISTRAR: &str = "INSERT INTO tblregistrars (registrar, setting, value) VALUES (?, ?, ?)";
const CHANGE_OF_REGISTRAR: &str = "UPDATE tblregistrars SET value = ? WHERE registrar = ? AND setting = ?";
const REMOVE_OF_REGISTRAR: &str = "DELETE FROM tblregistrars WHERE registrar = ?";
const OF_FRAUD_CHECK: &str = "SELECT setting FROM tblfraud WHERE fraud = ? ORDER BY id";
const ADD_TO_FRAUD_CHECK: &str = "INSERT INTO tblfraud (fraud, setting, value) VALUES (?, ?, ?)";
const CHANGE_OF_FRAUD_CHECK: &str = "UPDATE tblfraud SET value = ? WHERE fraud = ? AND setting = ?";
const REMOVE_OF_FRAUD_CHECK: &str = "DELETE FROM tblfraud WHERE fraud = ?";
const INACTIVE: &str = "SELECT name FROM mod_whmcs_api_inactive_modules WHERE kind = ? ORDER BY name";
const SET_INACTIVE: &str = "INSERT INTO mod_whmcs_api_inactive_modules (kind, name, since) VALUES (?, ?, ?) \
     ON DUPLICATE KEY UPDATE since = since";
const SET_ACTIVE: &str = "DELETE FROM mod_whmcs_api_inactive_modules WHERE kind = ? AND name = ?";

/// Where settings of a module are stored, one in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    Registrars,
    FraudChecks,
}

/// Returns the names of the settings that are stored of a module.
pub async fn names(db: &mut MySqlConnection, table: Table, module: &str) -> sqlx::Result<Vec<String>> {
    let statement = match table {
        Table::Registrars => OF_REGISTRAR,
        Table::FraudChecks => OF_FRAUD_CHECK,
    };
    sqlx::query_scalar(statement).bind(module.to_owned()).fetch_all(db).await
}

/// Inserts a setting of a module.
pub async fn add(tx: &mut Writer<'_>, table: Table, module: &str, name: &str, value: &str) -> sqlx::Result<()> {
    let statement = match table {
        Table::Registrars => ADD_TO_REGISTRAR,
        Table::FraudChecks => ADD_TO_FRAUD_CHECK,
    };
    let insert = sqlx::query(statement).bind(module.to_owned()).bind(name.to_owned()).bind(value.to_owned());
    tx.execute(insert).await.map(|_| ())
}

/// Changes a stored setting of a module.
pub async fn change(tx: &mut Writer<'_>, table: Table, module: &str, name: &str, value: &str) -> sqlx::Result<()> {
    let statement = match table {
        Table::Registrars => CHANGE_OF_REGISTRAR,
        Table::FraudChecks => CHANGE_OF_FRAUD_CHECK,
    };
    let update = sqlx::query(statement).bind(value.to_owned()).bind(module.to_owned()).bind(name.to_owned());
    tx.execute(update).await.map(|_| ())
}

/// Deletes all settings of a module.
pub async fn remove(tx: &mut Writer<'_>, table: Table, module: &str) -> sqlx::Result<()> {
    let statement = match table {
        Table::Registrars => REMOVE_OF_REGISTRAR,
        Table::FraudChecks => REMOVE_OF_FRAUD_CHECK,
    };
    tx.execute(sqlx::query(statement).bind(module.to_owned())).await.map(|_| ())
}

/// Returns the modules of a kind that somebody has deactivated.
pub async fn inactive(db: &mut MySqlConnection, kind: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(INACTIVE).bind(kind.to_owned()).fetch_all(db).await
}

/// Records that a module is deactivated.
pub async fn set_inactive(tx: &mut Writer<'_>, kind: &str, name: &str) -> sqlx::Result<()> {
    let insert = sqlx::query(SET_INACTIVE).bind(kind.to_owned()).bind(name.to_owned()).bind(tx.now.utc());
    tx.execute(insert).await.map(|_| ())
}

/// Records that a module is active again.
pub async fn set_active(tx: &mut Writer<'_>, kind: &str, name: &str) -> sqlx::Result<()> {
    tx.execute(sqlx::query(SET_ACTIVE).bind(kind.to_owned()).bind(name.to_owned())).await.map(|_| ())
}
