use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetEmails&clientid=1"],
    every_parameter: "GetEmails&clientid=1&limitstart=0&limitnum=5&date=2026-11-20&subject=x",
    ..Calls::NONE
};

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(
        "\
         INSERT INTO tblemails (id, userid, subject, message, date, `to`, cc, bcc, attachments, pending, failed, \
                                failure_reason, retry_count) VALUES \
           (16, 2, 'Welcome, 100%', '<p>Hi</p>', '2020-06-24 10:42:40', 'Two <two@example.com>', '', '', NULL, 0, 0, '', 0), \
           (17, 2, 'Invoice', 'x', '2020-06-24 23:59:59', 'two@example.com', 'a@b', 'c@d', 'x.pdf', 1, 1, 'Refused', 2), \
           (18, 2, 'Late', 'x', '2020-06-25 00:00:00', NULL, NULL, NULL, '', 0, 0, '', 0), \
           (19, 3, 'Other', 'x', NULL, '', '', '', '', 0, 0, '', 0)",
    )
    .await;
    api
}

#[tokio::test]
async fn replies_as_documented() {
    let api = api().await;
    api.check(
        "action=GetEmails&clientid=2&subject=elcom",
        r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"emails":{"email":[{"id":16,"userid":2,"subject":"Welcome, 100%","message":"\u003Cp\u003EHi\u003C/p\u003E","date":"2020-06-24 10:42:40","to":"Two \u003Ctwo@example.com\u003E","cc":"","bcc":"","attachments":null,"pending":0,"message_data":null,"failed":0,"failure_reason":"","retry_count":0,"created_at":null,"updated_at":null,"campaign_id":0}]}}"#,
    )
    .await;
    let reply = api.reply("action=GetEmails&clientid=2&subject=Invoice").await;
    let mail = &reply["emails"]["email"][0];
    let told = ["cc", "bcc", "attachments", "failure_reason"].map(|name| mail[name].as_str().unwrap().to_owned());
    assert_eq!(told, ["a@b", "c@d", "x.pdf", "Refused"]);
    let numbers = ["pending", "failed", "retry_count"].map(|name| mail[name].as_i64().unwrap());
    assert_eq!(numbers, [1, 1, 2]);
}

#[tokio::test]
async fn filters_and_pages() {
    let api = api().await;
    for (request, total, ids) in [
        ("clientid=2", 3, vec![18, 17, 16]),
        ("clientid=2&limitnum=1", 3, vec![18]),
        ("clientid=2&limitstart=1", 3, vec![17, 16]),
        ("clientid=2&limitstart=5", 3, vec![]),
        ("clientid=2&limitstart=x&limitnum=x", 3, vec![18, 17, 16]),
        ("clientid=2&date=2020-06-24", 2, vec![17, 16]),
        ("clientid=2&date=2020-06-24+23:59:59", 1, vec![17]),
        ("clientid=2&date=2020-06-24+23:59:58", 0, vec![]),
        ("clientid=2&date=yesterday", 0, vec![]),
        ("clientid=2&date=9999-12-31", 0, vec![]),
        ("clientid=2&subject=%25", 1, vec![16]),
        ("clientid=2&subject=_", 0, vec![]),
        ("clientid=2&subject=&date=", 3, vec![18, 17, 16]),
        ("clientid=3", 1, vec![19]),
        ("clientid=4", 0, vec![]),
    ] {
        let reply = api.reply(&format!("action=GetEmails&{request}")).await;
        let emails = reply["emails"]["email"].as_array().unwrap();
        let found: Vec<i64> = emails.iter().map(|email| email["id"].as_i64().unwrap()).collect();
        assert_eq!(reply["numreturned"].as_u64(), Some(found.len() as u64), "{request}");
        assert_eq!((reply["totalresults"].as_i64(), found), (Some(total), ids), "{request}");
    }
    let few = api.statements("action=GetEmails&clientid=2&limitnum=1").await;
    assert_eq!(api.statements("action=GetEmails&clientid=2").await, few);
}

#[tokio::test]
async fn refuses_without_a_client() {
    let api = api().await;
    for request in ["", "clientid=", "clientid=x", "clientid=0", "clientid=9", "clientid[]=2"] {
        api.refuse(&format!("action=GetEmails&{request}"), "Client ID Not Found").await;
    }
}
