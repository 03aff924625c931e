//! Sequential numbers of invoices: the operator's counter (`tblconfiguration`), and the numbers that were given
//! (`mod_whmcs_api_invoice_numbers`).

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use crate::database::lease::Lease;
use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::InvoiceId;

const SETTINGS: &str = "SELECT setting, COALESCE(value, '') FROM tblconfiguration WHERE setting IN \
     ('SequentialInvoiceNumbering', 'SequentialInvoiceNumberFormat', 'Version')";
const COUNTER: &str = "SELECT CAST(id AS SIGNED) AS id, COALESCE(value, '') AS value FROM tblconfiguration \
     WHERE setting = 'SequentialInvoiceNumberValue' ORDER BY id LIMIT 1 FOR UPDATE";
const ADD_COUNTER: &str = "INSERT INTO tblconfiguration (setting, value, created_at, updated_at) \
     VALUES ('SequentialInvoiceNumberValue', ?, ?, ?)";
const ADVANCE: &str = "UPDATE tblconfiguration SET value = ?, updated_at = ? WHERE id = ? AND COALESCE(value, '') = ?";
const LAST_DAY: &str = "SELECT MAX(given_on) FROM mod_whmcs_api_invoice_numbers";
const HIGHEST: &str =
    "SELECT CAST(COALESCE(MAX(number), 0) AS SIGNED) FROM mod_whmcs_api_invoice_numbers WHERE series = ?";
const UNNUMBERED: &str = "SELECT CAST(i.id AS SIGNED) FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
     JOIN tblinvoices i ON i.id = wanted.id WHERE i.invoicenum = '' \
       AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_invoice_numbers n WHERE n.invoice_id = i.id) ORDER BY i.id";
const GIVE: &str =
    "UPDATE tblinvoices SET invoicenum = ?, date = COALESCE(?, date), updated_at = ? WHERE id = ? AND invoicenum = ''";
const ADD: &str = "INSERT INTO mod_whmcs_api_invoice_numbers (invoice_id, series, number, follows, written, given_on) \
     VALUES (?, ?, ?, ?, ?, ?)";

/// WHMCS's settings of sequential numbers.
#[derive(Debug, Default)]
pub struct NumberSettings {
    /// `SequentialInvoiceNumbering`.
    pub is_on: bool,
    /// `SequentialInvoiceNumberFormat`.
    pub format: String,
    /// Whether the database is that of a WHMCS, which has a `Version`.
    pub is_of_whmcs: bool,
}

pub async fn settings(db: &mut MySqlConnection) -> sqlx::Result<NumberSettings> {
    let rows: Vec<(String, String)> = sqlx::query_as(SETTINGS).fetch_all(db).await?;
    let value = |setting: &str| rows.iter().find(|(name, _)| name == setting).map_or("", |(_, value)| value.trim());
    Ok(NumberSettings {
        is_on: !matches!(value("SequentialInvoiceNumbering"), "" | "0" | "off"),
        format: value("SequentialInvoiceNumberFormat").to_owned(),
        is_of_whmcs: !value("Version").is_empty(),
    })
}

/// The operator's counter, `SequentialInvoiceNumberValue`.
#[derive(Debug)]
pub struct StoredCounter {
    pub id: i64,
    pub value: String,
}

from_row!(StoredCounter { id, value });

/// Reads the counter and locks its row until the transaction ends.
pub async fn lock_counter(db: &mut Lease) -> sqlx::Result<Option<StoredCounter>> {
    sqlx::query_as(COUNTER).fetch_optional(db.locked()?).await
}

/// Returns the day on which the last number was given.
pub async fn last_day(db: &mut MySqlConnection) -> sqlx::Result<Option<NaiveDate>> {
    sqlx::query_scalar(LAST_DAY).fetch_one(db).await
}

/// Returns the highest number of a series, or 0.
pub async fn highest(db: &mut MySqlConnection, series: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar(HIGHEST).bind(series.to_owned()).fetch_one(db).await
}

/// Returns those of these invoices that have no number.
pub async fn unnumbered(
    db: &mut MySqlConnection,
    ids: impl Iterator<Item = InvoiceId>,
) -> sqlx::Result<Vec<InvoiceId>> {
    let ids: Vec<i64> = sqlx::query_scalar(UNNUMBERED).bind(id_list(ids.map(|id| id.0))).fetch_all(db).await?;
    Ok(ids.into_iter().map(InvoiceId).collect())
}

/// Changes the counter. Returns `false`, with nothing written, if it was changed since it was read.
pub async fn advance(tx: &mut Writer<'_>, from: &StoredCounter, to: &str) -> sqlx::Result<bool> {
    let update = sqlx::query(ADVANCE).bind(to.to_owned()).bind(tx.now.utc()).bind(from.id).bind(from.value.clone());
    tx.change(update).await
}

/// Adds the counter where the operator has none, and returns its id.
pub async fn add_counter(tx: &mut Writer<'_>, value: &str) -> sqlx::Result<i64> {
    let utc = tx.now.utc();
    tx.insert(sqlx::query(ADD_COUNTER).bind(value.to_owned()).bind(utc).bind(utc)).await
}

/// A number to give.
#[derive(Debug)]
pub struct NewNumber<'n> {
    pub invoice: InvoiceId,
    pub series: &'n str,
    pub number: i64,
    pub follows: i64,
    pub written: &'n str,
    pub given_on: NaiveDate,
    /// Whether the invoice is dated to that day.
    pub sets_date: bool,
}

/// Gives an invoice its number. Returns `false`, with nothing written, if the invoice has one.
pub async fn give(tx: &mut Writer<'_>, new: &NewNumber<'_>) -> sqlx::Result<bool> {
    let update = sqlx::query(GIVE)
        .bind(new.written.to_owned())
        .bind(new.sets_date.then_some(new.given_on))
        .bind(tx.now.utc())
        .bind(new.invoice);
    if !tx.change(update).await? {
        return Ok(false);
    }
    let add = sqlx::query(ADD)
        .bind(new.invoice)
        .bind(new.series.to_owned())
        .bind(new.number)
        .bind(new.follows)
        .bind(new.written.to_owned())
        .bind(new.given_on);
    tx.execute(add).await?;
    Ok(true)
}
