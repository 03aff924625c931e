//! The discounts of promotions in orders, and when a promotion does not apply.

use whmcs_api::config::Compat;

use crate::actions::orders::add_order::{assert_in_order, order, shop};
use crate::support::{CREDENTIAL, all, post, replica};

const PROMOTION: &str = "INSERT INTO tblpromotions (code, type, recurring, value, cycles, appliesto, requires, startdate, expirationdate, maxuses, uses, \
                         requiresexisting, lifetimepromo, applyonce, newsignups, existingclient, onceperclient, recurfor, upgrades, upgradeconfig, notes) VALUES ";

pub fn promotion(code: &str, kind: &str, value: &str, recurring: u8, rest: &str) -> String {
    let rest = if rest.is_empty() { "'', '', '', '0000-00-00', NULL, 0, 0, 0, 0, 0, 0, 0, 0" } else { rest };
    format!("{PROMOTION} ('{code}', '{kind}', {recurring}, {value}, {rest}, 0, 0, '', '')")
}

#[tokio::test]
async fn takes_off_what_a_promotion_gives() {
    let api = shop().await;
    for statement in [
        promotion("TEN", "Percentage", "10", 1, ""),
        promotion("FIVE", "Fixed Amount", "5", 0, ""),
        promotion("NINE", "Price Override", "9", 1, ""),
        promotion("SETUP", "Free Setup", "0", 0, ""),
        promotion("ADDONS", "Percentage", "50", 0, "'', 'A1,D.com', '', '0000-00-00', NULL, 0, 0, 0, 0, 0, 0, 0, 0"),
        promotion("ONCE", "Fixed Amount", "1", 0, "'Monthly', '', '', '0000-00-00', NULL, 0, 0, 0, 0, 1, 0, 0, 0"),
    ] {
        api.sql(&statement).await;
    }
    for (request, service, total, discount) in [
        // 5 and 11.25, without taxes.
        (
            "clientid=1&pid=1&promocode=TEN",
            "14.62 | 10.12 | 1",
            "14.62",
            "PromoHosting | -1.63 | 1 | Promotional Code: TEN - 10% Discount",
        ),
        (
            "clientid=1&pid=1&promocode=five",
            "11.25 | 11.25 | 2",
            "11.25",
            "PromoHosting | -5.00 | 1 | Promotional Code: FIVE - $5.00 USD Discount",
        ),
        (
            "clientid=1&pid=1&promocode=NINE",
            "14.00 | 9.00 | 3",
            "14.00",
            "PromoHosting | -2.25 | 1 | Promotional Code: NINE - Price Override",
        ),
        (
            "clientid=1&pid=1&promocode=SETUP",
            "11.25 | 11.25 | 4",
            "11.25",
            "PromoHosting | -5.00 | 1 | Promotional Code: SETUP - Free Setup",
        ),
        // An amount is converted to the client's currency, and the tax is on what is left: 23 % of 8.50.
        (
            "clientid=2&pid=1&promocode=FIVE",
            "8.50 | 9.00 | 2",
            "10.46",
            "PromoHosting | -4.50 | 1 | Promotional Code: FIVE - €4.50 Discount",
        ),
        (
            "clientid=1&pid=1&addons=1&promocode=ADDONS",
            "16.25 | 11.25 | 0",
            "17.75",
            "PromoHosting | -1.50 | 1 | Promotional Code: ADDONS - 50% Discount",
        ),
        (
            "clientid=1&pid=1&domain=a.com&domaintype=register&promocode=ADDONS",
            "16.25 | 11.25 | 0",
            "22.25",
            "PromoDomain | -6.00 | 0 | Promotional Code: ADDONS - 50% Discount",
        ),
        (
            "clientid=1&pid=3&promocode=ADDONS&promooverride=1",
            "25.00 | 0.00 | 5",
            "25.00",
            "PromoHosting | -25.00 | 0 | Promotional Code: ADDONS - 50% Discount",
        ),
        (
            "clientid=1&pid[0]=1&qty[0]=2&promocode=ONCE",
            "15.25 | 11.25 | 6",
            "31.50",
            "PromoHosting | -1.00 | 1 | Promotional Code: ONCE - $1.00 USD Discount",
        ),
    ] {
        let reply = api.reply(&order(request)).await;
        let (id, invoice) = (&reply["orderid"], &reply["invoiceid"]);
        let columns = "firstpaymentamount, amount, promoid";
        assert_eq!(
            api.rows(columns, &format!("tblhosting WHERE orderid = {id} ORDER BY id LIMIT 1")).await,
            [service],
            "{request}"
        );
        assert_eq!(api.rows("amount", &format!("tblorders WHERE id = {id}")).await, [total], "{request}");
        let rows = api
            .rows(
                "type, amount, taxed, description",
                &format!("tblinvoiceitems WHERE invoiceid = {invoice} AND amount < 0"),
            )
            .await;
        assert_eq!(rows, [discount], "{request}");
    }
    assert_eq!(
        api.rows("promocode, promotype, promovalue", "tblorders WHERE id < 4").await,
        ["TEN | Percentage | 10.00", "FIVE | Fixed Amount | 5.00", "NINE | Price Override | 9.00"]
    );
    assert_eq!(
        api.rows("code, uses", "tblpromotions").await,
        ["TEN | 1", "FIVE | 2", "NINE | 1", "SETUP | 1", "ADDONS | 3", "ONCE | 1"]
    );
    assert_in_order(&api).await;
}

/// A promotion that does not apply is left out, and the activity log has the reason.
#[tokio::test]
async fn leaves_out_a_promotion_that_does_not_apply() {
    let api = shop().await;
    for (request, rest, why) in [
        ("pid=1", None, "there is no such promotion"),
        ("pid=1", Some("'', '', '', '2026-11-21', NULL, 0, 0, 0, 0, 0, 0, 0, 0"), "it has not started"),
        ("pid=1", Some("'', '', '', '0000-00-00', '2026-11-19', 0, 0, 0, 0, 0, 0, 0, 0"), "it has expired"),
        (
            "pid=1",
            Some("'', '', '', '0000-00-00', NULL, 3, 3, 0, 0, 0, 0, 0, 0"),
            "it has been used as often as it may be",
        ),
        (
            "pid=1",
            Some("'Annually,1Years', '', '', '0000-00-00', NULL, 0, 0, 0, 0, 0, 0, 0, 0"),
            "nothing that is ordered is what it applies to",
        ),
        (
            "pid=1",
            Some("'', '2,A1,D.com', '', '0000-00-00', NULL, 0, 0, 0, 0, 0, 0, 0, 0"),
            "nothing that is ordered is what it applies to",
        ),
        ("pid=1", Some("'', '', '4', '0000-00-00', NULL, 0, 0, 0, 0, 0, 0, 0, 0"), "what it requires is not ordered"),
        (
            "pid=1",
            Some("'', '', '', '0000-00-00', NULL, 0, 0, 0, 0, 0, 0, 1, 0"),
            "it is for clients with an active order",
        ),
    ] {
        api.sql("DELETE FROM tblpromotions").await;
        if let Some(rest) = rest {
            api.sql(&promotion("CODE", "Percentage", "50", 0, rest)).await;
        }
        let uses = api.rows("uses", "tblpromotions").await;
        let reply = api.reply(&order(&format!("clientid=1&promocode=CODE&{request}"))).await;
        let id = &reply["orderid"];
        assert_eq!(api.rows("amount, promocode", &format!("tblorders WHERE id = {id}")).await, ["16.25 | "], "{why}");
        assert_eq!(api.rows("uses", "tblpromotions").await, uses, "{why}");
        let log = api.rows("description", "tblactivitylog ORDER BY id DESC LIMIT 1").await;
        assert_eq!(log, [format!("Promotion Code CODE not applied, as {why} - Order ID: {id}")]);
    }
    // Some promotions depend on what the client has and has ordered.
    api.sql("DELETE FROM tblpromotions; UPDATE tblorders SET status = 'Active'; UPDATE tblhosting SET domainstatus = 'Active'").await;
    for (code, rest) in [
        ("NEW", "'', '', '', '0000-00-00', NULL, 0, 0, 0, 0, 0, 1, 0, 0"),
        ("OLD", "'', '', '', '0000-00-00', NULL, 0, 0, 0, 0, 0, 0, 1, 0"),
        ("HAS", "'', '', '1', '0000-00-00', NULL, 0, 0, 1, 0, 0, 0, 0, 0"),
        ("ONE", "'', '', '', '0000-00-00', NULL, 0, 0, 0, 0, 0, 0, 0, 1"),
    ] {
        api.sql(&promotion(code, "Percentage", "50", 0, rest)).await;
    }
    for (client, code, amount) in [
        (1, "NEW", "50.00"),
        (3, "NEW", "25.00"),
        (1, "OLD", "25.00"),
        (3, "OLD", "50.00"),
        (1, "HAS", "25.00"),
        (3, "HAS", "50.00"),
        (1, "ONE", "25.00"),
        (1, "ONE", "50.00"),
        (3, "ONE", "25.00"),
    ] {
        let reply = api.reply(&order(&format!("clientid={client}&pid=3&promocode={code}"))).await;
        let written = api.rows("amount", &format!("tblorders WHERE id = {}", reply["orderid"])).await;
        assert_eq!(written, [amount], "{client} {code}");
    }
    api.sql("UPDATE tblorders SET status = 'Cancelled' WHERE promocode = 'ONE'").await;
    let reply = api.reply(&order("clientid=1&pid=3&promocode=ONE")).await;
    assert_eq!(api.rows("amount", &format!("tblorders WHERE id = {}", reply["orderid"])).await, ["25.00"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn never_gives_a_promotion_too_often() {
    let api = shop().await;
    api.sql(&promotion("THREE", "Percentage", "50", 0, "'', '', '', '0000-00-00', NULL, 3, 0, 0, 0, 0, 0, 0, 0")).await;
    api.sql(&promotion("EACH", "Percentage", "50", 0, "'', '', '', '0000-00-00', NULL, 0, 0, 0, 0, 0, 0, 0, 1")).await;
    let (_hosts, second) = replica(&api.database, Compat::default()).await;
    for (code, expected) in [("THREE", 3), ("EACH", 2)] {
        let answers = all((0..12).map(|number| {
            let router = if number % 2 == 0 { &api.router } else { &second };
            let request = order(&format!("clientid={}&pid=3&promocode={code}", [1, 3][number / 2 % 2]));
            async move { post(router, &format!("{CREDENTIAL}&{request}")).await }
        }))
        .await;
        assert!(answers.iter().all(|(_, body)| body.contains("success")), "{answers:?}");
        let given = api.rows("COUNT(*), SUM(amount)", &format!("tblorders WHERE promocode = '{code}'")).await;
        assert_eq!(given, [format!("{expected} | {}.00", expected * 25)], "{code}");
        assert_eq!(api.rows("uses", &format!("tblpromotions WHERE code = '{code}'")).await, [expected.to_string()]);
    }
    assert_eq!(api.rows("COUNT(*), SUM(amount)", "tblorders WHERE promocode = ''").await, ["19 | 950.00"]);
    assert_in_order(&api).await;
}
