use crate::actions::orders::get_orders::with_orders;
use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetClientsDomains&clientid=4"],
    every_parameter: "GetClientsDomains&limitstart=0&limitnum=5&clientid=1&domainid=1&domain=example.com&updatedsince=2026-11-20",
    ..Calls::NONE
};

async fn ids(api: &TestApi, request: &str) -> (i64, String) {
    let reply = api.reply(&format!("action=GetClientsDomains&{request}")).await;
    let domains = reply["domains"]["domain"].as_array().unwrap();
    assert_eq!(reply["numreturned"], domains.len(), "{request}");
    let ids: Vec<&str> = domains.iter().map(|domain| domain["id"].as_str().unwrap()).collect();
    (reply["totalresults"].as_i64().unwrap(), ids.join(" "))
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_orders().await;
    let reply = [
        r#"{"result":"success","clientid":"1","domainid":null,"totalresults":3,"startnumber":0,"numreturned":2,"domains":{"domain":["#,
        r#"{"id":"1","userid":"1","orderid":"1","regtype":"Register","domainname":"one.example","registrar":"enom","#,
        r#""regperiod":"1","firstpaymentamount":"11.00","recurringamount":"12.00","paymentmethod":"paypal","#,
        r#""paymentmethodname":"PayPal","regdate":"2026-11-01","expirydate":"2027-11-01","nextduedate":"2027-11-01","#,
        r#""status":"Pending","subscriptionid":"","promoid":"0","dnsmanagement":"1","emailforwarding":"0","#,
        r#""idprotection":"0","donotrenew":"0","notes":"Mind it"},"#,
        r#"{"id":"2","userid":"1","orderid":"1","regtype":"Transfer","domainname":"two.example","registrar":"","#,
        r#""regperiod":"2","firstpaymentamount":"15.00","recurringamount":"12.00","paymentmethod":"mailin","#,
        r#""paymentmethodname":"mailin","regdate":"2026-11-01","expirydate":"0000-00-00","nextduedate":"2028-11-01","#,
        r#""status":"Pending Transfer","subscriptionid":"","promoid":"0","dnsmanagement":"0","emailforwarding":"0","#,
        r#""idprotection":"0","donotrenew":"1","notes":""}]}}"#,
    ];
    api.check("action=GetClientsDomains&clientid=1&limitnum=2", &reply.concat()).await;
}

#[tokio::test]
async fn filters_and_pages() {
    let api = with_orders().await;
    for (request, total, expected) in [
        ("", 3, "1 2 3"),
        ("clientid=&domainid=&domain=&updatedsince=", 3, "1 2 3"),
        ("limitstart=2", 3, "3"),
        ("limitstart=3", 3, ""),
        ("clientid=2", 0, ""),
        ("clientid=x", 0, ""),
        ("domainid=2", 1, "2"),
        ("domainid=2&clientid=2", 0, ""),
        ("domain=THREE.example", 1, "3"),
        ("domain=three", 0, ""),
        ("updatedsince=2026-11-15", 2, "2 3"),
        ("updatedsince=2026-11-20%2000:00:01", 0, ""),
    ] {
        assert_eq!(ids(&api, request).await, (total, expected.to_owned()), "{request}");
    }
    api.refuse("action=GetClientsDomains&updatedsince=x", "Date Format is not Valid").await;
    assert_eq!(api.statements("action=GetClientsDomains").await, 3, "credential, domains and gateways");
    assert_eq!(api.statements("action=GetClientsDomains&domainid=1").await, 3);
}
