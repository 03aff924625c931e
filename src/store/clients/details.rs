//! The full details of one client, as `GetClientsDetails` returns them.

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::id::ClientId;
use crate::domain::money::Money;

/// A client's row with its currency, owner and last login.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the row's flags")]
pub struct ClientDetails {
    pub id: i64,
    /// Id of the owning user; 0 if there is none.
    pub owner: i64,
    pub uuid: String,
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
    pub tax_id: String,
    /// JSON, or empty.
    pub email_preferences: String,
    pub billing_contact: i64,
    pub notes: String,
    pub currency: i64,
    pub default_gateway: String,
    pub group: i64,
    pub status: String,
    pub credit: Money,
    pub tax_exempt: bool,
    pub no_late_fees: bool,
    pub no_due_notices: bool,
    pub separate_invoices: bool,
    pub no_automatic_charge: bool,
    pub refuses_marketing: bool,
    pub wants_marketing: bool,
    pub no_automatic_close: bool,
    pub allows_single_sign_on: i64,
    pub email_verified: bool,
    pub language: String,
    /// The last login of the owner or, in databases from before there were users, of the client; empty for never.
    pub last_login: String,
    pub address: String,
    pub host: String,
    pub currency_code: String,
    pub currency_prefix: String,
    pub currency_suffix: String,
    /// The number format of amounts, see [`crate::domain::money::Money::formatted`].
    pub currency_format: i64,
}

from_row!(ClientDetails {
    id,
    owner,
    uuid,
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
    tax_id,
    email_preferences,
    billing_contact,
    notes,
    currency,
    default_gateway,
    group,
    status,
    credit,
    tax_exempt,
    no_late_fees,
    no_due_notices,
    separate_invoices,
    no_automatic_charge,
    refuses_marketing,
    wants_marketing,
    no_automatic_close,
    allows_single_sign_on,
    email_verified,
    language,
    last_login,
    address,
    host,
    currency_code,
    currency_prefix,
    currency_suffix,
    currency_format
});

/// Reads the details of a client.
pub async fn find(db: &mut MySqlConnection, id: ClientId) -> sqlx::Result<Option<ClientDetails>> {
    sqlx::query_as(
        "SELECT CAST(c.id AS SIGNED) AS id, COALESCE(CAST(u.id AS SIGNED), 0) AS owner, c.uuid, c.firstname AS first_name, \
                c.lastname AS last_name, c.companyname AS company, c.email, c.address1, c.address2, c.city, c.state, \
                c.postcode, c.country, c.phonenumber AS phone, c.tax_id, \
                COALESCE(c.email_preferences, '') AS email_preferences, CAST(c.billingcid AS SIGNED) AS billing_contact, \
                c.notes, CAST(c.currency AS SIGNED) AS currency, c.defaultgateway AS default_gateway, \
                CAST(c.groupid AS SIGNED) AS `group`, c.status, c.credit, c.taxexempt <> 0 AS tax_exempt, \
                c.latefeeoveride <> 0 AS no_late_fees, c.overideduenotices <> 0 AS no_due_notices, \
                c.separateinvoices <> 0 AS separate_invoices, c.disableautocc <> 0 AS no_automatic_charge, \
                c.emailoptout <> 0 AS refuses_marketing, c.marketing_emails_opt_in <> 0 AS wants_marketing, \
                c.overrideautoclose <> 0 AS no_automatic_close, CAST(c.allow_sso AS SIGNED) AS allows_single_sign_on, \
                c.email_verified <> 0 OR u.email_verified_at IS NOT NULL AS email_verified, c.language, \
                COALESCE(CAST(COALESCE(u.last_login, c.lastlogin) AS CHAR), '') AS last_login, c.ip AS address, c.host, \
                COALESCE(m.code, '') AS currency_code, COALESCE(m.prefix, '') AS currency_prefix, \
                COALESCE(m.suffix, '') AS currency_suffix, COALESCE(CAST(m.format AS SIGNED), 1) AS currency_format \
         FROM tblclients c LEFT JOIN tblcurrencies m ON m.id = c.currency \
              LEFT JOIN tblusers u ON u.id = (SELECT MIN(r.auth_user_id) FROM tblusers_clients r \
                                              WHERE r.client_id = c.id AND r.owner <> 0) \
         WHERE c.id = ?",
    )
    .bind(id)
    .fetch_optional(db)
    .await
}
