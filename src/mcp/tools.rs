//! The actions of the catalogue as tools.

use std::sync::Arc;

use rmcp::model::{Tool, ToolAnnotations};
use serde_json::json;

use crate::actions::ActionEntry;
use crate::api::idempotency;
use crate::database::Access;
use crate::openapi;

/// Describes an action as a tool: what it does, its parameters, and what it may change.
pub fn of_action(entry: &ActionEntry) -> Tool {
    let (description, mut schema) = openapi::described(entry);
    schema.insert("type".to_owned(), json!("object"));
    let is_write = entry.access == Access::Write;
    if is_write {
        schema["properties"][idempotency::PARAMETER] = json!({
            "type": "string",
            "description": "A key of your choice, a new one for each write. A call that is repeated with its key is executed once.",
        });
    }
    let hints = ToolAnnotations::new()
        .read_only(!is_write)
        .destructive(entry.is_destructive)
        .idempotent(!is_write)
        .open_world(entry.asks_outside() || entry.touches != crate::actions::Touches::Database);
    Tool::new(entry.name.to_string(), description, Arc::new(schema)).with_annotations(hints)
}
