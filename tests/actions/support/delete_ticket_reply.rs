use crate::support::Calls;
use crate::support::desk::Desk;

pub const CALLS: Calls = Calls {
    demo: &[
        "OpenTicket&clientid=1&deptid=1&subject=x&message=x",
        "AddTicketReply&ticketid={id}&clientid=1&message=x",
        "DeleteTicketReply&ticketid={id}&replyid={replyid}",
    ],
    setup: "INSERT INTO tbltickets (id) VALUES (1000); INSERT INTO tblticketreplies (id, tid) VALUES (1000, 1000)",
    writing: &["DeleteTicketReply&ticketid=1000&replyid=1000"],
    every_parameter: "DeleteTicketReply&ticketid=1&replyid=1",
};

#[tokio::test]
async fn its_files_go_along_and_the_last_reply_is_the_latest_left() {
    let desk = Desk::open().await;
    for (reply, left, last) in [
        ("3", vec!["1", "2", "4"], "2026-11-02 11:00:00"),
        ("2", vec!["1", "4"], "2026-11-01 11:00:00"),
        // Without replies, the ticket was last changed when it was opened.
        ("1", vec!["4"], "2026-11-01 10:00:00"),
    ] {
        let request = format!("action=DeleteTicketReply&ticketid=1&replyid={reply}");
        desk.check(&request, r#"{"result":"success"}"#).await;
        assert_eq!(desk.rows("id", "tblticketreplies ORDER BY id").await, left);
        let ticket = desk.rows("lastreply, updated_at", "tbltickets WHERE id = 1").await;
        assert_eq!(ticket, [format!("{last} | 2026-11-20 12:30:00")]);
    }
    assert_eq!(desk.files(), ["123456_fire_1.png", "654321_fire.txt", "777777_map.pdf"]);
    let log = desk.rows("tid, action", "tblticketlog ORDER BY id LIMIT 1").await;
    assert_eq!(log, ["1 | Deleted Ticket Reply (ID: 3) (by alice)"]);
    let line = "Deleted Ticket Reply (ID: 3) - Ticket ID: 1 | 1";
    assert_eq!(desk.rows("description, userid", "tblactivitylog ORDER BY id LIMIT 1").await, [line]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let desk = Desk::open().await;
    desk.assign("1").await;
    for (request, message) in [
        ("", "Ticket ID Required"),
        ("ticketid=0&replyid=1", "Ticket ID Required"),
        ("ticketid=99", "Reply ID Required"),
        ("ticketid=99&replyid=9", "Ticket ID Not Found"),
        ("ticketid=x&replyid=1", "Ticket ID Not Found"),
        ("ticketid=5&replyid=1", "Ticket ID Not Found"),
        // In a department of others.
        ("ticketid=2&replyid=4", "Ticket ID Not Found"),
        ("ticketid=1&replyid=4", "Reply ID Not Found"),
        ("ticketid=1&replyid=0", "Reply ID Not Found"),
        ("ticketid=1&replyid=99", "Reply ID Not Found"),
        ("ticketid=1&replyid=x", "Reply ID Not Found"),
    ] {
        desk.refuse_and_keep(&format!("action=DeleteTicketReply&{request}"), message).await;
    }
}
