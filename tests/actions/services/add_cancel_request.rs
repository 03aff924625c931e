use whmcs_api::config::{Compat, DefaultCancellation};

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AddCancelRequest&serviceid=1&type=Immediate&reason=x"],
    setup: "INSERT INTO tblhosting (id, userid) VALUES (1004, 1);",
    writing: &["AddCancelRequest&serviceid=1004"],
    every_parameter: "AddCancelRequest&serviceid=1&type=Immediate&reason=x",
};

const REQUEST: &str = "date, relid, type, reason, created_at, updated_at";

async fn with(compat: Compat) -> TestApi {
    let api = TestApi::with(compat).await;
    api.sql(
        "INSERT INTO tblhosting (id, userid, domainstatus) VALUES (11, 1, 'Active'), (12, 2, 'Suspended'), (13, 2, ''), \
           (14, 99, 'Active')",
    )
    .await;
    api
}

async fn api() -> TestApi {
    with(Compat::default()).await
}

#[tokio::test]
async fn stores_what_is_asked_for() {
    let api = api().await;
    for (request, reply, stored) in [
        ("serviceid=11&type=Immediate", r#""serviceid":"11","userid":"1""#, "11 | Immediate | "),
        (
            "serviceid=12&type=end+of+billing+period&reason=Too+loud",
            r#""serviceid":"12","userid":"2""#,
            "12 | End of Billing Period | Too loud",
        ),
        ("serviceid=13", r#""serviceid":"13","userid":"2""#, "13 | Immediate | "),
    ] {
        api.check(&format!("action=AddCancelRequest&{request}"), &format!(r#"{{"result":"success",{reply}}}"#)).await;
        let stored = format!("2026-11-20 12:30:00 | {stored} | 2026-11-20 12:30:00 | 2026-11-20 12:30:00");
        assert_eq!(api.rows(REQUEST, "tblcancelrequests ORDER BY id DESC LIMIT 1").await, [stored], "{request}");
    }
    let services = api.rows("domainstatus", "tblhosting ORDER BY id").await;
    assert_eq!(services, ["Active", "Suspended", "", "Active"], "the services stay as they are");
    let log = api.rows("description, userid", "tblactivitylog ORDER BY id").await;
    assert_eq!(log[1], "Cancellation Requested (End of Billing Period) - Service ID: 12 | 2");
}

#[tokio::test]
async fn the_operator_may_choose_the_default() {
    let compat = Compat { default_cancellation: DefaultCancellation::EndOfBillingPeriod, ..Compat::default() };
    let api = with(compat).await;
    api.reply("action=AddCancelRequest&serviceid=11").await;
    api.reply("action=AddCancelRequest&serviceid=12&type=Immediate").await;
    let kinds = api.rows("type", "tblcancelrequests ORDER BY id").await;
    assert_eq!(kinds, ["End of Billing Period", "Immediate"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = api().await;
    api.reply("action=AddCancelRequest&serviceid=11").await;
    for (request, message) in [
        ("", "Service ID Not Found"),
        ("serviceid=9&type=x", "Service ID Not Found"),
        ("serviceid=x", "Service ID Not Found"),
        ("serviceid=14", "Service ID Not Found"),
        ("serviceid=11", "Existing Cancellation Request Exists"),
        ("serviceid=11&type=Immediate", "Existing Cancellation Request Exists"),
        ("serviceid=12&type=Someday", "type must be Immediate or End of Billing Period"),
        ("serviceid=12&reason[]=x", "reason must be a text"),
    ] {
        api.refuse(&format!("action=AddCancelRequest&{request}"), message).await;
    }
}

#[tokio::test]
async fn one_of_several_at_once_is_stored() {
    let api = api().await;
    let calls = (0..6).map(|_| api.send("action=AddCancelRequest&serviceid=11"));
    let replies = futures_util::future::join_all(calls).await;
    assert_eq!(replies.iter().filter(|(_, body)| body.contains("success")).count(), 1);
    assert_eq!(api.rows("COUNT(*)", "tblcancelrequests").await, ["1"]);
}
