//! `GetEmails`.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::paging::Paging;
use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::ClientId;
use crate::domain::written_date::is_no_date;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::outbox::mail::delivery::NO_SERVER;
use crate::param::{Param, ParamValue, reading, schema};
use crate::store;
use crate::store::system::emails::{self, EmailFilter};

/// Returns the mails to a client, latest first.
///
/// A mail that is not sent yet has `pending` 1; if it cannot be sent because no mail server is configured,
/// `failure_reason` says so. A mail that could not be sent has `failed` 1 and a reason.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetEmails {
    clientid: Param<ClientId>,
    #[serde(flatten)]
    paging: Paging,
    /// Only mails of this day (`YYYY-MM-DD`) or second (`YYYY-MM-DD HH:MM:SS`).
    #[schemars(with = "schema::DateTime")]
    date: Param<TimeRange>,
    /// Only mails whose subject contains this text.
    subject: Param<String>,
}

/// A range of times: from the first one to just before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TimeRange(NaiveDateTime, NaiveDateTime);

impl ParamValue for TimeRange {
    fn parse(text: &str) -> Option<Self> {
        let written = reading::written_date(text)?;
        let length = if written.time.is_none() { TimeDelta::days(1) } else { TimeDelta::seconds(1) };
        let start = reading::local_time(written)?;
        // MySQL has no year 10000.
        let last = NaiveDate::from_ymd_opt(9999, 12, 31)?.and_hms_opt(23, 59, 59)?;
        Some(TimeRange(start, start.checked_add_signed(length)?.min(last)))
    }

    fn means_none(text: &str) -> bool {
        is_no_date(text)
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetEmailsReply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    emails: Emails,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Emails {
    email: Vec<Email>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Email {
    id: i64,
    userid: i64,
    subject: String,
    message: String,
    date: String,
    to: String,
    cc: String,
    bcc: String,
    attachments: Option<String>,
    pending: i64,
    message_data: Option<String>,
    failed: i64,
    failure_reason: String,
    retry_count: i64,
    created_at: Option<String>,
    updated_at: Option<String>,
    campaign_id: i64,
}

impl Action for GetEmails {
    const NAME: &'static str = "GetEmails";
    const ACCESS: Access = Access::Read;
    const REQUIRED: &[&str] = &["clientid"];
    const EXAMPLE: &'static str = r#"{"clientid": 1, "limitnum": 1}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(CLIENT_NOT_FOUND)];
    type Reply = GetEmailsReply;

    async fn run(self, call: Call<'_>) -> Result<GetEmailsReply> {
        let client = self.clientid.required(CLIENT_NOT_FOUND)?;
        let page = self.paging.page();
        let nothing = TimeRange(NaiveDateTime::default(), NaiveDateTime::default());
        let span = match self.date {
            date if !date.is_sent() => None,
            Param::Malformed(_) => Some(nothing),
            date => date.lenient(),
        };
        let written = span.map(|TimeRange(start, end)| (start, end));
        let filter = EmailFilter { client, written, subject: self.subject.lenient() };
        let listed = emails::list(call.db, &filter, page, call.has_own_tables).await?;
        if listed.rows.is_empty() && !store::clients::client::exists(call.db, client).await? {
            return refuse(CLIENT_NOT_FOUND);
        }
        Ok(GetEmailsReply {
            totalresults: listed.total,
            startnumber: page.start,
            numreturned: listed.rows.len(),
            emails: Emails { email: listed.rows.into_iter().map(|email| Email::new(email, call.sends_mail)).collect() },
        })
    }
}

impl Email {
    fn new(email: emails::EmailRow, sends_mail: bool) -> Email {
        Email {
            id: email.id,
            userid: email.client,
            subject: email.subject,
            message: email.message,
            date: email.date,
            to: email.to,
            cc: email.cc,
            bcc: email.bcc,
            attachments: email.attachments.filter(|attachments| !attachments.is_empty()),
            pending: email.is_pending.into(),
            message_data: email.message_data,
            failed: email.failed,
            failure_reason: match email.is_waiting && !sends_mail {
                true => NO_SERVER.to_owned(),
                false => email.failure_reason,
            },
            retry_count: email.retry_count,
            created_at: email.created_at,
            updated_at: email.updated_at,
            campaign_id: email.campaign,
        }
    }
}
