//! The custom fields of tickets.

use serde_json::Value as Json;
use sqlx::MySqlConnection;

use crate::domain::id::{DepartmentId, TicketId};
use crate::error::{Result, refuse};
use crate::param::{Nested, Param, TEXT_BYTES};
use crate::store;
use crate::store::writer::Writer;

/// What custom fields are to be set to, by their ids.
#[derive(Debug)]
pub struct Fields(Vec<(i64, String)>);

impl Fields {
    /// Reads those that a department's tickets have; others are left out.
    pub async fn read(sent: Param<Nested>, db: &mut MySqlConnection, department: DepartmentId) -> Result<Fields> {
        let Some(sent) = sent.optional("customfields: not an array")? else { return Ok(Fields(Vec::new())) };
        let sent = match sent.array("customfields")? {
            Json::Object(values) => values.into_iter().collect(),
            Json::Array(values) => (0..).zip(values).map(|(at, value): (i64, _)| (at.to_string(), value)).collect(),
            _ => Vec::new(),
        };
        let known = store::ticket_fields::of_department(db, department).await?;
        let is_known = |(id, value): (String, Json)| Some((id.parse().ok().filter(|id| known.contains(id))?, value));
        let values = sent.into_iter().filter_map(is_known).map(|(id, value)| Ok((id, text(value)?)));
        values.collect::<Result<_>>().map(Fields)
    }

    pub async fn write(&self, books: &mut Writer<'_>, ticket: TicketId) -> Result<()> {
        for (field, value) in &self.0 {
            store::ticket_fields::set(books, ticket, *field, value).await?;
        }
        Ok(())
    }
}

fn text(value: Json) -> Result<String> {
    let text = match value {
        Json::Null => String::new(),
        Json::String(text) => text,
        Json::Bool(is_set) => if is_set { "1" } else { "" }.to_owned(),
        Json::Number(number) => number.to_string(),
        Json::Array(_) | Json::Object(_) => return refuse("customfields: a value must be a text"),
    };
    Param::Given(text).text("customfields", TEXT_BYTES)
}
