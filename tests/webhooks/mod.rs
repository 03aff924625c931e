//! Events: they are stored with what causes them, numbered after the commit, and delivered to endpoints.

mod catalogue;
mod documented;
mod receiver;
mod replicas;
mod walk;

use serde_json::json;
use whmcs_api::config::Settings;
use whmcs_api::keyring::Keyring;
use whmcs_api::outbox::webhooks::relay;
use whmcs_api::store::webhooks::endpoints::EndpointRow;

use crate::support::{TestApi, demo_keys, eventually, settings_with_keys};
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
        relay::read_listeners(&self.api.hosts).await.unwrap();
    }

    /// Seals a secret for an endpoint.
    fn sealed(id: i64, secret: &str) -> String {
        Keyring::load(&demo_keys()).unwrap().seal(&EndpointRow::purpose(id), secret.as_bytes()).unwrap()
    }

    /// Relays what was committed, and delivers what is due.
    async fn deliver(&self) {
        self.api.api.relay_events().await.unwrap();
        self.api.api.run_outbox_once().await;
    }

    /// Makes what waits for another attempt due.
    async fn make_due(&self) {
        let due = "UPDATE mod_whmcs_api_outbox_entries SET due_at = '2026-11-20 12:30:00' WHERE state = 'pending'";
        self.api.sql(due).await;
    }
}

/// A call that raises a ClientEdit of this client.
fn edit(client: i64) -> String {
    format!("action=UpdateClient&clientid={client}&companyname=x&skipvalidation=1")
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

#[tokio::test]
async fn events_about_one_client_come_in_their_order_however_often_they_are_sent() {
    let webhooks = Webhooks::start("ClientEdit").await;
    let Webhooks { api, receiver, .. } = &webhooks;
    receiver.answer([500]);
    for client in [1, 1, 1] {
        api.reply(&edit(client)).await;
    }
    webhooks.deliver().await;
    assert_eq!(receiver.received().len(), 1, "the others wait for the first one");
    api.reply(&edit(2)).await;
    webhooks.deliver().await;
    let other = receiver.received();
    assert_eq!((other.len(), other[0].sequence()), (1, 4), "another client does not wait");
    let states =
        async || api.rows("summary, state, attempts, last_error, due_at", &format!("{DELIVERIES} ORDER BY id")).await;
    assert_eq!(states().await[0], "ClientEdit #1 | pending | 1 | HTTP status 500 | 2026-11-20 12:30:05");
    // A redirect is not followed.
    receiver.answer([302]);
    webhooks.make_due().await;
    webhooks.deliver().await;
    let again = receiver.received();
    assert_eq!(again.iter().map(receiver::Received::sequence).collect::<Vec<_>>(), [1]);
    assert!(states().await[0].contains("| 2 | HTTP status 302: redirects are not followed |"), "{:?}", states().await);
    webhooks.make_due().await;
    webhooks.deliver().await;
    let rest = receiver.received();
    assert_eq!(rest.iter().map(receiver::Received::sequence).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((&rest[0].id, &rest[0].text), (&again[0].id, &again[0].text), "it is the same event");
    // One that is never taken is set aside and told, and the next ones get through.
    receiver.answer([503]);
    api.sql("ALTER TABLE tblactivitylog CONVERT TO CHARACTER SET latin1").await;
    api.reply(&edit(1)).await;
    api.api.relay_events().await.unwrap();
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET attempts = 12, is_unanswered = 1 WHERE state = 'pending'").await;
    api.reply(&edit(1)).await;
    webhooks.deliver().await;
    assert_eq!(receiver.received().iter().map(receiver::Received::sequence).collect::<Vec<_>>(), [5, 6]);
    assert!(states().await[4].starts_with("ClientEdit #5 | failed | 13 | HTTP status 503 geschlo?en ? |"));
    let told = api.rows("description", "tblactivitylog WHERE description LIKE 'Webhook Event Set Aside%'").await;
    assert_eq!(told, ["Webhook Event Set Aside - Webhook ID: 1 - Delivery ID: 5 - HTTP status 503"]);
    api.reply("action=ReplayWebhook&webhookid=1").await;
    webhooks.deliver().await;
    assert_eq!(receiver.received().iter().map(receiver::Received::sequence).collect::<Vec<_>>(), [5]);
}

/// A day counts in which something is attempted, and not the quiet time after an event was set aside.
#[tokio::test]
async fn what_fails_after_a_quiet_time_is_another_failure() {
    let webhooks = Webhooks::start("ClientEdit").await;
    let Webhooks { api, receiver, .. } = &webhooks;
    let failing = async || api.rows("is_enabled, COALESCE(failing_since, 'no')", "mod_whmcs_api_webhooks").await;
    for (waits, since) in [(true, "1 | 2026-11-19 12:30:01"), (false, "1 | no")] {
        receiver.answer([503]);
        api.reply(&edit(1)).await;
        api.reply(&edit(2)).await;
        api.api.relay_events().await.unwrap();
        let other = if waits { "due_at = '2026-11-20 12:30:01'" } else { "state = 'done'" };
        api.sql(&format!(
            "UPDATE mod_whmcs_api_webhooks SET failing_since = '2026-11-19 12:30:01'; \
             UPDATE mod_whmcs_api_outbox_entries SET {other} WHERE state = 'pending' AND subject_id = 2; \
             UPDATE mod_whmcs_api_outbox_entries SET attempts = 12 WHERE state = 'pending' AND subject_id = 1"
        ))
        .await;
        webhooks.deliver().await;
        assert_eq!(failing().await, [since], "another event waits: {waits}");
    }
    receiver.answer([503]);
    api.reply(&edit(1)).await;
    webhooks.deliver().await;
    assert_eq!(failing().await, ["1 | 2026-11-20 12:30:00"]);
}

#[tokio::test]
async fn an_endpoint_without_any_success_for_a_day_is_disabled_and_can_catch_up() {
    let webhooks = Webhooks::start("ClientEdit").await;
    let Webhooks { api, receiver, .. } = &webhooks;
    let endpoint =
        async || api.rows("is_enabled, reason, disabled_after, failing_since", "mod_whmcs_api_webhooks").await;
    receiver.answer([500]);
    api.reply(&edit(1)).await;
    webhooks.deliver().await;
    assert_eq!(endpoint().await, ["1 |  | 0 | 2026-11-20 12:30:00"]);
    webhooks.make_due().await;
    webhooks.deliver().await;
    assert_eq!(endpoint().await, ["1 |  | 0"], "it succeeded");
    receiver.answer([500]);
    api.sql("UPDATE mod_whmcs_api_webhooks SET failing_since = '2026-11-19 12:30:00'").await;
    api.reply(&edit(1)).await;
    api.reply(&edit(2)).await;
    api.api.relay_events().await.unwrap();
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET due_at = '2026-11-20 12:30:01' WHERE summary = 'ClientEdit #3'")
        .await;
    webhooks.deliver().await;
    assert_eq!(endpoint().await, ["0 | No delivery succeeded for a day | 3 | 2026-11-19 12:30:00"]);
    let told = api.rows("description", "tblactivitylog WHERE description LIKE 'Webhook Disabled%'").await;
    assert_eq!(told, ["Webhook Disabled - Webhook ID: 1 - No delivery succeeded for a day"]);
    api.metrics_show(&["whmcs_api_webhooks_disabled 1"]).await;
    receiver.received();
    // Its events are kept, and nothing is sent.
    api.reply(&edit(3)).await;
    webhooks.make_due().await;
    webhooks.deliver().await;
    assert!(receiver.received().is_empty());
    // Those that were withdrawn are sent again when it is enabled, and those of later by a replay.
    api.reply("action=UpdateWebhook&webhookid=1&enabled=1").await;
    api.reply("action=ReplayWebhook&webhookid=1&after=3").await;
    webhooks.deliver().await;
    let mut caught_up: Vec<i64> = receiver.received().iter().map(receiver::Received::sequence).collect();
    caught_up.sort_unstable();
    assert_eq!(caught_up, [2, 3, 4]);
    // One that is gone is disabled at once.
    receiver.answer([410]);
    api.reply(&edit(1)).await;
    webhooks.deliver().await;
    assert!(
        endpoint().await[0].starts_with("0 | The endpoint answered with HTTP status 410"),
        "{:?}",
        endpoint().await
    );
}

#[tokio::test]
async fn secrets_are_rotated_and_addresses_are_guarded_when_it_is_sent() {
    let webhooks = Webhooks::start("ClientEdit").await;
    let Webhooks { api, receiver, id, secret } = &webhooks;
    let rotated = api.reply(&format!("action=UpdateWebhook&webhookid={id}&rotatesecret=1&rotationhours=1")).await;
    let new = rotated["secret"].as_str().unwrap();
    api.reply(&edit(1)).await;
    webhooks.deliver().await;
    let both = &receiver.received()[0];
    assert_eq!((both.is_signed_by(secret), both.is_signed_by(new)), ((2, true), (2, true)));
    api.sql("UPDATE mod_whmcs_api_webhooks SET previous_until = '2026-11-20 12:29:59'").await;
    api.reply(&edit(1)).await;
    webhooks.deliver().await;
    let one = &receiver.received()[0];
    assert_eq!((one.is_signed_by(secret), one.is_signed_by(new)), ((1, false), (1, true)));
    // A server whose settings allow no network of the operator sends nothing here, whatever name the address has.
    let (strict, _) = crate::support::api_with(api.hosts.clone(), None, &settings_with_keys());
    let by_name = receiver.url.replace("127.0.0.1", "localhost");
    for url in [&receiver.url, &by_name, &by_name.replace("http:", "https:")] {
        api.sql(&format!("DELETE FROM {DELIVERIES}; UPDATE mod_whmcs_api_webhooks SET url = '{url}'")).await;
        api.reply(&edit(1)).await;
        api.api.relay_events().await.unwrap();
        strict.run_outbox_once().await;
        let error = &api.rows("last_error", DELIVERIES).await[0];
        assert!(error.contains("webhooks.allowed_networks"), "{url}: {error}");
    }
    assert!(receiver.received().is_empty());
    // A test is sent to one endpoint alone, and answers that never come are given up.
    api.sql(&format!("DELETE FROM {DELIVERIES}; UPDATE mod_whmcs_api_webhooks SET url = '{}'", receiver.url)).await;
    let test = whmcs_api::api::WebhookCommand::Test { id: *id };
    api.api.manage_webhooks(test).await.unwrap().unwrap();
    webhooks.deliver().await;
    let tested = receiver.received();
    assert_eq!((&*tested[0].name(), &tested[0].body()["data"]), ("WebhookTest", &json!({"webhookid": id})));
}

#[tokio::test]
async fn a_slow_delivery_delays_no_event_about_anything_else() {
    let webhooks = Webhooks::start("ClientEdit").await;
    let Webhooks { api, receiver, .. } = &webhooks;
    let release = receiver.hold();
    api.reply(&edit(1)).await;
    let slow = webhooks.deliver();
    let others = async {
        eventually("the first is being sent", async || receiver.count() == 1).await;
        // The next one about the same client waits, and those about others do not.
        for client in [1, 2, 3] {
            api.reply(&edit(client)).await;
        }
        webhooks.deliver().await;
        eventually("others are delivered meanwhile", async || receiver.count() == 3).await;
        let clients: Vec<i64> =
            receiver.received().iter().map(|event| event.body()["data"]["userid"].as_i64().unwrap()).collect();
        assert_eq!(clients[0], 1);
        assert!(clients[1..] == [2, 3] || clients[1..] == [3, 2], "{clients:?}");
        release.send(()).unwrap();
    };
    tokio::join!(slow, others);
    eventually("it comes when the one before was taken", async || receiver.count() == 1).await;
    assert_eq!(receiver.received()[0].body()["data"]["userid"], 1);
}
