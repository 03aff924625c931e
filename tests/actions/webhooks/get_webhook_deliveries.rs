use super::add_webhook::{SETUP, api};
use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["GetWebhookDeliveries&webhookid=1"],
    setup: SETUP,
    every_parameter: "GetWebhookDeliveries&webhookid=1&state=done&limitstart=0&limitnum=1",
    ..Calls::NONE
};

/// Deliveries to the endpoint, and one of something else.
pub const DELIVERIES: &str = "INSERT INTO mod_whmcs_api_outbox_entries (id, kind, target, summary, payload, state, attempts, last_error, \
        due_at, created_at) \
     VALUES (1, 'webhook', '1', 'InvoicePaid #1', '{\"event\":1}', 'done', 1, '', '2026-11-20 12:00:05', '2026-11-20 12:00:00'), \
            (2, 'webhook', '1', 'InvoicePaid #2', '{\"event\":2}', 'failed', 13, 'HTTP status 500', '2026-11-20 12:00:05', '2026-11-20 12:00:00'), \
            (3, 'webhook', '12', 'InvoicePaid #2', '{\"event\":2}', 'done', 1, '', '2026-11-20 12:00:05', '2026-11-20 12:00:00'), \
            (4, 'mail', '1', 'x', '{}', 'failed', 1, '', '2026-11-20 12:00:05', '2026-11-20 12:00:00');";

#[tokio::test]
async fn returns_the_deliveries_to_one_endpoint() {
    let api = api().await;
    api.sql(DELIVERIES).await;
    let failed = r#"{"id":2,"event":"InvoicePaid #2","state":"failed","attempts":13,"time":"2026-11-20 12:00:05","created":"2026-11-20 12:00:00","error":"HTTP status 500"}"#;
    let done = r#"{"id":1,"event":"InvoicePaid #1","state":"done","attempts":1,"time":"2026-11-20 12:00:05","created":"2026-11-20 12:00:00","error":""}"#;
    for (request, total, start, rows) in [
        ("", 2, 0, vec![failed, done]),
        ("&state=done", 1, 0, vec![done]),
        ("&limitstart=1&limitnum=1", 2, 1, vec![done]),
    ] {
        let (count, rows) = (rows.len(), rows.join(","));
        let reply = format!(
            r#"{{"result":"success","totalresults":{total},"startnumber":{start},"numreturned":{count},"deliveries":[{rows}]}}"#
        );
        api.check(&format!("action=GetWebhookDeliveries&webhookid=1{request}"), &reply).await;
    }
    api.refuse("action=GetWebhookDeliveries&webhookid=9", "Webhook ID Not Found").await;
}
