use crate::support::{Calls, NOW, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["CloseClient&clientid=5"],
    setup: include_str!("../../support/fixtures/people/people.sql"),
    writing: &["CloseClient&clientid=1001"],
    every_parameter: "CloseClient&clientid=6",
};

#[tokio::test]
async fn ends_what_the_client_has() {
    let api = TestApi::new().await;
    api.sql(
        "\
         INSERT INTO tblinvoices (id, userid, status, updated_at) VALUES \
           (1, 1, 'Unpaid', '2026-01-01'), (2, 1, 'Paid', '2026-01-01'), (3, 1, 'Draft', '2026-01-01'), (4, 2, 'Unpaid', '2026-01-01'); \
         INSERT INTO tblhosting (id, userid, domainstatus) VALUES \
           (1, 1, 'Pending'), (2, 1, 'Active'), (3, 1, 'Suspended'), (4, 1, 'Fraud'), (5, 1, 'Completed'), (6, 2, 'Active'); \
         INSERT INTO tblhostingaddons (id, hostingid, userid, status) VALUES \
           (1, 2, 1, 'Active'), (2, 2, 0, 'Pending'), (3, 2, 1, 'Terminated'), (4, 6, 2, 'Active'); \
         INSERT INTO tbldomains (id, userid, status) VALUES \
           (1, 1, 'Active'), (2, 1, 'Pending Transfer'), (3, 1, 'Transferred Away'), (4, 2, 'Active')",
    )
    .await;
    for _ in 0..2 {
        api.check("action=CloseClient&clientid=1", r#"{"result":"success","clientid":"1"}"#).await;
        assert_eq!(
            api.rows("id, status, date_cancelled, updated_at", "tblinvoices ORDER BY id").await,
            [
                format!("1 | Cancelled | {NOW} | {NOW}"),
                "2 | Paid | 0000-00-00 00:00:00 | 2026-01-01 00:00:00".to_owned(),
                "3 | Draft | 0000-00-00 00:00:00 | 2026-01-01 00:00:00".to_owned(),
                "4 | Unpaid | 0000-00-00 00:00:00 | 2026-01-01 00:00:00".to_owned(),
            ]
        );
        assert_eq!(
            api.rows("id, domainstatus, termination_date", "tblhosting ORDER BY id").await,
            [
                "1 | Cancelled | 0000-00-00",
                "2 | Terminated | 2026-11-20",
                "3 | Terminated | 2026-11-20",
                "4 | Fraud | 0000-00-00",
                "5 | Completed | 0000-00-00",
                "6 | Active | 0000-00-00",
            ]
        );
        assert_eq!(
            api.rows("id, status, termination_date", "tblhostingaddons ORDER BY id").await,
            [
                "1 | Cancelled | 2026-11-20",
                "2 | Cancelled | 2026-11-20",
                "3 | Terminated | 0000-00-00",
                "4 | Active | 0000-00-00"
            ]
        );
        assert_eq!(
            api.rows("id, status", "tbldomains ORDER BY id").await,
            ["1 | Cancelled", "2 | Cancelled", "3 | Transferred Away", "4 | Active"]
        );
        let clients = api.rows("id, status, credit, updated_at", "tblclients WHERE id < 3 ORDER BY id").await;
        assert_eq!(clients, [format!("1 | Closed | 100.00 | {NOW}"), "2 |  | 0.00 | 0000-00-00 00:00:00".to_owned()]);
    }
    let log = api.rows("description, userid", "tblactivitylog LIMIT 1").await;
    assert_eq!(log, ["Closed Client - Client ID: 1 | 1"]);
}

#[tokio::test]
async fn refuses_unknown_clients() {
    let api = TestApi::new().await;
    for client in ["", "9", "one", "-1"] {
        api.refuse(&format!("action=CloseClient&clientid={client}"), "Client ID Not Found").await;
    }
}
