use whmcs_api::config::Settings;

use crate::support::{Calls, TestApi, settings_with_keys};

pub const CALLS: Calls = Calls {
    demo: &[
        "AddWebhook&url=https://hooks.example.com/a&events=Invoice*",
        "AddWebhook&kind=pull&events=WebhookTest",
        "AddWebhook&url=https://hooks.example.com/b&events=ClientAdd",
    ],
    setup: "",
    writing: &["AddWebhook&url=https://hooks.example.com/whmcs&events=Invoice*"],
    every_parameter: "AddWebhook&url=https://hooks.example.com/whmcs&events=Invoice*&description=x&kind=push",
};

/// An endpoint for tests of other actions.
pub const SETUP: &str = "INSERT INTO mod_whmcs_api_webhooks (id, kind, url, events, secret, previous_secret, created_at, updated_at) \
     VALUES (1, 'push', 'https://hooks.example.com/a', 'InvoicePaid ClientAdd', '', '', '2026-11-20 12:00:00', '2026-11-20 12:00:00'), \
            (2, 'pull', '', 'InvoicePaid', '', '', '2026-11-20 12:00:00', '2026-11-20 12:00:00');";

pub async fn api() -> TestApi {
    let api = TestApi::with_settings(settings_with_keys()).await;
    api.sql(SETUP).await;
    api
}

#[tokio::test]
async fn adds_an_endpoint_and_tells_its_secret_once() {
    let api = TestApi::with_settings(settings_with_keys()).await;
    let first = api
        .reply("action=AddWebhook&url=https://hooks.example.com/whmcs&events=Invoice*,+clientadd&description=Books")
        .await;
    assert_eq!(first["webhookid"], 1);
    assert_eq!(first["secret"].as_str().unwrap().len(), "whsec_".len() + 44);
    let second = api.reply("action=AddWebhook&url=https://hooks.example.com/whmcs&events=*").await;
    assert_ne!(first["secret"], second["secret"]);
    let reader = api.reply("action=AddWebhook&kind=Pull&events=*").await;
    assert_eq!((&reader["webhookid"], &reader["secret"]), (&3.into(), &"".into()));
    let stored = api.rows("kind, url, events, description, LEFT(secret, 7)", "mod_whmcs_api_webhooks").await;
    assert_eq!(
        stored,
        [
            "push | https://hooks.example.com/whmcs | Invoice* clientadd | Books | sealed:",
            "push | https://hooks.example.com/whmcs | * |  | sealed:",
            "pull |  | * |  | ",
        ]
    );
    let not_allowed = |host: &str| {
        format!("Nothing is sent to this URL: {host} is not a public address, nor in webhooks.allowed_networks")
    };
    let plain = "Nothing is sent to this URL: hooks.example.com is not in webhooks.allowed_networks, and plain HTTP is sent \
                 nowhere else";
    for (request, message) in [
        ("url=https://a.example/&events=", "At least one event is required"),
        ("url=https://a.example/&events=Invoice*+Nonsense", "No such event: Nonsense"),
        ("url=&events=*", "The URL must begin with https:// and have no login"),
        ("url=ftp://a.example/&events=*", "The URL must begin with https:// and have no login"),
        ("url=https://user:pw@a.example/&events=*", "The URL must begin with https:// and have no login"),
        ("url=http://hooks.example.com/&events=*", plain),
        ("url=https://127.0.0.1/&events=*", &not_allowed("127.0.0.1")),
        ("url=https://169.254.169.254/latest&events=*", &not_allowed("169.254.169.254")),
        ("url=https://[::1]/&events=*", &not_allowed("::1")),
        ("url=https://a.example/&events=*&kind=queue", "kind must be push or pull"),
        ("url=https://a.example/&events=*&kind=pull", "A webhook of kind pull gets no requests"),
    ] {
        api.refuse(&format!("action=AddWebhook&{request}"), message).await;
    }
    let without_keys = TestApi::with_settings(Settings::default()).await;
    without_keys
        .refuse(
            "action=AddWebhook&url=https://a.example/&events=*",
            "This server has no key file (keys.file), so it can seal nothing",
        )
        .await;
}
