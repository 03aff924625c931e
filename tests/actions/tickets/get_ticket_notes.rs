use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetTicketNotes&ticketid=5"], every_parameter: "GetTicketNotes&ticketid=5", ..Calls::NONE };

async fn with_tickets() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/tickets.sql")).await;
    api
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_tickets().await;
    api.check(
        "action=GetTicketNotes&ticketid=1",
        concat!(
            r#"{"result":"success","totalresults":1,"notes":{"note":[{"id":"1","admin":"Alice Adams","date":"2026-11-01 12:00:00","#,
            r#""message":"Call the fire brigade.","attachment":"777777_map.pdf","attachments_removed":true}]}}"#,
        ),
    )
    .await;
    let none = r#"{"result":"success","totalresults":0,"notes":{"note":[]}}"#;
    api.check("action=GetTicketNotes&ticketid=4", none).await;
    assert_eq!(api.statements("action=GetTicketNotes&ticketid=1").await, 3);
}

#[tokio::test]
async fn the_oldest_come_first() {
    let api = with_tickets().await;
    api.sql(
        "INSERT INTO tblticketnotes (id, ticketid, date) VALUES (12, 4, '2026-11-02'), (11, 4, '2026-11-02'), (13, 4, '2026-11-01')",
    )
    .await;
    let reply = api.reply("action=GetTicketNotes&ticketid=4").await;
    let ids: Vec<&str> =
        reply["notes"]["note"].as_array().unwrap().iter().filter_map(|note| note["id"].as_str()).collect();
    assert_eq!(ids, ["13", "11", "12"]);
}

/// A ticket that was merged leads to the one that has its notes.
#[tokio::test]
async fn a_merged_ticket_has_the_notes_of_its_new_one() {
    let api = with_tickets().await;
    let reply = api.reply("action=GetTicketNotes&ticketid=5").await;
    assert_eq!(reply["notes"]["note"][0]["id"], "1");
}

#[tokio::test]
async fn refuses_unknown_tickets() {
    let api = with_tickets().await;
    for ticket in ["", "0", "99", "x"] {
        api.refuse(&format!("action=GetTicketNotes&ticketid={ticket}"), "Ticket ID not found").await;
    }
}
