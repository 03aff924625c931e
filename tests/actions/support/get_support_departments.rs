use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetSupportDepartments"],
    every_parameter: "GetSupportDepartments&ignore_dept_assignments=1",
    ..Calls::NONE
};

async fn with_tickets() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/tickets.sql")).await;
    api
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_tickets().await;
    api.check(
        "action=GetSupportDepartments",
        concat!(
            r#"{"result":"success","totalresults":3,"departments":{"department":["#,
            r#"{"id":"1","name":"Sales","awaitingreply":"0","opentickets":"1"},"#,
            r#"{"id":"3","name":"Abuse","awaitingreply":"0","opentickets":"0"},"#,
            r#"{"id":"2","name":"Technical","awaitingreply":"2","opentickets":"2"}]}}"#,
        ),
    )
    .await;
    assert_eq!(api.statements("action=GetSupportDepartments").await, 2);
    let empty = TestApi::new().await;
    empty
        .check(
            "action=GetSupportDepartments",
            r#"{"result":"success","totalresults":0,"departments":{"department":[]}}"#,
        )
        .await;
}

#[tokio::test]
async fn shows_ones_own() {
    let api = with_tickets().await;
    for (assigned, request, expected) in [
        ("2,1", "", ["1", "2", ""]),
        ("3,77", "", ["3", "", ""]),
        ("3", "&ignore_dept_assignments=true", ["1", "3", "2"]),
        ("", "", ["1", "3", "2"]),
    ] {
        api.sql(&format!("UPDATE tbladmins SET supportdepts = '{assigned}' WHERE id = 1")).await;
        let reply = api.reply(&format!("action=GetSupportDepartments{request}")).await;
        let departments = reply["departments"]["department"].as_array().unwrap();
        let mut ids: Vec<&str> = departments.iter().map(|row| row["id"].as_str().unwrap()).collect();
        assert_eq!(reply["totalresults"], ids.len());
        ids.resize(3, "");
        assert_eq!(ids, expected, "{assigned}{request}");
    }
}
