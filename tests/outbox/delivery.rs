//! Delivery of mails: each arrives once, whatever happens on the way.

use std::sync::Arc;

use sqlx::mysql::MySqlConnectOptions;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use whmcs_api::api::Api;
use whmcs_api::config::{Encryption, Mail, Settings};
use whmcs_api::database::hosts::Hosts;
use whmcs_api::domain::time::{Clock, parse_date_time};

use crate::support::{Database, SmtpServer, SmtpStage, TestApi, all, ends, eventually};

const MAIL: &str = include_str!("../support/fixtures/mail.sql");
const OUTBOX: &str = "record_id, attempts, state, due_at";
const STATE: &str = "failed, failure_reason, retry_count";

/// An API that sends its mails to a server as long as this value exists.
struct Sender {
    stopping: CancellationToken,
    task: JoinHandle<()>,
}

impl Sender {
    fn start(api: &Arc<Api>) -> Sender {
        let stopping = CancellationToken::new();
        let task = tokio::spawn({
            let (api, stopping) = (Arc::clone(api), stopping.clone());
            async move { api.run_outbox(stopping).await }
        });
        Sender { stopping, task }
    }

    /// Creates another API on the same database, whose clock shows this time.
    async fn at(database: &Database, mail: Mail, time: &str) -> Sender {
        Sender::over(database.options(), mail, time).await
    }

    async fn over(options: MySqlConnectOptions, mail: Mail, time: &str) -> Sender {
        let hosts = Hosts::open(vec![options], 10).await.unwrap();
        let settings = Settings { mail, ..Settings::default() };
        let clock = Clock::fixed(parse_date_time(time).unwrap());
        Sender::start(&Api::new(hosts, None, &settings, clock).unwrap())
    }

    async fn stop(self) {
        self.stopping.cancel();
        ends("sending mails", self.task).await.unwrap();
    }
}

async fn api(server: &SmtpServer) -> TestApi {
    api_with(server.settings()).await
}

async fn api_with(mail: Mail) -> TestApi {
    let api = TestApi::with_settings(Settings { mail, ..Settings::default() }).await;
    api.sql(MAIL).await;
    api
}

async fn arrive(server: &SmtpServer, count: usize) {
    eventually("the mails arrive", async || server.received().len() >= count).await;
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let server = SmtpServer::start().await;
    let api = api(&server).await;
    let sender = Sender::start(&api.api);
    api.reply("action=CreateInvoice&userid=1&itemdescription1=Caf%C3%A9+%26+more&itemamount1=15.95&sendinvoice=1")
        .await;
    api.eventually(OUTBOX, "mod_whmcs_api_outbox_entries", &[]).await;
    assert_eq!(api.rows(STATE, "tblemails").await, ["0 |  | 0"]);
    let taken = server.received();
    let [mail] = &taken[..] else { panic!("{taken:?}") };
    assert_eq!(mail.from, "billing@atlantic.example");
    assert_eq!(mail.to, ["one@example.com", "accountant@example.com", "archive@atlantic.example"]);
    for (header, value) in [
        ("From", "Billing <billing@atlantic.example>"),
        ("To", "one@example.com"),
        ("Cc", "accountant@example.com"),
        ("Bcc", ""),
        ("Subject", "Invoice 1"),
        ("Message-ID", "<1.20261120123000.whmcs-api@atlantic.example>"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(mail.header(header), value, "{header}");
    }
    let text = "Caf=C3=A9 & more: $15.95 USD\r\nSub Total: $15.95 USD\r\nTotal: $15.95 USD\r\n\r\n\
                Due 04/12/2026: $15.95 USD of $15.95 USD by paypal, https://www.example.com/whmcs/viewinvoice.php?id=3D1";
    assert!(mail.text.replace("=\r\n", "").contains(text), "{text} is not in\n{}", mail.text);
    assert!(mail.text.contains("Caf=C3=A9 &amp; more: $15.95 USD<br />"), "{}", mail.text);
    sender.stop().await;
}

#[tokio::test]
async fn names_and_subjects_may_be_in_any_language() {
    let server = SmtpServer::start().await;
    let mail = Mail { from_name: "Größe, Inc.".to_owned(), ..server.settings() };
    let api = api_with(mail).await;
    let sender = Sender::start(&api.api);
    api.reply(
        "action=SendEmail&id=1&customtype=general&customsubject=%E4%BD%A0%E5%A5%BD%0D%0ABcc:+eve@example.com\
         &custommessage=x+{$client_name}",
    )
    .await;
    arrive(&server, 1).await;
    let mail = &server.received()[0];
    assert_eq!(mail.to, ["one@example.com", "assistant@example.com"], "and not the address in the subject");
    assert_eq!(mail.header("Bcc"), "");
    assert!(mail.header("Subject").starts_with("=?utf-8?b?5L2g5aW9"), "{}", mail.text);
    assert!(mail.header("From").starts_with("=?utf-8?b?"), "{}", mail.text);
    assert!(mail.text.is_ascii() && mail.text.contains("x One M=C3=BCller"), "{}", mail.text);
    sender.stop().await;
}

/// Two servers send several mails each from one outbox.
#[tokio::test(flavor = "multi_thread")]
async fn many_mails_arrive_once_from_two_servers() {
    let server = SmtpServer::start().await;
    let api = api(&server).await;
    let senders = [
        Sender::start(&api.api),
        Sender::at(&api.database, server.settings(), "2026-11-20 12:30:00").await,
        Sender::at(&api.database, server.settings(), "2026-11-20 12:30:00").await,
    ];
    let requests: Vec<String> = (0..100)
        .map(|number| {
            format!(
                "action=SendEmail&id=3&customtype=general&customsubject=Number+{number}.&custommessage=x&x={number}"
            )
        })
        .collect();
    let answers = all(requests.iter().map(|request| api.send(request))).await;
    assert!(answers.iter().all(|(_, body)| body.contains("success")), "{answers:?}");
    api.eventually("COUNT(*)", "mod_whmcs_api_outbox_entries", &["0"]).await;
    let mut subjects: Vec<String> = server.received().iter().map(|mail| mail.header("Subject").to_owned()).collect();
    let mut expected: Vec<String> = (0..100).map(|number| format!("Number {number}.")).collect();
    subjects.sort();
    expected.sort();
    assert_eq!(subjects, expected);
    assert_eq!(api.rows("COUNT(*)", "tblemails WHERE failed = 0 AND retry_count = 0").await, ["100"]);
    for sender in senders {
        sender.stop().await;
    }
}

/// Adds a mail that is due. Once it has arrived, the worker has looked for all due mails.
async fn write_another_mail(api: &TestApi) {
    api.reply(&SEND.replace("subject=x", "subject=another")).await;
}

const SEND: &str = "action=SendEmail&id=3&customtype=general&customsubject=x&custommessage=x";

#[tokio::test]
async fn what_cannot_be_sent_now_is_tried_again_later_and_later() {
    let server = SmtpServer::start().await;
    let api = api(&server).await;
    server.answer(SmtpStage::Recipient(String::new()), "451 Come again");
    api.reply(SEND).await;
    for (attempt, time, due_at) in [
        (1, "2026-11-20 12:30:00", "2026-11-20 12:31:00"),
        (2, "2026-11-20 12:31:00", "2026-11-20 12:33:00"),
        (3, "2026-11-20 12:33:00", "2026-11-20 12:37:00"),
    ] {
        let sender = Sender::at(&api.database, server.settings(), time).await;
        api.eventually(OUTBOX, "mod_whmcs_api_outbox_entries", &[&format!("1 | {attempt} | pending | {due_at}")]).await;
        sender.stop().await;
        let state = format!("0 | transient error (451): Come again | {}", attempt - 1);
        assert_eq!(api.rows(STATE, "tblemails").await, [state]);
    }
    let emails = api.reply("action=GetEmails&clientid=3").await;
    assert_eq!(
        (&emails["emails"]["email"][0]["pending"], &emails["emails"]["email"][0]["failed"]),
        (&1.into(), &0.into())
    );
    // The mail is not attempted before it is due; then it arrives.
    server.reset();
    write_another_mail(&api).await;
    let early = Sender::at(&api.database, server.settings(), "2026-11-20 12:36:59").await;
    arrive(&server, 1).await;
    early.stop().await;
    let taken = server.received();
    assert_eq!((taken.len(), taken[0].header("Subject")), (1, "another"));
    let sender = Sender::at(&api.database, server.settings(), "2026-11-20 12:37:00").await;
    api.eventually(OUTBOX, "mod_whmcs_api_outbox_entries", &[]).await;
    sender.stop().await;
    assert_eq!(api.rows(STATE, "tblemails ORDER BY id").await, ["0 |  | 3", "0 |  | 0"]);
    assert_eq!(server.received().len(), 2);
}

/// Each outcome of an attempt, and the resulting state of the mail.
#[tokio::test]
async fn every_end_of_an_attempt_has_its_consequence() {
    let later = "1 | pending | 2026-11-20 12:31:00";
    let (failed, unknown) = ("1 | failed", "1 | unknown");
    let any = SmtpStage::Recipient(String::new());
    for (place, answer, row, reason) in [
        (SmtpStage::Greeting, "421 Busy", later, "transient error (421): Busy"),
        (SmtpStage::Greeting, "554 Go away", later, "permanent error (554): Go away"),
        (SmtpStage::Greeting, "", later, "The mail server took too long"),
        (SmtpStage::From, "451 Later", later, "transient error (451): Later"),
        (SmtpStage::From, "550 Not you", failed, "permanent error (550): Not you"),
        (any.clone(), "550 Unknown", failed, "permanent error (550): Unknown"),
        (any, "", later, "The mail server took too long"),
        (SmtpStage::Data, "554 No", failed, "permanent error (554): No"),
        (SmtpStage::End, "452 Full", later, "transient error (452): Full"),
        (SmtpStage::End, "552 Too large", failed, "permanent error (552): Too large"),
        (
            SmtpStage::End,
            "",
            unknown,
            "Interrupted while it was being sent: it may have arrived (the mail server took too long)",
        ),
    ] {
        let server = SmtpServer::start().await;
        // Only the time limit for the missing answer is short.
        let (mut mail, is_end) = (server.settings(), place == SmtpStage::End);
        if answer.is_empty() {
            *if is_end { &mut mail.accept_seconds } else { &mut mail.connect_seconds } = 1;
        }
        let api = api_with(mail).await;
        server.answer(place.clone(), answer);
        api.reply(SEND).await;
        let sender = Sender::start(&api.api);
        let columns = if row == later { "attempts, state, due_at" } else { "attempts, state" };
        api.eventually(columns, "mod_whmcs_api_outbox_entries", &[row]).await;
        sender.stop().await;
        let state = format!("{} | {reason} | 0", i32::from(row != later));
        assert_eq!(api.rows(STATE, "tblemails").await, [state], "{place:?} {answer}");
        assert_eq!(server.received().len(), 0);
    }
}

#[tokio::test]
async fn a_mail_that_may_have_arrived_is_not_sent_again() {
    let server = SmtpServer::start().await;
    let api = api(&server).await;
    server.accept_without_reply();
    api.reply(SEND).await;
    let sender = Sender::start(&api.api);
    api.eventually("state", "mod_whmcs_api_outbox_entries", &["unknown"]).await;
    sender.stop().await;
    server.reset();
    write_another_mail(&api).await;
    let later = Sender::at(&api.database, server.settings(), "2026-11-21 12:30:00").await;
    arrive(&server, 2).await;
    later.stop().await;
    let taken = server.received();
    assert_eq!((taken.len(), taken[1].header("Subject")), (2, "another"));
    let state = &api.rows(STATE, "tblemails ORDER BY id").await[0];
    assert!(state.starts_with("1 | Interrupted while it was being sent: it may have arrived"), "{state}");
}

/// The process that sent the mail died: the claim stays, and the first worker that looks after its end gives the mail
/// up.
#[tokio::test]
async fn a_mail_whose_sender_died_has_failed() {
    let server = SmtpServer::start().await;
    let api = api(&server).await;
    server.answer(SmtpStage::From, "");
    api.reply(SEND).await;
    let (options, mail) = (api.database.options(), server.settings());
    let process = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    process.spawn(async move { Sender::over(options, mail, "2026-11-20 12:30:00").await.task.await });
    api.eventually("state", "mod_whmcs_api_outbox_entries", &["running"]).await;
    // The process stops in the middle of the conversation; the claim lasts as long as an attempt may take.
    process.shutdown_background();
    server.reset();
    write_another_mail(&api).await;
    let held = Sender::at(&api.database, server.settings(), "2026-11-20 12:31:00").await;
    arrive(&server, 1).await;
    held.stop().await;
    assert_eq!(api.rows("attempts, state", "mod_whmcs_api_outbox_entries").await, ["1 | running"]);
    let sender = Sender::at(&api.database, server.settings(), "2026-11-20 12:40:00").await;
    api.eventually("attempts, state", "mod_whmcs_api_outbox_entries", &["1 | unknown"]).await;
    sender.stop().await;
    assert_eq!(
        api.rows(STATE, "tblemails ORDER BY id LIMIT 1").await,
        ["1 | Interrupted while it was being sent: it may have arrived | 0"]
    );
    assert_eq!(server.received().len(), 1, "and that was another mail");
}

#[tokio::test]
async fn too_many_attempts_are_enough() {
    let server = SmtpServer::start().await;
    let api = api(&server).await;
    server.answer(SmtpStage::From, "451 Later");
    api.reply(SEND).await;
    let mail = Mail { attempts: 1, ..server.settings() };
    let sender = Sender::at(&api.database, mail, "2026-11-20 12:30:00").await;
    api.eventually("state", "mod_whmcs_api_outbox_entries", &["failed"]).await;
    sender.stop().await;
    let emails = api.reply("action=GetEmails&clientid=3").await;
    let email = &emails["emails"]["email"][0];
    assert_eq!((&email["pending"], &email["failed"]), (&0.into(), &1.into()));
    assert_eq!(email["failure_reason"], "transient error (451): Later");
}

/// When told to stop, the worker gives up mails that were not handed over yet, and waits for the answer to those that
/// were.
#[tokio::test]
async fn a_stop_cuts_no_delivery_in_the_middle() {
    let server = SmtpServer::start().await;
    let api = api(&server).await;
    server.answer(SmtpStage::Data, "");
    api.reply(SEND).await;
    let sender = Sender::start(&api.api);
    eventually("the mail server hangs", async || server.hanging() == 1).await;
    sender.stop().await;
    assert_eq!(api.rows(OUTBOX, "mod_whmcs_api_outbox_entries").await, ["1 | 1 | pending | 2026-11-20 12:30:00"]);
    assert_eq!(api.rows(STATE, "tblemails").await, ["0 | The server stopped | 0"]);

    server.reset();
    server.answer(SmtpStage::End, "250 Taken");
    let sender = Sender::start(&api.api);
    arrive(&server, 1).await;
    sender.stop().await;
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_outbox_entries").await, ["0"]);
}

#[tokio::test]
async fn without_a_mail_server_mails_wait_and_say_so() {
    let api = api_with(Mail::default()).await;
    let sender = Sender::start(&api.api);
    api.reply(SEND).await;
    let emails = api.reply("action=GetEmails&clientid=3").await;
    let email = &emails["emails"]["email"][0];
    assert_eq!((&email["pending"], &email["failed"]), (&1.into(), &0.into()));
    assert_eq!(email["failure_reason"], "Waiting: no mail server is set up (mail.smtp_host)");
    assert_eq!(api.rows("pending", "tblemails").await, ["0"], "WHMCS would send it, too");
    sender.stop().await;
    // Once a mail server is configured, waiting mails arrive.
    let server = SmtpServer::start().await;
    let sender = Sender::at(&api.database, server.settings(), "2026-11-20 12:30:00").await;
    arrive(&server, 1).await;
    sender.stop().await;
}

#[tokio::test]
async fn without_a_sender_mails_wait_and_say_so() {
    let server = SmtpServer::start().await;
    let mail = Mail { from_address: String::new(), ..server.settings() };
    let api = api_with(mail).await;
    api.sql("DELETE FROM tblconfiguration WHERE setting = 'Email'").await;
    api.reply(SEND).await;
    let sender = Sender::start(&api.api);
    api.eventually("failure_reason", "tblemails", &["No sender is set up (mail.from_address)"]).await;
    sender.stop().await;
    assert_eq!(api.rows("attempts, state", "mod_whmcs_api_outbox_entries").await, ["1 | pending"]);
}

/// If encryption or authentication is required and the server supports neither, nothing is sent.
#[tokio::test]
async fn what_is_to_be_secret_is_not_said_in_the_clear() {
    let server = SmtpServer::start().await;
    let reason = |encryption, smtp_username: &str| {
        let mail = Mail { smtp_encryption: encryption, smtp_username: smtp_username.to_owned(), ..server.settings() };
        async move {
            let api = api_with(mail).await;
            api.reply(SEND).await;
            let sender = Sender::start(&api.api);
            api.eventually("attempts, state", "mod_whmcs_api_outbox_entries", &["1 | pending"]).await;
            sender.stop().await;
            api.rows("failure_reason", "tblemails").await.concat()
        }
    };
    let told = reason(Encryption::StartTls, "").await;
    assert!(told.contains("STARTTLS is not supported"), "{told}");
    let told = reason(Encryption::Tls, "").await;
    assert!(!told.is_empty(), "{told}");
    let told = reason(Encryption::None, "me").await;
    assert!(told.contains("No compatible authentication mechanism"), "{told}");
    assert_eq!(server.received().len(), 0);
}

#[tokio::test]
async fn who_cannot_get_it_is_no_reason_to_keep_it_from_others() {
    let server = SmtpServer::start().await;
    let api = api(&server).await;
    api.sql("UPDATE tblemailtemplates SET copyto = 'nonsense' WHERE id = 3").await;
    server.answer(SmtpStage::Recipient("accountant@example.com".to_owned()), "550 Unknown");
    let sender = Sender::start(&api.api);
    api.reply("action=CreateInvoice&userid=1&sendinvoice=1").await;
    arrive(&server, 1).await;
    assert_eq!(server.received()[0].to, ["one@example.com", "archive@atlantic.example"]);
    // A recipient who is rejected for now does not make the others wait either.
    server.answer(SmtpStage::Recipient("archive@atlantic.example".to_owned()), "451 Later");
    api.reply("action=CreateInvoice&userid=1&sendinvoice=1").await;
    arrive(&server, 2).await;
    assert_eq!(server.received()[1].to, ["one@example.com"]);
    // A mail that only the other recipients would get is not sent.
    server.answer(SmtpStage::Recipient("one@example.com".to_owned()), "550 Unknown");
    api.reply("action=CreateInvoice&userid=1&sendinvoice=1").await;
    api.eventually("state", "mod_whmcs_api_outbox_entries", &["failed"]).await;
    // Nor is a mail to a malformed address.
    api.sql("UPDATE tblclients SET email = 'nobody at home' WHERE id = 3").await;
    api.reply(SEND).await;
    api.eventually(STATE, "tblemails ORDER BY id DESC LIMIT 1", &["1 | Invalid address: nobody at home | 0"]).await;
    sender.stop().await;
}

/// A call that fails after adding a mail, and one that is retried, leave no mail behind.
#[tokio::test]
async fn what_is_rolled_back_sends_nothing() {
    let server = SmtpServer::start().await;
    let api = api(&server).await;
    let sender = Sender::start(&api.api);
    // A statement after the mail in the transaction fails.
    api.sql("RENAME TABLE tblactivitylog TO hidden").await;
    assert_eq!(api.send(SEND).await.0, 501);
    api.sql("RENAME TABLE hidden TO tblactivitylog").await;
    assert_eq!(api.rows("COUNT(*)", "tblemails").await, ["0"]);
    // The same call twice with one key results in one mail.
    for _ in 0..2 {
        api.reply(&format!("{SEND}&idempotencykey=1")).await;
    }
    api.eventually("COUNT(*)", "mod_whmcs_api_outbox_entries", &["0"]).await;
    sender.stop().await;
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn the_books_are_told_of_by_mail() {
    let server = SmtpServer::start().await;
    let api = api(&server).await;
    for (request, expected) in [
        ("CreateInvoice&userid=1&itemdescription1=x&itemamount1=60&sendinvoice=0", vec![]),
        ("AddInvoicePayment&invoiceid=1&gateway=paypal&amount=20&transid=T1", vec![]),
        (
            "AddInvoicePayment&invoiceid=1&gateway=paypal&amount=40&transid=T2",
            vec!["Paid: invoice 1 | Thank you for $40.00 USD.\nStatus: Paid, $0.00 USD left."],
        ),
        ("AddInvoicePayment&invoiceid=1&gateway=paypal&amount=40&transid=T3", vec![]),
        ("CreateInvoice&userid=1&itemdescription1=x&itemamount1=60", vec![]),
        ("ApplyCredit&invoiceid=2&amount=10", vec![]),
        ("ApplyCredit&invoiceid=2", vec!["Paid: invoice 2 | Thank you for $50.00 USD.\nStatus: Paid, $0.00 USD left."]),
        ("CreateInvoice&userid=1&itemdescription1=x&itemamount1=1", vec![]),
        ("AddInvoicePayment&invoiceid=3&gateway=paypal&amount=1&noemail=1", vec![]),
        ("CreateInvoice&userid=1&itemdescription1=x&itemamount1=1", vec![]),
        ("ApplyCredit&invoiceid=4&noemail=1", vec![]),
        ("CreateInvoice&userid=1&draft=1&itemdescription1=x&itemamount1=1", vec![]),
        ("UpdateInvoice&invoiceid=5&publish=1", vec![]),
        ("CreateInvoice&userid=1&draft=1&itemdescription1=x&itemamount1=1", vec![]),
        (
            "UpdateInvoice&invoiceid=6&publishandsendemail=1&duedate=2026-12-24&newitemdescription[0]=y&newitemamount[0]=2.50",
            vec![
                "Invoice 6 | <p>x: $1.00 USD<br />\ny: $2.50 USD<br />\nSub Total: $3.50 USD<br />\nTotal: $3.50 USD<br />\n\
                 </p><p>Due 24/12/2026: $3.50 USD of $3.50 USD by paypal, \
                 <a href=\"https://www.example.com/whmcs/viewinvoice.php?id=6\">\
                 https://www.example.com/whmcs/viewinvoice.php?id=6</a></p>",
            ],
        ),
        (
            "CreateInvoice&userid=2&itemdescription1=x&itemamount1=1&itemtaxed1=1&sendinvoice=1",
            vec![
                "Invoice 7 | <p>x: €1.00<br />\nSub Total: €1.00<br />\nTax: €0.23<br />\nTotal: €1.23<br />\n\
                 </p><p>Due 04/12/2026: €1.23 of €1.23 by Bank Transfer, \
                 <a href=\"https://www.example.com/whmcs/viewinvoice.php?id=7\">\
                 https://www.example.com/whmcs/viewinvoice.php?id=7</a></p>",
            ],
        ),
        (
            "CreateInvoice&userid=3&itemdescription1=x&itemamount1=20&autoapplycredit=1&sendinvoice=1",
            vec![
                "Invoice 8 | <p>x: $20.00 USD<br />\nSub Total: $20.00 USD<br />\nCredit: $20.00 USD<br />\n\
                 Total: $0.00 USD<br />\n</p><p>Due 04/12/2026: $0.00 USD of $0.00 USD by stripe, \
                 <a href=\"https://www.example.com/whmcs/viewinvoice.php?id=8\">\
                 https://www.example.com/whmcs/viewinvoice.php?id=8</a></p>",
            ],
        ),
    ] {
        api.sql("INSERT INTO tblpaymentgateways (gateway, setting, value, `order`) SELECT 'banktransfer', 'name', 'Bank Transfer', 3 \
                 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM tblpaymentgateways WHERE setting = 'name')")
            .await;
        api.reply(&format!("action={request}")).await;
        assert_eq!(api.rows("subject, message", "tblemails ORDER BY id").await, expected, "{request}");
        api.sql("DELETE FROM tblemails").await;
    }
}
