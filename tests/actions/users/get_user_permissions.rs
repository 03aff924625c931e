use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetUserPermissions&user_id=7&client_id=2", "GetUserPermissions&user_id=2&client_id=2"],
    setup: "",
    writing: &[],
    every_parameter: "GetUserPermissions&user_id=1&client_id=1",
};

#[tokio::test]
async fn returns_what_a_user_may_do() {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    for (stored, names) in [
        ("tickets,products", r#""products","tickets""#),
        (r#"["tickets","products"]"#, r#""products","tickets""#),
        (r#"{"tickets":true,"products":"1","orders":false}"#, r#""products","tickets""#),
        ("", ""),
    ] {
        api.sql(&format!("UPDATE tblusers_clients SET permissions = '{stored}' WHERE owner = 0")).await;
        let reply = format!(r#"{{"result":"success","permissions":{{"permission":[{names}]}}}}"#);
        api.check("action=GetUserPermissions&user_id=2&client_id=1", &reply).await;
    }
    let owner = api.reply("action=GetUserPermissions&user_id=1&client_id=1").await;
    assert_eq!(owner["permissions"]["permission"].as_array().unwrap().len(), 13, "whatever is stored");
}

#[tokio::test]
async fn refuses_bad_input_in_the_documented_order() {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    for (request, message) in [
        ("", "Invalid user id"),
        ("user_id=9&client_id=99", "Invalid user id"),
        ("user_id=1&client_id=99", "Invalid client id"),
        ("user_id=1&client_id=x", "Invalid client id"),
        ("user_id=1&client_id=2", "User is not associated with client"),
    ] {
        api.refuse(&format!("action=GetUserPermissions&{request}"), message).await;
    }
}
