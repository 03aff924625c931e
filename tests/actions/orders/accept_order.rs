use std::collections::BTreeMap;

use serde_json::json;
use whmcs_api::config::Settings;

use crate::support::module::{Module, ScriptedResponse};
use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &[
        "AddOrder&clientid=1&paymentmethod=paypal&pid[0]=2&domain[0]=accepted.example.com&billingcycle[0]=monthly",
        "AcceptOrder&orderid={orderid}",
    ],
    setup: include_str!("../../support/fixtures/services.sql"),
    writing: &["AcceptOrder&orderid=801&autosetup=1&sendemail=1&serverid=701"],
    every_parameter: "AcceptOrder&orderid=3&serverid=1&serviceusername=u&servicepassword=p&registrar=r&sendregistrar=0&autosetup=0&sendemail=0",
};

const SERVICES: &str = "id, domainstatus, server, username, password";

async fn api_with(module: &Module) -> TestApi {
    let modules = BTreeMap::from([("cpanel".to_owned(), module.settings())]);
    let api = TestApi::with_settings(Settings { modules, ..Settings::default() }).await;
    api.sql(include_str!("../../support/fixtures/services.sql")).await;
    api
}

#[tokio::test]
async fn has_its_services_created() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    module.respond_with([ScriptedResponse::Json(r#"{"result":"success","service":{"username":"newuser"}}"#)]);
    api.check("action=AcceptOrder&orderid=801&serverid=701&sendemail=1", r#"{"result":"success"}"#).await;
    let asked = module.received();
    assert_eq!(asked.len(), 1, "the other service has no module");
    assert_eq!(asked[0]["params"]["serverhostname"], "one.example.com", "the module gets the chosen server");
    assert_eq!(
        api.rows(SERVICES, "tblhosting WHERE orderid = 801 ORDER BY id").await,
        ["911 | Active | 701 | newuser | ", "912 | Active | 701 |  | "]
    );
    assert_eq!(api.rows("status", "tblorders WHERE id = 801").await, ["Active"]);
    assert_eq!(api.rows("status", "tblhostingaddons WHERE id = 921").await, ["Active"]);
    assert_eq!(
        api.rows("userid, subject, message, `to`", "tblemails").await,
        ["1 | Your Managed | One Client: newuser at new.example.com | one@example.com"]
    );
    assert_eq!(
        api.rows("description", "tblactivitylog ORDER BY id").await,
        ["Order Accepted - Order ID: 801", "Module Create Successful - Service ID: 911"]
    );
    api.refuse("action=AcceptOrder&orderid=801", "Order ID not found or Status not Pending").await;
}

#[tokio::test]
async fn stays_pending_until_the_module_has_done_it() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    module.respond_with([ScriptedResponse::Json(r#"{"result":"error","message":"Disk full","retry":false}"#)]);
    let (_, body) = api.send("action=AcceptOrder&orderid=801").await;
    assert_eq!(body, json!({"result": "error", "message": "Disk full"}).to_string());
    assert_eq!(api.rows("status", "tblorders WHERE id = 801").await, ["Pending"]);
    assert_eq!(api.rows("domainstatus", "tblhosting WHERE orderid = 801 ORDER BY id").await, ["Pending", "Active"]);
    assert_eq!(api.rows("COUNT(*)", "tblemails").await, ["0"]);
    api.reply("action=AcceptOrder&orderid=801").await;
    assert_eq!(api.rows("status", "tblorders WHERE id = 801").await, ["Active"]);
    assert_eq!(module.functions(), ["CreateAccount 911", "CreateAccount 911"]);
}

#[tokio::test]
async fn asks_modules_where_it_is_told_to_or_the_product_says_so() {
    for (request, asked, services) in [
        ("orderid=801", &["CreateAccount 911"][..], "Active,Active"),
        ("orderid=801&autosetup=0", &[], "Active,Active"),
        ("orderid=803", &[], "Active"),
        ("orderid=803&autosetup=true", &["CreateAccount 913"], "Active"),
    ] {
        let module = Module::start().await;
        let api = api_with(&module).await;
        api.reply(&format!("action=AcceptOrder&{request}")).await;
        assert_eq!(module.functions(), asked, "{request}");
        let order = &request[8..11];
        let statuses = api.rows("domainstatus", &format!("tblhosting WHERE orderid = {order}")).await;
        assert_eq!(statuses.join(","), services, "{request}");
        assert_eq!(api.rows("status", &format!("tblorders WHERE id = {order}")).await, ["Active"], "{request}");
    }
}

#[tokio::test]
async fn gives_everything_in_it_what_it_is_told() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    api.reply("action=AcceptOrder&orderid=801&serviceusername=ana&servicepassword=pass").await;
    assert_eq!(
        api.rows(SERVICES, "tblhosting WHERE orderid = 801 ORDER BY id").await,
        ["911 | Active | 0 | ana | pass", "912 | Active | 0 | ana | pass"]
    );
    assert_eq!(module.received()[0]["params"]["password"], "pass");
    api.reply("action=AcceptOrder&orderid=803&registrar=enom").await;
    assert_eq!(api.rows("registrar, status", "tbldomains WHERE id = 931").await, ["enom | Active"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    let not_pending = "Order ID not found or Status not Pending";
    api.sql("UPDATE tblproducts SET servertype = 'nowhere' WHERE id = 504").await;
    let long = format!("orderid=801&servicepassword={}", "x".repeat(10_001));
    for (request, message) in [
        ("", not_pending),
        ("orderid=x", not_pending),
        ("orderid=999", not_pending),
        ("orderid=802", not_pending),
        (
            "orderid=803&sendregistrar=1",
            "No registrar is set for asked.example.com, nor for all domains of its extension",
        ),
        ("orderid=801&serverid=702", "Server ID Not Found"),
        ("orderid=801&serverid=x", "Server ID Not Found"),
        (&long, "servicepassword is too long: at most 10000 bytes are allowed"),
        ("orderid=803&autosetup=1", "Module Not Found: this server's settings have no modules.nowhere"),
    ] {
        api.refuse(&format!("action=AcceptOrder&{request}"), message).await;
    }
    assert!(module.received().is_empty());
}
