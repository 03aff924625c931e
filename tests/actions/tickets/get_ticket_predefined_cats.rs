use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetTicketPredefinedCats"], every_parameter: "GetTicketPredefinedCats", ..Calls::NONE };

#[tokio::test]
async fn has_the_documented_shape() {
    let api = TestApi::new().await;
    let none = r#"{"result":"success","totalresults":0,"categories":{"category":[]}}"#;
    api.check("action=GetTicketPredefinedCats", none).await;
    api.sql(
        "INSERT INTO tblticketpredefinedcats (id, parentid, name) VALUES (1, 0, 'Support'), (2, 1, 'Mail'), (3, 0, 'Billing'); \
         INSERT INTO tblticketpredefinedreplies (catid, name) VALUES (1, 'a'), (2, 'b'), (2, 'c')",
    )
    .await;
    api.check(
        "action=GetTicketPredefinedCats",
        concat!(
            r#"{"result":"success","totalresults":3,"categories":{"category":[{"id":"3","parentid":"0","name":"Billing","replycount":"0"},"#,
            r#"{"id":"2","parentid":"1","name":"Mail","replycount":"2"},{"id":"1","parentid":"0","name":"Support","replycount":"1"}]}}"#,
        ),
    )
    .await;
}
