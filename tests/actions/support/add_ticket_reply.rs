use std::fs;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use whmcs_api::config::{Attachments, Settings};

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &[
        "OpenTicket&clientid=1&deptid=1&subject=x&message=x&attachments=W3sibmFtZSI6ICJsb2cudHh0IiwgImRhdGEiOiAiZUE9PSJ9XQ%3D%3D",
        "AddTicketReply&ticketid={id}&clientid=1&message=x&attachments=W3sibmFtZSI6ICJsb2cudHh0IiwgImRhdGEiOiAiZUE9PSJ9XQ%3D%3D",
    ],
    setup: include_str!("../../support/fixtures/one_ticket.sql"),
    writing: &[
        "AddTicketReply&ticketid=1000&adminusername=alice&message=x&status=Open&customfields[1000]=x",
        "AddTicketReply&ticketid=1000&name=x&email=x@example.com&message=x",
        "AddTicketReply&ticketid=1000&clientid=1&contactid=1000&message=x",
    ],
    every_parameter: "AddTicketReply&ticketid=1&adminusername=admin&clientid=1&contactid=1&name=x&email=x@example.com&message=x&markdown=1&useMarkdown=1&created=2026-11-20&attachments=W10=&status=Open&noemail=1&customfields=YTowOnt9",
};

const REPLY: &str = "tid, userid, contactid, name, email, date, message, admin, attachment, rating, editor";
const TICKET: &str = "status, lastreply, clientunread, adminunread, updated_at";

async fn with_tickets() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/tickets.sql")).await;
    api.sql("UPDATE tbltickets SET adminunread = '1,2'").await;
    api
}

#[tokio::test]
async fn a_client_replies() {
    let api = with_tickets().await;
    api.check(
        "action=AddTicketReply&ticketid=1&message=This+is+a+sample+ticket+reply&clientid=1&markdown=true",
        r#"{"result":"success","replyid":"5"}"#,
    )
    .await;
    assert_eq!(
        api.rows(REPLY, "tblticketreplies WHERE id > 4").await,
        ["1 | 1 | 0 |  |  | 2026-11-20 12:30:00 | This is a sample ticket reply |  |  | 0 | markdown"]
    );
    assert_eq!(
        api.rows(TICKET, "tbltickets WHERE id = 1").await,
        ["Customer-Reply | 2026-11-20 12:30:00 | 0 |  | 2026-11-20 12:30:00"]
    );
    assert_eq!(
        api.rows(TICKET, "tbltickets WHERE id = 2").await,
        ["Open | 2026-11-02 10:00:00 | 0 | 1,2 | 2026-11-02 10:00:00"]
    );
    assert_eq!(api.rows("tid, action", "tblticketlog").await, ["1 | New Ticket Response"]);
    assert_eq!(api.rows("description, userid", "tblactivitylog").await, ["New Ticket Response - Ticket ID: 1 | 1"]);
    assert!(api.rows("id", "tblemails").await.is_empty(), "clients get no mail about their own replies");
}

#[tokio::test]
async fn staff_reply_and_the_client_is_told() {
    let api = with_tickets().await;
    api.sql("UPDATE tbltickets SET cc = 'x@example.com, y@example.com' WHERE id = 2").await;
    api.reply("action=AddTicketReply&ticketid=2&message=Better%3F&adminusername=alice&clientid=9&name=x").await;
    assert_eq!(
        api.rows(REPLY, "tblticketreplies WHERE id > 4").await,
        ["2 | 1 | 0 |  |  | 2026-11-20 12:30:00 | Better? | Alice Adams |  | 0 | plain"]
    );
    assert_eq!(
        api.rows(TICKET, "tbltickets WHERE id = 2").await,
        ["Answered | 2026-11-20 12:30:00 | 1 | 1,2 | 2026-11-20 12:30:00"]
    );
    assert_eq!(api.rows("action", "tblticketlog").await, ["New Ticket Response made by Alice Adams"]);
    assert_eq!(
        api.rows("userid, `to`, cc, subject, message", "tblemails").await,
        ["1 | one@example.com | carl@example.com,x@example.com,y@example.com | Re: Mail is slow | \
          One Client|Better?|Answered|Technical"]
    );
    let reply = api.reply("action=GetTicket&ticketid=2&repliessort=DESC").await;
    assert_eq!(reply["replies"]["reply"][1]["requestor_type"], "Operator");
}

#[tokio::test]
async fn mails_go_to_guests_too_and_to_nobody_where_none_is_wanted() {
    let api = with_tickets().await;
    for (request, to) in [
        ("ticketid=4&adminusername=bob", vec!["gus@example.com"]),
        ("ticketid=4&adminusername=bob&noemail=1", vec![]),
        ("ticketid=4&name=Gus&email=gus@example.com", vec![]),
        // The ticket's department was deleted.
        ("ticketid=6&adminusername=bob&noemail=false", vec!["two@example.com"]),
    ] {
        api.sql("DELETE FROM tblemails").await;
        api.reply(&format!("action=AddTicketReply&message=x&{request}")).await;
        assert_eq!(api.rows("`to`", "tblemails").await, to, "{request}");
    }
    assert_eq!(api.rows("admin", "tblticketreplies ORDER BY id DESC LIMIT 1").await, ["bob"]);
}

#[tokio::test]
async fn keeps_who_replied() {
    let api = with_tickets().await;
    for (request, written) in [
        ("clientid=2", "2 | 0 |  | "),
        ("clientid=1&contactid=1&name=x&email=x", "1 | 1 |  | "),
        ("name=Gina&email=gina@example.com", "0 | 0 | Gina | gina@example.com"),
    ] {
        api.reply(&format!("action=AddTicketReply&ticketid=1&message=x&{request}")).await;
        let row = api.rows("userid, contactid, name, email", "tblticketreplies ORDER BY id DESC LIMIT 1").await;
        assert_eq!(row, [written], "{request}");
    }
}

#[tokio::test]
async fn sets_the_status_that_is_asked_for() {
    let api = with_tickets().await;
    for (request, status) in [
        ("clientid=1", "Customer-Reply"),
        ("adminusername=alice", "Answered"),
        ("adminusername=alice&status=in+progress", "In Progress"),
        ("clientid=1&status=Closed", "Closed"),
    ] {
        api.reply(&format!("action=AddTicketReply&ticketid=1&message=x&{request}")).await;
        assert_eq!(api.rows("status", "tbltickets WHERE id = 1").await, [status], "{request}");
    }
}

#[tokio::test]
async fn an_older_reply_is_not_the_last_one() {
    let api = with_tickets().await;
    let last = async |created: &str| {
        api.reply(&format!("action=AddTicketReply&ticketid=1&message=x&clientid=1&created={created}")).await;
        let date = api.rows("date", "tblticketreplies ORDER BY id DESC LIMIT 1").await.remove(0);
        (date, api.rows("lastreply", "tbltickets WHERE id = 1").await.remove(0))
    };
    assert_eq!(last("2026-11-01").await, ("2026-11-01 00:00:00".to_owned(), "2026-11-03 10:00:00".to_owned()));
    assert_eq!(
        last("2026-11-04T01:02:03Z").await,
        ("2026-11-04 01:02:03".to_owned(), "2026-11-04 01:02:03".to_owned())
    );
}

#[tokio::test]
async fn changes_custom_fields_and_keeps_files() {
    let folder = std::env::temp_dir().join(format!("whmcs-api-reply-{}", std::process::id()));
    let attachments = Attachments { dir: folder.clone(), ..Attachments::default() };
    let api = TestApi::with_settings(Settings { attachments, ..Settings::default() }).await;
    api.sql(include_str!("../../support/fixtures/tickets.sql")).await;
    api.sql(
        "INSERT INTO tblcustomfieldsvalues (id, fieldid, relid, value) VALUES (5, 101, 1, 'old'), (6, 101, 2, 'other')",
    )
    .await;
    let file = BASE64.encode(format!(r#"[{{"name":"a.txt","data":"{}"}}]"#, BASE64.encode("hello")));
    for value in ["new", "new", "newer"] {
        api.reply(&format!(
            "action=AddTicketReply&ticketid=1&message=x&clientid=1&customfields[101]={value}&customfields[102]=2&attachments={file}"
        ))
        .await;
    }
    assert_eq!(
        api.rows("id, fieldid, relid, value", "tblcustomfieldsvalues ORDER BY id").await,
        ["5 | 101 | 1 | newer", "6 | 101 | 2 | other", "7 | 102 | 1 | 2"]
    );
    let names = api.rows("attachment", "tblticketreplies WHERE id > 4").await;
    assert_eq!(names.len(), 3);
    for name in names {
        assert_eq!(fs::read(folder.join(name)).unwrap(), b"hello");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = with_tickets().await;
    let required = "Name and email address are required if not a client";
    for (request, message) in [
        ("clientid=9", "Ticket ID Not Found"),
        ("ticketid=99&clientid=9", "Ticket ID Not Found"),
        ("ticketid=x", "Ticket ID Not Found"),
        ("ticketid=1&clientid=9&contactid=9", "Client ID Not Found"),
        ("ticketid=1&clientid=1&contactid=2", "Contact ID Not Found"),
        ("ticketid=1", required),
        ("ticketid=1&name=Gus&message=x", required),
        ("ticketid=1&name=Gus&email=gus", "Message is required"),
        ("ticketid=1&clientid=1", "Message is required"),
        ("ticketid=1&message=x&name=Gus&email=gus&status=x", "Email Address Invalid"),
        ("ticketid=1&message=x&clientid=1&status=Lost&created=x", "Invalid Ticket Status"),
        ("ticketid=1&message=x&clientid=1&created=x", "Invalid Date Format"),
        ("ticketid=1&message=x&clientid=1&created=2026-11-20+12:30:01", "Reply creation date cannot be in the future"),
        ("ticketid=1&message=x&clientid=1&attachments=x", "attachments: not base64"),
    ] {
        api.refuse(&format!("action=AddTicketReply&{request}"), message).await;
    }
}
