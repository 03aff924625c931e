use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AddProjectMessage&projectid=2&message=x"],
    setup: include_str!("../../support/fixtures/projects.sql"),
    writing: &["AddProjectMessage&projectid=1&message=x&adminid=1"],
    every_parameter: "AddProjectMessage&projectid=1&message=x&adminid=1",
};

async fn with_projects() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/projects.sql")).await;
    api
}

#[tokio::test]
async fn its_author_is_the_caller_unless_told_otherwise() {
    let api = with_projects().await;
    for (id, (request, row)) in [
        ("message=It's+<done>", "2 | 2026-11-20 12:30:00 | It's <done> | 1"),
        ("message=x&adminid=2", "2 | 2026-11-20 12:30:00 | x | 2"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = id + 2;
        let reply = format!(r#"{{"result":"success","message":"Message has been added","messageid":{id}}}"#);
        api.check(&format!("action=AddProjectMessage&projectid=2&{request}"), &reply).await;
        let columns = "projectid, date, message, adminid";
        assert_eq!(api.rows(columns, &format!("mod_projectmessages WHERE id = {id}")).await, [row], "{request}");
    }
    assert_eq!(api.rows("projectid, msg", "mod_projectlog LIMIT 1").await, ["2 | Message Added"]);
    assert_eq!(api.rows("lastmodified", "mod_project WHERE id = 2").await, ["2026-11-20 12:30:00"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = with_projects().await;
    for (request, message) in [
        ("message=x", "Project ID not Set"),
        ("projectid=99", "Project ID Not Found"),
        ("projectid=1&adminid=99", "Message not Entered"),
        ("projectid=1&message=+", "Message not Entered"),
        ("projectid=1&message=x&adminid=99", "Admin ID Not Found"),
    ] {
        api.refuse(&format!("action=AddProjectMessage&{request}"), message).await;
    }
}
