use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetTicketCounts&includeCountsByStatus=1"],
    every_parameter: "GetTicketCounts&ignoreDepartmentAssignments=1&includeCountsByStatus=1",
    ..Calls::NONE
};

async fn with_tickets() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/tickets.sql")).await;
    api
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_tickets().await;
    api.check(
        "action=GetTicketCounts&includeCountsByStatus=true",
        concat!(
            r#"{"result":"success","filteredDepartments":[1,3,2],"allActive":4,"awaitingReply":2,"flaggedTickets":2,"#,
            r#""status":{"open":{"title":"Open","count":1},"answered":{"title":"Answered","count":1},"#,
            r#""customerreply":{"title":"Customer-Reply","count":1},"onhold":{"title":"On Hold","count":0},"#,
            r#""inprogress":{"title":"In Progress","count":1},"closed":{"title":"Closed","count":1}}}"#,
        ),
    )
    .await;
    assert_eq!(api.statements("action=GetTicketCounts&includeCountsByStatus=true").await, 2);
}

#[tokio::test]
async fn counts_those_of_ones_own_departments() {
    let api = with_tickets().await;
    for (assigned, request, expected) in [
        ("", "", r#""filteredDepartments":[1,3,2],"allActive":4,"awaitingReply":2,"flaggedTickets":2}"#),
        ("2", "", r#""filteredDepartments":[2],"allActive":2,"awaitingReply":2,"flaggedTickets":0}"#),
        ("1,3", "", r#""filteredDepartments":[1,3],"allActive":1,"awaitingReply":0,"flaggedTickets":1}"#),
        (
            "2",
            "&ignoreDepartmentAssignments=true&includeCountsByStatus=false",
            r#""filteredDepartments":[1,3,2],"allActive":4,"awaitingReply":2,"flaggedTickets":2}"#,
        ),
    ] {
        api.sql(&format!("UPDATE tbladmins SET supportdepts = '{assigned}' WHERE id = 1")).await;
        api.check(&format!("action=GetTicketCounts{request}"), &format!(r#"{{"result":"success",{expected}"#)).await;
    }
}

#[tokio::test]
async fn counts_in_the_operators_own_states() {
    let api = with_tickets().await;
    api.sql(
        "INSERT INTO tblticketstatuses (title, color, sortorder, showactive, showawaiting, autoclose) VALUES \
         ('Very New!', '', 2, 1, 1, 0), ('closed', '', 1, 1, 0, 0)",
    )
    .await;
    api.check(
        "action=GetTicketCounts&includeCountsByStatus=1",
        concat!(
            r#"{"result":"success","filteredDepartments":[1,3,2],"allActive":1,"awaitingReply":0,"flaggedTickets":1,"#,
            r#""status":{"closed":{"title":"closed","count":1},"verynew":{"title":"Very New!","count":0}}}"#,
        ),
    )
    .await;
}
