use whmcs_api::config::{Affiliates, Amount, Settings};
use whmcs_api::domain::money::Money;

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AffiliateActivate&userid=2"],
    writing: &["AffiliateActivate&userid=1", "AffiliateActivate&userid=1"],
    every_parameter: "AffiliateActivate&userid=1",
    ..Calls::NONE
};

const AFFILIATE: &str =
    "clientid, date, visitors, paytype, payamount, onetime, balance, withdrawn, created_at, updated_at";

#[tokio::test]
async fn makes_a_client_an_affiliate_once() {
    let api = TestApi::new().await;
    for _ in 0..3 {
        api.check("action=AffiliateActivate&userid=2", r#"{"result":"success"}"#).await;
        let stored = "2 | 2026-11-20 | 0 |  | 0.00 | 0 | 0.00 | 0.00 | 2026-11-20 12:30:00 | 2026-11-20 12:30:00";
        assert_eq!(api.rows(AFFILIATE, "tblaffiliates").await, [stored]);
        let log = api.rows("description, userid", "tblactivitylog").await;
        assert_eq!(log, ["Activated Affiliate Account - Affiliate ID: 1 - Client ID: 2 | 2"]);
    }
}

#[tokio::test]
async fn begins_with_the_bonus_of_the_settings() {
    let bonus = Amount(Money::parse("25.00").unwrap());
    let affiliates = Affiliates { bonus, ..Affiliates::default() };
    let api = TestApi::with_settings(Settings { affiliates, ..Settings::default() }).await;
    api.reply("action=AffiliateActivate&userid=1").await;
    assert_eq!(api.rows("clientid, balance", "tblaffiliates").await, ["1 | 25.00"]);
}

#[tokio::test]
async fn at_the_same_time_there_is_one() {
    let api = TestApi::new().await;
    futures_util::future::join_all((0..6).map(|_| api.reply("action=AffiliateActivate&userid=1"))).await;
    assert_eq!(api.rows("COUNT(*)", "tblaffiliates").await, ["1"]);
}

#[tokio::test]
async fn refuses_who_is_no_client() {
    let api = TestApi::new().await;
    for request in ["", "userid=", "userid=0", "userid=9", "userid=x"] {
        api.refuse(&format!("action=AffiliateActivate&{request}"), "Client ID not found").await;
    }
}
