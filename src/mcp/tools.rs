//! The actions of the catalogue as tools.

use std::sync::Arc;

use rmcp::model::{Tool, ToolAnnotations};
use serde_json::json;

use crate::actions::ActionEntry;
use crate::api::idempotency;
use crate::database::Access;
use crate::openapi;

/// The tool that tells what a write would change.
pub const PLAN: &str = "plan";
/// The tool that does what was planned.
pub const CONFIRM: &str = "confirm";

/// The tools with which an agent writes in two steps.
pub fn two_steps() -> [Tool; 2] {
    let action = json!({"type": "string", "description": "The action, by the name of its tool."});
    let arguments = json!({"type": "object", "description": "The arguments of the action."});
    let digest = json!({"type": "string", "description": "The digest that `plan` gave, not older than five minutes."});
    let tool = |name: &'static str, description: &'static str, schema: serde_json::Value, hints: ToolAnnotations| {
        let schema = schema.as_object().cloned().unwrap_or_default();
        Tool::new(name, description, Arc::new(schema)).with_annotations(hints)
    };
    [
        tool(
            PLAN,
            "Tells what a write would change, and changes nothing: rows before and after, money, and who outside would get \
             something. Destructive actions need it. Show the plan to the person you work for before you confirm it.",
            json!({"type": "object", "required": ["action"], "properties": {"action": action, "arguments": arguments}}),
            ToolAnnotations::new().read_only(true),
        ),
        tool(
            CONFIRM,
            "Does what was planned, once, with the same action and arguments. It is refused if the outcome would differ.",
            json!({
                "type": "object",
                "required": ["action", "digest"],
                "properties": {"action": action, "arguments": arguments, "digest": digest},
            }),
            ToolAnnotations::new().read_only(false).destructive(true).idempotent(true),
        ),
    ]
}

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
