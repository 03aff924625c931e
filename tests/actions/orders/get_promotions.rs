use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls { demo: &["GetPromotions"], every_parameter: "GetPromotions&code=C1", ..Calls::NONE };

#[tokio::test]
async fn replies_with_rows_as_documented() {
    let api = TestApi::new().await;
    api.sql(
        r"SET SESSION sql_mode = '';
           INSERT INTO tblpromotions (id, code, type, recurring, value, cycles, appliesto, requires, startdate, expirationdate, uses, upgradeconfig)
           VALUES (1, 'sample', 'Percentage', 1, 10, '', '1,2', '1,2', '0000-00-00', '0000-00-00', 1, 'a:0:{}'),
                  (2, 'half', 'Fixed Amount', NULL, 10.5, 'Monthly', '', '', '2026-01-01', NULL, 0, '')",
    )
    .await;
    let sample = r#"{"id":1,"code":"sample","type":"Percentage","recurring":1,"value":10,"cycles":"","appliesto":"1,2","requires":"1,2","requiresexisting":0,"startdate":"0000-00-00","expirationdate":"0000-00-00","maxuses":0,"uses":1,"lifetimepromo":0,"applyonce":0,"newsignups":0,"existingclient":0,"onceperclient":0,"recurfor":0,"upgrades":0,"upgradeconfig":"a:0:{}","notes":""}"#;
    let half = r#"{"id":2,"code":"half","type":"Fixed Amount","recurring":0,"value":10.5,"cycles":"Monthly","appliesto":"","requires":"","requiresexisting":0,"startdate":"2026-01-01","expirationdate":"0000-00-00","maxuses":0,"uses":0,"lifetimepromo":0,"applyonce":0,"newsignups":0,"existingclient":0,"onceperclient":0,"recurfor":0,"upgrades":0,"upgradeconfig":"","notes":""}"#;
    for (request, count, rows) in [
        ("", 2, format!("{sample},{half}")),
        ("&code=", 2, format!("{sample},{half}")),
        ("&code=sample", 1, sample.to_owned()),
        ("&code=HALF", 1, half.to_owned()),
        ("&code=sample%25", 0, String::new()),
        ("&code[]=sample", 2, format!("{sample},{half}")),
    ] {
        let reply = format!(r#"{{"result":"success","totalresults":{count},"promotions":{{"promotion":[{rows}]}}}}"#);
        api.check(&format!("action=GetPromotions{request}"), &reply).await;
    }
}

#[tokio::test]
async fn takes_the_same_number_of_statements_for_many_rows() {
    let api = TestApi::new().await;
    let none = api.statements("action=GetPromotions").await;
    for number in 0..5 {
        api.reply(&format!("action=AddPromoCode&code=C{number}&type=fixed&value=1")).await;
    }
    assert_eq!(api.statements("action=GetPromotions").await, none);
}
