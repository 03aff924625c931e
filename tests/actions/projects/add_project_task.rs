use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AddProjectTask&projectid=2&duedate=2026-12-01&task=x"],
    setup: include_str!("../../support/fixtures/projects.sql"),
    writing: &["AddProjectTask&projectid=1&task=x&adminid=1"],
    every_parameter: "AddProjectTask&projectid=1&duedate=2026-11-20&adminid=1&task=x&notes=x&completed=1&billed=1",
};

const TASK: &str = "projectid, task, notes, adminid, created, duedate, completed, billed, `order`";

async fn with_projects() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/projects.sql")).await;
    api
}

#[tokio::test]
async fn keeps_what_was_sent() {
    let api = with_projects().await;
    for (id, (request, row)) in [
        (
            "projectid=1&duedate=1969-07-11&task=It's+a+task",
            "1 | It's a task |  | 0 | 2026-11-20 12:30:00 | 1969-07-11 | 0 | 0 | 3",
        ),
        ("projectid=1&task=x", "1 | x |  | 0 | 2026-11-20 12:30:00 | 0000-00-00 | 0 | 0 | 4"),
        (
            "projectid=2&task=x&adminid=2&notes=n&completed=true&billed=1",
            "2 | x | n | 2 | 2026-11-20 12:30:00 | 0000-00-00 | 1 | 1 | 2",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let id = id + 4;
        let reply = format!(r#"{{"result":"success","message":"Task has been added","taskid":{id}}}"#);
        api.check(&format!("action=AddProjectTask&{request}"), &reply).await;
        assert_eq!(api.rows(TASK, &format!("mod_projecttasks WHERE id = {id}")).await, [row], "{request}");
    }
    assert_eq!(api.rows("projectid, msg", "mod_projectlog LIMIT 1").await, ["1 | Task Added: It's a task"]);
    assert_eq!(api.rows("lastmodified", "mod_project WHERE id = 1").await, ["2026-11-20 12:30:00"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = with_projects().await;
    for (request, message) in [
        ("task=x", "Project ID not Set"),
        ("projectid=99", "Project ID Not Found"),
        ("projectid=x&task=x", "Project ID Not Found"),
        ("projectid=1&adminid=99", "Admin ID Not Found"),
        ("projectid=1", "A task description must be specified"),
        ("projectid=1&task=+", "A task description must be specified"),
        ("projectid=1&task=x&duedate=x", "Date Format is not Valid"),
    ] {
        api.refuse(&format!("action=AddProjectTask&{request}"), message).await;
    }
}
