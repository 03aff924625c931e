use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetModuleConfigurationParameters&moduleType=gateway&moduleName=paypal"],
    every_parameter: "GetModuleConfigurationParameters&moduleType=gateway&moduleName=paypal",
    ..Calls::NONE
};

#[tokio::test]
async fn has_the_documented_fields_of_a_gateway_that_is_not_active() {
    let api = TestApi::new().await;
    api.sql("DELETE FROM tblpaymentgateways").await;
    let reply = concat!(
        r#"{"result":"success","parameters":[{"name":"FriendlyName","displayName":"FriendlyName","fieldType":"text"},"#,
        r#"{"name":"email","displayName":"PayPal Email","fieldType":"text"},"#,
        r#"{"name":"forceonetime","displayName":"Force One Time Payments","fieldType":"yesno"},"#,
        r#"{"name":"forcesubscriptions","displayName":"Force Subscriptions","fieldType":"yesno"},"#,
        r#"{"name":"requireshipping","displayName":"Require Shipping Address","fieldType":"yesno"},"#,
        r#"{"name":"overrideaddress","displayName":"Client Address Matching","fieldType":"yesno"},"#,
        r#"{"name":"apiusername","displayName":"API Username","fieldType":"text"},"#,
        r#"{"name":"apipassword","displayName":"API Password","fieldType":"text"},"#,
        r#"{"name":"apisignature","displayName":"API Signature","fieldType":"text"},"#,
        r#"{"name":"sandbox","displayName":"Sandbox Mode","fieldType":"yesno"}]}"#,
    );
    for request in ["moduleType=gateway&moduleName=paypal", "moduleType=Gateway&moduleName=+PayPal"] {
        api.check(&format!("action=GetModuleConfigurationParameters&{request}"), reply).await;
    }
}

#[tokio::test]
async fn of_an_unknown_gateway_are_those_that_are_stored() {
    let api = TestApi::new().await;
    api.sql("INSERT INTO tblpaymentgateways (gateway, setting, value) VALUES ('stripe', 'secretKey', 'hidden')").await;
    api.check(
        "action=GetModuleConfigurationParameters&moduleType=gateway&moduleName=stripe",
        concat!(
            r#"{"result":"success","parameters":[{"name":"FriendlyName","displayName":"FriendlyName","fieldType":"text"},"#,
            r#"{"name":"secretKey","displayName":"secretKey","fieldType":"text"}]}"#,
        ),
    )
    .await;
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = TestApi::new().await;
    let kinds = "Invalid module type provided. Supported module types include: addon, fraud, gateway, mail, notification, \
                 registrar, security, server, support";
    for (request, message) in [
        ("", kinds),
        ("moduleType=gateways&moduleName=paypal", kinds),
        ("moduleType=gateway", "Invalid module name provided."),
        ("moduleType=gateway&moduleName=acme", "Invalid module name provided."),
        ("moduleType=server&moduleName=cpanel", "Invalid module name provided."),
        ("moduleType=fraud&moduleName=maxmind", "Invalid module name provided."),
        ("moduleType=notification&moduleName=slack", "Invalid module name provided."),
        ("moduleType=registrar&moduleName=opensrs", "Invalid module name provided."),
        ("moduleType=mail&moduleName=smtp", "Invalid module name provided."),
        (
            "moduleType=addon&moduleName=project_management",
            "Get module configuration parameters not supported by module type.",
        ),
    ] {
        api.refuse(&format!("action=GetModuleConfigurationParameters&{request}"), message).await;
    }
}
