//! How many statements each action takes: exactly. Time differs from machine to machine, and this does not.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};
use sqlx::Row;
use whmcs_api::config::LoggedCalls;
use whmcs_api::database::hosts::Hosts;
use whmcs_api::store;

use crate::openapi::call;
use crate::support::{demo, router};

const EXAMPLES: &str = include_str!("../../src/openapi/examples.json");
const STATEMENTS: &str = include_str!("../performance/statements");

/// The examples of the API's description, on the demo data and in their order.
#[tokio::test]
async fn each_action_takes_as_many_statements_as_it_did() {
    let (database, _folder, mut settings) = demo("statements").await;
    // What is written in the background would be counted, too.
    settings.api_log.calls = LoggedCalls::Off;
    let one = Hosts::open(vec![database.options()], 1, store::STATEMENTS).await.unwrap();
    let router = router(Arc::clone(&one), &settings);
    let examples: IndexMap<String, Value> = serde_json::from_str(EXAMPLES).unwrap();
    // The secret is hashed with the first call.
    call(&router, "GetCurrencies", &json!({})).await;
    let mut counted = Vec::new();
    for (action, example) in &examples {
        let before = executed(&one).await;
        let (status, reply) = call(&router, action, &example["request"]).await;
        assert_eq!(status, 200, "{action}: {reply}");
        counted.push(format!("{action} {}", executed(&one).await - before));
    }
    let expected: Vec<&str> = STATEMENTS.lines().filter(|line| !line.starts_with('#')).collect();
    let differ: Vec<String> = counted.into_iter().filter(|line| !expected.contains(&line.as_str())).collect();
    assert!(differ.is_empty(), "not as in tests/performance/statements:\n{}", differ.join("\n"));
    assert_eq!(expected.len(), examples.len(), "tests/performance/statements has a line for each action");
}

/// How many statements the connection has executed, with those that begin and commit transactions.
async fn executed(hosts: &Arc<Hosts>) -> u64 {
    let status = "SHOW SESSION STATUS WHERE Variable_name IN ('Com_stmt_execute', 'Com_begin', 'Com_commit')";
    let mut connection = hosts.acquire().await.unwrap().connection;
    let rows = sqlx::raw_sql(status).fetch_all(&mut *connection).await.unwrap();
    connection.rest();
    rows.iter().map(|row| row.get::<String, _>(1).parse::<u64>().unwrap()).sum()
}
