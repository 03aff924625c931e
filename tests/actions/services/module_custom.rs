use std::collections::BTreeMap;

use whmcs_api::config::Settings;

use crate::support::module::{Module, ScriptedResponse, YES};
use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["ModuleCustom&serviceid=1&func_name=reboot"],
    setup: include_str!("../../support/fixtures/services.sql"),
    writing: &["ModuleCustom&serviceid=901&func_name=reboot"],
    every_parameter: "ModuleCustom&serviceid=1&accountid=1&func_name=reboot",
};

const QUEUE: &str = "service_id, module_name, module_action, last_attempt_error, num_retries, completed";

async fn api_with(module: &Module) -> TestApi {
    let modules = BTreeMap::from([("cpanel".to_owned(), module.settings())]);
    let api = TestApi::with_settings(Settings { modules, ..Settings::default() }).await;
    api.sql(include_str!("../../support/fixtures/services.sql")).await;
    api
}

#[tokio::test]
async fn the_module_executes_its_own_function() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    let service = api.rows("domainstatus, username, password", "tblhosting WHERE id = 901").await;
    for request in ["serviceid=901&func_name=reboot", "accountid=901&func_name=+reboot"] {
        module.respond_with([YES]);
        api.check(&format!("action=ModuleCustom&{request}"), r#"{"result":"success"}"#).await;
        assert_eq!(module.functions(), ["reboot 901"], "{request}");
    }
    assert_eq!(api.rows("domainstatus, username, password", "tblhosting WHERE id = 901").await, service);
    let line = "Module Custom (reboot) Successful - Service ID: 901 | 1 | alice";
    assert_eq!(api.rows("description, userid, user", "tblactivitylog LIMIT 1").await, [line]);
    assert_eq!(api.rows("module, action", "tblmodulelog LIMIT 1").await, ["cpanel | reboot"]);
    assert_eq!(api.rows("COUNT(*)", "tblmodulequeue").await, ["0"]);
}

/// Nobody expects a reboot an hour later.
#[tokio::test]
async fn a_failure_is_the_actions_error_and_not_tried_again() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    module.respond_with([ScriptedResponse::Json(r#"{"result":"error","message":"Server response message"}"#)]);
    let (status, body) = api.send("action=ModuleCustom&serviceid=901&func_name=reboot").await;
    assert_eq!((status, body.as_str()), (200, r#"{"result":"error","message":"Server response message"}"#));
    let queue = api.rows(QUEUE, "tblmodulequeue").await;
    assert_eq!(queue, ["901 | cpanel | reboot | Server response message | 0 | 0"]);
    assert_eq!(api.rows("state", "mod_whmcs_api_outbox_entries").await, ["failed"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    for (request, message) in [
        ("", "Service ID is required"),
        ("func_name=reboot", "Service ID is required"),
        ("serviceid=99&func_name=reboot", "Service ID not found"),
        ("serviceid=x&func_name=reboot", "Service ID not found"),
        ("serviceid=901", "Function name is required"),
        ("serviceid=901&func_name=+", "Function name is required"),
        ("serviceid=901&func_name=a%2Fb", "Function names have only letters, digits, hyphens and underscores"),
        ("serviceid=902&func_name=test", "Service not assigned to a module"),
        ("serviceid=903&func_name=test", "Module Not Found: this server's settings have no modules.nowhere"),
    ] {
        api.refuse(&format!("action=ModuleCustom&{request}"), message).await;
    }
    assert!(module.functions().is_empty());
}
