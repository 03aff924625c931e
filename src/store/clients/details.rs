//! The full details of one client, as `GetClientsDetails` returns them.

use sqlx::mysql::MySqlRow;
use sqlx::{FromRow, MySqlConnection, Row};

use super::custom_fields::FilledField;
use super::users::User;
use crate::database::values::from_row;
use crate::domain::id::ClientId;
use crate::domain::money::Money;

/// A client with its custom fields and users.
#[derive(Debug)]
pub struct ClientDetails {
    pub client: DetailedClient,
    /// In their order.
    pub fields: Vec<FilledField>,
    /// The owner first.
    pub users: Vec<User>,
}

/// A client's row with its currency, owner and last login.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the row's flags")]
pub struct DetailedClient {
    pub id: i64,
    /// Id of the owning user; 0 if there is none.
    pub owner: i64,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub notes: String,
    pub uuid: String,
    pub company: String,
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
    /// As in [`crate::store::system::configuration::date_format`].
    pub date_format: String,
}

from_row!(DetailedClient {
    id,
    owner,
    first_name,
    last_name,
    email,
    notes,
    uuid,
    company,
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
    currency_format,
    date_format
});

/// A row of the statement.
enum Part {
    Client(Box<DetailedClient>),
    /// A custom field with its position among them.
    Field(i64, FilledField),
    User(User),
}

impl<'r> FromRow<'r, MySqlRow> for Part {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Self> {
        match row.try_get::<&str, _>("part")? {
            "client" => DetailedClient::from_row(row).map(Box::new).map(Part::Client),
            "field" => Ok(Part::Field(row.try_get("position")?, field(row)?)),
            _ => user(row).map(Part::User),
        }
    }
}

fn field(row: &MySqlRow) -> sqlx::Result<FilledField> {
    Ok(FilledField { id: row.try_get("id")?, value: row.try_get("notes")?, is_secret: row.try_get("is_secret")? })
}

fn user(row: &MySqlRow) -> sqlx::Result<User> {
    Ok(User {
        id: row.try_get("id")?,
        first_name: row.try_get("first_name")?,
        last_name: row.try_get("last_name")?,
        email: row.try_get("email")?,
        is_owner: row.try_get("owner")?,
    })
}

/// Reads the details of a client.
///
/// Each row is the client, a custom field or a user, as `part` says; see [`crate::store::billing::invoice_details`].
pub async fn find(db: &mut MySqlConnection, id: ClientId) -> sqlx::Result<Option<ClientDetails>> {
    let parts: Vec<Part> = sqlx::query_as(
        "SELECT CAST(c.id AS SIGNED) AS id, COALESCE(CAST(u.id AS SIGNED), 0) AS owner, \
                CONVERT(c.firstname USING utf8mb4) COLLATE utf8mb4_unicode_ci AS first_name, \
                CONVERT(c.lastname USING utf8mb4) COLLATE utf8mb4_unicode_ci AS last_name, \
                CONVERT(c.email USING utf8mb4) COLLATE utf8mb4_unicode_ci AS email, \
                CONVERT(c.notes USING utf8mb4) COLLATE utf8mb4_unicode_ci AS notes, \
                c.uuid, c.companyname AS company, c.address1, c.address2, c.city, c.state, c.postcode, c.country, \
                c.phonenumber AS phone, c.tax_id, COALESCE(c.email_preferences, '') AS email_preferences, \
                CAST(c.billingcid AS SIGNED) AS billing_contact, CAST(c.currency AS SIGNED) AS currency, \
                c.defaultgateway AS default_gateway, CAST(c.groupid AS SIGNED) AS `group`, c.status, c.credit, \
                c.taxexempt <> 0 AS tax_exempt, c.latefeeoveride <> 0 AS no_late_fees, \
                c.overideduenotices <> 0 AS no_due_notices, c.separateinvoices <> 0 AS separate_invoices, \
                c.disableautocc <> 0 AS no_automatic_charge, c.emailoptout <> 0 AS refuses_marketing, \
                c.marketing_emails_opt_in <> 0 AS wants_marketing, c.overrideautoclose <> 0 AS no_automatic_close, \
                CAST(c.allow_sso AS SIGNED) AS allows_single_sign_on, \
                c.email_verified <> 0 OR u.email_verified_at IS NOT NULL AS email_verified, c.language, \
                COALESCE(CAST(COALESCE(u.last_login, c.lastlogin) AS CHAR), '') AS last_login, c.ip AS address, c.host, \
                COALESCE(m.code, '') AS currency_code, COALESCE(m.prefix, '') AS currency_prefix, \
                COALESCE(m.suffix, '') AS currency_suffix, COALESCE(CAST(m.format AS SIGNED), 1) AS currency_format, \
                COALESCE((SELECT value FROM tblconfiguration WHERE setting = 'DateFormat' LIMIT 1), '') AS date_format, \
                NULL AS is_secret, NULL AS position, 'client' AS part \
         FROM tblclients c LEFT JOIN tblcurrencies m ON m.id = c.currency \
              LEFT JOIN tblusers u ON u.id = (SELECT MIN(r.auth_user_id) FROM tblusers_clients r \
                                              WHERE r.client_id = c.id AND r.owner <> 0) \
         WHERE c.id = ? \
         UNION ALL \
         SELECT CAST(f.id AS SIGNED), NULL, NULL, NULL, NULL, \
                COALESCE((SELECT v.value FROM tblcustomfieldsvalues v \
                          WHERE v.relid = ? AND v.fieldid = f.id ORDER BY v.id LIMIT 1), ''), \
                NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
                NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
                f.fieldtype = 'password', CAST(f.sortorder AS SIGNED), 'field' \
         FROM tblcustomfields f WHERE f.relid = 0 AND f.type = 'client' \
         UNION ALL \
         SELECT CAST(u.id AS SIGNED), r.owner <> 0, u.first_name, u.last_name, u.email, NULL, \
                NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
                NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
                NULL, NULL, 'user' \
         FROM tblusers_clients r JOIN tblusers u ON u.id = r.auth_user_id WHERE r.client_id = ?",
    )
    .bind(id)
    .bind(id)
    .bind(id)
    .fetch_all(db)
    .await?;
    let (mut client, mut fields, mut users) = (None, Vec::new(), Vec::new());
    for part in parts {
        match part {
            Part::Client(row) => client = Some(*row),
            Part::Field(position, field) => fields.push((position, field)),
            Part::User(user) => users.push(user),
        }
    }
    fields.sort_unstable_by_key(|(position, field)| (*position, field.id));
    users.sort_unstable_by_key(|user| (!user.is_owner, user.id));
    let fields = fields.into_iter().map(|(_, field)| field).collect();
    Ok(client.map(|client| ClientDetails { client, fields, users }))
}
