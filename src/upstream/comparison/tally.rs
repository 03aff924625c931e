//! Counts of differences by action, kind and path, each with an example.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Difference;
use crate::redaction::{Hidden, in_ascii, redacted};
use crate::store::differences::DifferenceRow;

/// The parameters that tell nothing of a difference: who calls, what is called and in which format.
pub const NOT_SHOWN: [&str; 8] =
    ["action", "identifier", "secret", "username", "password", "accesskey", "responsetype", "idempotencykey"];
/// Maximum number of differences that are counted at a time, each of another action, kind or path.
const MAX_ROWS: usize = 2_000;
/// The longest action, path and text that is kept.
const MAX_ACTION_BYTES: usize = 64;
const MAX_PATH_BYTES: usize = 255;
const MAX_TEXT_BYTES: usize = 200;
/// The kind of the row that counts the comparisons of an action; its path is empty.
const COMPARED: &str = DifferenceRow::COMPARED;

/// The comparison of two replies to one call.
pub struct Comparison<'c> {
    /// The name of the action in the catalogue.
    pub action: &'c str,
    pub differences: &'c [Difference],
    /// The id of the call in the API log.
    pub request_id: &'c str,
    /// The parameters, as [`shown_request`] returns them.
    pub request: &'c str,
    /// What no example may have.
    pub hidden: &'c Hidden,
    pub at: NaiveDateTime,
    /// Whether examples have values, without secrets.
    pub with_values: bool,
}

/// An example of a difference, stored as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Example {
    pub path: String,
    pub request_id: String,
    pub request: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub here: Option<String>,
}

/// The differences that were counted.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<(String, String, String), DifferenceRow>);

impl Tally {
    /// Counts a comparison, and each of its differences once.
    pub fn add(&mut self, comparison: &Comparison<'_>) {
        self.count(comparison, COMPARED, "", String::new);
        for difference in comparison.differences {
            let example = || in_ascii(&Example::of(difference, comparison));
            self.count(comparison, difference.kind.name(), &difference.pattern, example);
        }
    }

    fn count(&mut self, comparison: &Comparison<'_>, kind: &str, path: &str, example: impl FnOnce() -> String) {
        let (action, path) = (ascii(comparison.action, MAX_ACTION_BYTES), ascii(path, MAX_PATH_BYTES));
        let key = (action.clone(), kind.to_owned(), path.clone());
        if self.0.len() >= MAX_ROWS && !self.0.contains_key(&key) {
            return;
        }
        let (calls, at) = (0, comparison.at);
        let new = || DifferenceRow {
            action,
            kind: kind.to_owned(),
            path,
            calls,
            first_at: at,
            last_at: at,
            example: String::new(),
        };
        let row = self.0.entry(key).or_insert_with(new);
        row.calls += 1;
        row.last_at = row.last_at.max(at);
        row.example = example();
    }

    /// Adds rows that could not be stored to what was counted since.
    pub fn put_back(&mut self, rows: Vec<DifferenceRow>) {
        for row in rows {
            let is_full = self.0.len() >= MAX_ROWS;
            match self.0.entry((row.action.clone(), row.kind.clone(), row.path.clone())) {
                Entry::Occupied(mut since) => {
                    since.get_mut().calls += row.calls;
                    since.get_mut().first_at = row.first_at;
                }
                Entry::Vacant(vacant) if !is_full => {
                    vacant.insert(row);
                }
                Entry::Vacant(_) => {}
            }
        }
    }

    /// Returns the rows, ordered by action, kind and path.
    pub fn into_rows(self) -> Vec<DifferenceRow> {
        self.0.into_values().collect()
    }
}

impl Example {
    fn of(difference: &Difference, comparison: &Comparison<'_>) -> Example {
        let value = |value: &Option<Value>| {
            let value = value.as_ref().filter(|_| comparison.with_values)?;
            Some(shown(&difference.path, value, comparison.hidden))
        };
        Example {
            path: cut(&difference.path.join("."), MAX_PATH_BYTES),
            request_id: comparison.request_id.to_owned(),
            request: comparison.request.to_owned(),
            upstream: value(&difference.upstream),
            here: value(&difference.here),
        }
    }
}

/// Returns the parameters of a call for people to read, without those that tell nothing, and redacted.
pub fn shown_request(parameters: &Map<String, Value>, hidden: &Hidden) -> String {
    let mut shown = parameters.clone();
    shown.retain(|name, _| !NOT_SHOWN.contains(&name.as_str()));
    redacted(&shown, hidden, MAX_TEXT_BYTES)
}

/// Returns a value for people to read: what may be secret is hidden, and of lists and objects only the size is told.
fn shown(path: &[String], value: &Value, hidden: &Hidden) -> String {
    match value {
        Value::Array(elements) if elements.iter().all(Value::is_string) => {
            let texts: Vec<String> = elements.iter().map(|element| shown(path, element, hidden)).collect();
            cut(&format!("[{}]", texts.join(", ")), MAX_TEXT_BYTES)
        }
        Value::Array(elements) => format!("a list of {}", elements.len()),
        Value::Object(members) => format!("an object of {}", members.len()),
        value => redacted_at(path, value, hidden),
    }
}

/// Redacts a value as in a reply that has it at this path, because names decide what is secret.
fn redacted_at(path: &[String], value: &Value, hidden: &Hidden) -> String {
    let value = match value {
        Value::String(text) => cut(text, MAX_TEXT_BYTES).into(),
        value => value.clone(),
    };
    let reply = path.iter().rev().fold(value, |inner, name| json!({name: inner}));
    let text = redacted(&reply, hidden, usize::MAX / 4);
    let mut found: &Value = &serde_json::from_str(&text).unwrap_or_default();
    while let Value::Object(members) = found {
        let Some((_, inner)) = members.iter().next() else { break };
        found = inner;
    }
    found.to_string()
}

fn ascii(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

fn cut(text: &str, most: usize) -> String {
    if text.len() <= most { text.to_owned() } else { format!("{}...", &text[..text.floor_char_boundary(most)]) }
}

#[cfg(test)]
mod tests {
    use super::super::{ComparedReply, IgnoredPaths, differences};
    use super::*;

    fn counted(upstream: &Value, here: &Value, with_values: bool) -> Vec<DifferenceRow> {
        counted_in(&upstream.to_string(), &here.to_string(), with_values)
    }

    fn counted_in(upstream: &str, here: &str, with_values: bool) -> Vec<DifferenceRow> {
        let reply = |text: &str| ComparedReply::read(200, text.as_bytes());
        let found = differences("GetClients", &reply(upstream), &reply(here), &IgnoredPaths::new(&[])).unwrap();
        let mut tally = Tally::default();
        for _ in 0..2 {
            tally.add(&Comparison {
                action: "GetClients",
                differences: &found,
                request_id: "abc",
                request: "{}",
                hidden: &Hidden::new(["sent-as-a-secret"]),
                at: NaiveDateTime::default(),
                with_values,
            });
        }
        tally.into_rows()
    }

    #[test]
    fn comparisons_and_differences_are_counted_with_an_example() {
        let rows = counted(&json!({"a": [{"b": 1}, {"b": "two"}]}), &json!({"a": [{"b": 1}, {"b": "2"}]}), false);
        let shown: Vec<String> =
            rows.iter().map(|row| format!("{} {} {} {}", row.kind, row.path, row.calls, row.example)).collect();
        assert_eq!(shown, ["compared  2 ", r#"value a.*.b 2 {"path":"a.1.b","request_id":"abc","request":"{}"}"#]);
    }

    #[test]
    fn values_are_shown_if_wanted_and_secrets_never() {
        for (upstream, here, expected) in [
            (json!({"a": "x"}), json!({"a": "y"}), [Some("\"x\""), Some("\"y\"")]),
            (json!({"a": 1}), json!({"a": "1"}), [Some("1"), Some("\"1\"")]),
            (json!({"a": {"b": 1}}), json!({}), [Some("an object of 1"), None]),
            (json!({"a": [1, 2]}), json!({"a": "x"}), [Some("a list of 2"), Some("\"x\"")]),
            (json!({"a": ["x", "y"]}), json!({"a": ["y", "x"]}), [Some("[\"x\", \"y\"]"), Some("[\"y\", \"x\"]")]),
            (json!({"password": "canary"}), json!({"password": "kanarya"}), [Some("\"***\""), Some("\"***\"")]),
            (
                json!({"customfields": {"value": "canary"}}),
                json!({"customfields": {"value": "x"}}),
                [Some("\"***\""), Some("\"***\"")],
            ),
            (json!({"a": "4111111111111111"}), json!({"a": "x"}), [Some("\"***\""), Some("\"x\"")]),
            (json!({"a": "sent-as-a-secret"}), json!({"a": "x"}), [Some("\"***\""), Some("\"x\"")]),
        ] {
            let rows = counted(&upstream, &here, true);
            let example: Example = serde_json::from_str(&rows[1].example).unwrap();
            assert_eq!([example.upstream.as_deref(), example.here.as_deref()], expected, "{upstream}");
            assert!(counted(&upstream, &here, false).iter().all(|row| !row.example.contains("upstream")));
        }
    }

    /// Names in brackets and elements decide as keys do.
    #[test]
    fn secrets_in_other_formats_are_never_shown() {
        let xml = |client: &str| format!("<whmcsapi><result>success</result><client>{client}</client></whmcsapi>");
        for (upstream, here) in [
            ("result=success;client[password]=canary", "result=success;client[password]=kanarya"),
            ("result=success;customfields[0][value]=canary", "result=success;customfields[0][value]=x;canary"),
            (&xml("<password>canary</password>"), &xml("<password>kanarya</password>")),
            (&xml("<password>canary</password>"), &xml("<password>a</password><password>canary</password>")),
        ] {
            let rows = counted_in(upstream, here, true);
            assert!(rows.len() > 1 && rows.iter().all(|row| !row.example.contains("canary")), "{upstream}: {rows:?}");
        }
    }

    #[test]
    fn what_tells_nothing_of_a_difference_is_not_shown() {
        let values = json!({
            "action": "x", "identifier": "i", "secret": "s", "username": "u", "password": "p", "accesskey": "k",
            "responsetype": "json", "idempotencykey": "y", "clientid": "1", "note": "sent-as-a-secret", "password2": "canary",
        });
        let shown = shown_request(values.as_object().unwrap(), &Hidden::new(["sent-as-a-secret"]));
        assert_eq!(shown, r#"{"clientid":"1","note":"***","password2":"***"}"#);
        let long = json!({"note": "some text ".repeat(100)});
        assert_eq!(shown_request(long.as_object().unwrap(), &Hidden::default()).len(), MAX_TEXT_BYTES + 3);
    }

    #[test]
    fn rows_that_were_not_stored_are_added_to_those_since() {
        let rows = counted(&json!({"a": 1}), &json!({"a": 2}), false);
        let mut tally = Tally::default();
        tally.put_back(rows.clone());
        tally.put_back(rows);
        let counts: Vec<i64> = tally.into_rows().iter().map(|row| row.calls).collect();
        assert_eq!(counts, [4, 4]);
    }
}
