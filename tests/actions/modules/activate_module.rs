use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &[
        "DeactivateModule&moduleType=gateway&moduleName=mailin&newGateway=banktransfer",
        "ActivateModule&moduleType=gateway&moduleName=mailin",
    ],
    setup: "DELETE FROM tblpaymentgateways WHERE gateway = 'paypal'",
    writing: &["ActivateModule&moduleType=gateway&moduleName=paypal&parameters[email]=x"],
    every_parameter: "ActivateModule&moduleType=gateway&moduleName=paypal&parameters[email]=x",
};

const SETTINGS: &str = "setting, value, `order`";

#[tokio::test]
async fn stores_the_settings_that_the_gateway_has() {
    let api = TestApi::new().await;
    api.sql("DELETE FROM tblpaymentgateways WHERE gateway = 'paypal'").await;
    api.check(
        "action=ActivateModule&moduleType=gateway&moduleName=PayPal&parameters[email]=b%26c@example.com\
         &parameters[forcesubscriptions]=true&parameters[sandbox]=0&parameters[unknown]=x&parameters[apiusername][]=x",
        r#"{"result":"success"}"#,
    )
    .await;
    assert_eq!(
        api.rows(SETTINGS, "tblpaymentgateways WHERE gateway = 'paypal' ORDER BY id").await,
        [
            "name | PayPal | 5",
            "email | b&c@example.com | 5",
            "forcesubscriptions | on | 5",
            "sandbox |  | 5",
            "type | Invoices | 5",
            "visible | on | 5"
        ]
    );
    assert_eq!(api.rows("description", "tblactivitylog").await, ["Gateway Module Activated: paypal"]);
    let reply = api.reply("action=GetPaymentMethods").await;
    let last = &reply["paymentmethods"]["paymentmethod"][3];
    assert_eq!((&last["module"], &last["displayname"]), (&"paypal".into(), &"PayPal".into()));
}

#[tokio::test]
async fn clients_see_the_name_that_the_operator_gives() {
    let api = TestApi::new().await;
    api.sql("DELETE FROM tblpaymentgateways").await;
    api.reply("action=ActivateModule&moduleType=gateway&moduleName=mailin&parameters[FriendlyName]=By+check").await;
    let row = api.rows(SETTINGS, "tblpaymentgateways WHERE setting = 'name'").await;
    assert_eq!(row, ["name | By check | 1"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = TestApi::new().await;
    let kinds = "Invalid module type provided. Supported module types include: addon, fraud, gateway, mail, notification, \
                 registrar, security, server, support";
    for (request, message) in [
        ("moduleType=x&moduleName=paypal", kinds),
        ("moduleType=gateway&moduleName=acme", "Invalid module name provided."),
        ("moduleType=addon&moduleName=project_management", "Module activation not supported by module type."),
        ("moduleType=gateway&moduleName=paypal", "Failed to activate: Module is already active"),
    ] {
        api.refuse(&format!("action=ActivateModule&{request}"), message).await;
    }
}
