use super::add_webhook::{SETUP, api};
use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["GetEvents&webhookid=2"],
    setup: SETUP,
    every_parameter: "GetEvents&webhookid=2&after=0&limitnum=1",
    ..Calls::NONE
};

/// Events: numbers 1 to 4, and one without a number yet.
pub const EVENTS: &str = "INSERT INTO mod_whmcs_api_events (id, event_id, sequence, name, subject, subject_id, data, created_at) \
     VALUES (11, 'evt_a', 1, 'InvoicePaid', 'client', 1, '{\"invoiceid\":1}', '2026-11-20 12:00:00'), \
            (10, 'evt_b', 2, 'InvoicePaid', 'client', 1, '{\"invoiceid\":2}', '2026-11-20 12:00:00'), \
            (12, 'evt_c', 3, 'InvoiceCreated', 'client', 1, '{\"invoiceid\":3}', '2026-11-20 12:00:00'), \
            (13, 'evt_d', 4, 'ClientAdd', 'client', 1, '{\"client_id\":1}', '2026-11-20 12:00:00'), \
            (9, 'evt_e', NULL, 'InvoicePaid', 'client', 1, '{\"invoiceid\":4}', '2026-11-20 12:00:00'); \
     UPDATE mod_whmcs_api_event_sequence SET last = 4;";

#[tokio::test]
async fn returns_events_in_the_order_of_their_numbers() {
    let api = api().await;
    api.sql(EVENTS).await;
    let event = |id: &str, sequence: i64, invoice: i64| {
        format!(
            r#"{{"id":"evt_{id}","type":"InvoicePaid","timestamp":"2026-11-20T12:00:00Z","sequence":{sequence},"data":{{"invoiceid":{invoice}}}}}"#
        )
    };
    for (request, events, next) in [
        ("", vec![event("a", 1, 1), event("b", 2, 2)], 2),
        ("&limitnum=1", vec![event("a", 1, 1)], 1),
        ("&after=1", vec![event("b", 2, 2)], 2),
        ("&after=1&limitnum=0", vec![], 1),
        ("&after=2", vec![], 4),
        ("&after=9", vec![], 9),
    ] {
        let (count, events) = (events.len(), events.join(","));
        let reply = format!(
            r#"{{"result":"success","numreturned":{count},"lastsequence":4,"nextafter":{next},"events":[{events}]}}"#
        );
        api.check(&format!("action=GetEvents&webhookid=2{request}"), &reply).await;
    }
    for (request, message) in [
        ("", "Webhook ID Not Found"),
        ("webhookid=9", "Webhook ID Not Found"),
        ("webhookid=2&after=x", "after must be the sequence of an event"),
        ("webhookid=1", "Only a webhook of kind pull is read"),
    ] {
        api.refuse(&format!("action=GetEvents&{request}"), message).await;
    }
    api.sql("UPDATE mod_whmcs_api_webhooks SET is_enabled = 0").await;
    api.refuse("action=GetEvents&webhookid=2", "The webhook is disabled").await;
}

/// Whoever is assigned to departments gets no text of tickets in others.
#[tokio::test]
async fn returns_tickets_of_own_departments_only() {
    let api = api().await;
    api.sql(
        "INSERT INTO tbltickets (id, tid, did, title) VALUES (1, '1', 1, 'own'), (2, '2', 2, 'other'); \
         UPDATE mod_whmcs_api_webhooks SET events = '*'; UPDATE mod_whmcs_api_event_sequence SET last = 6; \
         INSERT INTO mod_whmcs_api_events (event_id, sequence, name, subject, subject_id, data, created_at) VALUES \
           ('a', 1, 'TicketAdminReply', 'ticket', 2, '{}', '2026-11-20 12:00:00'), \
           ('b', 2, 'TicketAdminReply', 'ticket', 1, '{}', '2026-11-20 12:00:00'), \
           ('c', 3, 'TicketAddNote', 'ticket', 2, '{}', '2026-11-20 12:00:00'), \
           ('d', 4, 'ClientAdd', 'client', 2, '{}', '2026-11-20 12:00:00'), \
           ('e', 5, 'TicketAddNote', 'ticket', 3, '{}', '2026-11-20 12:00:00'), \
           ('f', 6, 'TicketDelete', 'ticket', 3, '{}', '2026-11-20 12:00:00')",
    )
    .await;
    for (departments, expected) in [("1", "bdf"), ("1,2", "abcdf"), ("", "abcdef")] {
        api.sql(&format!("UPDATE tbladmins SET supportdepts = '{departments}' WHERE id = 1")).await;
        let reply = api.reply("action=GetEvents&webhookid=2&limitnum=6").await;
        let ids = reply["events"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap());
        assert_eq!((ids.collect::<String>().as_str(), &reply["nextafter"]), (expected, &6.into()), "{departments}");
    }
}
