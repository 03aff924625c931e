use whmcs_api::config::{Compat, ToDoWrapper};

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetToDoItems", "GetToDoItems&status=Incomplete&limitnum=1"],
    setup: "",
    writing: &[],
    every_parameter: "GetToDoItems&limitstart=0&limitnum=1&status=New",
};

const ITEMS: &str = "INSERT INTO tbltodolist (id, date, title, description, admin, status, duedate) VALUES \
     (1, '2026-11-01', 'One', 'D', 1, 'New', '2026-12-02'), (2, '2026-11-02', 'Two', '', 0, 'Completed', '2026-12-01'), \
     (3, '2026-11-03', 'Three', '', 2, 'In Progress', '2026-12-01'), (4, '0000-00-00', 'Four', '', 0, 'Postponed', '0000-00-00')";

#[tokio::test]
async fn lists_what_is_due_first_at_the_front() {
    let api = TestApi::new().await;
    let none = r#"{"result":"success","totalresults":0,"startnumber":0,"numreturned":0,"items":{"item":[]}}"#;
    api.check("action=GetToDoItems", none).await;
    api.sql(ITEMS).await;
    for (request, expected) in [
        ("", vec![4, 2, 3, 1]),
        ("status=Incomplete", vec![4, 3, 1]),
        ("status=incomplete", vec![4, 3, 1]),
        ("status=Completed", vec![2]),
        ("status=in+progress", vec![3]),
        ("status=Done", vec![]),
        ("limitstart=1&limitnum=2", vec![2, 3]),
    ] {
        let reply = api.reply(&format!("action=GetToDoItems&{request}")).await;
        let items = reply["items"]["item"].as_array().unwrap();
        let ids: Vec<i64> = items.iter().map(|item| item["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, expected, "{request}");
    }
    api.check(
        "action=GetToDoItems&status=New",
        r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"items":{"item":[{"id":1,"date":"2026-11-01","title":"One","description":"D","admin":1,"status":"New","duedate":"2026-12-02"}]}}"#,
    )
    .await;
}

#[tokio::test]
async fn the_operator_chooses_the_shape() {
    let api = TestApi::with(Compat { todo_wrapper: ToDoWrapper::Flat, ..Compat::default() }).await;
    api.sql(ITEMS).await;
    let reply = api.reply("action=GetToDoItems&status=New").await;
    assert_eq!(reply["items"][0]["title"], "One");
}
