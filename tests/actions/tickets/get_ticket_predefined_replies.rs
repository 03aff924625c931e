use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetTicketPredefinedReplies&catid=1"],
    every_parameter: "GetTicketPredefinedReplies&catid=1",
    ..Calls::NONE
};

#[tokio::test]
async fn has_the_documented_shape() {
    let api = TestApi::new().await;
    api.sql(
        r"INSERT INTO tblticketpredefinedreplies (catid, name, reply) VALUES (1, 'Yes', 'Hello [NAME],\r\n\r\nyes.'), (2, 'No', 'no'), (1, 'Maybe', '')",
    )
    .await;
    api.check(
        "action=GetTicketPredefinedReplies&catid=1",
        concat!(
            r#"{"result":"success","totalresults":2,"predefinedreplies":{"predefinedreply":[{"name":"Maybe","reply":""},"#,
            r#"{"name":"Yes","reply":"Hello [NAME],\r\n\r\nyes."}]}}"#,
        ),
    )
    .await;
    for (category, count) in [("", 3), ("0", 0), ("2", 1), ("9", 0), ("x", 0)] {
        let reply = api.reply(&format!("action=GetTicketPredefinedReplies&catid={category}")).await;
        assert_eq!(reply["totalresults"], count, "{category:?}");
        assert_eq!(reply["predefinedreplies"]["predefinedreply"].as_array().unwrap().len(), count, "{category:?}");
    }
}
