use whmcs_api::config::{Compat, OtherDepartments};

use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetSupportStatuses&deptid=1"], every_parameter: "GetSupportStatuses&deptid=1", ..Calls::NONE };

async fn with_tickets(other_departments: OtherDepartments) -> TestApi {
    let api = TestApi::with(Compat { other_departments, ..Compat::default() }).await;
    api.sql(include_str!("../../support/fixtures/tickets.sql")).await;
    api
}

/// The counts in the order of the statuses.
async fn counts(api: &TestApi, request: &str) -> Vec<i64> {
    let reply = api.reply(&format!("action=GetSupportStatuses{request}")).await;
    reply["statuses"]["status"].as_array().unwrap().iter().map(|status| status["count"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_tickets(OtherDepartments::Hidden).await;
    api.check(
        "action=GetSupportStatuses",
        concat!(
            r##"{"result":"success","totalresults":6,"statuses":{"status":[{"title":"Open","count":1,"color":"#779500"},"##,
            r##"{"title":"Answered","count":1,"color":"#000000"},{"title":"Customer-Reply","count":1,"color":"#ff6600"},"##,
            r##"{"title":"On Hold","count":0,"color":"#224488"},{"title":"In Progress","count":1,"color":"#cc0000"},"##,
            r##"{"title":"Closed","count":1,"color":"#888888"}]}}"##,
        ),
    )
    .await;
    api.sql("INSERT INTO tblticketstatuses (title, color, sortorder) VALUES ('closed', '#1', 2), ('Open', '#2', 1)")
        .await;
    api.check(
        "action=GetSupportStatuses",
        concat!(
            r##"{"result":"success","totalresults":2,"statuses":{"status":[{"title":"Open","count":1,"color":"#2"},"##,
            r##"{"title":"closed","count":1,"color":"#1"}]}}"##,
        ),
    )
    .await;
}

#[tokio::test]
async fn counts_in_one_department() {
    let api = with_tickets(OtherDepartments::Hidden).await;
    for (department, expected) in [
        ("", [1, 1, 1, 0, 1, 1]),
        ("0", [0; 6]),
        ("1", [0, 1, 0, 0, 0, 0]),
        ("2", [1, 0, 1, 0, 0, 0]),
        ("77", [0; 6]),
        ("x", [0; 6]),
    ] {
        assert_eq!(counts(&api, &format!("&deptid={department}")).await, expected, "{department}");
    }
}

#[tokio::test]
async fn departments_of_others_are_not_counted() {
    for (setting, all, other) in [
        (OtherDepartments::Hidden, [1, 0, 1, 0, 0, 0], [0; 6]),
        (OtherDepartments::Visible, [1, 1, 1, 0, 1, 1], [0, 1, 0, 0, 0, 0]),
    ] {
        let api = with_tickets(setting).await;
        api.sql("UPDATE tbladmins SET supportdepts = ',2,' WHERE id = 1").await;
        assert_eq!(counts(&api, "").await, all, "{setting:?}");
        assert_eq!(counts(&api, "&deptid=1").await, other, "{setting:?}");
    }
}
