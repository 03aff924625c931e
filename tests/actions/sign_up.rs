//! A sign-up on another site, from the first call to the last, as integrators write it.

use std::collections::BTreeMap;

use serde_json::Value;
use whmcs_api::config::Settings;

use crate::support::module::Module;
use crate::support::{TestApi, post};

#[tokio::test]
async fn a_client_signs_up_orders_is_suspended_and_leaves() {
    let module = Module::start().await;
    let modules = BTreeMap::from([("cpanel".to_owned(), module.settings())]);
    let api = TestApi::with_settings(Settings { modules, ..Settings::default() }).await;
    api.sql(include_str!("../support/fixtures/people/sign_up.sql")).await;

    // Encoded as by PHP's http_build_query(): false is 0.
    let client = api
        .reply(
            "action=AddClient&firstname=Rita&lastname=Sousa&email=rita.sousa%40example.com&address1=Not+provided\
             &city=Not+provided&state=Not+provided&postcode=00000&country=US&phonenumber=2125550134\
             &password2=9f86d081884c7d659a2feaa0&skipvalidation=0&noemail=0",
        )
        .await["clientid"]
        .clone();
    let order = api
        .reply(&format!(
            "action=AddOrder&clientid={client}&paymentmethod=paypal&pid%5B0%5D=501&domain%5B0%5D=rita.example.com&billingcycle%5B0%5D=monthly"
        ))
        .await;
    let (order_id, service) = (&order["orderid"], order["serviceids"].as_str().unwrap());
    assert_eq!(service_of(&api, service).await, "Pending", "ordering provisions nothing");
    assert!(module.received().is_empty());

    let invoice = &order["invoiceid"];
    api.reply(&format!("action=AddInvoicePayment&invoiceid={invoice}&transid=T1&gateway=paypal")).await;
    api.reply(&format!("action=AcceptOrder&orderid={order_id}&autosetup=1&sendemail=1")).await;
    assert_eq!(service_of(&api, service).await, "Active");
    api.reply(&format!("action=ModuleSuspend&serviceid={service}&suspendreason=Abuse")).await;
    assert_eq!(service_of(&api, service).await, "Suspended");
    api.reply(&format!("action=ModuleTerminate&serviceid={service}")).await;
    assert_eq!(service_of(&api, service).await, "Terminated");
    let functions = module.functions();
    assert_eq!(
        functions,
        ["CreateAccount", "SuspendAccount", "TerminateAccount"].map(|name| format!("{name} {service}"))
    );

    let details = api.reply(&format!("action=GetClientsDetails&clientid={client}")).await;
    assert_eq!(details["client"]["email"], "rita.sousa@example.com");
    assert_eq!(details["firstname"], "Rita", "as old clients read it");
    let orders = api.reply(&format!("action=GetOrders&userid={client}")).await;
    assert_eq!(orders["orders"]["order"][0]["status"], "Active");
    let invoices = api.reply(&format!("action=GetInvoices&userid={client}")).await;
    assert_eq!(invoices["invoices"]["invoice"][0]["status"], "Paid");
    let subjects = api.rows("subject", &format!("tblemails WHERE userid = {client} ORDER BY id")).await;
    assert_eq!(subjects, ["Welcome", "Your order", "Your invoice", "Your payment", "Your service"]);
}

async fn service_of(api: &TestApi, service: &str) -> String {
    let reply = api.reply(&format!("action=GetClientsProducts&serviceid={service}")).await;
    reply["products"]["product"][0]["status"].as_str().unwrap().to_owned()
}

/// A wrapper reads `result`, and then `message`: both exist in every error.
#[tokio::test]
async fn every_failure_can_be_told_by_its_message() {
    let api = TestApi::new().await;
    for (request, status, message) in [
        ("identifier=TestIdentifier&secret=wrong&action=GetClients", 403, "Authentication Failed"),
        ("identifier=TestIdentifier&secret=TestSecret", 400, "Empty action request"),
        (
            "identifier=TestIdentifier&secret=TestSecret&action=GetCustomers",
            200,
            "Invalid API Action: \"getcustomers\" is not a valid API action",
        ),
        ("identifier=TestIdentifier&secret=TestSecret&action=GetClientsDetails&clientid=9", 200, "Client Not Found"),
        ("identifier=TestIdentifier&secret=TestSecret&action=AddOrder&clientid=9", 200, "Client ID Not Found"),
    ] {
        let (answered, body) = post(&api.router, request).await;
        let reply: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (answered, &reply["result"], &reply["message"]),
            (status, &"error".into(), &message.into()),
            "{request}"
        );
    }
}
