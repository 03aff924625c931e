use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetEmailTemplates"],
    every_parameter: "GetEmailTemplates&type=general&language=english",
    ..Calls::NONE
};

#[tokio::test]
async fn lists_templates() {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/mail.sql")).await;
    api.check(
        "action=GetEmailTemplates&type=admin",
        r#"{"result":"success","totalresults":1,"emailtemplates":{"emailtemplate":[{"id":12,"name":"Staff Notice","subject":"Service {$service_id}","custom":1}]}}"#,
    )
    .await;
    api.check(
        "action=GetEmailTemplates&language=german",
        r#"{"result":"success","totalresults":1,"emailtemplates":{"emailtemplate":[{"id":2,"name":"Client Signup Email","subject":"Willkommen","custom":0}]}}"#,
    )
    .await;
    for (request, ids) in [
        ("", vec![10, 1, 5, 8, 6, 3, 13, 4, 11, 12, 9, 7]),
        ("type=general", vec![1, 5, 6, 11]),
        ("type=invoice&language=", vec![3, 13, 4]),
        ("type=invoice&language=german", vec![]),
        ("type=nothing", vec![]),
        ("type[]=general", vec![10, 1, 5, 8, 6, 3, 13, 4, 11, 12, 9, 7]),
    ] {
        let reply = api.reply(&format!("action=GetEmailTemplates&{request}")).await;
        let templates = reply["emailtemplates"]["emailtemplate"].as_array().unwrap();
        let found: Vec<i64> = templates.iter().map(|template| template["id"].as_i64().unwrap()).collect();
        assert_eq!(found, ids, "{request}");
    }
}
