//! Quotes (`tblquotes`), their items (`tblquoteitems`) and the invoices that they became.

use std::collections::HashMap;

use chrono::NaiveDate;
use sqlx::mysql::MySqlRow;
use sqlx::{FromRow, MySql, MySqlConnection, QueryBuilder, Row};

use crate::database::lease::Lease;
use crate::database::page::{ListStatement, Listed, Page};
use crate::database::sql::{id_list, push_is};
use crate::database::values::from_row;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, InvoiceId, QuoteId};
use crate::domain::money::Money;
use crate::domain::sales::quote::{Item, Stage};
use crate::domain::tax::Totals;
use crate::store::clients::person::Person;

macro_rules! select_items {
    ($rest:literal) => {
        concat!(
            "SELECT CAST(l.id AS SIGNED) AS id, CAST(l.quoteid AS SIGNED) AS quote, l.description, l.quantity, \
                    l.unitprice AS unit_price, l.discount, CAST(l.taxable AS SIGNED) AS taxable ",
            $rest,
            " ORDER BY l.id"
        )
    };
}

const LOCK: &str = "SELECT CAST(q.id AS SIGNED) AS id, q.subject, q.stage, CAST(q.userid AS SIGNED) AS client, \
            CAST(q.validuntil AS CHAR) AS valid_until, CAST(q.datecreated AS CHAR) AS created_on, \
            q.dateaccepted <> '0000-00-00' AS is_accepted, CAST(q.currency AS SIGNED) AS currency, q.subtotal, q.tax1, \
            q.tax2, q.total, q.proposal, q.customernotes AS notes, q.firstname AS first_name, q.lastname AS last_name, \
            q.companyname AS company, q.email, q.address1, q.address2, q.city, q.state, q.postcode, q.country, \
            q.phonenumber AS phone, q.tax_id \
     FROM tblquotes q WHERE q.id = ? FOR UPDATE";
const ITEMS: &str = select_items!("FROM tblquoteitems l WHERE l.quoteid = ?");
const INVOICE: &str = "SELECT CAST(i.id AS SIGNED) FROM mod_whmcs_api_quote_invoices m JOIN tblinvoices i ON i.id = m.invoice_id \
     WHERE m.quote_id = ? ORDER BY i.id DESC LIMIT 1";
const CREATE: &str = "INSERT INTO tblquotes (subject, stage, validuntil, userid, firstname, lastname, companyname, email, address1, \
                            address2, city, state, postcode, country, phonenumber, tax_id, currency, subtotal, tax1, \
                            tax2, total, proposal, customernotes, adminnotes, datecreated, lastmodified, datesent, \
                            dateaccepted) \
     VALUES (?, ?, ?, ?, COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), \
             COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), \
             COALESCE(?, ''), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '0000-00-00', '0000-00-00')";
const UPDATE: &str = "UPDATE tblquotes SET firstname = COALESCE(?, firstname), lastname = COALESCE(?, lastname), \
            companyname = COALESCE(?, companyname), email = COALESCE(?, email), address1 = COALESCE(?, address1), \
            address2 = COALESCE(?, address2), city = COALESCE(?, city), state = COALESCE(?, state), \
            postcode = COALESCE(?, postcode), country = COALESCE(?, country), phonenumber = COALESCE(?, phonenumber), \
            tax_id = COALESCE(?, tax_id), subject = COALESCE(?, subject), stage = COALESCE(?, stage), \
            validuntil = COALESCE(?, validuntil), datecreated = COALESCE(?, datecreated), userid = ?, currency = ?, \
            subtotal = ?, tax1 = ?, tax2 = ?, total = ?, proposal = COALESCE(?, proposal), \
            customernotes = COALESCE(?, customernotes), adminnotes = COALESCE(?, adminnotes), lastmodified = ? \
     WHERE id = ?";
const ADD_ITEM: &str = "INSERT INTO tblquoteitems (quoteid, description, quantity, unitprice, discount, taxable, created_at, updated_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const CHANGE_ITEM: &str = "UPDATE tblquoteitems SET description = ?, quantity = ?, unitprice = ?, discount = ?, taxable = ?, \
            updated_at = ? WHERE id = ? AND quoteid = ?";
const SEND: &str = "UPDATE tblquotes SET stage = ?, datesent = ?, lastmodified = ? WHERE id = ?";
const ACCEPT: &str =
    "UPDATE tblquotes SET stage = 'Accepted', userid = ?, dateaccepted = ?, lastmodified = ? WHERE id = ?";
const ADD_INVOICE: &str =
    "INSERT INTO mod_whmcs_api_quote_invoices (quote_id, invoice_id, created_at) VALUES (?, ?, ?)";
const DELETE_ITEMS: &str = "DELETE FROM tblquoteitems WHERE quoteid = ?";
const DELETE_INVOICES: &str = "DELETE FROM mod_whmcs_api_quote_invoices WHERE quote_id = ?";
const DELETE: &str = "DELETE FROM tblquotes WHERE id = ?";

/// A quote that was locked to be changed, sent or accepted.
#[derive(Debug)]
pub struct StoredQuote {
    pub id: QuoteId,
    pub subject: String,
    pub stage: String,
    /// `None` if it is for somebody who is no client; then `person` and `currency` are theirs.
    pub client: Option<ClientId>,
    /// `YYYY-MM-DD`, like the next one.
    pub valid_until: String,
    pub created_on: String,
    /// Whether it has a date of acceptance.
    pub is_accepted: bool,
    pub currency: i64,
    pub totals: Totals,
    pub proposal: String,
    /// What the recipient reads, as opposed to the notes of staff.
    pub notes: String,
    pub person: Person,
}

impl<'r> FromRow<'r, MySqlRow> for StoredQuote {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Self> {
        let client: i64 = row.try_get("client")?;
        Ok(StoredQuote {
            id: row.try_get("id")?,
            subject: row.try_get("subject")?,
            stage: row.try_get("stage")?,
            client: (client > 0).then_some(ClientId(client)),
            valid_until: row.try_get("valid_until")?,
            created_on: row.try_get("created_on")?,
            is_accepted: row.try_get("is_accepted")?,
            currency: row.try_get("currency")?,
            totals: Totals {
                subtotal: row.try_get("subtotal")?,
                tax: row.try_get("tax1")?,
                tax2: row.try_get("tax2")?,
                total: row.try_get("total")?,
            },
            proposal: row.try_get("proposal")?,
            notes: row.try_get("notes")?,
            person: Person::from_row(row)?,
        })
    }
}

/// An item as it is stored.
#[derive(Debug)]
pub struct ItemRow {
    pub id: i64,
    pub quote: QuoteId,
    pub description: String,
    /// A number, unless another program has written something else.
    pub quantity: String,
    pub unit_price: Money,
    pub discount: Money,
    pub taxable: i64,
}

from_row!(ItemRow { id, quote, description, quantity, unit_price, discount, taxable });

/// Locks a quote with its items until the transaction ends, and reads it. A client is locked after it.
pub async fn lock(db: &mut Lease, id: QuoteId) -> sqlx::Result<Option<StoredQuote>> {
    sqlx::query_as(LOCK).bind(id).fetch_optional(db.lock(Subject::Quote(id)).await?).await
}

pub async fn items(db: &mut MySqlConnection, quote: QuoteId) -> sqlx::Result<Vec<ItemRow>> {
    sqlx::query_as(ITEMS).bind(quote).fetch_all(db).await
}

/// Returns the items of several quotes by quote.
pub async fn items_of_all(
    db: &mut MySqlConnection,
    quotes: impl Iterator<Item = QuoteId>,
) -> sqlx::Result<HashMap<QuoteId, Vec<ItemRow>>> {
    let all: Vec<ItemRow> = sqlx::query_as(select_items!(
        "FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
         JOIN tblquoteitems l ON l.quoteid = wanted.id"
    ))
    .bind(id_list(quotes.map(|quote| quote.0)))
    .fetch_all(db)
    .await?;
    let mut items: HashMap<QuoteId, Vec<ItemRow>> = HashMap::new();
    for item in all {
        items.entry(item.quote).or_default().push(item);
    }
    Ok(items)
}

/// Returns the latest invoice that a quote became and that still exists.
pub async fn invoice(db: &mut MySqlConnection, quote: QuoteId) -> sqlx::Result<Option<InvoiceId>> {
    sqlx::query_scalar(INVOICE).bind(quote).fetch_optional(db).await
}

/// A quote to insert.
#[derive(Debug)]
pub struct NewQuote<'q> {
    pub subject: &'q str,
    pub stage: Stage,
    pub valid_until: NaiveDate,
    pub created_on: NaiveDate,
    /// `None` for somebody who is no client.
    pub client: Option<ClientId>,
    pub person: &'q Person,
    pub currency: i64,
    pub totals: Totals,
    pub texts: &'q Texts,
    pub items: &'q [Item],
}

/// Texts of a quote; `None` leaves them empty in a new quote, and unchanged in an existing one.
#[derive(Debug, Default)]
pub struct Texts {
    pub proposal: Option<String>,
    /// Notes that the recipient reads.
    pub customer_notes: Option<String>,
    /// Notes that only staff read.
    pub admin_notes: Option<String>,
}

/// Inserts a quote with its items, and returns its id.
pub async fn create(tx: &mut Writer<'_>, new: &NewQuote<'_>) -> sqlx::Result<QuoteId> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let today = tx.now.date();
    let insert = sqlx::query(CREATE)
        .bind(new.subject)
        .bind(new.stage.name())
        .bind(new.valid_until)
        .bind(new.client.map_or(0, |client| client.0));
    let insert = new
        .person
        .bind(insert)
        .bind(new.currency)
        .bind(new.totals.subtotal)
        .bind(new.totals.tax)
        .bind(new.totals.tax2)
        .bind(new.totals.total)
        .bind(text(&new.texts.proposal))
        .bind(text(&new.texts.customer_notes))
        .bind(text(&new.texts.admin_notes))
        .bind(new.created_on)
        .bind(today);
    let id = QuoteId(tx.insert(insert).await?);
    for item in new.items {
        add_item(tx, id, item).await?;
    }
    Ok(id)
}

pub async fn add_item(tx: &mut Writer<'_>, quote: QuoteId, item: &Item) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD_ITEM)
        .bind(quote)
        .bind(&item.description)
        .bind(item.quantity.to_string())
        .bind(item.unit_price)
        .bind(item.discount)
        .bind(i32::from(item.taxable))
        .bind(utc)
        .bind(utc);
    tx.execute(insert).await.map(|_| ())
}

pub async fn change_item(tx: &mut Writer<'_>, quote: QuoteId, id: i64, item: &Item) -> sqlx::Result<()> {
    let change = sqlx::query(CHANGE_ITEM)
        .bind(&item.description)
        .bind(item.quantity.to_string())
        .bind(item.unit_price)
        .bind(item.discount)
        .bind(i32::from(item.taxable))
        .bind(tx.now.utc())
        .bind(id)
        .bind(quote);
    tx.execute(change).await.map(|_| ())
}

/// Changes to a quote; `None` leaves a field as it is.
#[derive(Debug)]
pub struct QuoteChanges<'q> {
    pub subject: Option<&'q str>,
    pub stage: Option<Stage>,
    pub valid_until: Option<NaiveDate>,
    pub created_on: Option<NaiveDate>,
    pub client: Option<ClientId>,
    pub person: &'q Person,
    pub currency: i64,
    pub totals: Totals,
    pub texts: &'q Texts,
}

/// Changes a quote, whose client and currency are given in any case. Returns `false` if it does not exist.
pub async fn update(tx: &mut Writer<'_>, id: QuoteId, changes: &QuoteChanges<'_>) -> sqlx::Result<bool> {
    let update = changes
        .person
        .bind(sqlx::query(UPDATE))
        .bind(changes.subject)
        .bind(changes.stage.map(Stage::name))
        .bind(changes.valid_until)
        .bind(changes.created_on)
        .bind(changes.client.map_or(0, |client| client.0))
        .bind(changes.currency)
        .bind(changes.totals.subtotal)
        .bind(changes.totals.tax)
        .bind(changes.totals.tax2)
        .bind(changes.totals.total)
        .bind(&changes.texts.proposal)
        .bind(&changes.texts.customer_notes)
        .bind(&changes.texts.admin_notes)
        .bind(tx.now.date())
        .bind(id);
    tx.change(update).await
}

/// Records that a quote was sent today. Returns `false` if it does not exist.
pub async fn set_sent(tx: &mut Writer<'_>, id: QuoteId, stage: Stage) -> sqlx::Result<bool> {
    let today = tx.now.date();
    tx.change(sqlx::query(SEND).bind(stage.name()).bind(today).bind(today).bind(id)).await
}

/// Records that a quote was accepted today by this client. Returns `false` if it does not exist.
pub async fn set_accepted(tx: &mut Writer<'_>, id: QuoteId, client: ClientId) -> sqlx::Result<bool> {
    let today = tx.now.date();
    tx.change(sqlx::query(ACCEPT).bind(client).bind(today).bind(today).bind(id)).await
}

/// Records which invoice a quote became.
pub async fn add_invoice(tx: &mut Writer<'_>, id: QuoteId, invoice: InvoiceId) -> sqlx::Result<()> {
    let insert = sqlx::query(ADD_INVOICE).bind(id).bind(invoice).bind(tx.now.utc());
    tx.execute(insert).await.map(|_| ())
}

/// Deletes a quote with its items. Returns `false` if it does not exist.
pub async fn delete(tx: &mut Writer<'_>, id: QuoteId) -> sqlx::Result<bool> {
    for statement in [DELETE_ITEMS, DELETE_INVOICES] {
        tx.execute(sqlx::query(statement).bind(id)).await?;
    }
    tx.change(sqlx::query(DELETE).bind(id)).await
}

/// A quote of the list, with its client if there is one.
#[derive(Debug)]
pub struct QuoteRow {
    pub id: QuoteId,
    pub subject: String,
    pub stage: String,
    /// Like the other dates, `0000-00-00` if there is none.
    pub valid_until: String,
    pub user: i64,
    pub client: Option<QuoteClient>,
    pub person: Person,
    pub currency: i64,
    pub totals: Totals,
    pub proposal: String,
    pub customer_notes: String,
    pub admin_notes: String,
    pub created_on: String,
    pub modified_on: String,
    pub sent_on: String,
    pub accepted_on: String,
}

/// The client that a quote is for.
#[derive(Debug)]
pub struct QuoteClient {
    pub id: i64,
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub email: String,
    pub created_on: String,
    pub group: i64,
    pub status: String,
}

impl<'r> FromRow<'r, MySqlRow> for QuoteRow {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Self> {
        let client = row.try_get::<Option<i64>, _>("client_id")?.map(|id| QuoteClient::read(id, row));
        Ok(QuoteRow {
            id: row.try_get("id")?,
            subject: row.try_get("subject")?,
            stage: row.try_get("stage")?,
            valid_until: row.try_get("valid_until")?,
            user: row.try_get("user")?,
            client: client.transpose()?,
            person: Person::from_row(row)?,
            currency: row.try_get("currency")?,
            totals: Totals {
                subtotal: row.try_get("subtotal")?,
                tax: row.try_get("tax1")?,
                tax2: row.try_get("tax2")?,
                total: row.try_get("total")?,
            },
            proposal: row.try_get("proposal")?,
            customer_notes: row.try_get("customer_notes")?,
            admin_notes: row.try_get("admin_notes")?,
            created_on: row.try_get("created_on")?,
            modified_on: row.try_get("modified_on")?,
            sent_on: row.try_get("sent_on")?,
            accepted_on: row.try_get("accepted_on")?,
        })
    }
}

impl QuoteClient {
    fn read(id: i64, row: &MySqlRow) -> sqlx::Result<QuoteClient> {
        Ok(QuoteClient {
            id,
            first_name: row.try_get("client_first_name")?,
            last_name: row.try_get("client_last_name")?,
            company: row.try_get("client_company")?,
            email: row.try_get("client_email")?,
            created_on: row.try_get("client_created_on")?,
            group: row.try_get("client_group")?,
            status: row.try_get("client_status")?,
        })
    }
}

/// Filter for quotes; all conditions must hold.
#[derive(Debug, Default)]
pub struct QuoteFilter {
    pub id: Option<QuoteId>,
    pub client: Option<ClientId>,
    pub subject: Option<String>,
    pub stage: Option<String>,
    pub created_on: Option<NaiveDate>,
    pub modified_on: Option<NaiveDate>,
    pub valid_until: Option<NaiveDate>,
}

/// Returns a page of quotes, newest first.
pub async fn list(db: &mut MySqlConnection, filter: &QuoteFilter, page: Page) -> sqlx::Result<Listed<QuoteRow>> {
    let statement = ListStatement {
        columns: "CAST(q.id AS SIGNED) AS id, q.subject, q.stage, CAST(q.validuntil AS CHAR) AS valid_until, \
                  CAST(q.userid AS SIGNED) AS user, CAST(c.id AS SIGNED) AS client_id, \
                  c.firstname AS client_first_name, c.lastname AS client_last_name, c.companyname AS client_company, \
                  c.email AS client_email, COALESCE(CAST(c.datecreated AS CHAR), '0000-00-00') AS client_created_on, \
                  CAST(c.groupid AS SIGNED) AS client_group, c.status AS client_status, \
                  q.firstname AS first_name, q.lastname AS last_name, q.companyname AS company, q.email, q.address1, \
                  q.address2, q.city, q.state, q.postcode, q.country, q.phonenumber AS phone, q.tax_id, \
                  CAST(q.currency AS SIGNED) AS currency, q.subtotal, q.tax1, q.tax2, q.total, q.proposal, \
                  q.customernotes AS customer_notes, q.adminnotes AS admin_notes, \
                  CAST(q.datecreated AS CHAR) AS created_on, CAST(q.lastmodified AS CHAR) AS modified_on, \
                  CAST(q.datesent AS CHAR) AS sent_on, CAST(q.dateaccepted AS CHAR) AS accepted_on",
        table: "tblquotes q",
        joins: "LEFT JOIN tblclients c ON c.id = q.userid",
        filter: &|query| apply_filter(query, filter),
        order: "ORDER BY q.id DESC",
    };
    statement.read(db, page).await
}

fn apply_filter(query: &mut QueryBuilder<MySql>, filter: &QuoteFilter) {
    query.push(" WHERE TRUE");
    if let Some(id) = filter.id {
        query.push(" AND q.id = ").push_bind(id);
    }
    if let Some(client) = filter.client {
        query.push(" AND q.userid = ").push_bind(client);
    }
    if let Some(subject) = &filter.subject {
        query.push(" AND ");
        push_is(query, "q.subject", subject);
    }
    if let Some(stage) = &filter.stage {
        query.push(" AND q.stage = ").push_bind(stage.clone());
    }
    let days = [
        (" AND q.datecreated = ", filter.created_on),
        (" AND q.lastmodified = ", filter.modified_on),
        (" AND q.validuntil = ", filter.valid_until),
    ];
    for (condition, day) in days {
        if let Some(day) = day {
            query.push(condition).push_bind(day);
        }
    }
}
