use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &[
        "OpenTicket&clientid=1&deptid=1&subject=x&message=x&attachments=W3sibmFtZSI6ICJsb2cudHh0IiwgImRhdGEiOiAiZUE9PSJ9XQ%3D%3D",
        "GetTickets&deptid=1",
    ],
    every_parameter: "GetTickets&limitstart=0&limitnum=5&deptid=1&clientid=1&email=x@example.com&status=Open&subject=x&ignore_dept_assignments=1&updatedsince=2026-11-20&orderby=id&order=asc",
    ..Calls::NONE
};

async fn with_tickets() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/tickets.sql")).await;
    api
}

/// Returns the total number and the ids of a reply, whose counts must be consistent.
async fn ids(api: &TestApi, request: &str) -> (i64, Vec<i64>) {
    let reply = api.reply(&format!("action=GetTickets&{request}")).await;
    let tickets = reply["tickets"]["ticket"].as_array().unwrap();
    let ids: Vec<i64> = tickets.iter().map(|row| row["id"].as_str().unwrap().parse().unwrap()).collect();
    assert_eq!(reply["numreturned"], ids.len(), "{request}");
    (reply["totalresults"].as_i64().unwrap(), ids)
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_tickets().await;
    api.check(
        "action=GetTickets&deptid=1&limitnum=1",
        concat!(
            r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"tickets":{"ticket":[{"id":"1","tid":"100001","#,
            r#""deptid":"1","userid":"1","name":"One Client","owner_name":"One Client","email":"one@example.com","#,
            r#""requestor_name":"One Client","requestor_email":"one@example.com","requestor_type":"Owner","cc":"","c":"KPqH7yG3","#,
            r#""date":"2026-11-01 10:00:00","subject":"Printer on fire","status":"Answered","priority":"High","admin":"","#,
            r#""attachment":"123456_fire_1.png|654321_fire.txt","attachments":[{"filename":"fire_1.png","index":0},"#,
            r#"{"filename":"fire.txt","index":1}],"attachments_removed":false,"lastreply":"2026-11-03 10:00:00","flag":"1","#,
            r#""service":"S12"}]}}"#,
        ),
    )
    .await;
    let reply = api.reply("action=GetTickets&deptid=3").await;
    let guest = &reply["tickets"]["ticket"][0];
    assert_eq!([&guest["name"], &guest["owner_name"], &guest["requestor_type"]], ["Gus Guest", "", "Guest"]);
    api.check(
        "action=GetTickets&clientid=9",
        r#"{"result":"success","totalresults":0,"startnumber":0,"numreturned":0,"tickets":{"ticket":[]}}"#,
    )
    .await;
}

#[tokio::test]
async fn filters_and_pages_the_latest_reply_first() {
    let api = with_tickets().await;
    for (request, total, expected) in [
        ("", 5, vec![3, 4, 1, 2, 6]),
        ("limitnum=2", 5, vec![3, 4]),
        ("limitstart=3&limitnum=2", 5, vec![2, 6]),
        ("limitstart=5", 5, vec![]),
        ("orderby=lastreply", 5, vec![3, 4, 1, 2, 6]),
        ("order=asc", 5, vec![6, 2, 1, 4, 3]),
        ("orderby=id", 5, vec![6, 4, 3, 2, 1]),
        ("orderby=ID&order=ASC&limitstart=1&limitnum=2", 5, vec![2, 3]),
        ("orderby=tid&order=asc", 5, vec![1, 2, 3, 4, 6]),
        ("orderby=date", 5, vec![4, 3, 2, 6, 1]),
        ("orderby=deptid&order=asc", 5, vec![1, 2, 3, 4, 6]),
        ("orderby=subject&order=asc", 5, vec![4, 3, 6, 2, 1]),
        ("orderby=status&order=asc", 5, vec![1, 4, 3, 6, 2]),
        ("orderby=priority", 5, vec![1, 6, 4, 3, 2]),
        ("orderby=password&order=up", 5, vec![3, 4, 1, 2, 6]),
        ("deptid=2", 2, vec![3, 2]),
        ("deptid=9", 1, vec![6]),
        ("deptid=x", 0, vec![]),
        ("clientid=1", 3, vec![3, 1, 2]),
        ("clientid=1&deptid=1", 1, vec![1]),
        ("clientid=x", 0, vec![]),
        ("deptid=&clientid=&email=&status=&subject=", 5, vec![3, 4, 1, 2, 6]),
        ("email=gus@example.com", 1, vec![4]),
        ("email=one@example.com", 0, vec![]),
        ("status=Open", 1, vec![2]),
        ("status=customer-reply", 1, vec![3]),
        ("status=Lost", 0, vec![]),
        ("status=Awaiting+Reply", 2, vec![3, 2]),
        ("status=All+Active+Tickets", 4, vec![3, 1, 2, 6]),
        ("status=my+flagged+tickets", 2, vec![1, 6]),
        ("subject=PRINTER", 1, vec![1]),
        ("subject=100%25+of", 1, vec![3]),
        ("subject=%25", 1, vec![3]),
        ("subject=_", 0, vec![]),
        ("subject='", 0, vec![]),
        ("updatedsince=2026-11-04+10:00:00", 2, vec![3, 4]),
        ("updatedsince=2026-11-04+10:00:01", 1, vec![3]),
        ("updatedsince=2026-11-03&status=All+Active+Tickets", 2, vec![3, 1]),
        ("limitstart=x&limitnum=-1", 5, vec![3, 4, 1, 2, 6]),
    ] {
        assert_eq!(ids(&api, request).await, (total, expected), "{request}");
    }
    let told = "updatedsince must be YYYY-MM-DD or YYYY-MM-DD HH:MM:SS";
    api.refuse("action=GetTickets&updatedsince=yesterday", told).await;
}

#[tokio::test]
async fn shows_the_tickets_of_ones_own_departments() {
    let api = with_tickets().await;
    for (assigned, request, expected) in [
        ("2,3", "", vec![3, 4, 2]),
        (",3,", "", vec![4]),
        ("2", "deptid=1", vec![]),
        ("2", "deptid=2", vec![3, 2]),
        ("2", "ignore_dept_assignments=1", vec![3, 4, 1, 2, 6]),
        ("2", "ignore_dept_assignments=false", vec![3, 2]),
        ("", "", vec![3, 4, 1, 2, 6]),
    ] {
        api.sql(&format!("UPDATE tbladmins SET supportdepts = '{assigned}' WHERE id = 1")).await;
        let total = i64::try_from(expected.len()).unwrap();
        assert_eq!(ids(&api, request).await, (total, expected), "{assigned} {request}");
    }
}

#[tokio::test]
async fn goes_by_the_operators_own_states() {
    let api = with_tickets().await;
    api.sql(
        "INSERT INTO tblticketstatuses (title, color, sortorder, showactive, showawaiting, autoclose) VALUES \
         ('Open', '', 1, 0, 0, 0), ('Closed', '', 2, 1, 1, 0)",
    )
    .await;
    assert_eq!(ids(&api, "status=Awaiting+Reply").await, (1, vec![4]));
    assert_eq!(ids(&api, "status=My+Flagged+Tickets").await, (1, vec![4]));
    api.sql("UPDATE tblticketstatuses SET showactive = 0, showawaiting = 0").await;
    assert_eq!(ids(&api, "status=All+Active+Tickets").await, (0, vec![]));
}

#[tokio::test]
async fn takes_as_many_statements_for_many_tickets() {
    let api = with_tickets().await;
    let expected = 3;
    assert_eq!(api.statements("action=GetTickets").await, expected, "credential, departments with statuses, page");
    assert_eq!(api.statements("action=GetTickets&limitnum=1").await, expected);
}
