use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["StartTaskTimer&projectid=2&taskid=3"],
    setup: include_str!("../../support/fixtures/projects.sql"),
    writing: &["StartTaskTimer&projectid=1&timerid=1"],
    every_parameter: "StartTaskTimer&taskid=1&timerid=1&projectid=1&adminid=1&start_time=1&end_time=2",
};

async fn with_projects() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/projects.sql")).await;
    api
}

#[tokio::test]
async fn a_timer_begins_now_unless_told_otherwise() {
    let api = with_projects().await;
    for (id, (request, row)) in [
        ("timerid=1", "1 | 1 | 1 | 1795177800 | 0 | 0"),
        ("taskid=1&timerid=2", "1 | 1 | 1 | 1795177800 | 0 | 0"),
        ("taskid=2&adminid=2&start_time=1451739482", "1 | 2 | 2 | 1451739482 | 0 | 0"),
        ("taskid=2&start_time=1451739482.0&end_time=1451743110", "1 | 2 | 1 | 1451739482 | 1451743110 | 0"),
        // It takes no time from the others.
        ("taskid=2&start_time=1451739482&end_time=5", "1 | 2 | 1 | 1451739482 | 1451739482 | 0"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = id + 4;
        let reply = format!(r#"{{"result":"success","message":"Start Timer Has Been Set","timerid":{id}}}"#);
        api.check(&format!("action=StartTaskTimer&projectid=1&{request}"), &reply).await;
        let columns = "projectid, taskid, adminid, start, end, donotbill";
        assert_eq!(api.rows(columns, &format!("mod_projecttimes WHERE id = {id}")).await, [row], "{request}");
    }
    assert_eq!(api.rows("projectid, msg", "mod_projectlog LIMIT 1").await, ["1 | Timer Started (ID: 4)"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = with_projects().await;
    for (request, message) in [
        ("timerid=1", "Project ID is Required"),
        ("projectid=99", "Project ID Not Found"),
        ("projectid=1&adminid=99", "Timer ID Not Set"),
        ("projectid=1&timerid=99&adminid=99", "Timer ID Not Found"),
        ("projectid=1&taskid=x", "Timer ID Not Found"),
        // A task of another project.
        ("projectid=1&taskid=3", "Timer ID Not Found"),
        ("projectid=1&taskid=1&adminid=99", "Admin ID Not Found"),
        ("projectid=1&taskid=1&start_time=now", "Times of timers are in seconds since 1970"),
    ] {
        api.refuse(&format!("action=StartTaskTimer&{request}"), message).await;
    }
}
