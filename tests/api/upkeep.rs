//! Periodic maintenance of the server.

use tokio_util::sync::CancellationToken;

use crate::support::TestApi;

#[tokio::test]
async fn uses_are_written_down_and_what_is_old_is_forgotten() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblapilog (action, request_headers, created_at) VALUES \
           ('ours', '{\"request_id\":\"1\"}', '2020-01-01'), ('of WHMCS', '', '2020-01-01'); \
         INSERT INTO mod_whmcs_api_requests (request_key, created_at) VALUES ('1', '2020-01-01'); \
         INSERT INTO mod_whmcs_api_module_calls (outcome, created_at) VALUES ('success', '2020-01-01'); \
         INSERT INTO mod_whmcs_api_outbox_entries (kind, state, created_at) VALUES \
           ('module', 'done', '2020-01-01'), ('module', 'failed', '2020-01-01'), ('mail', 'unknown', '2020-01-01'), \
           ('mail', 'pending', '2020-01-01'), ('module', 'done', '2026-11-01')",
    )
    .await;
    api.reply("action=GetCurrencies").await;
    let stopping = CancellationToken::new();
    // Maintenance runs once before it checks whether to stop.
    stopping.cancel();
    api.api.run_maintenance(stopping).await;
    assert_eq!(api.rows("action", "tblapilog WHERE created_at < '2021-01-01'").await, ["of WHMCS"]);
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_requests WHERE created_at < '2021-01-01'").await, ["0"]);
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_module_calls").await, ["0"]);
    assert_eq!(
        api.rows("kind, state", "mod_whmcs_api_outbox_entries ORDER BY id").await,
        ["mail | unknown", "mail | pending", "module | done"]
    );
    let used = api.rows("last_access", "tbldeviceauth WHERE identifier = 'TestIdentifier'").await;
    assert_eq!(used, [crate::support::NOW]);
    // Checks the statements executed so far against src/doctor/needs.json.
    api.reply("action=GetCurrencies").await;
}
