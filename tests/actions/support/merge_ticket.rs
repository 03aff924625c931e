use crate::support::Calls;
use crate::support::desk::{Desk, FILES};

pub const CALLS: Calls = Calls {
    demo: &[
        "OpenTicket&clientid=1&deptid=1&subject=x&message=x",
        "MergeTicket&ticketid=12&mergeticketids={id}&newsubject=x",
    ],
    setup: "INSERT INTO tbltickets (id, tid) VALUES (1000, 'A'), (1001, 'B')",
    writing: &["MergeTicket&ticketid=1000&mergeticketids=1001&newsubject=x"],
    every_parameter: "MergeTicket&ticketid=1&mergeticketids=2,3&newsubject=x",
};

/// The messages of a ticket in the order in which GetTicket returns them.
async fn messages(desk: &Desk, request: &str) -> Vec<String> {
    let reply = desk.reply(&format!("action=GetTicket&{request}")).await;
    let replies = reply["replies"]["reply"].as_array().unwrap();
    replies.iter().map(|reply| reply["message"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_message_file_and_note_is_there_once() {
    let desk = Desk::open().await;
    desk.sql(
        "INSERT INTO tbltickettags (ticketid, tag) VALUES (1, 'a'), (2, 'a'), (2, 'b'), (3, 'b'); \
         INSERT INTO tblticket_watchers (ticket_id, admin_id) VALUES (1, 1), (2, 1), (2, 2), (3, 2); \
         UPDATE tbltickets SET admin = 'Bob', editor = 'markdown' WHERE id = 3",
    )
    .await;
    let reply = r#"{"result":"success","ticketid":"2"}"#;
    desk.check("action=MergeTicket&ticketid=2&mergeticketids=1,+3&newsubject=One+for+all", reply).await;

    let all = ["Very.", "It burns.", "Use water.", "Done.", "Of another ticket.", "Here, too.", "Help."];
    assert_eq!(messages(&desk, "ticketid=2").await, all);
    let moved = "tid, userid, contactid, requestor_id, date, message, admin, attachment, rating, editor";
    assert_eq!(
        desk.rows(moved, "tblticketreplies WHERE id > 4 ORDER BY id").await,
        [
            "2 | 1 | 0 | 0 | 2026-11-01 10:00:00 | It burns. |  | 123456_fire_1.png|654321_fire.txt | 0 | ",
            "2 | 1 | 0 | 2 | 2026-11-03 10:00:00 | Help. | Bob |  | 0 | markdown",
        ]
    );
    assert_eq!(desk.rows("id, ticketid", "tblticketnotes ORDER BY id").await, ["1 | 2", "2 | 2"]);
    assert_eq!(desk.rows("ticketid, tag", "tbltickettags ORDER BY tag").await, ["2 | a", "2 | b"]);
    assert_eq!(desk.rows("ticket_id, admin_id", "tblticket_watchers ORDER BY admin_id").await, ["2 | 1", "2 | 2"]);
    assert_eq!(desk.files(), FILES);

    let ticket = "did, userid, title, status, merged_ticket_id, lastreply, updated_at";
    let now = "2026-11-20 12:30:00";
    assert_eq!(
        desk.rows(ticket, "tbltickets WHERE id = 2").await,
        [format!("2 | 1 | One for all | Open | 0 | 2026-11-03 10:00:00 | {now}")]
    );
    // 5 had been merged into 1 before.
    assert_eq!(
        desk.rows("id, status, merged_ticket_id, attachment, message", "tbltickets WHERE id IN (1, 3, 5) ORDER BY id")
            .await,
        ["1 | Closed | 2 |  | ", "3 | Closed | 2 |  | ", "5 | Open | 2 |  | Still."]
    );
    assert_eq!(
        desk.rows("tid, action", "tblticketlog ORDER BY id").await,
        [
            "1 | Merged Into Ticket 100002 (by alice)",
            "3 | Merged Into Ticket 100002 (by alice)",
            "2 | Merged Tickets 100001, 100003 (by alice)"
        ]
    );
    let line = "Merged Tickets 1, 3 Into Ticket ID: 2 | 1";
    assert_eq!(desk.rows("description, userid", "tblactivitylog").await, [line]);
}

#[tokio::test]
async fn a_merged_ticket_leads_to_the_one_that_it_became() {
    let desk = Desk::open().await;
    desk.reply("action=MergeTicket&ticketid=2&mergeticketids[]=1").await;
    for request in ["ticketid=1", "ticketid=5", "ticketnum=100001", "ticketnum=100005"] {
        let reply = desk.reply(&format!("action=GetTicket&{request}")).await;
        assert_eq!((&reply["ticketid"], &reply["subject"]), (&"2".into(), &"Mail is slow".into()), "{request}");
    }
    desk.reply("action=AddTicketReply&ticketid=1&clientid=1&message=Not+lost").await;
    desk.reply("action=AddTicketNote&ticketnum=100001&message=Not+lost").await;
    desk.reply("action=UpdateTicket&ticketid=1&priority=High").await;
    assert_eq!(desk.rows("tid", "tblticketreplies ORDER BY id DESC LIMIT 1").await, ["2"]);
    assert_eq!(desk.rows("ticketid", "tblticketnotes ORDER BY id DESC LIMIT 1").await, ["2"]);
    assert_eq!(desk.rows("urgency", "tbltickets WHERE id IN (1, 2) ORDER BY id").await, ["High", "High"]);
    let listed = desk.reply("action=GetTickets").await;
    let listed = listed["tickets"]["ticket"].as_array().unwrap();
    assert!(listed.iter().all(|ticket| ticket["ticketid"] != "1" && ticket["ticketid"] != 1), "{listed:?}");
    // With the ticket, everything goes.
    desk.reply("action=DeleteTicket&ticketid=2").await;
    assert_eq!(desk.files(), Vec::<String>::new());
    assert_eq!(desk.rows("id", "tbltickets ORDER BY id").await, ["3", "4", "6"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order_and_merges_none() {
    let desk = Desk::open().await;
    desk.assign("1,2").await;
    for (request, message) in [
        ("mergeticketids=2", "Ticket ID Required"),
        ("ticketid=0&mergeticketids=2", "Ticket ID Required"),
        ("ticketid=99", "Ticket ID Invalid"),
        ("ticketid=x&mergeticketids=2", "Ticket ID Invalid"),
        // 5 was merged already, and 4 is in a department of others.
        ("ticketid=5&mergeticketids=2", "Ticket ID Invalid"),
        ("ticketid=4&mergeticketids=2", "Ticket ID Invalid"),
        ("ticketid=1", "Merge Ticket IDs Required"),
        ("ticketid=1&mergeticketids=,+,", "Merge Ticket IDs Required"),
        ("ticketid=1&mergeticketids=2,99,3,x,1", "Invalid Merge Ticket IDs: 99, x, 1"),
        ("ticketid=1&mergeticketids=2,4,5", "Invalid Merge Ticket IDs: 4, 5"),
    ] {
        desk.refuse_and_keep(&format!("action=MergeTicket&{request}"), message).await;
    }
}

/// Each of two tickets is merged into the other at the same time: one of the calls must find that it came too late.
#[tokio::test(flavor = "multi_thread")]
async fn tickets_do_not_vanish_into_each_other() {
    let desk = Desk::open().await;
    let merge = |into, other| format!("action=MergeTicket&ticketid={into}&mergeticketids={other}");
    let (one, other) = (merge(2, 3), merge(3, 2));
    let (first, second) = tokio::join!(desk.send(&one), desk.send(&other));
    let succeeded = [&first, &second].into_iter().filter(|(_, body)| body.contains("success")).count();
    assert_eq!(succeeded, 1, "{first:?} {second:?}");
    assert_eq!(desk.rows("COUNT(*)", "tbltickets WHERE id IN (2, 3) AND merged_ticket_id = 0").await, ["1"]);
}
