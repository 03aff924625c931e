use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls { demo: &["GetAdminDetails"], every_parameter: "GetAdminDetails", ..Calls::NONE };

#[tokio::test]
async fn tells_whose_credential_it_is() {
    let api = TestApi::new().await;
    api.check(
        "action=GetAdminDetails",
        r#"{"result":"success","adminid":"1","name":"","notes":"","signature":"","allowedpermissions":"","departments":"","requesttime":"2026-11-20 12:30:00","whmcs":{"version":"8.13.1","canonicalversion":"8.13.1-release.1"}}"#,
    )
    .await;
    api.sql(
        "UPDATE tbladmins SET firstname = 'Site', lastname = 'Admin', notes = 'Welcome', signature = 'S. A.', \
                              supportdepts = ',1,3,', roleid = 2 WHERE id = 1; \
         INSERT INTO tbladminperms (roleid, permid) VALUES (2, 81), (2, 3), (1, 4), (2, 7); \
         INSERT INTO tblconfiguration (setting, value) VALUES ('Version', '7.10.2-release.1')",
    )
    .await;
    api.check(
        "action=GetAdminDetails",
        r#"{"result":"success","adminid":"1","name":"Site Admin","notes":"Welcome","signature":"S. A.","allowedpermissions":"3,7,81","departments":",1,3,","requesttime":"2026-11-20 12:30:00","whmcs":{"version":"7.10.2","canonicalversion":"7.10.2-release.1"}}"#,
    )
    .await;
}
