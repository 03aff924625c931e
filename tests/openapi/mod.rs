//! The description of the API says what there is, and its examples are what is answered.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use indexmap::IndexMap;
use serde_json::{Value, json};
use tower::ServiceExt;
use whmcs_api::actions::{CATALOGUE, Entry};
use whmcs_api::{demo, openapi};

use crate::support::{DOCUMENT, demo_router, misfits, misfits_of_reply};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/openapi/examples.json");

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

#[test]
fn what_is_checked_in_is_what_the_program_prints() {
    let printed = format!("{:#}\n", *DOCUMENT);
    assert!(include_str!("../../openapi.json") == printed, "it is stale: run `make openapi`");
}

#[test]
fn the_readme_lists_the_actions() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("<!-- whmcs-api actions --format markdown -->\n").unwrap();
    let (table, _) = rest.split_once("<!-- end -->\n").unwrap();
    assert!(table == openapi::markdown(), "it is stale: put the output of that command between the two comments");
    for link in table.split("](").skip(1).filter_map(|rest| rest.split_once(')')) {
        assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(link.0).is_file(), "{}", link.0);
    }
}

/// In the file's order, and what is required is refused without; with WRITE_EXAMPLES set, what is answered is written there (`make openapi`).
#[tokio::test]
async fn examples_are_what_is_answered_and_fit_their_schemas() {
    let (_database, _folder, router) = demo_router("openapi").await;
    let text = std::fs::read_to_string(EXAMPLES).unwrap();
    let mut examples: IndexMap<String, IndexMap<String, Value>> = serde_json::from_str(&text).unwrap();
    let is_written = std::env::var_os("WRITE_EXAMPLES").is_some();
    let mut wrong = Vec::new();
    for (action, example) in &mut examples {
        let request = &example["request"];
        let schema = &operation(action)["requestBody"]["content"]["application/json"]["schema"];
        wrong.extend(misfits(schema, request).iter().map(|misfit| format!("the request of {action}: {misfit}")));
        for name in schema["required"].as_array().unwrap().iter().filter_map(Value::as_str) {
            let mut without = request.clone();
            without.as_object_mut().unwrap().remove(name).unwrap_or_else(|| panic!("{action} has no {name}"));
            let (status, reply) = call(&router, action, &without).await;
            if !matches!(status, 404 | 409 | 422) {
                wrong.push(format!("{action} without {name}: {status} {reply}"));
            }
        }
        let (status, reply) = call(&router, action, request).await;
        if status != 200 {
            wrong.push(format!("{action}: {status} {reply}"));
        }
        if is_written {
            example["reply"] = reply.clone();
        }
        let schema = &operation(action)["responses"]["200"]["content"]["application/json"]["schema"];
        for (what, reply) in [("the reply", &reply), ("the example reply", &example["reply"])] {
            wrong.extend(misfits(schema, reply).iter().map(|misfit| format!("{what} of {action}: {misfit}")));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    if is_written {
        std::fs::write(EXAMPLES, format!("{}\n", serde_json::to_string_pretty(&examples).unwrap())).unwrap();
    }
    for entry in CATALOGUE {
        assert!(examples.contains_key(entry.name), "src/openapi/examples.json has no {}", entry.name);
    }
}

#[test]
fn every_action_is_described_with_its_parameters() {
    let is_described = |action: &str| !operation(action)["summary"].as_str().unwrap().trim_matches('.').is_empty();
    let undescribed: Vec<&str> =
        CATALOGUE.iter().map(|entry| entry.name).filter(|action| !is_described(action)).collect();
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
fn errors_are_those_of_actions() {
    let errors: BTreeMap<String, Value> = serde_json::from_str(include_str!("../../src/openapi/errors.json")).unwrap();
    let unknown: Vec<&String> = errors.keys().filter(|action| Entry::find(action).is_none()).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn a_reply_that_is_not_as_described_is_noticed() {
    for (reply, count) in [
        (json!({"result": "success", "newbalance": "1.00"}), 0),
        (json!({"newbalance": 1}), 1),
        (json!({"newbalance": "1.00", "more": 1}), 1),
        (json!({}), 1),
    ] {
        assert_eq!(misfits_of_reply("AddCredit", reply.clone()).len(), count, "{reply}");
    }
    let invoices =
        json!({"totalresults": 1, "startnumber": 0, "numreturned": 1, "invoices": {"invoice": [{"id": "1"}]}});
    assert!(misfits_of_reply("GetInvoices", invoices).len() > 20);
}
