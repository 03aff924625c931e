use crate::support::{Calls, NOW, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpdateUserPermissions&user_id=7&client_id=2&permissions=invoices,tickets"],
    setup: concat!(
        include_str!("../../support/fixtures/people/people.sql"),
        "INSERT INTO tblusers_clients (auth_user_id, client_id, permissions) VALUES (1001, 1001, 'products');"
    ),
    writing: &["UpdateUserPermissions&user_id=1001&client_id=1001&permissions=tickets"],
    every_parameter: "UpdateUserPermissions&user_id=1&client_id=1&permissions=tickets",
};

#[tokio::test]
async fn replaces_what_a_user_may_do() {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    for (sent, stored) in [
        ("permissions=tickets,products", "products,tickets"),
        ("permissions=Orders,+fly", "orders"),
        ("permissions[]=emails&permissions[]=orders", "emails,orders"),
    ] {
        let request = format!("action=UpdateUserPermissions&user_id=2&client_id=1&{sent}");
        api.check(&request, r#"{"result":"success"}"#).await;
        let row = api
            .rows("permissions, owner, updated_at", "tblusers_clients WHERE auth_user_id = 2 AND client_id = 1")
            .await;
        assert_eq!(row, [format!("{stored} | 0 | {NOW}")], "{sent}");
    }
    let others = api.rows("COUNT(*)", "tblusers_clients WHERE COALESCE(permissions, '') = ''").await;
    assert_eq!(others, ["2"], "those of others stay");
    let log = api.rows("description, userid", "tblactivitylog LIMIT 1").await;
    assert_eq!(log, ["Modified User Permissions - User ID: 2 | 1"]);
}

#[tokio::test]
async fn refuses_bad_input_in_the_documented_order() {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    for (request, message) in [
        ("permissions=tickets", "Invalid user id"),
        ("user_id=9&client_id=99", "Invalid user id"),
        ("user_id=1&client_id=99", "Invalid client id"),
        ("user_id=1&client_id=1", "Permissions cannot be set on a client owner"),
        ("user_id=1&client_id=1&permissions=tickets", "Permissions cannot be set on a client owner"),
        ("user_id=2&client_id=1", "Missing permissions definition"),
        ("user_id=2&client_id=1&permissions=fly", "Missing permissions definition"),
        ("user_id=1&client_id=2", "Missing permissions definition"),
        ("user_id=1&client_id=2&permissions=tickets", "User is not associated with client"),
    ] {
        api.refuse(&format!("action=UpdateUserPermissions&{request}"), message).await;
    }
}
