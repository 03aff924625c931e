//! Mails that a mail server hands over become tickets and replies, once.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use whmcs_api::attachments::Attachment;
use whmcs_api::config::{Attachments, Settings};
use whmcs_api::database::hosts::Hosts;
use whmcs_api::database::lease::Lease;
use whmcs_api::demo;
use whmcs_api::domain::id::TicketId;
use whmcs_api::operations::support::{MailOutcome, ReceivedMail};

use super::process::{stderr, whmcs_api};
use crate::support::{Scratch, SmtpServer, TestApi, UnusedAddress, api_with, demo, eventually, post};

/// A database with departments and tickets, and the folder of attachments.
struct Desk {
    api: TestApi,
    folder: Scratch,
}

impl Desk {
    async fn open(name: &str) -> Desk {
        let api = TestApi::new().await;
        api.sql(include_str!("../support/fixtures/tickets.sql")).await;
        api.sql(
            "UPDATE tblticketdepartments SET email = CONCAT(LOWER(name), '@desk.example'); \
             DELETE FROM tblticketreplies; DELETE FROM tbltickets WHERE id > 4",
        )
        .await;
        Desk { api, folder: Scratch::new(name) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = whmcs_api(&["mail", "receive"]);
        command.args(arguments).env("WHMCS_API_DATABASE_URL", self.api.database.url());
        command.env("WHMCS_API_ATTACHMENTS_DIR", self.folder.to_str().unwrap());
        command
    }

    /// Hands a mail over, and returns the exit code with what the program says.
    fn receive(&self, arguments: &[&str], mail: &[u8]) -> (i32, String) {
        let output = pipe(self.command(arguments), mail);
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    async fn log(&self) -> Vec<String> {
        self.api.rows("email, subject, status", "tblticketmaillog ORDER BY id").await
    }
}

fn pipe(mut command: Command, mail: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that ends early reads nothing.
    let _ = child.stdin.take().unwrap().write_all(mail);
    child.wait_with_output().unwrap()
}

fn mail(from: &str, to: &str, id: &str, rest: &str) -> String {
    format!("From: {from}\r\nTo: {to}\r\nMessage-ID: <{id}@mail.example>\r\n{rest}")
}

const TICKETS: &str = "tbltickets WHERE id > 4 ORDER BY id";

/// Multipart, quoted-printable, base64, another charset, and files, of which one may not be kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_becomes_a_ticket_once() {
    let desk = Desk::open("received-mail").await;
    let message = mail(
        "=?ISO-8859-1?Q?J=F6rg_O'Neil?= <Joerg@home.example>",
        "Sales <SALES@desk.example>, other@desk.example",
        "1",
        "Cc: boss@home.example\r\nSubject: =?UTF-8?B?R3LDtsOfZSA1IOKCrA==?=\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"out\"\r\n\r\n\
         --out\r\nContent-Type: multipart/alternative; boundary=\"in\"\r\n\r\n\
         --in\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
         Gr=F6=DFe & <b>=\r\n bold</b>\r\n\
         --in\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Other</p>\r\n--in--\r\n\
         --out\r\nContent-Type: text/plain; name=\"notes.txt\"\r\nContent-Disposition: attachment; filename=\"notes.txt\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8gd29ybGQK\r\n\
         --out\r\nContent-Type: application/x-msdownload; name=\"run.exe\"\r\nContent-Disposition: attachment\r\n\r\nMZ\r\n\
         --out--\r\n",
    );
    let (code, said) = desk.receive(&[], message.as_bytes());
    assert_eq!((code, said.starts_with("Opened ticket ")), (0, true), "{said}");
    let text = "Größe & <b> bold</b>\n\n[The file run.exe was not kept: its type or its size is not allowed.]";
    let columns = "did, userid, name, email, title, message, status, urgency, editor";
    let row = format!("1 | 0 | Jörg O'Neil | Joerg@home.example | Größe 5 € | {text} | Open | Medium | plain");
    assert_eq!(desk.api.rows(columns, TICKETS).await, [row]);
    let file = desk.api.rows("attachment", TICKETS).await.remove(0);
    assert!(file.ends_with("_notes.txt"), "{file}");
    assert_eq!(std::fs::read_to_string(desk.folder.join(&file)).unwrap(), "Hello world\n");
    let log = desk.api.rows("`to`, cc, name, email, subject, status, attachment", "tblticketmaillog").await;
    let number = said.trim_start_matches("Opened ticket ");
    let to = "sales@desk.example, other@desk.example | boss@home.example";
    let line =
        format!("{to} | Jörg O'Neil | Joerg@home.example | Größe 5 € | Opened ticket {number} | notes.txt, run.exe");
    assert_eq!(log, [line]);
    assert_eq!(desk.api.rows("COUNT(*)", "mod_whmcs_api_outbox_entries WHERE kind = 'mail'").await, ["1"]);

    assert_eq!(desk.receive(&[], message.as_bytes()), (0, "Delivered before".to_owned()));
    assert_eq!(desk.log().await[1], "Joerg@home.example | Größe 5 € | Delivered before");
    // It was sent to another department, too, and another mail has the same id.
    let other = message.replace("Gr=F6=DFe &", "Others &");
    for (recipient, message) in [("technical@desk.example", &message), ("sales@desk.example", &other)] {
        let (_, said) = desk.receive(&["--recipient", recipient], message.as_bytes());
        assert!(said.starts_with("Opened ticket "), "{said}");
    }
    assert_eq!(desk.api.rows("did", TICKETS).await, ["1", "2", "1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_becomes_a_reply_of_those_who_take_part() {
    let desk = Desk::open("received-replies").await;
    desk.api.sql("INSERT INTO tblticketbreaklines (breakline) VALUES ('-----Original Message-----')").await;
    desk.api.sql("UPDATE tbltickets SET cc = 'copy@example.com' WHERE id = 1").await;
    // Another client has the address, too, and was there before.
    desk.api.sql("INSERT INTO tblclients (id, email, status) VALUES (77, 'carl@example.com', 'Active')").await;
    let quote = "-----Original Message-----\r\n> It burns.\r\n";
    for (at, (from, ticket, outcome)) in [
        ("one@example.com", "100001", "Added to ticket 100001"),
        ("Carl <carl@example.com>", "100001", "Added to ticket 100001"),
        ("ADA@example.com", "100001", "Added to ticket 100001"),
        ("copy@example.com", "100001", "Added to ticket 100001"),
        ("gus@example.com", "100004", "Added to ticket 100004"),
    ]
    .into_iter()
    .enumerate()
    {
        let rest = format!("Subject: Re: [Ticket ID: {ticket}] x\r\n\r\nThanks {at}!\r\n\r\n{quote}");
        let said = desk.receive(&[], mail(from, "technical@desk.example", &at.to_string(), &rest).as_bytes());
        assert_eq!(said, (0, outcome.to_owned()), "{from}");
        // Its copy for another department adds nothing.
        let copy = desk.receive(&[], mail(from, "sales@desk.example", &at.to_string(), &rest).as_bytes());
        assert_eq!(copy, (0, "Delivered before".to_owned()), "{from}");
    }
    let replies =
        desk.api.rows("tid, userid, contactid, name, email, message, admin", "tblticketreplies ORDER BY id").await;
    let expected = [
        "1 | 1 | 0 |  |  | Thanks 0! | ",
        "1 | 1 | 1 |  |  | Thanks 1! | ",
        "1 | 1 | 0 |  |  | Thanks 2! | ",
        "1 | 0 | 0 | copy@example.com | copy@example.com | Thanks 3! | ",
        "4 | 0 | 0 | gus@example.com | gus@example.com | Thanks 4! | ",
    ];
    assert_eq!(replies, expected);
    let tickets = desk.api.rows("id, did, status", "tbltickets WHERE id IN (1, 4)").await;
    assert_eq!(tickets, ["1 | 1 | Customer-Reply", "4 | 3 | Customer-Reply"]);

    // Whoever does not take part learns nothing of the ticket: theirs is a new one.
    let stranger =
        mail("two@example.com", "sales@desk.example", "x", "Subject: Re: [Ticket ID: 100001] x\r\n\r\nMe too\r\n");
    assert!(desk.receive(&[], stranger.as_bytes()).1.starts_with("Opened ticket "));
    assert_eq!(desk.api.rows("userid, title, message", TICKETS).await, ["2 | Re: [Ticket ID: 100001] x | Me too"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_in_the_log() {
    let desk = Desk::open("refused-mails").await;
    desk.api
        .sql(
            "UPDATE tblticketdepartments SET clientsonly = 'on' WHERE id = 1; \
             UPDATE tblticketdepartments SET piperepliesonly = 'on' WHERE id = 2; \
             INSERT INTO tblticketspamfilters (type, content) VALUES ('Sender', 'spam@home.example'), ('subject', 'You won'), \
             ('phrase', 'cheap pills')",
        )
        .await;
    let cases = [
        (
            "me@home.example",
            "sales",
            "Subject: a\r\nAuto-Submitted: auto-replied",
            "x",
            0,
            "written by a program (Auto-Submitted)",
        ),
        ("me@home.example", "sales", "Subject: b\r\nList-Id: <x>", "x", 0, "written by a program (List-Id)"),
        ("nobody", "sales", "Subject: c", "x", 0, "no sender"),
        ("abuse@desk.example", "sales", "Subject: d", "x", 0, "sent by an address of the support desk itself"),
        ("spam@home.example", "abuse", "Subject: e", "x", 0, "the sender is blocked"),
        ("me@home.example", "abuse", "Subject: you won!", "x", 0, "a spam filter matches the subject"),
        ("me@home.example", "abuse", "Subject: f", "Cheap pills", 0, "a spam filter matches the text"),
        ("me@home.example", "sales", "Subject: g", "x", 0, "the department takes mails of clients only"),
        ("one@example.com", "technical", "Subject: h", "x", 0, "the department takes replies only"),
        ("one@example.com", "other", "Subject: i", "x", 67, "no department has this address"),
    ];
    let mut expected = Vec::new();
    for (at, (from, to, headers, text, code, reason)) in cases.into_iter().enumerate() {
        let message =
            mail(from, &format!("{to}@desk.example"), &at.to_string(), &format!("{headers}\r\n\r\n{text}\r\n"));
        let output = pipe(desk.command(&[]), message.as_bytes());
        assert_eq!(output.status.code(), Some(code), "{reason}: {}", stderr(&output));
        expected.push(format!("Refused: {reason}"));
        if code != 0 {
            let again = pipe(desk.command(&[]), message.as_bytes());
            assert_eq!(again.status.code(), Some(code), "it is not taken for delivered");
            expected.push(format!("Refused: {reason}"));
        }
    }
    assert_eq!(desk.api.rows("status", "tblticketmaillog ORDER BY id").await, expected);
    assert_eq!(
        desk.api.rows("message", "tblticketmaillog WHERE subject = 'f'").await,
        ["Cheap pills"],
        "nothing is lost"
    );
    assert_eq!(desk.api.rows("COUNT(*)", TICKETS).await, ["0"]);

    // HTML becomes text, without a subject. Refused mails do not count, and a sender of very many others has to wait.
    let html = "Content-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>Hello &amp; <b>bye</b></p><br>There</body></html>\r\n";
    for (id, code, outcome) in
        [("h1", 0, "Opened ticket "), ("h2", 75, "whmcs-api: too many mails of this sender within an hour")]
    {
        let mut command = desk.command(&["--department", "3"]);
        command.env("WHMCS_API_MAIL_TICKETS_PER_HOUR", "1");
        let output = pipe(command, mail("me@home.example", "x@y.example", id, html).as_bytes());
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
        assert!(output.status.code() == Some(code) && said.contains(outcome), "{said}");
    }
    let row = desk.api.rows("title, message", TICKETS).await.remove(0);
    assert!(row.starts_with("(no subject) | Hello & bye") && row.contains("There") && !row.contains('<'), "{row}");
    assert_eq!(desk.log().await.len(), 12);
}

/// Each mail about a ticket is answered as mail programs do: to the address that it names for answers, with its subject.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_mail_of_the_desk_becomes_a_reply() {
    let (server, (database, folder, mut settings)) = (SmtpServer::start().await, demo("mail-answers").await);
    settings.mail = server.settings();
    let hosts = Hosts::open(vec![database.options()], 4).await.unwrap();
    let (api, router) = api_with(hosts, None, &settings);
    let sending = tokio::spawn(async move { api.run_outbox(CancellationToken::new()).await });
    let credential = format!("identifier={}&secret={}", demo::IDENTIFIER, demo::SECRET);
    for (at, (request, department)) in [
        ("OpenTicket&clientid=1&deptid=1&subject=One&message=x", "sales@example.com"),
        ("OpenTicket&clientid=1&deptid=2&subject=Two&message=x&admin=true", "support@example.com"),
        ("AddTicketReply&ticketid=12&message=x&adminusername=admin", "billing@example.com"),
        (
            "SendEmail&customtype=support&id=12&customsubject=%5BTicket%20ID:%20%7B$ticket_id%7D%5D&custommessage=x",
            "billing@example.com",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let (status, reply) = post(&router, &format!("{credential}&action={request}")).await;
        assert_eq!(status, 200, "{request}: {reply}");
        eventually("it arrives", async || server.received().len() == at + 1).await;
        let sent = server.received().remove(at);
        assert_eq!(sent.header("Reply-To"), department, "{request}");
        let number = sent.header("Subject").split(['[', ']']).nth(1).unwrap().replace("Ticket ID: ", "");
        let rest = format!("Subject: Re: {}\r\n\r\nThank you!\r\n", sent.header("Subject"));
        let answer = mail(&sent.to[0], sent.header("Reply-To"), &at.to_string(), &rest);
        let mut command = whmcs_api(&["mail", "receive"]);
        command.env("WHMCS_API_DATABASE_URL", database.url()).env("WHMCS_API_ATTACHMENTS_DIR", &*folder);
        let output = pipe(command, answer.as_bytes());
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.trim(), format!("Added to ticket {number}"), "{request}: {}", stderr(&output));
    }
    sending.abort();
}

/// A template that names a sender gets the answers there.
#[tokio::test]
async fn the_sender_of_a_template_gets_the_answers() {
    let (server, (database, _folder, mut settings)) = (SmtpServer::start().await, demo("mail-sender").await);
    settings.mail = server.settings();
    let hosts = Hosts::open(vec![database.options()], 4).await.unwrap();
    let change = "UPDATE tblemailtemplates SET fromemail = 'desk@example.com' WHERE name = 'Support Ticket Reply'";
    sqlx::query(change).execute(&mut *Lease::acquire(&hosts).await.unwrap()).await.unwrap();
    let (api, router) = api_with(hosts, None, &settings);
    let sending = tokio::spawn(async move { api.run_outbox(CancellationToken::new()).await });
    let credential = format!("identifier={}&secret={}", demo::IDENTIFIER, demo::SECRET);
    post(&router, &format!("{credential}&action=AddTicketReply&ticketid=12&message=x&adminusername=admin")).await;
    eventually("it arrives", async || server.received().len() == 1).await;
    let sent = server.received().remove(0);
    assert!(sent.header("From").contains("desk@example.com") && sent.header("Reply-To").is_empty(), "{}", sent.text);
    sending.abort();
}

/// The same within this process, so that the rights that it needs are known; a text that is too long for the column, with more
/// files than can be named; and a table that does not take every character.
#[tokio::test]
async fn a_long_text_is_attached() {
    let desk = Desk::open("long-mail").await;
    let settings = Settings {
        attachments: Attachments { dir: desk.folder.to_path_buf(), extensions: vec!["png".to_owned()], file_bytes: 10 },
        ..Settings::default()
    };
    desk.api.sql("ALTER TABLE tblticketmaillog MODIFY attachment text CHARACTER SET utf8mb3 NOT NULL").await;
    let (api, _) = api_with(Arc::clone(&desk.api.hosts), None, &settings);
    let mut mail = ReceivedMail {
        id: "1".to_owned(),
        recipients: vec!["sales@desk.example".to_owned()],
        email: Some("me@home.example".to_owned()),
        subject: "Long".to_owned(),
        text: "é'".repeat(30_000),
        files: (0..300)
            .map(|at| Attachment { name: format!("{at}{}.exe", "é😀".repeat(40)), content: vec![1] })
            .collect(),
        ..ReceivedMail::default()
    };
    let opened = api.receive_mail(&mail, None).await.unwrap();
    assert!(matches!(opened, MailOutcome::Opened { .. }), "{opened:?}");
    let row = desk.api.rows("message, attachment", TICKETS).await.remove(0);
    let (text, file) = row.rsplit_once(" | ").unwrap();
    assert!(text.contains("é'\n\n[This text was cut. All of it is in message.txt.]\n[The file 0é\u{fffd}"), "{text}");
    assert!(text.ends_with(" more files were not kept.]") && text.len() < 15_000, "{text}");
    let logged = desk.api.rows("LENGTH(message)", "tblticketmaillog").await;
    assert_eq!(logged, ["65535"], "as much as the column holds");
    assert_eq!(std::fs::read_to_string(desk.folder.join(file)).unwrap(), mail.text);
    assert_eq!(std::fs::read_dir(&*desk.folder).unwrap().count(), 1, "the first attempt left nothing");
    for (id, email, ticket) in [
        ("2", "me@home.example", opened),
        ("3", "carl@example.com", number("100001")),
        ("4", "ada@example.com", number("100002")),
    ] {
        let MailOutcome::Opened { number, .. } = ticket else { panic!("{ticket:?}") };
        mail = ReceivedMail {
            id: id.to_owned(),
            email: Some(email.to_owned()),
            subject: format!("[Ticket ID: {number}]"),
            text: "More".to_owned(),
            ..mail
        };
        let replied = api.receive_mail(&mail, None).await.unwrap();
        assert!(matches!(replied, MailOutcome::Replied { .. }), "{replied:?}");
    }
    assert_eq!(api.receive_mail(&mail, None).await.unwrap(), MailOutcome::Duplicate);
    // This checks the rights that were needed.
    desk.api.reply("action=GetTicketNotes&ticketid=1").await;
}

fn number(number: &str) -> MailOutcome {
    MailOutcome::Opened { ticket: TicketId(0), number: number.to_owned() }
}

/// What the mail server is told if nothing was stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_cannot_be_stored_stays_with_the_mail_server() {
    let message = mail("me@home.example", "sales@desk.example", "1", "Subject: x\r\n\r\nHello\r\n");
    let unused = UnusedAddress::reserve();
    let nobody = format!("mysql://root@{unused}/whmcs");
    for (arguments, url) in [
        (&["mail", "receive"][..], nobody.as_str()),
        (&["mail", "receive"], "nonsense"),
        (&["mail", "receive", "--nonsense"], nobody.as_str()),
    ] {
        let mut command = whmcs_api(arguments);
        command.env("WHMCS_API_DATABASE_URL", url);
        let output = pipe(command, message.as_bytes());
        assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
    }
    let desk = Desk::open("full-folder").await;
    std::fs::remove_dir_all(&*desk.folder).unwrap();
    std::fs::write(&*desk.folder, "").unwrap();
    let with_file =
        "Subject: x\r\nContent-Type: text/plain; name=\"a.txt\"\r\nContent-Disposition: attachment\r\n\r\nHello\r\n";
    let with_file = mail("me@home.example", "sales@desk.example", "1", with_file);
    assert_eq!(desk.receive(&[], with_file.as_bytes()).0, 75);
    assert_eq!((desk.log().await.len(), desk.api.rows("COUNT(*)", TICKETS).await), (0, vec!["0".to_owned()]));
    assert_eq!(desk.receive(&[], b"").0, 65);
    let mut command = desk.command(&[]);
    command.env("WHMCS_API_MAIL_TICKETS_MAX_BYTES", "50");
    assert_eq!(pipe(command, message.as_bytes()).status.code(), Some(65));
}
