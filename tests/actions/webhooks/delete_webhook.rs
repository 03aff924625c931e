use super::add_webhook::{SETUP, api};
use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["DeleteWebhook&webhookid=3"],
    setup: SETUP,
    writing: &["DeleteWebhook&webhookid=1"],
    every_parameter: "DeleteWebhook&webhookid=1",
};

#[tokio::test]
async fn deletes_an_endpoint() {
    let api = api().await;
    let entry = |target| format!("('webhook', '{target}', '', '{{}}', '', '2026-11-20', '2026-11-20')");
    api.sql(&format!(
        "INSERT INTO mod_whmcs_api_outbox_entries (kind, target, summary, payload, last_error, due_at, created_at) VALUES {}, {}",
        entry(1),
        entry(3)
    ))
    .await;
    api.check("action=DeleteWebhook&webhookid=1", r#"{"result":"success","webhookid":1}"#).await;
    assert_eq!(api.rows("id", "mod_whmcs_api_webhooks").await, ["2"]);
    assert_eq!(api.rows("target", "mod_whmcs_api_outbox_entries").await, ["3"], "its deliveries are gone");
    for unknown in ["", "webhookid=1", "webhookid=x"] {
        api.refuse(&format!("action=DeleteWebhook&{unknown}"), "Webhook ID Not Found").await;
    }
}
