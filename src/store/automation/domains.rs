//! Domains by their dates: those that expire, and those that are due soon.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::domains::status::DomainStatus;
use crate::domain::id::{ClientId, DomainId, InvoiceId};

macro_rules! select_domain {
    ($rest:literal) => {
        concat!(
            "SELECT CAST(id AS SIGNED) AS id, CAST(userid AS SIGNED) AS client, domain AS name, status, \
                    COALESCE(CAST(expirydate AS CHAR), '0000-00-00') AS expires, CAST(nextduedate AS CHAR) AS due, \
                    donotrenew <> 0 AS is_not_renewed, recurringamount > 0 AS has_price FROM tbldomains WHERE ",
            $rest
        )
    };
}

const EXPIRED: &str = select_domain!(
    "status IN ('Active', 'Grace', 'Redemption') AND expirydate BETWEEN '1000-01-01' AND ? \
                          AND nextduedate < ? ORDER BY id"
);
const FIND: &str = select_domain!("id = ?");
const DUE_BETWEEN: &str = "SELECT CAST(id AS SIGNED) FROM tbldomains \
     WHERE nextduedate BETWEEN ? AND ? AND status = 'Active' AND recurringamount > 0 AND donotrenew = 0 \
       AND NOT EXISTS(SELECT 1 FROM mod_whmcs_api_notices n \
                      WHERE n.subject = 'domain' AND n.subject_id = tbldomains.id AND n.due_date = tbldomains.nextduedate \
                        AND n.notice IN (?, CONCAT(?, ':passed'), CONCAT(?, ':nobody'))) \
     ORDER BY id";
const SET_STATUS: &str = "UPDATE tbldomains SET status = ?, updated_at = ? WHERE id = ? AND status = ?";
const OPEN_RENEWAL: &str = "SELECT CAST(MIN(i.id) AS SIGNED) FROM tblinvoiceitems l JOIN tblinvoices i ON i.id = l.invoiceid \
     WHERE l.userid = ? AND l.relid = ? AND l.type = 'Domain' AND i.status = 'Unpaid'";
const OPEN_RENEWALS: &str = "SELECT DISTINCT CAST(i.id AS SIGNED) FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
     JOIN tblinvoiceitems l ON l.userid = ? AND l.relid = wanted.id AND l.type = 'Domain' \
     JOIN tblinvoices i ON i.id = l.invoiceid AND i.status = 'Unpaid' ORDER BY 1";

/// A domain with its dates.
#[derive(Debug, Clone)]
pub struct DomainDates {
    pub id: DomainId,
    pub client: ClientId,
    pub name: String,
    pub status: String,
    pub expires: String,
    /// The next due date.
    pub due: String,
    /// Whether it is not to be renewed.
    pub is_not_renewed: bool,
    /// Whether its renewal costs something.
    pub has_price: bool,
}

from_row!(DomainDates { id, client, name, status, expires, due, is_not_renewed, has_price });

/// Returns the registered domains that expired before this day and are not paid for beyond it.
pub async fn expired(db: &mut MySqlConnection, today: NaiveDate) -> sqlx::Result<Vec<DomainDates>> {
    sqlx::query_as(EXPIRED).bind(today.pred_opt().unwrap_or(today)).bind(today).fetch_all(db).await
}

pub async fn find(db: &mut MySqlConnection, id: DomainId) -> sqlx::Result<Option<DomainDates>> {
    sqlx::query_as(FIND).bind(id).fetch_optional(db).await
}

/// Returns the domains that are due from one day until another and may be due for this notice.
pub async fn without_notice(
    db: &mut MySqlConnection,
    notice: &str,
    from: NaiveDate,
    until: NaiveDate,
) -> sqlx::Result<Vec<i64>> {
    let query = sqlx::query_scalar(DUE_BETWEEN).bind(from).bind(until);
    query.bind(notice.to_owned()).bind(notice.to_owned()).bind(notice.to_owned()).fetch_all(db).await
}

/// Returns the unpaid invoice for the renewal of a domain.
pub async fn open_renewal(db: &mut MySqlConnection, client: ClientId, id: DomainId) -> sqlx::Result<Option<InvoiceId>> {
    let invoice: Option<i64> = sqlx::query_scalar(OPEN_RENEWAL).bind(client).bind(id).fetch_one(db).await?;
    Ok(invoice.map(InvoiceId))
}

/// Returns the unpaid invoices for the renewal of any of these domains.
pub async fn open_renewals(
    db: &mut MySqlConnection,
    client: ClientId,
    domains: &BTreeSet<i64>,
) -> sqlx::Result<Vec<InvoiceId>> {
    let query = sqlx::query_scalar(OPEN_RENEWALS).bind(id_list(domains.iter().copied())).bind(client);
    let invoices: Vec<i64> = query.fetch_all(db).await?;
    Ok(invoices.into_iter().map(InvoiceId).collect())
}

/// Sets the status of a domain. Returns `false`, with nothing written, if it has another one by now than this.
pub async fn set_status(tx: &mut Writer<'_>, domain: &DomainDates, status: DomainStatus) -> sqlx::Result<bool> {
    let update = sqlx::query(SET_STATUS).bind(status.name()).bind(tx.now.utc());
    tx.change(update.bind(domain.id).bind(domain.status.clone())).await
}
