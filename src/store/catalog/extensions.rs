//! Domain extensions (`tbldomainpricing`), and their categories (`tbltlds`).

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::money::Money;

const LIST: &str = "SELECT CAST(id AS SIGNED) AS id, extension AS name, dnsmanagement <> 0 AS offers_dns_management, \
            emailforwarding <> 0 AS offers_email_forwarding, idprotection <> 0 AS offers_id_protection, \
            `group`, CAST(grace_period AS SIGNED) AS grace_days, grace_period_fee AS grace_fee, \
            CAST(redemption_grace_period AS SIGNED) AS redemption_days, \
            redemption_grace_period_fee AS redemption_fee \
     FROM tbldomainpricing WHERE ? IS NULL OR FIND_IN_SET(extension, ?) \
     ORDER BY tbldomainpricing.`order`, tbldomainpricing.id";
const ADD: &str = "INSERT INTO tbldomainpricing (extension, dnsmanagement, emailforwarding, idprotection, eppcode, autoreg, `order`, \
                                   `group`, grace_period, grace_period_fee, redemption_grace_period, \
                                   redemption_grace_period_fee, created_at, updated_at) \
     SELECT ?, COALESCE(?, 0), COALESCE(?, 0), COALESCE(?, 0), COALESCE(?, 0), COALESCE(?, ''), \
            COALESCE(MAX(`order`), 0) + 1, COALESCE(?, 'none'), COALESCE(?, -1), COALESCE(?, 0.00), COALESCE(?, -1), \
            COALESCE(?, -1.00), ?, ? \
     FROM tbldomainpricing";
const UPDATE: &str = "UPDATE tbldomainpricing SET dnsmanagement = COALESCE(?, dnsmanagement), \
            emailforwarding = COALESCE(?, emailforwarding), idprotection = COALESCE(?, idprotection), \
            eppcode = COALESCE(?, eppcode), autoreg = COALESCE(?, autoreg), `group` = COALESCE(?, `group`), \
            grace_period = COALESCE(?, grace_period), grace_period_fee = COALESCE(?, grace_period_fee), \
            redemption_grace_period = COALESCE(?, redemption_grace_period), \
            redemption_grace_period_fee = COALESCE(?, redemption_grace_period_fee), updated_at = ? \
     WHERE id = ?";
const RENUMBER: &str = "UPDATE tbldomainpricing SET `order` = FIND_IN_SET(id, ?) \
     WHERE FIND_IN_SET(id, ?) > 0 AND FIND_IN_SET(id, ?) <> `order`";
const ADD_NAME: &str = "INSERT INTO tbltlds (tld, created_at, updated_at) \
     SELECT ?, ?, ? FROM (SELECT 1) AS one \
     WHERE NOT EXISTS (SELECT 1 FROM tbltlds WHERE BINARY CONVERT(LOWER(tld) USING utf8mb4) = BINARY ?)";

/// A domain extension that is for sale.
#[derive(Debug, Clone)]
pub struct Extension {
    pub id: i64,
    /// The extension with its leading dot, in the operator's spelling.
    pub name: String,
    pub offers_dns_management: bool,
    pub offers_email_forwarding: bool,
    pub offers_id_protection: bool,
    /// The label in the list of extensions: `hot`, `new` or `sale`, or `none`.
    pub group: String,
    /// The days after expiry in which a domain can be renewed; 0 or below for none.
    pub grace_days: i64,
    /// The fee for that in the default currency; negative if the period is disabled. Likewise below.
    pub grace_fee: Money,
    /// The days after the grace period in which a domain can be renewed.
    pub redemption_days: i64,
    pub redemption_fee: Money,
}

from_row!(Extension {
    id,
    name,
    offers_dns_management,
    offers_email_forwarding,
    offers_id_protection,
    group,
    grace_days,
    grace_fee,
    redemption_days,
    redemption_fee
});

/// Returns all extensions, or only those with these names, in the order in which they are shown. Names are compared as the
/// database does it, which may consider `.cöm` and `.com` equal.
pub async fn list(db: &mut MySqlConnection, names: Option<&[&str]>) -> sqlx::Result<Vec<Extension>> {
    let names = names.map(|names| names.join(","));
    sqlx::query_as(LIST).bind(&names).bind(&names).fetch_all(db).await
}

/// Returns the extensions with this name, the oldest first, each with the registrar of its new domains, which may be empty.
/// Names are compared as in [`list`].
pub async fn registrars(db: &mut MySqlConnection, name: &str) -> sqlx::Result<Vec<(String, String)>> {
    let select = "SELECT extension, autoreg FROM tbldomainpricing WHERE extension = ? ORDER BY id";
    sqlx::query_as(select).bind(name).fetch_all(db).await
}

/// Returns the categories of extensions: pairs of an extension without its leading dot and a category, in the order in
/// which categories are shown.
pub async fn categories(db: &mut MySqlConnection) -> sqlx::Result<Vec<(String, String)>> {
    sqlx::query_as(
        "SELECT t.tld, c.category FROM tbltlds t JOIN tbltld_category_pivot l ON l.tld_id = t.id \
         JOIN tbltld_categories c ON c.id = l.category_id \
         ORDER BY COALESCE(c.display_order, 2147483647), c.id",
    )
    .fetch_all(db)
    .await
}

/// The fields of an extension to set; `None` leaves the default in a new one, and the old value in an existing one.
#[derive(Debug, Default)]
pub struct ExtensionFields {
    pub dns_management: Option<bool>,
    pub email_forwarding: Option<bool>,
    pub id_protection: Option<bool>,
    /// Whether a transfer needs the domain's code.
    pub needs_transfer_code: Option<bool>,
    /// The registrar with which domains are registered on payment, or empty.
    pub registrar: Option<String>,
    /// As in [`Extension`].
    pub group: Option<&'static str>,
    pub grace_days: Option<i32>,
    pub grace_fee: Option<Money>,
    pub redemption_days: Option<i32>,
    pub redemption_fee: Option<Money>,
}

/// Adds an extension after all others.
pub async fn add(tx: &mut Writer<'_>, name: &str, fields: &ExtensionFields) -> sqlx::Result<i64> {
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD)
        .bind(name)
        .bind(fields.dns_management)
        .bind(fields.email_forwarding)
        .bind(fields.id_protection)
        .bind(fields.needs_transfer_code)
        .bind(&fields.registrar)
        .bind(fields.group)
        .bind(fields.grace_days)
        .bind(fields.grace_fee)
        .bind(fields.redemption_days)
        .bind(fields.redemption_fee)
        .bind(utc)
        .bind(utc);
    tx.insert(insert).await
}

pub async fn update(tx: &mut Writer<'_>, id: i64, fields: &ExtensionFields) -> sqlx::Result<()> {
    let change = sqlx::query(UPDATE)
        .bind(fields.dns_management)
        .bind(fields.email_forwarding)
        .bind(fields.id_protection)
        .bind(fields.needs_transfer_code)
        .bind(&fields.registrar)
        .bind(fields.group)
        .bind(fields.grace_days)
        .bind(fields.grace_fee)
        .bind(fields.redemption_days)
        .bind(fields.redemption_fee)
        .bind(tx.now.utc())
        .bind(id);
    tx.execute(change).await.map(|_| ())
}

/// Numbers extensions in this order, from 1.
pub async fn renumber(tx: &mut Writer<'_>, ids: &[i64]) -> sqlx::Result<()> {
    let ids = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    tx.execute(sqlx::query(RENUMBER).bind(&ids).bind(&ids).bind(&ids)).await.map(|_| ())
}

/// Adds an extension, given in lower case and without its leading dot, to the list to which categories refer, unless it is
/// there.
pub async fn add_name(tx: &mut Writer<'_>, name: &str) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    tx.execute(sqlx::query(ADD_NAME).bind(name).bind(utc).bind(utc).bind(name)).await.map(|_| ())
}
