//! Custom actions in SQL: a SELECT of the settings, whose rows are the reply.
//!
//! What a statement must not do is rejected when the settings are read ([`statement`]). It runs in a session that only reads, with
//! bounds on time, rows and bytes; what its account may read is the database's to decide.

mod functions;
mod lexer;
mod reply;
mod statement;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use schemars::Schema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use sqlx::MySqlConnection;

use super::parameters::{Argument, Parameters, Scalar};
use crate::config;
use crate::database::lease::Lease;
use crate::database::page::Page;
use crate::database::select::{self, Column, Limits, SelectError, Value};
use crate::param::Param;
use crate::store::system::inspection;

pub use reply::SqlReply;
use statement::{Place, Statement};
pub use tables::TableName;

/// The number of rows of a page if none is asked for, as in other lists.
const DEFAULT_PAGE: u32 = 25;
/// Where the rows stand in the reply if it is not said.
const DEFAULT_REPLY: &str = "rows";
/// The fields of a reply beside the rows.
const FIELDS: [&str; 5] = ["result", "message", "totalresults", "startnumber", "numreturned"];

/// A SELECT and how its rows become a reply.
#[derive(Debug)]
pub struct SqlAction {
    statement: Statement,
    /// The names under which the rows stand, outermost first.
    place: Vec<String>,
    pub is_paged: bool,
    pub limits: Limits,
    pub timeout: Duration,
    /// The columns, once the database has prepared the statement.
    columns: OnceLock<Vec<Column>>,
}

impl SqlAction {
    /// Checks the statement; the error says what is wrong with it.
    pub fn new(setting: &config::Action, parameters: &Parameters) -> Result<SqlAction, String> {
        let statement = Statement::parse(&setting.sql).map_err(|why| format!("sql: {why}"))?;
        let used: BTreeSet<&str> = statement.parameters().map(|place| place.name.as_str()).collect();
        if let Some(unknown) = used.iter().find(|name| !parameters.has(name)) {
            return Err(format!("sql: :{unknown} is not in parameters"));
        }
        if let Some(unused) = parameters.names().find(|name| !used.contains(name)) {
            return Err(format!("parameters.{unused}: sql has no :{unused}"));
        }
        if setting.paging && statement.has_limit {
            return Err("sql: must have no LIMIT of its own with paging".to_owned());
        }
        let taken = ["limitstart", "limitnum"].into_iter().find(|name| parameters.has(name));
        if let Some(taken) = taken.filter(|_| setting.paging) {
            return Err(format!("parameters.{taken}: is a parameter of every action with paging"));
        }
        Ok(SqlAction {
            statement,
            place: place(setting.reply.as_deref().unwrap_or(DEFAULT_REPLY))?,
            is_paged: setting.paging,
            limits: Limits { rows: setting.max_rows() as usize, bytes: setting.max_bytes() },
            timeout: Duration::from_secs(setting.timeout_seconds()),
            columns: OnceLock::new(),
        })
    }

    /// The tables that the statement reads.
    pub fn tables(&self) -> &BTreeSet<TableName> {
        &self.statement.tables
    }

    /// Whether the database has prepared the statement, so that its columns are known.
    pub fn is_checked(&self) -> bool {
        self.columns.get().is_some()
    }

    /// Has the database prepare the statement, and keeps its columns for the description of the reply. The statement is unfit if the
    /// database rejects it, or if it calls what may do more than read.
    pub async fn check(&self, db: &mut MySqlConnection) -> Result<(), SelectError> {
        let called: Vec<&str> = self.statement.called.iter().map(String::as_str).collect();
        if let Some(stored) = inspection::stored_functions(db, &called).await?.first() {
            return Err(SelectError::Unfit(format!("it calls {stored}, which is a function stored in the database")));
        }
        if self.is_paged {
            select::columns(db, &self.counting(|_| 1)).await?;
        }
        let columns = select::columns(db, &self.listing(|_| 1)).await?;
        check_columns(&columns).map_err(SelectError::Unfit)?;
        let _ = self.columns.set(columns);
        Ok(())
    }

    /// Returns the page that a call asks for. A page is never longer than the rows may be.
    pub fn page(&self, sent: &Map<String, Json>) -> Option<Page> {
        let number = |name: &str| Param::<u32>::deserialize(sent.get(name)?).ok()?.lenient();
        self.is_paged.then(|| Page {
            start: number("limitstart").unwrap_or(0),
            length: number("limitnum").unwrap_or(DEFAULT_PAGE).min(u32::try_from(self.limits.rows).unwrap_or(u32::MAX)),
        })
    }

    /// Runs the statement, after its check if it has not passed that yet. If it fails, [`SelectError::leaves_connection_usable`] says what the connection is good for.
    pub async fn read(
        &self,
        db: &mut Lease,
        arguments: &[(&str, Argument)],
        page: Option<Page>,
    ) -> Result<SqlReply<'_>, SelectError> {
        let start = Instant::now();
        if !self.is_checked() {
            self.check(db).await?;
        }
        select::set_bounds(db, self.timeout, self.limits).await?;
        let arguments: BTreeMap<&str, Vec<Value>> =
            arguments.iter().map(|(name, argument)| (*name, values(argument))).collect();
        let values_at = |place: &Place| match arguments.get(place.name.as_str()) {
            Some(values) if place.is_list => values.clone(),
            Some(values) => vec![joined(values)],
            None => Vec::new(),
        };
        let count = |place: &Place| values_at(place).len();
        // The text of a statement depends on the lengths of its lists only.
        let is_cached = !self.statement.parameters().any(|place| place.is_list);
        let mut bound: Vec<Value> = self.statement.parameters().flat_map(values_at).collect();
        let Some(page) = page else {
            let rows = select::rows(db, self.statement.text(count), &bound, is_cached, self.limits).await?;
            return Ok(SqlReply::new(&self.place, rows, None));
        };
        db.begin_snapshot().await?;
        let total = select::count(db, self.counting(count), &bound, is_cached).await?;
        select::limit_time(db, self.timeout.saturating_sub(start.elapsed())).await?;
        bound.extend([Value::Integer(page.length.into()), Value::Integer(page.start.into())]);
        let rows = select::rows(db, self.listing(count), &bound, is_cached, self.limits).await?;
        db.roll_back().await?;
        Ok(SqlReply::new(&self.place, rows, Some((total, page.start))))
    }

    fn listing(&self, count: impl Fn(&Place) -> usize) -> String {
        let text = self.statement.text(count);
        if self.is_paged { format!("{text}\nLIMIT ? OFFSET ?") } else { text }
    }

    fn counting(&self, count: impl Fn(&Place) -> usize) -> String {
        format!("SELECT COUNT(*) FROM (\n{}\n) AS counted", self.statement.text(count))
    }

    /// Returns the schema of the reply, with the columns once they are known.
    pub fn reply_schema(&self) -> Schema {
        reply::schema(&self.place, self.is_paged, self.columns.get().map_or(&[], Vec::as_slice))
    }
}

fn place(reply: &str) -> Result<Vec<String>, String> {
    let names: Vec<String> = reply.split('.').map(str::to_owned).collect();
    if names.len() > 2 || !names.iter().all(|name| config::is_name(name)) {
        return Err(format!("reply: must be a name, such as groups, or two, such as clients.client, not {reply:?}"));
    }
    match FIELDS.iter().find(|field| **field == names[0]) {
        Some(field) => Err(format!("reply: must not be {field}, which is another field of the reply")),
        None => Ok(names),
    }
}

fn check_columns(columns: &[Column]) -> Result<(), String> {
    for (at, column) in columns.iter().enumerate() {
        if !config::is_name(&column.name) {
            return Err(format!(
                "column {}, {:?}, needs a name of letters, digits and _: write AS name",
                at + 1,
                column.name
            ));
        }
        if columns[..at].iter().any(|other| other.name == column.name) {
            return Err(format!("two columns have the name {}: write AS name", column.name));
        }
    }
    Ok(())
}

fn values(argument: &Argument) -> Vec<Value> {
    let value = |scalar: &Scalar| match scalar {
        Scalar::Integer(number) => Value::Integer(*number),
        Scalar::Amount(amount) => Value::Decimal(amount.decimal()),
        Scalar::Text(text) => Value::Text(text.clone()),
        Scalar::Date(date) => Value::Date(*date),
        Scalar::Time(time) => Value::Time(*time),
        Scalar::Boolean(flag) => Value::Integer((*flag).into()),
    };
    match argument {
        Argument::None => vec![Value::Null],
        Argument::One(scalar) => vec![value(scalar)],
        Argument::Many(scalars) => scalars.iter().map(value).collect(),
    }
}

/// Returns the values of a list as one: a text with commas between them, for FIND_IN_SET.
fn joined(values: &[Value]) -> Value {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.to_string(),
    };
    match values {
        [] => Value::Null,
        [one] => one.clone(),
        several => Value::Text(several.iter().map(text).collect::<Vec<_>>().join(",")),
    }
}
