//! The keys and the types of objects, compared with those of FOSSBilling.

use serde_json::{Map, Value, json};

use super::{ADMIN, CLIENT, Desk};

/// The keys of each object with their types: a `~` before a key that may be absent, a `?` after a type that may be null.
const OBJECTS: &str = include_str!("objects.json");

/// Whether a value has a type, of which words of other objects and lists are not looked into.
fn has_type(value: &Value, kind: &str) -> bool {
    // The first of several types, and what is behind it, such as the values that it has.
    let kinds: Vec<&str> = kind.split('|').flat_map(|kind| kind.split([' ', '(', '{', '<'])).collect();
    match value {
        Value::Null => kind.contains('?'),
        Value::Bool(_) => kinds.iter().any(|kind| kind.starts_with("bool")),
        Value::Number(number) => {
            // Amounts are numbers or texts, by the version.
            let is_amount = ["float", "number", "decimal-string"].iter().any(|amount| kind.starts_with(amount));
            is_amount || (kind.starts_with("int") && number.is_i64()) || (kind.starts_with("int") && number.is_u64())
        }
        Value::String(text) => match kind.split(['?', '(', '|', '<', ' ']).next().unwrap_or_default() {
            "datetime" => text.len() == "2026-11-20 12:30:00".len(),
            "date" => text.len() == "2026-11-20".len(),
            "string" | "decimal-string" => true,
            other => panic!("{other} is no text: {text}"),
        },
        Value::Array(_) => kind.contains("list") || kind.contains("[]"),
        Value::Object(_) => {
            let first = kind.split(['?', '|', ' ', '(', '{', '<']).next().unwrap_or_default();
            first == "object" || first == "map" || first.starts_with(char::is_uppercase)
        }
    }
}

/// Compares an object with its description, and those within it.
fn compare(at: &str, name: &str, object: &Value, objects: &Map<String, Value>) {
    let described = objects[name].as_object().unwrap_or_else(|| panic!("{name} is not described"));
    let object = object.as_object().unwrap_or_else(|| panic!("{at}: {name} is {object}"));
    let mut known = Vec::new();
    for (key, kind) in described {
        let kind = kind.as_str().unwrap();
        let (key, is_optional) = key.strip_prefix('~').map_or((key.as_str(), false), |key| (key, true));
        let keys = match key.contains("..") {
            true => (1..=20).map(|number| format!("custom_{number}")).collect(),
            false => vec![key.to_owned()],
        };
        for key in keys {
            match object.get(&key) {
                None => assert!(is_optional, "{at}: {name} has no {key}"),
                Some(value) => {
                    assert!(has_type(value, kind), "{at}: {name}.{key} is {value}, not {kind}");
                    look_within(&format!("{at}.{key}"), kind, value, objects);
                }
            }
            known.push(key);
        }
    }
    let unknown: Vec<&String> = object.keys().filter(|key| !known.contains(key)).collect();
    assert!(unknown.is_empty(), "{at}: {name} has {unknown:?}");
}

fn look_within(at: &str, kind: &str, value: &Value, objects: &Map<String, Value>) {
    // Clients see less of a client than staff.
    let kind = if at.starts_with("client/") { kind.replace("ClientAdmin", "ClientPublic") } else { kind.to_owned() };
    let name = kind.trim_start_matches("list<").split(['>', '?', '|', ' ', ':']).next().unwrap_or_default();
    if !objects.contains_key(name) {
        return;
    }
    match value {
        Value::Array(list) => list.iter().for_each(|one| compare(at, name, one, objects)),
        Value::Object(_) => compare(at, name, value, objects),
        _ => {}
    }
}

#[tokio::test]
async fn objects_have_the_keys_and_types_of_fossbilling() {
    let objects: Map<String, Value> = serde_json::from_str(OBJECTS).unwrap();
    let desk = Desk::open("fossbilling-objects").await;
    let first = async |method: &str, login| {
        let result = desk.result(method, login, json!({"per_page": 3})).await;
        result["list"][0].clone()
    };
    let (order, invoice) = (first("admin/order/get_list", ADMIN).await, first("client/invoice/get_list", CLIENT).await);
    let own = first("client/order/get_list", CLIENT).await;
    let (ticket, own_ticket) =
        (first("admin/support/ticket_get_list", ADMIN).await, first("client/support/ticket_get_list", CLIENT).await);
    for (method, login, sent, name) in [
        ("guest/system/company", None, json!({}), "Company"),
        ("guest/product/get_list", None, json!({}), "Product"),
        ("guest/product/get", None, json!({"id": 1}), "Product"),
        ("admin/product/get_list", ADMIN, json!({}), "ProductAdmin"),
        ("admin/product/get", ADMIN, json!({"id": 1}), "ProductAdmin"),
        ("guest/currency/get", None, json!({}), "Currency"),
        ("guest/servicedomain/tlds", None, json!({}), "Tld"),
        ("guest/invoice/gateways", None, json!({}), "PayGateway"),
        ("admin/invoice/gateway_get_list", ADMIN, json!({}), "PayGatewayAdmin"),
        ("client/profile/get", CLIENT, json!({}), "ClientSelf"),
        ("admin/client/get_list", ADMIN, json!({}), "ClientListRow"),
        ("admin/client/get", ADMIN, json!({"id": 1}), "ClientAdmin"),
        ("client/order/get_list", CLIENT, json!({}), "OrderRow"),
        ("client/order/get", CLIENT, json!({"id": own["id"]}), "Order"),
        ("admin/order/get_list", ADMIN, json!({}), "OrderRow"),
        ("admin/order/get", ADMIN, json!({"id": order["id"]}), "OrderAdmin"),
        ("client/invoice/get_list", CLIENT, json!({}), "Invoice"),
        ("client/invoice/get", CLIENT, json!({"hash": invoice["hash"]}), "Invoice"),
        ("admin/invoice/get_list", ADMIN, json!({}), "Invoice"),
        ("admin/invoice/get_list", ADMIN, json!({"summary": 1}), "InvoiceSummary"),
        ("admin/invoice/get", ADMIN, json!({"id": invoice["id"]}), "Invoice"),
        ("admin/invoice/transaction_get_list", ADMIN, json!({}), "Transaction"),
        ("admin/support/ticket_get_list", ADMIN, json!({}), "TicketAdmin"),
        ("admin/support/ticket_get", ADMIN, json!({"id": ticket["id"]}), "TicketAdmin"),
        ("client/support/ticket_get_list", CLIENT, json!({}), "Ticket"),
        ("client/support/ticket_get", CLIENT, json!({"id": own_ticket["id"]}), "Ticket"),
    ] {
        let result = desk.result(method, login, sent).await;
        let list = result.get("list").unwrap_or(&result);
        match list {
            Value::Array(list) => {
                assert!(!list.is_empty(), "{method}");
                for one in list {
                    compare(method, name, one, &objects);
                }
            }
            one => compare(method, name, one, &objects),
        }
    }
    for (method, login) in [
        ("guest/currency/get_pairs", None),
        ("admin/invoice/gateway_get_pairs", ADMIN),
        ("client/support/helpdesk_get_pairs", CLIENT),
    ] {
        let pairs = desk.result(method, login, json!({})).await;
        let pairs = pairs.as_object().unwrap_or_else(|| panic!("{method}: {pairs}"));
        assert!(!pairs.is_empty() && pairs.values().all(Value::is_string), "{method}: {pairs:?}");
    }
    assert!(desk.result("client/client/balance_get_total", CLIENT, json!({})).await.is_number());
}
