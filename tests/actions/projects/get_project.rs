use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetProject&projectid=1"], every_parameter: "GetProject&projectid=1", ..Calls::NONE };

async fn with_projects() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/projects.sql")).await;
    api
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_projects().await;
    api.check(
        "action=GetProject&projectid=1",
        concat!(
            r#"{"result":"success","projectinfo":{"id":1,"userid":1,"title":"Move the shop","ticketids":"5,12","invoiceids":"7","#,
            r#""notes":"Carefully","adminid":1,"status":"Pending","created":"2026-01-01","duedate":"2026-01-09","completed":0,"#,
            r#""lastmodified":"2026-01-02 13:59:01","attachments":"","watchers":""},"tasks":{"task":[{"id":2,"projectid":1,"#,
            r#""task":"First","notes":"x","adminid":1,"created":"2026-01-02 13:58:01","duedate":"2026-01-05","completed":1,"#,
            r#""billed":1,"order":1,"timelogs":{"timelog":[{"id":1,"projectid":1,"taskid":2,"adminid":1,"start":"1451739482","#,
            r#""end":"1451743110","donotbill":0,"starttime":"2016-01-02 12:58:02","endtime":"2016-01-02 13:58:30"},{"id":2,"#,
            r#""projectid":1,"taskid":2,"adminid":2,"start":"1451739482","end":"0","donotbill":1,"#,
            r#""starttime":"2016-01-02 12:58:02","endtime":""}]}},{"id":1,"projectid":1,"task":"Second","notes":"","adminid":0,"#,
            r#""created":"2026-01-02 11:57:57","duedate":"0000-00-00","completed":0,"billed":0,"order":2,"timelogs":""}]},"#,
            r#""messages":{"message":[{"id":1,"projectid":1,"date":"2026-01-04 13:59:01","message":"Message 1","attachments":"","#,
            r#""adminid":1}]}}"#,
        ),
    )
    .await;
    api.sql("DELETE FROM mod_projecttasks").await;
    let reply = api.reply("action=GetProject&projectid=2").await;
    assert_eq!(
        (&reply["tasks"], &reply["messages"]),
        (&serde_json::json!({"task": []}), &serde_json::json!({"message": []}))
    );
}

#[tokio::test]
async fn needs_a_project() {
    let api = with_projects().await;
    for (request, message) in [
        ("", "Project ID Not Set"),
        ("projectid=0", "Project ID Not Found"),
        ("projectid=99", "Project ID Not Found"),
        ("projectid=x", "Project ID Not Found"),
    ] {
        api.refuse(&format!("action=GetProject&{request}"), message).await;
    }
}
