//! Settings of WHMCS (`tblconfiguration`).

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::money::Money;
use crate::domain::tax::Prices;

const READ: &str = "SELECT setting, value FROM tblconfiguration WHERE setting IN \
     ('SystemURL', 'AddFundsEnabled', 'AddFundsMinimum', 'AddFundsMaximum', 'AddFundsMaximumBalance', \
      'CreateInvoiceDaysBefore', 'TaxEnabled', 'TaxType')";
const DATE_FORMAT: &str = "SELECT value FROM tblconfiguration WHERE setting = 'DateFormat' LIMIT 1";
const ORDERS: &str =
    "SELECT setting, value FROM tblconfiguration WHERE setting IN ('DateFormat', 'OrderDaysGrace', 'TaxDomains')";
const CREDIT: &str =
    "SELECT COUNT(*) = 0 FROM tblconfiguration WHERE setting = 'NoAutoApplyCredit' AND value NOT IN ('', '0', 'off')";
const FIND: &str = "SELECT CAST(id AS SIGNED) AS id, setting AS name, COALESCE(value, '') AS value FROM tblconfiguration \
     WHERE setting = ? ORDER BY id LIMIT 1";
const SET: &str = "UPDATE tblconfiguration SET value = ?, updated_at = ? WHERE id = ?";
const COMPANY: &str = "SELECT setting, value FROM tblconfiguration WHERE setting IN \
     ('CompanyName', 'Email', 'Domain', 'SystemURL', 'Signature', 'DateFormat')";

/// The settings that billing depends on.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// `SystemURL`, the address of the operator's client area; ends with a slash or is empty.
    pub system_url: String,
    /// `AddFundsEnabled`, which counts as on if the setting is missing.
    pub add_funds_enabled: bool,
    /// `AddFundsMinimum`, if set.
    pub add_funds_minimum: Option<Money>,
    /// `AddFundsMaximum`, if set.
    pub add_funds_maximum: Option<Money>,
    /// `AddFundsMaximumBalance`, if set: the highest balance that a client may reach by buying credit.
    pub add_funds_maximum_balance: Option<Money>,
    /// `CreateInvoiceDaysBefore`: number of days that a client has to pay. WHMCS's own default is 14.
    pub days_to_pay: u64,
    /// `TaxEnabled`, which counts as on if the setting is missing.
    pub tax_enabled: bool,
    /// `TaxType`.
    pub prices: Prices,
}

pub async fn read(db: &mut MySqlConnection) -> sqlx::Result<Configuration> {
    let rows: Vec<(String, String)> = sqlx::query_as(READ).fetch_all(db).await?;
    let value = |setting: &str| rows.iter().find(|(name, _)| name == setting).map(|(_, value)| value.trim());
    let limit = |setting| value(setting).and_then(Money::parse).filter(|limit| limit.is_positive());
    let is_on = |setting| value(setting).is_none_or(|value| !matches!(value, "" | "0" | "off"));
    Ok(Configuration {
        system_url: value("SystemURL").map(with_slash).unwrap_or_default(),
        add_funds_enabled: is_on("AddFundsEnabled"),
        add_funds_minimum: limit("AddFundsMinimum"),
        add_funds_maximum: limit("AddFundsMaximum"),
        add_funds_maximum_balance: limit("AddFundsMaximumBalance"),
        days_to_pay: value("CreateInvoiceDaysBefore").and_then(|days| days.parse().ok()).unwrap_or(14),
        tax_enabled: is_on("TaxEnabled"),
        prices: match value("TaxType") {
            Some("Inclusive") => Prices::WithTax,
            _ => Prices::WithoutTax,
        },
    })
}

fn with_slash(url: &str) -> String {
    if url.is_empty() || url.ends_with('/') { url.to_owned() } else { format!("{url}/") }
}

/// `DateFormat`, such as `DD/MM/YYYY`; empty if it is not set.
pub async fn date_format(db: &mut MySqlConnection) -> sqlx::Result<String> {
    let format: Option<String> = sqlx::query_scalar(DATE_FORMAT).fetch_optional(db).await?;
    Ok(format.unwrap_or_default())
}

/// Whether credit of clients pays for their new invoices: not with `NoAutoApplyCredit`.
pub async fn applies_credit(db: &mut MySqlConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar(CREDIT).fetch_one(db).await
}

/// The settings that orders depend on.
#[derive(Debug, Clone)]
pub struct OrderSettings {
    /// `DateFormat`, such as `DD/MM/YYYY`; empty if it is not set.
    pub date_format: String,
    /// `OrderDaysGrace`: number of days that a client has to pay for an order. WHMCS's own default is 0.
    pub days_to_pay: u64,
    /// `TaxDomains`: whether domains are taxed.
    pub taxes_domains: bool,
}

pub async fn orders(db: &mut MySqlConnection) -> sqlx::Result<OrderSettings> {
    let rows: Vec<(String, String)> = sqlx::query_as(ORDERS).fetch_all(db).await?;
    let value = |setting: &str| rows.iter().find(|(name, _)| name == setting).map(|(_, value)| value.trim());
    Ok(OrderSettings {
        date_format: value("DateFormat").unwrap_or_default().to_owned(),
        days_to_pay: value("OrderDaysGrace").and_then(|days| days.parse().ok()).unwrap_or(0),
        taxes_domains: value("TaxDomains").is_some_and(|value| !matches!(value, "" | "0" | "off")),
    })
}

/// Name and addresses of the operator's company.
#[derive(Debug, Clone)]
pub struct Company {
    /// `CompanyName`.
    pub name: String,
    /// `Email`.
    pub email: String,
    /// `Domain`.
    pub domain: String,
    /// `SystemURL`, as in [`Configuration`].
    pub system_url: String,
    /// `Signature`, which is appended to mails.
    pub signature: String,
    /// `DateFormat`, as in [`date_format`].
    pub date_format: String,
}

pub async fn company(db: &mut MySqlConnection) -> sqlx::Result<Company> {
    let rows: Vec<(String, String)> = sqlx::query_as(COMPANY).fetch_all(db).await?;
    let value = |setting: &str| rows.iter().find(|(name, _)| name == setting).map(|(_, value)| value.trim());
    let text = |setting: &str| value(setting).unwrap_or_default().to_owned();
    Ok(Company {
        name: text("CompanyName"),
        email: text("Email"),
        domain: text("Domain"),
        system_url: value("SystemURL").map(with_slash).unwrap_or_default(),
        signature: text("Signature"),
        date_format: text("DateFormat"),
    })
}

/// `Version`, such as `8.13.1-release.1`; empty if it is not set.
pub async fn version(db: &mut MySqlConnection) -> sqlx::Result<String> {
    let statement = "SELECT value FROM tblconfiguration WHERE setting = 'Version' LIMIT 1";
    let version: Option<String> = sqlx::query_scalar(statement).fetch_optional(db).await?;
    Ok(version.unwrap_or_default().trim().to_owned())
}

/// A setting as it is stored.
#[derive(Debug)]
pub struct Setting {
    pub id: i64,
    pub name: String,
    pub value: String,
}

from_row!(Setting { id, name, value });

/// Finds a setting. The database matches several spellings of a name.
pub async fn find(db: &mut MySqlConnection, name: &str) -> sqlx::Result<Option<Setting>> {
    sqlx::query_as(FIND).bind(name.to_owned()).fetch_optional(db).await
}

/// Changes the value of a setting.
pub async fn set(tx: &mut Writer<'_>, id: i64, value: &str) -> sqlx::Result<()> {
    let update = sqlx::query(SET).bind(value.to_owned()).bind(tx.now.utc()).bind(id);
    tx.execute(update).await.map(|_| ())
}
