//! Domains (`tbldomains`) as commands to registrars see them.

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use crate::database::sql::BindForms;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::domain_name::DomainName;
use crate::domain::domains::registrar::{DomainChanges, DomainTerm};
use crate::domain::id::{ClientId, DomainId, OrderId};
use crate::domain::time::parse_date;

/// The registrar that the operator chose for the extension of the domain `d`, or an empty text.
macro_rules! chosen_registrar {
    () => {
        "COALESCE((SELECT p.autoreg FROM tbldomainpricing p \
                     WHERE p.extension = SUBSTRING(d.domain, LOCATE('.', d.domain)) ORDER BY p.id LIMIT 1), '')"
    };
}
/// The registrar of the domain `d`: its own, otherwise the one that the operator chose for its extension, or an empty text.
macro_rules! registrar {
    () => {
        concat!("COALESCE(NULLIF(d.registrar, ''), ", $crate::store::domains::registered::chosen_registrar!(), ")")
    };
}
/// The columns of [`Registered`].
macro_rules! select_registered {
    ($($rest:tt)+) => {
        concat!(
            "SELECT CAST(d.id AS SIGNED) AS id, CAST(d.userid AS SIGNED) AS client, d.domain AS name, d.type AS kind, \
                d.status, ",
            $crate::store::domains::registered::registrar!(),
            " AS registrar, \
                CAST(d.registrationperiod AS SIGNED) AS years, \
                COALESCE(CAST(d.expirydate AS CHAR), '0000-00-00') AS expires, \
                COALESCE(CAST(d.nextduedate AS CHAR), '0000-00-00') AS next_due \
             FROM tbldomains d ",
            $($rest)+
        )
    };
}
pub(in crate::store) use {chosen_registrar, registrar, select_registered};

const FIND: &str = select_registered!("WHERE d.id = ?");
/// The active one first, otherwise the newest.
const BY_NAME: &str =
    select_registered!("WHERE d.domain IN (?, ?, ?, ?, ?) ORDER BY d.status = 'Active' DESC, d.id DESC");
const OTHERS: &str = "SELECT domain FROM tbldomains WHERE domain IN (?, ?, ?) AND status = 'Active' AND id <> ?";
const PENDING_OF_ORDER: &str = select_registered!("WHERE d.orderid = ? AND d.status = 'Pending' ORDER BY d.id");
const CLIENT: &str = "SELECT CAST(userid AS SIGNED) FROM tbldomains WHERE id = ?";
const CHANGE: &str = "UPDATE tbldomains SET status = COALESCE(?, status), registrationdate = COALESCE(?, registrationdate), \
         expirydate = COALESCE(?, expirydate), nextinvoicedate = COALESCE(?, nextinvoicedate), \
         nextduedate = COALESCE(?, nextduedate), registrar = IF(registrar = '', ?, registrar), updated_at = ? \
     WHERE id = ?";
const PROTECT_IDENTITY: &str = "UPDATE tbldomains SET idprotection = ?, updated_at = ? WHERE id = ?";

/// A domain that a registrar may be asked about.
#[derive(Debug, Clone)]
pub struct Registered {
    pub id: DomainId,
    pub client: ClientId,
    pub name: String,
    /// `Register` or `Transfer`.
    pub kind: String,
    pub status: String,
    /// The registrar's name, or empty.
    pub registrar: String,
    pub years: i64,
    /// `0000-00-00` for none, as the next one.
    pub expires: String,
    pub next_due: String,
}

from_row!(Registered { id, client, name, kind, status, registrar, years, expires, next_due });

impl Registered {
    /// The parts that commands depend on and change.
    pub fn term(&self) -> DomainTerm {
        DomainTerm {
            status: self.status.clone(),
            expires: parse_date(&self.expires),
            next_due: parse_date(&self.next_due),
        }
    }
}

pub async fn find(db: &mut MySqlConnection, id: DomainId) -> sqlx::Result<Option<Registered>> {
    sqlx::query_as(FIND).bind(id).fetch_optional(db).await
}

/// Returns the domain with this name, in any case and in either form of an international one; of several, the active one,
/// otherwise the newest.
pub async fn by_name(db: &mut MySqlConnection, name: &str) -> sqlx::Result<Option<Registered>> {
    let (ascii, unicode) = forms(name);
    let rows: Vec<Registered> =
        sqlx::query_as(BY_NAME).bind_forms(name).bind(&ascii).bind(unicode).fetch_all(db).await?;
    // The database may consider `dómáin.com` and `domain.com` equal.
    Ok(rows.into_iter().find(|row| forms(&row.name).0 == ascii))
}

/// Whether another domain with this name is active.
pub async fn is_active_elsewhere(db: &mut MySqlConnection, id: DomainId, name: &str) -> sqlx::Result<bool> {
    let (ascii, unicode) = forms(name);
    let names = sqlx::query_scalar(OTHERS).bind(name).bind(&ascii).bind(unicode).bind(id);
    let names: Vec<String> = names.fetch_all(db).await?;
    Ok(names.iter().any(|name| forms(name).0 == ascii))
}

/// The ASCII and Unicode forms of a name; of a text that is no name, the text itself in lower case.
fn forms(name: &str) -> (String, String) {
    match DomainName::parse(name) {
        Some(name) => (name.ascii().to_owned(), name.unicode()),
        None => (name.to_lowercase(), name.to_lowercase()),
    }
}

/// Returns the pending domains of an order.
pub async fn pending_of_order(db: &mut MySqlConnection, order: OrderId) -> sqlx::Result<Vec<Registered>> {
    sqlx::query_as(PENDING_OF_ORDER).bind(order).fetch_all(db).await
}

/// Returns the client that a domain belongs to.
pub async fn client_of(db: &mut MySqlConnection, id: DomainId) -> sqlx::Result<Option<ClientId>> {
    let client: Option<i64> = sqlx::query_scalar(CLIENT).bind(id).fetch_optional(db).await?;
    Ok(client.map(ClientId))
}

/// Changes a domain after its registrar has carried out a command. A domain without a registrar gets this one.
pub async fn change(tx: &mut Writer<'_>, id: DomainId, registrar: &str, changes: &DomainChanges) -> sqlx::Result<()> {
    let DomainChanges { status, registered, expires, next_due } = changes;
    let change = sqlx::query(CHANGE)
        .bind(status)
        .bind(*registered)
        .bind(*expires)
        .bind(*next_due)
        .bind(*next_due)
        .bind(registrar)
        .bind(tx.now.utc())
        .bind(id);
    tx.execute(change).await.map(|_| ())
}

/// Stores whether the registrar hides the registrant's data.
pub async fn protect_identity(tx: &mut Writer<'_>, id: DomainId, is_protected: bool) -> sqlx::Result<()> {
    let change = sqlx::query(PROTECT_IDENTITY).bind(i32::from(is_protected)).bind(tx.now.utc()).bind(id);
    tx.execute(change).await.map(|_| ())
}

/// A date as a column holds it.
pub fn stored_date(date: Option<NaiveDate>) -> String {
    date.map_or_else(|| crate::domain::time::NO_DATE.to_owned(), |date| date.to_string())
}
