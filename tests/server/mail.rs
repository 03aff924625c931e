//! The program sends mails, and its commands list those that could not be sent.

use super::process::{Running, eventually, stderr, stdout, whmcs_api};
use crate::support::{Scratch, SmtpServer, SmtpStage, TestApi};

const SEND: &str = "action=SendEmail&id=3&customtype=general&customsubject=Hello&custommessage=x";

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../support/fixtures/mail.sql")).await;
    api
}

fn serve(api: &TestApi, server: Option<&SmtpServer>) -> Running {
    let mut command = whmcs_api(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("WHMCS_API_DATABASE_URL", api.database.url());
    if let Some(server) = server {
        command.envs([
            ("WHMCS_API_MAIL_SMTP_HOST", server.address.ip().to_string()),
            ("WHMCS_API_MAIL_SMTP_PORT", server.address.port().to_string()),
            ("WHMCS_API_MAIL_SMTP_ENCRYPTION", "none".to_owned()),
        ]);
    }
    Running::start(command)
}

fn mail(api: &TestApi, arguments: &[&str]) -> Result<String, String> {
    let mut command = whmcs_api(&["outbox"]);
    let output = command.args(arguments).env("WHMCS_API_DATABASE_URL", api.database.url()).output().unwrap();
    if output.status.success() { Ok(stdout(&output)) } else { Err(stderr(&output)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_told_and_is_sent_once_there_is_a_mail_server() {
    let (api, server) = (api().await, SmtpServer::start().await);
    api.reply(SEND).await;
    tokio::task::block_in_place(|| {
        let mut serving = serve(&api, None);
        eventually("the log says so", || serving.says().contains("no mail server is set up (mail.smtp_host)"));
        serving.stop();
        let listed = mail(&api, &["list"]).unwrap();
        let line = listed.lines().nth(1).unwrap();
        let row = "1   mail          client 3  waits until 2026-11-20 12:30:00 UTC  0         three@example.com: Hello";
        assert_eq!(line, row);
        let mut serving = serve(&api, Some(&server));
        // The computer's clock may be before that of the tests.
        let sets = "UPDATE mod_whmcs_api_outbox_entries SET due_at = '2020-01-01'";
        tokio::runtime::Handle::current().block_on(api.sql(sets));
        eventually("it arrives", || server.received().len() == 1);
        serving.stop();
        assert_eq!(mail(&api, &["list"]).unwrap().lines().count(), 1);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_failed_is_listed_and_tried_again() {
    let (api, server) = (api().await, SmtpServer::start().await);
    server.answer(SmtpStage::From, "550 Go away");
    for _ in 0..3 {
        api.reply(SEND).await;
    }
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET due_at = '2020-01-01'").await;
    let mut serving = serve(&api, Some(&server));
    api.eventually("COUNT(*)", "tblemails WHERE failed = 1", &["3"]).await;
    let mail = |arguments: &[&str]| tokio::task::block_in_place(|| mail(&api, arguments));
    let listed = mail(&["list"]).unwrap();
    assert!(
        listed.contains(
            "2   mail          client 3  failed  1         three@example.com: Hello  permanent error (550): Go away"
        ),
        "{listed}"
    );
    for (arguments, told) in [
        (&["retry"][..], "required"),
        (&["retry", "9"], "no entry 9 has failed"),
        (&["retry", "1", "--failed"], "cannot be used with"),
    ] {
        let error = mail(arguments).unwrap_err();
        assert!(error.contains(told), "{arguments:?}: {error}");
    }
    server.reset();
    assert_eq!(mail(&["retry", "1"]).unwrap(), "Entries that will be retried: 1\n");
    assert_eq!(mail(&["retry", "--failed"]).unwrap(), "Entries that will be retried: 2\n");
    // The server looks for due mails at intervals.
    tokio::task::block_in_place(|| eventually("all arrive", || server.received().len() == 3));
    api.eventually("COUNT(*)", "tblemails WHERE failed = 1", &["0"]).await;
    serving.stop();
    assert_eq!(api.rows("retry_count, failure_reason", "tblemails").await, ["0 | "; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_sends_to_this_machine_only() {
    let (server, send) =
        (SmtpServer::start().await, "action=SendEmail&id=1&customtype=general&customsubject=x&custommessage=x");
    tokio::task::block_in_place(|| {
        for (host, arrived) in [("mail.example.com", 0), ("127.0.0.1", 1)] {
            let folder = Scratch::new(&format!("demo-mail-{arrived}"));
            let mut command = whmcs_api(&["demo", "--listen", "127.0.0.1:0", "--data-dir", folder.to_str().unwrap()]);
            command.envs([
                ("WHMCS_API_MAIL_SMTP_HOST", host),
                ("WHMCS_API_MAIL_SMTP_PORT", &server.address.port().to_string()),
                ("WHMCS_API_MAIL_SMTP_ENCRYPTION", "none"),
            ]);
            let demo = Running::start(command);
            demo.call(send);
            let pending =
                |count| demo.call("action=GetEmails&clientid=1&limitnum=1").contains(&format!("\"pending\":{count}"));
            eventually("it is known", || server.received().len() == arrived && pending(1 - arrived));
            assert_eq!(demo.says().contains("only to a mail server on this machine"), arrived == 0);
        }
    });
}
