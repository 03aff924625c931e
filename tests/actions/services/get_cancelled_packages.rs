use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetCancelledPackages"],
    every_parameter: "GetCancelledPackages&limitstart=0&limitnum=5",
    ..Calls::NONE
};

#[tokio::test]
async fn has_the_documented_shape_and_pages() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblcancelrequests (id, date, relid, reason, type) VALUES \
           (1, '2016-02-24 21:27:04', 1, 'Client Requested', 'End of Billing Period'), \
           (2, '2016-02-25 21:27:04', 7, '', 'Immediate'), (3, '2016-02-26 21:27:04', 8, '', 'Immediate')",
    )
    .await;
    let none = "0000-00-00 00:00:00";
    let first = format!(
        r#"{{"id":"1","date":"2016-02-24 21:27:04","relid":"1","reason":"Client Requested","type":"End of Billing Period","created_at":"{none}","updated_at":"{none}"}}"#
    );
    let others = [2, 3].map(|id| {
        format!(
            r#"{{"id":"{id}","date":"2016-02-2{} 21:27:04","relid":"{}","reason":"","type":"Immediate","created_at":"{none}","updated_at":"{none}"}}"#,
            id + 3,
            id + 5
        )
    });
    for (request, start, rows) in [
        ("", 0, vec![&first, &others[0], &others[1]]),
        ("&limitnum=1", 0, vec![&first]),
        ("&limitstart=1", 1, vec![&others[0], &others[1]]),
        ("&limitstart=3", 3, vec![]),
        ("&limitstart=x&limitnum=2", 0, vec![&first, &others[0]]),
    ] {
        let rows: Vec<&str> = rows.into_iter().map(String::as_str).collect();
        let expected = format!(
            r#"{{"result":"success","totalresults":3,"startnumber":{start},"numreturned":{},"packages":{{"package":[{}]}}}}"#,
            rows.len(),
            rows.join(",")
        );
        api.check(&format!("action=GetCancelledPackages{request}"), &expected).await;
    }
}
