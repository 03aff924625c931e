use crate::support::{Calls, NOW, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AddClientNote&userid=1&notes=x"],
    setup: include_str!("../../support/fixtures/people/people.sql"),
    writing: &["AddClientNote&userid=1001&notes=x&sticky=1"],
    every_parameter: "AddClientNote&userid=1&notes=x&sticky=1",
};

#[tokio::test]
async fn adds_what_staff_should_know() {
    let api = TestApi::new().await;
    for (number, (sticky, stored)) in [("sticky=true", 1), ("sticky=0", 0), ("", 0)].into_iter().enumerate() {
        let reply = format!(r#"{{"result":"success","noteid":{}}}"#, number + 1);
        api.check(&format!("action=AddClientNote&userid=1&notes=Note+to+add&{sticky}"), &reply).await;
        assert_eq!(
            api.rows("userid, adminid, created, modified, note, sticky", "tblnotes ORDER BY id DESC LIMIT 1").await,
            [format!("1 | 1 | {NOW} | {NOW} | Note to add | {stored}")]
        );
    }
    let log = api.rows("description, userid", "tblactivitylog LIMIT 1").await;
    assert_eq!(log, ["Added Client Note - Note ID: 1 | 1"]);
}

#[tokio::test]
async fn refuses_bad_input() {
    let api = TestApi::new().await;
    let long = format!("userid=1&notes={}", "x".repeat(65_536));
    for (request, message) in [
        ("notes=x", "Client ID not found"),
        ("userid=9", "Client ID not found"),
        ("userid=one&notes=x", "Client ID not found"),
        ("userid=1", "Notes can not be empty"),
        ("userid=1&notes=", "Notes can not be empty"),
        ("userid=1&notes[]=x", "Notes can not be empty"),
        (&long, "notes is too long: at most 65535 bytes are allowed"),
    ] {
        api.refuse(&format!("action=AddClientNote&{request}"), message).await;
    }
}
