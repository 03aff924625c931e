//! Lists of clients.

use chrono::NaiveDateTime;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::page::{Direction, ListStatement, Listed, Page};
use crate::database::sql::{changed_since, like_prefix, push_is, push_like};
use crate::database::values::from_row;

/// Filter for clients.
#[derive(Debug, Clone, Default)]
pub struct ClientFilter {
    pub status: Option<String>,
    /// Prefix of the client's e-mail address, first, last, full or company name.
    pub search: Option<String>,
    pub email: Option<String>,
    pub updated_since: Option<NaiveDateTime>,
}

/// The column by which clients are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientSort {
    Id,
    FirstName,
    LastName,
    Company,
    Email,
    Group,
    Created,
    Status,
}

/// A row of a list of clients.
#[derive(Debug)]
pub struct ClientRow {
    pub id: i64,
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub email: String,
    pub created: String,
    pub group: i64,
    pub status: String,
}

from_row!(ClientRow { id, first_name, last_name, company, email, created, group, status });

impl ClientFilter {
    fn apply_to(&self, query: &mut QueryBuilder<MySql>) {
        query.push(" WHERE 1 = 1");
        if let Some(status) = &self.status {
            push_is(query.push(" AND "), "status", status);
        }
        if let Some(email) = &self.email {
            push_is(query.push(" AND "), "email", email);
        }
        if let Some(since) = self.updated_since {
            query.push(" AND updated_at >= ").push_bind(changed_since(since));
        }
        if let Some(search) = &self.search {
            push_like(query.push(" AND ("), &["email", "firstname", "lastname", "companyname"], search, like_prefix);
            // The first word of the search is a prefix of the first name, for which there is an index.
            if let Some((first_word, _)) = search.split_once(' ') {
                push_like(query.push(" OR ("), &["firstname"], first_word, like_prefix);
                push_like(query.push(" AND "), &["CONCAT(firstname, ' ', lastname)"], search, like_prefix);
                query.push(")");
            }
            query.push(")");
        }
    }
}

/// Returns a page of clients.
pub async fn list(
    db: &mut MySqlConnection,
    filter: &ClientFilter,
    order: ClientSort,
    direction: Direction,
    page: Page,
) -> sqlx::Result<Listed<ClientRow>> {
    let column = match order {
        ClientSort::Id => "tblclients.id",
        ClientSort::FirstName => "tblclients.firstname",
        ClientSort::LastName => "tblclients.lastname",
        ClientSort::Company => "tblclients.companyname",
        ClientSort::Email => "tblclients.email",
        ClientSort::Group => "tblclients.groupid",
        ClientSort::Created => "tblclients.datecreated",
        ClientSort::Status => "tblclients.status",
    };
    let direction = match direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    };
    let statement = ListStatement {
        columns: "CAST(id AS SIGNED) AS id, firstname AS first_name, lastname AS last_name, companyname AS company, \
                  email, COALESCE(CAST(datecreated AS CHAR), '0000-00-00') AS created, \
                  CAST(groupid AS SIGNED) AS `group`, status",
        table: "tblclients",
        joins: "",
        filter: &|query| filter.apply_to(query),
        order: &format!("ORDER BY {column} {direction}, tblclients.id {direction}"),
    };
    statement.read(db, page).await
}
