//! Each format encodes everything that a reply contains.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value};
use whmcs_api::config::Compat;
use whmcs_api::wire::decode::names::Names;
use whmcs_api::wire::{ApiStyle, Encoder, Parameters};

/// Names as in replies.
const NAME: &str = "[a-z][a-z0-9_]{0,6}";
/// Texts with what has a meaning in a format.
const HOSTILE: &str = "(\\PC|[;=%\\[\\]\r\n\u{b}\u{85}\u{2028}]|%3[bB]|;result=error|%){0,8}";
const HOSTILE_NAME: &str = "[a-z](\\PC|[;=%\\[\\]\r\n\u{b}\u{85}\u{2028}]|%3[bB]|;result=error|%){0,8}";

/// Nested maps, lists and leaves.
fn reply(text: &'static str, name: &'static str) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text.prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let value = leaf.prop_recursive(4, 64, 5, move |inner| {
        prop_oneof![vec(inner.clone(), 0..5).prop_map(Value::from), btree_map(name, inner, 0..5).prop_map(object),]
    });
    btree_map(name, value, 0..5).prop_map(object)
}

fn object(entries: std::collections::BTreeMap<String, Value>) -> Value {
    Value::Object(entries.into_iter().collect())
}

fn encode(format: &str, reply: &Value) -> String {
    let mut parameters = Parameters::default();
    parameters.values.insert("responsetype".to_owned(), format.into());
    let encoder = Encoder::of(&parameters, ApiStyle::Classic { speaks_json: false }, Arc::new(Compat::default()));
    String::from_utf8(encoder.encode(reply).unwrap().body.whole().into_owned()).unwrap()
}

/// Returns a leaf as text.
fn text(leaf: &Value) -> String {
    match leaf {
        Value::Null | Value::Bool(false) => String::new(),
        Value::Bool(true) => "1".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Returns the texts of all leaves, in order.
fn leaves(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(leaves).collect(),
        Value::Object(map) => map.values().flat_map(leaves).collect(),
        leaf => vec![text(leaf)],
    }
}

/// Returns the value with lists as in PHP, leaves as text, and without empty values.
fn as_php(value: &Value) -> Option<Value> {
    let entries: Map<String, Value> = match value {
        Value::Array(list) => {
            list.iter().enumerate().filter_map(|(index, value)| Some((index.to_string(), as_php(value)?))).collect()
        }
        Value::Object(map) => map.iter().filter_map(|(key, value)| Some((key.clone(), as_php(value)?))).collect(),
        leaf => return Some(text(leaf).into()),
    };
    (!entries.is_empty()).then_some(Value::Object(entries))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_is_read_back_whole(reply in reply(".*", NAME)) {
        let body = encode("json", &reply);
        prop_assert!(body.is_ascii());
        prop_assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), reply);
    }

    #[test]
    fn xml_is_well_formed_and_has_every_leaf(reply in reply(".*", NAME)) {
        let body = encode("xml", &reply);
        let document = roxmltree::Document::parse(&body).unwrap();
        let root = document.root_element();
        prop_assert_eq!(root.tag_name().name(), "whmcsapi");
        let is_leaf = |node: &roxmltree::Node<'_, '_>| {
            node.is_element() && *node != root && node.children().all(|child| child.is_text())
        };
        // An empty list or map looks like an empty leaf; and what XML cannot hold is left out.
        let allowed = |c: &char| !matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
        let written = document.descendants().filter(is_leaf).map(|node| node.text().unwrap_or_default().to_owned());
        let written: Vec<String> = written.skip(1).filter(|text| !text.trim_matches('\n').is_empty()).collect();
        let expected = leaves(&reply).into_iter().map(|text| text.chars().filter(allowed).collect::<String>());
        let expected: Vec<String> = expected.filter(|text| !text.trim_matches('\n').is_empty()).collect();
        prop_assert_eq!(written, expected);
    }

    #[test]
    fn pairs_are_read_back_whole(reply in reply(HOSTILE, NAME)) {
        let mut names = Names::default();
        for (name, value) in pairs(&encode("nvp", &reply)) {
            names.insert(name, decoded(&value)).unwrap();
        }
        prop_assert_eq!(Value::Object(names.into_values()), as_php(&reply).unwrap_or(Value::Object(Map::new())));
    }

    /// Whatever names and values hold, a client gets the same names in the same order, and no others.
    #[test]
    fn no_value_or_name_adds_a_pair(reply in reply(HOSTILE, HOSTILE_NAME)) {
        let body = encode("nvp", &reply);
        prop_assert!(!body.contains(['\n', '\r']));
        let read = pairs(&body).into_iter().map(|(name, value)| {
            let keys: Vec<String> = name.split('[').map(|key| decoded(key.strip_suffix(']').unwrap_or(key))).collect();
            (keys, decoded(&value))
        });
        prop_assert_eq!(read.collect::<Vec<_>>(), paths(&reply));
    }
}

/// Reads pairs as the documented clients do, which split at `;`, and then at the first or at each `=`.
fn pairs(body: &str) -> Vec<(String, String)> {
    let pairs = body.split(';').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        assert_eq!(pair.split('=').next(), Some(name));
        (name.to_owned(), value.to_owned())
    });
    pairs.collect()
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

/// Returns the keys that lead to each leaf, and its text.
fn paths(value: &Value) -> Vec<(Vec<String>, String)> {
    let below = |key: String, value: &Value| -> Vec<(Vec<String>, String)> {
        let paths = paths(value).into_iter();
        paths.map(|(keys, text)| ([vec![key.clone()], keys].concat(), text)).collect()
    };
    match value {
        Value::Array(list) => list.iter().enumerate().flat_map(|(at, value)| below(at.to_string(), value)).collect(),
        Value::Object(map) => map.iter().flat_map(|(key, value)| below(key.clone(), value)).collect(),
        leaf => vec![(Vec::new(), text(leaf))],
    }
}
