//! Events: they are stored with what causes them, numbered after the commit, and delivered to endpoints.

mod receiver;

use serde_json::{Value, json};
use whmcs_api::config::Settings;

use crate::support::{TestApi, settings_with_keys};
use receiver::Receiver;

const DELIVERIES: &str = "mod_whmcs_api_outbox_entries WHERE kind = 'webhook'";

fn settings() -> Settings {
    let mut settings = settings_with_keys();
    settings.webhooks.allowed_networks = vec!["127.0.0.0/8".parse().unwrap()];
    settings
}

/// A server, and a receiver with an endpoint for these events: its id and its secret.
struct Webhooks {
    api: TestApi,
    receiver: Receiver,
    id: i64,
    secret: String,
}

impl Webhooks {
    async fn start(events: &str) -> Webhooks {
        let api = TestApi::with_settings(settings()).await;
        let receiver = Receiver::start().await;
        let added = api.reply(&format!("action=AddWebhook&url={}&events={events}", receiver.url)).await;
        let (id, secret) = (added["webhookid"].as_i64().unwrap(), added["secret"].as_str().unwrap().to_owned());
        let webhooks = Webhooks { api, receiver, id, secret };
        webhooks.read_listeners().await;
        webhooks
    }

    async fn read_listeners(&self) {
        whmcs_api::outbox::webhooks::relay::read_listeners(&self.api.hosts).await.unwrap();
    }

    /// Relays what was committed, and delivers what is due.
    async fn deliver(&self) {
        self.api.api.relay_events().await.unwrap();
        self.api.api.run_outbox_once().await;
    }

    /// Makes a call, and returns the events that it causes.
    async fn events_of(&self, call: &str) -> Vec<Value> {
        self.api.reply(call).await;
        self.deliver().await;
        self.receiver.received().iter().map(receiver::Received::body).collect()
    }
}

#[tokio::test]
async fn an_event_is_delivered_once_with_a_signature() {
    let webhooks = Webhooks::start("Invoice*").await;
    let Webhooks { api, receiver, .. } = &webhooks;
    let call = "action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=10&status=Unpaid";
    let created = api.reply(call).await;
    let invoice = &created["invoiceid"];
    assert!(receiver.received().is_empty(), "nothing is sent before the event is numbered");
    webhooks.deliver().await;
    let received = receiver.received();
    assert_eq!(received.len(), 1);
    let body = received[0].body();
    assert_eq!(body["id"], received[0].id.as_str());
    assert!(received[0].id.starts_with("evt_"), "{}", received[0].id);
    assert_eq!(
        (&body["type"], &body["sequence"], &body["timestamp"]),
        (&json!("InvoiceCreated"), &json!(1), &json!("2026-11-20T12:30:00Z"))
    );
    assert_eq!(body["data"], json!({"source": "api", "user": "1", "invoiceid": invoice, "status": "Unpaid"}));
    assert_eq!(received[0].is_signed_by(&webhooks.secret), (1, true));
    webhooks.deliver().await;
    assert!(receiver.received().is_empty(), "it is delivered once");
    assert_eq!(
        api.rows("state, attempts, summary, subject", DELIVERIES).await,
        ["done | 1 | InvoiceCreated #1 | client"]
    );
    // What fails writes no event, and what nobody wants neither.
    api.send("action=AddInvoicePayment&invoiceid=999999&transid=x&gateway=paypal").await;
    api.reply("action=AddClientNote&userid=1&notes=x").await;
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_events").await, ["1"]);
    let secrets = api.rows("secret LIKE 'sealed:%', secret LIKE '%whsec%'", "mod_whmcs_api_webhooks").await;
    assert_eq!(secrets, ["1 | 0"]);
}
