use crate::actions::orders::get_orders::with_orders;
use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetClientsAddons&clientid=2"],
    every_parameter: "GetClientsAddons&serviceid=1,2&clientid=1&addonid=1&updatedsince=2026-11-20",
    ..Calls::NONE
};

async fn ids(api: &TestApi, request: &str) -> String {
    let reply = api.reply(&format!("action=GetClientsAddons&{request}")).await;
    let addons = reply["addons"]["addon"].as_array().unwrap();
    assert_eq!(reply["totalresults"], addons.len(), "{request}");
    addons.iter().map(|addon| addon["id"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_orders().await;
    let reply = [
        r#"{"result":"success","serviceid":"1","clientid":null,"totalresults":2,"addons":{"addon":["#,
        r#"{"id":"1","qty":"1","userid":"1","orderid":"1","serviceid":"1","addonid":"1","name":"Backups","#,
        r#""setupfee":"5.00","recurring":"15.00","billingcycle":"Monthly","tax":"on","status":"Pending","#,
        r#""regdate":"2026-11-01","nextduedate":"2026-12-01","nextinvoicedate":"2026-12-01","#,
        r#""paymentmethod":"paypal","paymentmethodname":"PayPal","notes":"Nightly"},"#,
        r#"{"id":"2","qty":"3","userid":"1","orderid":"1","serviceid":"1","addonid":"0","name":"In words","#,
        r#""setupfee":"0.00","recurring":"1.00","billingcycle":"Monthly","tax":"","status":"Active","#,
        r#""regdate":"2026-11-01","nextduedate":"0000-00-00","nextinvoicedate":"2026-12-01","#,
        r#""paymentmethod":"stripe","paymentmethodname":"stripe","notes":""}]}}"#,
    ];
    api.check("action=GetClientsAddons&serviceid=1", &reply.concat()).await;
    api.check(
        "action=GetClientsAddons&serviceid=4,9&clientid=2",
        r#"{"result":"success","serviceid":"4,9","clientid":"2","totalresults":0,"addons":{"addon":[]}}"#,
    )
    .await;
    assert_eq!(api.reply("action=GetClientsAddons&serviceid=4").await["addons"]["addon"][0]["userid"], "1");
}

#[tokio::test]
async fn filters() {
    let api = with_orders().await;
    for (request, expected) in [
        ("", "1 2 3"),
        ("serviceid=&clientid=&addonid=&updatedsince=", "1 2 3"),
        ("serviceid=4", "3"),
        ("serviceid=4,%201", "1 2 3"),
        ("serviceid[]=4&serviceid[]=9", "3"),
        ("serviceid=4,x", "3"),
        ("serviceid=x", ""),
        ("serviceid=1)", ""),
        // The third addon belongs to the client through its service.
        ("clientid=1", "1 2 3"),
        ("clientid=2", ""),
        ("clientid=x", ""),
        ("addonid=1", "1 3"),
        ("addonid=0", "2"),
        ("addonid=1&serviceid=1", "1"),
        ("addonid=x", ""),
        ("updatedsince=2026-11-15", "2 3"),
        ("updatedsince=2026-11-15%2000:00:01", "3"),
    ] {
        assert_eq!(ids(&api, request).await, expected, "{request}");
    }
    api.refuse("action=GetClientsAddons&updatedsince=x", "Date Format is not Valid").await;
    assert_eq!(api.statements("action=GetClientsAddons").await, 3);
    assert_eq!(api.statements("action=GetClientsAddons&serviceid=9").await, 3);
}
