use whmcs_api::config::Compat;

use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetStaffOnline"], setup: "", writing: &[], every_parameter: "GetStaffOnline" };

const LOG_INS: &str = "INSERT INTO tbladminlog (id, adminusername, logintime, logouttime, ipaddress, lastvisit) VALUES \
     (1, 'alice', '2026-11-20 08:00:00', '0000-00-00 00:00:00', '192.0.2.1', '2026-11-20 12:20:00'), \
     (2, 'alice', '2026-11-20 12:00:00', '0000-00-00 00:00:00', '192.0.2.2', '2026-11-20 12:29:00'), \
     (3, 'bob', '2026-11-20 12:00:00', '2026-11-20 12:25:00', '192.0.2.3', '2026-11-20 12:25:00'), \
     (4, 'carl', '2026-11-20 12:00:00', '0000-00-00 00:00:00', '192.0.2.4', '2026-11-20 12:14:59'), \
     (5, 'dora', '2026-11-20 12:00:00', '0000-00-00 00:00:00', '192.0.2.5', '2026-11-20 12:15:00')";

#[tokio::test]
async fn lists_who_was_seen_lately_and_has_not_left() {
    let api = TestApi::new().await;
    api.check("action=GetStaffOnline", r#"{"result":"success","totalresults":0,"staffonline":{"staff":[]}}"#).await;
    api.sql(LOG_INS).await;
    api.check(
        "action=GetStaffOnline",
        concat!(
            r#"{"result":"success","totalresults":2,"staffonline":{"staff":["#,
            r#"{"adminusername":"dora","logintime":"2026-11-20 12:00:00","ipaddress":"192.0.2.5","lastvisit":"2026-11-20 12:15:00"},"#,
            r#"{"adminusername":"alice","logintime":"2026-11-20 12:00:00","ipaddress":"192.0.2.2","lastvisit":"2026-11-20 12:29:00"}"#,
            r"]}}"
        ),
    )
    .await;
}

#[tokio::test]
async fn the_operator_says_how_long_somebody_is_online() {
    for (minutes, online) in [(1, 1), (16, 3)] {
        let api = TestApi::with(Compat { staff_online_minutes: minutes, ..Compat::default() }).await;
        api.sql(LOG_INS).await;
        assert_eq!(api.reply("action=GetStaffOnline").await["totalresults"], online, "{minutes}");
    }
}
