use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetCredits&clientid=1"], every_parameter: "GetCredits&clientid=1", ..Calls::NONE };

#[tokio::test]
async fn lists_the_history_oldest_first() {
    let api = TestApi::new().await;
    api.sql("INSERT INTO tblcredit (clientid, date, description, amount, relid) VALUES \
             (2, '2026-03-01', 'Third', -1.50, 7), (2, '2016-01-01', 'First', 1000.00, 0), \
             (2, '2026-03-01', 'Fourth', 0.10, 0), (2, '2026-02-28', 'Second', 5, 0), (1, '2026-02-28', 'Another client', 5, 0)")
        .await;
    api.check(
        "action=GetCredits&clientid=2",
        concat!(
            r#"{"result":"success","totalresults":4,"clientid":"2","credits":{"credit":["#,
            r#"{"id":"4","date":"2016-01-01","description":"First","amount":"1000.00","relid":"0"},"#,
            r#"{"id":"6","date":"2026-02-28","description":"Second","amount":"5.00","relid":"0"},"#,
            r#"{"id":"3","date":"2026-03-01","description":"Third","amount":"-1.50","relid":"7"},"#,
            r#"{"id":"5","date":"2026-03-01","description":"Fourth","amount":"0.10","relid":"0"}]}}"#
        ),
    )
    .await;
}

#[tokio::test]
async fn a_client_without_history_has_an_empty_list() {
    let api = TestApi::new().await;
    api.check(
        "action=GetCredits&clientid=2",
        r#"{"result":"success","totalresults":0,"clientid":"2","credits":{"credit":[]}}"#,
    )
    .await;
}

#[tokio::test]
async fn reads_dates_that_do_not_exist() {
    let api = TestApi::new().await;
    api.sql("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'; \
             INSERT INTO tblcredit (clientid, date, description, amount) VALUES (2, '0000-00-00', 'a', 1), (2, '2024-00-00', 'b', 1)")
        .await;
    let reply = api.reply("action=GetCredits&clientid=2").await;
    let dates: Vec<_> = reply["credits"]["credit"].as_array().unwrap().iter().map(|entry| &entry["date"]).collect();
    assert_eq!(dates, ["0000-00-00", "2024-00-00"]);
}

#[tokio::test]
async fn refuses_unknown_clients() {
    let api = TestApi::new().await;
    for client in ["", "clientid=", "clientid=9", "clientid=0", "clientid=abc", "clientid=1.5", "clientid=-1"] {
        api.refuse(&format!("action=GetCredits&{client}"), "Client ID Not Found").await;
    }
}
