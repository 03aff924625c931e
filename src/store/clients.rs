//! `tblclients`.

use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use super::values::from_row;

use crate::domain::id::ClientId;
use crate::domain::money::Money;

/// What the books need to know of a client.
#[derive(Debug, Clone)]
pub struct Client {
    pub id: ClientId,
    pub credit: Money,
    pub tax_exempt: bool,
    /// Two letters, or empty.
    pub country: String,
    pub state: String,
    /// The gateway they pay with unless told otherwise, or empty.
    pub default_gateway: String,
    pub currency: i64,
    /// The exchange rate of their currency to the default one.
    pub currency_rate: Decimal,
}

from_row!(Client { id, credit, tax_exempt, country, state, default_gateway, currency, currency_rate });

pub(super) const EXISTS: &str = "SELECT COUNT(*) > 0 FROM tblclients WHERE id = ?";

pub async fn exists(db: &mut MySqlConnection, id: ClientId) -> sqlx::Result<bool> {
    sqlx::query_scalar(EXISTS).bind(id).fetch_one(db).await
}

pub(super) const LOCK: &str = "SELECT CAST(c.id AS SIGNED) AS id, c.credit, c.taxexempt <> 0 AS tax_exempt, c.country, c.state, \
                c.defaultgateway AS default_gateway, CAST(c.currency AS SIGNED) AS currency, \
                COALESCE((SELECT rate FROM tblcurrencies WHERE id = c.currency), 1.00000) AS currency_rate \
         FROM tblclients c WHERE c.id = ? FOR UPDATE";

/// Reads a client and keeps other writers away from the row until the transaction ends.
pub async fn lock(db: &mut MySqlConnection, id: ClientId) -> sqlx::Result<Option<Client>> {
    sqlx::query_as(LOCK).bind(id).fetch_optional(db).await
}

/// Who a mail is for, and what its merge fields say of them.
#[derive(Debug, Clone, Default)]
pub struct Addressee {
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub email: String,
    pub address1: String,
    pub address2: String,
    pub city: String,
    pub state: String,
    pub postcode: String,
    pub country: String,
    pub phone: String,
    /// As WHMCS spells it: `english`. Empty for the operator's.
    pub language: String,
}

from_row!(Addressee {
    first_name,
    last_name,
    company,
    email,
    address1,
    address2,
    city,
    state,
    postcode,
    country,
    phone,
    language
});

pub(super) const ADDRESSEE: &str = "SELECT firstname AS first_name, lastname AS last_name, companyname AS company, email, address1, \
                address2, city, state, postcode, country, phonenumber AS phone, language \
         FROM tblclients WHERE id = ?";

/// The client as a mail addresses them.
pub async fn addressee(db: &mut MySqlConnection, id: ClientId) -> sqlx::Result<Option<Addressee>> {
    sqlx::query_as(ADDRESSEE).bind(id).fetch_optional(db).await
}

pub(super) const CURRENCY_RATE: &str = "SELECT rate FROM tblcurrencies WHERE id = ?";

/// The exchange rate of a currency to the default one, if there is such a currency.
pub async fn currency_rate(db: &mut MySqlConnection, currency: i64) -> sqlx::Result<Option<Decimal>> {
    sqlx::query_scalar(CURRENCY_RATE).bind(currency).fetch_optional(db).await
}
