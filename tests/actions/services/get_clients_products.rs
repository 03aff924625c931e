use crate::actions::orders::get_orders::with_orders;
use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetClientsProducts&clientid=1"],
    every_parameter: "GetClientsProducts&limitstart=0&limitnum=5&clientid=1&serviceid=1&pid=1&domain=example.com&username2=x&status=Active&serverid=1&updatedsince=2026-11-20",
    ..Calls::NONE
};

async fn ids(api: &TestApi, request: &str) -> (i64, String) {
    let reply = api.reply(&format!("action=GetClientsProducts&{request}")).await;
    let products = reply["products"]["product"].as_array().unwrap();
    assert_eq!(reply["numreturned"], products.len(), "{request}");
    let ids: Vec<&str> = products.iter().map(|product| product["id"].as_str().unwrap()).collect();
    (reply["totalresults"].as_i64().unwrap(), ids.join(" "))
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_orders().await;
    let reply = [
        r#"{"result":"success","clientid":"1","serviceid":"1","pid":null,"domain":null,"totalresults":1,"startnumber":0,"#,
        r#""numreturned":1,"products":{"product":[{"id":"1","qty":"1","clientid":"1","orderid":"1","#,
        r#""ordernumber":"7858259149","pid":"1","regdate":"2026-11-01","name":"Best Hosting Plan","#,
        r#""translated_name":"Best Hosting Plan","groupname":"Hosting","translated_groupname":"Hosting","#,
        r#""domain":"demo.example.com","dedicatedip":"","serverid":"1","servername":"Saturn","serverip":"192.0.2.4","#,
        r#""serverhostname":"saturn.example.com","suspensionreason":"","firstpaymentamount":"25.99","#,
        r#""recurringamount":"25.99","paymentmethod":"paypal","paymentmethodname":"PayPal","billingcycle":"Monthly","#,
        r#""nextduedate":"2026-12-01","status":"Pending","username":"demo","password":"Letmein\u0026Quickly","#,
        r#""subscriptionid":"","promoid":"0","overideautosuspend":"on","overidesuspenduntil":"0000-00-00","ns1":"","#,
        r#""ns2":"","assignedips":"","notes":"","diskusage":"0","disklimit":"0","bwusage":"0","bwlimit":"0","#,
        r#""lastupdate":"2026-11-10 01:02:03","customfields":{"customfield":["#,
        r#"{"id":"1","name":"For staff","translated_name":"For staff","value":""},"#,
        r#"{"id":"3","name":"First","translated_name":"First","value":""},"#,
        r#"{"id":"2","name":"Secondary Contact","translated_name":"Secondary Contact","value":"Somebody"}]},"#,
        r#""configoptions":{"configoption":[{"id":"13","option":"Place","type":"radio","value":"There"},"#,
        r#"{"id":"10","option":"Disk","type":"dropdown","value":"Small Disk"},"#,
        r#"{"id":"11","option":"Addresses","type":"quantity","value":"3"},"#,
        r#"{"id":"12","option":"Backup","type":"yesno","value":"1"}]}}]}}"#,
    ];
    api.check("action=GetClientsProducts&clientid=1&serviceid=1", &reply.concat()).await;
}

#[tokio::test]
async fn nothing_is_an_empty_list() {
    let api = with_orders().await;
    api.check(
        "action=GetClientsProducts&clientid=x&pid=9&domain=a%26b",
        r#"{"result":"success","clientid":"x","serviceid":null,"pid":"9","domain":"a\u0026b","totalresults":0,"startnumber":0,"numreturned":0,"products":{"product":[]}}"#,
    )
    .await;
}

#[tokio::test]
async fn what_is_gone_leaves_empty_text() {
    let api = with_orders().await;
    let reply = api.reply("action=GetClientsProducts&serviceid=5").await;
    let product = &reply["products"]["product"][0];
    for field in ["name", "groupname", "servername", "overideautosuspend"] {
        assert_eq!(product[field], "", "{field}");
    }
    assert_eq!(product["customfields"]["customfield"], serde_json::json!([]));
    assert_eq!(product["configoptions"]["configoption"], serde_json::json!([]));
    let reply = api.reply("action=GetClientsProducts&serviceid=2").await;
    assert_eq!(reply["products"]["product"][0]["nextduedate"], "0000-00-00");
}

#[tokio::test]
async fn filters_and_pages() {
    let api = with_orders().await;
    for (request, total, expected) in [
        ("", 5, "1 2 3 4 5"),
        ("clientid=&serviceid=&pid=&domain=&username2=&updatedsince=", 5, "1 2 3 4 5"),
        ("limitstart=1&limitnum=2", 5, "2 3"),
        ("limitstart=5", 5, ""),
        ("clientid=1", 3, "1 2 4"),
        ("clientid=1&pid=1", 2, "1 4"),
        ("pid=3", 2, "2 3"),
        ("serviceid=3", 1, "3"),
        ("serviceid=x", 0, ""),
        ("domain=TWO.example.com", 1, "3"),
        ("domain=example.com", 0, ""),
        ("username2=demo", 1, "1"),
        ("username2=demo%25", 0, ""),
        ("status=pending", 2, "1 2"),
        ("status=Active&clientid=1", 0, ""),
        ("status=Lost", 0, ""),
        ("serverid=1", 1, "1"),
        ("serverid=0", 4, "2 3 4 5"),
        ("serverid=x", 0, ""),
        ("serverid=&status=", 5, "1 2 3 4 5"),
        ("updatedsince=2026-11-15", 2, "3 4"),
        ("updatedsince=2026-11-15%2000:00:01", 1, "4"),
        ("updatedsince=2026-11-20%2012:00:00&clientid=1", 1, "4"),
        ("updatedsince=2026-11-21", 0, ""),
    ] {
        assert_eq!(ids(&api, request).await, (total, expected.to_owned()), "{request}");
    }
    for malformed in ["yesterday", "2026-02-30", "1700000000"] {
        let request = format!("action=GetClientsProducts&updatedsince={malformed}");
        api.refuse(&request, "Date Format is not Valid").await;
    }
}

#[tokio::test]
async fn the_password_is_not_logged() {
    let api = with_orders().await;
    api.reply("action=GetClientsProducts&serviceid=1").await;
    api.eventually("COUNT(*)", "tblapilog", &["1"]).await;
    let log = api.rows("request, response", "tblapilog").await.remove(0);
    assert!(log.contains("demo.example.com") && !log.contains("Letmein"), "{log}");
}

#[tokio::test]
async fn many_services_take_as_many_statements_as_one() {
    let api = with_orders().await;
    assert_eq!(api.statements("action=GetClientsProducts&serviceid=1").await, 3, "credential, services and details");
    assert_eq!(api.statements("action=GetClientsProducts").await, 3);
    assert_eq!(api.statements("action=GetClientsProducts&serviceid=9").await, 2);
}
