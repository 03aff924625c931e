use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetToDoItemStatuses"], setup: "", writing: &[], every_parameter: "GetToDoItemStatuses" };

#[tokio::test]
async fn counts_items_by_status() {
    let api = TestApi::new().await;
    let status =
        |name: &str, count: i64, overdue: i64| format!(r#"{{"type":"{name}","count":{count},"overdue":{overdue}}}"#);
    let reply = |counts: [(i64, i64); 5]| {
        let names = ["New", "Pending", "In Progress", "Completed", "Postponed"];
        let statuses: Vec<String> =
            names.iter().zip(counts).map(|(name, (count, overdue))| status(name, count, overdue)).collect();
        let statuses = statuses.join(",");
        format!(r#"{{"result":"success","totalresults":5,"todoitemstatuses":{{"status":[{statuses}]}}}}"#)
    };
    api.check("action=GetToDoItemStatuses", &reply([(0, 0); 5])).await;
    api.sql(
        "INSERT INTO tbltodolist (title, status, duedate) VALUES ('a', 'New', '2026-11-19'), ('b', 'New', '2026-11-20'), \
           ('c', 'new', '2026-11-21'), ('d', 'Pending', '0000-00-00'), ('e', 'Completed', '2026-11-01'), \
           ('f', 'Postponed', '2026-11-01'), ('g', 'Of another kind', '2026-11-01')",
    )
    .await;
    api.check("action=GetToDoItemStatuses", &reply([(3, 1), (1, 0), (0, 0), (1, 0), (1, 1)])).await;
}
