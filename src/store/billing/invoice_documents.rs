//! What an invoice says besides its own rows: who sells, who buys, and the names of taxes.

use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::currency::Currency;
use crate::domain::id::ClientId;
use crate::domain::tax::Rate;

/// The operator's settings for documents.
#[derive(Debug, Default)]
pub struct Seller {
    /// `CompanyName`.
    pub name: String,
    /// `InvoicePayTo`: the address, with line breaks.
    pub pay_to: String,
    /// `DateFormat`, such as `DD/MM/YYYY`.
    pub date_format: String,
    /// Whether invoices are proforma until they are paid: `SequentialInvoiceNumbering` and `EnableProformaInvoicing`.
    pub has_proforma: bool,
}

pub async fn seller(db: &mut MySqlConnection) -> sqlx::Result<Seller> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT setting, COALESCE(value, '') FROM tblconfiguration WHERE setting IN \
         ('CompanyName', 'InvoicePayTo', 'DateFormat', 'SequentialInvoiceNumbering', 'EnableProformaInvoicing')",
    )
    .fetch_all(db)
    .await?;
    let value = |setting: &str| rows.iter().find(|(name, _)| name == setting).map_or("", |(_, value)| value.trim());
    let is_on = |setting| !matches!(value(setting), "" | "0" | "off");
    Ok(Seller {
        name: value("CompanyName").to_owned(),
        pay_to: value("InvoicePayTo").to_owned(),
        date_format: value("DateFormat").to_owned(),
        has_proforma: is_on("SequentialInvoiceNumbering") && is_on("EnableProformaInvoicing"),
    })
}

/// The client of an invoice, with the currency.
#[derive(Debug, Default)]
pub struct Buyer {
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub address1: String,
    pub address2: String,
    pub city: String,
    pub state: String,
    pub postcode: String,
    pub country: String,
    pub tax_id: String,
    pub language: String,
    pub prefix: String,
    pub suffix: String,
    pub format: i64,
}

from_row!(Buyer {
    first_name,
    last_name,
    company,
    address1,
    address2,
    city,
    state,
    postcode,
    country,
    tax_id,
    language,
    prefix,
    suffix,
    format
});

impl Buyer {
    pub fn currency(&self) -> Currency {
        Currency { prefix: self.prefix.clone(), suffix: self.suffix.clone(), format: self.format }
    }
}

pub async fn buyer(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Option<Buyer>> {
    sqlx::query_as(
        "SELECT c.firstname AS first_name, c.lastname AS last_name, c.companyname AS company, c.address1, c.address2, c.city, \
                c.state, c.postcode, c.country, c.tax_id, c.language, COALESCE(u.prefix, '') AS prefix, \
                COALESCE(u.suffix, '') AS suffix, CAST(COALESCE(u.format, 0) AS SIGNED) AS format \
         FROM tblclients c LEFT JOIN tblcurrencies u ON u.id = c.currency WHERE c.id = ?",
    )
    .bind(client)
    .fetch_optional(db)
    .await
}

/// The name of a tax, of the level 1 or 2.
#[derive(Debug)]
pub struct TaxName {
    pub level: i64,
    pub name: String,
    pub rate: Rate,
}

/// Returns the names of the taxes for an address, those that apply first.
pub async fn tax_names(db: &mut MySqlConnection, country: &str, state: &str) -> sqlx::Result<Vec<TaxName>> {
    let rows: Vec<(i64, String, Decimal)> = sqlx::query_as(
        "SELECT CAST(level AS SIGNED), name, taxrate FROM tbltax \
         WHERE (country = '' OR country = ?) AND (state = '' OR state = ?) ORDER BY id",
    )
    .bind(country.to_owned())
    .bind(state.to_owned())
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(level, name, rate)| TaxName { level, name, rate: rate.into() }).collect())
}
