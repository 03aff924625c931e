//! Clients with everything that FOSSBilling's object has of them.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use serde::Deserialize;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::page::{ListStatement, Listed, Page};
use crate::database::sql::{id_list, like_contains, push_is, push_like};
use crate::database::values::from_row;
use crate::domain::id::ClientId;
use crate::domain::money::Money;
use crate::store::nested::{Nested, flag};

/// A client with its currency, its group and its custom fields.
#[derive(Debug, Clone)]
pub struct ClientRow {
    pub id: i64,
    pub email: String,
    pub email_verified: bool,
    pub first_name: String,
    pub last_name: String,
    pub phone: String,
    pub company: String,
    pub tax_id: String,
    pub address1: String,
    pub address2: String,
    pub city: String,
    pub state: String,
    pub postcode: String,
    pub country: String,
    pub currency: String,
    pub language: String,
    /// 0 for none.
    pub group: i64,
    pub group_name: String,
    pub status: String,
    pub tax_exempt: bool,
    pub notes: String,
    pub address: String,
    /// As the next one, empty or zeros if it is not known.
    pub created_at: String,
    pub updated_at: String,
    pub balance: Money,
    /// Empty if they were not to be read.
    pub fields: Nested<FieldValue>,
}

from_row!(ClientRow {
    id,
    email,
    email_verified,
    first_name,
    last_name,
    phone,
    company,
    tax_id,
    address1,
    address2,
    city,
    state,
    postcode,
    country,
    currency,
    language,
    group,
    group_name,
    status,
    tax_exempt,
    notes,
    address,
    created_at,
    updated_at,
    balance,
    fields
});

impl ClientRow {
    fn order_fields(&mut self) {
        self.fields.0.sort_unstable_by_key(|field| (field.place, field.id));
    }
}

/// A custom field of clients that is no password, and the value that a client has for it.
#[derive(Debug, Clone, Deserialize)]
pub struct FieldValue {
    /// Its place in the order of the operator; fields at the same place are ordered by their ids.
    pub place: i64,
    pub id: i64,
    #[serde(deserialize_with = "flag")]
    pub is_for_staff: bool,
    pub value: String,
}

/// What is read of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Details {
    Person,
    /// With the custom fields.
    All,
}

impl Details {
    fn columns(self) -> String {
        let fields = match self {
            Details::Person => "'[]'",
            Details::All => FIELDS,
        };
        format!("{COLUMNS}, {fields} AS fields")
    }
}

const COLUMNS: &str = "CAST(c.id AS SIGNED) AS id, c.email, \
     c.email_verified <> 0 OR EXISTS(SELECT 1 FROM tblusers_clients r JOIN tblusers u ON u.id = r.auth_user_id \
                                     WHERE r.client_id = c.id AND r.owner <> 0 AND u.email_verified_at IS NOT NULL) \
         AS email_verified, \
     c.firstname AS first_name, c.lastname AS last_name, c.phonenumber AS phone, c.companyname AS company, c.tax_id, \
     c.address1, c.address2, c.city, c.state, c.postcode, c.country, COALESCE(m.code, '') AS currency, c.language, \
     CAST(c.groupid AS SIGNED) AS `group`, COALESCE(g.groupname, '') AS group_name, c.status, \
     c.taxexempt <> 0 AS tax_exempt, c.notes, c.ip AS address, \
     CAST(IF(c.created_at > '1971-01-01', c.created_at, c.datecreated) AS CHAR) AS created_at, \
     CAST(c.updated_at AS CHAR) AS updated_at, c.credit AS balance";
const FIELDS: &str = "COALESCE((SELECT CAST(JSON_ARRAYAGG(JSON_ARRAY(CAST(f.sortorder AS SIGNED), CAST(f.id AS SIGNED), \
                                                                   CAST(f.adminonly = 'on' AS SIGNED), COALESCE(v.value, ''))) AS CHAR) \
               FROM tblcustomfields f LEFT JOIN tblcustomfieldsvalues v ON v.fieldid = f.id AND v.relid = c.id \
               WHERE f.type = 'client' AND f.relid = 0 AND f.fieldtype <> 'password'), '[]')";
const JOINS: &str = "LEFT JOIN tblcurrencies m ON m.id = c.currency LEFT JOIN tblclientgroups g ON g.id = c.groupid";

/// Filter for clients; all conditions must hold.
#[derive(Debug, Default)]
pub struct ClientFilter {
    pub id: Option<i64>,
    /// A part of the first or last name.
    pub name: Option<String>,
    /// A part of the address.
    pub email: Option<String>,
    pub company: Option<String>,
    pub status: Option<&'static str>,
    pub group: Option<i64>,
    pub created: Option<NaiveDate>,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// An id, or a part of a name, the company or the e-mail address.
    pub search: Option<String>,
}

impl ClientFilter {
    fn apply_to(&self, query: &mut QueryBuilder<MySql>) {
        query.push(" WHERE TRUE");
        for (column, id) in [("c.id", self.id), ("c.groupid", self.group)] {
            if let Some(id) = id {
                query.push(" AND ").push(column).push(" = ").push_bind(id);
            }
        }
        if let Some(status) = self.status {
            push_is(query.push(" AND "), "c.status", status);
        }
        let parts: [(&[&str], &Option<String>); 3] = [
            (&["CONCAT(c.firstname, ' ', c.lastname)"], &self.name),
            (&["c.email"], &self.email),
            (&["c.companyname"], &self.company),
        ];
        for (columns, part) in parts {
            if let Some(part) = part {
                push_like(query.push(" AND "), columns, part, like_contains);
            }
        }
        for (comparison, date) in
            [("c.datecreated = ", self.created), ("c.datecreated >= ", self.from), ("c.datecreated <= ", self.to)]
        {
            if let Some(date) = date {
                query.push(" AND ").push(comparison).push_bind(date);
            }
        }
        match self.search.as_deref().map(|search| (search, search.parse::<i64>())) {
            Some((_, Ok(id))) => drop(query.push(" AND c.id = ").push_bind(id)),
            Some((search, Err(_))) => {
                let columns = ["CONCAT(c.firstname, ' ', c.lastname)", "c.companyname", "c.email"];
                push_like(query.push(" AND "), &columns, search, like_contains);
            }
            None => {}
        }
    }
}

/// Returns a page of clients with their custom fields, the newest first.
pub async fn list(db: &mut MySqlConnection, filter: &ClientFilter, page: Page) -> sqlx::Result<Listed<ClientRow>> {
    let statement = ListStatement {
        columns: &Details::All.columns(),
        table: "tblclients c",
        joins: JOINS,
        filter: &|query| filter.apply_to(query),
        order: "ORDER BY c.datecreated DESC, c.id DESC",
    };
    let mut listed: Listed<ClientRow> = statement.read(db, page).await?;
    listed.rows.iter_mut().for_each(ClientRow::order_fields);
    Ok(listed)
}

/// Returns the clients with these ids, by id.
pub async fn by_id(
    db: &mut MySqlConnection,
    details: Details,
    ids: impl Iterator<Item = i64>,
) -> sqlx::Result<HashMap<i64, ClientRow>> {
    let ids: BTreeSet<i64> = ids.collect();
    let mut query = QueryBuilder::<MySql>::new("SELECT ");
    query.push(details.columns()).push(" FROM JSON_TABLE(").push_bind(id_list(ids.into_iter()));
    query.push(", '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted JOIN tblclients c ON c.id = wanted.id ").push(JOINS);
    let mut rows: Vec<ClientRow> = query.build_query_as().fetch_all(db).await?;
    rows.iter_mut().for_each(ClientRow::order_fields);
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

pub async fn find(db: &mut MySqlConnection, id: ClientId) -> sqlx::Result<Option<ClientRow>> {
    Ok(by_id(db, Details::All, std::iter::once(id.0)).await?.remove(&id.0))
}

/// A custom field of clients.
#[derive(Debug)]
pub struct CustomField {
    pub id: i64,
    pub name: String,
    pub is_required: bool,
    /// Whether only staff may see and fill it.
    pub is_for_staff: bool,
}

from_row!(CustomField { id, name, is_required, is_for_staff });

/// The custom fields of clients that are no passwords, in their order.
pub async fn fields(db: &mut MySqlConnection) -> sqlx::Result<Vec<CustomField>> {
    sqlx::query_as(
        "SELECT CAST(f.id AS SIGNED) AS id, f.fieldname AS name, f.required = 'on' AS is_required, \
                f.adminonly = 'on' AS is_for_staff \
         FROM tblcustomfields f \
         WHERE f.type = 'client' AND f.relid = 0 AND f.fieldtype <> 'password' ORDER BY f.sortorder, f.id",
    )
    .fetch_all(db)
    .await
}

/// Returns the client whom a user owns; of several, the first.
pub async fn of_owner(db: &mut MySqlConnection, user: i64) -> sqlx::Result<Option<ClientRow>> {
    let owned = "SELECT CAST(MIN(r.client_id) AS SIGNED) FROM tblusers_clients r JOIN tblclients c ON c.id = r.client_id \
                 WHERE r.auth_user_id = ? AND r.owner <> 0 AND c.status = 'Active'";
    let client: Option<i64> = sqlx::query_scalar(owned).bind(user).fetch_one(&mut *db).await?;
    match client {
        Some(client) => find(db, ClientId(client)).await,
        None => Ok(None),
    }
}
