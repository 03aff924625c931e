//! E-mail preferences in `tblclients.email_preferences`: a JSON object.

use serde_json::{Map, Value};

use crate::domain::clients::preferences::Preferences;
use crate::domain::clients::topic::Topic;

/// Parses the column. Topics that it does not contain are enabled.
pub fn parse(json: &str) -> Preferences {
    let stored: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
    let is_off = |value: &Value| match value {
        Value::Bool(wanted) => !wanted,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => matches!(text.as_str(), "" | "0"),
        _ => false,
    };
    let off = Topic::ALL.into_iter().filter(|topic| stored.get(topic.name()).is_some_and(is_off));
    off.fold(Preferences::ALL, |preferences, topic| preferences.with(topic, false))
}

/// Formats preferences for the column.
pub fn to_json(preferences: Preferences) -> String {
    let texts = Topic::ALL.map(|topic| format!("\"{}\":\"{}\"", topic.name(), u8::from(preferences.wants(topic))));
    format!("{{{}}}", texts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_survive_storing() {
        for preferences in [Preferences::NONE, Preferences::NONE.with(Topic::Domain, true)] {
            assert_eq!(Topic::ALL.map(|topic| parse(&to_json(preferences)).wants(topic)), {
                Topic::ALL.map(|topic| preferences.wants(topic))
            });
        }
    }

    #[test]
    fn only_topics_that_are_off_are_disabled() {
        for json in ["", "{}", "[]", "x", r#"{"domain":1}"#, r#"{"domain":"1"}"#, r#"{"domain":true}"#] {
            assert!(Topic::ALL.into_iter().all(|topic| parse(json).wants(topic)), "{json}");
        }
        for json in [r#"{"domain":0}"#, r#"{"domain":"0"}"#, r#"{"domain":""}"#, r#"{"domain":false}"#] {
            let read = parse(json);
            assert!(!read.wants(Topic::Domain) && read.wants(Topic::General), "{json}");
        }
    }
}
