//! Several servers: each event is numbered once, in the order of commits, and delivered once; and readers that wait.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::Value;
use tower::ServiceExt;
use whmcs_api::database::hosts::Hosts;

use super::{Webhooks, edit, settings};
use crate::support::{TestApi, all, api_with, eventually, post};

#[tokio::test]
async fn three_servers_deliver_each_event_once() {
    let webhooks = Webhooks::start("ClientEdit").await;
    let Webhooks { api, receiver, .. } = &webhooks;
    let mut servers = vec![(Arc::clone(&api.api), api.router.clone())];
    for _ in 0..2 {
        let hosts = Hosts::open(vec![api.database.options()], 5).await.unwrap();
        servers.push(api_with(hosts, None, &settings()));
    }
    for (server, _) in &servers {
        server.relay_events().await.unwrap();
    }
    let calls = (0..60).map(|number: usize| {
        let (server, router) = &servers[number % 3];
        async move {
            let call = edit(1 + i64::try_from(number % 4).unwrap());
            let (status, body) = post(router, &format!("{}&{call}", crate::support::CREDENTIAL)).await;
            assert!(status == 200 && body.contains("success"), "{body}");
            // A conflict between relays is settled by the next one.
            let _ = server.relay_events().await;
            server.run_outbox_once().await;
        }
    });
    all(calls).await;
    eventually("all are numbered and delivered", async || {
        let relays = servers.iter().map(|(server, _)| async move {
            let _ = server.relay_events().await;
            server.run_outbox_once().await;
        });
        all(relays).await;
        let left = "(SELECT COUNT(*) FROM mod_whmcs_api_events WHERE sequence IS NULL), \
                    (SELECT COUNT(*) FROM mod_whmcs_api_outbox_entries WHERE kind = 'webhook' AND state <> 'done')";
        api.rows(left, "(SELECT 1) AS one").await == ["0 | 0"]
    })
    .await;
    let received = receiver.received();
    let numbers: BTreeSet<i64> = received.iter().map(super::receiver::Received::sequence).collect();
    assert_eq!((received.len(), numbers), (60, (1..=60).collect()), "each came once");
    for client in 1..=4 {
        let of_client = received.iter().filter(|event| event.body()["data"]["userid"] == client);
        let numbers: Vec<i64> = of_client.map(super::receiver::Received::sequence).collect();
        assert!(numbers.is_sorted() && numbers.len() == 15, "client {client}: {numbers:?}");
    }
}

#[tokio::test]
async fn numbers_are_given_in_the_order_of_commits_and_no_reader_skips_any() {
    let webhooks = Webhooks::start("ClientEdit").await;
    let Webhooks { api, .. } = &webhooks;
    let mut early = api.pool.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO mod_whmcs_api_events (event_id, name, subject, subject_id, data, created_at) \
         VALUES ('evt_early', 'ClientEdit', 'client', 9, '{\"userid\":9}', '2026-11-20 12:30:00')",
    )
    .execute(&mut *early)
    .await
    .unwrap();
    api.reply(&edit(1)).await;
    webhooks.deliver().await;
    let numbered = async || api.rows("subject_id, COALESCE(sequence, '-')", "mod_whmcs_api_events ORDER BY id").await;
    assert_eq!(numbered().await, ["1 | 1"]);
    early.commit().await.unwrap();
    webhooks.deliver().await;
    assert_eq!(numbered().await, ["9 | 2", "1 | 1"], "it was inserted first and committed last");
}

/// Asks for events, and returns the status and the reply.
async fn ask(api: &TestApi, query: &str, login: &str) -> (u16, Value) {
    let request = Request::get(format!("/v1/events?{query}")).header("authorization", login);
    let response = api.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_reader_waits_for_events() {
    const LOGIN: &str = "Bearer TestIdentifier:TestSecret";
    let webhooks = Webhooks::start("ClientAdd").await;
    let Webhooks { api, .. } = &webhooks;
    let reader = api.reply("action=AddWebhook&kind=pull&events=ClientEdit").await["webhookid"].clone();
    webhooks.read_listeners().await;
    let (status, nothing) = ask(api, &format!("webhookid={reader}&wait=0"), LOGIN).await;
    assert_eq!((status, &nothing["numreturned"], &nothing["lastsequence"]), (200, &0.into(), &0.into()));
    let query = format!("webhookid={reader}&after=0");
    let waiting = ask(api, &query, LOGIN);
    let happening = async {
        // It has looked once, in vain, and waits.
        api.eventually("COUNT(*)", "tblapilog WHERE action = 'GetEvents'", &["2"]).await;
        api.reply(&edit(3)).await;
        api.api.relay_events().await.unwrap();
    };
    let ((status, found), ()) = tokio::join!(waiting, happening);
    assert_eq!((status, &found["events"][0]["type"]), (200, &"ClientEdit".into()));
    assert_eq!(found["events"][0]["data"], serde_json::json!({"userid": 3}));
    // Nobody waits who may not read.
    for (login, status) in [("", 401), ("Bearer TestIdentifier:Wrong", 401)] {
        assert_eq!(ask(api, "webhookid=1", login).await.0, status, "{login}");
    }
    assert_eq!(ask(api, "webhookid=99", LOGIN).await.0, 404);
}
