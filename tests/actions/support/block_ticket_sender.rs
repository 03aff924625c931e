use crate::support::Calls;
use crate::support::desk::{Desk, FILES};

pub const CALLS: Calls = Calls {
    demo: &[
        "OpenTicket&name=x&email=x@example.com&deptid=1&subject=x&message=x",
        "BlockTicketSender&ticketid={id}&delete=1",
    ],
    setup: "INSERT INTO tbltickets (id, email) VALUES (1000, 'x@example.com'), (1001, 'y@example.com')",
    writing: &["BlockTicketSender&ticketid=1000", "BlockTicketSender&ticketid=1001&delete=1"],
    every_parameter: "BlockTicketSender&ticketid=1&delete=1",
};

#[tokio::test]
async fn a_sender_is_blocked_once() {
    let desk = Desk::open().await;
    desk.sql("INSERT INTO tblticketspamfilters (type, content) VALUES ('subject', 'gus@example.com')").await;
    for _ in 0..2 {
        let reply = r#"{"result":"success","deleted":false}"#;
        desk.check("action=BlockTicketSender&ticketid=4", reply).await;
    }
    let filters = desk.rows("type, content", "tblticketspamfilters ORDER BY id").await;
    assert_eq!(filters, ["subject | gus@example.com", "sender | gus@example.com"]);
    assert_eq!(desk.rows("id", "tbltickets WHERE id = 4").await, ["4"]);
    let log = desk.rows("tid, action", "tblticketlog ORDER BY id LIMIT 1").await;
    assert_eq!(log, ["4 | Blocked Sender gus@example.com (by alice)"]);
    let line = "Blocked Ticket Sender - gus@example.com - Ticket ID: 4";
    assert_eq!(desk.rows("description", "tblactivitylog ORDER BY id LIMIT 1").await, [line]);
}

#[tokio::test]
async fn the_ticket_is_deleted_on_request() {
    let desk = Desk::open().await;
    desk.sql(
        "INSERT INTO tblticketspamfilters (type, content) VALUES ('Sender', 'gus@example.com'); \
         UPDATE tbltickets SET attachment = '000001_ash.txt' WHERE id = 4",
    )
    .await;
    let reply = r#"{"result":"success","deleted":true}"#;
    desk.check("action=BlockTicketSender&ticketid=4&delete=true", reply).await;
    assert_eq!(desk.rows("id", "tbltickets WHERE id = 4").await, Vec::<String>::new());
    assert_eq!(desk.files(), FILES[1..]);
    assert_eq!(desk.rows("COUNT(*)", "tblticketspamfilters").await, ["1"], "it was blocked already");
}

/// A filter without an address would refuse every mail.
#[tokio::test]
async fn a_sender_without_an_address_is_not_blocked() {
    let desk = Desk::open().await;
    desk.sql("UPDATE tbltickets SET email = ' ' WHERE id = 4").await;
    desk.reply("action=BlockTicketSender&ticketid=4").await;
    assert_eq!(desk.rows("id", "tblticketspamfilters").await, Vec::<String>::new());
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let desk = Desk::open().await;
    desk.assign("1").await;
    for (request, message) in [
        ("", "Ticket ID Required"),
        ("ticketid=0", "Ticket ID Required"),
        ("ticketid=99", "Ticket ID Not Found"),
        ("ticketid=x", "Ticket ID Not Found"),
        // In a department of others.
        ("ticketid=4&delete=1", "Ticket ID Not Found"),
        ("ticketid=1&delete=1", "A Client Cannot Be Blocked"),
    ] {
        desk.refuse_and_keep(&format!("action=BlockTicketSender&{request}"), message).await;
    }
}
