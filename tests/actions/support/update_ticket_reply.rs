use crate::support::Calls;
use crate::support::desk::Desk;

pub const CALLS: Calls = Calls {
    demo: &["UpdateTicketReply&replyid=1&message=x"],
    setup: "INSERT INTO tbltickets (id) VALUES (1000); INSERT INTO tblticketreplies (id, tid) VALUES (1000, 1000)",
    writing: &["UpdateTicketReply&replyid=1000&message=x"],
    every_parameter: "UpdateTicketReply&replyid=1&message=x&markdown=1&created=2026-11-20",
};

const REPLY: &str = "userid, date, message, admin, attachment, rating, editor";

#[tokio::test]
async fn changes_the_message_and_what_is_named() {
    let desk = Desk::open().await;
    let other = desk.rows(REPLY, "tblticketreplies WHERE id = 2").await;
    for (request, row, last) in [
        ("message=New", "1 | 2026-11-01 11:00:00 | New | Alice Adams |  | 5 | ", "2026-11-03 10:00:00"),
        (
            "message=*New*&markdown=true",
            "1 | 2026-11-01 11:00:00 | *New* | Alice Adams |  | 5 | markdown",
            "2026-11-03 10:00:00",
        ),
        ("message=x", "1 | 2026-11-01 11:00:00 | x | Alice Adams |  | 5 | markdown", "2026-11-03 10:00:00"),
        (
            "message=x&markdown=0&created=2026-11-19T08:00:00",
            "1 | 2026-11-19 08:00:00 | x | Alice Adams |  | 5 | plain",
            "2026-11-19 08:00:00",
        ),
        (
            "message=x&created=2026-11-20+12:30:00",
            "1 | 2026-11-20 12:30:00 | x | Alice Adams |  | 5 | plain",
            "2026-11-20 12:30:00",
        ),
    ] {
        let reply = r#"{"result":"success","replyid":"1"}"#;
        desk.check(&format!("action=UpdateTicketReply&replyid=1&{request}"), reply).await;
        assert_eq!(desk.rows(REPLY, "tblticketreplies WHERE id = 1").await, [row], "{request}");
        assert_eq!(desk.rows("lastreply", "tbltickets WHERE id = 1").await, [last], "{request}");
    }
    assert_eq!(desk.rows(REPLY, "tblticketreplies WHERE id = 2").await, other);
    let log = desk.rows("tid, action", "tblticketlog LIMIT 1").await;
    assert_eq!(log, ["1 | Modified Ticket Reply (ID: 1) (by alice)"]);
    assert!(desk.rows("id", "tblemails").await.is_empty());
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let desk = Desk::open().await;
    desk.assign("1").await;
    for (request, message) in [
        ("message=", "Reply ID Required"),
        ("replyid=99", "Message is Required"),
        ("replyid=1&message=+", "Message is Required"),
        ("replyid=99&message=x&created=x", "Reply ID Not Found"),
        ("replyid=0&message=x", "Reply ID Not Found"),
        ("replyid=x&message=x", "Reply ID Not Found"),
        // In a department of others.
        ("replyid=4&message=x", "Reply ID Not Found"),
        ("replyid=1&message=x&created=x", "Invalid Date Format"),
        ("replyid=1&message=x&created=2026-11-20+12:30:01", "Reply creation date cannot be in the future"),
    ] {
        desk.refuse(&format!("action=UpdateTicketReply&{request}"), message).await;
    }
}
