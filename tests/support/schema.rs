//! Validation of values against JSON schemas, as far as the API description uses them. Patterns and formats of texts
//! are not checked.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use whmcs_api::actions::Catalogue;
use whmcs_api::openapi;

/// The API description.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| openapi::document(&Catalogue::compiled()));

/// Returns the violations of an action's schema by a successful reply.
pub fn reply_schema_violations(action: &str, reply: Value) -> Vec<String> {
    violations_in(&DOCUMENT, action, reply)
}

/// The same with the API description of a server.
pub fn violations_in(document: &Value, action: &str, mut reply: Value) -> Vec<String> {
    // The classic style adds `result`, which the schema does not contain.
    reply.as_object_mut().unwrap().remove("result");
    let operation = &document["paths"][format!("/v1/{action}")]["post"];
    schema_violations(&operation["responses"]["200"]["content"]["application/json"]["schema"], &reply)
}

/// Returns the violations of a schema by a value, including fields that the schema does not declare.
pub fn schema_violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut misfits = Vec::new();
    check("$", schema, value, &mut misfits);
    misfits
}

fn check(path: &str, schema: &Value, value: &Value, misfits: &mut Vec<String>) {
    let Value::Object(schema) = schema else { return };
    let types = match &schema.get("type") {
        Some(Value::Array(types)) => types.clone(),
        Some(one) => vec![(*one).clone()],
        None => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|wanted| is_a(value, wanted.as_str().unwrap())) {
        misfits.push(format!("{path} is {value}, and not {types:?}"));
    }
    let allowed = schema.get("enum").and_then(Value::as_array);
    if allowed.is_some_and(|allowed| !allowed.contains(value)) || schema.get("const").is_some_and(|only| only != value)
    {
        misfits.push(format!("{path} is {value}, which is not among what it may be"));
    }
    let minimum = schema.get("minimum").and_then(Value::as_f64);
    if minimum.zip(value.as_f64()).is_some_and(|(minimum, value)| value < minimum) {
        misfits.push(format!("{path} is {value}, which is too small"));
    }
    for choices in ["anyOf", "oneOf"].iter().filter_map(|key| schema.get(*key)?.as_array()) {
        if !choices.iter().any(|choice| self::schema_violations(choice, value).is_empty()) {
            misfits.push(format!("{path} is {value}, which fits none of {}", Value::from(choices.clone())));
        }
    }
    if let (Some(items), Value::Array(values)) = (schema.get("items"), value) {
        for (index, value) in values.iter().enumerate() {
            check(&format!("{path}[{index}]"), items, value, misfits);
        }
    }
    if let Value::Object(fields) = value {
        check_fields(path, schema, fields, misfits);
    }
}

fn check_fields(path: &str, schema: &Map<String, Value>, fields: &Map<String, Value>, misfits: &mut Vec<String>) {
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            misfits.push(format!("{path}.{name} is missing"));
        }
    }
    // A schema for any value declares no fields; of several alternatives, each is checked by itself.
    let is_one_of_several = ["anyOf", "oneOf", "allOf"].iter().any(|key| schema.contains_key(*key));
    let is_plain_object = schema.get("type").is_some_and(|kind| kind == "object") && !is_one_of_several;
    let properties = |key: &str| schema.get(key).and_then(Value::as_object).into_iter().flatten();
    for (name, value) in fields {
        let path = format!("{path}.{name}");
        let named = properties("properties").find(|(property, _)| *property == name);
        // The patterns are those of numbers, with or without a name in front.
        let stem = |text: &str| text.trim_start_matches('^').chars().take_while(char::is_ascii_alphabetic).collect();
        let is_numbered = |pattern: &str| {
            let stem: String = stem(pattern);
            name.strip_prefix(&stem).is_some_and(|number| number.parse::<u32>().is_ok())
        };
        let matching = || properties("patternProperties").find(|(pattern, _)| is_numbered(pattern));
        let rest = schema.get("additionalProperties");
        match named.or_else(matching).map(|(_, schema)| schema).or(rest) {
            Some(Value::Bool(false)) => misfits.push(format!("{path} may not be there")),
            Some(schema) => check(&path, schema, value, misfits),
            None if is_plain_object => misfits.push(format!("{path} is not described")),
            None => {}
        }
    }
}

fn is_a(value: &Value, wanted: &str) -> bool {
    match wanted {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => panic!("{wanted} is no type"),
    }
}
