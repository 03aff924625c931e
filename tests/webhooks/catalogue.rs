//! Every event is raised by what causes it, with the documented parameters.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use whmcs_api::database::hosts::Hosts;
use whmcs_api::events::EVENTS;
use whmcs_api::outbox::webhooks::relay;
use whmcs_api::store;

use crate::support::{demo, documented_calls, router};
use sqlx::mysql::MySqlPool;

/// Events that no documented call on the demo data causes, and where they are tested.
const ELSEWHERE: &[&str] = &[];

#[tokio::test]
async fn the_documented_calls_raise_events_with_their_parameters() {
    let (database, _folder, settings) = demo("events").await;
    let pool = MySqlPool::connect_with(database.options()).await.unwrap();
    let hosts = Hosts::open(vec![database.options()], 4, store::STATEMENTS).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO mod_whmcs_api_webhooks (id, kind, url, events, secret, previous_secret, created_at, updated_at) \
                   VALUES (1000, 'pull', '', '*', '', '', '2026-11-20', '2026-11-20')",
    )
    .execute(&pool)
    .await
    .unwrap();
    relay::read_listeners(&hosts).await.unwrap();
    let router = router(hosts, &settings);
    documented_calls(&router).await;
    let raised: Vec<(String, String)> =
        sqlx::query_as("SELECT name, data FROM mod_whmcs_api_events").fetch_all(&pool).await.unwrap();
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, data) in raised {
        let data: Value = serde_json::from_str(&data).unwrap();
        let parameters: BTreeSet<String> = data.as_object().unwrap().keys().cloned().collect();
        names.entry(name).or_default().extend(parameters);
    }
    let mut missing = Vec::new();
    for event in EVENTS {
        let expected: BTreeSet<String> = event.parameters.iter().map(|name| (*name).to_owned()).collect();
        match names.get(event.name) {
            Some(parameters) => assert_eq!(*parameters, expected, "{}", event.name),
            None => missing.push(event.name),
        }
    }
    assert_eq!(missing, ELSEWHERE);
}
