//! The filters of lists.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{ADMIN, CLIENT, Desk};

const METHODS: &str = include_str!("../../src/fossbilling/methods.jsonl");

#[derive(Deserialize)]
struct Method {
    path: String,
    #[serde(default)]
    returns: String,
    #[serde(default)]
    optional: Vec<(String, String)>,
}

/// A value for a filter that leaves out at least some of the demo's rows.
fn value(path: &str, name: &str, kind: &str) -> Option<Value> {
    Some(match name {
        // The last one says what is shown of invoices.
        "page" | "per_page" | "summary" => return None,
        // It is always the caller, whatever is sent.
        "client_id" if path.starts_with("client/") => return None,
        "date_to" => json!("1990-01-01"),
        "created_at" | "paid_at" | "date_from" => json!("2990-01-01"),
        "approved" | "enabled" | "allow_single" => json!(0),
        "allow_recurrent" | "test_mode" | "hide_addons" | "show_action_required" | "expiring" => json!(1),
        "ids" => json!([999_999]),
        "meta" => json!({"color": "red"}),
        _ if kind == "integer" => json!(999_999),
        _ => json!("nosuchthing"),
    })
}

#[tokio::test]
async fn each_filter_of_the_reference_narrows_its_list() {
    let desk = Desk::open("fossbilling-filters").await;
    let (mut walked, mut ignored) = (0, Vec::new());
    for line in METHODS.lines() {
        let method: Method = serde_json::from_str(line).unwrap();
        if method.returns != "paged" {
            continue;
        }
        let login = match method.path.split('/').next() {
            Some("admin") => ADMIN,
            Some("client") => CLIENT,
            _ => None,
        };
        let needed = if method.path == "admin/client/balance_get_list" { json!({"client_id": 1}) } else { json!({}) };
        let (status, whole) = desk.post(&method.path, login, needed.clone()).await;
        let Some(total) = whole["result"]["total"].as_i64() else {
            // It is not served.
            assert!(
                [740, 715, 403].contains(&whole["error"]["code"].as_i64().unwrap()),
                "{}: {status} {whole}",
                method.path
            );
            continue;
        };
        for (name, kind) in &method.optional {
            let Some(value) = value(&method.path, name, kind) else { continue };
            let mut sent = needed.clone();
            sent[name] = value.clone();
            let (_, narrowed) = desk.post(&method.path, login, sent).await;
            let left = narrowed["result"]["total"].as_i64();
            let is_refused = left.is_none() && narrowed["error"]["code"] == 9999;
            if !is_refused && left.is_none_or(|left| left >= total) {
                ignored
                    .push(format!("{}: {name}={value} leaves {left:?} of {total}: {}", method.path, narrowed["error"]));
            }
            walked += 1;
        }
    }
    assert_eq!(ignored, [""; 0], "of {walked}");
    assert!(walked > 100, "{walked}");
    let not_a_day = desk.error("admin/order/get_list", ADMIN, json!({"date_from": "garbage"})).await;
    assert_eq!(not_a_day, "9999 Invalid date format for date_from: garbage");
}

/// What a filter leaves is what has the value, and all of that.
#[tokio::test]
async fn filters_find_what_has_the_value() {
    let desk = Desk::open("fossbilling-filters-found").await;
    let all = json!({"per_page": 500});
    for (method, field, filter) in [
        ("admin/order/get_list", "period", "period"),
        ("admin/order/get_list", "promo_id", "promo_id"),
        ("admin/order/get_list", "invoice_option", "invoice_option"),
        ("admin/support/ticket_get_list", "id", "id"),
        ("admin/support/ticket_get_list", "priority", "priority"),
        ("admin/support/ticket_get_list", "rel_id", "order_id"),
        ("admin/invoice/transaction_get_list", "type", "type"),
        ("admin/invoice/transaction_get_list", "currency", "currency"),
    ] {
        let list = desk.result(method, ADMIN, all.clone()).await["list"].clone();
        let list = list.as_array().unwrap();
        let mut values: Vec<&Value> = Vec::new();
        for value in list.iter().map(|row| &row[field]).filter(|value| !value.is_null()) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        assert!(!values.is_empty(), "{method} has no {field}");
        for value in values {
            let mut sent = all.clone();
            sent[filter] = value.clone();
            let ids = |rows: &[Value]| rows.iter().map(|row| row["id"].clone()).collect::<Vec<Value>>();
            let found = desk.result(method, ADMIN, sent).await["list"].clone();
            let expected: Vec<Value> = list.iter().filter(|row| row[field] == *value).cloned().collect();
            assert_eq!(ids(found.as_array().unwrap()), ids(&expected), "{method}: {filter}={value}");
        }
    }
    // A day: of what was created before it, on it and after it, all are found.
    for (method, login) in [
        ("admin/order/get_list", ADMIN),
        ("client/order/get_list", CLIENT),
        ("admin/support/ticket_get_list", ADMIN),
        ("client/support/ticket_get_list", CLIENT),
    ] {
        let whole = desk.result(method, login, all.clone()).await;
        let rows = whole["list"].as_array().unwrap();
        let day = rows[rows.len() / 2]["created_at"].as_str().unwrap()[..10].to_owned();
        let count = async |filter: Value| desk.result(method, login, filter).await["total"].as_i64().unwrap();
        let (from, to) = (count(json!({"date_from": day})).await, count(json!({"date_to": day})).await);
        let on = count(json!({"date_from": day, "date_to": day})).await;
        assert!(on > 0, "{method}: {day}");
        assert_eq!(from + to - on, whole["total"].as_i64().unwrap(), "{method}: {day}");
    }
}
