//! Replies have the keys and JSON types that WHMCS's documentation shows, and so do their schemas in the API
//! description.
//!
//! `tests/contract/replies.json` lists them: facts taken from the documented examples, with `any` for a type that an
//! example does not show; and for actions that WHMCS lacks, what their callers were promised.
//! `tests/contract/deviations` lists where our replies differ, each with its reason. `tests/contract/parameters.json` lists
//! the documented parameters: names only.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use whmcs_api::actions::CATALOGUE;
use whmcs_api::error::DocumentedError;

use crate::support::{DOCUMENT, demo_router, documented_calls};

const REPLIES: &str = include_str!("../contract/replies.json");
const PARAMETERS: &str = include_str!("../contract/parameters.json");
const DEVIATIONS: &str = include_str!("../contract/deviations");

#[tokio::test]
async fn replies_have_the_documented_keys_and_types() {
    let documented = documented();
    let (_database, _folder, router) = demo_router("contract").await;

    let (mut differences, mut called) = (Vec::new(), BTreeSet::new());
    for (request, status, reply) in documented_calls(&router).await {
        let (action, _) = request.split_once('&').unwrap_or((&request, ""));
        if status != 200 || reply["result"] != "success" {
            differences.push(format!("{request}: {reply}"));
            continue;
        }
        compare(action, &documented[action], &reply, &mut differences);
        called.insert(action.to_owned());
    }
    differences.sort();
    differences.dedup();
    assert_eq!(differences, deviations(), "\n{}\n", differences.join("\n"));
    for entry in CATALOGUE {
        assert!(called.contains(&*entry.name), "the test of {} has no call for the demo data", entry.name);
    }
}

#[test]
fn described_replies_have_the_documented_keys_and_types() {
    let documented = documented();
    let mut differences = Vec::new();
    for entry in CATALOGUE {
        let described = DOCUMENT.pointer(&format!("/paths/~1v1~1{}/post/responses/200/content", entry.name)).unwrap();
        compare_description(
            &entry.name,
            &documented[&*entry.name],
            &described["application/json"]["schema"],
            &mut differences,
        );
    }
    differences.retain(|difference| !deviations().contains(&difference.as_str()));
    assert!(differences.is_empty(), "\n{}\n", differences.join("\n"));
}

fn documented() -> BTreeMap<String, Value> {
    serde_json::from_str(REPLIES).unwrap()
}

fn deviations() -> Vec<&'static str> {
    lines(DEVIATIONS).map(|line| line.split_once(" -- ").unwrap_or((line, "")).0).collect()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Collects documented keys that a reply lacks or has with another type. Empty values on either side show no type.
fn compare(path: &str, documented: &Value, reply: &Value, differences: &mut Vec<String>) {
    match (documented, reply) {
        (Value::Object(documented), Value::Object(reply)) => {
            for (key, documented) in documented {
                let path = format!("{path}.{key}");
                match reply.get(key) {
                    Some(value) => compare(&path, documented, value, differences),
                    None => differences.push(format!("{path} is missing")),
                }
            }
        }
        (Value::Array(documented), Value::Array(reply)) => match (documented.first(), reply.first()) {
            (Some(documented), Some(reply)) => compare(&format!("{path}[]"), documented, reply, differences),
            (Some(_), None) => differences.push(format!("{path} is empty, so that nothing is compared")),
            (None, _) => {}
        },
        (Value::String(any), _) if any == "any" => {}
        (Value::String(null), _) if null == "null" => {}
        (Value::String(documented), reply) if documented == kind(reply) => {}
        (documented, reply) => {
            let documented = documented.as_str().unwrap_or(kind(documented));
            differences.push(format!("{path}: documented {documented}, is {}", kind(reply)));
        }
    }
}

/// Collects documented keys that a JSON schema lacks or whose type it does not allow.
fn compare_description(path: &str, documented: &Value, schema: &Value, differences: &mut Vec<String>) {
    if let Some(alternatives) = schema["anyOf"].as_array() {
        let of_each = alternatives.iter().map(|alternative| {
            let mut differences = Vec::new();
            compare_description(path, documented, alternative, &mut differences);
            differences
        });
        differences.extend(of_each.min_by_key(Vec::len).unwrap());
        return;
    }
    match documented {
        Value::Object(documented) if allows(schema, "object") => {
            for (key, documented) in documented {
                let path = format!("{path}.{key}");
                match schema["properties"].get(key).or(schema.get("additionalProperties")) {
                    Some(schema) => compare_description(&path, documented, schema, differences),
                    None => differences.push(format!("{path} is missing")),
                }
            }
        }
        Value::Array(documented) if allows(schema, "array") => {
            for documented in documented {
                compare_description(&format!("{path}[]"), documented, &schema["items"], differences);
            }
        }
        Value::String(unknown) if unknown == "any" || unknown == "null" => {}
        documented => {
            let documented = documented.as_str().unwrap_or(kind(documented));
            if !allows(schema, documented) {
                let described = schema["type"].as_str().unwrap_or("of several types").replace("integer", "number");
                differences.push(format!("{path}: documented {documented}, is {described}"));
            }
        }
    }
}

fn allows(schema: &Value, kind: &str) -> bool {
    let is_kind = |name: &Value| name == kind || (name == "integer" && kind == "number");
    match &schema["type"] {
        Value::Null => true,
        Value::Array(names) => names.iter().any(is_kind),
        name => is_kind(name),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Each documented parameter is described: as one that has an effect, or as one that is ignored, with the reason.
#[test]
fn documented_parameters_are_described() {
    let documented: BTreeMap<String, BTreeSet<String>> = serde_json::from_str(PARAMETERS).unwrap();
    let mut wrong = Vec::new();
    for entry in CATALOGUE {
        let documented = &documented[&*entry.name];
        let operation = &DOCUMENT["paths"][format!("/v1/{}", entry.name)]["post"];
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let is_missing = |parameter: &&String| !describes(schema, parameter);
        wrong.extend(documented.iter().filter(is_missing).map(|name| format!("{}: {name} is missing", entry.name)));
        for parameter in entry.ignored.iter().flat_map(|ignored| ignored.parameters) {
            if !documented.contains(*parameter) {
                wrong.push(format!("{}: {parameter} is ignored, but not documented", entry.name));
            }
            let description = &schema["properties"][parameter]["description"];
            if !description.as_str().is_some_and(|text| text.starts_with("Ignored: ")) {
                wrong.push(format!("{}: {parameter} is ignored, and also has an effect", entry.name));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// Whether a schema has a parameter such as `clientid`, `email_preferences[general]` or `configoption2`.
fn describes(schema: &Value, parameter: &str) -> bool {
    let (name, key) = parameter.split_once('[').unwrap_or((parameter, ""));
    let property = &schema["properties"][name];
    if !key.is_empty() {
        return property["additionalProperties"].is_object()
            || property["properties"].get(key.trim_end_matches(']')).is_some();
    }
    let numbered = format!("^{}", name.trim_end_matches(|c: char| c.is_ascii_digit()));
    let mut patterns = schema["patternProperties"].as_object().into_iter().flat_map(serde_json::Map::keys);
    property.is_object() || patterns.any(|pattern| name.len() >= numbered.len() && pattern.starts_with(&numbered))
}

/// Each documented error occurs in a test with its documented text; texts of modules are their own.
#[test]
fn documented_errors_are_expected_by_tests() {
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/actions");
    // The texts as they are escaped in the source of a test.
    let tests = sources(tests.as_ref()).replace("\\\"", "\"");
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let tests = one_line(&tests.replace("\\\n", ""));
    let mut untested = Vec::new();
    for (action, error) in CATALOGUE.iter().flat_map(|entry| entry.errors.iter().map(move |error| (&entry.name, error)))
    {
        match error {
            DocumentedError::Exact(text) | DocumentedError::Prefix { text, .. } if !tests.contains(&one_line(text)) => {
                untested.push(format!("{action}: {text}"));
            }
            _ => {}
        }
    }
    assert!(untested.is_empty(), "no test has\n{}", untested.join("\n"));
}

/// Returns the text of all files in a folder.
fn sources(folder: &std::path::Path) -> String {
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        if path.is_dir() { sources(&path) } else { std::fs::read_to_string(path).unwrap() }
    };
    std::fs::read_dir(folder).unwrap().map(read).collect()
}
