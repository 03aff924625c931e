use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetActivityLog"],
    every_parameter: "GetActivityLog&limitstart=0&limitnum=5&clientid=1&userid=1&date=2026-11-20&user=admin&description=x&ipaddress=127.0.0.1",
    ..Calls::NONE
};

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(
        "\
         UPDATE tblclients SET email = 'two@example.com' WHERE id = 2; \
         INSERT INTO tblusers (id, email) VALUES (7, 'user@example.com'); \
         INSERT INTO tblconfiguration (setting, value) VALUES ('DateFormat', 'DD/MM/YYYY'); \
         INSERT INTO tblactivitylog (id, date, description, user, userid, user_id, admin_id, ipaddr) VALUES \
           (1, '2021-01-01 06:56:49', 'Cron Job: Perform WHMCS Update Check', 'alice', 0, 0, 1, '172.18.0.1'), \
           (2, '2021-01-01 23:59:59', 'Logged in 100% of_the time', 'two@example.com', 2, 0, 0, '172.18.0.2'), \
           (3, '2021-01-02 00:00:00', 'Changed', 'bob', 2, 0, 2, '172.18.0.1'), \
           (4, '2021-02-01 12:00:00', 'By a user', 'x', 3, 7, 0, '2001:db8::1')",
    )
    .await;
    api
}

#[tokio::test]
async fn replies_as_documented() {
    let api = api().await;
    api.check(
        "action=GetActivityLog&description=Cron+Job",
        r#"{"result":"success","totalresults":1,"startnumber":0,"activity":{"entry":[{"id":1,"clientId":0,"userId":0,"adminId":1,"date":"2021-01-01 06:56:49","description":"Cron Job: Perform WHMCS Update Check","username":"alice","ipaddress":"172.18.0.1","userid":0}]}}"#,
    )
    .await;
    api.check(
        "action=GetActivityLog&clientid=4",
        r#"{"result":"success","totalresults":0,"startnumber":0,"activity":{"entry":[]}}"#,
    )
    .await;
}

#[tokio::test]
async fn filters_and_pages() {
    let api = api().await;
    for (request, total, ids) in [
        ("", 4, vec![4, 3, 2, 1]),
        ("limitnum=2", 4, vec![4, 3]),
        ("limitstart=3&limitnum=2", 4, vec![1]),
        ("limitstart=9", 4, vec![]),
        ("limitstart=x&limitnum=-1", 4, vec![4, 3, 2, 1]),
        ("clientid=2", 2, vec![3, 2]),
        ("userid=2", 2, vec![3, 2]),
        ("userid=3&clientid=2", 2, vec![3, 2]),
        ("clientid=0", 0, vec![]),
        ("clientid=x", 0, vec![]),
        ("date=01/01/2021", 2, vec![2, 1]),
        ("date=2021-01-02", 1, vec![3]),
        ("date=32/01/2021", 0, vec![]),
        ("date=9999-12-31", 0, vec![]),
        ("user=bob", 1, vec![3]),
        ("user=two@example.com", 2, vec![3, 2]),
        ("user=user@example.com", 1, vec![4]),
        ("user=nobody", 0, vec![]),
        ("description=100%25+of_", 1, vec![2]),
        ("description=%25", 1, vec![2]),
        ("description=_", 1, vec![2]),
        ("description=%5C", 0, vec![]),
        ("description=changed", 1, vec![3]),
        ("ipaddress=172.18.0.1", 2, vec![3, 1]),
        ("ipaddress=172.18.0", 0, vec![]),
        ("ipaddress=172.18.0.1&user=alice&clientid=&date=", 1, vec![1]),
    ] {
        let reply = api.reply(&format!("action=GetActivityLog&{request}")).await;
        let entries = reply["activity"]["entry"].as_array().unwrap();
        let found: Vec<i64> = entries.iter().map(|entry| entry["id"].as_i64().unwrap()).collect();
        assert_eq!((reply["totalresults"].as_i64(), found), (Some(total), ids), "{request}");
    }
    let few = api.statements("action=GetActivityLog&limitnum=1").await;
    assert_eq!(api.statements("action=GetActivityLog").await, few);
}
