//! Custom actions as members of the catalogue: names, permissions, formats, the log and the description.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;
use whmcs_api::actions::Catalogue;
use whmcs_api::auth::secret;
use whmcs_api::openapi;

use super::{api_with, settings};
use crate::support::module::{Module, SECRET, ScriptedResponse};
use crate::support::{CREDENTIAL, TestApi, post};

const GROUPS: &str =
    "[actions.GetGroupNames]\nsql = 'SELECT id, name FROM tblproductgroups ORDER BY id'\nreply = 'groups.group'\n";

#[tokio::test]
async fn only_its_name_grants_an_action() {
    for (permissions, status) in [
        (r#"{"*":1,"read-only":1,"custom/*":1,"custom/read-only":1}"#, 403),
        (r#"{"getgroupnames":0,"*":1}"#, 403),
        (r#"{"getgroupnames":1}"#, 200),
        (r#"{"GetGroupNames":"on"}"#, 200),
    ] {
        let api = TestApi::with_settings(settings(GROUPS)).await;
        api.sql(&format!("UPDATE tblapi_roles SET permissions = '{permissions}' WHERE id = 1")).await;
        assert_eq!(api.send("action=GetGroupNames").await.0, status, "{permissions}");
    }
}

#[tokio::test]
async fn it_replies_in_every_format_and_is_logged_and_counted() {
    let api = api_with(settings(GROUPS)).await;
    api.sql("INSERT INTO tblproductgroups (id, name) VALUES (1, 'One & only')").await;
    for (request, reply) in [
        (
            "action=getgroupnames",
            r#"{"result":"success","groups":{"group":[{"id":1,"name":"One \u0026 only"}]}}"#.to_owned(),
        ),
        (
            "action=GETGROUPNAMES&responsetype=xml",
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<whmcsapi version=\"8.13.1\">\n<action>getgroupnames</action>\n\
             <result>success</result>\n<groups>\n<group>\n<id>1</id>\n<name>One &amp; only</name>\n</group>\n</groups>\n</whmcsapi>\n"
                .to_owned(),
        ),
        (
            "action=GetGroupNames&responsetype=nvp",
            "result=success;groups[group][0][id]=1;groups[group][0][name]=One & only".to_owned(),
        ),
    ] {
        let (status, body) = post(&api.router, &format!("{CREDENTIAL}&{request}")).await;
        assert_eq!((status, body.trim_end()), (200, reply.trim_end()), "{request}");
    }
    api.eventually("action, response_status", "tblapilog ORDER BY id LIMIT 1", &["getgroupnames | 200"]).await;
    api.metrics_show(&[r#"whmcs_api_calls_total{action="GetGroupNames",outcome="success"} 3"#]).await;
}

/// Sends a request of the modern style, and returns the status, the content type and the body.
async fn modern(api: &TestApi, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String, Value) {
    let mut request = Request::post(path).header("authorization", "Bearer TestIdentifier:TestSecret");
    for (name, value) in headers.iter().chain(&[("content-type", "application/json")]) {
        request = request.header(*name, *value);
    }
    let response = api.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let (status, content_type) =
        (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap().to_owned());
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, content_type, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn it_is_called_in_the_modern_style() {
    let module = Module::start().await;
    let settings = settings(&format!(
        "{GROUPS}[actions.Few]\nsql = 'SELECT id FROM tblclients WHERE id >= :least'\nmax_rows = 1\nparameters.least = {{ type = 'id', required = true }}\n\
         [actions.Provision]\nurl = '{}'\nsecret = '{SECRET}'\n",
        module.settings().url
    ));
    let api = api_with(settings).await;
    api.sql("INSERT INTO tblproductgroups (id, name) VALUES (1, 'One'); INSERT INTO tblclients (id) VALUES (98), (99)")
        .await;
    for (path, body, status, expected) in [
        ("/v1/GetGroupNames", "{}", 200, json!({"groups": {"group": [{"id": 1, "name": "One"}]}})),
        ("/v1/few", r#"{"least": 99}"#, 200, json!({"rows": [{"id": 99}]})),
        ("/v1/Few", r#"{"least": 98}"#, 422, json!("too_many_rows")),
        ("/v1/Few", "{}", 422, json!("missing_parameter")),
        ("/v1/Few", r#"{"least": "x"}"#, 422, json!("malformed_parameter")),
    ] {
        let (answered, content_type, mut reply) = modern(&api, path, &[], body).await;
        assert_eq!(answered, status, "{path} {body}: {reply}");
        if status == 200 {
            assert_eq!((content_type.as_str(), reply), ("application/json", expected), "{path} {body}");
        } else {
            assert_eq!(
                (content_type.as_str(), reply["code"].take()),
                ("application/problem+json", expected),
                "{path} {body}"
            );
        }
    }
    module.respond_with([
        ScriptedResponse::Json(r#"{"result":"success","vpsid":"v-7"}"#),
        ScriptedResponse::Status(404),
        ScriptedResponse::Json(r#"{"result":"error","message":"Disk full"}"#),
        ScriptedResponse::Status(500),
    ]);
    for (key, status, field, value) in [
        ("one", 200, "vpsid", "v-7"),
        ("one", 200, "vpsid", "v-7"),
        ("two", 502, "code", "action_failed"),
        ("two", 422, "code", "endpoint_refused"),
        ("two", 504, "code", "unfinished"),
    ] {
        let (answered, _, reply) =
            modern(&api, "/v1/Provision", &[("idempotency-key", key)], r#"{"clientid": 7}"#).await;
        assert_eq!((answered, &reply[field]), (status, &json!(value)), "{key}: {reply}");
    }
    let keys: Vec<Value> = module.received().iter().map(|asked| asked["idempotencykey"].clone()).collect();
    assert_eq!(keys, ["one", "two", "two", "two"]);
}

#[tokio::test]
async fn the_pages_of_a_server_have_it() {
    let api = TestApi::with_settings(settings(GROUPS)).await;
    let page = async |path: &str| {
        let response = api.router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
    };
    let columns = |document: &str| {
        let document: Value = serde_json::from_str(document).unwrap();
        let responses = &document["paths"]["/v1/GetGroupNames"]["post"]["responses"];
        assert!(
            responses["502"].is_object() && document["paths"]["/v1/GetClients"]["post"]["responses"]["502"].is_null()
        );
        let reply = &responses["200"]["content"]["application/json"]["schema"]["properties"]["groups"];
        reply["properties"]["group"]["items"]["required"].clone()
    };
    assert!(page("/docs").await.contains("page.js"));
    assert_eq!(columns(&page("/openapi.json").await), json!([]), "the database has not been asked");
    api.api.check_statements().await.unwrap();
    let described = page("/openapi.json").await;
    assert_eq!(columns(&described), json!(["id", "name"]));
    assert_eq!(page("/openapi.json").await, described);
}

/// No role names it for members of staff who call with their own password.
#[tokio::test]
async fn staff_may_call_it_if_a_setting_says_so() {
    for (is_allowed, status) in [(false, 403), (true, 200)] {
        let mut settings = settings(GROUPS);
        settings.access.admin_login = true;
        settings.access.admin_permission = 0;
        settings.access.staff_custom_actions = is_allowed;
        let api = TestApi::with_settings(settings).await;
        let sum = secret::md5_hex("password");
        let hash = secret::hash(&sum).unwrap();
        api.sql(&format!("INSERT INTO tbladmins (roleid, username, passwordhash) VALUES (1, 'ann', '{hash}')")).await;
        for (action, status) in [("GetGroupNames", status), ("GetProductsGroups", 200)] {
            let answer = post(&api.router, &format!("username=ann&password={sum}&action={action}")).await;
            assert_eq!(answer.0, status, "{action}: {}", answer.1);
        }
    }
}

#[tokio::test]
async fn it_is_described_with_its_columns() {
    let api = api_with(settings(
        "[actions.GetSome]\ndescription = 'Returns some. Not all.'\nsql = 'SELECT id, credit, datecreated FROM tblclients \
         WHERE credit >= :least AND id IN (:ids)'\npaging = true\nparameters.least = { type = 'amount', required = true, \
         description = 'The least.' }\nparameters.ids = { type = 'id', list = true }\n",
    ))
    .await;
    let document = openapi::document(api.api.catalogue());
    let operation = &document["paths"]["/v1/GetSome"]["post"];
    assert_eq!(operation["summary"], "Returns some.");
    assert_eq!((&operation["x-origin"], &operation["tags"][0]), (&"custom".into(), &"custom".into()));
    let request = &operation["requestBody"]["content"]["application/json"];
    assert_eq!(request["schema"]["required"], serde_json::json!(["least"]));
    assert_eq!(request["schema"]["properties"]["least"]["description"], "The least.");
    assert!(request["schema"]["properties"]["limitnum"].is_object());
    let rows = &operation["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["rows"];
    assert_eq!(rows["items"]["properties"]["id"]["type"], serde_json::json!(["integer", "null"]));
    assert_eq!(rows["items"]["required"], serde_json::json!(["id", "credit", "datecreated"]));
    let actions = &document["paths"]["/includes/api.php"]["post"]["requestBody"]["content"];
    let names = &actions["application/x-www-form-urlencoded"]["schema"]["properties"]["action"]["enum"];
    assert!(names.as_array().unwrap().contains(&Value::from("GetSome")));
}

#[test]
fn what_is_wrong_with_a_definition_is_named() {
    let parameters = |parameters: &str| format!("[actions.GetX]\nsql = 'SELECT :a AS a'\n{parameters}");
    for (actions, message) in [
        (
            "[actions.getclients]\nsql = 'SELECT 1 AS one'".to_owned(),
            "actions.getclients: the name is taken by the action GetClients",
        ),
        ("[actions.GetX]\nsql = 'SELECT 1 AS one'\n[actions.getx]\nsql = 'SELECT 1 AS one'".to_owned(), "is taken"),
        (
            "[actions.GetX]\nsql = 'DELETE FROM tblclients'".to_owned(),
            "actions.GetX: sql: it must begin with SELECT or WITH",
        ),
        ("[actions.GetX]\nsql = 'SELECT SLEEP(5)'".to_owned(), "calls sleep"),
        ("[actions.GetX]\nsql = 'SELECT 1 AS one'\nreply = 'a.b.c'".to_owned(), "actions.GetX: reply: must be a name"),
        ("[actions.GetX]\nsql = 'SELECT 1 AS one'\nreply = 'result'".to_owned(), "must not be result"),
        ("[actions.GetX]\nsql = 'SELECT 1 AS one LIMIT 1'\npaging = true".to_owned(), "LIMIT"),
        (parameters(""), "actions.GetX: sql: :a is not in parameters"),
        (parameters("parameters.a = { type = 'id' }\nparameters.b = { type = 'id' }"), "parameters.b: sql has no :b"),
        (parameters("parameters.a = { type = 'id', default = 'x' }"), "parameters.a.default: must be an id"),
        (parameters("parameters.a = { type = 'date', default = '20-20-20' }"), "parameters.a.default: must be a date"),
        (parameters("parameters.a = { type = 'id', default = 1, required = true }"), "cannot be required"),
        (
            parameters("parameters.a = { type = 'id' }\nparameters.secret = { type = 'text' }"),
            "means something in every call",
        ),
        (
            "[actions.GetX]\nsql = 'SELECT :limitnum AS a'\npaging = true\nparameters.limitnum = { type = 'id' }"
                .to_owned(),
            "every action with paging",
        ),
    ] {
        let error = Catalogue::of(&settings(&actions)).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(message), "{actions}: {error:?}");
    }
}
