use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetOrders"],
    every_parameter: "GetOrders&limitstart=0&limitnum=5&id=1&userid=1&requestor_id=1&status=Pending",
    ..Calls::NONE
};

pub async fn with_orders() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/products.sql")).await;
    api.sql(include_str!("../../support/fixtures/orders.sql")).await;
    api
}

async fn ids(api: &TestApi, request: &str) -> (i64, Vec<i64>) {
    let reply = api.reply(&format!("action=GetOrders&{request}")).await;
    let orders = reply["orders"]["order"].as_array().unwrap();
    assert_eq!(reply["numreturned"], orders.len(), "{request}");
    (reply["totalresults"].as_i64().unwrap(), orders.iter().map(|order| order["id"].as_i64().unwrap()).collect())
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_orders().await;
    let reply = [
        r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"orders":{"order":[{"id":1,"#,
        r#""ordernum":7858259149,"userid":1,"contactid":0,"requestor_id":11,"admin_requestor_id":0,"#,
        r#""date":"2026-11-01 13:59:35","nameservers":"ns1.example.com,ns2.example.com","transfersecret":"","#,
        r#""renewals":"3=2","renewalsByType":{"domains":[3],"services":[],"addons":[]},"promocode":"TENTH","#,
        r#""promotype":"Percentage","promovalue":"10.00","orderdata":"{}","amount":"141.99","paymentmethod":"paypal","#,
        r#""invoiceid":1,"status":"Pending","ipaddress":"192.0.2.1","fraudmodule":"fraudlabs","#,
        r#""fraudoutput":"{\u0022score\u0022:14}","notes":"Sample Notes!","paymentmethodname":"PayPal","#,
        r#""paymentstatus":"Unpaid","name":"One","currencyprefix":"$","currencysuffix":" USD","frauddata":"","#,
        r#""validationdata":"","lineitems":{"lineitem":["#,
        r#"{"type":"product","relid":1,"producttype":"Hosting Account","product":"Hosting - Best Hosting Plan","domain":"demo.example.com","billingcycle":"Monthly","amount":"25.99","status":"Pending"},"#,
        r#"{"type":"product","relid":2,"producttype":"Dedicated\/VPS Server","product":"Servers - VPS","domain":"","billingcycle":"One-Time","amount":"70.00","status":"Pending"},"#,
        r#"{"type":"addon","relid":1,"producttype":"Addon","product":"Backups","domain":"demo.example.com","billingcycle":"Monthly","amount":"20.00","status":"Pending"},"#,
        r#"{"type":"addon","relid":2,"producttype":"Addon","product":"In words","domain":"demo.example.com","billingcycle":"Monthly","amount":"0.00","status":"Active"},"#,
        r#"{"type":"domain","relid":1,"producttype":"Domain","product":"Domain Registration","domain":"one.example","billingcycle":"1 Year","amount":"11.00","status":"Pending"},"#,
        r#"{"type":"domain","relid":2,"producttype":"Domain","product":"Domain Transfer","domain":"two.example","billingcycle":"2 Years","amount":"15.00","status":"Pending Transfer"},"#,
        r#"{"type":"renewal","relid":3,"producttype":"Domain","product":"Domain Renewal","domain":"three.example","billingcycle":"2 Years","amount":"10.00","status":"Cancelled"},"#,
        r#"{"type":"upgrade","relid":1,"producttype":"Upgrade","product":"Servers - VPS","domain":"demo.example.com","billingcycle":"One-Time","amount":"8.00","status":"Pending"},"#,
        r#"{"type":"upgrade","relid":2,"producttype":"Upgrade","product":"Configurable Options","domain":"demo.example.com","billingcycle":"Monthly","amount":"4.00","status":"Completed"}"#,
        r"]}}]}}",
    ];
    api.check("action=GetOrders&id=1", &reply.concat().replace(r"\/", "/")).await;
}

#[tokio::test]
async fn what_is_gone_leaves_empty_text() {
    let api = with_orders().await;
    api.sql("DELETE FROM tblclients WHERE id = 3; DELETE FROM tblinvoices WHERE id = 2").await;
    let reply = api.reply("action=GetOrders&userid=3").await;
    let order = &reply["orders"]["order"][0];
    for field in ["name", "paymentstatus", "currencyprefix", "currencysuffix"] {
        assert_eq!(order[field], "", "{field}");
    }
    let item = &order["lineitems"]["lineitem"][0];
    assert_eq!((&item["product"], &item["producttype"]), (&"".into(), &"Other Product/Service".into()));
    assert_eq!(reply["orders"]["order"][1]["lineitems"]["lineitem"], serde_json::json!([]));
    let reply = api.reply("action=GetOrders&id=2").await;
    assert_eq!(reply["orders"]["order"][0]["paymentstatus"], "");
    assert_eq!(reply["orders"]["order"][0]["paymentmethodname"], "mailin", "the gateway has no display name");
}

#[tokio::test]
async fn filters_and_pages() {
    let api = with_orders().await;
    for (request, total, expected) in [
        ("", 5, vec![1, 2, 3, 4, 5]),
        ("id=&userid=&requestor_id=&status=", 5, vec![1, 2, 3, 4, 5]),
        ("limitstart=1&limitnum=2", 5, vec![2, 3]),
        ("limitstart=5", 5, vec![]),
        ("limitnum=0", 5, vec![]),
        ("limitstart=x&limitnum=-1", 5, vec![1, 2, 3, 4, 5]),
        ("id=3", 1, vec![3]),
        ("id=9", 0, vec![]),
        ("id=one", 0, vec![]),
        ("userid=1", 2, vec![1, 3]),
        ("userid=1&id=2", 0, vec![]),
        ("userid=1%20OR%201", 0, vec![]),
        ("requestor_id=11", 2, vec![1, 3]),
        ("requestor_id=x", 0, vec![]),
        ("status=Pending", 1, vec![1]),
        ("status=cancelled&userid=1", 1, vec![3]),
        ("status=Under%20Review", 1, vec![5]),
        ("status=Lost", 0, vec![]),
    ] {
        assert_eq!(ids(&api, request).await, (total, expected), "{request}");
    }
}

#[tokio::test]
async fn many_orders_take_as_many_statements_as_one() {
    let api = with_orders().await;
    assert_eq!(api.statements("action=GetOrders&id=1").await, 3, "credential, orders and items");
    assert_eq!(api.statements("action=GetOrders").await, 3);
    assert_eq!(api.statements("action=GetOrders&id=9").await, 2);
}
