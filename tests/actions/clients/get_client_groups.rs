use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetClientGroups"], every_parameter: "GetClientGroups&limitnum=5", ..Calls::NONE };

#[tokio::test]
async fn has_the_documented_shape() {
    let api = TestApi::new().await;
    api.check("action=GetClientGroups", r#"{"result":"success","totalresults":0,"groups":{"group":[]}}"#).await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api.check(
        "action=GetClientGroups",
        concat!(
            r##"{"result":"success","totalresults":2,"groups":{"group":[{"id":1,"groupname":"Resellers","##,
            r##""groupcolour":"#28C99B","discountpercent":"10.00","susptermexempt":"on","separateinvoices":"on"},"##,
            r#"{"id":2,"groupname":"Friends","groupcolour":"","discountpercent":"0.00","susptermexempt":"","#,
            r#""separateinvoices":""}]}}"#
        ),
    )
    .await;
}
