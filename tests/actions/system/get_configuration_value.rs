use whmcs_api::config::Compat;

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetConfigurationValue&setting=Language"],
    setup: "",
    writing: &[],
    every_parameter: "GetConfigurationValue&setting=Language",
};

const SETTINGS: &str = "INSERT INTO tblconfiguration (setting, value) VALUES ('Empty', ''), ('APIAllowedIPs', 'a:0:{}'), \
     ('SMTPPassword', 'c4n4ry'), ('License', 'c4n4ry'), ('MailConfig', 'c4n4ry'), ('ReCAPTCHAPrivateKey', 'c4n4ry'), \
     ('CronToken', 'c4n4ry'), ('ClientHash', 'c4n4ry'), ('SharedSecret', 'c4n4ry'), ('OAuthCredentials', 'c4n4ry'), \
     ('2fasettings', 'c4n4ry'), ('FtpBackupPw', 'c4n4ry')";

#[tokio::test]
async fn tells_a_setting() {
    let api = TestApi::new().await;
    api.sql(SETTINGS).await;
    for (sent, name, value) in [
        ("SystemURL", "SystemURL", "https://www.example.com/whmcs/"),
        ("systemurl", "SystemURL", "https://www.example.com/whmcs/"),
        ("Empty", "Empty", ""),
        ("APIAllowedIPs", "APIAllowedIPs", "a:0:{}"),
    ] {
        let reply = serde_json::json!({"result": "success", "setting": name, "value": value});
        assert_eq!(api.reply(&format!("action=GetConfigurationValue&setting={sent}")).await, reply);
    }
}

/// Also not to those who spell a name as only the database understands it.
#[tokio::test]
async fn never_tells_secrets() {
    let api = TestApi::new().await;
    api.sql(SETTINGS).await;
    for secret in [
        "SMTPPassword",
        "smtppassword",
        "License",
        "L%C3%AFcense",
        "MailConfig",
        "M%C3%A4ilConfig",
        "ReCAPTCHAPrivateKey",
        "CronToken",
        "ClientHash",
        "SharedSecret",
        "OAuthCredentials",
        "2fasettings",
        "FtpBackupPw",
        "License+",
    ] {
        let request = format!("action=GetConfigurationValue&setting={secret}");
        api.refuse(&request, "Invalid name for parameter setting").await;
    }
}

#[tokio::test]
async fn the_operator_may_name_exceptions() {
    let readable = vec!["license".to_owned()];
    let api = TestApi::with(Compat { configuration_readable: readable, ..Compat::default() }).await;
    api.sql(SETTINGS).await;
    api.reply("action=GetConfigurationValue&setting=License").await;
    api.refuse("action=GetConfigurationValue&setting=CronToken", "Invalid name for parameter setting").await;
}

#[tokio::test]
async fn refuses_bad_input() {
    let api = TestApi::new().await;
    for (request, message) in [
        ("", "Parameter setting is required"),
        ("setting=", "Parameter setting is required"),
        ("setting[]=Language", "Parameter setting is required"),
        ("setting=Nothing", "Invalid name for parameter setting"),
    ] {
        api.refuse(&format!("action=GetConfigurationValue&{request}"), message).await;
    }
}
