use crate::support::Calls;
use crate::support::desk::{Desk, FILES};

pub const CALLS: Calls = Calls {
    demo: &[
        "OpenTicket&clientid=1&deptid=1&subject=x&message=x&attachments=W3sibmFtZSI6ICJsb2cudHh0IiwgImRhdGEiOiAiZUE9PSJ9XQ%3D%3D",
        "DeleteTicket&ticketid={id}",
    ],
    setup: include_str!("../../support/fixtures/one_ticket.sql"),
    writing: &["DeleteTicket&ticketid=1000"],
    every_parameter: "DeleteTicket&ticketid=1",
};

/// What belongs to tickets, each of the tickets 1, 4 and 5; 5 was merged into 1.
const BELONGINGS: &str = "INSERT INTO tblticketlog (tid, action) VALUES (1, 'x'), (4, 'x'), (5, 'x'); \
                          INSERT INTO tbltickettags (ticketid, tag) VALUES (1, 'x'), (4, 'x'), (5, 'x'); \
                          INSERT INTO tblticket_watchers (ticket_id, admin_id) VALUES (1, 1), (4, 1), (5, 1); \
                          INSERT INTO tblcustomfieldsvalues (fieldid, relid, value) VALUES \
                            (101, 1, 'x'), (101, 4, 'x'), (101, 5, 'x'), (104, 1, 'of a product')";

#[tokio::test]
async fn everything_goes_along_and_nothing_else() {
    let desk = Desk::open().await;
    desk.sql(BELONGINGS).await;
    desk.check("action=DeleteTicket&ticketid=1", r#"{"result":"success"}"#).await;
    for (columns, table, left) in [
        ("id", "tbltickets ORDER BY id", vec!["2", "3", "4", "6"]),
        ("id", "tblticketreplies", vec!["4"]),
        ("id", "tblticketnotes", vec!["2"]),
        ("tid", "tblticketlog", vec!["4"]),
        ("ticketid", "tbltickettags", vec!["4"]),
        ("ticket_id", "tblticket_watchers", vec!["4"]),
        ("CONCAT(fieldid, ' ', relid)", "tblcustomfieldsvalues ORDER BY fieldid, relid", vec!["101 4", "104 1"]),
    ] {
        assert_eq!(desk.rows(columns, table).await, left, "{table}");
    }
    assert_eq!(desk.files(), Vec::<String>::new());
    let line = "Deleted Ticket - Ticket ID: 1 - Ticket Number: 100001 | 1 | alice";
    assert_eq!(desk.rows("description, userid, user", "tblactivitylog").await, [line]);
}

#[tokio::test]
async fn files_of_others_stay() {
    let desk = Desk::open().await;
    desk.sql(
        "UPDATE tbltickets SET attachment = '123456_fire_1.png|../../../etc/passwd|000000_missing.txt' WHERE id = 4",
    )
    .await;
    desk.reply("action=DeleteTicket&ticketid=4").await;
    assert_eq!(desk.files(), ["000001_ash.txt", "654321_fire.txt", "777777_map.pdf"]);
}

/// The rows are those of a ticket until the transaction is committed, and so are the files.
#[tokio::test]
async fn a_roll_back_keeps_the_files() {
    let desk = Desk::open().await;
    desk.sql(
        "CREATE TRIGGER refuse BEFORE INSERT ON tblactivitylog FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'",
    )
    .await;
    let (_, body) = desk.send("action=DeleteTicket&ticketid=1").await;
    assert!(body.contains(r#""result":"error""#), "{body}");
    assert_eq!(desk.files(), FILES);
    assert_eq!(desk.rows("COUNT(*)", "tbltickets").await, ["6"]);
}

#[tokio::test]
async fn refuses_what_is_no_ticket_of_the_caller() {
    let desk = Desk::open().await;
    desk.assign("2").await;
    // 5 was merged into another ticket, and 1 and 4 are in departments of others.
    for ticket in ["", "0", "99", "x", "5", "1", "4"] {
        desk.refuse_and_keep(&format!("action=DeleteTicket&ticketid={ticket}"), "Ticket ID not found").await;
    }
}
