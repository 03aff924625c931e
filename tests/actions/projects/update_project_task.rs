use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpdateProjectTask&taskid=3&task=x"],
    setup: include_str!("../../support/fixtures/projects.sql"),
    writing: &["UpdateProjectTask&taskid=1&projectid=2&adminid=1&task=x"],
    every_parameter: "UpdateProjectTask&taskid=1&projectid=1&duedate=2026-11-20&adminid=1&task=x&notes=x&completed=1",
};

const TASK: &str = "projectid, task, notes, adminid, created, duedate, completed, billed, `order`";

async fn with_projects() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/projects.sql")).await;
    api
}

#[tokio::test]
async fn changes_what_is_named_and_nothing_else() {
    let api = with_projects().await;
    for (request, row) in [
        ("task=New", "1 | New | x | 1 | 2026-01-02 13:58:01 | 2026-01-05 | 1 | 1 | 1"),
        ("task=", "1 | New | x | 1 | 2026-01-02 13:58:01 | 2026-01-05 | 1 | 1 | 1"),
        (
            "duedate=1969-07-11&adminid=2&notes=y&completed=0",
            "1 | New | y | 2 | 2026-01-02 13:58:01 | 1969-07-11 | 0 | 1 | 1",
        ),
        ("adminid=0&notes=", "1 | New |  | 0 | 2026-01-02 13:58:01 | 1969-07-11 | 0 | 1 | 1"),
        ("projectid=2", "2 | New |  | 0 | 2026-01-02 13:58:01 | 1969-07-11 | 0 | 1 | 1"),
    ] {
        let reply = r#"{"result":"success","message":"Task has been updated"}"#;
        api.check(&format!("action=UpdateProjectTask&taskid=2&{request}"), reply).await;
        assert_eq!(api.rows(TASK, "mod_projecttasks WHERE id = 2").await, [row], "{request}");
    }
    let times = api.rows("projectid, taskid", "mod_projecttimes ORDER BY id").await;
    assert_eq!(times, ["2 | 2", "2 | 2", "2 | 3"], "timers go along");
    assert_eq!(api.rows("COUNT(*)", "mod_projecttasks WHERE task = 'New'").await, ["1"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = with_projects().await;
    for (request, message) in [
        ("projectid=99", "Task ID is Required"),
        ("taskid=99&projectid=99", "Project ID Not Found"),
        ("taskid=99&projectid=1", "Task ID Not Found"),
        ("taskid=0", "Task ID Not Found"),
        ("taskid=x&adminid=99", "Task ID Not Found"),
        ("taskid=1&adminid=99", "Admin ID Not Found"),
        ("taskid=1&adminid=x", "Admin ID Not Found"),
        ("taskid=1&duedate=x", "Date Format is not Valid"),
    ] {
        api.refuse(&format!("action=UpdateProjectTask&{request}"), message).await;
    }
}
