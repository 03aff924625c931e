//! The differences between a reply of the upstream and one of this server, value by value.
//!
//! Nothing here knows of calls: two replies in, their differences out.

mod ignored;
mod reply;
mod tally;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};

pub use ignored::IgnoredPaths;
pub use reply::ComparedReply;
pub use tally::{Comparison, Example, NOT_SHOWN, Tally, shown_request};

/// Maximum number of differences of one pair of replies, each with a path of its own.
const MAX_DIFFERENCES: usize = 100;
/// How deep two replies are compared.
const MAX_DEPTH: usize = 64;

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DifferenceKind {
    /// The upstream's reply has a key or an element that this server's lacks.
    Missing,
    /// This server's reply has a key or an element that the upstream's lacks.
    Extra,
    /// The values are of different types, such as `"1"` and `1`, or a list and a text; or the replies are in different formats.
    Type,
    /// The values are of the same type and differ.
    Value,
    /// The same elements or keys are in another order.
    Order,
    /// The HTTP statuses differ, or one reply cannot be read.
    Status,
}

impl DifferenceKind {
    pub fn name(self) -> &'static str {
        match self {
            DifferenceKind::Missing => "missing",
            DifferenceKind::Extra => "extra",
            DifferenceKind::Type => "type",
            DifferenceKind::Value => "value",
            DifferenceKind::Order => "order",
            DifferenceKind::Status => "status",
        }
    }
}

impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A difference at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub kind: DifferenceKind,
    /// The keys and indexes that lead to the value.
    pub path: Vec<String>,
    /// The same with `*` in place of each index.
    pub pattern: String,
    pub upstream: Option<Value>,
    pub here: Option<Value>,
}

/// Returns the differences between two replies, one for each kind and pattern, except those at ignored paths. `None` if both
/// cannot be read and are not the same.
pub fn differences(
    action: &str,
    upstream: &ComparedReply,
    here: &ComparedReply,
    ignored: &IgnoredPaths,
) -> Option<Vec<Difference>> {
    let mut walk = Walk { action, ignored, path: Vec::new(), found: BTreeMap::new() };
    if upstream.status != here.status {
        walk.add(DifferenceKind::Status, Some(&upstream.status.into()), Some(&here.status.into()));
    }
    match (&upstream.value, &here.value) {
        // The names and types of values are then others as well.
        (Some(_), Some(_)) if upstream.format != here.format => {
            walk.add(DifferenceKind::Type, Some(&upstream.format.name().into()), Some(&here.format.name().into()));
        }
        (Some(upstream), Some(here)) if upstream.get("result") == here.get("result") => walk.compare(upstream, here),
        // A success and an error have nothing else in common.
        (Some(upstream), Some(here)) => {
            let result = |reply: &Value| reply.get("message").or(reply.get("result")).cloned();
            walk.path.push(Step::Key("result".to_owned()));
            walk.add(DifferenceKind::Value, result(upstream).as_ref(), result(here).as_ref());
        }
        (None, None) if upstream.unread != here.unread => return None,
        (None, None) => {}
        (upstream, here) => {
            let described = |value: &Option<Value>| Value::from(if value.is_some() { "a reply" } else { "unreadable" });
            walk.add(DifferenceKind::Status, Some(&described(upstream)), Some(&described(here)));
        }
    }
    Some(walk.found.into_values().collect())
}

enum Step {
    Key(String),
    Index(usize),
}

struct Walk<'w> {
    action: &'w str,
    ignored: &'w IgnoredPaths,
    path: Vec<Step>,
    found: BTreeMap<(DifferenceKind, String), Difference>,
}

impl Walk<'_> {
    fn compare(&mut self, upstream: &Value, here: &Value) {
        if self.path.len() >= MAX_DEPTH {
            return;
        }
        match (upstream, here) {
            (Value::Object(upstream), Value::Object(here)) => self.compare_objects(upstream, here),
            (Value::Array(upstream), Value::Array(here)) => self.compare_lists(upstream, here),
            _ if std::mem::discriminant(upstream) != std::mem::discriminant(here) => {
                self.add(DifferenceKind::Type, Some(upstream), Some(here));
            }
            _ if upstream != here => self.add(DifferenceKind::Value, Some(upstream), Some(here)),
            _ => {}
        }
    }

    fn compare_objects(&mut self, upstream: &Map<String, Value>, here: &Map<String, Value>) {
        for (key, value) in upstream {
            self.path.push(Step::Key(key.clone()));
            match here.get(key) {
                Some(other) => self.compare(value, other),
                None => self.add(DifferenceKind::Missing, Some(value), None),
            }
            self.path.pop();
        }
        for (key, value) in here.iter().filter(|(key, _)| !upstream.contains_key(*key)) {
            self.path.push(Step::Key(key.clone()));
            self.add(DifferenceKind::Extra, None, Some(value));
            self.path.pop();
        }
        let common = |one: &Map<String, Value>, other: &Map<String, Value>| {
            one.keys().filter(|key| other.contains_key(*key)).cloned().map(Value::from).collect::<Vec<Value>>()
        };
        self.compare_order(common(upstream, here), common(here, upstream));
    }

    /// Compares lists of rows by their ids, and others by their indexes.
    fn compare_lists(&mut self, upstream: &[Value], here: &[Value]) {
        // Usually nothing differs, and then this is fast.
        if are_identical(upstream, here) {
            return;
        }
        let pairs = match ids(upstream, here) {
            Some([one, other]) => self.matched(upstream, here, &one, &other),
            None if has_same_elements(upstream, here) => {
                self.compare_order(upstream.to_vec(), here.to_vec());
                return;
            }
            None => self.numbered(upstream, here),
        };
        for (index, one, other) in pairs {
            self.path.push(Step::Index(index));
            self.compare(one, other);
            self.path.pop();
        }
    }

    /// Returns the rows with the same ids, and adds the differences of the others and of the order.
    fn matched<'v>(
        &mut self,
        upstream: &'v [Value],
        here: &'v [Value],
        one: &[String],
        other: &[String],
    ) -> Vec<(usize, &'v Value, &'v Value)> {
        let positions: BTreeMap<&String, usize> = other.iter().zip(0..).collect();
        let wanted: BTreeMap<&String, usize> = one.iter().zip(0..).collect();
        for (index, row) in upstream.iter().enumerate().filter(|(index, _)| !positions.contains_key(&one[*index])) {
            self.add_at(index, DifferenceKind::Missing, Some(row), None);
        }
        for (index, row) in here.iter().enumerate().filter(|(index, _)| !wanted.contains_key(&other[*index])) {
            self.add_at(index, DifferenceKind::Extra, None, Some(row));
        }
        let common = |ids: &[String], others: &BTreeMap<&String, usize>| {
            ids.iter().filter(|id| others.contains_key(id)).cloned().map(Value::from).collect::<Vec<Value>>()
        };
        self.compare_order(common(one, &positions), common(other, &wanted));
        let pair = |(index, id): (usize, &String)| Some((index, &upstream[index], &here[*positions.get(id)?]));
        one.iter().enumerate().filter_map(pair).collect()
    }

    /// Returns the elements with the same indexes, and adds the differences of the others.
    fn numbered<'v>(&mut self, upstream: &'v [Value], here: &'v [Value]) -> Vec<(usize, &'v Value, &'v Value)> {
        for (index, element) in upstream.iter().enumerate().skip(here.len()) {
            self.add_at(index, DifferenceKind::Missing, Some(element), None);
        }
        for (index, element) in here.iter().enumerate().skip(upstream.len()) {
            self.add_at(index, DifferenceKind::Extra, None, Some(element));
        }
        upstream.iter().zip(here).enumerate().map(|(index, (one, other))| (index, one, other)).collect()
    }

    fn compare_order(&mut self, upstream: Vec<Value>, here: Vec<Value>) {
        if upstream != here {
            self.add(DifferenceKind::Order, Some(&upstream.into()), Some(&here.into()));
        }
    }

    fn add_at(&mut self, index: usize, kind: DifferenceKind, upstream: Option<&Value>, here: Option<&Value>) {
        self.path.push(Step::Index(index));
        self.add(kind, upstream, here);
        self.path.pop();
    }

    /// Adds a difference at the current path unless it is ignored, or there is one of its kind at the same pattern.
    fn add(&mut self, kind: DifferenceKind, upstream: Option<&Value>, here: Option<&Value>) {
        let steps: Vec<String> = self.path.iter().map(Step::pattern).collect();
        let pattern = steps.join(".");
        let key = (kind, pattern);
        if self.found.len() >= MAX_DIFFERENCES || self.found.contains_key(&key) {
            return;
        }
        let path: Vec<String> = self.path.iter().map(Step::text).collect();
        if self.ignored.contains(self.action, &path) {
            return;
        }
        let difference =
            Difference { kind, path, pattern: key.1.clone(), upstream: upstream.cloned(), here: here.cloned() };
        self.found.insert(key, difference);
    }
}

impl Step {
    fn text(&self) -> String {
        match self {
            Step::Key(key) => key.clone(),
            Step::Index(index) => index.to_string(),
        }
    }

    fn pattern(&self) -> String {
        match self {
            // Lists that PHP writes as objects have numbers as keys.
            Step::Key(key) if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()) => "*".to_owned(),
            Step::Key(key) => key.clone(),
            Step::Index(_) => "*".to_owned(),
        }
    }
}

/// Returns the ids of the rows of two lists, if all of them have an id of their own under the same key: `id`, or else the first
/// that ends with it, such as `clientid`.
fn ids(upstream: &[Value], here: &[Value]) -> Option<[Vec<String>; 2]> {
    let keys = || upstream.first().and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let mut candidates = keys().filter(|key| *key == "id").chain(keys().filter(|key| names_id(key)));
    candidates.find_map(|key| Some([ids_at(key, upstream)?, ids_at(key, here)?]))
}

/// Words that end like the name of an id.
const NO_IDS: [&str; 3] = ["paid", "valid", "void"];

fn names_id(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.ends_with("id") && !NO_IDS.iter().any(|word| key.ends_with(word))
}

/// Returns the values at a key of rows, if each has another one.
fn ids_at(key: &str, rows: &[Value]) -> Option<Vec<String>> {
    let ids: Vec<String> = rows.iter().map(|row| id(row.get(key)?)).collect::<Option<_>>()?;
    let distinct: BTreeSet<&String> = ids.iter().collect();
    (distinct.len() == ids.len()).then_some(ids)
}

/// Returns an id as a text, so that `1` and `"1"` are the same row.
fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        // In XML each value is in a list.
        Value::Array(elements) => match &elements[..] {
            [element] => id(element),
            _ => None,
        },
        _ => None,
    }
}

/// Whether two lists are the same, also in the order of keys.
fn are_identical(one: &[Value], other: &[Value]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(is_identical)
}

fn is_identical((one, other): (&Value, &Value)) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => are_identical(one, other),
        (Value::Object(one), Value::Object(other)) => {
            one.keys().eq(other.keys()) && one.values().zip(other.values()).all(is_identical)
        }
        (one, other) => one == other,
    }
}

fn has_same_elements(one: &[Value], other: &[Value]) -> bool {
    let sorted = |list: &[Value]| {
        let mut texts: Vec<String> = list.iter().map(Value::to_string).collect();
        texts.sort_unstable();
        texts
    };
    one.len() == other.len() && sorted(one) == sorted(other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::Format;

    fn found_in(upstream: &ComparedReply, here: &ComparedReply, ignored: &[&str]) -> Vec<String> {
        let ignored: Vec<String> = ignored.iter().map(|path| (*path).to_owned()).collect();
        let Some(found) = differences("GetClients", upstream, here, &IgnoredPaths::new(&ignored)) else {
            return vec!["cannot be compared".to_owned()];
        };
        found
            .iter()
            .map(|difference| format!("{} {} at {}", difference.kind, difference.pattern, difference.path.join(".")))
            .collect()
    }

    fn reply(value: Value) -> ComparedReply {
        ComparedReply { status: 200, format: Format::Json, value: Some(value), unread: Vec::new() }
    }

    fn found(upstream: Value, here: Value) -> Vec<String> {
        found_in(&reply(upstream), &reply(here), &[])
    }

    #[test]
    fn each_kind_of_difference_is_found() {
        let row = |id: u32, name: &str| json!({"id": id, "name": name});
        for (upstream, here, expected) in [
            (json!({"a": 1, "b": [1, {"c": null}]}), json!({"a": 1, "b": [1, {"c": null}]}), &[][..]),
            (json!({"a": 1, "b": {"c": 2}}), json!({"a": 1}), &["missing b at b"]),
            (json!({"a": {}}), json!({"a": {"uuid": "x"}}), &["extra a.uuid at a.uuid"]),
            (json!({"a": "1"}), json!({"a": 1}), &["type a at a"]),
            (json!({"a": []}), json!({"a": {}}), &["type a at a"]),
            (json!({"a": ""}), json!({"a": []}), &["type a at a"]),
            (json!({"a": null}), json!({"a": ""}), &["type a at a"]),
            (json!({"a": "10.00"}), json!({"a": "10.0"}), &["value a at a"]),
            (json!({"a": 10}), json!({"a": 10.0}), &["value a at a"]),
            (json!({"a": true}), json!({"a": false}), &["value a at a"]),
            (json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), &["order  at "]),
            (json!({"a": ["x", "y"]}), json!({"a": ["y", "x"]}), &["order a at a"]),
            (json!({"a": ["x", "y"]}), json!({"a": ["x", "z"]}), &["value a.* at a.1"]),
            (json!({"a": ["x", "y"]}), json!({"a": ["x"]}), &["missing a.* at a.1"]),
            (json!({"a": []}), json!({"a": ["x", "y"]}), &["extra a.* at a.0"]),
            (json!({"a": {"0": "x"}}), json!({"a": {"0": "y"}}), &["value a.* at a.0"]),
            (json!([row(1, "a"), row(2, "b")]), json!([row(2, "b"), row(1, "a")]), &["order  at "]),
            (
                json!([row(1, "a"), row(2, "b")]),
                json!([row(2, "b"), row(1, "c")]),
                &["value *.name at 0.name", "order  at "],
            ),
            (json!([row(1, "a"), row(2, "b")]), json!([row(2, "b"), row(3, "c")]), &["missing * at 0", "extra * at 1"]),
            (json!([row(1, "a")]), json!([{"id": "1", "name": "a"}]), &["type *.id at 0.id"]),
            // Of many rows with the same difference, the first is told.
            (json!([row(1, "a"), row(2, "b")]), json!([row(1, "x"), row(2, "y")]), &["value *.name at 0.name"]),
        ] {
            assert_eq!(found(upstream.clone(), here.clone()), expected, "{upstream} {here}");
        }
    }

    /// Rows in another order have one difference; rows that cannot be matched differ in their values.
    #[test]
    fn rows_are_matched_by_an_id() {
        for (key, ids, is_id) in [
            ("id", [json!(1), json!(2)], true),
            ("clientid", [json!("1"), json!("2")], true),
            ("userId", [json!(1), json!(2)], true),
            ("id", [json!(["1"]), json!(["2"])], true),
            ("id", [json!(["1", "2"]), json!(["2", "1"])], false),
            ("id", [json!(""), json!("2")], false),
            ("paid", [json!("1.00"), json!("2.00")], false),
            ("datepaid", [json!("2026-11-01"), json!("2026-11-02")], false),
            ("isvalid", [json!(0), json!(1)], false),
            ("relid", [json!(1), json!(1)], false),
        ] {
            let row = |id: &Value, name: &str| json!({key: id, "name": name});
            let (one, two) = (row(&ids[0], "a"), row(&ids[1], "b"));
            let (upstream, here) = (json!([one, two]), json!([two, row(&ids[0], "c")]));
            assert_eq!(found(upstream, here).contains(&"order  at ".to_owned()), is_id, "{key} {ids:?}");
        }
        // The same key is used in both lists, whichever comes first.
        let (upstream, here) = (
            json!([{"id": 1, "relid": 8, "n": "a"}, {"id": 2, "relid": 9, "n": "b"}]),
            json!([{"relid": 9, "id": 2, "n": "b"}, {"relid": 8, "id": 1, "n": "a"}]),
        );
        assert_eq!(found(upstream, here), ["order  at ", "order * at 0"]);
    }

    #[test]
    fn statuses_and_results_are_compared_first() {
        let success = reply(json!({"result": "success", "a": 1, "b": 2}));
        let error = reply(json!({"result": "error", "message": "Not Found"}));
        let forbidden = ComparedReply { status: 403, ..error.clone() };
        let page = |text: &str| ComparedReply::read(403, text.as_bytes());
        let unreadable = page("<html>Down</html>");
        let in_xml = ComparedReply { format: Format::Xml, ..success.clone() };
        assert_eq!(found_in(&in_xml, &success, &[]), ["type  at "]);
        assert_eq!(found_in(&success, &error, &[]), ["value result at result"]);
        assert_eq!(found_in(&success, &forbidden, &[]), ["value result at result", "status  at "]);
        assert_eq!(found_in(&error, &forbidden, &[]), ["status  at "]);
        assert_eq!(found_in(&forbidden, &unreadable, &[]), ["status  at "]);
        assert_eq!(found_in(&unreadable, &page("<html>Down</html>\n"), &[]), [""; 0]);
        assert_eq!(found_in(&unreadable, &page("<html>Up</html>"), &[]), ["cannot be compared"]);
    }

    #[test]
    fn ignored_differences_are_not_told() {
        let (one, other) =
            (json!({"rows": [{"id": 1, "at": "a", "n": 1}]}), json!({"rows": [{"id": 1, "at": "b", "n": 2}]}));
        for (ignored, expected) in [
            (&[][..], &["value rows.*.at at rows.0.at", "value rows.*.n at rows.0.n"][..]),
            (&["rows.*.at"], &["value rows.*.n at rows.0.n"]),
            (&["getclients:rows.*.at"], &["value rows.*.n at rows.0.n"]),
            (&["GetOrders:**"], &["value rows.*.at at rows.0.at", "value rows.*.n at rows.0.n"]),
            (&["**.at", "**.n"], &[]),
            (&["Get*:**"], &[]),
        ] {
            assert_eq!(found_in(&reply(one.clone()), &reply(other.clone()), ignored), expected, "{ignored:?}");
        }
    }

    #[test]
    fn the_number_of_differences_is_bounded() {
        let many =
            |value: u32| (0..1000).map(|key| (format!("key{key}"), value.into())).collect::<Map<String, Value>>();
        assert_eq!(found(many(1).into(), many(2).into()).len(), MAX_DIFFERENCES);
        let deep = |leaf: u32| (0..100).fold(json!(leaf), |inner, _| json!({"a": inner}));
        assert_eq!(found(deep(1), deep(2)), [""; 0], "it is too deep to be compared");
    }
}
