use whmcs_api::config::{Compat, Settings, UserPermissionsForm};

use crate::support::{Calls, NOW, SmtpServer, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["CreateClientInvite&client_id=3&email=new@example.com&permissions=products"],
    setup: include_str!("../../support/fixtures/people/people.sql"),
    writing: &[
        "CreateClientInvite&client_id=1001&email=new@example.com&permissions=products,tickets",
        "CreateClientInvite&client_id=1001&email=new@example.com&permissions=tickets",
    ],
    every_parameter: "CreateClientInvite&client_id=1&email=new@example.com&permissions=products",
};

const CLIENTS: &str = include_str!("../../support/fixtures/people/clients.sql");
const COLUMNS: &str =
    "email, client_id, invited_by, invited_by_admin, permissions, LENGTH(token), created_at, updated_at";

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(CLIENTS).await;
    api
}

#[tokio::test]
async fn stores_an_open_invitation() {
    let api = api().await;
    let request = "action=CreateClientInvite&client_id=1&email=new@example.com&permissions=tickets,+Products,fly";
    api.check(request, r#"{"result":"success"}"#).await;
    let row = format!("new@example.com | 1 | 1 | 1 | products,tickets | 64 | {NOW} | {NOW}");
    assert_eq!(api.rows(COLUMNS, "tbluser_invites WHERE accepted_at IS NULL AND deleted_at IS NULL").await, [row]);
    assert_eq!(
        api.rows("COUNT(*)", "tblusers_clients WHERE client_id = 1").await,
        ["2"],
        "nobody acts for the client yet"
    );
    let log = api.rows("description, userid", "tblactivitylog").await;
    assert_eq!(log, ["Invited User - Email: new@example.com | 1"]);
}

#[tokio::test]
async fn a_further_invitation_renews_the_open_one() {
    let api = api().await;
    let invite = "action=CreateClientInvite&client_id=1&email=new@example.com&permissions=tickets";
    api.reply(invite).await;
    let first = api.rows("token", "tbluser_invites").await;
    api.sql("UPDATE tbluser_invites SET created_at = '2026-11-01 00:00:00'").await;
    api.reply("action=CreateClientInvite&client_id=1&email=NEW@example.com&permissions=orders").await;
    assert_eq!(api.rows("permissions, created_at", "tbluser_invites").await, [format!("orders | {NOW}")]);
    assert_ne!(api.rows("token", "tbluser_invites").await, first);
    for end in ["accepted_at", "deleted_at"] {
        api.sql(&format!(
            "DELETE FROM tbluser_invites WHERE id > 1; UPDATE tbluser_invites SET accepted_at = NULL, {end} = '{NOW}'"
        ))
        .await;
        api.reply(invite).await;
        assert_eq!(api.rows("COUNT(*)", "tbluser_invites").await, ["2"], "{end}");
    }
    api.reply("action=CreateClientInvite&client_id=2&email=new@example.com&permissions=orders").await;
    assert_eq!(api.rows("COUNT(*)", "tbluser_invites").await, ["3"], "another client");
}

#[tokio::test]
async fn permissions_are_stored_as_the_others_are_or_as_the_setting_says() {
    for (setting, others, stored) in [
        (UserPermissionsForm::Auto, r#"["orders"]"#, r#"["products","tickets"]"#),
        (UserPermissionsForm::Auto, r#"{"orders":true}"#, r#"{"products":true,"tickets":true}"#),
        (UserPermissionsForm::Auto, "orders", "products,tickets"),
        (UserPermissionsForm::List, r#"["orders"]"#, "products,tickets"),
        (UserPermissionsForm::Json, "orders", r#"["products","tickets"]"#),
        (UserPermissionsForm::Flags, "orders", r#"{"products":true,"tickets":true}"#),
    ] {
        let api = TestApi::with(Compat { user_permissions: setting, ..Compat::default() }).await;
        api.sql(CLIENTS).await;
        api.sql(&format!("UPDATE tblusers_clients SET permissions = '{others}' WHERE owner = 0")).await;
        api.reply("action=CreateClientInvite&client_id=1&email=new@example.com&permissions=tickets,products").await;
        assert_eq!(api.rows("permissions", "tbluser_invites").await, [stored], "{setting:?} {others}");
    }
}

#[tokio::test]
async fn the_link_is_in_the_mail_alone() {
    let server = SmtpServer::start().await;
    let mut settings = Settings { mail: server.settings(), ..Settings::default() };
    settings.users.invite_url = "https://my.example.com/join/{token}".to_owned();
    let api = TestApi::with_settings(settings).await;
    api.sql(CLIENTS).await;
    api.sql("INSERT INTO tblconfiguration (setting, value) VALUES ('Email', 'office@atlantic.example')").await;
    api.reply("action=CreateClientInvite&client_id=1&email=new@example.com&permissions=tickets").await;
    let stored = api.rows("userid, `to`, subject, message", "tblemails").await.remove(0);
    assert!(
        stored.starts_with("0 | new@example.com | You have been given access to the account of Acme | "),
        "{stored}"
    );
    assert!(stored.contains("https://my.example.com/join/hidden-token"), "{stored}");
    assert!(api.rows("token", "tbluser_invites").await[0].starts_with("sha256:"));
    api.api.run_outbox_once().await;
    let taken = server.received();
    assert_eq!(taken[0].to, ["new@example.com"]);
    assert!(taken[0].text.contains("https://my.example.com/join/") && !taken[0].text.contains("hidden-token"));
}

#[tokio::test]
async fn refuses_bad_input_in_the_documented_order() {
    let api = api().await;
    for (request, message) in [
        ("", "Email is required"),
        ("client_id=1&permissions=tickets", "Email is required"),
        ("email=nonsense", "Invalid client id"),
        ("client_id=9&email=nonsense", "Invalid client id"),
        ("client_id=0&email=new@example.com&permissions=tickets", "Invalid client id"),
        ("client_id=1&email=nonsense", "The email address entered is not valid"),
        ("client_id=1&email=new@example.com", "User permissions are required"),
        ("client_id=1&email=new@example.com&permissions=,", "User permissions are required"),
        ("client_id=1&email=new@example.com&permissions=fly,run", "User permissions are required"),
        ("client_id=1&email=una@example.com", "User permissions are required"),
        ("client_id=1&email=UNA@example.com&permissions=tickets", "User already associated with client"),
        ("client_id=1&email=ben@example.com&permissions=tickets", "User already associated with client"),
    ] {
        api.refuse(&format!("action=CreateClientInvite&{request}"), message).await;
    }
    // A user who acts for other clients alone can be invited.
    api.reply("action=CreateClientInvite&client_id=2&email=una@example.com&permissions=tickets").await;
}
