//! The API description is complete, and its examples are real replies.

use std::collections::BTreeSet;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use indexmap::IndexMap;
use serde_json::{Value, json};
use tower::ServiceExt;
use whmcs_api::actions::{CATALOGUE, Catalogue};
use whmcs_api::{demo, openapi};

use crate::actions::CALLS;
use crate::support::{DOCUMENT, demo_router, derived, reply_schema_violations, schema_violations};

const EXAMPLE_REPLIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/openapi/example_replies.json");
/// Keys of random values: the number of a ticket, the access code in the link to it, and the name under which a file is kept.
const RANDOM_KEYS: [&str; 4] = ["tid", "c", "attachment", "order_number"];
/// Actions whose replies are random as a whole.
const RANDOM_REPLIES: [&str; 5] =
    ["AddWebhook", "CreateOAuthCredential", "CreateSsoToken", "EncryptPassword", "ListOAuthCredentials"];

fn operation(action: &str) -> &'static Value {
    &DOCUMENT["paths"][format!("/v1/{action}")]["post"]
}

pub async fn call(router: &Router, action: &str, request: &Value) -> (u16, Value) {
    let credential = format!("Bearer {}:{}", demo::IDENTIFIER, demo::SECRET);
    let request = Request::post(format!("/v1/{action}"))
        .header("authorization", credential)
        .header("content-type", "application/json")
        .body(Body::from(request.to_string()));
    let response = router.clone().oneshot(request.unwrap()).await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap())
}

/// Returns the example of an action from its own file.
pub fn example(action: &str) -> Value {
    let entry = CATALOGUE.iter().find(|entry| entry.name == action).unwrap();
    serde_json::from_str(&entry.example()).unwrap_or_else(|error| panic!("the example of {action}: {error}"))
}

#[test]
fn the_description_is_what_the_program_prints() {
    derived::check("docs/openapi.json", &format!("{:#}\n", *DOCUMENT));
}

#[test]
fn the_table_of_actions_is_what_the_program_prints() {
    let table = openapi::markdown(&Catalogue::compiled());
    derived::check("docs/actions.md", &table);
    for link in table.split("](").skip(1).filter_map(|rest| rest.split_once(')')) {
        assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(link.0).is_file(), "{}", link.0);
    }
}

/// sqlmap tries the parameters of `every_parameter` in the test of an action.
#[test]
fn each_action_has_a_call_with_every_parameter() {
    let mut missing = Vec::new();
    for (action, calls) in CALLS {
        let (name, parameters) = calls.every_parameter.split_once('&').unwrap_or((calls.every_parameter, ""));
        assert_eq!(name, *action);
        let sent: BTreeSet<&str> = parameters.split('&').filter_map(|pair| pair.split(['=', '[']).next()).collect();
        let schema = &operation(action)["requestBody"]["content"]["application/json"]["schema"];
        let described = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        missing.extend(
            described.filter(|name| !sent.contains(name) && *name != "action").map(|name| format!("{action}: {name}")),
        );
    }
    assert!(missing.is_empty(), "\n{}\n", missing.join("\n"));
}

/// Returns the embedded example replies.
fn known_replies() -> IndexMap<String, Value> {
    serde_json::from_str(&std::fs::read_to_string(EXAMPLE_REPLIES).unwrap()).unwrap()
}

/// Returns the actions in the order in which their examples can be called: some need the rows of earlier ones. New
/// actions come last.
pub fn example_order() -> Vec<String> {
    let known = known_replies();
    let new = CATALOGUE.iter().map(|entry| entry.name.to_string()).filter(|name| !known.contains_key(name));
    let is_action = |name: &String| CATALOGUE.iter().any(|entry| entry.name == *name);
    known.keys().cloned().chain(new).filter(is_action).collect()
}

/// Calls the example of each action on the demo data, and returns the replies.
async fn example_replies(router: &Router) -> IndexMap<String, Value> {
    let mut replies = IndexMap::new();
    for action in example_order() {
        let (status, reply) = call(router, &action, &example(&action)).await;
        assert_eq!(status, 200, "{action}: {reply}");
        replies.insert(action, reply);
    }
    replies
}

/// `make update` renews the file after an example or its reply has changed.
#[tokio::test]
async fn example_replies_are_what_is_answered() {
    let (_database, _folder, router) = demo_router("replies").await;
    let known = known_replies();
    let mut replies = example_replies(&router).await;
    for (action, reply) in &mut replies {
        match known.get(action) {
            Some(known) if RANDOM_REPLIES.contains(&action.as_str()) => reply.clone_from(known),
            Some(known) => keep_random_values(known, reply),
            None => {}
        }
        shorten_file(reply);
    }
    derived::check(
        "src/openapi/example_replies.json",
        &format!("{}\n", serde_json::to_string_pretty(&replies).unwrap()),
    );
}

/// Of a file, an example shows the beginning.
fn shorten_file(reply: &mut Value) {
    if let Some(Value::String(data)) = reply.get_mut("data") {
        data.truncate(40);
    }
}

/// Replaces random values, and what depends on the database server, by those of the known reply.
fn keep_random_values(known: &Value, reply: &mut Value) {
    match (known, reply) {
        (Value::Object(known), Value::Object(reply)) => {
            for (key, value) in reply {
                match known.get(key) {
                    Some(known) if RANDOM_KEYS.contains(&key.as_str()) => *value = known.clone(),
                    Some(known) => keep_random_values(known, value),
                    None => {}
                }
            }
        }
        (Value::Array(known), Value::Array(reply)) => {
            known.iter().zip(reply).for_each(|(known, reply)| keep_random_values(known, reply));
        }
        // Its name and version follow.
        (Value::String(known), Value::String(text))
            if known.starts_with("The database is ") && text.starts_with("The database is ") =>
        {
            text.clone_from(known);
        }
        _ => {}
    }
}

#[tokio::test]
async fn examples_fit_their_schemas_and_are_refused_without_what_is_required() {
    let (_database, _folder, router) = demo_router("openapi").await;
    let mut wrong = Vec::new();
    for entry in CATALOGUE {
        let request = example(&entry.name);
        let schema = &operation(&entry.name)["requestBody"]["content"]["application/json"]["schema"];
        wrong.extend(
            schema_violations(schema, &request).iter().map(|misfit| format!("the request of {}: {misfit}", entry.name)),
        );
        for name in schema["required"].as_array().unwrap().iter().filter_map(Value::as_str) {
            let mut without = request.clone();
            without.as_object_mut().unwrap().remove(name).unwrap_or_else(|| panic!("{} has no {name}", entry.name));
            let (status, reply) = call(&router, &entry.name, &without).await;
            if !matches!(status, 404 | 409 | 422) {
                wrong.push(format!("{} without {name}: {status} {reply}", entry.name));
            }
        }
    }
    for (action, reply) in example_replies(&router).await {
        let content = &operation(&action)["responses"]["200"]["content"]["application/json"];
        for (what, reply) in [("the reply", &reply), ("the example reply", &content["example"])] {
            wrong.extend(
                schema_violations(&content["schema"], reply)
                    .iter()
                    .map(|misfit| format!("{what} of {action}: {misfit}")),
            );
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_action_is_described_with_its_parameters() {
    let is_described = |action: &str| !operation(action)["summary"].as_str().unwrap().trim_matches('.').is_empty();
    let undescribed: Vec<&str> =
        CATALOGUE.iter().map(|entry| &*entry.name).filter(|action| !is_described(action)).collect();
    assert!(undescribed.is_empty(), "{undescribed:?}");
    let credit = operation("AddCredit");
    assert_eq!((&credit["x-access"], &credit["x-origin"]), (&json!("write"), &json!("whmcs")));
    assert_eq!(operation("AddPromoCode")["x-origin"], "addition");
    assert_eq!(credit["parameters"][0]["name"], "Idempotency-Key");
    assert_eq!(operation("GetCredits")["parameters"], json!([]));
    let schema = &credit["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(schema["required"], json!(["clientid", "amount"]));
    for (property, expected) in [
        ("clientid", json!({"type": "integer", "minimum": 1})),
        ("type", json!({"type": "string", "enum": ["add", "remove"]})),
    ] {
        let mut property = schema["properties"][property].clone();
        property.as_object_mut().unwrap().remove("description");
        assert_eq!(property, expected);
    }
    let told = json!({"status": 404, "code": "client_id_not_found", "message": "Client ID Not Found"});
    assert!(credit["x-errors"].as_array().unwrap().contains(&told), "{}", credit["x-errors"]);
}

#[test]
fn a_reply_that_is_not_as_described_is_noticed() {
    for (reply, count) in [
        (json!({"result": "success", "newbalance": "1.00"}), 0),
        (json!({"newbalance": 1}), 1),
        (json!({"newbalance": "1.00", "more": 1}), 1),
        (json!({}), 1),
    ] {
        assert_eq!(reply_schema_violations("AddCredit", reply.clone()).len(), count, "{reply}");
    }
    let invoices =
        json!({"totalresults": 1, "startnumber": 0, "numreturned": 1, "invoices": {"invoice": [{"id": "1"}]}});
    assert!(reply_schema_violations("GetInvoices", invoices).len() > 20);
}
