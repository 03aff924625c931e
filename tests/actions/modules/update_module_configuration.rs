use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpdateModuleConfiguration&moduleType=gateway&moduleName=paypal"],
    writing: &[
        "UpdateModuleConfiguration&moduleType=gateway&moduleName=banktransfer&parameters[FriendlyName]=x&parameters[instructions]=y",
    ],
    every_parameter: "UpdateModuleConfiguration&moduleType=gateway&moduleName=paypal&parameters[email]=x",
    ..Calls::NONE
};

const SETTINGS: &str = "setting, value, `order`";

#[tokio::test]
async fn changes_the_settings_that_are_named() {
    let api = TestApi::new().await;
    for (request, rows) in [
        ("", vec!["type | Invoices | 3", "instructions | IBAN: PT50 0001 | 3"]),
        ("&parameters[instructions]=IBAN", vec!["type | Invoices | 3", "instructions | IBAN | 3"]),
        (
            "&parameters[friendlyname]=Transfer&parameters[type]=CC",
            vec!["type | Invoices | 3", "instructions | IBAN | 3", "name | Transfer | 3"],
        ),
        (
            "&parameters[FriendlyName]=%20",
            vec!["type | Invoices | 3", "instructions | IBAN | 3", "name | Transfer | 3"],
        ),
        ("&parameters[instructions]=", vec!["type | Invoices | 3", "instructions |  | 3", "name | Transfer | 3"]),
    ] {
        let call = "action=UpdateModuleConfiguration&moduleType=gateway&moduleName=banktransfer";
        api.check(&format!("{call}{request}"), r#"{"result":"success"}"#).await;
        let stored = api.rows(SETTINGS, "tblpaymentgateways WHERE gateway = 'banktransfer' ORDER BY id").await;
        assert_eq!(stored, rows, "{request}");
    }
    let log = api.rows("description", "tblactivitylog ORDER BY id LIMIT 1").await;
    assert_eq!(log, ["Gateway Module Configuration Updated: banktransfer (instructions)"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = TestApi::new().await;
    api.sql("DELETE FROM tblpaymentgateways WHERE gateway = 'paypal'").await;
    let kinds = "Invalid module type provided. Supported module types include: addon, fraud, gateway, mail, notification, \
                 registrar, security, server, support";
    for (request, message) in [
        ("moduleType=&moduleName=paypal", kinds),
        ("moduleType=gateway&moduleName=acme", "Invalid module name provided."),
        ("moduleType=addon&moduleName=project_management", "Module activation not supported by module type."),
        ("moduleType=gateway&moduleName=paypal", "Module Configuration Update Failed: Module is not active"),
        ("moduleType=gateway&moduleName=stripe&parameters=x", "parameters: not base64"),
    ] {
        api.refuse(&format!("action=UpdateModuleConfiguration&{request}"), message).await;
    }
}
