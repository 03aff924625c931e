use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpdateToDoItem&itemid=1&adminid=1&status=Completed"],
    setup: "INSERT INTO tbltodolist (id, title, status) VALUES (1, 'T', 'New');",
    writing: &[
        "UpdateToDoItem&itemid=1&adminid=2&status=Pending&date=2026-11-01&title=x&description=y&duedate=2026-12-01",
    ],
    every_parameter: "UpdateToDoItem&itemid=1&adminid=1&status=New&date=2026-11-01&title=x&description=y&duedate=2026-12-01",
};

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tbltodolist (id, date, title, description, admin, status, duedate) VALUES \
           (7, '2026-11-01', 'T', 'D', 1, 'New', '2026-12-01'), (8, '2026-11-01', 'T', 'D', 1, 'New', '2026-12-01')",
    )
    .await;
    api
}

const COLUMNS: &str = "date, title, description, admin, status, duedate";

#[tokio::test]
async fn changes_the_given_fields() {
    let api = api().await;
    for (request, row) in [
        ("adminid=2&status=completed", "2026-11-01 | T | D | 2 | Completed | 2026-12-01"),
        ("title=U&description=", "2026-11-01 | U |  | 2 | Completed | 2026-12-01"),
        ("title=", "2026-11-01 | U |  | 2 | Completed | 2026-12-01"),
        ("date=20261105&duedate=2026-12-24", "2026-11-05 | U |  | 2 | Completed | 2026-12-24"),
        // Seconds since 1970, as the documentation has these parameters as numbers.
        ("date=1793836800&duedate=1798156799", "2026-11-05 | U |  | 2 | Completed | 2026-12-24"),
        ("duedate=0000-00-00&adminid=0", "2026-11-05 | U |  | 0 | Completed | 0000-00-00"),
        ("", "2026-11-05 | U |  | 0 | Completed | 0000-00-00"),
    ] {
        api.check(&format!("action=UpdateToDoItem&itemid=7&{request}"), r#"{"result":"success","itemid":7}"#).await;
        assert_eq!(api.rows(COLUMNS, "tbltodolist WHERE id = 7").await, [row], "{request}");
    }
    assert_eq!(api.rows(COLUMNS, "tbltodolist WHERE id = 8").await, ["2026-11-01 | T | D | 1 | New | 2026-12-01"]);
    let log = api.rows("description", "tblactivitylog LIMIT 1").await;
    assert_eq!(log, ["Modified To-Do Item - Item ID: 7"]);
}

#[tokio::test]
async fn refuses_bad_input() {
    let api = api().await;
    let long = format!("itemid=7&title={}", "x".repeat(65_536));
    for (request, message) in [
        ("", "Item ID Not Found"),
        ("itemid=9&adminid=1", "Item ID Not Found"),
        ("itemid=x&adminid=1", "Item ID Not Found"),
        ("itemid=7&adminid=9", "Admin ID Not Found"),
        ("itemid=7&adminid=x", "Admin ID Not Found"),
        // A disabled member of staff.
        ("itemid=7&adminid=3", "Admin ID Not Found"),
        ("itemid=7&status=Incomplete", "Invalid Status"),
        ("itemid=7&date=tomorrow", "Date Format is not Valid"),
        ("itemid=7&duedate=2026-02-30", "Date Format is not Valid"),
        (&long, "title is too long: at most 65535 bytes are allowed"),
    ] {
        api.refuse(&format!("action=UpdateToDoItem&{request}"), message).await;
    }
}
