use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpdateProject&projectid=1&status=x"],
    setup: include_str!("../../support/fixtures/projects.sql"),
    writing: &["UpdateProject&projectid=1&title=x&userid=2&adminid=2"],
    every_parameter: "UpdateProject&projectid=1&adminid=1&userid=1&status=x&created=2026-11-20&duedate=2026-11-20&completed=1&title=x&ticketids=1&invoiceids=1&notes=x",
};

const PROJECT: &str =
    "userid, title, ticketids, invoiceids, notes, adminid, status, created, duedate, completed, lastmodified";

async fn with_projects() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/projects.sql")).await;
    api
}

#[tokio::test]
async fn changes_what_is_named_and_nothing_else() {
    let api = with_projects().await;
    let now = "2026-11-20 12:30:00";
    for (request, row) in [
        ("", "1 | Move the shop | 5,12 | 7 | Carefully | 1 | Pending | 2026-01-01 | 2026-01-09 | 0"),
        ("title=New&status=", "1 | New | 5,12 | 7 | Carefully | 1 | Pending | 2026-01-01 | 2026-01-09 | 0"),
        (
            "userid=2&adminid=2&status=Done&created=1969-07-11&duedate=2026-03-01&completed=1&ticketids=1&invoiceids=2,3&notes=n",
            "2 | New | 1 | 2,3 | n | 2 | Done | 1969-07-11 | 2026-03-01 | 1",
        ),
        (
            "userid=0&completed=0&ticketids=&invoiceids=&notes=",
            "0 | New |  |  |  | 2 | Done | 1969-07-11 | 2026-03-01 | 0",
        ),
    ] {
        let reply = r#"{"result":"success","message":"Project Has Been Updated"}"#;
        api.check(&format!("action=UpdateProject&projectid=1&{request}"), reply).await;
        let stored = api.rows(PROJECT, "mod_project WHERE id = 1").await;
        assert_eq!(stored, [format!("{row} | {now}")], "{request}");
    }
    let other = "Paint the office | 2026-02-02 10:00:00";
    assert_eq!(api.rows("title, lastmodified", "mod_project WHERE id = 2").await, [other]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = with_projects().await;
    for (request, message) in [
        ("title=x", "Project ID Not Set"),
        ("projectid=99&userid=99", "Project ID Not Found"),
        ("projectid=0", "Project ID Not Found"),
        ("projectid=x", "Project ID Not Found"),
        ("projectid=1&userid=99&adminid=99", "Client ID Not Found"),
        ("projectid=1&userid=x", "Client ID Not Found"),
        ("projectid=1&adminid=99", "Admin ID Not Found"),
        ("projectid=1&duedate=x", "Date Format is not Valid"),
    ] {
        api.refuse(&format!("action=UpdateProject&{request}"), message).await;
    }
}
