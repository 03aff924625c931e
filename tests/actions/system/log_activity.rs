use crate::support::{Calls, TestApi, all};

pub const CALLS: Calls = Calls {
    demo: &["LogActivity&description=x"],
    setup: concat!(
        include_str!("../../support/fixtures/mail.sql"),
        include_str!("../../support/fixtures/people/recipients.sql")
    ),
    writing: &["LogActivity&clientid=1&description=x", "LogActivity&description=x"],
    every_parameter: "LogActivity&clientid=1&userid=1&description=x",
};

const LINES: &str = "date, description, user, userid, admin_id, ipaddr";

#[tokio::test]
async fn adds_a_line() {
    let api = TestApi::new().await;
    let long = "x".repeat(65_535);
    for (request, line) in [
        ("description=Backup+done", "2026-11-20 12:30:00 | Backup done | alice | 0 | 1 | 127.0.0.1"),
        ("description=a%27b&clientid=2", "2026-11-20 12:30:00 | a'b | alice | 2 | 1 | 127.0.0.1"),
        ("description=x&userid=3", "2026-11-20 12:30:00 | x | alice | 3 | 1 | 127.0.0.1"),
        ("description=x&userid=3&clientid=1", "2026-11-20 12:30:00 | x | alice | 1 | 1 | 127.0.0.1"),
        (&format!("description={long}"), &format!("2026-11-20 12:30:00 | {long} | alice | 0 | 1 | 127.0.0.1")),
    ] {
        api.check(&format!("action=LogActivity&{request}"), r#"{"result":"success"}"#).await;
        assert_eq!(api.rows(LINES, "tblactivitylog").await, [line]);
        api.sql("DELETE FROM tblactivitylog").await;
    }
}

#[tokio::test]
async fn refuses_what_says_nothing_or_is_about_nobody() {
    let api = TestApi::new().await;
    for (request, message) in [
        ("", "A description is required"),
        ("clientid=9", "Client ID Not Found"),
        ("clientid=x&description=x", "Client ID Not Found"),
        ("userid=9&description=x", "Client ID Not Found"),
        ("description[]=x", "description must be a text"),
        (&format!("description={}", "x".repeat(65_536)), "description is too long: at most 65535 bytes are allowed"),
    ] {
        api.refuse(&format!("action=LogActivity&{request}"), message).await;
    }
}

#[tokio::test]
async fn many_lines_at_a_time_are_all_there() {
    let api = TestApi::new().await;
    let requests: Vec<String> = (0..20).map(|number| format!("action=LogActivity&description={number}")).collect();
    let answers = all(requests.iter().map(|request| api.send(request))).await;
    assert!(answers.iter().all(|(_, body)| body.contains("success")), "{answers:?}");
    assert_eq!(api.rows("COUNT(DISTINCT description)", "tblactivitylog").await, ["20"]);
}
