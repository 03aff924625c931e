use super::add_webhook::{SETUP, api};
use super::get_events::EVENTS;
use super::get_webhook_deliveries::DELIVERIES;
use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["ReplayWebhook&webhookid=1&after=0"],
    setup: SETUP,
    writing: &["ReplayWebhook&webhookid=1"],
    every_parameter: "ReplayWebhook&webhookid=1&after=0",
};

#[tokio::test]
async fn sends_events_again() {
    let api = api().await;
    api.sql(EVENTS).await;
    api.sql(DELIVERIES).await;
    let deliveries = async || {
        api.rows("target, summary, state, attempts", "mod_whmcs_api_outbox_entries WHERE kind = 'webhook' ORDER BY id")
            .await
    };
    api.check("action=ReplayWebhook&webhookid=1", r#"{"result":"success","webhookid":1,"events":1}"#).await;
    let before =
        ["1 | InvoicePaid #1 | done | 1", "1 | InvoicePaid #2 | pending | 0", "12 | InvoicePaid #2 | done | 1"];
    assert_eq!(deliveries().await, before);
    // Those that it wants now, of those after the number.
    api.check("action=ReplayWebhook&webhookid=1&after=1", r#"{"result":"success","webhookid":1,"events":2}"#).await;
    let added = ["1 | InvoicePaid #2 | pending | 0", "1 | ClientAdd #4 | pending | 0"];
    assert_eq!(deliveries().await, [&before[..], &added[..]].concat());
    api.sql("UPDATE mod_whmcs_api_webhooks SET is_enabled = 0 WHERE id = 1").await;
    for (request, message) in [
        ("", "Webhook ID Not Found"),
        ("webhookid=9", "Webhook ID Not Found"),
        ("webhookid=1&after=x", "after must be the sequence of an event"),
        ("webhookid=2", "A webhook of kind pull gets no requests"),
        ("webhookid=1", "The webhook is disabled"),
    ] {
        api.refuse(&format!("action=ReplayWebhook&{request}"), message).await;
    }
}
