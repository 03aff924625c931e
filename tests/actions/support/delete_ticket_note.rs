use crate::support::Calls;
use crate::support::desk::Desk;

pub const CALLS: Calls = Calls {
    demo: &["DeleteTicketNote&noteid=3"],
    setup: "INSERT INTO tbltickets (id) VALUES (1000); INSERT INTO tblticketnotes (id, ticketid) VALUES (1000, 1000)",
    writing: &["DeleteTicketNote&noteid=1000"],
    every_parameter: "DeleteTicketNote&noteid=1",
};

#[tokio::test]
async fn its_files_go_along() {
    let desk = Desk::open().await;
    desk.check("action=DeleteTicketNote&noteid=1", r#"{"result":"success"}"#).await;
    assert_eq!(desk.rows("id", "tblticketnotes").await, ["2"]);
    assert_eq!(desk.files(), ["000001_ash.txt", "123456_fire_1.png", "654321_fire.txt"]);
    let ticket = "2026-11-03 10:00:00 | 2026-11-20 12:30:00";
    assert_eq!(desk.rows("lastreply, updated_at", "tbltickets WHERE id = 1").await, [ticket]);
    assert_eq!(desk.rows("tid, action", "tblticketlog").await, ["1 | Deleted Ticket Note (ID: 1) (by alice)"]);
    let line = "Deleted Ticket Note (ID: 1) - Ticket ID: 1 | 1";
    assert_eq!(desk.rows("description, userid", "tblactivitylog").await, [line]);
}

#[tokio::test]
async fn refuses_what_is_no_note_of_the_caller() {
    let desk = Desk::open().await;
    desk.assign("2").await;
    for note in ["", "0", "99", "x", "1"] {
        desk.refuse_and_keep(&format!("action=DeleteTicketNote&noteid={note}"), "Note ID Not Found").await;
    }
}
