//! What a page is asked, and what it answers.

use std::net::IpAddr;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use maud::Markup;

use super::forms::Forms;
use crate::api::Sender;
use crate::auth::console::Right;
use crate::domain::Author;
use crate::domain::id::AdminId;
use crate::domain::time::Moment;
use crate::error::Error;
use crate::fault::Fault;
use crate::store::authentication::console::SentForm;

/// The name of the box that says that something is meant which cannot be undone.
pub(super) const SURE: &str = "sure";

/// A member of staff who is logged in.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: AdminId,
    pub user_name: String,
    pub right: Right,
    /// The id of their session.
    pub session: i64,
}

/// A request of somebody who is logged in and has the right that the route needs.
pub struct Visit {
    pub person: Person,
    pub path: String,
    /// What stands in the path in place of `{…}`, in order.
    pub parameters: Vec<String>,
    pub query: Fields,
    /// Empty unless a form was sent.
    pub form: Fields,
    /// The form that was sent, which is used up with what it asks for.
    pub(super) sent: Option<SentForm>,
    pub now: Moment,
    /// The operator's time zone.
    pub zone: Tz,
    pub address: IpAddr,
    pub(super) forms: Forms,
}

/// A request of somebody who may not be logged in.
pub struct Guest {
    pub path: String,
    pub parameters: Vec<String>,
    pub query: Fields,
    pub form: Fields,
    pub address: IpAddr,
    pub user_agent: String,
    /// The token of the session that the browser has sent; empty if there is none.
    pub session: String,
    /// Whether it came over TLS.
    pub is_secure: bool,
    pub(super) forms: Forms,
}

/// Names and values, as a browser sends them.
#[derive(Debug, Default, Clone)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads what a form or the query of a URL has sent. What is malformed is empty.
    pub fn parse(encoded: &[u8]) -> Fields {
        Fields(serde_urlencoded::from_bytes(encoded).unwrap_or_default())
    }

    /// The first value of a name, without blanks around it; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The first value of a name as it was sent, such as a password.
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// All values of a name, such as those of checkboxes.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// Whether a name was sent, such as that of a checkbox.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}

impl Visit {
    /// The author of what the person changes.
    pub fn author(&self) -> Author {
        Author { admin: self.person.id, name: self.person.user_name.clone(), address: self.address.to_string() }
    }

    /// The author, with the form that the person has sent.
    pub fn sender(&self) -> Sender {
        Sender { author: self.author(), form: self.sent }
    }

    /// Refuses what cannot be undone, unless the box in the form says that it is meant.
    pub fn check_sure(&self) -> Result<()> {
        match self.form.has(SURE) {
            true => Ok(()),
            false => refuse("This cannot be undone. Tick the box in front of the button if it is what you want."),
        }
    }

    /// Whether the person may do what needs this right.
    pub fn may(&self, right: Right) -> bool {
        self.person.right >= right
    }

    /// A parameter of the path, counted from 0.
    pub fn parameter(&self, index: usize) -> &str {
        self.parameters.get(index).map_or("", String::as_str)
    }

    /// A parameter of the path that is an id.
    pub fn id(&self, index: usize) -> Result<i64> {
        self.parameter(index).parse().map_err(|_| ConsoleError::NotFound)
    }

    /// A time in UTC, in the operator's time zone.
    pub fn local(&self, utc: NaiveDateTime) -> NaiveDateTime {
        utc.and_utc().with_timezone(&self.zone).naive_local()
    }

    /// The moment in UTC at which it is this time in the operator's time zone: the first one if there are two, and `None` if
    /// there is none.
    pub fn utc(&self, local: NaiveDateTime) -> Option<NaiveDateTime> {
        self.zone.from_local_datetime(&local).earliest().map(|time| time.naive_utc())
    }
}

/// What a page answers.
pub struct Answer {
    pub(super) status: StatusCode,
    pub(super) content: Content,
    pub(super) cookies: Vec<String>,
    pub(super) notice: Option<String>,
}

pub(super) enum Content {
    Page {
        title: String,
        body: Markup,
    },
    Redirect(String),
    /// It gets the headers of a page unless it has them.
    Raw(Response<Body>),
}

impl Answer {
    /// A page with this heading.
    pub fn page(title: impl Into<String>, body: Markup) -> Answer {
        Answer::of(StatusCode::OK, Content::Page { title: title.into(), body })
    }

    /// A redirect to a page of the console, after a form was sent.
    pub fn to(path: impl Into<String>) -> Answer {
        Answer::of(StatusCode::SEE_OTHER, Content::Redirect(path.into()))
    }

    /// A response that is not a page. It gets the headers of a page unless it has headers of these names.
    pub fn raw(response: Response<Body>) -> Answer {
        Answer::of(response.status(), Content::Raw(response))
    }

    fn of(status: StatusCode, content: Content) -> Answer {
        Answer { status, content, cookies: Vec::new(), notice: None }
    }

    /// Shows a sentence above the page to which this redirects.
    #[must_use]
    pub fn saying(mut self, notice: impl Into<String>) -> Answer {
        self.notice = Some(notice.into());
        self
    }

    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Answer {
        self.status = status;
        self
    }

    #[must_use]
    pub(super) fn with_cookie(mut self, cookie: String) -> Answer {
        self.cookies.push(cookie);
        self
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum ConsoleError {
    /// There is no such page, or nothing with this id.
    NotFound,
    /// What was sent cannot be done. A sentence says why, and nothing was changed.
    Refused(String),
    Failed(Error),
}

pub type Result<T = Answer> = std::result::Result<T, ConsoleError>;

/// Refuses what was sent.
pub fn refuse<T>(why: impl Into<String>) -> Result<T> {
    Err(ConsoleError::Refused(why.into()))
}

impl From<Error> for ConsoleError {
    fn from(error: Error) -> ConsoleError {
        ConsoleError::Failed(error)
    }
}

impl From<Fault> for ConsoleError {
    fn from(fault: Fault) -> ConsoleError {
        ConsoleError::Failed(fault.into())
    }
}

impl From<sqlx::Error> for ConsoleError {
    fn from(error: sqlx::Error) -> ConsoleError {
        ConsoleError::Failed(error.into())
    }
}
