use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetModuleQueue"],
    every_parameter: "GetModuleQueue&relatedId=1&serviceType=service&moduleName=cpanel&moduleAction=CreateAccount&since=2026-01-01",
    ..Calls::NONE
};

async fn with_queue() -> TestApi {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblmodulequeue (id, service_type, service_id, module_name, module_action, last_attempt, last_attempt_error, \
                                     num_retries, completed, created_at, updated_at) VALUES \
         (1, 'service', 7, 'cpanel', 'CreateAccount', '2026-11-01 09:00:02', 'No \"plan\"', 2, 0, '2026-11-01 09:00:00', '2026-11-01 09:00:02'), \
         (2, 'domain', 7, 'enom', 'RenewDomain', '2026-11-02 09:00:00', '', 0, 0, 0, 0), \
         (3, 'service', 8, 'cpanel', 'SuspendAccount', '2026-11-03 09:00:00', '', 0, 0, 0, 0), \
         (4, 'service', 7, 'cpanel', 'CreateAccount', '2026-11-03 09:00:00', '', 0, 1, 0, 0)",
    )
    .await;
    api
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_queue().await;
    api.check(
        "action=GetModuleQueue&moduleAction=CreateAccount",
        concat!(
            r#"{"result":"success","count":1,"queue":[{"id":1,"serviceType":"service","serviceId":7,"moduleName":"cpanel","#,
            r#""moduleAction":"CreateAccount","lastAttempt":"2026-11-01 09:00:02","lastAttemptError":"No \u0022plan\u0022","numRetries":2,"#,
            r#""completed":0,"createdAt":"2026-11-01 09:00:00","updatedAt":"2026-11-01 09:00:02"}]}"#,
        ),
    )
    .await;
    api.check("action=GetModuleQueue&moduleName=plesk", r#"{"result":"success","count":0,"queue":[]}"#).await;
}

#[tokio::test]
async fn is_filtered() {
    let api = with_queue().await;
    for (request, ids) in [
        ("", vec![1, 2, 3]),
        ("serviceType=service", vec![1, 3]),
        ("serviceType=service&relatedId=7", vec![1]),
        ("serviceType=domain&relatedId=7", vec![2]),
        ("relatedId=7", vec![1, 2, 3]),
        ("serviceType=service&relatedId=x", vec![]),
        ("serviceType=order", vec![]),
        ("moduleName=cpanel&moduleAction=SuspendAccount", vec![3]),
        ("since=2026-11-02", vec![2, 3]),
        ("since=2026-11-02+09:00:01", vec![3]),
        ("since=x", vec![]),
    ] {
        let reply = api.reply(&format!("action=GetModuleQueue&{request}")).await;
        let found: Vec<i64> =
            reply["queue"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!(found, ids, "{request}");
        assert_eq!(reply["count"], ids.len(), "{request}");
    }
}
