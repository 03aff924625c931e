use sha2::{Digest, Sha256};
use whmcs_api::config::Settings;

use crate::support::{Calls, SmtpServer, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["ResetPassword&id=3"],
    setup: include_str!("../../support/fixtures/people/people.sql"),
    writing: &["ResetPassword&id=1001", "ResetPassword&email=una@example.com"],
    every_parameter: "ResetPassword&id=1&email=a@example.com",
};

const CLIENTS: &str = include_str!("../../support/fixtures/people/clients.sql");
/// The company, without which a mail has no sender.
const COMPANY: &str = "INSERT INTO tblconfiguration (setting, value) VALUES \
     ('CompanyName', 'Atlantic'), ('Email', 'office@atlantic.example')";

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(CLIENTS).await;
    api
}

/// The link that the only mail to this server has.
fn link(server: &SmtpServer) -> String {
    let taken = server.received();
    let [mail] = &taken[..] else { panic!("{taken:?}") };
    let text = mail.text.replace("=\r\n", "").replace("=3D", "=");
    let (_, rest) = text.split_once("https://").unwrap_or_else(|| panic!("no link in {text}"));
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"/:.?=-_".contains(c)).unwrap();
    format!("https://{}", rest[..end].trim_end_matches('.'))
}

#[tokio::test]
async fn stores_a_token_for_two_hours_and_changes_no_password() {
    let api = api().await;
    let password = api.rows("password", "tblusers WHERE id = 1").await;
    for request in ["id=1", "email=UNA@example.com", "id=1&email=ben@example.com", "id=0&email=una@example.com"] {
        api.sql("UPDATE tblusers SET reset_token = ''").await;
        api.check(&format!("action=ResetPassword&{request}"), r#"{"result":"success"}"#).await;
        let columns = "LENGTH(reset_token), reset_token_expiry";
        assert_eq!(api.rows(columns, "tblusers WHERE id = 1").await, ["64 | 2026-11-20 14:30:00"], "{request}");
        assert_eq!(api.rows("reset_token", "tblusers WHERE id = 2").await, [""], "{request}");
    }
    assert_eq!(api.rows("password", "tblusers WHERE id = 1").await, password);
    let log = api.rows("description", "tblactivitylog LIMIT 1").await;
    assert_eq!(log, ["Password Reset Requested - User ID: 1"]);
}

/// Each link ends the one before.
#[tokio::test]
async fn each_token_is_another_one() {
    let api = api().await;
    api.reply("action=ResetPassword&id=1").await;
    let first = api.rows("reset_token", "tblusers WHERE id = 1").await;
    api.reply("action=ResetPassword&id=1").await;
    assert_ne!(api.rows("reset_token", "tblusers WHERE id = 1").await, first);
}

#[tokio::test]
async fn the_link_is_in_the_mail_alone() {
    let server = SmtpServer::start().await;
    let settings = Settings { mail: server.settings(), ..Settings::default() };
    let api = TestApi::with_settings(settings).await;
    api.sql(CLIENTS).await;
    api.sql(COMPANY).await;
    api.reply("action=ResetPassword&id=1").await;
    let stored = api.rows("`to`, subject, message", "tblemails").await;
    let [stored] = &stored[..] else { panic!("{stored:?}") };
    assert!(stored.starts_with("una@example.com | Choose a new password | <p>Hello Una,</p>"), "{stored}");
    assert!(stored.contains("key/hidden-token"), "{stored}");
    api.api.run_outbox_once().await;
    let token = api.rows("reset_token", "tblusers WHERE id = 1").await.remove(0);
    let expected = format!("https://www.example.com/whmcs/index.php?rp=/password/reset/use/key/{token}");
    assert_eq!(link(&server), expected);
    let mails = api.rows("message", &format!("tblemails WHERE message LIKE '%{token}%'")).await;
    assert_eq!(mails, [""; 0]);
    let entries = api.rows("payload", "mod_whmcs_api_outbox_entries WHERE payload <> ''").await;
    assert_eq!(entries, [""; 0], "what was sent is forgotten");
}

/// A page of the operator's own gets the token, and the database only its hash.
#[tokio::test]
async fn the_link_may_lead_to_the_operators_page() {
    let server = SmtpServer::start().await;
    let mut settings = Settings { mail: server.settings(), ..Settings::default() };
    settings.users.reset_url = "https://my.example.com/reset?t={token}".to_owned();
    let api = TestApi::with_settings(settings).await;
    api.sql(CLIENTS).await;
    api.sql(COMPANY).await;
    api.sql(
        "INSERT INTO tblemailtemplates (type, name, subject, message) VALUES \
           ('general', 'Password Reset Validation', 'Reset', '<a href=\"{$pw_reset_url}\">{$client_first_name}</a>')",
    )
    .await;
    api.reply("action=ResetPassword&id=1").await;
    api.api.run_outbox_once().await;
    let link = link(&server);
    let token = link.strip_prefix("https://my.example.com/reset?t=").unwrap_or_else(|| panic!("{link}"));
    let hash: String = Sha256::digest(token).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert_eq!(api.rows("reset_token", "tblusers WHERE id = 1").await, [format!("sha256:{hash}")]);
}

/// The link went to an address that is no longer the user's.
#[tokio::test]
async fn another_address_ends_the_link() {
    for (call, is_ended) in [
        ("UpdateUser&user_id=1&email=new@example.com", true),
        ("UpdateClient&clientid=1&email=new@example.com&updateowner=1", true),
        ("UpdateUser&user_id=1&firstname=Ann", false),
    ] {
        let api = api().await;
        api.sql("UPDATE tblusers SET reset_token = 'x' WHERE id = 1").await;
        api.reply(&format!("action={call}")).await;
        assert_eq!(
            api.rows("reset_token = ''", "tblusers WHERE id = 1").await,
            [if is_ended { "1" } else { "0" }],
            "{call}"
        );
    }
}

#[tokio::test]
async fn a_disabled_template_sends_nothing() {
    let api = api().await;
    api.sql(
        "INSERT INTO tblemailtemplates (type, name, subject, message, disabled) VALUES \
           ('general', 'Password Reset Validation', 'Reset', '{$pw_reset_url}', 1)",
    )
    .await;
    api.check("action=ResetPassword&id=1", r#"{"result":"success"}"#).await;
    assert_eq!(api.rows("COUNT(*)", "tblemails").await, ["0"]);
}

#[tokio::test]
async fn refuses_bad_input() {
    let api = api().await;
    for (request, message) in [
        ("", "Please enter the email address or provide the id"),
        ("id=0", "Please enter the email address or provide the id"),
        ("email=nonsense", "Please provide a valid email address"),
        ("email=nobody@example.com", "User Not Found"),
        ("id=9", "User Not Found"),
        ("id=x", "User Not Found"),
        ("id=9&email=una@example.com", "User Not Found"),
    ] {
        api.refuse(&format!("action=ResetPassword&{request}"), message).await;
    }
}
