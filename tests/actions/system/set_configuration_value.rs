use whmcs_api::config::Compat;

use crate::support::{Calls, NOW, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["SetConfigurationValue&setting=InvoicePayTo&value=Lisboa"],
    setup: "INSERT INTO tblconfiguration (setting, value) VALUES ('InvoicePayTo', 'Porto');",
    writing: &["SetConfigurationValue&setting=InvoicePayTo&value=Lisboa"],
    every_parameter: "SetConfigurationValue&setting=InvoicePayTo&value=Lisboa",
};

async fn api(writable: &[&str]) -> TestApi {
    let configuration_writable = writable.iter().map(|name| (*name).to_owned()).collect();
    let api = TestApi::with(Compat { configuration_writable, ..Compat::default() }).await;
    api.sql("INSERT INTO tblconfiguration (setting, value) VALUES ('CompanyName', 'Acme'), ('SMTPPassword', 'x')")
        .await;
    api
}

const RESTRICTED: &str = "API Command Restricted to Internal API";

#[tokio::test]
async fn is_refused_unless_the_operator_allows_it() {
    let api = api(&[]).await;
    for request in ["setting=CompanyName&value=New", "setting=Nothing&value=x", "setting=CompanyName", ""] {
        api.refuse(&format!("action=SetConfigurationValue&{request}"), RESTRICTED).await;
    }
}

#[tokio::test]
async fn changes_what_the_operator_names() {
    let api = api(&["companyname"]).await;
    for (sent, value, is_changed) in [("value=New", "New", true), ("value=New", "New", false), ("value=", "", true)] {
        let reply = format!(r#"{{"result":"success","value_changed":{is_changed}}}"#);
        api.check(&format!("action=SetConfigurationValue&setting=CompanyName&{sent}"), &reply).await;
        let row = api.rows("value, updated_at", "tblconfiguration WHERE setting = 'CompanyName'").await;
        assert_eq!(row, [format!("{value} | {NOW}")], "{sent}");
    }
    let log = api.rows("description", "tblactivitylog LIMIT 1").await;
    assert_eq!(log, ["Modified General Settings - Setting: CompanyName"]);
    api.refuse("action=SetConfigurationValue&setting=SystemURL&value=x", RESTRICTED).await;
}

#[tokio::test]
async fn an_asterisk_stands_for_all_that_may_be_read() {
    let api = api(&["*"]).await;
    api.reply("action=SetConfigurationValue&setting=CompanyName&value=New").await;
    // Links with tokens lead to the URL, and staff would call from other addresses.
    api.sql("INSERT INTO tblconfiguration (setting, value) VALUES ('APIAllowedIPs', '')").await;
    for sensitive in ["SMTPPassword", "SystemURL", "APIAllowedIPs"] {
        api.refuse(&format!("action=SetConfigurationValue&setting={sensitive}&value=x"), RESTRICTED).await;
    }
}

#[tokio::test]
async fn the_value_of_a_secret_is_not_logged() {
    let api = api(&["SMTPPassword"]).await;
    api.reply("action=SetConfigurationValue&setting=SMTPPassword&value=c4n4ry-told").await;
    assert_eq!(api.rows("value", "tblconfiguration WHERE setting = 'SMTPPassword'").await, ["c4n4ry-told"]);
    let logged = api.rows("request", "tblapilog").await.concat();
    assert!(logged.contains("SMTPPassword") && !logged.contains("c4n4ry-told"), "{logged}");
}

#[tokio::test]
async fn refuses_bad_input_in_the_documented_order() {
    let api = api(&["*"]).await;
    let long = format!("setting=CompanyName&value={}", "x".repeat(65_536));
    for (request, message) in [
        ("value=x", "Parameter setting is required"),
        ("setting=Nothing", "Invalid name for parameter setting"),
        ("setting=Nothing&value=x", "Invalid name for parameter setting"),
        ("setting=CompanyName", "Parameter value is required"),
        (&long, "value is too long: at most 65535 bytes are allowed"),
    ] {
        api.refuse(&format!("action=SetConfigurationValue&{request}"), message).await;
    }
}
