use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetQuotes"],
    every_parameter: "GetQuotes&limitstart=0&limitnum=5&quoteid=1&userid=1&subject=x&stage=Draft&datecreated=2026-11-01&lastmodified=2026-11-01&validuntil=2026-12-31",
    ..Calls::NONE
};

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/quotes.sql")).await;
    api
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = api().await;
    api.check(
        "action=GetQuotes",
        concat!(
            r#"{"result":"success","totalresults":2,"startnumber":0,"numreturned":2,"quotes":{"quote":["#,
            r#"{"id":2,"subject":"A logo","stage":"On Hold","validuntil":"2026-12-01","userid":0,"client":null,"#,
            r#""firstname":"Ada","lastname":"Gast","companyname":"","email":"ada@example.com","address1":"","address2":"","city":"","#,
            r#""state":"","postcode":"","country":"PT","phonenumber":"","tax_id":"","currency":2,"subtotal":"50.00","tax1":"11.50","#,
            r#""tax2":"0.00","total":"61.50","proposal":"","customernotes":"","adminnotes":"","datecreated":"2026-11-03","#,
            r#""lastmodified":"2026-11-03","datesent":"0000-00-00","dateaccepted":"0000-00-00","items":{"item":["#,
            r#"{"id":2,"description":"Logo","quantity":"1","unitprice":"50.00","discount":"0.00","taxable":1}]}},"#,
            r#"{"id":1,"subject":"A website","stage":"Draft","validuntil":"2026-12-31","userid":2,"client":{"id":2,"firstname":"Two","#,
            r#""lastname":"","companyname":"","email":"two@example.com","datecreated":"0000-00-00","groupid":0,"status":""},"#,
            r#""firstname":"","lastname":"","companyname":"","email":"","address1":"","address2":"","city":"","state":"","#,
            r#""postcode":"","country":"","phonenumber":"","tax_id":"","currency":2,"subtotal":"200.00","tax1":"46.00","#,
            r#""tax2":"0.00","total":"246.00","proposal":"As you like it","customernotes":"","adminnotes":"","#,
            r#""datecreated":"2026-11-01","lastmodified":"2026-11-02","datesent":"0000-00-00","dateaccepted":"0000-00-00","#,
            r#""items":{"item":[{"id":1,"description":"Design","quantity":"2.5","unitprice":"100.00","discount":"20.00","#,
            r#""taxable":1}]}}]}}"#
        ),
    )
    .await;
}

#[tokio::test]
async fn filters_and_pages() {
    let api = api().await;
    api.sql(
        "INSERT INTO tblconfiguration (setting, value) VALUES ('DateFormat', 'DD/MM/YYYY'); \
         INSERT INTO tblquotes (id, subject, stage, validuntil, userid, datecreated, lastmodified) VALUES \
           (3, 'Cats & dogs', 'Dead', '2026-12-31', 2, '2026-11-03', '2026-11-09'), \
           (4, 'Cats &amp; dogs', 'Lost', '2026-01-01', 99, '2026-11-04', '2026-11-04')",
    )
    .await;
    for (request, total, expected) in [
        ("", 4, &[4, 3, 2, 1][..]),
        ("limitnum=2", 4, &[4, 3]),
        ("limitstart=3", 4, &[1]),
        ("limitstart=9", 4, &[]),
        ("quoteid=3", 1, &[3]),
        ("quoteid=9", 0, &[]),
        ("quoteid=x", 0, &[]),
        ("userid=2", 2, &[3, 1]),
        ("userid=2&stage=Draft", 1, &[1]),
        ("userid=x", 0, &[]),
        ("stage=on+hold", 1, &[2]),
        ("stage=Sent", 0, &[]),
        ("subject=a+LOGO", 1, &[2]),
        ("subject=logo", 0, &[]),
        ("subject=Cats+%26+dogs", 2, &[4, 3]),
        ("datecreated=2026-11-03", 2, &[3, 2]),
        ("datecreated=03/11/2026", 2, &[3, 2]),
        ("lastmodified=2026-11-09", 1, &[3]),
        ("validuntil=2026-12-31", 2, &[3, 1]),
        ("validuntil=2026-12-31&datecreated=2026-11-01", 1, &[1]),
        ("validuntil=soon", 0, &[]),
        ("datecreated=0000-00-00", 4, &[4, 3, 2, 1]),
    ] {
        let reply = api.reply(&format!("action=GetQuotes&{request}")).await;
        let quotes = reply["quotes"]["quote"].as_array().unwrap();
        let ids: Vec<i64> = quotes.iter().map(|quote| quote["id"].as_i64().unwrap()).collect();
        assert_eq!((reply["totalresults"].as_i64().unwrap(), &*ids), (total, expected), "{request}");
    }
    assert_eq!(api.reply("action=GetQuotes&quoteid=4").await["quotes"]["quote"][0]["client"], serde_json::Value::Null);
}
