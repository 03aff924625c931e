use serde_json::{Value, json};
use whmcs_api::config::{Compat, Entities, Notification, NotificationFormat, Secret, Settings};

use crate::support::module::{Module, ScriptedResponse};
use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["TriggerNotificationEvent&notification_identifier=custom.x&title=x&message=y"],
    setup: "",
    writing: &["TriggerNotificationEvent&notification_identifier=custom.x&title=x&message=y"],
    every_parameter: "TriggerNotificationEvent&notification_identifier=custom.x&title=x&message=y&url=z&status=s\
                      &statusStyle=info&attributes[0][label]=a&attributes[0][value]=b",
};

const WHOLE: &str = "action=TriggerNotificationEvent&notification_identifier=custom.server.add&title=New+server\
     &message=srv9+%26+more&url=https://www.example.com/&status=Ready&statusStyle=success&attributes[0][label]=Name\
     &attributes[0][value]=srv9&attributes[1][label]=No+value&attributes[2][value]=No+label&attributes[3][label]=Panel\
     &attributes[3][value]=Open&attributes[3][url]=https://srv9.example/&attributes[3][icon]=i&attributes[3][style]=info";

fn endpoint(module: &Module, format: NotificationFormat, identifiers: &[&str]) -> Notification {
    let settings = module.settings();
    Notification {
        url: Secret(settings.url),
        format,
        secret: settings.secret,
        timeout_seconds: settings.timeout_seconds,
        identifiers: identifiers.iter().map(|name| (*name).to_owned()).collect(),
    }
}

async fn api_with(compat: Compat, endpoints: &[(&str, Notification)]) -> TestApi {
    let mut settings = Settings { compat, ..Settings::default() };
    settings.notifications = endpoints.iter().map(|(name, endpoint)| ((*name).to_owned(), endpoint.clone())).collect();
    TestApi::with_settings(settings).await
}

async fn api(endpoints: &[(&str, Notification)]) -> TestApi {
    api_with(Compat::default(), endpoints).await
}

const STATE: &str = "kind, target, summary, state, attempts";

#[tokio::test]
async fn each_endpoint_gets_what_it_wants() {
    let (all, servers, others) = (Module::start().await, Module::start().await, Module::start().await);
    let api = api(&[
        ("all", endpoint(&all, NotificationFormat::Json, &[])),
        ("servers", endpoint(&servers, NotificationFormat::Json, &["custom.server.*"])),
        ("others", endpoint(&others, NotificationFormat::Json, &["billing"])),
    ])
    .await;
    api.check(WHOLE, r#"{"result":"success"}"#).await;
    let waiting =
        ["notification | all | New server | pending | 0", "notification | servers | New server | pending | 0"];
    assert_eq!(api.rows(STATE, "mod_whmcs_api_outbox_entries ORDER BY target").await, waiting);
    api.api.run_outbox_once().await;
    let expected = |id: &str| {
        json!({
            "id": id,
            "type": "notification.custom",
            "timestamp": "2026-11-20T12:30:00Z",
            "data": {
                "identifier": "custom.server.add", "title": "New server", "message": "srv9 & more",
                "url": "https://www.example.com/", "status": "Ready", "statusStyle": "success",
                "attributes": [
                    {"label": "Name", "value": "srv9", "url": "", "style": "", "icon": ""},
                    {"label": "Panel", "value": "Open", "url": "https://srv9.example/", "style": "info", "icon": "i"},
                ],
            },
        })
    };
    assert_eq!(all.received(), [expected("outbox-1")]);
    assert_eq!(servers.received(), [expected("outbox-2")]);
    assert_eq!(others.received(), Vec::<Value>::new());
    assert_eq!(api.rows("state", "mod_whmcs_api_outbox_entries WHERE state <> 'done'").await, [""; 0]);
    let log = api.rows("description", "tblactivitylog").await;
    assert_eq!(log, ["Notification Triggered - Identifier: custom.server.add - New server"]);
}

#[tokio::test]
async fn a_chat_gets_a_message() {
    let chat = Module::start().await;
    let api = api(&[("chat", endpoint(&chat, NotificationFormat::Slack, &[]))]).await;
    api.reply(WHOLE).await;
    api.api.run_outbox_once().await;
    let expected = json!({"attachments": [{
        "fallback": "New server", "title": "New server", "title_link": "https://www.example.com/",
        "text": "srv9 &amp; more", "color": "good", "footer": "Ready",
        "fields": [
            {"title": "Name", "value": "srv9", "short": true},
            {"title": "Panel", "value": "<https://srv9.example/|Open>", "short": true},
        ],
    }]});
    assert_eq!(chat.received(), [expected]);
}

#[tokio::test]
async fn beside_a_whmcs_texts_arrive_as_they_were_typed() {
    let module = Module::start().await;
    let compat = Compat { entities: Entities::Encoded, ..Compat::default() };
    let api = api_with(compat, &[("all", endpoint(&module, NotificationFormat::Json, &[]))]).await;
    api.reply(WHOLE).await;
    api.api.run_outbox_once().await;
    assert_eq!(module.received()[0]["data"]["message"], "srv9 & more");
}

/// The call succeeds whatever becomes of the notification.
#[tokio::test]
async fn what_fails_is_tried_again_and_what_is_rejected_is_not() {
    for (status, state) in [(500, "pending"), (429, "pending"), (404, "failed"), (410, "failed")] {
        let module = Module::start().await;
        module.respond_with([ScriptedResponse::Status(status)]);
        let api = api(&[("all", endpoint(&module, NotificationFormat::Json, &[]))]).await;
        api.check(WHOLE, r#"{"result":"success"}"#).await;
        api.api.run_outbox_once().await;
        let row = api.rows("state, attempts, last_error", "mod_whmcs_api_outbox_entries").await;
        assert_eq!(row, [format!("{state} | 1 | The endpoint answered with HTTP status {status}")]);
    }
}

#[tokio::test]
async fn succeeds_if_nobody_wants_it() {
    let api = api(&[]).await;
    api.check(WHOLE, r#"{"result":"success"}"#).await;
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_outbox_entries").await, ["0"]);
}

#[tokio::test]
async fn refuses_bad_input_in_the_documented_order() {
    let api = api(&[]).await;
    let whole = "notification_identifier=x&title=x&message=x";
    for (request, message) in [
        ("", "API Notification Events require a identifier string to be passed."),
        ("notification_identifier=x", "API Notification Events require a title to be provided."),
        ("notification_identifier=x&title=x&message=", "API Notification Events require a message to be provided."),
        (&format!("{whole}&title={}", "x".repeat(256)), "title is too long: at most 255 bytes are allowed"),
    ] {
        api.refuse(&format!("action=TriggerNotificationEvent&{request}"), message).await;
    }
    for attributes in ["attributes=x", "attributes[0]=x", "attributes[0][label][]=x&attributes[0][value]=y"] {
        api.reply(&format!("action=TriggerNotificationEvent&{whole}&{attributes}")).await;
    }
}
