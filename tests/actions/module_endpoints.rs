//! Activating, configuring and deactivating registrars, fraud checks and endpoints of notifications.

use serde_json::json;
use whmcs_api::config::{Notification, PasswordStorage, Registrar, Secret, Settings};

use crate::support::module::{Module, ScriptedResponse};
use crate::support::{TestApi, settings_with_keys};

const DONE: &str = r#"{"result":"success"}"#;

fn with_registrar(mut settings: Settings, name: &str) -> Settings {
    let registrar = "url = 'https://registrars.example.com/'\nsecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'";
    settings.registrars.insert(name.to_owned(), toml::from_str::<Registrar>(registrar).unwrap());
    settings
}

/// Makes calls about a module one after another, and compares each error, or its absence.
async fn make(api: &TestApi, module: &str, calls: &[(&str, &str)]) {
    for (call, error) in calls {
        let (action, parameters) = call.split_once('&').unwrap_or((call, ""));
        let request = format!("action={action}&{module}&{parameters}");
        match *error {
            "" => api.check(&request, DONE).await,
            error => api.refuse(&request, error).await,
        }
    }
}

async fn registrars(api: &TestApi) -> Vec<String> {
    let reply = api.reply("action=GetRegistrars").await;
    reply["registrars"].as_array().unwrap().iter().map(|row| row["module"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn settings_of_registrars_are_sealed_and_never_returned() {
    let api = TestApi::with_settings(with_registrar(settings_with_keys(), "opensrs")).await;
    api.check(
        "action=GetModuleConfigurationParameters&moduleType=registrar&moduleName=Enom",
        concat!(
            r#"{"result":"success","parameters":[{"name":"Username","displayName":"Username","fieldType":"text"},"#,
            r#"{"name":"Password","displayName":"Password","fieldType":"password"},"#,
            r#"{"name":"TestMode","displayName":"Test Mode","fieldType":"yesno"}]}"#,
        ),
    )
    .await;
    let enom = "moduleType=registrar&moduleName=Enom";
    make(
        &api,
        enom,
        &[
            (
                "UpdateModuleConfiguration&parameters[Password]=x",
                "Module Configuration Update Failed: Module is not active",
            ),
            ("DeactivateModule", "Failed to deactivate: Module is not active"),
            ("ActivateModule&parameters[password]=s3cret-one&parameters[PASSWORD]=x&parameters[Unknown]=x", ""),
            ("ActivateModule", "Failed to activate: Module is already active"),
        ],
    )
    .await;
    let stored = "registrar, setting, IF(value LIKE 'sealed:%', 'sealed', value)";
    let rows = "tblregistrars ORDER BY id";
    assert_eq!(api.rows(stored, rows).await, ["enom | Password | sealed", "enom | Username | ", "enom | TestMode | "]);
    assert_eq!(registrars(&api).await, ["enom", "opensrs"]);
    make(&api, enom, &[("UpdateModuleConfiguration&parameters[Password]=&parameters[TestMode]=1", "")]).await;
    assert_eq!(api.rows(stored, rows).await, ["enom | Password | ", "enom | Username | ", "enom | TestMode | sealed"]);
    make(&api, enom, &[("DeactivateModule", "")]).await;
    assert_eq!(registrars(&api).await, ["opensrs"]);
    let log = api.rows("description", "tblactivitylog ORDER BY id").await;
    assert_eq!(
        log,
        [
            "Registrar Module Activated: enom",
            "Registrar Module Configuration Updated: enom (Password, TestMode)",
            "Registrar Module Deactivated: enom"
        ]
    );

    // This program knows no fields of it, so it may have any.
    make(
        &api,
        "moduleType=registrar&moduleName=OpenSRS",
        &[
            ("ActivateModule", "Failed to activate: Module is already active"),
            ("UpdateModuleConfiguration&parameters[api_key]=s3cret-two&parameters[no%20name]=x", ""),
            (
                "DeactivateModule",
                "Failed to deactivate: The settings of this server name the registrar, which keeps it active",
            ),
        ],
    )
    .await;
    assert_eq!(api.rows(stored, rows).await, ["opensrs | api_key | sealed"]);
    api.check(
        "action=GetModuleConfigurationParameters&moduleType=registrar&moduleName=opensrs",
        r#"{"result":"success","parameters":[{"name":"api_key","displayName":"api_key","fieldType":"text"}]}"#,
    )
    .await;
}

/// Without keys they are stored as they are; in the database of a WHMCS they are its own.
#[tokio::test]
async fn settings_of_a_whmcs_are_not_written() {
    let mut settings = with_registrar(Settings::default(), "opensrs");
    settings.crypto.mode = PasswordStorage::Whmcs;
    let api = TestApi::with_settings(settings).await;
    let reason = "WHMCS encrypts the settings of these modules itself";
    make(
        &api,
        "moduleType=registrar&moduleName=enom",
        &[("ActivateModule&parameters[Username]=x", &format!("Failed to activate: {reason}"))],
    )
    .await;
    make(
        &api,
        "moduleType=registrar&moduleName=opensrs",
        &[
            ("UpdateModuleConfiguration&parameters[key]=x", &format!("Module Configuration Update Failed: {reason}")),
            ("UpdateModuleConfiguration", ""),
        ],
    )
    .await;
    assert_eq!(api.rows("COUNT(*)", "tblregistrars").await, ["0"]);
}

#[tokio::test]
async fn the_active_fraud_check_is_asked_and_no_other_one() {
    let (one, two) = (Module::start().await, Module::start().await);
    let mut settings = settings_with_keys();
    settings.fraud.extend([("one".to_owned(), one.settings()), ("two".to_owned(), two.settings())]);
    let api = TestApi::with_settings(settings).await;
    api.sql(include_str!("../support/fixtures/one_order.sql")).await;
    for module in [&one, &two] {
        module.respond_with([ScriptedResponse::Json(r#"{"fraud":false}"#)]);
    }
    let check = "action=OrderFraudCheck&orderid=1000";
    let asked = async || api.reply(check).await["module"].clone();
    assert_eq!(asked().await, json!("one"));
    make(
        &api,
        "moduleType=fraud&moduleName=One",
        &[("ActivateModule", "Failed to activate: Module is already active")],
    )
    .await;
    make(
        &api,
        "moduleType=fraud&moduleName=two",
        &[
            ("UpdateModuleConfiguration", "Module Configuration Update Failed: Module is not active"),
            ("DeactivateModule", "Failed to deactivate: Module is not active"),
            ("ActivateModule&parameters[licenseKey]=s3cret-key", ""),
        ],
    )
    .await;
    assert_eq!(asked().await, json!("two"));
    let stored = "fraud, setting, IF(value LIKE 'sealed:%', 'sealed', value)";
    assert_eq!(api.rows(stored, "tblfraud").await, ["two | licenseKey | sealed"]);
    make(&api, "moduleType=fraud&moduleName=two", &[("UpdateModuleConfiguration&parameters[licensekey]=", "")]).await;
    assert_eq!(api.rows(stored, "tblfraud").await, ["two | licenseKey | "]);
    make(&api, "moduleType=fraud&moduleName=two", &[("DeactivateModule", "")]).await;
    assert_eq!(api.rows("COUNT(*)", "tblfraud").await, ["0"]);
    api.refuse(check, "No Active Fraud Module").await;
    make(&api, "moduleType=fraud&moduleName=one", &[("ActivateModule", "")]).await;
    one.respond_with([ScriptedResponse::Json(r#"{"fraud":true}"#)]);
    assert_eq!(asked().await, json!("one"));
}

#[tokio::test]
async fn an_endpoint_that_is_deactivated_gets_no_notifications() {
    let mut settings = Settings::default();
    for name in ["chat", "pager"] {
        settings.notifications.insert(
            name.to_owned(),
            Notification {
                url: Secret("https://notifications.example.com/".to_owned()),
                secret: Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
                format: whmcs_api::config::NotificationFormat::Json,
                timeout_seconds: 10,
                identifiers: Vec::new(),
            },
        );
    }
    let api = TestApi::with_settings(settings).await;
    let notify = "action=TriggerNotificationEvent&notification_identifier=x&title=x&message=y";
    let chat = "moduleType=notification&moduleName=Chat";
    let no_parameters = "The settings of this server have the parameters of notifications";
    make(
        &api,
        chat,
        &[
            ("ActivateModule", "Failed to activate: Module is already active"),
            (
                "UpdateModuleConfiguration&parameters[url]=x",
                &format!("Module Configuration Update Failed: {no_parameters}"),
            ),
            ("UpdateModuleConfiguration", ""),
            ("DeactivateModule", ""),
            ("DeactivateModule", "Failed to deactivate: Module is not active"),
        ],
    )
    .await;
    api.check(notify, DONE).await;
    let sent = "mod_whmcs_api_outbox_entries ORDER BY id";
    assert_eq!(api.rows("target", sent).await, ["pager"]);
    make(
        &api,
        chat,
        &[
            ("ActivateModule&parameters[url]=x", &format!("Failed to activate: {no_parameters}")),
            ("ActivateModule", ""),
        ],
    )
    .await;
    api.check(notify, DONE).await;
    assert_eq!(api.rows("target", sent).await, ["pager", "chat", "pager"]);
    api.check(&format!("action=GetModuleConfigurationParameters&{chat}"), r#"{"result":"success","parameters":[]}"#)
        .await;
}
