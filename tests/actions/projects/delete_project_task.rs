use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AddProjectTask&projectid=2&task=x", "DeleteProjectTask&projectid=2&taskid={taskid}"],
    setup: include_str!("../../support/fixtures/projects.sql"),
    writing: &["DeleteProjectTask&projectid=1&taskid=2"],
    every_parameter: "DeleteProjectTask&projectid=1&taskid=1",
};

async fn with_projects() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/projects.sql")).await;
    api
}

#[tokio::test]
async fn timers_go_along() {
    let api = with_projects().await;
    let reply = r#"{"result":"success","message":"Task has been deleted"}"#;
    api.check("action=DeleteProjectTask&projectid=1&taskid=2", reply).await;
    assert_eq!(api.rows("id", "mod_projecttasks ORDER BY id").await, ["1", "3"]);
    assert_eq!(api.rows("id", "mod_projecttimes").await, ["3"]);
    assert_eq!(api.rows("projectid, msg", "mod_projectlog").await, ["1 | Task Deleted (ID: 2)"]);
    assert_eq!(api.rows("lastmodified", "mod_project WHERE id = 1").await, ["2026-11-20 12:30:00"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = with_projects().await;
    for (request, message) in [
        ("taskid=1", "Project ID is Required"),
        ("projectid=99", "Task ID is Required"),
        ("projectid=99&taskid=99", "Project ID Not Found"),
        ("projectid=1&taskid=99", "Task ID Not Found"),
        ("projectid=1&taskid=x", "Task ID Not Found"),
        // A task of another project.
        ("projectid=1&taskid=3", "Task ID Not Found"),
    ] {
        api.refuse(&format!("action=DeleteProjectTask&{request}"), message).await;
    }
}
