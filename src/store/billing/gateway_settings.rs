//! Activating, configuring and deactivating payment gateways (`tblpaymentgateways`).

use sqlx::MySqlConnection;

use crate::database::writer::Writer;
use crate::store::webhooks::each;

const SETTINGS: &str = "SELECT setting FROM tblpaymentgateways WHERE gateway = ? ORDER BY id";
const NEXT_POSITION: &str = "SELECT CAST(COALESCE(MAX(`order`), 0) + 1 AS SIGNED) FROM tblpaymentgateways";
const ADD: &str = "INSERT INTO tblpaymentgateways (gateway, setting, value, `order`) VALUES (?, ?, ?, ?)";
const CHANGE: &str = "UPDATE tblpaymentgateways SET value = ? WHERE gateway = ? AND setting = ?";
const ADD_SETTING: &str = "INSERT INTO tblpaymentgateways (gateway, setting, value, `order`) \
     SELECT gateway, ?, ?, MAX(`order`) FROM tblpaymentgateways WHERE gateway = ? GROUP BY gateway";
const REMOVE: &str = "DELETE FROM tblpaymentgateways WHERE gateway = ?";
const IS_USED: &str = "SELECT EXISTS(SELECT 1 FROM tblclients WHERE defaultgateway = ?) \
       OR EXISTS(SELECT 1 FROM tblinvoices WHERE paymentmethod = ? \
                 AND status IN ('Draft', 'Unpaid', 'Payment Pending', 'Collections')) \
       OR EXISTS(SELECT 1 FROM tblhosting WHERE paymentmethod = ?) \
       OR EXISTS(SELECT 1 FROM tblhostingaddons WHERE paymentmethod = ?) \
       OR EXISTS(SELECT 1 FROM tbldomains WHERE paymentmethod = ?)";
const OF_CLIENTS: &str = "UPDATE tblclients SET defaultgateway = ? WHERE defaultgateway = ?";
const OF_INVOICES: &str = "UPDATE tblinvoices SET paymentmethod = ? WHERE paymentmethod = ? \
     AND status IN ('Draft', 'Unpaid', 'Payment Pending', 'Collections')";
const OF_SERVICES: &str = "UPDATE tblhosting SET paymentmethod = ? WHERE paymentmethod = ?";
const OF_ADDONS: &str = "UPDATE tblhostingaddons SET paymentmethod = ? WHERE paymentmethod = ?";
const OF_DOMAINS: &str = "UPDATE tbldomains SET paymentmethod = ? WHERE paymentmethod = ?";

/// Returns the names of the settings that are stored of a gateway; none if it is not active.
pub async fn names(db: &mut MySqlConnection, gateway: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(SETTINGS).bind(gateway.to_owned()).fetch_all(db).await
}

/// Returns the position of a further gateway in the operator's order.
pub async fn next_position(db: &mut MySqlConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar(NEXT_POSITION).fetch_one(db).await
}

/// Inserts a setting of a gateway that is not active yet.
pub async fn add(tx: &mut Writer<'_>, gateway: &str, name: &str, value: &str, position: i64) -> sqlx::Result<()> {
    let insert = sqlx::query(ADD).bind(gateway.to_owned()).bind(name.to_owned()).bind(value.to_owned()).bind(position);
    tx.execute(insert).await.map(|_| ())
}

/// Changes a setting of an active gateway.
pub async fn change(tx: &mut Writer<'_>, gateway: &str, name: &str, value: &str) -> sqlx::Result<()> {
    let change = sqlx::query(CHANGE).bind(value.to_owned()).bind(gateway.to_owned()).bind(name.to_owned());
    tx.execute(change).await.map(|_| ())
}

/// Adds a setting to an active gateway.
pub async fn add_setting(tx: &mut Writer<'_>, gateway: &str, name: &str, value: &str) -> sqlx::Result<()> {
    let insert = sqlx::query(ADD_SETTING).bind(name.to_owned()).bind(value.to_owned()).bind(gateway.to_owned());
    tx.execute(insert).await.map(|_| ())
}

/// Deletes all settings of a gateway, which deactivates it.
pub async fn remove(tx: &mut Writer<'_>, gateway: &str) -> sqlx::Result<()> {
    tx.execute(sqlx::query(REMOVE).bind(gateway.to_owned())).await.map(|_| ())
}

/// Whether a client, an invoice that is still to be paid, a service, an addon or a domain is paid through a gateway.
pub async fn is_used(db: &mut MySqlConnection, gateway: &str) -> sqlx::Result<bool> {
    let query = sqlx::query_scalar(IS_USED);
    let query = (0..5).fold(query, |query, _| query.bind(gateway.to_owned()));
    query.fetch_one(db).await
}

/// Has everything that is paid through one gateway paid through another one.
pub async fn replace(tx: &mut Writer<'_>, gateway: &str, by: &str) -> sqlx::Result<()> {
    each::gateway_replaced(tx, gateway, by).await?;
    for statement in [OF_CLIENTS, OF_INVOICES, OF_SERVICES, OF_ADDONS, OF_DOMAINS] {
        tx.execute(sqlx::query(statement).bind(by.to_owned()).bind(gateway.to_owned())).await?;
    }
    Ok(())
}
