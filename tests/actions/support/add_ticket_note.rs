use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &[
        "OpenTicket&clientid=1&deptid=1&subject=x&message=x&attachments=W3sibmFtZSI6ICJsb2cudHh0IiwgImRhdGEiOiAiZUE9PSJ9XQ%3D%3D",
        "AddTicketNote&ticketid={id}&message=x&attachments=W3sibmFtZSI6ICJsb2cudHh0IiwgImRhdGEiOiAiZUE9PSJ9XQ%3D%3D",
    ],
    setup: include_str!("../../support/fixtures/one_ticket.sql"),
    writing: &["AddTicketNote&ticketnum=T1000&message=x"],
    every_parameter: "AddTicketNote&ticketnum=100001&ticketid=1&message=x&markdown=1&useMarkdown=1&created=2026-11-20&attachments=W10=",
};

const NOTE: &str = "ticketid, admin, date, message, attachments, editor";

async fn with_tickets() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/tickets.sql")).await;
    api
}

#[tokio::test]
async fn notes_in_the_name_of_the_credentials_owner() {
    let api = with_tickets().await;
    for (request, written) in [
        (
            "ticketid=1&message=This+is+a+sample+ticket+note&markdown=true",
            "1 | Alice Adams | 2026-11-20 12:30:00 | This is a sample ticket note |  | markdown",
        ),
        ("ticketnum=100002&message=x", "2 | Alice Adams | 2026-11-20 12:30:00 | x |  | plain"),
        (
            "ticketnum=100002&ticketid=1&message=x&created=2026-01-01",
            "2 | Alice Adams | 2026-01-01 00:00:00 | x |  | plain",
        ),
    ] {
        api.check(&format!("action=AddTicketNote&{request}"), r#"{"result":"success"}"#).await;
        assert_eq!(api.rows(NOTE, "tblticketnotes ORDER BY id DESC LIMIT 1").await, [written], "{request}");
    }
    let ticket = "status, lastreply, updated_at";
    assert_eq!(
        api.rows(ticket, "tbltickets WHERE id = 1").await,
        ["Answered | 2026-11-03 10:00:00 | 2026-11-20 12:30:00"],
        "a note is not a reply"
    );
    assert_eq!(api.rows("tid, action", "tblticketlog LIMIT 1").await, ["1 | Ticket Note Added (by Alice Adams)"]);
    assert_eq!(
        api.rows("description, userid", "tblactivitylog LIMIT 1").await,
        ["Added Ticket Note - Ticket ID: 1 | 1"]
    );
    assert!(api.rows("id", "tblemails").await.is_empty());
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = with_tickets().await;
    for (request, message) in [
        ("", "Ticket ID not found"),
        ("ticketid=99", "Ticket ID not found"),
        ("ticketid=x&message=x", "Ticket ID not found"),
        ("ticketnum=99&ticketid=1&message=x", "Ticket ID not found"),
        ("ticketid=1", "Message is required"),
        ("ticketid=1&message=+&created=x", "Message is required"),
        ("ticketid=1&message=x&created=x", "Invalid Date Format"),
        ("ticketid=1&message=x&created=2027-01-01", "Ticket creation date cannot be in the future"),
        (
            "ticketid=1&message=x&attachments=W3sibmFtZSI6ImEuZXhlIiwiZGF0YSI6IiJ9XQ",
            "Attachment a.exe: this type of file is not allowed. Allowed are .jpg, .gif, .jpeg, .png, .txt, .pdf",
        ),
    ] {
        api.refuse(&format!("action=AddTicketNote&{request}"), message).await;
    }
}
