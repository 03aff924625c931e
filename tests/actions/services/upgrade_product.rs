use chrono::{Days, Months, NaiveDate};
use whmcs_api::config::{Compat, UpgradeDays};
use whmcs_api::domain::money::Money;
use whmcs_api::domain::order::cycle::Cycle;
use whmcs_api::domain::sales::upgrade::{DayCount, Rate, Remainder, price};

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpgradeProduct&serviceid=1&paymentmethod=paypal&type=product&newproductid=10"],
    setup: include_str!("../../support/fixtures/upgrades.sql"),
    writing: &[
        "UpgradeProduct&serviceid=11&paymentmethod=paypal&type=product&newproductid=6",
        "UpgradeProduct&serviceid=12&paymentmethod=paypal&type=product&newproductid=5",
        "UpgradeProduct&serviceid=13&paymentmethod=paypal&type=product&newproductid=8",
    ],
    every_parameter: "UpgradeProduct&serviceid=11&calconly=1&paymentmethod=paypal&type=product&newproductid=6&newproductbillingcycle=monthly&promocode=x&configoptions[41]=52",
};

async fn with(compat: Compat) -> TestApi {
    let api = TestApi::with(compat).await;
    api.sql(include_str!("../../support/fixtures/upgrades.sql")).await;
    api
}

async fn api() -> TestApi {
    with(Compat::default()).await
}

const SERVICE: &str = "packageid, billingcycle, amount, nextduedate, nextinvoicedate";
const UPGRADE: &str = "id, userid, orderid, type, date, relid, originalvalue, newvalue, new_cycle, amount, credit_amount, \
     days_remaining, total_days_in_cycle, new_recurring_amount, recurringchange, status, paid";
const COMMANDS: &str = "mod_whmcs_api_outbox_entries WHERE kind = 'module'";

async fn pay(api: &TestApi, invoice: i64) {
    api.reply(&format!("action=AddInvoicePayment&invoiceid={invoice}&gateway=paypal&transid=T{invoice}")).await;
}

/// Promotions, of which the first three are for upgrades: 20 % of products, 5.00 of the option 41, and one that has expired.
const PROMOTIONS: &str = r#"INSERT INTO tblpromotions (id, code, type, expirationdate, upgrades, upgradeconfig) VALUES
  (1, 'UP20', 'Percentage', '0000-00-00', 1, 'a:4:{s:5:"value";s:5:"20.00";s:4:"type";s:7:"product";s:12:"discounttype";s:10:"Percentage";s:13:"configoptions";s:0:"";}'),
  (2, 'OPTION', 'Percentage', '0000-00-00', 1, 'a:4:{s:5:"value";s:4:"5.00";s:4:"type";s:13:"configoptions";s:12:"discounttype";s:12:"Fixed Amount";s:13:"configoptions";a:1:{i:0;s:2:"41";}}'),
  (3, 'OLD', 'Percentage', '2026-11-01', 1, 'a:4:{s:5:"value";s:5:"20.00";s:4:"type";s:7:"product";s:12:"discounttype";s:10:"Percentage";s:13:"configoptions";s:0:"";}'),
  (4, 'ORDERS', 'Percentage', '0000-00-00', 0, '')"#;

#[tokio::test]
async fn a_promotion_for_upgrades_takes_off_what_it_gives() {
    let api = api().await;
    api.sql(PROMOTIONS).await;
    let product = "action=UpgradeProduct&serviceid=12&paymentmethod=paypal&type=product&newproductid=5";
    let option = "action=UpgradeProduct&serviceid=11&paymentmethod=paypal&type=configoptions&configoptions[41]=52";
    for (request, code, price) in [
        (product, "", "7.80"),
        (product, "UP20", "6.24"),
        (product, "up20", "6.24"),
        (product, "OPTION", "7.80"),
        (product, "OLD", "7.80"),
        (product, "ORDERS", "7.80"),
        (product, "NONE", "7.80"),
        (option, "UP20", "2.60"),
        (option, "OPTION", "0.00"),
    ] {
        let reply = api.reply(&format!("{request}&calconly=1&promocode={code}")).await;
        let told = reply.get("price").or(reply.get("total")).unwrap().as_str().unwrap();
        assert!(told.contains(price), "{code} {request}: {reply}");
    }
    assert_eq!(api.rows("SUM(uses)", "tblpromotions").await, ["0"]);

    let reply = api.reply(&format!("{product}&promocode=UP20")).await;
    let lines = ["Upgrade | 1 | 7.80 | 1", " | 0 | -1.56 | 1"];
    assert_eq!(api.rows("type, relid, amount, taxed", "tblinvoiceitems ORDER BY id").await, lines);
    assert_eq!(
        api.rows("description", "tblinvoiceitems WHERE amount < 0").await,
        ["Promotional Code: UP20 - 20% Upgrade Discount"]
    );
    assert_eq!(api.rows("subtotal, total", "tblinvoices").await, ["6.24 | 7.68"]);
    assert_eq!(api.rows("promocode, promotype, amount", "tblorders").await, ["UP20 | Percentage | 7.68"]);
    assert_eq!(api.rows("uses", "tblpromotions WHERE id = 1").await, ["1"]);
    pay(&api, reply["invoiceid"].as_i64().unwrap()).await;
    assert_eq!(api.rows("packageid, amount", "tblhosting WHERE id = 12").await, ["5 | 27.00"]);

    // What is lowered to nothing is carried out at once; no credit is made of it.
    let credit = api.rows("credit", "tblclients WHERE id = 1").await;
    let reply = api.reply(&format!("{option}&promocode=OPTION")).await;
    assert_eq!((&reply["discount"], &reply["invoiceid"]), (&"$2.60 USD".into(), &serde_json::Value::Null), "{reply}");
    assert_eq!(api.rows("optionid", "tblhostingconfigoptions WHERE relid = 11 AND configid = 41").await, ["52"]);
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, credit);

    api.sql("UPDATE tblupgrades SET status = 'Completed', paid = 'Y'").await;
    api.reply("action=UpgradeProduct&serviceid=12&paymentmethod=paypal&type=product&newproductid=6&promocode=OLD")
        .await;
    let told = api.rows("description", "tblactivitylog WHERE description LIKE 'Promotion Code%'").await;
    assert_eq!(told, ["Promotion Code OLD not applied, as it has expired"]);
}

/// The documented example: 13 of 30 days, and 20 dollars less a month.
#[tokio::test]
async fn a_downgrade_is_carried_out_at_once_and_becomes_credit() {
    let api = api().await;
    let request = "action=UpgradeProduct&serviceid=11&paymentmethod=paypal&type=product&newproductid=6\
                   &newproductbillingcycle=monthly";
    let told = r#""oldproductid":"5","oldproductname":"Large","newproductid":6,"newproductname":"Small","daysuntilrenewal":13,"totaldays":30,"newproductbillingcycle":"monthly","price":"$-8.67 USD""#;
    let before = api.checksums().await;
    let expected = format!(r#"{{"result":"success",{told},"upgradeinprogress":false}}"#);
    api.check(&format!("{request}&calconly=1"), &expected).await;
    assert_eq!(api.rows("COUNT(*)", "tblorders").await, ["0"]);
    assert_eq!(api.rows(SERVICE, "tblhosting WHERE id = 11").await, ["5 | Monthly | 30.00 | 2026-12-03 | 2026-12-03"]);
    let after = api.checksums().await;
    let changed: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
    assert!(changed.iter().all(|(table, _)| table.0.contains("mod_whmcs_api_re")), "{changed:?}");

    let reply = api.reply(request).await;
    let number = api.rows("ordernum", "tblorders").await.remove(0);
    assert_eq!(
        reply.to_string().replace(&number, "N"),
        format!(r#"{{"result":"success",{told},"id":"1","orderid":1,"order_number":"N","invoiceid":null}}"#),
    );
    assert_eq!(api.rows(SERVICE, "tblhosting WHERE id = 11").await, ["6 | Monthly | 10.00 | 2026-12-03 | 2026-12-03"]);
    let upgrade = "1 | 1 | 1 | package | 2026-11-20 | 11 | 5 | 6 | Monthly | -8.67 | 13.00 | 13 | 30 | 10.00 | -20.00 \
                   | Completed | Y";
    assert_eq!(api.rows(UPGRADE, "tblupgrades").await, [upgrade]);
    let order = api.rows("userid, amount, paymentmethod, invoiceid, status", "tblorders").await;
    assert_eq!(order, ["1 | -8.67 | paypal | 0 | Pending"]);
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["108.67"]);
    let credit = api.rows("description, amount", "tblcredit WHERE clientid = 1 ORDER BY id DESC LIMIT 1").await;
    assert_eq!(credit, ["Credit of Downgrade - Order ID: 1 | 8.67"]);
    assert_eq!(api.rows("COUNT(*)", "tblinvoices").await, ["0"]);
    assert_eq!(
        api.rows("target, subject_id, summary, state", COMMANDS).await,
        ["panel | 11 | Change Package | pending"]
    );
    let log = api.rows("description", "tblactivitylog ORDER BY id").await;
    assert_eq!(log, ["Upgrade Ordered - Service ID: 11 - Order ID: 1", "Upgrade Completed - Upgrade ID: 1"]);
}

#[tokio::test]
async fn an_upgrade_is_carried_out_once_its_invoice_is_paid() {
    let api = api().await;
    let request = "action=UpgradeProduct&serviceid=12&paymentmethod=banktransfer&type=product&newproductid=5";
    let reply = api.reply(request).await;
    assert_eq!((&reply["price"], &reply["invoiceid"]), (&"€7.80".into(), &1.into()));
    let before = "6 | Monthly | 9.00 | 2026-12-03 | 2026-12-03";
    assert_eq!(api.rows(SERVICE, "tblhosting WHERE id = 12").await, [before]);
    let upgrade = |status| {
        format!(
            "1 | 2 | 1 | package | 2026-11-20 | 12 | 6 | 5 | Monthly | 7.80 | 3.90 | 13 | 30 | 27.00 | 18.00 | {status}"
        )
    };
    assert_eq!(api.rows(UPGRADE, "tblupgrades").await, [upgrade("Pending | N")]);
    let invoice = api.rows("userid, duedate, subtotal, tax, total, status, paymentmethod", "tblinvoices").await;
    assert_eq!(invoice, ["2 | 2026-11-20 | 7.80 | 1.79 | 9.59 | Unpaid | banktransfer"]);
    let line = api.rows("type, relid, description, amount, taxed", "tblinvoiceitems").await;
    assert_eq!(line, ["Upgrade | 1 | Upgrade: Small => Large - two.example | 7.80 | 1"]);
    assert_eq!(api.rows("amount, invoiceid, status", "tblorders").await, ["9.59 | 1 | Pending"]);

    // Only one at a time, which can be asked.
    let in_progress = "Unable to accept upgrade order. Previous upgrade invoice for service is still unpaid.";
    api.refuse(request, in_progress).await;
    assert_eq!(api.reply(&format!("{request}&calconly=1")).await["upgradeinprogress"], true);

    pay(&api, 1).await;
    assert_eq!(api.rows(SERVICE, "tblhosting WHERE id = 12").await, ["5 | Monthly | 27.00 | 2026-12-03 | 2026-12-03"]);
    assert_eq!(api.rows(UPGRADE, "tblupgrades").await, [upgrade("Completed | Y")]);
    assert_eq!(api.rows("COUNT(*)", COMMANDS).await, ["0"], "the service is not active yet");
    // A payment that is made again changes nothing more.
    api.reply("action=UpdateClientProduct&serviceid=12&recurringamount=1").await;
    api.reply("action=AddTransaction&invoiceid=1&paymentmethod=paypal&amountout=9.59").await;
    api.reply("action=AddTransaction&invoiceid=1&paymentmethod=paypal&amountin=9.59").await;
    assert_eq!(api.rows("packageid, amount", "tblhosting WHERE id = 12").await, ["5 | 1.00"]);
    assert_eq!(api.reply(&format!("{request}&calconly=1")).await["upgradeinprogress"], false);
}

#[tokio::test]
async fn a_cancelled_upgrade_is_not_carried_out() {
    let api = api().await;
    api.reply("action=UpgradeProduct&serviceid=12&paymentmethod=paypal&type=product&newproductid=5").await;
    api.reply("action=CancelOrder&orderid=1").await;
    api.reply("action=UpdateInvoice&invoiceid=1&status=Unpaid").await;
    pay(&api, 1).await;
    assert_eq!(api.rows("packageid", "tblhosting WHERE id = 12").await, ["6"]);
    assert_eq!(api.rows("status, paid", "tblupgrades").await, ["Cancelled | N"]);
    let again = "action=UpgradeProduct&serviceid=12&paymentmethod=paypal&type=product&newproductid=5";
    assert_eq!(api.reply(again).await["invoiceid"], 2);
}

#[tokio::test]
async fn cycles_change_in_the_same_way() {
    for (service, request, price, days, paid) in [
        // 13 days of a year's 300.00 and 150.00 for five users, and of a month's 30.00.
        (
            11,
            "newproductbillingcycle=annually",
            "$3.03 USD",
            (13, 30),
            "5 | Annually | 450.00 | 2026-12-03 | 2026-12-03",
        ),
        (11, "newproductid=7", "$-13.00 USD", (13, 30), "7 | Free Account | 0.00 | 2026-12-03 | 2026-12-03"),
        (11, "newproductid=8", "$37.00 USD", (13, 30), "8 | One Time | 0.00 | 2026-12-03 | 2026-12-03"),
        // What was free begins a term of its own.
        (13, "newproductid=6&newproductbillingcycle=Monthly", "$10.00 USD", (0, 0), "6 | Monthly | 10.00 | 2026-12-20"),
        (
            13,
            "newproductid=5&newproductbillingcycle=annually",
            "$300.00 USD",
            (0, 0),
            "5 | Annually | 300.00 | 2027-11-20",
        ),
    ] {
        let api = api().await;
        api.sql("UPDATE tblhosting SET nextduedate = '0000-00-00' WHERE id = 13").await;
        let reply = api
            .reply(&format!("action=UpgradeProduct&serviceid={service}&paymentmethod=paypal&type=product&{request}"))
            .await;
        assert_eq!(reply["price"], price, "{request}");
        let told = (reply["daysuntilrenewal"].as_i64().unwrap(), reply["totaldays"].as_i64().unwrap());
        assert_eq!(told, days, "{request}");
        if let Some(invoice) = reply["invoiceid"].as_i64() {
            pay(&api, invoice).await;
        }
        let stored = api.rows(SERVICE, &format!("tblhosting WHERE id = {service}")).await.remove(0);
        assert!(stored.starts_with(paid), "{request}: {stored}");
    }
}

#[tokio::test]
async fn the_operator_may_choose_how_days_count_and_keep_what_is_left() {
    let api = with(Compat { upgrade_days: UpgradeDays::Thirty, downgrade_credit: false, ..Compat::default() }).await;
    api.sql("UPDATE tblhosting SET nextduedate = '2027-01-03' WHERE id = 11").await;
    let reply = api.reply("action=UpgradeProduct&serviceid=11&paymentmethod=paypal&type=product&newproductid=6").await;
    assert_eq!((&reply["totaldays"], &reply["price"]), (&30.into(), &"$-29.33 USD".into()));
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["100.00"]);
    assert_eq!(api.rows("packageid", "tblhosting WHERE id = 11").await, ["6"]);
}

#[tokio::test]
async fn options_change_with_their_prices() {
    let api = api().await;
    let request = "action=UpgradeProduct&serviceid=11&paymentmethod=paypal&type=configoptions&configoptions[41]=52\
                   &configoptions[42]=7&configoptions[43]=1";
    let told = concat!(
        r#""configname1":"Support","configname2":"Users","configname3":"Backups","newvalue1":"Premium","newvalue2":"7 x User","#,
        r#""newvalue3":"Yes","originalvalue1":"Basic","originalvalue2":"5 x User","originalvalue3":"","price1":"$2.60 USD","#,
        r#""price2":"$2.60 USD","price3":"$0.65 USD","subtotal":"$5.85 USD","discount":"$0.00 USD","total":"$5.85 USD""#
    );
    let expected = format!(r#"{{"result":"success",{told},"upgradeinprogress":false}}"#);
    api.check(&format!("{request}&calconly=1"), &expected).await;
    assert_eq!(api.reply(request).await["invoiceid"], 1);
    let upgrades = api.rows("type, originalvalue, newvalue, amount, recurringchange", "tblupgrades ORDER BY id").await;
    assert_eq!(
        upgrades,
        [
            "configoptions | 41=>51 | 52 | 2.60 | 6.00",
            "configoptions | 42=>5 | 7 | 2.60 | 6.00",
            "configoptions | 43=>0 | 1 | 0.65 | 1.50"
        ]
    );
    let lines = api.rows("type, relid, description, amount", "tblinvoiceitems ORDER BY id").await;
    assert_eq!(lines[1], "Upgrade | 2 | Upgrade: Large - one.example - Users: 5 x User => 7 x User | 2.60");
    let options = "tblhostingconfigoptions WHERE relid = 11 ORDER BY configid";
    assert_eq!(api.rows("configid, optionid, qty", options).await, ["41 | 51 | 1", "42 | 53 | 5"]);
    pay(&api, 1).await;
    assert_eq!(api.rows("configid, optionid, qty", options).await, ["41 | 52 | 1", "42 | 53 | 7", "43 | 54 | 1"]);
    assert_eq!(api.rows("packageid, amount", "tblhosting WHERE id = 11").await, ["5 | 43.50"]);
    assert_eq!(api.rows("status, paid", "tblupgrades GROUP BY status, paid").await, ["Completed | Y"]);
    assert_eq!(api.rows("COUNT(*)", COMMANDS).await, ["1"], "one command for all of them");

    // Less of one for more of another, for which something is to be paid; and what is there already.
    let mixed = "action=UpgradeProduct&serviceid=11&paymentmethod=paypal&type=configoptions&configoptions[41]=51\
                 &configoptions[42]=10&configoptions[43]=1";
    let reply = api.reply(mixed).await;
    assert_eq!((&reply["total"], &reply["price1"]), (&"$1.30 USD".into(), &"$-2.60 USD".into()));
    pay(&api, 2).await;
    assert_eq!(api.rows("configid, optionid, qty", options).await, ["41 | 51 | 1", "42 | 53 | 10", "43 | 54 | 1"]);
    assert_eq!(api.rows("amount", "tblhosting WHERE id = 11").await, ["46.50"]);
    let nothing = "The service has all of these configoptions already";
    api.refuse(&mixed.replace("configoptions[41]=51", "configoptions[99]=1"), nothing).await;
    // Less of all is credited.
    let less = "action=UpgradeProduct&serviceid=11&paymentmethod=paypal&type=configoptions&configoptions[42]=0";
    assert_eq!(api.reply(less).await["invoiceid"], serde_json::Value::Null);
    assert_eq!(api.rows("qty", "tblhostingconfigoptions WHERE configid = 42").await, ["0"]);
    assert_eq!(api.rows("amount", "tblhosting WHERE id = 11").await, ["16.50"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = api().await;
    let method = "Invalid Payment Method. Valid options include paypal,stripe,banktransfer,mailin";
    let no_price = "The product is not offered for this billing cycle in the client's currency";
    for (request, message) in [
        ("", "Service ID Not Found"),
        ("serviceid=9&paymentmethod=x", "Service ID Not Found"),
        ("serviceid=11&type=x", method),
        ("serviceid=11&paymentmethod=cash&type=x", method),
        ("serviceid=11&calconly=1&paymentmethod=cash&type=product", method),
        ("serviceid=11&paymentmethod=paypal", "Invalid Upgrade Type"),
        ("serviceid=11&paymentmethod=paypal&type=addon", "Invalid Upgrade Type"),
        ("serviceid=11&calconly=1&type=x", "Invalid Upgrade Type"),
        ("serviceid=11&paymentmethod=paypal&type=product&newproductid=99", "Product ID Not Found"),
        ("serviceid=11&paymentmethod=paypal&type=product&newproductid=x", "Product ID Not Found"),
        (
            "serviceid=11&paymentmethod=paypal&type=product&newproductid=6&newproductbillingcycle=x",
            "Invalid Billing Cycle",
        ),
        ("serviceid=11&paymentmethod=paypal&type=product&newproductid=6&newproductbillingcycle=annually", no_price),
        ("serviceid=13&paymentmethod=paypal&type=product&newproductid=6", no_price),
        (
            "serviceid=11&paymentmethod=paypal&type=configoptions&configoptions[42]=21",
            "configoptions: option 42 cannot be set to this",
        ),
        ("serviceid=11&paymentmethod=paypal&type=configoptions", "The service has all of these configoptions already"),
    ] {
        api.refuse(&format!("action=UpgradeProduct&{request}"), message).await;
    }
}

/// Random upgrades cost what a model in whole cents says, and cost nothing there and back.
#[test]
fn random_upgrades_are_those_of_a_model() {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut below = |limit: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % limit).cast_signed()
    };
    let cycles = [
        (Cycle::Monthly, 1),
        (Cycle::Quarterly, 3),
        (Cycle::SemiAnnually, 6),
        (Cycle::Annually, 12),
        (Cycle::Biennially, 24),
        (Cycle::Triennially, 36),
    ];
    let money = |cents: i64| Money::parse(&format!("{}.{:02}", cents / 100, cents % 100)).unwrap();
    let signed = |cents: i64| if cents < 0 { -money(-cents) } else { money(cents) };
    for case in 0..20_000 {
        let today = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(below(1_500).cast_unsigned());
        let days = below(400);
        let next_due = today + Days::new(days.cast_unsigned());
        let (count, is_actual) = if below(2) == 0 { (DayCount::Actual, true) } else { (DayCount::Thirty, false) };
        let mut rate = || {
            let (cycle, months) = cycles[usize::try_from(below(6)).unwrap()];
            let cents = below(100_000);
            let all = match is_actual {
                true => (next_due - (next_due - Months::new(months))).num_days(),
                false => i64::from(months) * 30,
            };
            // Half a cent is rounded up.
            let share = (2 * cents * days + all) / (2 * all);
            (Rate { cycle, amount: money(cents) }, share, all)
        };
        let ((old, credit, all), (new, debit, _)) = (rate(), rate());
        let remainder = Remainder::new(today, next_due, count);
        let told = price(old, new, Some(remainder)).unwrap();
        let what = format!("{case}: {old:?} {new:?} {today} {next_due} {count:?}");
        assert_eq!((told.amount, told.credit), (signed(debit - credit), money(credit)), "{what}");
        assert_eq!((told.days_left, told.total_days), (days, all), "{what}");
        let back = price(new, old, Some(remainder)).unwrap();
        assert_eq!(told.amount, -back.amount, "{what}");
    }
}
