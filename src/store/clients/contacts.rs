//! Contacts of clients (`tblcontacts`).

use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::page::{ListStatement, Listed, Page};
use crate::database::sql::{BindForms, push_is};
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::clients::preferences::Preferences;
use crate::domain::clients::topic::Topic;
use crate::domain::id::{ClientId, ContactId};
use crate::store::clients::person::Person;

const ADDRESSES: &str = "SELECT email FROM tblcontacts WHERE userid = ? AND email <> '' AND CASE ? \
         WHEN 'product' THEN productemails WHEN 'domain' THEN domainemails WHEN 'invoice' THEN invoiceemails \
         WHEN 'support' THEN supportemails WHEN 'affiliate' THEN affiliateemails ELSE generalemails END <> 0 \
     ORDER BY id";
const GETS_DOMAIN_MAILS: &str =
    "SELECT COUNT(*) > 0 FROM tblcontacts WHERE userid = ? AND id <> ? AND domainemails <> 0 AND email <> ''";
const CREATE: &str = "INSERT INTO tblcontacts (userid, firstname, lastname, companyname, email, address1, address2, city, state, \
                              postcode, country, phonenumber, tax_id, subaccount, password, permissions, \
                              domainemails, generalemails, invoiceemails, productemails, supportemails, \
                              affiliateemails, pwresetkey, created_at, updated_at) \
     SELECT ?, COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), \
            COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), \
            COALESCE(?, ''), 0, '', '', ?, ?, ?, ?, ?, ?, '', ?, ? \
     FROM (SELECT 1) AS one \
     WHERE NOT EXISTS (SELECT 1 FROM tblcontacts WHERE userid = ? AND email IN (?, ?, ?) AND email <> '')";
const PERSON: &str = "SELECT firstname AS first_name, lastname AS last_name, companyname AS company, email, address1, address2, \
            city, state, postcode, country, phonenumber AS phone, tax_id FROM tblcontacts WHERE id = ?";
const CLIENT: &str = "SELECT CAST(userid AS SIGNED) FROM tblcontacts WHERE id = ?";
const UPDATE: &str = "UPDATE tblcontacts c LEFT JOIN tblcontacts other \
         ON other.userid = c.userid AND other.email IN (?, ?, ?) AND other.email <> '' AND other.email <> c.email \
            AND other.id <> c.id \
     SET c.firstname = COALESCE(?, c.firstname), c.lastname = COALESCE(?, c.lastname), \
         c.companyname = COALESCE(?, c.companyname), c.email = COALESCE(?, c.email), \
         c.address1 = COALESCE(?, c.address1), c.address2 = COALESCE(?, c.address2), c.city = COALESCE(?, c.city), \
         c.state = COALESCE(?, c.state), c.postcode = COALESCE(?, c.postcode), c.country = COALESCE(?, c.country), \
         c.phonenumber = COALESCE(?, c.phonenumber), c.tax_id = COALESCE(?, c.tax_id), \
         c.domainemails = COALESCE(?, c.domainemails), c.generalemails = COALESCE(?, c.generalemails), \
         c.invoiceemails = COALESCE(?, c.invoiceemails), c.productemails = COALESCE(?, c.productemails), \
         c.supportemails = COALESCE(?, c.supportemails), c.affiliateemails = COALESCE(?, c.affiliateemails), \
         c.updated_at = ? \
     WHERE c.id = ? AND c.userid = ? AND other.id IS NULL";
const DELETE: &str = "DELETE FROM tblcontacts WHERE id = ? AND userid = ?";
const BILL_CLIENT: &str = "UPDATE tblclients SET billingcid = 0, updated_at = ? WHERE id = ? AND billingcid = ?";

/// Returns the e-mail addresses of a client's contacts who get mails of this topic.
pub async fn addresses(db: &mut MySqlConnection, client: ClientId, topic: Topic) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(ADDRESSES).bind(client).bind(topic.name()).fetch_all(db).await
}

/// Whether a client has a contact, other than `except`, who gets mails about domains.
pub async fn gets_domain_mails(db: &mut MySqlConnection, client: ClientId, except: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(GETS_DOMAIN_MAILS).bind(client).bind(except).fetch_one(db).await
}

/// A contact to insert: the person, and the mails that they get.
#[derive(Debug)]
pub struct NewContact {
    pub client: ClientId,
    pub person: Person,
    pub preferences: Preferences,
}

/// Inserts a contact. Returns `None`, with nothing written, if another contact of the client has the e-mail address.
pub async fn create(tx: &mut Writer<'_>, new: &NewContact) -> sqlx::Result<Option<ContactId>> {
    let utc = tx.now.utc();
    let insert = new.person.bind(sqlx::query(CREATE).bind(new.client));
    let insert = TOPICS.into_iter().fold(insert, |insert, topic| insert.bind(new.preferences.wants(topic)));
    let insert = insert.bind(utc).bind(utc).bind(new.client).bind_forms(new.person.email.as_deref());
    let done = tx.execute(insert).await?;
    Ok((done.rows_affected() == 1).then(|| ContactId(done.last_insert_id().cast_signed())))
}

/// The topics in the order of the statements' columns.
const TOPICS: [Topic; 6] =
    [Topic::Domain, Topic::General, Topic::Invoice, Topic::Product, Topic::Support, Topic::Affiliate];

/// Returns the client that a contact belongs to.
pub async fn client(db: &mut MySqlConnection, id: ContactId) -> sqlx::Result<Option<ClientId>> {
    sqlx::query_scalar(CLIENT).bind(id).fetch_optional(db).await
}

/// Returns the name and address of a contact.
pub async fn person(db: &mut MySqlConnection, id: ContactId) -> sqlx::Result<Option<Person>> {
    sqlx::query_as(PERSON).bind(id).fetch_optional(db).await
}

/// Updates a contact of a client and the mails that it gets. Returns `false`, with nothing written, if another contact
/// of the client has the e-mail address.
pub async fn update(
    tx: &mut Writer<'_>,
    client: ClientId,
    id: ContactId,
    person: &Person,
    preferences: &[(Topic, bool)],
) -> sqlx::Result<bool> {
    let wanted = |topic| preferences.iter().rev().find(|(changed, _)| *changed == topic).map(|(_, wanted)| *wanted);
    let update = person.bind(sqlx::query(UPDATE).bind_forms(person.email.as_deref()));
    let update = TOPICS.into_iter().fold(update, |update, topic| update.bind(wanted(topic)));
    tx.change(update.bind(tx.now.utc()).bind(id).bind(client)).await
}

/// Deletes a contact of a client. If it was the billing contact, the client becomes that.
pub async fn delete(tx: &mut Writer<'_>, client: ClientId, id: ContactId) -> sqlx::Result<()> {
    tx.execute(sqlx::query(DELETE).bind(id).bind(client)).await?;
    let bill = sqlx::query(BILL_CLIENT).bind(tx.now.utc()).bind(client).bind(id);
    tx.execute(bill).await.map(|_| ())
}

/// Filter for contacts: each field that is set must be equal.
#[derive(Debug, Clone, Default)]
pub struct ContactFilter {
    pub client: Option<ClientId>,
    pub person: Person,
}

impl ContactFilter {
    fn apply_to(&self, query: &mut QueryBuilder<MySql>) {
        query.push(" WHERE 1 = 1");
        if let Some(client) = self.client {
            query.push(" AND userid = ").push_bind(client);
        }
        let person = &self.person;
        for (column, value) in [
            ("firstname", &person.first_name),
            ("lastname", &person.last_name),
            ("companyname", &person.company),
            ("email", &person.email),
            ("address1", &person.address1),
            ("address2", &person.address2),
            ("city", &person.city),
            ("state", &person.state),
            ("postcode", &person.postcode),
            ("country", &person.country),
            ("phonenumber", &person.phone),
        ] {
            if let Some(value) = value {
                push_is(query.push(" AND "), column, value);
            }
        }
    }
}

/// A row of a list of contacts.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the row's flags")]
pub struct ContactRow {
    pub id: i64,
    pub client: i64,
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
    pub domain_mails: bool,
    pub general_mails: bool,
    pub invoice_mails: bool,
    pub product_mails: bool,
    pub support_mails: bool,
    pub affiliate_mails: bool,
    pub created_at: String,
    pub updated_at: String,
}

from_row!(ContactRow {
    id,
    client,
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
    domain_mails,
    general_mails,
    invoice_mails,
    product_mails,
    support_mails,
    affiliate_mails,
    created_at,
    updated_at
});

/// Returns a page of contacts, ordered by id.
pub async fn list(db: &mut MySqlConnection, filter: &ContactFilter, page: Page) -> sqlx::Result<Listed<ContactRow>> {
    let statement = ListStatement {
        columns: "CAST(id AS SIGNED) AS id, CAST(userid AS SIGNED) AS client, firstname AS first_name, \
                  lastname AS last_name, companyname AS company, email, address1, address2, city, state, postcode, \
                  country, phonenumber AS phone, tax_id, domainemails <> 0 AS domain_mails, \
                  generalemails <> 0 AS general_mails, invoiceemails <> 0 AS invoice_mails, \
                  productemails <> 0 AS product_mails, supportemails <> 0 AS support_mails, \
                  affiliateemails <> 0 AS affiliate_mails, \
                  COALESCE(CAST(created_at AS CHAR), '0000-00-00 00:00:00') AS created_at, \
                  COALESCE(CAST(updated_at AS CHAR), '0000-00-00 00:00:00') AS updated_at",
        table: "tblcontacts",
        joins: "",
        filter: &|query| filter.apply_to(query),
        order: "ORDER BY tblcontacts.id",
    };
    statement.read(db, page).await
}
