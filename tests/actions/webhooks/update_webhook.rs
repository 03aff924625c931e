use super::add_webhook::{SETUP, api};
use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["UpdateWebhook&webhookid=1&description=x"],
    setup: SETUP,
    writing: &["UpdateWebhook&webhookid=1&events=*&enabled=0&rotatesecret=1", "UpdateWebhook&webhookid=1&enabled=1"],
    every_parameter: "UpdateWebhook&webhookid=1&url=https://a.example/&events=*&description=x&enabled=1&rotatesecret=1\
                      &rotationhours=1",
};

#[tokio::test]
async fn changes_what_is_given() {
    const ROW: &str = "url, events, description, is_enabled, reason, previous_until";
    let api = api().await;
    let row = async || api.rows(ROW, "mod_whmcs_api_webhooks WHERE id = 1").await;
    for (request, expected) in [
        ("description=Books", "https://hooks.example.com/a | InvoicePaid ClientAdd | Books | 1 | "),
        ("url=https://b.example/&events=*", "https://b.example/ | * | Books | 1 | "),
        ("enabled=0&description=", "https://b.example/ | * |  | 0 | Disabled by an operator"),
        ("enabled=1", "https://b.example/ | * |  | 1 | "),
    ] {
        let reply = r#"{"result":"success","webhookid":1}"#;
        api.check(&format!("action=UpdateWebhook&webhookid=1&{request}"), reply).await;
        assert_eq!(row().await, [expected], "{request}");
    }
    let rotated = api.reply("action=UpdateWebhook&webhookid=1&rotatesecret=1&rotationhours=2").await;
    assert!(rotated["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(row().await, ["https://b.example/ | * |  | 1 |  | 2026-11-20 14:30:00"]);
    for (request, message) in [
        ("", "Webhook ID Not Found"),
        ("webhookid=9&events=*", "Webhook ID Not Found"),
        ("webhookid=1&events=Nonsense", "No such event: Nonsense"),
        ("webhookid=1&url=javascript:x", "The URL must begin with https:// and have no login"),
        ("webhookid=2&url=https://a.example/", "A webhook of kind pull gets no requests"),
        ("webhookid=2&rotatesecret=1", "A webhook of kind pull gets no requests"),
        ("webhookid=1&rotationhours=721", "rotationhours must be from 0 to 720"),
        ("webhookid=1&rotationhours=x", "rotationhours must be from 0 to 720"),
    ] {
        api.refuse(&format!("action=UpdateWebhook&{request}"), message).await;
    }
}
