use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetAutomationLog&startdate=2026-11-19"],
    every_parameter: "GetAutomationLog&startdate=2026-11-01&enddate=2026-11-20&namespace=invoices.",
    ..Calls::NONE
};

#[tokio::test]
async fn what_was_done_is_grouped_by_day() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblconfiguration (setting, value) VALUES ('lastDailyCronInvocationTime', '2026-11-20 09:00:00'), ('DateFormat', 'DD/MM/YYYY'); \
         INSERT INTO tbllog_register (namespace, namespace_value, created_at) VALUES \
           ('invoices.created', '3', '2026-11-19 09:00:00'), ('invoices.created', '4', '2026-11-20 09:00:00'), \
           ('suspensions.suspended', '1', '2026-11-20 23:59:59'), ('invoices.created', '5', '2026-11-21 00:00:00')",
    )
    .await;
    let today = r#""2026-11-20":{"invoices.created":"4","suspensions.suspended":"1"}"#;
    for (filter, first, last, statistics) in [
        ("", "20", "20", today.to_owned()),
        ("&startdate=2026-11-19", "19", "20", format!(r#""2026-11-19":{{"invoices.created":"3"}},{today}"#)),
        ("&startdate=19/11/2026&enddate=2026-11-19", "19", "19", r#""2026-11-19":{"invoices.created":"3"}"#.to_owned()),
        ("&namespace=Invoices.", "20", "20", r#""2026-11-20":{"invoices.created":"4"}"#.to_owned()),
        ("&namespace=suspensions.suspended", "20", "20", r#""2026-11-20":{"suspensions.suspended":"1"}"#.to_owned()),
        ("&namespace=suspensions", "20", "20", String::new()),
        ("&startdate=x&enddate=y", "20", "20", today.to_owned()),
    ] {
        let reply = format!(
            "{{\"result\":\"success\",\"currentDatetime\":\"2026-11-20 12:30:00\",\
             \"lastDailyCronInvocationTime\":\"2026-11-20 09:00:00\",\"startdate\":\"2026-11-{first} 00:00:00\",\
             \"enddate\":\"2026-11-{last} 23:59:59\",\"statistics\":{{{statistics}}}}}"
        );
        api.check(&format!("action=GetAutomationLog{filter}"), &reply).await;
    }
}
