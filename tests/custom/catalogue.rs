//! Custom actions as members of the catalogue: names, permissions, formats, the log and the description.

use serde_json::Value;
use whmcs_api::actions::Catalogue;
use whmcs_api::openapi;

use super::{api_with, settings};
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
        assert_eq!(status, 200, "{body}");
        if request.contains("responsetype=nvp") {
            assert!(body.contains("One & only"), "{body}");
        } else {
            assert_eq!(body.trim_end(), reply.trim_end(), "{request}");
        }
    }
    api.eventually("action, response_status", "tblapilog ORDER BY id LIMIT 1", &["getgroupnames | 200"]).await;
    let metrics = api.api.metrics_text().await.unwrap();
    assert!(metrics.contains(r#"whmcs_api_calls_total{action="GetGroupNames",outcome="success"} 3"#), "{metrics}");
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
