use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetTransactions&clientid=1"],
    every_parameter: "GetTransactions&invoiceid=22&clientid=1&transid=x",
    ..Calls::NONE
};

#[tokio::test]
async fn lists_what_matches() {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=2&itemdescription1=x&itemamount1=100").await;
    api.reply("action=AddInvoicePayment&invoiceid=1&gateway=mailin&amount=40&transid=T1&fees=0.5").await;
    api.reply("action=AddTransaction&paymentmethod=paypal&userid=1&amountin=3&transid=T2").await;
    api.check(
        "action=GetTransactions&invoiceid=1",
        concat!(
            r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"transactions":{"transaction":["#,
            r#"{"id":"1","userid":"2","currency":"0","gateway":"mailin","date":"2026-11-20 12:30:00","#,
            r#""description":"Invoice Payment","amountin":"40.00","fees":"0.50","amountout":"0.00","rate":"0.90000","#,
            r#""transid":"T1","invoiceid":"1","refundid":"0"}]}}"#
        ),
    )
    .await;
    for (filter, ids) in [
        ("", vec!["1", "2"]),
        ("clientid=1", vec!["2"]),
        ("transid=T2", vec!["2"]),
        ("transid=T2&clientid=2", vec![]),
        ("invoiceid=9", vec![]),
        ("clientid=x", vec![]),
        ("clientid=&transid=", vec!["1", "2"]),
    ] {
        let reply = api.reply(&format!("action=GetTransactions&{filter}")).await;
        let found = reply["transactions"]["transaction"].as_array().unwrap();
        let found: Vec<_> = found.iter().map(|transaction| transaction["id"].as_str().unwrap()).collect();
        assert_eq!((found, &reply["totalresults"]), (ids.clone(), &ids.len().into()), "{filter}");
    }
}
