use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetProjects&limitstart=0&limitnum=1"],
    every_parameter: "GetProjects&limitstart=0&limitnum=1&userid=1&title=x&ticketids=1&invoiceids=1&notes=x&adminid=1&status=x&created=2026-11-20&duedate=2026-11-20&completed=1&lastmodified=2026-11-20",
    ..Calls::NONE
};

async fn with_projects() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/projects.sql")).await;
    api
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_projects().await;
    api.check(
        "action=GetProjects&limitstart=0&limitnum=1",
        concat!(
            r#"{"result":"success","totalresults":2,"startnumber":0,"numreturned":1,"projects":[{"id":1,"userid":1,"#,
            r#""title":"Move the shop","ticketids":"5,12","invoiceids":"7","notes":"Carefully","adminid":1,"status":"Pending","#,
            r#""created":"2026-01-01","duedate":"2026-01-09","completed":0,"lastmodified":"2026-01-02 13:59:01","watchers":""}]}"#,
        ),
    )
    .await;
    let none = r#"{"result":"success","totalresults":2,"startnumber":9,"numreturned":0,"projects":[]}"#;
    api.check("action=GetProjects&limitstart=9", none).await;
}

#[tokio::test]
async fn is_filtered() {
    let api = with_projects().await;
    for (request, ids) in [
        ("userid=1", vec![1]),
        ("userid=x", vec![]),
        ("adminid=2", vec![2]),
        ("title=the", vec![1, 2]),
        ("title=%25", vec![]),
        ("notes=care", vec![1]),
        ("ticketids=12", vec![1]),
        ("ticketids=1", vec![]),
        ("invoiceids=7", vec![1]),
        ("status=completed", vec![2]),
        ("completed=0", vec![1]),
        ("completed=1", vec![2]),
        ("created=2026-01-01", vec![1]),
        ("duedate=2026-02-01", vec![2]),
        ("lastmodified=2026-01-02", vec![1]),
        ("created=x", vec![]),
        ("userid=1&completed=1", vec![]),
    ] {
        let reply = api.reply(&format!("action=GetProjects&{request}")).await;
        let found: Vec<i64> =
            reply["projects"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!(found, ids, "{request}");
    }
}
