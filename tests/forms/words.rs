//! Words of a list, such as the names of statuses, in any case and with blanks around them.

use serde_json::{Value, json};

use super::equal_effects;

/// Whether a schema describes a word. Those of AddCredit have the documented form alone.
fn is_word(schema: &Value) -> bool {
    schema["enum"].is_array() && schema["enum"] != json!(["add", "remove"])
}

#[tokio::test]
async fn have_the_same_effect_in_every_form() {
    equal_effects(is_word, str::to_owned, &[str::to_uppercase, with_blanks]).await;
}

/// An amount that may stand in place of a word has forms of its own.
fn with_blanks(value: &str) -> String {
    if value.parse::<f64>().is_ok() { value.to_owned() } else { format!(" {}\u{a0}", value.to_lowercase()) }
}
