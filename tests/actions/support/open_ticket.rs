use std::fs;
use std::path::PathBuf;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Value, json};
use tower::ServiceExt;
use whmcs_api::config::{Attachments, Settings};

use crate::support::{CREDENTIAL, Calls, Cut, Proxy, TestApi, all, post, serve};

pub const CALLS: Calls = Calls {
    demo: &[
        "OpenTicket&clientid=1&deptid=1&subject=x&message=x&attachments=W3sibmFtZSI6ICJsb2cudHh0IiwgImRhdGEiOiAiZUE9PSJ9XQ%3D%3D",
    ],
    setup: include_str!("../../support/fixtures/one_ticket.sql"),
    writing: &[
        "OpenTicket&clientid=1&userid=1000&deptid=1000&subject=x&message=x&serviceid=1000&domainid=1000&admin=1&customfields[1000]=x",
        "OpenTicket&clientid=1&contactid=1000&deptid=1000&subject=x&message=x",
        "OpenTicket&name=x&email=x@example.com&deptid=1000&subject=x&message=x",
    ],
    every_parameter: "OpenTicket&clientid=1&userid=1&contactid=1&name=x&email=x@example.com&deptid=1&subject=x&message=x&markdown=1&useMarkdown=1&created=2026-11-20&attachments=W10=&priority=Low&serviceid=1&domainid=1&admin=1&noemail=1&customfields=YTowOnt9&preventClientClosure=1",
};

const TICKET: &str = "tid, did, userid, contactid, requestor_id, prevent_client_closure, name, email, cc, ipaddress, date, title, \
                      message, status, urgency, admin, attachment, lastreply, flag, clientunread, adminunread, service, \
                      editor, updated_at";
const MAILS: &str = "m.userid, m.`to`, m.cc, m.subject, m.message";

/// A folder for attachments, which is removed after the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(test: &str) -> Folder {
        Folder(std::env::temp_dir().join(format!("whmcs-api-{test}-{}", std::process::id())))
    }

    pub fn settings(&self) -> Settings {
        let attachments = Attachments { dir: self.0.clone(), file_bytes: 100, ..Attachments::default() };
        Settings { attachments, ..Settings::default() }
    }

    /// Removes the files, and returns their names without the random number and their contents.
    pub fn take(&self) -> Vec<(String, Vec<u8>)> {
        let take = |name: String| {
            let content = fs::read(self.0.join(&name)).unwrap();
            fs::remove_file(self.0.join(&name)).unwrap();
            (name.split_once('_').unwrap().1.to_owned(), content)
        };
        self.files().into_iter().map(take).collect()
    }

    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(&self.0).into_iter().flatten();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn with_tickets(settings: Settings) -> TestApi {
    let api = TestApi::with_settings(settings).await;
    api.sql(include_str!("../../support/fixtures/tickets.sql")).await;
    api
}

async fn api() -> TestApi {
    with_tickets(Settings::default()).await
}

/// Encodes a parameter in base64 for a form.
fn base64(name: &str, text: &str) -> String {
    serde_urlencoded::to_string([(name, BASE64.encode(text))]).unwrap()
}

fn attachments(files: &Value) -> String {
    base64("attachments", &files.to_string())
}

/// Sends a multipart form with files, each given by parameter, name and content.
pub async fn upload(api: &TestApi, request: &str, files: &[(&str, &str, &str)]) -> (u16, String) {
    let request = format!("{CREDENTIAL}&responsetype=json&{request}");
    let pairs = request.split('&').filter_map(|pair| pair.split_once('='));
    let texts = pairs.map(|(name, value)| (format!("name=\"{name}\""), value));
    let files = files.iter().map(|(name, file, content)| (format!("name=\"{name}\"; filename=\"{file}\""), *content));
    let parts = texts.chain(files);
    let part = |(head, content)| format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n");
    let body: Vec<String> = parts.map(part).collect();
    let request = Request::post("/includes/api.php")
        .header("content-type", "multipart/form-data; boundary=x")
        .body(Body::from(body.concat() + "--x--\r\n"))
        .unwrap();
    let response = api.router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn opens_the_documented_example() {
    let api = api().await;
    let reply = api
        .reply(
            "action=OpenTicket&deptid=1&subject=This+is+a+sample+ticket&message=This+is+a+**sample**+ticket+message\
             &clientid=1&priority=Medium&markdown=true&preventClientClosure=true",
        )
        .await;
    let (number, code) = (reply["tid"].as_str().unwrap(), reply["c"].as_str().unwrap());
    assert_eq!(reply, json!({"result": "success", "id": "7", "tid": number, "c": code}));
    assert!(number.len() == 6 && number.bytes().all(|byte| byte.is_ascii_digit()), "{number}");
    assert!(code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{code}");
    let written = format!(
        "{number} | 1 | 1 | 0 | 0 | 1 |  |  |  | 127.0.0.1 | 2026-11-20 12:30:00 | This is a sample ticket | \
         This is a **sample** ticket message | Open | Medium |  |  | 2026-11-20 12:30:00 | 0 | 0 |  |  | markdown | \
         2026-11-20 12:30:00"
    );
    assert_eq!(api.rows(TICKET, "tbltickets WHERE id = 7").await, [written]);
    assert_eq!(api.rows("c", "tbltickets WHERE id = 7").await, [code]);
    assert_eq!(
        api.rows("tid, action, date", "tblticketlog").await,
        ["7 | New Support Ticket Opened | 2026-11-20 12:30:00"]
    );
    let log = format!("New Support Ticket Opened - Ticket ID: 7 - Ticket Number: {number} | 1");
    assert_eq!(api.rows("description, userid", "tblactivitylog").await, [log]);
    let url = format!("https://www.example.com/whmcs/viewticket.php?tid={number}&amp;c={code}");
    let mail = format!(
        "1 | one@example.com | carl@example.com | Opened {number}: This is a sample ticket | \
         One Client|{number}|Sales|This is a **sample** ticket message|Open|Medium|{url}|<a href=\"{url}\">{url}</a>|{code}|20/11/2026 12:30"
    );
    assert_eq!(api.rows(MAILS, "tblemails m").await, [mail]);
    let read = api.reply(&format!("action=GetTicket&ticketnum={number}")).await;
    assert_eq!(read["id"], reply["id"], "the same on both sides");
}

#[tokio::test]
async fn keeps_who_opened_it_and_what_it_is_about() {
    let api = api().await;
    let columns = "userid, contactid, requestor_id, name, email, admin, clientunread, service, urgency, editor, \
                   prevent_client_closure";
    for (request, written) in [
        ("clientid=1", "1 | 0 | 0 |  |  |  | 0 |  | Medium | plain | 0"),
        ("clientid=1&userid=2&contactid=9", "1 | 0 | 2 |  |  |  | 0 |  | Medium | plain | 0"),
        ("clientid=1&contactid=1&name=x&email=x", "1 | 1 | 0 |  |  |  | 0 |  | Medium | plain | 0"),
        (
            "name=Gus&email=gus@example.com&userid=9&contactid=9",
            "0 | 0 | 0 | Gus | gus@example.com |  | 0 |  | Medium | plain | 0",
        ),
        ("clientid=1&serviceid=12&priority=high", "1 | 0 | 0 |  |  |  | 0 | S12 | High | plain | 0"),
        ("clientid=1&domainid=3&useMarkdown=1", "1 | 0 | 0 |  |  |  | 0 | D3 | Medium | markdown | 0"),
        ("clientid=1&domainid=3&serviceid=12&markdown=0", "1 | 0 | 0 |  |  |  | 0 | S12 | Medium | plain | 0"),
        ("clientid=1&admin=1", "1 | 0 | 0 |  |  | Alice Adams | 1 |  | Medium | plain | 0"),
        ("clientid=1&admin=false", "1 | 0 | 0 |  |  |  | 0 |  | Medium | plain | 0"),
        ("clientid=1&deptid=3", "1 | 0 | 0 |  |  |  | 0 |  | Medium | plain | 1"),
        ("clientid=1&deptid=3&preventClientClosure=0", "1 | 0 | 0 |  |  |  | 0 |  | Medium | plain | 0"),
    ] {
        api.reply(&format!("action=OpenTicket&deptid=1&subject=x&message=y&{request}")).await;
        assert_eq!(api.rows(columns, "tbltickets ORDER BY id DESC LIMIT 1").await, [written], "{request}");
    }
    let log = api.rows("action", "tblticketlog WHERE action LIKE '%(%'").await;
    assert_eq!(log, ["New Support Ticket Opened (by Alice Adams)"]);
}

#[tokio::test]
async fn may_have_been_opened_before() {
    let api = api().await;
    for (created, written) in [
        ("2026-01-02+03:04:05", "2026-01-02 03:04:05 | 2026-01-02 03:04:05 | 2026-11-20 12:30:00"),
        ("2026-01-02T03:04:05%2B02:00", "2026-01-02 01:04:05 | 2026-01-02 01:04:05 | 2026-11-20 12:30:00"),
        ("2026-11-20+12:30:00", "2026-11-20 12:30:00 | 2026-11-20 12:30:00 | 2026-11-20 12:30:00"),
    ] {
        api.reply(&format!("action=OpenTicket&clientid=1&deptid=1&subject=x&message=y&created={created}")).await;
        let dates = api.rows("date, lastreply, updated_at", "tbltickets ORDER BY id DESC LIMIT 1").await;
        assert_eq!(dates, [written], "{created}");
    }
}

#[tokio::test]
async fn sends_a_mail_where_one_is_wanted() {
    let api = api().await;
    for (request, mails) in [
        ("clientid=2&deptid=1", 1),
        ("clientid=2&deptid=1&noemail=1", 0),
        ("clientid=2&deptid=1&noemail=0", 1),
        // The department sends no mail about tickets that clients open, but about those that staff opens.
        ("clientid=2&deptid=2", 0),
        ("clientid=2&deptid=2&admin=1", 1),
        ("name=Gus&email=gus@example.com&deptid=1", 1),
        ("name=Gus&email=gus@example.com&deptid=1&admin=1", 1),
    ] {
        api.sql("DELETE FROM tblemails").await;
        api.reply(&format!("action=OpenTicket&subject=Su%3Cb%3E&message=Me&{request}")).await;
        let sent = api.rows(MAILS, "tblemails m").await;
        assert_eq!(sent.len(), mails, "{request}: {sent:?}");
        if request.contains("admin=1") && request.contains("name=") {
            assert_eq!(sent, ["0 | gus@example.com |  | Opened for you: Su<b> | Gus|Me"]);
        }
    }
}

#[tokio::test]
async fn long_messages_are_cut_in_mails_alone() {
    let api = api().await;
    let message = "%22%0A".repeat(30_000);
    api.reply(&format!("action=OpenTicket&clientid=1&deptid=1&subject=x&message={message}")).await;
    assert_eq!(api.rows("LENGTH(message)", "tbltickets WHERE id = 7").await, ["60000"]);
    assert_eq!(api.rows("message LIKE '%&quot;<br />\n...|Open%'", "tblemails").await, ["1"]);
}

#[tokio::test]
async fn sets_the_departments_custom_fields() {
    let api = api().await;
    let fields = base64("customfields", r#"a:4:{i:101;s:3:"App";i:102;i:8;i:103;s:1:"x";i:104;s:1:"x";}"#);
    let request = "action=OpenTicket&clientid=1&deptid=1&subject=x&message=y";
    api.reply(&format!("{request}&{fields}")).await;
    let values = "fieldid, relid, value, created_at";
    assert_eq!(
        api.rows(values, "tblcustomfieldsvalues ORDER BY id").await,
        ["101 | 7 | App | 2026-11-20 12:30:00", "102 | 7 | 8 | 2026-11-20 12:30:00"],
        "fields of other departments and of products are ignored"
    );
    api.refuse(&format!("{request}&customfields=x"), "customfields: not base64").await;
    api.refuse(&format!("{request}&customfields[101][a]=x"), "customfields: a value is an array").await;
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = api().await;
    let required = "Name and email address are required if not a client";
    let future = "Ticket creation date cannot be in the future";
    let rest = "deptid=1&subject=x&message=y";
    let guest = "name=Gus&email=gus@example.com";
    let long = "x".repeat(65_536);
    for (request, message) in [
        ("clientid=9&userid=9&deptid=9", "Client ID Not Found"),
        ("clientid=one", "Client ID Not Found"),
        ("clientid=1&userid=3&contactid=9&deptid=9", "The system cannot find the provided user ID."),
        ("clientid=2&userid=1", "The system cannot find the provided user ID."),
        ("clientid=1&userid=x", "The system cannot find the provided user ID."),
        ("clientid=1&contactid=2&deptid=9", "Contact ID Not Found"),
        ("clientid=1&contactid=x", "Contact ID Not Found"),
        ("", required),
        ("clientid=&name=Gus&deptid=9", required),
        ("email=gus@example.com", required),
        ("name=+&email=gus@example.com", required),
        ("clientid=1", "Department ID not found"),
        ("clientid=1&deptid=9", "Department ID not found"),
        ("clientid=1&deptid=x&message=y", "Department ID not found"),
        ("clientid=1&deptid=1&message=y", "Subject is required"),
        ("clientid=1&deptid=1&subject=+&message=y", "Subject is required"),
        ("clientid=1&deptid=1&subject=x&serviceid=9", "Message is required"),
        ("clientid=1&deptid=1&subject=x&message[]=y", "Message is required"),
        (&format!("clientid=1&{rest}&serviceid=13&domainid=9"), "Service ID Not Found"),
        (&format!("{guest}&{rest}&serviceid=12"), "Service ID Not Found"),
        (&format!("clientid=1&{rest}&serviceid=x"), "Service ID Not Found"),
        (&format!("clientid=1&{rest}&domainid=4&created=x"), "Domain ID Not Found"),
        (&format!("name=Gus&email=gus&{rest}&created=x"), "Email Address Invalid"),
        (&format!("name=Gus&email=a@example.com%0ABcc:b@example.com&{rest}"), "Email Address Invalid"),
        (&format!("clientid=1&{rest}&created=yesterday&priority=x"), "Invalid Date Format"),
        (&format!("clientid=1&{rest}&created=2026-02-30"), "Invalid Date Format"),
        (&format!("clientid=1&{rest}&created=2026-11-20+12:30:01&priority=x"), future),
        (&format!("clientid=1&{rest}&created=2026-11-20T12:00:00-01:00"), future),
        (
            &format!("clientid=1&{rest}&priority=Urgent"),
            "Invalid Ticket Priority. Valid priorities are: Low,Medium,High",
        ),
        (
            &format!("clientid=1&deptid=1&subject={long}&message=y"),
            "subject is too long: at most 65535 bytes are allowed",
        ),
        (
            &format!("clientid=1&deptid=1&subject=x&message={long}"),
            "message is too long: at most 65535 bytes are allowed",
        ),
    ] {
        api.refuse(&format!("action=OpenTicket&{request}"), message).await;
    }
}

#[tokio::test]
async fn numbers_are_unique_and_codes_differ() {
    let api = api().await;
    let requests: Vec<String> = (0..40)
        .map(|number| match number % 2 {
            0 => format!("action=OpenTicket&clientid={}&deptid=1&subject=x&message=y&noemail=1", 1 + number % 4),
            _ => "action=OpenTicket&name=x&email=x@example.com&deptid=1&subject=x&message=y".to_owned(),
        })
        .collect();
    let replies = all(requests.iter().map(|request| api.reply(request))).await;
    let distinct = |key: &str| {
        let values: std::collections::BTreeSet<&str> =
            replies.iter().map(|reply| reply[key].as_str().unwrap()).collect();
        values.len()
    };
    assert_eq!((distinct("id"), distinct("tid"), distinct("c")), (40, 40, 40));
    assert_eq!(api.rows("COUNT(DISTINCT tid)", "tbltickets WHERE id > 6").await, ["40"]);
}

#[tokio::test]
async fn says_when_there_is_no_number_left() {
    let api = api().await;
    // A table of all ticket numbers, which is quick to fill.
    api.sql(
        "DROP TABLE tbltickets; CREATE TABLE tbltickets (tid int PRIMARY KEY, id int AS (tid)); \
         CREATE TABLE n (n int PRIMARY KEY); \
         INSERT INTO n WITH RECURSIVE n AS (SELECT 0 AS n UNION ALL SELECT n + 1 FROM n WHERE n < 948) SELECT n FROM n; \
         INSERT INTO tbltickets (tid) SELECT 100000 + a.n * 949 + b.n FROM n a STRAIGHT_JOIN n b",
    )
    .await;
    let (_, body) = api.send("action=OpenTicket&clientid=1&deptid=1&subject=x&message=y").await;
    assert_eq!(body, r#"{"result":"error","message":"Unable to generate ticket number"}"#);
}

#[tokio::test]
async fn attachments_are_kept_under_random_names() {
    let folder = Folder::new("kept");
    let api = with_tickets(folder.settings()).await;
    let files = json!([
        {"name": "sample_text_file.txt", "data": BASE64.encode("This is a sample text file contents")},
        {"name": "../../../etc/cron.d/evil|x.TXT", "data": "aGVs\nbG8"},
        {"name": "", "data": ""},
    ]);
    let request = "action=OpenTicket&clientid=1&deptid=1&subject=x&message=y";
    let (_, body) = api.send(&format!("{request}&{}", attachments(&files))).await;
    assert!(body.contains("Attachment : this type of file is not allowed"), "{body}");
    let files = json!(files.as_array().unwrap()[..2]);
    api.reply(&format!("{request}&{}", attachments(&files))).await;
    let column = api.rows("attachment", "tbltickets WHERE id = 7").await.remove(0);
    let names: Vec<&str> = column.split('|').collect();
    assert_eq!(names.len(), 2, "{column}");
    for (name, own) in names.iter().zip(["sample_text_file.txt", "evil_x.TXT"]) {
        let (number, rest) = name.split_once('_').unwrap();
        assert!(number.len() == 6 && number.bytes().all(|byte| byte.is_ascii_digit()) && rest == own, "{name}");
    }
    assert_eq!(fs::read(folder.0.join(names[0])).unwrap(), b"This is a sample text file contents");
    assert_eq!(fs::read(folder.0.join(names[1])).unwrap(), b"hello");
    assert_eq!(folder.files().len(), 2, "no other file was written");
    let reply = api.reply("action=GetTicket&ticketid=7").await;
    let shown = json!([{"filename": "sample_text_file.txt", "index": 0}, {"filename": "evil_x.TXT", "index": 1}]);
    assert_eq!(reply["replies"]["reply"][0]["attachments"], shown);
    // The files as an array in the form itself.
    api.reply(&format!("{request}&attachments[0][name]=a.txt&attachments[0][data]=eA==")).await;
    assert_eq!(folder.files().len(), 3);
}

#[tokio::test]
async fn attachments_may_come_as_a_multipart_form() {
    let folder = Folder::new("multipart");
    let api = with_tickets(folder.settings()).await;
    let files = [
        ("attachments[]", "a.txt", "x"),
        ("attachments[]", "b.pdf", "of b"),
        ("avatar", "c.txt", "x"),
        ("attachments", "", ""),
    ];
    let (status, body) = upload(&api, "action=OpenTicket&clientid=1&deptid=1&subject=x&message=y", &files).await;
    assert!(status == 200 && body.contains("success"), "{body}");
    let column = api.rows("attachment", "tbltickets WHERE id = 7").await.remove(0);
    let names: Vec<&str> = column.split('|').collect();
    assert!(names.len() == 2 && names[0].ends_with("_a.txt") && names[1].ends_with("_b.pdf"), "{column}");
    assert_eq!(fs::read(folder.0.join(names[1])).unwrap(), b"of b");
    assert_eq!(folder.files().len(), 2);
}

#[tokio::test]
async fn what_is_refused_leaves_no_file() {
    let folder = Folder::new("refused");
    let api = with_tickets(folder.settings()).await;
    let good = json!({"name": "a.txt", "data": "eA=="});
    let allowed = ".jpg, .gif, .jpeg, .png, .txt, .pdf";
    for (files, message) in [
        (
            json!([good, {"name": "x.exe", "data": "eA=="}]),
            format!("Attachment x.exe: this type of file is not allowed. Allowed are {allowed}"),
        ),
        (
            json!([good, {"name": "../x.php", "data": "eA=="}]),
            format!("Attachment x.php: this type of file is not allowed. Allowed are {allowed}"),
        ),
        (
            json!([good, {"name": "b.txt", "data": BASE64.encode([0; 101])}]),
            "Attachment b.txt: at most 100 bytes are allowed".to_owned(),
        ),
        (json!(vec![good.clone(); 101]), "At most 100 attachments are allowed".to_owned()),
        (json!([{"name": "a.txt", "data": "!"}]), "attachments: not base64".to_owned()),
        (json!([{"name": "a.txt"}]), "attachments: each file must have a name, and data in base64".to_owned()),
        (
            json!({"name": ["a.txt"], "tmp_name": ["/etc/passwd"]}),
            "attachments: each file must have a name, and data in base64".to_owned(),
        ),
        (json!("a.txt"), "attachments: not a list of files".to_owned()),
    ] {
        let request = "action=OpenTicket&clientid=1&deptid=1&subject=x&message=y";
        api.refuse(&format!("{request}&{}", attachments(&files)), &message).await;
    }
    // The database rejects the ticket after the files were written.
    api.sql("ALTER TABLE tbltickets MODIFY title varchar(5) NOT NULL").await;
    api.refuse(
        &format!("action=OpenTicket&clientid=1&deptid=1&subject=too+long&message=y&{}", attachments(&json!([good]))),
        "A value is too large, too long or has characters that the database cannot hold",
    )
    .await;
    assert!(folder.files().is_empty(), "{:?}", folder.files());
    // The folder is created with the first file, so it shows that one was written.
    assert!(folder.0.is_dir());
}

/// The connection is lost at the COMMIT, before or after it took effect: in both cases there is one ticket in the end,
/// and its file exists.
#[tokio::test]
async fn a_lost_commit_loses_no_file() {
    for (name, cut) in [("files-before", Cut::Before), ("files-after", Cut::After)] {
        let folder = Folder::new(name);
        let api = with_tickets(Settings::default()).await;
        let proxy = Proxy::start(name, api.database.options(), cut, 1);
        let (_connections, router) = serve(proxy.options(api.database.options()), folder.settings()).await;
        let files = attachments(&json!([{"name": "a.txt", "data": "eA=="}]));
        let request = format!("{CREDENTIAL}&action=OpenTicket&clientid=1&deptid=1&subject=x&message=y&{files}");
        let (status, body) = post(&router, &request).await;
        assert!(status == 200 && body.contains("success"), "{body}");
        assert_eq!(proxy.cuts_left(), 0);
        assert_eq!(api.rows("attachment", "tbltickets WHERE id > 6").await, folder.files(), "{cut:?}");
    }
}

#[tokio::test]
async fn the_same_key_with_another_file_is_another_request() {
    let folder = Folder::new("keys");
    let api = with_tickets(folder.settings()).await;
    let request = "action=OpenTicket&clientid=1&deptid=1&subject=x&message=y&idempotencykey=k";
    let send = async |content: &str| upload(&api, request, &[("attachments", "a.txt", content)]).await.0;
    assert_eq!(send("one").await, 200);
    assert_eq!(send("one").await, 200);
    assert_eq!(send("two").await, 422);
    assert_eq!(folder.files().len(), 1);
}
