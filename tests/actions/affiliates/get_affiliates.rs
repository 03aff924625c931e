use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetAffiliates"],
    every_parameter: "GetAffiliates&limitstart=0&limitnum=5&userid=1&visitors=1&paytype=percentage&payamount=1&onetime=1&balance=1&withdrawn=1",
    ..Calls::NONE
};

#[tokio::test]
async fn has_the_documented_shape() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblaffiliates (id, date, clientid, visitors, paytype, payamount, onetime, balance) VALUES \
           (3, '2016-01-01', 1, 145, 'percentage', 15, 1, 15)",
    )
    .await;
    api.check(
        "action=GetAffiliates",
        concat!(
            r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"affiliates":{"affiliate":["#,
            r#"{"id":"3","date":"2016-01-01","clientid":"1","visitors":"145","paytype":"percentage","payamount":"15.00","#,
            r#""onetime":"1","balance":"15.00","withdrawn":"0.00","created_at":"0000-00-00 00:00:00","#,
            r#""updated_at":"0000-00-00 00:00:00"}]}}"#
        ),
    )
    .await;
}

#[tokio::test]
async fn filters_and_pages() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblaffiliates (id, clientid, visitors, paytype, payamount, onetime, balance, withdrawn) VALUES \
           (1, 1, 145, 'percentage', 15, 1, 15, 0), (2, 2, 0, '', 0, 0, 7.5, 20), (3, 99, 0, 'fixedamount', 5, 0, 7.5, 0)",
    )
    .await;
    for (request, total, expected) in [
        ("", 3, &["1", "2", "3"][..]),
        ("limitnum=2", 3, &["1", "2"]),
        ("limitstart=2", 3, &["3"]),
        ("limitstart=5", 3, &[]),
        ("userid=2", 1, &["2"]),
        ("userid=9", 0, &[]),
        ("userid=x", 0, &[]),
        ("visitors=145", 1, &["1"]),
        ("visitors=0", 2, &["2", "3"]),
        ("visitors=some", 0, &[]),
        ("paytype=fixedamount", 1, &["3"]),
        ("paytype=", 3, &["1", "2", "3"]),
        ("payamount=15.0", 1, &["1"]),
        ("payamount=much", 0, &[]),
        ("onetime=1", 1, &["1"]),
        ("onetime=0", 2, &["2", "3"]),
        ("balance=7.50", 2, &["2", "3"]),
        ("balance=7.50&withdrawn=20", 1, &["2"]),
        ("withdrawn=x", 0, &[]),
    ] {
        let reply = api.reply(&format!("action=GetAffiliates&{request}")).await;
        let rows = reply["affiliates"]["affiliate"].as_array().unwrap();
        let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
        assert_eq!((reply["totalresults"].as_i64().unwrap(), &*ids), (total, expected), "{request}");
    }
}
