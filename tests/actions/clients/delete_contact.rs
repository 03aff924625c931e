use crate::support::{Calls, TestApi, all};

pub const CALLS: Calls = Calls {
    demo: &["AddContact&clientid=1&firstname=x&email=former@example.com", "DeleteContact&contactid={contactid}"],
    setup: include_str!("../../support/fixtures/people/people.sql"),
    writing: &["DeleteContact&contactid=1002"],
    every_parameter: "DeleteContact&contactid=1",
};

async fn with_contacts() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api
}

#[tokio::test]
async fn deletes_one_and_bills_the_client() {
    let api = with_contacts().await;
    api.sql("UPDATE tblclients SET billingcid = 1 WHERE id = 1; UPDATE tblclients SET billingcid = 3 WHERE id = 2")
        .await;
    api.check("action=DeleteContact&contactid=1", r#"{"result":"success","contactid":"1"}"#).await;
    assert_eq!(api.rows("id", "tblcontacts ORDER BY id").await, ["2", "3"]);
    assert_eq!(api.rows("billingcid", "tblclients WHERE id < 3 ORDER BY id").await, ["0", "3"]);
    let log = api.rows("description, userid", "tblactivitylog LIMIT 1").await;
    assert_eq!(log, ["Deleted Contact - Contact ID: 1 | 1"]);
    for contact in ["1", "9", "one", ""] {
        api.refuse(&format!("action=DeleteContact&contactid={contact}"), "Contact ID Not Found").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn is_deleted_once() {
    let api = with_contacts().await;
    let answers = all((0..5).map(|_| api.send("action=DeleteContact&contactid=1"))).await;
    assert_eq!(answers.iter().filter(|(_, body)| body.contains("success")).count(), 1, "{answers:?}");
    assert_eq!(api.rows("COUNT(*)", "tblactivitylog").await, ["1"]);
}
