//! Clients (`tblclients`): looking them up, creating and changing them.

use rust_decimal::Decimal;
use sqlx::mysql::MySqlRow;
use sqlx::{FromRow, MySqlConnection, Row};

use crate::database::lease::Lease;
use crate::database::sql::BindForms;
use crate::database::values::from_row;
use crate::database::writer::{Subject, Writer};
use crate::domain::clients::preferences::Preferences;
use crate::domain::id::ClientId;
use crate::domain::money::Money;
use crate::store::clients::person::Person;
use crate::store::clients::preferences;

const EXISTS: &str = "SELECT COUNT(*) > 0 FROM tblclients WHERE id = ?";
const LOCK: &str = "SELECT CAST(c.id AS SIGNED) AS id, c.credit, c.taxexempt <> 0 AS tax_exempt, c.country, c.state, \
            c.status = 'Closed' AS is_closed, \
            c.defaultgateway AS default_gateway, CAST(c.currency AS SIGNED) AS currency, \
            COALESCE((SELECT rate FROM tblcurrencies WHERE id = c.currency), 1.00000) AS currency_rate \
     FROM tblclients c WHERE c.id = ? FOR UPDATE";
const ADDRESSEE: &str = "SELECT firstname AS first_name, lastname AS last_name, companyname AS company, email, address1, \
            address2, city, state, postcode, country, phonenumber AS phone, language \
     FROM tblclients WHERE id = ?";
const LOCK_DETAILS: &str = "SELECT CAST(c.id AS SIGNED) AS id, c.credit, c.taxexempt <> 0 AS tax_exempt, c.country, c.state, \
            c.status = 'Closed' AS is_closed, \
            c.defaultgateway AS default_gateway, CAST(c.currency AS SIGNED) AS currency, \
            COALESCE((SELECT rate FROM tblcurrencies WHERE id = c.currency), 1.00000) AS currency_rate, \
            c.firstname AS first_name, c.lastname AS last_name, c.companyname AS company, c.email, c.address1, \
            c.address2, c.city, c.postcode, c.phonenumber AS phone, c.tax_id, CAST(c.groupid AS SIGNED) AS `group`, \
            COALESCE(c.email_preferences, '') AS email_preferences \
     FROM tblclients c WHERE c.id = ? FOR UPDATE";
const CURRENCY_RATE: &str = "SELECT rate FROM tblcurrencies WHERE id = ?";
const DEFAULT_CURRENCY: &str = "SELECT CAST(id AS SIGNED) FROM tblcurrencies ORDER BY `default` <> 0 DESC, id LIMIT 1";
const BY_EMAIL: &str = "SELECT CAST(id AS SIGNED) FROM tblclients WHERE email IN (?, ?, ?) ORDER BY id LIMIT 1";
const CREATE: &str = "INSERT INTO tblclients (uuid, firstname, lastname, companyname, email, address1, address2, city, state, postcode, \
                             country, phonenumber, tax_id, password, authmodule, authdata, currency, \
                             defaultgateway, credit, taxexempt, latefeeoveride, overideduenotices, \
                             separateinvoices, disableautocc, datecreated, notes, billingcid, securityqid, \
                             securityqans, groupid, cardtype, cardlastfour, cardnum, startdate, expdate, \
                             issuenumber, bankname, banktype, bankcode, bankacct, gatewayid, ip, host, status, \
                             language, pwresetkey, emailoptout, marketing_emails_opt_in, overrideautoclose, \
                             email_preferences, created_at, updated_at) \
     SELECT ?, COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), \
            COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), \
            COALESCE(?, ''), '', '', '', ?, '', 0, 0, 0, 0, 0, 0, ?, ?, 0, 0, '', ?, '', '', '', '', '', '', '', \
            '', '', '', '', ?, '', 'Active', ?, '', ?, ?, 0, ?, ?, ? \
     FROM (SELECT 1) AS one WHERE NOT EXISTS (SELECT 1 FROM tblclients WHERE email IN (?, ?, ?) AND email <> '')";
const PREFERENCES: &str = "SELECT COALESCE(email_preferences, '') FROM tblclients WHERE id = ?";
const UPDATE: &str = "UPDATE tblclients c LEFT JOIN tblclients other \
         ON other.email IN (?, ?, ?) AND other.email <> '' AND other.email <> c.email AND other.id <> c.id \
     SET c.firstname = COALESCE(?, c.firstname), c.lastname = COALESCE(?, c.lastname), \
         c.companyname = COALESCE(?, c.companyname), c.email = COALESCE(?, c.email), \
         c.address1 = COALESCE(?, c.address1), c.address2 = COALESCE(?, c.address2), c.city = COALESCE(?, c.city), \
         c.state = COALESCE(?, c.state), c.postcode = COALESCE(?, c.postcode), c.country = COALESCE(?, c.country), \
         c.phonenumber = COALESCE(?, c.phonenumber), c.tax_id = COALESCE(?, c.tax_id), \
         c.currency = COALESCE(?, c.currency), c.groupid = COALESCE(?, c.groupid), \
         c.language = COALESCE(?, c.language), c.ip = COALESCE(?, c.ip), c.notes = COALESCE(?, c.notes), \
         c.status = COALESCE(?, c.status), c.defaultgateway = COALESCE(?, c.defaultgateway), \
         c.email_preferences = COALESCE(?, c.email_preferences), \
         c.marketing_emails_opt_in = COALESCE(?, c.marketing_emails_opt_in), \
         c.emailoptout = COALESCE(?, c.emailoptout), c.taxexempt = COALESCE(?, c.taxexempt), \
         c.latefeeoveride = COALESCE(?, c.latefeeoveride), \
         c.overideduenotices = COALESCE(?, c.overideduenotices), \
         c.separateinvoices = COALESCE(?, c.separateinvoices), \
         c.disableautocc = COALESCE(?, c.disableautocc), \
         c.overrideautoclose = COALESCE(?, c.overrideautoclose), c.updated_at = ? \
     WHERE c.id = ? AND other.id IS NULL";

/// The fields of a client that billing depends on.
#[derive(Debug, Clone)]
pub struct Client {
    pub id: ClientId,
    pub credit: Money,
    pub tax_exempt: bool,
    /// ISO code of two letters, or empty.
    pub country: String,
    pub state: String,
    pub is_closed: bool,
    /// The gateway that the client pays with by default, or empty.
    pub default_gateway: String,
    pub currency: i64,
    /// The exchange rate of the client's currency to the default one.
    pub currency_rate: Decimal,
}

from_row!(Client { id, credit, tax_exempt, country, state, is_closed, default_gateway, currency, currency_rate });

pub async fn exists(db: &mut MySqlConnection, id: ClientId) -> sqlx::Result<bool> {
    sqlx::query_scalar(EXISTS).bind(id).fetch_one(db).await
}

/// Locks a client with all that belongs to them until the transaction ends, and reads the client.
pub async fn lock(db: &mut Lease, id: ClientId) -> sqlx::Result<Option<Client>> {
    sqlx::query_as(LOCK).bind(id).fetch_optional(db.lock(Subject::Client(id)).await?).await
}

/// Reads a client and locks the row only, so that the client is not deleted before the transaction ends.
pub async fn lock_row(db: &mut Lease, id: ClientId) -> sqlx::Result<Option<Client>> {
    sqlx::query_as(LOCK).bind(id).fetch_optional(db.locked()?).await
}

/// A client that was locked to be changed, with the fields that may change.
#[derive(Debug, Clone)]
pub struct LockedClient {
    pub client: Client,
    pub person: Person,
    /// 0 for none.
    pub group: i64,
    pub preferences: Preferences,
}

impl<'r> FromRow<'r, MySqlRow> for LockedClient {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Self> {
        Ok(LockedClient {
            client: Client::from_row(row)?,
            person: Person::from_row(row)?,
            group: row.try_get("group")?,
            preferences: preferences::parse(row.try_get("email_preferences")?),
        })
    }
}

/// As [`lock`], with all fields that may be changed.
pub async fn lock_details(db: &mut Lease, id: ClientId) -> sqlx::Result<Option<LockedClient>> {
    sqlx::query_as(LOCK_DETAILS).bind(id).fetch_optional(db.lock(Subject::Client(id)).await?).await
}

/// The recipient of a mail, with the fields that its merge fields need.
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
    /// The language in WHMCS's spelling, such as `english`. Empty for the operator's default.
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

impl Addressee {
    pub fn new(person: Person, language: &str) -> Addressee {
        Addressee {
            first_name: person.first_name.unwrap_or_default(),
            last_name: person.last_name.unwrap_or_default(),
            company: person.company.unwrap_or_default(),
            email: person.email.unwrap_or_default(),
            address1: person.address1.unwrap_or_default(),
            address2: person.address2.unwrap_or_default(),
            city: person.city.unwrap_or_default(),
            state: person.state.unwrap_or_default(),
            postcode: person.postcode.unwrap_or_default(),
            country: person.country.unwrap_or_default(),
            phone: person.phone.unwrap_or_default(),
            language: language.to_owned(),
        }
    }
}

/// Returns a client as the recipient of a mail.
pub async fn addressee(db: &mut MySqlConnection, id: ClientId) -> sqlx::Result<Option<Addressee>> {
    sqlx::query_as(ADDRESSEE).bind(id).fetch_optional(db).await
}

/// Returns the exchange rate of a currency to the default one, or `None` if the currency does not exist.
pub async fn currency_rate(db: &mut MySqlConnection, currency: i64) -> sqlx::Result<Option<Decimal>> {
    sqlx::query_scalar(CURRENCY_RATE).bind(currency).fetch_optional(db).await
}

/// Returns the default currency, or `None` if there are no currencies.
pub async fn default_currency(db: &mut MySqlConnection) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(DEFAULT_CURRENCY).fetch_optional(db).await
}

/// Returns the client with this e-mail address, the oldest one if several have it.
pub async fn by_email(db: &mut MySqlConnection, email: &str) -> sqlx::Result<Option<ClientId>> {
    sqlx::query_scalar(BY_EMAIL).bind_forms(email).fetch_optional(db).await
}

/// A client to insert.
#[derive(Debug)]
pub struct NewClient {
    pub uuid: String,
    pub person: Person,
    pub currency: i64,
    /// 0 for none.
    pub group: i64,
    pub language: String,
    /// The network address that the request came from, or empty.
    pub address: String,
    pub notes: String,
    pub wants_marketing: bool,
    pub refuses_marketing: bool,
}

/// Inserts a client, with mails of all topics enabled. Returns `None`, with nothing written, if another client has the
/// e-mail address.
pub async fn create(tx: &mut Writer<'_>, new: &NewClient) -> sqlx::Result<Option<ClientId>> {
    let utc = tx.now.utc();
    let insert = new.person.bind(sqlx::query(CREATE).bind(&new.uuid));
    let insert = insert
        .bind(new.currency)
        .bind(tx.now.date())
        .bind(&new.notes)
        .bind(new.group)
        .bind(&new.address)
        .bind(&new.language)
        .bind(new.refuses_marketing)
        .bind(new.wants_marketing)
        .bind(preferences::to_json(Preferences::ALL))
        .bind(utc)
        .bind(utc)
        .bind_forms(new.person.email.as_deref());
    let done = tx.execute(insert).await?;
    Ok((done.rows_affected() == 1).then(|| ClientId(done.last_insert_id().cast_signed())))
}

/// Returns the client's e-mail preferences.
pub async fn preferences(db: &mut MySqlConnection, id: ClientId) -> sqlx::Result<Preferences> {
    let stored: Option<String> = sqlx::query_scalar(PREFERENCES).bind(id).fetch_optional(db).await?;
    Ok(preferences::parse(&stored.unwrap_or_default()))
}

/// Changes to a client; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct ClientChanges {
    pub person: Person,
    pub currency: Option<i64>,
    /// 0 for none.
    pub group: Option<i64>,
    pub language: Option<String>,
    pub address: Option<String>,
    pub notes: Option<String>,
    pub status: Option<&'static str>,
    pub default_gateway: Option<String>,
    pub preferences: Option<Preferences>,
    pub wants_marketing: Option<bool>,
    pub tax_exempt: Option<bool>,
    pub no_late_fees: Option<bool>,
    pub no_due_notices: Option<bool>,
    pub separate_invoices: Option<bool>,
    pub no_automatic_charge: Option<bool>,
    pub no_automatic_close: Option<bool>,
}

/// Updates a client. Returns `false`, with nothing written, if another client has the new e-mail address.
pub async fn update(tx: &mut Writer<'_>, id: ClientId, changes: &ClientChanges) -> sqlx::Result<bool> {
    let update = changes.person.bind(sqlx::query(UPDATE).bind_forms(changes.person.email.as_deref()));
    let update = update
        .bind(changes.currency)
        .bind(changes.group)
        .bind(changes.language.as_deref())
        .bind(changes.address.as_deref())
        .bind(changes.notes.as_deref())
        .bind(changes.status)
        .bind(changes.default_gateway.as_deref())
        .bind(changes.preferences.map(preferences::to_json))
        .bind(changes.wants_marketing)
        .bind(changes.wants_marketing.map(|wants| !wants))
        .bind(changes.tax_exempt)
        .bind(changes.no_late_fees)
        .bind(changes.no_due_notices)
        .bind(changes.separate_invoices)
        .bind(changes.no_automatic_charge)
        .bind(changes.no_automatic_close)
        .bind(tx.now.utc())
        .bind(id);
    tx.change(update).await
}
