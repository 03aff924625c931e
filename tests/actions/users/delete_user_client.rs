use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["DeleteUserClient&user_id=1&client_id=5"],
    setup: concat!(
        include_str!("../../support/fixtures/people/people.sql"),
        "INSERT INTO tblusers_clients (auth_user_id, client_id, permissions) VALUES (1001, 1001, 'products');"
    ),
    writing: &["DeleteUserClient&user_id=1001&client_id=1001"],
    every_parameter: "DeleteUserClient&user_id=1&client_id=1",
};

#[tokio::test]
async fn ends_that_a_user_acts_for_a_client() {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api.check("action=DeleteUserClient&user_id=2&client_id=1", r#"{"result":"success"}"#).await;
    assert_eq!(api.rows("auth_user_id, client_id", "tblusers_clients ORDER BY id").await, ["1 | 1", "2 | 2"]);
    assert_eq!(api.rows("COUNT(*)", "tblusers WHERE id = 2").await, ["1"]);
    let log = api.rows("description, userid", "tblactivitylog").await;
    assert_eq!(log, ["Removed User From Client - User ID: 2 | 1"]);
    api.refuse("action=DeleteUserClient&user_id=2&client_id=1", "User is not associated with client").await;
}

#[tokio::test]
async fn refuses_bad_input_in_the_documented_order() {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    for (request, message) in [
        ("", "Invalid user id"),
        ("user_id=9&client_id=99", "Invalid user id"),
        ("user_id=x&client_id=1", "Invalid user id"),
        ("user_id=1", "Invalid client id"),
        ("user_id=1&client_id=99", "Invalid client id"),
        ("user_id=1&client_id=2", "User is not associated with client"),
        ("user_id=1&client_id=1", "You cannot remove the account owner"),
    ] {
        api.refuse(&format!("action=DeleteUserClient&{request}"), message).await;
    }
}
