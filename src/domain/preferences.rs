//! Which mails somebody wants.

use serde_json::{Map, Value};

use super::topic::Topic;

/// The topics that somebody gets mails about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences(u8);

impl Preferences {
    pub const ALL: Preferences = Preferences(u8::MAX);
    pub const NONE: Preferences = Preferences(0);

    pub fn wants(self, topic: Topic) -> bool {
        self.0 & (1 << topic as u8) != 0
    }

    /// The same, but for this topic.
    #[must_use]
    pub fn with(self, topic: Topic, wanted: bool) -> Preferences {
        let others = self.0 & !(1 << topic as u8);
        Preferences(others | u8::from(wanted) << topic as u8)
    }

    /// Reads `tblclients.email_preferences`, a JSON object. What it does not tell is wanted.
    pub fn read(json: &str) -> Preferences {
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

    /// As that column holds them.
    pub fn to_json(self) -> String {
        let texts = Topic::ALL.map(|topic| format!("\"{}\":\"{}\"", topic.name(), u8::from(self.wants(topic))));
        format!("{{{}}}", texts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_again() {
        for preferences in [Preferences::NONE, Preferences::NONE.with(Topic::Domain, true)] {
            assert_eq!(Topic::ALL.map(|topic| Preferences::read(&preferences.to_json()).wants(topic)), {
                Topic::ALL.map(|topic| preferences.wants(topic))
            });
        }
    }

    #[test]
    fn only_what_is_said_not_to_be_wanted_is_not() {
        for json in ["", "{}", "[]", "x", r#"{"domain":1}"#, r#"{"domain":"1"}"#, r#"{"domain":true}"#] {
            assert!(Topic::ALL.into_iter().all(|topic| Preferences::read(json).wants(topic)), "{json}");
        }
        for json in [r#"{"domain":0}"#, r#"{"domain":"0"}"#, r#"{"domain":""}"#, r#"{"domain":false}"#] {
            let read = Preferences::read(json);
            assert!(!read.wants(Topic::Domain) && read.wants(Topic::General), "{json}");
        }
    }
}
