use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetAdminUsers"],
    setup: "",
    writing: &[],
    every_parameter: "GetAdminUsers&roleid=1&email=a&include_disabled=1",
};

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(
        "UPDATE tbladmins SET roleid = 1, uuid = '41dac92c', password = 'c4n4ry', passwordhash = 'c4n4ry', \
           authdata = 'c4n4ry', password_reset_key = 'c4n4ry', password_reset_data = 'c4n4ry', authmodule = 'totp', \
           firstname = 'Demo', lastname = 'User', email = 'Demo@WHMCS.com ', signature = 'S', notes = 'N', \
           template = 'blend', language = 'english', loginattempts = 2, supportdepts = ',1,2,3,', \
           ticketnotifications = '1,2', homewidgets = 'h', hidden_widgets = 'w', created_at = '2018-01-01 00:00:00', \
           updated_at = '2018-09-04 09:51:26' WHERE id = 1; \
         UPDATE tbladmins SET roleid = 2, email = 'bob@example.com' WHERE id = 2; \
         UPDATE tbladmins SET roleid = 2, email = 'gone@example.com' WHERE id = 3",
    )
    .await;
    api
}

#[tokio::test]
async fn lists_staff_without_secrets() {
    let api = api().await;
    let (status, body) = api.send("action=GetAdminUsers").await;
    assert_eq!(status, 200);
    assert!(!body.contains("c4n4ry"), "{body}");
    let first = concat!(
        r#"{"result":"success","count":2,"admin_users":[{"id":1,"uuid":"41dac92c","roleId":1,"username":"alice","#,
        r#""twoFactorAuthModule":"totp","firstname":"Demo","lastname":"User","email":"Demo@WHMCS.com ","signature":"S","#,
        r#""notes":"N","template":"blend","language":"english","isDisabled":0,"loginAttempts":2,"#,
        r#""supportDepartmentIds":["1","2","3"],"receivesTicketNotifications":["1","2"],"homepageWidgetsConfig":"h","#,
        r#""hiddenHomepageWidgets":"w","created_at":"2018-01-01 00:00:00","updated_at":"2018-09-04 09:51:26","#,
        // The hash in the documented example.
        r#""fullName":"Demo User","gravatarHash":"56487cdd284a735449d029e062d654d7"},{"id":2,"#
    );
    assert!(body.starts_with(first), "{body}");
    assert!(body.contains(r#""supportDepartmentIds":[""],"receivesTicketNotifications":[""]"#), "{body}");
}

#[tokio::test]
async fn filters_by_role_address_and_state() {
    let api = api().await;
    for (request, expected) in [
        ("", vec![1, 2]),
        ("include_disabled=true", vec![1, 2, 3]),
        ("include_disabled=false", vec![1, 2]),
        ("roleid=2", vec![2]),
        ("roleid=2&include_disabled=1", vec![2, 3]),
        ("roleid=9", vec![]),
        ("roleid=x", vec![]),
        ("roleid=0", vec![]),
        ("email=EXAMPLE.com", vec![2]),
        ("email=%25", vec![]),
    ] {
        let reply = api.reply(&format!("action=GetAdminUsers&{request}")).await;
        let staff = reply["admin_users"].as_array().unwrap();
        let ids: Vec<i64> = staff.iter().map(|member| member["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, expected, "{request}");
        assert_eq!(reply["count"], expected.len(), "{request}");
    }
}
