//! Names of staff: a member of staff is found by user name, e-mail address and full name, in any case, and a message
//! under any other name is kept.

use serde_json::Value;
use whmcs_api::actions::CATALOGUE;

use crate::support::{DOCUMENT, TestApi};

const ALICE: [&str; 7] =
    ["alice", "ALICE", " alice ", "Alice Adams", "alice adams", "alice.adams@example.com", "Alice.Adams@Example.com"];

/// Parameters that name staff by id, as documented, and have an error for any other value.
const IDS_ONLY: [(&str, &str); 10] = [
    ("AddCredit", "adminid"),
    ("AddProjectMessage", "adminid"),
    ("AddProjectTask", "adminid"),
    ("CreateProject", "adminid"),
    ("EndTaskTimer", "adminid"),
    ("GetProjects", "adminid"),
    ("StartTaskTimer", "adminid"),
    ("UpdateProject", "adminid"),
    ("UpdateProjectTask", "adminid"),
    ("UpdateToDoItem", "adminid"),
];
const TESTED: [(&str, &str); 3] =
    [("AddTicketReply", "adminusername"), ("GetActivityLog", "user"), ("UpdateTicket", "flag")];

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../support/fixtures/tickets.sql")).await;
    api.sql(
        "UPDATE tbladmins SET email = 'alice.adams@example.com' WHERE id = 1; \
         UPDATE tbladmins SET firstname = 'Gwen', lastname = 'Gone' WHERE id = 3; \
         INSERT INTO tbladmins (id, username, firstname, lastname, disabled) VALUES \
           (4, 'second', 'Alice', 'Adams', 0), (5, 'former', 'Alice', 'Adams', 1); \
         INSERT INTO tblactivitylog (id, date, description, user, userid, user_id, admin_id, ipaddr) VALUES \
           (1, '2021-01-01 06:56:49', 'x', 'alice', 0, 0, 1, ''), (2, '2021-01-01 06:56:49', 'x', 'bob', 0, 0, 2, '')",
    )
    .await;
    api
}

/// A call with this parameter.
async fn with(api: &TestApi, call: &str, name: &str, value: &str) -> Value {
    let value = serde_urlencoded::to_string([(name, value)]).unwrap();
    let (_, body) = api.send(&format!("action={call}&{value}")).await;
    serde_json::from_str(&body).unwrap()
}

#[test]
fn every_parameter_that_names_staff_is_tested() {
    let mut found = Vec::new();
    for entry in CATALOGUE {
        let schema = &DOCUMENT["paths"][format!("/v1/{}", entry.name)]["post"]["requestBody"];
        let properties = schema["content"]["application/json"]["schema"]["properties"].as_object();
        for (name, schema) in properties.into_iter().flatten() {
            if schema["description"].as_str().is_some_and(|text| text.contains("member of staff")) {
                found.push((&*entry.name, name.as_str()));
            }
        }
    }
    let mut expected: Vec<_> = TESTED.into_iter().chain(IDS_ONLY).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_reply_is_kept_whoever_wrote_it() {
    let api = api().await;
    let others = [
        // The reply of somebody whose account was disabled later belongs to that person.
        ("gone", "Gwen Gone"),
        ("GWEN GONE", "Gwen Gone"),
        ("bob", "bob"),
        ("Provision", "Provision"),
        (" The night shift ", "The night shift"),
        ("nobody@example.com", "nobody@example.com"),
    ];
    for (sent, kept) in ALICE.map(|sent| (sent, "Alice Adams")).into_iter().chain(others) {
        let call = "AddTicketReply&ticketid=2&message=x&clientid=9";
        let reply = with(&api, call, "adminusername", sent).await;
        assert_eq!(reply["result"], "success", "{sent:?}: {reply}");
        let stored = api.rows("admin, userid", "tblticketreplies ORDER BY id DESC LIMIT 1").await;
        assert_eq!(stored, [format!("{kept} | 1")], "{sent:?}");
        assert_eq!(api.rows("status", "tbltickets WHERE id = 2").await, ["Answered"], "{sent:?}");
    }
    let too_long = with(&api, "AddTicketReply&ticketid=2&message=x", "adminusername", &"x".repeat(65_536)).await;
    assert_eq!(too_long["message"], "adminusername is too long: at most 65535 bytes are allowed");
    // A name of blanks is none.
    let reply = with(&api, "AddTicketReply&ticketid=2&message=x", "adminusername", "  ").await;
    assert_eq!(reply["message"], "Name and email address are required if not a client");
}

#[tokio::test]
async fn a_ticket_is_flagged_to_active_staff_only() {
    let api = api().await;
    for sent in ["1"].into_iter().chain(ALICE) {
        api.sql("UPDATE tbltickets SET flag = 2 WHERE id = 2").await;
        let reply = with(&api, "UpdateTicket&ticketid=2", "flag", sent).await;
        assert_eq!(reply["result"], "success", "{sent:?}: {reply}");
        assert_eq!(api.rows("flag", "tbltickets WHERE id = 2").await, ["1"], "{sent:?}");
    }
    for sent in ["3", "99", "gone", "Gwen Gone", "Provision"] {
        let reply = with(&api, "UpdateTicket&ticketid=2", "flag", sent).await;
        assert_eq!(reply["message"], "Admin ID Not Found", "{sent:?}");
    }
    assert_eq!(api.rows("flag", "tbltickets WHERE id = 2").await, ["1"]);
}

#[tokio::test]
async fn the_activity_log_is_filtered_by_staff() {
    let api = api().await;
    for (sent, total) in ALICE.map(|sent| (sent, 1)).into_iter().chain([("gone", 0), ("Provision", 0), ("bob", 1)]) {
        let reply = with(&api, "GetActivityLog", "user", sent).await;
        assert_eq!(reply["totalresults"], total, "{sent:?}");
    }
}
