//! The actions that send a command to a service's module: ModuleCreate, ModuleSuspend, ModuleUnsuspend,
//! ModuleTerminate, ModuleChangePw and ModuleChangePackage.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio_util::sync::CancellationToken;
use whmcs_api::config::Settings;
use whmcs_api::database::hosts::Hosts;

use crate::support::module::{Module, ScriptedResponse, YES};
use crate::support::{CREDENTIAL, TestApi, UnusedAddress, all, eventually, post, serve, until_ok};

const SERVICE: &str = "domainstatus, username, password, suspendreason, termination_date";
const QUEUE: &str = "service_id, module_name, module_action, last_attempt_error, num_retries, completed";

async fn api_with(module: &Module) -> TestApi {
    let api = TestApi::with_settings(settings(module)).await;
    api.sql(include_str!("../support/fixtures/services.sql")).await;
    api
}

fn settings(module: &Module) -> Settings {
    Settings { modules: BTreeMap::from([("cpanel".to_owned(), module.settings())]), ..Settings::default() }
}

#[tokio::test]
async fn the_service_is_what_the_module_has_done() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    for (request, says, function, service) in [
        (
            "ModuleSuspend&serviceid=901&suspendreason=Not+paid",
            YES,
            "SuspendAccount",
            "Suspended | exampleuser | old password | Not paid | 0000-00-00",
        ),
        (
            "ModuleUnsuspend&accountid=901",
            YES,
            "UnsuspendAccount",
            "Active | exampleuser | old password |  | 0000-00-00",
        ),
        (
            "ModuleChangePw&serviceid=901&servicepassword=new",
            YES,
            "ChangePassword",
            "Active | exampleuser | new |  | 0000-00-00",
        ),
        ("ModuleChangePw&serviceid=901", YES, "ChangePassword", "Active | exampleuser | new |  | 0000-00-00"),
        ("ModuleChangePackage&serviceid=901", YES, "ChangePackage", "Active | exampleuser | new |  | 0000-00-00"),
        ("ModuleTerminate&serviceid=901", YES, "TerminateAccount", "Terminated | exampleuser | new |  | 2026-11-20"),
        (
            "ModuleCreate&serviceid=901",
            ScriptedResponse::Json(r#"{"result":"success","service":{"username":"fresh","password":"secret"}}"#),
            "CreateAccount",
            "Active | fresh | secret |  | 2026-11-20",
        ),
    ] {
        module.respond_with([says]);
        api.check(&format!("action={request}"), r#"{"result":"success"}"#).await;
        assert_eq!(module.functions(), [format!("{function} 901")], "{request}");
        assert_eq!(api.rows(SERVICE, "tblhosting WHERE id = 901").await, [service], "{request}");
    }
    let outcomes = api.rows("state, attempts", "mod_whmcs_api_outbox_entries GROUP BY state, attempts").await;
    assert_eq!(outcomes, ["done | 1"]);
    assert_eq!(api.rows("COUNT(*)", "tblmodulequeue").await, ["0"], "only failed commands are queued");
    let log = api.rows("description, userid, user", "tblactivitylog ORDER BY id LIMIT 1").await;
    assert_eq!(log, ["Module Suspend Successful - Service ID: 901 | 1 | alice"]);
}

#[tokio::test]
async fn the_module_is_told_what_whmcs_tells_its_own() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    api.reply("action=ModuleChangePw&serviceid=901&servicepassword=new").await;
    let asked = module.received().remove(0);
    assert_eq!(
        (&asked["module"], &asked["function"], &asked["attempt"]),
        (&json!("cpanel"), &json!("ChangePassword"), &json!(1))
    );
    let params = &asked["params"];
    for (name, value) in [
        ("serviceid", "901"),
        ("userid", "1"),
        ("pid", "501"),
        ("domain", "example.com"),
        ("username", "exampleuser"),
        ("password", "new"),
        ("status", "Active"),
        ("producttype", "hostingaccount"),
        ("moduletype", "cpanel"),
        ("configoption1", "plan_a"),
        ("configoption2", "10 GB"),
        ("configoption24", ""),
        ("serverip", "192.0.2.7"),
        ("serverhostname", "one.example.com"),
        ("serverpassword", "server password"),
        ("serverport", "2087"),
    ] {
        assert_eq!(params[name], value, "{name}");
    }
    assert_eq!(params["configoptions"], json!({"disk": "20gb", "ips": "3"}));
    assert_eq!(params["customfields"], json!({"shell": "yes"}));
    assert_eq!(params["clientsdetails"]["email"], "one@example.com");
    assert_eq!(params["clientsdetails"]["currency_code"], "USD");
    let logged = api.rows("CONCAT(module, ' ', action, ' ', request, ' ', response)", "tblmodulelog").await.remove(0);
    assert!(logged.starts_with(r#"cpanel ChangePassword {"id":"command-"#), "{logged}");
    assert!(logged.contains(r#""password":"***""#) && logged.ends_with(r#"{"result":"success"}"#), "{logged}");
    assert!(!logged.contains("old password") && !logged.contains("server password") && !logged.contains("\"new\""));
}

#[tokio::test]
async fn what_the_module_says_against_it_is_the_error() {
    for (says, message, waits) in [
        (ScriptedResponse::Json(r#"{"result":"error","message":"The disk is full"}"#), "The disk is full", true),
        (ScriptedResponse::Json(r#"{"result":"error","message":"No such plan","retry":false}"#), "No such plan", false),
        (ScriptedResponse::Json("yes"), "The module cpanel gave an unreadable answer", true),
        (ScriptedResponse::Status(500), "The module cpanel answered with HTTP status 500", true),
        (
            ScriptedResponse::Nothing,
            "The module cpanel did not answer within 1 s: whether it executed the command is unknown",
            true,
        ),
    ] {
        let module = Module::start().await;
        let mut settings = settings(&module);
        if matches!(says, ScriptedResponse::Nothing) {
            settings.modules.get_mut("cpanel").unwrap().timeout_seconds = 1;
        }
        let api = TestApi::with_settings(settings).await;
        api.sql(include_str!("../support/fixtures/services.sql")).await;
        module.respond_with([says]);
        let (status, body) = api.send("action=ModuleSuspend&serviceid=901").await;
        assert_eq!((status, body), (200, json!({"result": "error", "message": message}).to_string()));
        assert_eq!(api.rows("domainstatus", "tblhosting WHERE id = 901").await, ["Active"], "{message}");
        assert_eq!(
            api.rows(QUEUE, "tblmodulequeue").await,
            [format!("901 | cpanel | SuspendAccount | {message} | 0 | 0")]
        );
        let state = if waits { "pending" } else { "failed" };
        assert_eq!(api.rows("state, attempts", "mod_whmcs_api_outbox_entries").await, [format!("{state} | 1")]);
        let logged = api.rows("description", "tblactivitylog").await;
        assert_eq!(logged, [format!("Module Suspend Failed - Service ID: 901 - Error: {message}")]);
    }
}

#[tokio::test]
async fn a_module_that_is_not_there_is_an_error() {
    let module = Module::start().await;
    let nobody = UnusedAddress::reserve();
    let mut settings = settings(&module);
    settings.modules.get_mut("cpanel").unwrap().url = format!("http://{nobody}/");
    let api = TestApi::with_settings(settings).await;
    api.sql(include_str!("../support/fixtures/services.sql")).await;
    let (_, body) = api.send("action=ModuleSuspend&serviceid=901").await;
    assert_eq!(body, r#"{"result":"error","message":"The module cpanel could not be reached"}"#);
}

#[tokio::test]
async fn what_failed_is_tried_again_as_often_as_the_settings_say() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    module.respond_with(std::iter::repeat_n(ScriptedResponse::Status(503), 5));
    api.send("action=ModuleSuspend&serviceid=901").await;
    // The delays are 5, 10, 20 and 40 minutes.
    for (attempts, due_at) in [(1, "12:35:00"), (2, "12:40:00"), (3, "12:50:00"), (4, "13:10:00")] {
        let row = api.rows("attempts, due_at, state", "mod_whmcs_api_outbox_entries").await;
        assert_eq!(row, [format!("{attempts} | 2026-11-20 {due_at} | pending")]);
        api.api.run_outbox_once().await;
        assert_eq!(api.rows("attempts", "mod_whmcs_api_outbox_entries").await, [attempts.to_string()], "not due yet");
        api.sql("UPDATE mod_whmcs_api_outbox_entries SET due_at = '2026-11-20 12:00:00'").await;
        api.api.run_outbox_once().await;
    }
    assert_eq!(api.rows("attempts, state", "mod_whmcs_api_outbox_entries").await, ["5 | unknown"]);
    let queue = api.rows(QUEUE, "tblmodulequeue").await;
    assert_eq!(queue, ["901 | cpanel | SuspendAccount | The module cpanel answered with HTTP status 503 | 4 | 0"]);
    let asked = module.received();
    assert_eq!(asked.len(), 5);
    assert!(asked.iter().all(|one| one["id"] == asked[0]["id"]), "the module recognizes the command by its id");
}

#[tokio::test]
async fn a_later_attempt_may_succeed_unless_somebody_took_it_off_the_queue() {
    for (meanwhile, status, completed) in [
        ("SELECT 1", "Suspended", "1"),
        ("UPDATE tblmodulequeue SET completed = 1", "Active", "1"),
        ("DELETE FROM tblmodulequeue", "Active", ""),
    ] {
        let module = Module::start().await;
        let api = api_with(&module).await;
        module.respond_with([ScriptedResponse::Status(503)]);
        api.send("action=ModuleSuspend&serviceid=901").await;
        api.sql(meanwhile).await;
        api.sql("UPDATE mod_whmcs_api_outbox_entries SET due_at = '2026-11-20 12:00:00'").await;
        api.api.run_outbox_once().await;
        assert_eq!(api.rows("domainstatus", "tblhosting WHERE id = 901").await, [status], "{meanwhile}");
        assert_eq!(api.rows("completed", "tblmodulequeue").await.concat(), completed, "{meanwhile}");
        let state = if status == "Active" { "superseded" } else { "done" };
        assert_eq!(api.rows("state", "mod_whmcs_api_outbox_entries").await, [state], "{meanwhile}");
    }
}

#[tokio::test]
async fn a_later_command_takes_the_place_of_one_that_failed() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    module.respond_with([ScriptedResponse::Status(503)]);
    api.send("action=ModuleTerminate&serviceid=901").await;
    api.reply("action=ModuleUnsuspend&serviceid=901").await;
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET due_at = '2026-11-20 12:00:00'").await;
    api.api.run_outbox_once().await;
    assert_eq!(module.functions(), ["TerminateAccount 901", "UnsuspendAccount 901"]);
    assert_eq!(api.rows("state", "mod_whmcs_api_outbox_entries ORDER BY id").await, ["superseded", "done"]);
    assert_eq!(api.rows("completed", "tblmodulequeue").await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_does_one_thing_at_a_time_with_a_service() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    module.respond_with([ScriptedResponse::YesLater]);
    let (first, second) = tokio::join!(api.send("action=ModuleSuspend&serviceid=901"), async {
        eventually("the module has received the command", async || module.in_hand() == 1).await;
        let second = api.send("action=ModuleUnsuspend&serviceid=901").await;
        module.speak(1);
        second
    });
    let busy = r#"{"result":"error","message":"The module is still busy with this service, please try again"}"#;
    assert_eq!([first.1, second.1], [r#"{"result":"success"}"#, busy]);
}

/// Several servers process the same outbox.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_asks_twice() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    for id in 1..=40 {
        api.sql(&format!(
            "INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, payload, due_at, last_error, \
             created_at) VALUES ('module', 'cpanel', 'service', 901, '{{\"function\": \"ChangePackage\", \"order\": 0, \
             \"arguments\": {{}}, \"admin\": 1, \"user\": \"alice\", \"address\": \"\"}}', \
             '2026-11-20 12:{:02}:00', '', '2026-11-20 12:00:00')",
            id % 30
        ))
        .await;
    }
    let others = [api_for(&api, &module).await, api_for(&api, &module).await];
    let stopping = CancellationToken::new();
    let workers = [&api.api, &others[0], &others[1]].map(|api| {
        let (api, stopping) = (std::sync::Arc::clone(api), stopping.clone());
        tokio::spawn(async move { api.run_outbox(stopping).await })
    });
    let open = "mod_whmcs_api_outbox_entries WHERE state IN ('pending', 'running')";
    api.eventually("COUNT(*)", open, &["0"]).await;
    stopping.cancel();
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(module.received().len(), 40);
    assert_eq!(
        api.rows("attempts, state", "mod_whmcs_api_outbox_entries GROUP BY attempts, state").await,
        ["1 | done"]
    );
}

async fn api_for(api: &TestApi, module: &Module) -> std::sync::Arc<whmcs_api::api::Api> {
    let hosts = Hosts::open(vec![api.database.options()], 5).await.unwrap();
    crate::support::api_with(hosts, None, &settings(module)).0
}

#[tokio::test]
async fn a_server_that_dies_while_it_asks_is_followed_by_another() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    api.reply("action=ModuleSuspend&serviceid=901").await;
    // The state before the module's answer was recorded, first within the time limit of the attempt and then after it.
    // An earlier version has stored no id.
    let payload = r#"{"function":"SuspendAccount","order":0,"arguments":{},"admin":1,"user":"alice","address":""}"#;
    api.sql(&format!(
        "UPDATE mod_whmcs_api_outbox_entries SET state = 'running', payload = '{payload}', due_at = '2026-11-20 12:31:00'"
    ))
    .await;
    api.api.run_outbox_once().await;
    assert_eq!(module.received().len(), 1, "the other server may still be running");
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET due_at = '2026-11-20 12:29:00'").await;
    api.api.run_outbox_once().await;
    assert_eq!(module.received().remove(0)["id"], "outbox-1");
    assert_eq!(api.rows("attempts, state", "mod_whmcs_api_outbox_entries").await, ["2 | done"]);
}

#[tokio::test]
async fn a_key_that_comes_again_is_told_what_the_module_said() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    module.respond_with([ScriptedResponse::Json(r#"{"result":"error","message":"Disk full"}"#)]);
    let request = "action=ModuleSuspend&serviceid=901&idempotencykey=k1";
    let full = (200, r#"{"result":"error","message":"Disk full"}"#.to_owned());
    assert_eq!(api.send(request).await, full);
    assert_eq!(api.send(request).await, full);
    assert_eq!(module.received().len(), 1, "the command is not sent again");
    // Another server has claimed the command, and has no answer yet.
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET state = 'running', last_error = ''").await;
    assert_eq!(api.send(request).await.0, 409);
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET state = 'superseded'").await;
    let superseded = r#"{"result":"error","message":"A later command about the service took its place"}"#;
    assert_eq!(api.send(request).await, (200, superseded.to_owned()));
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET state = 'done'").await;
    assert_eq!(api.send(request).await, (200, r#"{"result":"success"}"#.to_owned()));
}

#[tokio::test]
async fn who_does_not_wait_finds_it_done_later() {
    // If a call does not even reach its module within a second, the attempt is repeated.
    let (api, module) = until_ok(async || {
        let module = Module::start().await;
        let api = api_with(&module).await;
        module.respond_with([ScriptedResponse::YesLater]);
        let mut settings = settings(&module);
        settings.limits.call_seconds = 1;
        let (_hosts, router) = serve(api.database.options(), settings).await;
        let (status, body) = post(&router, &format!("{CREDENTIAL}&action=ModuleSuspend&serviceid=901")).await;
        if module.in_hand() == 0 {
            return Err(format!("the module is asked, but {body}"));
        }
        assert_eq!(status, 504, "{body}");
        Ok((api, module))
    })
    .await;
    assert_eq!(api.rows("domainstatus", "tblhosting WHERE id = 901").await, ["Active"]);
    module.speak(1);
    api.eventually("domainstatus", "tblhosting WHERE id = 901", &["Suspended"]).await;
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    api.sql("UPDATE tblproducts SET servertype = '' WHERE id = 502").await;
    for action in
        ["ModuleCreate", "ModuleSuspend", "ModuleUnsuspend", "ModuleTerminate", "ModuleChangePw", "ModuleChangePackage"]
    {
        for (request, message) in [
            ("", "Service ID is required"),
            ("serviceid=", "Service ID is required"),
            ("serviceid=999", "Service ID not found"),
            ("serviceid=x&accountid=901", "Service ID not found"),
            ("accountid=999", "Service ID not found"),
            ("serviceid=902", "Service not assigned to a module"),
            ("serviceid=903", "Module Not Found: this server's settings have no modules.nowhere"),
        ] {
            api.refuse(&format!("action={action}&{request}"), message).await;
        }
    }
    let long = "x".repeat(10_001);
    for (request, name) in
        [("ModuleSuspend&suspendreason", "suspendreason"), ("ModuleChangePw&servicepassword", "servicepassword")]
    {
        let message = format!("{name} is too long: at most 10000 bytes are allowed");
        api.refuse(&format!("action={request}={long}&serviceid=901"), &message).await;
    }
    assert!(module.received().is_empty(), "rejected commands reach no module");
}

/// Two servers get the same command many times concurrently. One call sends it, and until the module has answered, the
/// others are rejected: the module never handles two at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn no_two_commands_about_a_service_run_at_once() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    let (_hosts, other) = serve(api.database.options(), settings(&module)).await;
    let request = format!("{CREDENTIAL}&action=ModuleChangePackage&serviceid=901");
    for round in 1..=3 {
        module.respond_with([ScriptedResponse::YesLater; 40]);
        let answered = AtomicUsize::new(0);
        let calls = all((0..40).map(|number| {
            let (router, request) = (if number % 2 == 0 { &api.router } else { &other }, &request);
            let answered = &answered;
            async move {
                let reply = post(router, request).await.1;
                answered.fetch_add(1, Ordering::Relaxed);
                reply
            }
        }));
        let (replies, ()) = tokio::join!(calls, async {
            eventually("all calls but the running one are answered", async || {
                answered.load(Ordering::Relaxed) + module.in_hand() >= 40
            })
            .await;
            assert_eq!(module.max_concurrent(), 1);
            module.speak(module.in_hand());
        });
        let count = |told: &str| replies.iter().filter(|reply| reply.contains(told)).count();
        // On a busy machine, the outcome of a call may be unknown, or the database too busy.
        let (done, unknown) = (count("success"), count("Whether the change was made is not known"));
        let refused = count("still busy") + count("later command") + count("Nothing was changed");
        assert_eq!(done + unknown + refused, replies.len(), "{replies:?}");
        let asked = module.received().len();
        assert!((done..=done + unknown).contains(&asked), "{asked} commands were sent in round {round}, {replies:?}");
        assert!(asked == 1 || unknown > 0, "{asked} commands were sent in round {round}, {replies:?}");
        module.will_say_what_is_usual();
    }
}

#[tokio::test]
async fn what_is_still_to_be_tried_is_withdrawn_when_the_order_ends() {
    for (action, status) in [("CancelOrder", "Cancelled"), ("FraudOrder", "Fraud")] {
        let module = Module::start().await;
        let api = api_with(&module).await;
        module.respond_with([ScriptedResponse::Status(503)]);
        api.send("action=AcceptOrder&orderid=801").await;
        api.sql("UPDATE mod_whmcs_api_outbox_entries SET state = 'running', due_at = '2026-11-20 12:40:00'").await;
        let busy = "The module is still busy with this service, please try again";
        api.refuse(&format!("action={action}&orderid=801"), busy).await;
        api.sql("UPDATE mod_whmcs_api_outbox_entries SET state = 'pending', due_at = '2026-11-20 12:00:00'").await;
        api.reply(&format!("action={action}&orderid=801")).await;
        api.api.run_outbox_once().await;
        assert_eq!(module.received().len(), 1, "{action}: the command was not sent again");
        assert_eq!(api.rows("domainstatus", "tblhosting WHERE id = 911").await, [status]);
        assert_eq!(api.rows("completed", "tblmodulequeue").await, ["1"]);
    }
}

#[tokio::test]
async fn a_later_command_takes_the_place_of_one_whose_server_died() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    api.reply("action=ModuleSuspend&serviceid=901").await;
    api.sql("UPDATE mod_whmcs_api_outbox_entries SET state = 'running', due_at = '2026-11-20 12:29:00'").await;
    api.reply("action=ModuleUnsuspend&serviceid=901").await;
    api.api.run_outbox_once().await;
    assert_eq!(module.functions(), ["SuspendAccount 901", "UnsuspendAccount 901"]);
    assert_eq!(api.rows("domainstatus", "tblhosting WHERE id = 901").await, ["Active"]);
}

#[tokio::test]
async fn what_the_module_repeats_of_a_password_is_hidden() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    module.respond_with([ScriptedResponse::Json(
        r#"{"result":"error","message":"The password hunter2!x is too weak","retry":false}"#,
    )]);
    let (_, body) = api.send("action=ModuleChangePw&serviceid=901&servicepassword=hunter2!x").await;
    assert!(body.contains("The password *** is too weak"), "{body}");
    for (columns, table) in [
        ("request, response", "tblmodulelog"),
        ("last_attempt_error", "tblmodulequeue"),
        ("description", "tblactivitylog"),
        ("payload, last_error", "mod_whmcs_api_outbox_entries"),
    ] {
        let kept = api.rows(columns, table).await.concat();
        assert!(!kept.is_empty() && !kept.contains("hunter2"), "{table}: {kept}");
    }
}

#[tokio::test]
async fn what_the_module_decides_and_nobody_can_store_is_told() {
    let module = Module::start().await;
    let api = api_with(&module).await;
    api.sql(
        "ALTER TABLE tblhosting MODIFY username varchar(5) NOT NULL DEFAULT ''; UPDATE tblhosting SET username = ''",
    )
    .await;
    module.respond_with([ScriptedResponse::Json(r#"{"result":"success","service":{"username":"much-too-long"}}"#)]);
    let (_, body) = api.send("action=ModuleCreate&serviceid=901").await;
    assert!(body.contains("cannot be stored"), "{body}");
    assert_eq!(api.rows("state", "mod_whmcs_api_outbox_entries").await, ["failed"], "the command is not sent again");
}
