use crate::support::{Calls, NOW, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpdateUser&user_id=7&lastname=Reid"],
    setup: include_str!("../../support/fixtures/people/people.sql"),
    writing: &["UpdateUser&user_id=1001&firstname=A&lastname=B&email=new@example.com&language=german"],
    every_parameter: "UpdateUser&user_id=1&firstname=A&lastname=B&email=new@example.com&language=german",
};

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api.sql("UPDATE tblusers SET language = 'english', email_verified_at = '2026-01-02 03:04:05'").await;
    api
}

const COLUMNS: &str =
    "first_name, last_name, email, language, COALESCE(email_verified_at, 'never'), COALESCE(updated_at, '')";

#[tokio::test]
async fn changes_the_given_fields() {
    let api = api().await;
    for (request, row) in [
        ("lastname=Oh", "Una | Oh | una@example.com | english | 2026-01-02 03:04:05"),
        ("firstname=Uma&lastname=", "Uma | Oh | una@example.com | english | 2026-01-02 03:04:05"),
        ("language=", "Uma | Oh | una@example.com |  | 2026-01-02 03:04:05"),
        ("email=UNA@example.com", "Uma | Oh | UNA@example.com |  | 2026-01-02 03:04:05"),
        ("email=uma@example.com", "Uma | Oh | uma@example.com |  | never"),
    ] {
        api.check(&format!("action=UpdateUser&user_id=1&{request}"), r#"{"result":"success","user_id":1}"#).await;
        assert_eq!(api.rows(COLUMNS, "tblusers WHERE id = 1").await, [format!("{row} | {NOW}")], "{request}");
    }
    assert_eq!(api.rows("firstname, email", "tblclients WHERE id = 1").await, ["One | one@example.com"]);
    let log = api.rows("description", "tblactivitylog LIMIT 1").await;
    assert_eq!(log, ["Modified User - User ID: 1"]);
}

#[tokio::test]
async fn refuses_bad_input() {
    let api = api().await;
    let long = format!("user_id=1&firstname={}", "x".repeat(256));
    for (request, message) in [
        ("", "Invalid User ID requested"),
        ("user_id=9&firstname=A", "Invalid User ID requested"),
        ("user_id=9", "Invalid User ID requested"),
        ("user_id=x&firstname=A", "Invalid User ID requested"),
        ("user_id=0&firstname=A", "Invalid User ID requested"),
        ("user_id=1", "One of `email`, `firstname`, `lastname`, or `language` is required"),
        ("user_id=1&firstname=&email=", "One of `email`, `firstname`, `lastname`, or `language` is required"),
        ("user_id=1&password2=x", "One of `email`, `firstname`, `lastname`, or `language` is required"),
        ("user_id=1&email=nonsense", "The email address entered is not valid"),
        ("user_id=1&firstname=A&email=Ben@example.com", "A user already exists with that email address"),
        (&long, "firstname is too long: at most 255 bytes are allowed"),
    ] {
        api.refuse(&format!("action=UpdateUser&{request}"), message).await;
    }
}
