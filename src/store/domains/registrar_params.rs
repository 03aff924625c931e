//! The parameters that a registrar is sent.

use std::collections::HashMap;

use indexmap::IndexMap;
use sqlx::mysql::MySqlRow;
use sqlx::{Column, MySqlConnection, Row};

use crate::domain::id::DomainId;

const DOMAIN_PARAMS: &str = "SELECT CAST(d.id AS CHAR) AS domainid, CAST(d.userid AS CHAR) AS userid, d.domain, \
            CAST(d.registrationperiod AS CHAR) AS regperiod, d.type, d.status, \
            COALESCE(CAST(d.expirydate AS CHAR), '0000-00-00') AS expirydate, \
            COALESCE(CAST(d.nextduedate AS CHAR), '0000-00-00') AS nextduedate, \
            CAST(d.dnsmanagement AS CHAR) AS dnsmanagement, CAST(d.emailforwarding AS CHAR) AS emailforwarding, \
            CAST(d.idprotection AS CHAR) AS idprotection, CAST(COALESCE(d.is_premium, 0) AS CHAR) AS is_premium \
     FROM tbldomains d WHERE d.id = ?";
const CLIENT_PARAMS: &str = "SELECT c.firstname, c.lastname, c.companyname, c.email, c.address1, c.address2, c.city, c.state, c.postcode, \
            c.country, c.phonenumber, c.tax_id \
     FROM tbldomains d JOIN tblclients c ON c.id = d.userid WHERE d.id = ?";
const FIELDS: &str = "SELECT name, value FROM tbldomainsadditionalfields WHERE domainid = ? ORDER BY id";
const ORDER: &str =
    "SELECT o.nameservers, o.transfersecret FROM tbldomains d JOIN tblorders o ON o.id = d.orderid WHERE d.id = ?";
const HOSTING_NAMESERVERS: &str = "SELECT s.nameserver1, s.nameserver2, s.nameserver3, s.nameserver4, s.nameserver5 \
     FROM tbldomains d JOIN tblhosting h ON h.orderid = d.orderid AND h.userid = d.userid AND h.domain = d.domain \
     JOIN tblservers s ON s.id = h.server WHERE d.id = ? AND d.orderid > 0 ORDER BY h.id LIMIT 1";
const ACTIVE: &str = "SELECT DISTINCT registrar FROM tblregistrars WHERE registrar <> '' ORDER BY registrar";
const RENEWALS: &str = "SELECT renewals FROM tblorders WHERE invoiceid = ? AND renewals <> '' ORDER BY id LIMIT 1";

/// Names and values, in the order of a statement's columns.
pub type Values = IndexMap<String, String>;

/// What is stored of a domain, its registrant and its order.
#[derive(Debug, Clone, Default)]
pub struct StoredParams {
    pub domain: Values,
    pub client: Values,
    /// The fields that the domain's extension asks for (`tbldomainsadditionalfields`).
    pub fields: Values,
    /// The name servers of the order, a comma-separated list.
    pub order_nameservers: String,
    /// The name servers of the server on which the hosting was set up that was ordered with the domain.
    pub hosting_nameservers: Vec<String>,
    /// The transfer codes of the order by domain, serialized by PHP.
    pub transfer_secrets: String,
}

/// Reads the parameters of a domain, or `None` if the domain or its client does not exist.
pub async fn read(db: &mut MySqlConnection, id: DomainId) -> sqlx::Result<Option<StoredParams>> {
    let domain = sqlx::query(DOMAIN_PARAMS).bind(id).fetch_optional(&mut *db).await?;
    let client = sqlx::query(CLIENT_PARAMS).bind(id).fetch_optional(&mut *db).await?;
    let (Some(domain), Some(client)) = (domain, client) else { return Ok(None) };
    let fields: Vec<(String, String)> = sqlx::query_as(FIELDS).bind(id).fetch_all(&mut *db).await?;
    let order: Option<(String, String)> = sqlx::query_as(ORDER).bind(id).fetch_optional(&mut *db).await?;
    let (order_nameservers, transfer_secrets) = order.unwrap_or_default();
    let hosting = sqlx::query(HOSTING_NAMESERVERS).bind(id).fetch_optional(db).await?;
    Ok(Some(StoredParams {
        domain: values(&domain)?,
        client: values(&client)?,
        fields: fields.into_iter().collect(),
        order_nameservers,
        hosting_nameservers: hosting.map(|row| values(&row)).transpose()?.unwrap_or_default().into_values().collect(),
        transfer_secrets,
    }))
}

pub(in crate::store) fn values(row: &MySqlRow) -> sqlx::Result<Values> {
    let value = |column: &_| Ok((Column::name(column).to_owned(), row.try_get(Column::ordinal(column))?));
    row.columns().iter().map(value).collect()
}

/// Returns the names of the registrars that WHMCS has active, each once.
pub async fn active(db: &mut MySqlConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(ACTIVE).fetch_all(db).await
}

/// Returns the years for which an invoice renews a domain, if an order with this invoice says so.
pub async fn renewed_years(db: &mut MySqlConnection, invoice: i64, id: DomainId) -> sqlx::Result<Option<u32>> {
    Ok(renewals(db, invoice).await?.get(&id.0).copied())
}

/// Returns the years for which an invoice renews domains, by the domain, as an order with this invoice says.
pub async fn renewals(db: &mut MySqlConnection, invoice: i64) -> sqlx::Result<HashMap<i64, u32>> {
    let renewals: Option<String> = sqlx::query_scalar(RENEWALS).bind(invoice).fetch_optional(db).await?;
    let renewals = renewals.unwrap_or_default();
    let pairs = renewals.split(',').filter_map(|renewal| renewal.split_once('='));
    // Of several, the first one counts.
    Ok(pairs.rev().filter_map(|(domain, years)| Some((domain.parse().ok()?, years.parse().ok()?))).collect())
}
