use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpdateTicket&ticketid=1&subject=x"],
    setup: include_str!("../../support/fixtures/one_ticket.sql"),
    writing: &["UpdateTicket&ticketid=1000&deptid=1000&status=Closed&userid=2&flag=2&customfields[1000]=x"],
    every_parameter: "UpdateTicket&ticketid=1&deptid=1&status=Open&subject=x&userid=1&name=x&email=x@example.com&cc=x@example.com&priority=Low&created=2026-11-20&flag=1&removeFlag=1&message=x&markdown=1&useMarkdown=1&customfields=YTowOnt9&preventClientClosure=1",
};

const TICKET: &str = "did, prevent_client_closure, status, title, userid, contactid, requestor_id, name, email, cc, urgency, \
                      date, flag, message, editor, updated_at";

async fn with_tickets() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/tickets.sql")).await;
    api
}

async fn ticket(api: &TestApi, id: i64) -> String {
    api.rows(TICKET, &format!("tbltickets WHERE id = {id}")).await.remove(0)
}

#[tokio::test]
async fn changes_what_is_named_and_nothing_else() {
    let api = with_tickets().await;
    let other = ticket(&api, 1).await;
    api.check(
        "action=UpdateTicket&ticketid=2&subject=This+is+a+sample+updated+ticket+subject&clientid=1",
        r#"{"result":"success","ticketid":"2"}"#,
    )
    .await;
    assert_eq!(
        ticket(&api, 2).await,
        "2 | 0 | Open | This is a sample updated ticket subject | 1 | 1 | 0 |  |  |  | Low | 2026-11-02 10:00:00 | 0 | Very. |  | \
         2026-11-20 12:30:00"
    );
    api.reply(
        "action=UpdateTicket&ticketid=2&deptid=1&status=in+progress&subject=S&userid=2&name=N&email=n@example.com\
         &cc=a@example.com,+b@example.com&priority=high&created=2026-01-02T03:04:05&flag=2&message=M&markdown=1\
         &preventClientClosure=1",
    )
    .await;
    assert_eq!(
        ticket(&api, 2).await,
        "1 | 1 | In Progress | S | 2 | 0 | 0 | N | n@example.com | a@example.com,b@example.com | High | 2026-01-02 03:04:05 | 2 | \
         M | markdown | 2026-11-20 12:30:00"
    );
    assert_eq!(
        api.rows("action", "tblticketlog WHERE tid = 2 ORDER BY id").await,
        [
            "Subject changed (by alice)",
            "Department changed to Sales (by alice)",
            "Status changed to In Progress (by alice)",
            "Subject changed (by alice)",
            "Assigned to Client ID: 2 (by alice)",
            "Priority changed to High (by alice)",
            "Flagged to bob (by alice)",
        ]
    );
    let log = api.rows("description, userid", "tblactivitylog ORDER BY id").await;
    assert_eq!(log, ["Modified Ticket - Ticket ID: 2 | 1", "Modified Ticket - Ticket ID: 2 | 2"]);
    assert_eq!(ticket(&api, 1).await, other);
    assert!(api.rows("id", "tblemails").await.is_empty());
}

#[tokio::test]
async fn logs_only_what_really_changes() {
    let api = with_tickets().await;
    api.reply(
        "action=UpdateTicket&ticketid=1&deptid=1&status=answered&subject=Printer+on+fire&userid=1&priority=High&flag=1",
    )
    .await;
    assert!(api.rows("action", "tblticketlog").await.is_empty());
    for (request, flag, line) in [
        ("removeFlag=0&flag=2", "2", "Flagged to bob (by alice)"),
        ("removeFlag=1&flag=1", "0", "Flag removed (by alice)"),
        ("flag=1", "1", "Flagged to Alice Adams (by alice)"),
    ] {
        api.reply(&format!("action=UpdateTicket&ticketid=1&{request}")).await;
        assert_eq!(api.rows("flag", "tbltickets WHERE id = 1").await, [flag]);
        assert_eq!(api.rows("action", "tblticketlog ORDER BY id DESC LIMIT 1").await, [line]);
    }
}

#[tokio::test]
async fn a_department_decides_who_closes_its_tickets() {
    let api = with_tickets().await;
    for (request, prevents) in [
        ("deptid=1", "0"),
        ("deptid=3", "1"),
        // Moving back does not lift the prevention by itself.
        ("deptid=1", "1"),
        ("preventClientClosure=0", "0"),
        ("deptid=3&preventClientClosure=false", "0"),
    ] {
        api.reply(&format!("action=UpdateTicket&ticketid=1&{request}")).await;
        assert_eq!(api.rows("prevent_client_closure", "tbltickets WHERE id = 1").await, [prevents], "{request}");
    }
}

#[tokio::test]
async fn another_clients_ticket_loses_its_contact_and_user() {
    let api = with_tickets().await;
    for (request, people) in [
        ("ticketid=2&userid=1", "1 | 1 | 0"),
        ("ticketid=2&userid=2", "2 | 0 | 0"),
        ("ticketid=3&userid=1", "1 | 0 | 2"),
        ("ticketid=3&userid=3", "3 | 0 | 0"),
    ] {
        api.reply(&format!("action=UpdateTicket&{request}")).await;
        let id = &request[9..10];
        let row = api.rows("userid, contactid, requestor_id", &format!("tbltickets WHERE id = {id}")).await;
        assert_eq!(row, [people], "{request}");
    }
}

#[tokio::test]
async fn custom_fields_are_those_of_the_department_it_is_in_then() {
    let api = with_tickets().await;
    api.reply("action=UpdateTicket&ticketid=1&customfields[101]=one&customfields[103]=three").await;
    api.reply("action=UpdateTicket&ticketid=1&deptid=2&customfields[101]=no&customfields[103]=yes").await;
    let values = api.rows("fieldid, relid, value", "tblcustomfieldsvalues ORDER BY id").await;
    assert_eq!(values, ["101 | 1 | one", "103 | 1 | yes"]);
}

#[tokio::test]
async fn the_editor_stays_unless_it_is_named() {
    let api = with_tickets().await;
    for (request, editor) in [
        ("markdown=1", "markdown"),
        ("message=x", "markdown"),
        ("markdown=0", "plain"),
        ("useMarkdown=true", "markdown"),
    ] {
        api.reply(&format!("action=UpdateTicket&ticketid=1&{request}")).await;
        assert_eq!(api.rows("editor", "tbltickets WHERE id = 1").await, [editor], "{request}");
    }
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = with_tickets().await;
    let priority = "Invalid Ticket Priority. Valid priorities are: Low,Medium,High";
    let status = "Invalid Ticket Status. Valid statuses are: Open,Answered,Customer-Reply,On Hold,In Progress,Closed";
    for (request, message) in [
        ("deptid=9", "Ticket ID Not Found"),
        ("ticketid=99", "Ticket ID Not Found"),
        ("ticketid=x", "Ticket ID Not Found"),
        ("ticketid=1&deptid=9&priority=x", "Department ID Not Found"),
        ("ticketid=1&deptid=x", "Department ID Not Found"),
        ("ticketid=1&priority=Urgent&status=x", priority),
        ("ticketid=1&status=Lost&created=x", status),
        ("ticketid=1&status[]=Open", status),
        ("ticketid=1&created=x&userid=9", "Invalid Date Format"),
        ("ticketid=1&created=2026-11-20+12:30:01", "Ticket creation date cannot be in the future"),
        ("ticketid=1&userid=9", "Client ID Not Found"),
        ("ticketid=1&email=x", "Email Address Invalid"),
        ("ticketid=1&cc=a@example.com,x", "Email Address Invalid"),
        ("ticketid=1&cc=,", "Email Address Invalid"),
        ("ticketid=1&cc=+", "Email Address Invalid"),
        ("ticketid=1&cc=a@example.com%0ABcc:+b@example.com", "Email Address Invalid"),
        ("ticketid=1&flag=3", "Admin ID Not Found"),
        ("ticketid=1&flag=x", "Admin ID Not Found"),
    ] {
        api.refuse(&format!("action=UpdateTicket&{request}"), message).await;
    }
    api.sql("INSERT INTO tblticketstatuses (title, sortorder) VALUES ('Two', 2), ('One', 1)").await;
    api.refuse("action=UpdateTicket&ticketid=1&status=Open", "Invalid Ticket Status. Valid statuses are: One,Two")
        .await;
}
