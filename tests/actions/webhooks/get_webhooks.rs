use super::add_webhook::api;
use crate::support::Calls;

pub const CALLS: Calls = Calls { demo: &["GetWebhooks"], every_parameter: "GetWebhooks", ..Calls::NONE };

#[tokio::test]
async fn returns_endpoints_without_secrets() {
    let api = api().await;
    api.sql(
        "UPDATE mod_whmcs_api_webhooks SET is_enabled = 0, reason = 'Gone', disabled_after = 7, secret = 'sealed:x', \
             failing_since = '2026-11-19 12:00:00', succeeded_at = '2026-11-18 12:00:00' WHERE id = 1",
    )
    .await;
    api.check(
        "action=GetWebhooks",
        r#"{"result":"success","totalresults":2,"webhooks":[{"id":1,"kind":"push","url":"https://hooks.example.com/a","events":"InvoicePaid ClientAdd","description":"","enabled":0,"reason":"Gone","disabledafter":7,"failingsince":"2026-11-19 12:00:00","lastsuccess":"2026-11-18 12:00:00","created":"2026-11-20 12:00:00"},{"id":2,"kind":"pull","url":"","events":"InvoicePaid","description":"","enabled":1,"reason":"","disabledafter":0,"failingsince":"","lastsuccess":"","created":"2026-11-20 12:00:00"}]}"#,
    )
    .await;
}
