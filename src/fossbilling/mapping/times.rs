//! Times as `YYYY-MM-DD HH:MM:SS`, and null where the tables have zeros.

use serde_json::Value;

/// A stored date or time as a time.
pub fn time(stored: &str) -> Value {
    match stored {
        none if none.is_empty() || none.starts_with("0000") => Value::Null,
        date if date.len() == "YYYY-MM-DD".len() => format!("{date} 00:00:00").into(),
        time => time.into(),
    }
}

/// A text, or null if it is empty.
pub fn text(stored: &str) -> Value {
    if stored.is_empty() { Value::Null } else { stored.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_null() {
        for (stored, written) in [
            ("", Value::Null),
            ("0000-00-00", Value::Null),
            ("0000-00-00 00:00:00", Value::Null),
            ("2026-11-20", "2026-11-20 00:00:00".into()),
            ("2026-11-20 12:30:00", "2026-11-20 12:30:00".into()),
        ] {
            assert_eq!(time(stored), written);
        }
    }
}
