use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["EndTaskTimer&timerid=2"],
    setup: include_str!("../../support/fixtures/projects.sql"),
    writing: &["EndTaskTimer&timerid=2&projectid=1&adminid=1", "EndTaskTimer&taskid=3"],
    every_parameter: "EndTaskTimer&timerid=1&taskid=1&projectid=1&adminid=1&end_time=2",
};

async fn with_projects() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/projects.sql")).await;
    api
}

#[tokio::test]
async fn a_timer_ends_once() {
    for (request, rows) in [
        ("timerid=2", ["1 | 1 | 1451743110", "2 | 2 | 1795177800", "3 | 1 | "]),
        (
            "timerid=2&projectid=1&adminid=1&end_time=1451740000",
            ["1 | 1 | 1451743110", "2 | 1 | 1451740000", "3 | 1 | "],
        ),
        ("taskid=2", ["1 | 1 | 1451743110", "2 | 2 | 1795177800", "3 | 1 | "]),
        // 0 is none: it would mean that the timer runs.
        ("timerid=2&end_time=0", ["1 | 1 | 1451743110", "2 | 2 | 1795177800", "3 | 1 | "]),
        ("timerid=2&end_time=5", ["1 | 1 | 1451743110", "2 | 2 | 1451739482", "3 | 1 | "]),
        // One that has ended keeps its end and its owner.
        ("timerid=1&adminid=2&end_time=5", ["1 | 1 | 1451743110", "2 | 2 | 0", "3 | 1 | "]),
        ("timerid=3&end_time=1451739483", ["1 | 1 | 1451743110", "2 | 2 | 0", "3 | 1 | 1451739483"]),
    ] {
        let api = with_projects().await;
        let reply = r#"{"result":"success","message":"Timer Has Ended"}"#;
        api.check(&format!("action=EndTaskTimer&{request}"), reply).await;
        assert_eq!(api.rows("id, adminid, end", "mod_projecttimes ORDER BY id").await, rows, "{request}");
    }
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = with_projects().await;
    for (request, message) in [
        ("projectid=99", "Project ID Not Found"),
        ("projectid=1", "Timer ID Not Set"),
        ("", "Timer ID Not Set"),
        ("timerid=99&adminid=99", "Timer ID Not Found"),
        ("timerid=x", "Timer ID Not Found"),
        // It has no timer that runs.
        ("taskid=1", "Timer ID Not Found"),
        // A timer of another project.
        ("timerid=3&projectid=1", "Timer ID Not Found"),
        ("timerid=2&adminid=99", "Admin ID Not Found"),
        ("timerid=2&end_time=-1", "Times of timers are in seconds since 1970"),
    ] {
        api.refuse(&format!("action=EndTaskTimer&{request}"), message).await;
    }
}
