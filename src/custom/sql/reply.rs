//! The reply of a custom action in SQL: its rows, in the types of other replies.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use schemars::{Schema, json_schema};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use crate::database::select::{Cell, Column, ColumnKind, Rows};

/// The rows of a statement under the names where they stand.
#[derive(Debug)]
pub struct SqlReply<'a> {
    place: &'a [String],
    rows: Rows,
    /// The number of rows in all, and how many are skipped, if the reply is a page.
    page: Option<(i64, u32)>,
}

impl<'a> SqlReply<'a> {
    pub fn new(place: &'a [String], rows: Rows, page: Option<(i64, u32)>) -> SqlReply<'a> {
        SqlReply { place, rows, page }
    }

    /// The bytes of the rows in memory.
    pub fn bytes(&self) -> usize {
        self.rows.bytes
    }
}

impl Serialize for SqlReply<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some((total, start)) = self.page {
            map.serialize_entry("totalresults", &total)?;
            map.serialize_entry("startnumber", &start)?;
            map.serialize_entry("numreturned", &self.rows.rows.len())?;
        }
        match self.place {
            [outer, inner] => map.serialize_entry(outer, &Wrapped { name: inner, rows: &self.rows })?,
            [name, ..] => map.serialize_entry(name, &List(&self.rows))?,
            [] => {}
        }
        map.end()
    }
}

/// The rows in an object of their own.
struct Wrapped<'a> {
    name: &'a str,
    rows: &'a Rows,
}

impl Serialize for Wrapped<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.name, &List(self.rows))?;
        map.end()
    }
}

struct List<'a>(&'a Rows);

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Rows { columns, rows, .. } = self.0;
        let mut list = serializer.serialize_seq(Some(rows.len()))?;
        for cells in rows {
            list.serialize_element(&Object { columns, cells })?;
        }
        list.end()
    }
}

struct Object<'a> {
    columns: &'a [Column],
    cells: &'a [Cell],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for (column, cell) in self.columns.iter().zip(self.cells) {
            match cell {
                Cell::Null => map.serialize_entry(&column.name, &())?,
                Cell::Integer(number) => map.serialize_entry(&column.name, number)?,
                Cell::Unsigned(number) => map.serialize_entry(&column.name, number)?,
                Cell::Float(number) => map.serialize_entry(&column.name, number)?,
                Cell::Text(text) => map.serialize_entry(&column.name, text)?,
                Cell::Bytes(bytes) => map.serialize_entry(&column.name, &BASE64.encode(bytes))?,
            }
        }
        map.end()
    }
}

/// Returns the schema of a reply. Without columns, nothing is known of them.
pub fn schema(place: &[String], is_paged: bool, columns: &[Column]) -> Schema {
    let properties: Map<String, Json> =
        columns.iter().map(|column| (column.name.clone(), column_schema(column.kind))).collect();
    let names: Vec<&String> = properties.keys().collect();
    let mut rows = json!({"type": "array", "items": {"type": "object", "required": names, "properties": properties}});
    let mut fields = Map::new();
    if is_paged {
        for name in ["totalresults", "startnumber", "numreturned"] {
            fields.insert(name.to_owned(), json!({"type": "integer", "minimum": 0}));
        }
    }
    if let [_, inner] = place {
        rows = json!({"type": "object", "properties": {(inner): rows}, "required": [inner]});
    }
    fields.extend(place.first().map(|name| (name.clone(), rows)));
    let required: Vec<&String> = fields.keys().collect();
    json_schema!({"type": "object", "required": required, "properties": fields})
}

fn column_schema(kind: ColumnKind) -> Json {
    match kind {
        ColumnKind::Integer => json!({"type": ["integer", "null"]}),
        ColumnKind::Unsigned | ColumnKind::Bits => json!({"type": ["integer", "null"], "minimum": 0}),
        ColumnKind::Float32 | ColumnKind::Float64 => json!({"type": ["number", "null"]}),
        // One without decimals is an integer.
        ColumnKind::Decimal => json!({"type": ["string", "integer", "null"]}),
        ColumnKind::Date | ColumnKind::DateTime | ColumnKind::Time | ColumnKind::Text | ColumnKind::Bytes => {
            json!({"type": ["string", "null"]})
        }
    }
}
