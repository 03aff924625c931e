//! Notices that clients have got (`mod_whmcs_api_notices`): each once for a due date.
//!
//! A notice that was sent has its name. `:passed` follows it if a later one was sent in its place, and `:nobody` if there was
//! nobody to send it to.

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, ServiceId};

const ADD: &str =
    "INSERT INTO mod_whmcs_api_notices (subject, subject_id, notice, due_date, sent_on) VALUES (?, ?, ?, ?, ?)";
const ABOUT: &str = "SELECT SUBSTRING_INDEX(notice, ':', 1) FROM mod_whmcs_api_notices WHERE subject = ? AND subject_id = ? AND due_date = ?";
const OVERDUE_OF_SERVICE: &str = "SELECT CAST(MIN(n.sent_on) AS CHAR) AS first, CAST(MAX(n.sent_on) AS CHAR) AS last \
     FROM tblinvoiceitems l JOIN tblinvoices i ON i.id = l.invoiceid \
     JOIN mod_whmcs_api_notices n ON n.subject = 'invoice' AND n.subject_id = i.id AND n.due_date = i.duedate \
     WHERE l.userid = ? AND l.relid = ? AND l.type = 'Hosting' AND i.status IN ('Unpaid', 'Payment Pending', 'Collections') \
       AND n.notice IN ('first', 'second', 'third', 'first:nobody', 'second:nobody', 'third:nobody')";

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Invoice(i64),
    Domain(i64),
    /// The card of a pay method.
    Card(i64),
}

impl About {
    fn subject(self) -> (&'static str, i64) {
        match self {
            About::Invoice(id) => ("invoice", id),
            About::Domain(id) => ("domain", id),
            About::Card(id) => ("card", id),
        }
    }
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Sent,
    /// A later one was sent in its place.
    Passed,
    /// There was nobody to send it to.
    Nobody,
}

/// Records what became of a notice. It is an error if that is recorded already.
pub async fn add(tx: &mut Writer<'_>, about: About, notice: &str, due: NaiveDate, fate: Fate) -> sqlx::Result<()> {
    let (subject, id) = about.subject();
    let mark = match fate {
        Fate::Sent => "",
        Fate::Passed => ":passed",
        Fate::Nobody => ":nobody",
    };
    let insert = sqlx::query(ADD).bind(subject).bind(id).bind(format!("{notice}{mark}")).bind(due).bind(tx.now.date());
    tx.execute(insert).await.map(|_| ())
}

/// Returns the names of the notices about something with this due date whose fate is recorded.
pub async fn recorded(db: &mut MySqlConnection, about: About, due: NaiveDate) -> sqlx::Result<Vec<String>> {
    let (subject, id) = about.subject();
    sqlx::query_scalar(ABOUT).bind(subject).bind(id).bind(due).fetch_all(db).await
}

/// When the notices that invoices are overdue were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OverdueNotices {
    /// The day of the first one of those of open invoices, `YYYY-MM-DD`; `None` if there was none. A notice for which there was
    /// nobody counts as if it had been sent.
    pub first: Option<String>,
    /// Likewise, of the last one.
    pub last: Option<String>,
}

from_row!(OverdueNotices { first, last });

/// Returns when the notices about the open invoices for a service were sent.
pub async fn overdue_of_service(
    db: &mut MySqlConnection,
    client: ClientId,
    service: ServiceId,
) -> sqlx::Result<OverdueNotices> {
    sqlx::query_as(OVERDUE_OF_SERVICE).bind(client).bind(service).fetch_one(db).await
}
