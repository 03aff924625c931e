use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["DeactivateModule&moduleType=gateway&moduleName=mailin&newGateway=banktransfer"],
    writing: &["DeactivateModule&moduleType=gateway&moduleName=stripe&newGateway=paypal"],
    every_parameter: "DeactivateModule&moduleType=gateway&moduleName=paypal&newGateway=stripe",
    ..Calls::NONE
};

const USERS: &str = "UPDATE tblclients SET defaultgateway = 'paypal' WHERE id = 1; \
                     INSERT INTO tblinvoices (id, userid, paymentmethod, status) VALUES (1, 1, 'paypal', 'Unpaid'), (2, 1, 'paypal', 'Paid'); \
                     INSERT INTO tblhosting (id, userid, paymentmethod) VALUES (1, 1, 'paypal'), (2, 1, 'stripe'); \
                     INSERT INTO tblhostingaddons (id, userid, paymentmethod) VALUES (1, 1, 'paypal'); \
                     INSERT INTO tbldomains (id, userid, paymentmethod) VALUES (1, 1, 'paypal')";

async fn used(api: &TestApi) -> Vec<String> {
    let methods = "(SELECT defaultgateway FROM tblclients WHERE id = 1), (SELECT GROUP_CONCAT(paymentmethod ORDER BY id) FROM tblinvoices), \
                   (SELECT GROUP_CONCAT(paymentmethod ORDER BY id) FROM tblhosting), (SELECT paymentmethod FROM tblhostingaddons), \
                   (SELECT paymentmethod FROM tbldomains)";
    api.rows(methods, "(SELECT 1) AS one").await
}

#[tokio::test]
async fn another_gateway_takes_over() {
    for (new, methods) in [
        ("Stripe", "stripe | stripe,paypal | stripe,stripe | stripe | stripe"),
        // The most used client names the gateway itself.
        ("paypal", "paypal | paypal,paypal | paypal,stripe | paypal | paypal"),
    ] {
        let api = TestApi::new().await;
        api.sql(USERS).await;
        let request = format!("action=DeactivateModule&moduleType=gateway&moduleName=paypal&newGateway={new}");
        api.check(&request, r#"{"result":"success"}"#).await;
        assert_eq!(api.rows("COUNT(*)", "tblpaymentgateways WHERE gateway = 'paypal'").await, ["0"]);
        assert_eq!(api.rows("COUNT(DISTINCT gateway)", "tblpaymentgateways").await, ["3"]);
        assert_eq!(used(&api).await, [methods], "{new}");
    }
}

/// What is still to be paid is paid through the new gateway; what is settled keeps the one through which it was.
#[tokio::test]
async fn invoices_that_are_still_to_be_paid_change_over() {
    let api = TestApi::new().await;
    let statuses = ["Cancelled", "Collections", "Draft", "Paid", "Payment Pending", "Refunded", "Unpaid"];
    let rows = statuses.map(|status| format!("(1, '{status}', 'paypal')")).join(", ");
    api.sql(&format!("DELETE FROM tblinvoices; INSERT INTO tblinvoices (userid, status, paymentmethod) VALUES {rows}"))
        .await;
    api.reply("action=DeactivateModule&moduleType=gateway&moduleName=paypal&newGateway=stripe").await;
    let changed = api.rows("status", "tblinvoices WHERE paymentmethod = 'stripe' ORDER BY status").await;
    assert_eq!(changed, ["Collections", "Draft", "Payment Pending", "Unpaid"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = TestApi::new().await;
    api.sql(USERS).await;
    let kinds = "Invalid module type provided. Supported module types include: addon, fraud, gateway, mail, notification, \
                 registrar, security, server, support";
    for (request, message) in [
        ("moduleName=paypal", kinds),
        ("moduleType=gateway&moduleName=acme", "Invalid module name provided."),
        ("moduleType=addon&moduleName=project_management", "Module deactivation not supported by module type."),
        (
            "moduleType=gateway&moduleName=paypal",
            "Failed to deactivate: The gateway is in use, and newGateway names none that replaces it",
        ),
        (
            "moduleType=gateway&moduleName=paypal&newGateway=acme",
            "Failed to deactivate: The gateway that newGateway names is not active",
        ),
    ] {
        api.refuse(&format!("action=DeactivateModule&{request}"), message).await;
    }
    api.reply("action=DeactivateModule&moduleType=gateway&moduleName=mailin").await;
    let message = "Failed to deactivate: Module is not active";
    api.refuse("action=DeactivateModule&moduleType=gateway&moduleName=mailin", message).await;
}
