//! Parallel arrays, beside which callers send single values, and whose keys they confuse.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{pair, parameters, rewrite};
use crate::actions::CALLS;
use crate::support::TestApi;

/// Whether a schema describes a field of several items: one value, or an array of values by keys.
fn is_parallel(schema: &Value) -> bool {
    let parts = schema["anyOf"].as_array().into_iter().flatten();
    parts.into_iter().any(|part| part["type"] == "object")
}

/// `[99]` in place of the first key of a name.
fn with_another_key(name: &str) -> Option<String> {
    let (base, rest) = name.split_once('[')?;
    let (_, rest) = rest.split_once(']')?;
    Some(format!("{base}[99]{rest}"))
}

/// The value would belong to nothing, and the item that it was meant for would lack it.
#[tokio::test]
async fn a_key_that_no_other_array_has_is_refused() {
    let api = TestApi::new().await;
    let mut walked = 0;
    for (action, calls) in CALLS {
        let names = parameters(action, is_parallel);
        for name in &names {
            let form = |name: &str, value: &str| match with_another_key(name) {
                Some(moved) if !value.is_empty() => pair(&moved, if value == "0" { "1" } else { value }),
                _ => String::new(),
            };
            let call = rewrite(calls.every_parameter, &BTreeSet::from([name.clone()]), &form);
            if !call.contains("%5B99%5D") {
                continue;
            }
            walked += 1;
            let before = api.checksums().await;
            let (_, body) = api.send(&format!("action={call}")).await;
            assert!(body.contains(r#""result":"error""#), "{call}: {body}");
            assert_eq!(api.checksums().await, before, "{call}");
        }
    }
    assert!(walked >= 20, "{walked} arrays");
}

/// Both calls store the same.
#[tokio::test]
async fn a_single_value_beside_arrays_holds_for_each() {
    let two = "newitemdescription[]=A&newitemdescription[]=B";
    for (call, arrays, single) in [
        (
            "UpdateInvoice&invoiceid=1",
            format!("{two}&newitemamount[]=5&newitemamount[]=6&newitemtaxed[]=0&newitemtaxed[]=0"),
            format!("{two}&newitemamount[]=5&newitemamount[]=6&newitemtaxed=0"),
        ),
        (
            "UpdateInvoice&invoiceid=1",
            format!("{two}&newitemamount[]=5&newitemamount[]=6&newitemtaxed[]=1&newitemtaxed[]=1"),
            format!("{two}&newitemamount[]=5&newitemamount[]=6&newitemtaxed=1"),
        ),
        (
            "UpdateInvoice&invoiceid=1",
            format!("{two}&newitemamount[]=5&newitemamount[]=5"),
            format!("{two}&newitemamount=5"),
        ),
        (
            "UpdateInvoice&invoiceid=1",
            "newitemdescription[7]=A&newitemamount[7]=5".to_owned(),
            "newitemdescription=A&newitemamount=5".to_owned(),
        ),
        (
            "UpdateInvoice&invoiceid=1",
            "itemdescription[1]=A&itemamount[1]=5&itemtaxed[1]=1".to_owned(),
            "itemdescription[1]=A&itemamount=5&itemtaxed=1".to_owned(),
        ),
        (
            "CreateInvoice&userid=2",
            "itemdescription1=A&itemamount1=5&itemtaxed1=1&itemdescription2=B&itemamount2=6&itemtaxed2=1".to_owned(),
            "itemdescription1=A&itemamount1=5&itemdescription2=B&itemamount2=6&itemtaxed=1".to_owned(),
        ),
        (
            "CreateInvoice&userid=2",
            "itemdescription1=A&itemamount1=5&itemtaxed1=1&itemdescription2=B&itemamount2=5&itemtaxed2=0".to_owned(),
            "itemdescription[]=A&itemdescription[]=B&itemamount=5&itemtaxed[]=1".to_owned(),
        ),
        (
            "CreateInvoice&userid=2",
            "itemdescription1=A&itemamount1=5".to_owned(),
            "itemdescription=A&itemamount=5".to_owned(),
        ),
        (
            "CreateInvoice&userid=2",
            "itemdescription1=A&itemamount1=5&itemtaxed1=1".to_owned(),
            "itemdescription=A&itemamount=5&itemtaxed1=1".to_owned(),
        ),
        (
            "CreateInvoice&userid=2",
            "itemdescription1=A&itemamount1=5&itemtaxed1=1&itemdescription2=A&itemamount2=5&itemtaxed2=0".to_owned(),
            "itemdescription=A&itemamount=5&itemtaxed[1]=1&itemtaxed[2]=0".to_owned(),
        ),
        (
            "UpdateInvoice&invoiceid=1",
            "newitemdescription[1]=A&newitemamount[1]=5&newitemtaxed[1]=1&newitemdescription[2]=A&newitemamount[2]=5"
                .to_owned(),
            "newitemdescription=A&newitemamount=5&newitemtaxed[1]=1&newitemtaxed[2]=0".to_owned(),
        ),
        (
            "CreateInvoice&userid=2",
            "itemdescription1=A&itemamount1=5&itemtaxed1=0&itemdescription2=B&itemamount2=6&itemtaxed2=1".to_owned(),
            "itemdescription1=A&itemamount1=5&itemtaxed1=&itemdescription2=B&itemamount2=6&itemtaxed=1".to_owned(),
        ),
        // Rows that were not filled in.
        (
            "CreateInvoice&userid=2",
            "itemdescription1=A&itemamount1=5&itemtaxed1=1".to_owned(),
            "itemdescription=A&itemamount=5&itemtaxed1=1&itemtype2=&itemrelid2=&itemtaxed3=&itemrelid4=0".to_owned(),
        ),
        (
            "UpdateInvoice&invoiceid=1",
            "newitemdescription[0]=A&newitemamount[0]=5".to_owned(),
            "newitemdescription=A&newitemamount=5&newitemtype[0]=Item&newitemtype[1]=&newitemtaxed[2]=&newitemrelid[3]=0"
                .to_owned(),
        ),
    ] {
        let mut stored = Vec::new();
        for parameters in [&arrays, &single] {
            let api = TestApi::new().await;
            api.reply("action=CreateInvoice&userid=2&itemdescription1=x&itemamount1=1").await;
            api.reply(&format!("action={call}&{parameters}")).await;
            let lines = api.rows("invoiceid, description, amount, taxed", "tblinvoiceitems ORDER BY id").await;
            stored.push((lines, api.rows("total", "tblinvoices ORDER BY id").await));
        }
        assert_eq!(stored[0], stored[1], "{single}");
    }
}

/// A form sends all of its rows, also those that were not filled in. Both calls store the same.
#[tokio::test]
async fn a_skipped_row_takes_its_companions_with_it() {
    let order = "AddOrder&clientid=1&paymentmethod=paypal&noemail=1&noinvoiceemail=1";
    let beside = "qty[0]=7&billingcycle[0]=never&domain[0]=x.org&priceoverride[0]=ten&customfields[0]=x&configoptions[0]=x\
                  &addons[0]=x&addonsqty[0]=x&hostname[0]=x&ns1prefix[0]=x&rootpw[0]=x&regperiod[0]=99&eppcode[0]=x\
                  &dnsmanagement[0]=1&idnlanguage[0]=x&domainfields[0][x]=1&domainpriceoverride[0]=x";
    let product = "pid[1]=1&qty[1]=1&domain[1]=a.com";
    let line = "newitemdescription[1]=A&newitemamount[1]=5";
    for (call, filled, with_skipped) in [
        (order, product.to_owned(), format!("pid[0]=0&{beside}&{product}")),
        (order, product.to_owned(), format!("pid[0]=&domaintype[0]=&{beside}&{product}")),
        (order, product.to_owned(), format!("pid[0]=0&{product}&pid[2]=&qty[2]=0&billingcycle[2]=monthly")),
        (order, format!("{product}&addonid=1&serviceid=7"), format!("{product}&pid[0]=0&{beside}&addonid=1&serviceid=7")),
        (
            order,
            "addonids[b]=1&serviceids[b]=7&addonidsqty[b]=1".to_owned(),
            "addonids[a]=0&serviceids[a]=x&addonidsqty[a]=0&addonids[b]=1&serviceids[b]=7&addonidsqty[b]=1".to_owned(),
        ),
        (
            "UpdateInvoice&invoiceid=1",
            line.to_owned(),
            format!("newitemdescription[0]=&newitemamount[0]=&newitemtaxed[0]=1&{line}&newitemtaxed[1]=0"),
        ),
        (
            "UpdateInvoice&invoiceid=1",
            "itemdescription[1]=A&itemamount[1]=5&itemtaxed[1]=1".to_owned(),
            "itemdescription[0]=&itemamount[0]=0&itemtaxed[0]=0&itemdescription[1]=A&itemamount[1]=5&itemtaxed[1]=1".to_owned(),
        ),
        (
            "CreateInvoice&userid=2",
            "itemdescription1=A&itemamount1=5".to_owned(),
            "itemdescription0=&itemamount0=&itemtaxed0=1&itemtype0=AddFunds&itemrelid0=x&itemdescription1=A&itemamount1=5"
                .to_owned(),
        ),
    ] {
        let mut stored = Vec::new();
        for parameters in [&filled, &with_skipped] {
            let api = TestApi::new().await;
            api.sql(include_str!("../support/fixtures/shop.sql")).await;
            api.sql("INSERT INTO tblhosting (id, userid, packageid) VALUES (7, 1, 1)").await;
            api.reply("action=CreateInvoice&userid=2&itemdescription1=x&itemamount1=1").await;
            api.reply(&format!("action={call}&{parameters}")).await;
            stored.push(super::rows(&api).await);
        }
        let differences: Vec<_> = super::differences(&stored[0], &stored[1]).collect();
        assert!(differences.is_empty(), "{call}&{with_skipped}: {differences:?}");
    }
}

#[tokio::test]
async fn half_a_line_is_refused() {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=2&itemdescription1=x&itemamount1=1").await;
    let before = api.checksums().await;
    for (call, message) in [
        (
            "UpdateInvoice&invoiceid=1&newitemdescription[0]=A&newitemamount[1]=5",
            "Each new item needs the same key in all arrays: newitemamount[0] is missing",
        ),
        (
            "UpdateInvoice&invoiceid=1&newitemdescription[]=A&newitemdescription[]=B&newitemamount[]=5",
            "Each new item needs the same key in all arrays: newitemamount[1] is missing",
        ),
        (
            "UpdateInvoice&invoiceid=1&newitemdescription[]=A&newitemamount[]=5&newitemtaxed[1]=1",
            "Each new item needs the same key in all arrays: newitemdescription[1] is missing",
        ),
        (
            "UpdateInvoice&invoiceid=1&newitemdescription=A",
            "newitemdescription, newitemamount and newitemtaxed must be arrays",
        ),
        (
            "UpdateInvoice&invoiceid=1&itemdescription=A&itemamount=5&itemtaxed=0",
            "Missing Variables: itemdescription, itemamount and itemtaxed are required for each item being changed",
        ),
        (
            "CreateInvoice&userid=2&itemdescription2=A&itemamount3=5",
            "Each item needs the same number in all parameters: itemamount2 and itemdescription3 are missing",
        ),
        (
            "CreateInvoice&userid=2&itemdescription[0]=A&itemamount[1]=5",
            "Each item needs the same number in all parameters: itemamount0 and itemdescription1 are missing",
        ),
    ] {
        api.refuse(&format!("action={call}"), message).await;
    }
    assert_eq!(api.checksums().await, before);
}

/// WHMCS takes them, and no amount is lost.
#[tokio::test]
async fn a_description_alone_is_a_line_of_nothing() {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=1&itemdescription1=A&itemamount1=5&itemdescription2=Thanks&itemtaxed3=1")
        .await;
    api.reply("action=UpdateInvoice&invoiceid=1&newitemdescription[]=Note").await;
    api.reply("action=UpdateInvoice&invoiceid=1&newitemdescription[]=B&newitemdescription[]=Note&newitemamount[]=7&newitemamount[]=&newitemtaxed[5]=0").await;
    assert_eq!(
        api.rows("description, amount", "tblinvoiceitems ORDER BY id").await,
        ["A | 5.00", "Thanks | 0.00", "Note | 0.00", "B | 7.00", "Note | 0.00"]
    );
}

/// Both calls store the same.
#[tokio::test]
async fn a_list_may_be_a_text_with_commas_and_the_other_way_round() {
    for (documented, other) in [
        (
            "UpdateInvoice&invoiceid=1&deletelineids[]=1&deletelineids[]=2",
            "UpdateInvoice&invoiceid=1&deletelineids=1, 2",
        ),
        (
            "UpdateTicket&ticketid=1&cc=a@example.com,b@example.com",
            "UpdateTicket&ticketid=1&cc=a@example.com, b@example.com ,",
        ),
        (
            "UpdateTicket&ticketid=1&cc=a@example.com,b@example.com",
            "UpdateTicket&ticketid=1&cc[]=a@example.com&cc[]=b@example.com",
        ),
        (
            "AddPromoCode&code=x&type=fixed&value=1&cycles=Monthly,Annually&appliesto=1,2",
            "AddPromoCode&code=x&type=fixed&value=1&cycles[]=Monthly&cycles[]=Annually&appliesto[]=1&appliesto[]=2.0",
        ),
        (
            "AddPromoCode&code=x&type=fixed&value=1&cycles=Monthly,Annually&appliesto=1,2",
            "AddPromoCode&code=x&type=fixed&value=1&cycles=Monthly,Annually,&appliesto=1,2,",
        ),
        (
            "AddOrder&clientid=1&paymentmethod=paypal&noemail=1&noinvoiceemail=1&pid[]=1&addons[]=1,2&addonsqty[]=1,3",
            "AddOrder&clientid=1&paymentmethod=paypal&noemail=1&noinvoiceemail=1&pid[]=1&addons[0][]=1&addons[0][]=2\
             &addonsqty[0][]=1&addonsqty[0][]=3",
        ),
    ] {
        let mut stored = Vec::new();
        for call in [documented, other] {
            let api = TestApi::new().await;
            api.sql(include_str!("../support/fixtures/shop.sql")).await;
            api.sql("INSERT INTO tbltickets (id, tid, did, status) VALUES (1, '1', 1, 'Open')").await;
            api.reply("action=CreateInvoice&userid=2&itemamount1=1&itemamount2=2&itemamount3=3").await;
            api.reply(&format!("action={call}")).await;
            stored.push(super::rows(&api).await);
        }
        let differences: Vec<_> = super::differences(&stored[0], &stored[1]).collect();
        assert!(differences.is_empty(), "{other}: {differences:?}");
    }
}
