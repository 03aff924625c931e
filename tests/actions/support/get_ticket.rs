use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &[
        "OpenTicket&clientid=1&deptid=1&subject=x&message=x&attachments=W3sibmFtZSI6ICJsb2cudHh0IiwgImRhdGEiOiAiZUE9PSJ9XQ%3D%3D",
        "AddTicketReply&ticketid={id}&clientid=1&message=x&attachments=W3sibmFtZSI6ICJsb2cudHh0IiwgImRhdGEiOiAiZUE9PSJ9XQ%3D%3D",
        "AddTicketNote&ticketid={id}&message=x&attachments=W3sibmFtZSI6ICJsb2cudHh0IiwgImRhdGEiOiAiZUE9PSJ9XQ%3D%3D",
        "GetTicket&ticketid={id}",
    ],
    every_parameter: "GetTicket&ticketnum=100001&ticketid=1&repliessort=ASC",
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
    let reply = concat!(
        r#"{"result":"success","ticketid":"1","id":"1","tid":"100001","c":"KPqH7yG3","deptid":"1","deptname":"Sales","userid":"1","#,
        r#""contactid":"0","name":"One Client","email":"one@example.com","requestor_name":"One Client","#,
        r#""requestor_email":"one@example.com","requestor_type":"Owner","cc":"","date":"2026-11-01 10:00:00","#,
        r#""subject":"Printer on fire","status":"Answered","priority":"High","admin":"","lastreply":"2026-11-03 10:00:00","#,
        r#""flag":"1","service":"S12","replies":{"reply":[{"replyid":"0","userid":"1","contactid":"0","name":"One Client","#,
        r#""email":"one@example.com","requestor_name":"One Client","requestor_email":"one@example.com","requestor_type":"Owner","#,
        r#""date":"2026-11-01 10:00:00","message":"It burns.","attachment":"123456_fire_1.png|654321_fire.txt","#,
        r#""attachments":[{"filename":"fire_1.png","index":0},{"filename":"fire.txt","index":1}],"attachments_removed":false,"#,
        r#""admin":""},{"replyid":"1","userid":"1","contactid":"0","name":"","email":"","requestor_name":"Alice Adams","#,
        r#""requestor_email":"","requestor_type":"Operator","date":"2026-11-01 11:00:00","message":"Use water.","attachment":"","#,
        r#""attachments":[],"attachments_removed":false,"admin":"Alice Adams","rating":"5"},{"replyid":"2","userid":"1","#,
        r#""contactid":"0","name":"","email":"","requestor_name":"Olga Owner","requestor_email":"olga@example.com","#,
        r#""requestor_type":"Owner","date":"2026-11-02 11:00:00","message":"Done.","attachment":"000001_ash.txt","#,
        r#""attachments":[{"filename":"ash.txt","index":0}],"attachments_removed":false,"admin":"","rating":"0"},{"replyid":"3","#,
        r#""userid":"0","contactid":"0","name":"Gina","email":"gina@example.com","requestor_name":"Gina","#,
        r#""requestor_email":"gina@example.com","requestor_type":"Guest","date":"2026-11-03 10:00:00","message":"Here, too.","#,
        r#""attachment":"","attachments":[],"attachments_removed":false,"admin":"","rating":"0"}]},"#,
        r#""notes":{"note":[{"noteid":"1","date":"2026-11-01 12:00:00","message":"Call the fire brigade.","#,
        r#""attachment":"777777_map.pdf","attachments":[{"filename":"map.pdf","index":0}],"attachments_removed":true,"#,
        r#""admin":"Alice Adams"}]}}"#,
    );
    for request in ["ticketid=1", "ticketnum=100001", "ticketnum=100001&ticketid=2", "ticketnum=&ticketid=1"] {
        api.check(&format!("action=GetTicket&{request}"), reply).await;
    }
}

#[tokio::test]
async fn the_opening_message_comes_first_in_either_order() {
    let api = with_tickets().await;
    for (order, expected) in [
        ("", ["0", "1", "2", "3"]),
        ("ASC", ["0", "1", "2", "3"]),
        ("desc", ["0", "3", "2", "1"]),
        ("x", ["0", "1", "2", "3"]),
    ] {
        let reply = api.reply(&format!("action=GetTicket&ticketid=1&repliessort={order}")).await;
        let ids: Vec<&str> = reply["replies"]["reply"]
            .as_array()
            .unwrap()
            .iter()
            .map(|reply| reply["replyid"].as_str().unwrap())
            .collect();
        assert_eq!(ids, expected, "{order}");
    }
}

#[tokio::test]
async fn tells_who_wrote() {
    let api = with_tickets().await;
    for (ticket, name, email, kind, opened_by) in [
        (2, "Carl Contact", "carl@example.com", "Subaccount", "Subaccount"),
        (3, "Ada Agent", "ada@example.com", "Authorized User", "Operator"),
        (4, "Gus Guest", "gus@example.com", "Guest", "Guest"),
    ] {
        let reply = api.reply(&format!("action=GetTicket&ticketid={ticket}")).await;
        assert_eq!(
            [&reply["requestor_name"], &reply["requestor_email"], &reply["requestor_type"], &reply["name"]],
            [name, email, kind, name]
        );
        assert_eq!(reply["replies"]["reply"][0]["requestor_type"], opened_by);
    }
}

#[tokio::test]
async fn needs_a_ticket() {
    let api = with_tickets().await;
    for request in ["", "ticketid=99", "ticketid=x", "ticketnum=1", "ticketnum=x&ticketid=1", "ticketnum[]=100001"] {
        api.refuse(&format!("action=GetTicket&{request}"), "Ticket ID Not Found").await;
    }
}

#[tokio::test]
async fn takes_as_many_statements_for_many_replies() {
    let api = with_tickets().await;
    assert_eq!(api.statements("action=GetTicket&ticketid=1").await, 3, "credential, department and ticket");
    assert_eq!(api.statements("action=GetTicket&ticketid=4").await, 3);
}
