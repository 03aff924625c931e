//! Pages of lists, of every action that returns some.

use axum::Router;
use serde_json::{Value, json};

use crate::openapi::{call, example};
use crate::support::{DOCUMENT, demo_router};

/// The rows and their number are read by one statement, except for an empty page.
#[tokio::test]
async fn every_page_has_the_number_of_rows_on_all_pages() {
    let (_database, _folder, router) = demo_router("paging").await;
    let mut lists = 0;
    for action in paged_actions() {
        let Page { total, rows } = page(&router, action, 0, 1000).await;
        assert_eq!(total, rows.len(), "{action}");
        // The demo's endpoints of webhooks are told of tests alone.
        assert!(total > 0 || action == "GetWebhookDeliveries", "{action} has an example without rows");
        for (start, row) in rows.iter().enumerate() {
            let one = page(&router, action, start, 1).await;
            assert_eq!((one.total, &one.rows[..]), (total, std::slice::from_ref(row)), "{action} from {start}");
        }
        for (start, length) in [(total, 1), (total + 7, 1000), (0, 0), (total, 0)] {
            let empty = page(&router, action, start, length).await;
            assert_eq!((empty.total, empty.rows.len()), (total, 0), "{action}: {length} from {start}");
        }
        lists += 1;
    }
    assert!(lists >= 9, "only {lists} actions with pages");
}

/// The actions with the parameters of a page.
fn paged_actions() -> impl Iterator<Item = &'static str> {
    let paths = DOCUMENT["paths"].as_object().unwrap().iter();
    paths.filter_map(|(path, operations)| {
        let schema = &operations["post"]["requestBody"]["content"]["application/json"]["schema"];
        schema["properties"].get("limitstart")?;
        path.strip_prefix("/v1/")
    })
}

struct Page {
    total: usize,
    rows: Vec<Value>,
}

/// Calls the example of an action for a page.
async fn page(router: &Router, action: &str, start: usize, length: usize) -> Page {
    let mut request = example(action);
    request["limitstart"] = json!(start);
    request["limitnum"] = json!(length);
    let (status, reply) = call(router, action, &request).await;
    assert_eq!(status, 200, "{action}: {reply}");
    // Rows are in an array, `"projects":[…]`, mostly below an object, `"clients":{"client":[…]}`.
    let fields = || reply.as_object().unwrap().values();
    let nested = fields().filter_map(Value::as_object).flat_map(serde_json::Map::values);
    let rows = fields().chain(nested).find_map(Value::as_array).cloned();
    Page { total: reply["totalresults"].as_u64().unwrap().try_into().unwrap(), rows: rows.unwrap_or_default() }
}
