use crate::actions::orders::get_orders::with_orders;
use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpdateClientProduct&serviceid=1&notes=x"],
    setup: include_str!("../../support/fixtures/one_order.sql"),
    writing: &[
        "UpdateClientProduct&serviceid=1000&pid=1000&serverid=1000&promoid=0&paymentmethod=paypal&autorecalc=1&customfields[1000]=x&configoptions[1000]=1000",
    ],
    every_parameter: "UpdateClientProduct&serviceid=1&pid=1&serverid=1&regdate=2026-11-20&nextduedate=2026-12-20&terminationdate=2026-12-20&domain=example.com&firstpaymentamount=1&recurringamount=1&paymentmethod=paypal&billingcycle=Monthly&subscriptionid=x&status=Active&notes=x&serviceusername=x&servicepassword=x&overideautosuspend=on&overidesuspenduntil=2026-12-20&ns1=x&ns2=x&dedicatedip=x&assignedips=x&diskusage=1&disklimit=1&bwusage=1&bwlimit=1&suspendreason=x&promoid=1&unset=notes&autorecalc=1&customfields[1]=x&configoptions[1]=1",
};

/// The columns of a service that a call may change.
const COLUMNS: &str = "packageid, server, regdate, nextduedate, nextinvoicedate, termination_date, domain, \
                       firstpaymentamount, amount, paymentmethod, billingcycle, subscriptionid, domainstatus, notes, \
                       username, password, overideautosuspend, overidesuspenduntil, ns1, ns2, dedicatedip, assignedips, \
                       diskusage, disklimit, bwusage, bwlimit, suspendreason, promoid, lastupdate, updated_at";

async fn service(api: &TestApi) -> String {
    api.rows(COLUMNS, "tblhosting WHERE id = 1").await.remove(0)
}

async fn options(api: &TestApi) -> Vec<String> {
    api.rows("configid, optionid, qty", "tblhostingconfigoptions WHERE relid = 1 ORDER BY configid").await
}

#[tokio::test]
async fn changes_all_that_is_named() {
    let api = with_orders().await;
    let request = "action=UpdateClientProduct&serviceid=1&pid=3&serverid=0&regdate=2026-10-01&nextduedate=2027-01-01\
                   &terminationdate=2027-02-01&domain=new.example.com&firstpaymentamount=1.50&recurringamount=2\
                   &paymentmethod=mailin&billingcycle=semi-annually&subscriptionid=S-1&status=active&notes=Note\
                   &serviceusername=newuser&servicepassword=New%20one&overideautosuspend=off\
                   &overidesuspenduntil=2027-03-01&ns1=ns1.example&ns2=ns2.example&dedicatedip=192.0.2.7\
                   &assignedips=192.0.2.8&diskusage=1&disklimit=2&bwusage=3&bwlimit=2147483647&suspendreason=None\
                   &promoid=2";
    api.check(request, r#"{"result":"success","serviceid":"1"}"#).await;
    assert_eq!(
        service(&api).await,
        "3 | 0 | 2026-10-01 | 2027-01-01 | 2027-01-01 | 2027-02-01 | new.example.com | 1.50 | 2.00 | mailin | \
         Semi-Annually | S-1 | Active | Note | newuser | New one | 0 | 2027-03-01 | ns1.example | ns2.example | \
         192.0.2.7 | 192.0.2.8 | 1 | 2 | 3 | 2147483647 | None | 2 | 2026-11-20 12:30:00 | 2026-11-20 12:30:00"
    );
    assert_eq!(
        api.rows("description, userid", "tblactivitylog").await,
        ["Modified Service - Service ID: 1 | 1"],
        "the line does not contain the password"
    );
}

#[tokio::test]
async fn leaves_what_is_not_named() {
    let api = with_orders().await;
    let before = service(&api).await;
    api.reply("action=UpdateClientProduct&serviceid=1&domain=&notes=&recurringamount=&status=&unset=").await;
    let after = service(&api).await;
    assert_eq!(after, before.replace("2026-11-01 13:59:35", "2026-11-20 12:30:00"));
    assert_eq!(options(&api).await.len(), 4);
}

#[tokio::test]
async fn unsets_texts_and_dates() {
    let api = with_orders().await;
    let names = [
        ("domain", "domain"),
        ("serviceusername", "username"),
        ("servicepassword", "password"),
        ("subscriptionid", "subscriptionid"),
        ("ns1", "ns1"),
        ("ns2", "ns2"),
        ("dedicatedip", "dedicatedip"),
        ("assignedips", "assignedips"),
        ("notes", "notes"),
        ("suspendreason", "suspendreason"),
    ];
    for (name, column) in names {
        api.sql(&format!("UPDATE tblhosting SET {column} = 'x'")).await;
        api.reply(&format!("action=UpdateClientProduct&serviceid=1&unset[]={name}")).await;
        assert_eq!(api.rows(&format!("{column} = ''"), "tblhosting WHERE id = 1").await, ["1"], "{name}");
        assert_eq!(api.rows(&format!("{column} = ''"), "tblhosting WHERE id = 2").await, ["0"], "another: {name}");
    }
    api.sql("UPDATE tblhosting SET notes = 'x', ns1 = 'x', termination_date = '2026-01-01' WHERE id = 1").await;
    let request = "serviceid=1&unset[0]=notes&unset[1]=ns1&ns1=y&terminationdate=0000-00-00";
    api.reply(&format!("action=UpdateClientProduct&{request}")).await;
    assert_eq!(
        api.rows("CONCAT('<', notes, ns1, '>'), termination_date", "tblhosting WHERE id = 1").await,
        ["<> | 0000-00-00"]
    );
    for unset in ["domain,notes", "domain, notes ,", "notes ,domain"] {
        api.sql("UPDATE tblhosting SET domain = 'x', notes = 'x' WHERE id = 1").await;
        api.reply(&format!("action=UpdateClientProduct&serviceid=1&unset={unset}")).await;
        assert_eq!(api.rows("CONCAT('<', domain, notes, '>')", "tblhosting WHERE id = 1").await, ["<>"], "{unset}");
    }
}

#[tokio::test]
async fn sets_custom_fields_of_the_product() {
    let api = with_orders().await;
    let update = async |fields: &str| api.reply(&format!("action=UpdateClientProduct&serviceid=1&{fields}")).await;
    let values =
        async || api.rows("fieldid, value", "tblcustomfieldsvalues WHERE relid = 1 ORDER BY fieldid, id").await;
    // Field 4 belongs to clients, and field 9 does not exist.
    update("customfields[2]=Else&customfields[3]=7&customfields[4]=x&customfields[9]=x&customfields[x]=x").await;
    assert_eq!(values().await, ["2 | Else", "3 | 7", "4 | Of client 1", "10 | Of addon 1"]);
    // a:1:{i:2;s:5:"Yahoo";}
    update("customfields=YToxOntpOjI7czo1OiJZYWhvbyI7fQ%3D%3D").await;
    update("customfields[3]=").await;
    assert_eq!(values().await, ["2 | Yahoo", "3 | ", "4 | Of client 1", "10 | Of addon 1"]);
    assert_eq!(
        api.rows("created_at, updated_at", "tblcustomfieldsvalues WHERE relid = 1 AND fieldid = 3").await,
        ["2026-11-20 12:30:00 | 2026-11-20 12:30:00"]
    );
    update("pid=3&customfields[2]=x").await;
    assert_eq!(values().await[0], "2 | Yahoo", "the other product does not have it");
}

#[tokio::test]
async fn sets_configurable_options_of_the_product() {
    let api = with_orders().await;
    for (request, expected) in [
        ("configoptions[10]=102", "10 | 102 | 1"),
        // a:1:{i:10;s:3:"101";}
        ("configoptions=YToxOntpOjEwO3M6MzoiMTAxIjt9", "10 | 101 | 1"),
        ("configoptions[10][optionid]=102&configoptions[10][qty]=0", "10 | 102 | 1"),
        ("configoptions[11][optionid]=111&configoptions[11][qty]=5", "11 | 111 | 5"),
        ("configoptions[11][qty]=4", "11 | 111 | 4"),
        ("configoptions[11]=2", "11 | 111 | 2"),
        ("configoptions[12]=0", "12 | 121 | 0"),
        ("configoptions[12]=1", "12 | 121 | 1"),
        ("configoptions[12][optionid]=121&configoptions[12][qty]=0", "12 | 121 | 0"),
        ("configoptions[12]=121", "12 | 121 | 1"),
        ("configoptions[13]=131", "13 | 131 | 1"),
        // An option that the service did not have yet, and an option of another product.
        ("configoptions[4]=2&configoptions[6]=1&configoptions[10]=", "4 | 2 | 1"),
    ] {
        api.reply(&format!("action=UpdateClientProduct&serviceid=1&{request}")).await;
        let options = options(&api).await;
        assert!(options.contains(&expected.to_owned()), "{request}: {options:?}");
    }
    assert_eq!(options(&api).await.len(), 5);
    assert_eq!(api.rows("optionid", "tblhostingconfigoptions WHERE relid = 4").await, ["102"], "another service");
}

#[tokio::test]
async fn works_out_the_recurring_amount() {
    let api = with_orders().await;
    let amount = async |request: &str| {
        api.reply(&format!("action=UpdateClientProduct&serviceid=1&autorecalc=1&recurringamount=99&{request}")).await;
        api.rows("amount", "tblhosting WHERE id = 1").await.remove(0)
    };
    // A small disk has no price, three addresses are 1.50 each, a backup is 2.
    for (request, expected) in [
        ("", "32.49"),
        ("configoptions[10]=102", "36.49"),
        ("configoptions[11]=5&configoptions[12]=0", "37.49"),
        ("configoptions[10]=101&configoptions[11]=1", "27.49"),
        ("promoid=1", "24.74"),
        ("", "24.74"),
        ("promoid=2", "27.49"),
        ("promoid=3", "22.49"),
        ("promoid=4", "7.00"),
        ("promoid=0", "27.49"),
        ("billingcycle=onetime", "0.00"),
        ("billingcycle=free", "0.00"),
        ("billingcycle=Monthly", "27.49"),
    ] {
        assert_eq!(amount(request).await, expected, "{request}");
    }
    api.sql("UPDATE tblhosting SET qty = 3, promoid = 3, promocount = 1 WHERE id = 1").await;
    assert_eq!(amount("").await, "67.47");
    api.sql("UPDATE tblhosting SET promocount = 2 WHERE id = 1").await;
    assert_eq!(amount("").await, "82.47", "the promotion was for two terms");
    assert_eq!(amount("pid=3").await, "180.00", "the product has other options");
}

/// The promotion gives the same discount as for a new order.
#[tokio::test]
async fn a_promotion_takes_off_what_it_does_in_an_order() {
    let api = with_orders().await;
    api.sql("UPDATE tblpricing SET monthly = 11.25 WHERE type = 'product' AND relid = 1 AND currency = 1").await;
    api.sql("DELETE FROM tblhostingconfigoptions; UPDATE tblhosting SET promoid = 1, qty = 3 WHERE id = 1").await;
    let none = "value = 10, applyonce = 0, cycles = '', appliesto = ''";
    for (change, quantity, expected) in [
        ("value = 10", 1, "10.12"),
        ("value = 10", 3, "30.37"),
        ("applyonce = 1", 3, "32.62"),
        ("cycles = 'Annually'", 1, "11.25"),
        ("cycles = 'Annually,Monthly'", 1, "10.12"),
        ("appliesto = '2,A1'", 1, "11.25"),
        ("appliesto = '2,1'", 1, "10.12"),
        ("value = -10", 1, "11.25"),
        ("value = 250", 1, "0.00"),
    ] {
        api.sql(&format!("UPDATE tblpromotions SET {none} WHERE id = 1")).await;
        api.sql(&format!("UPDATE tblpromotions SET {change} WHERE id = 1")).await;
        api.sql(&format!("UPDATE tblhosting SET qty = {quantity} WHERE id = 1")).await;
        api.reply("action=UpdateClientProduct&serviceid=1&autorecalc=1").await;
        assert_eq!(api.rows("amount", "tblhosting WHERE id = 1").await, [expected], "{change} {quantity}");
    }
}

#[tokio::test]
async fn another_promotion_begins_anew() {
    let api = with_orders().await;
    for (request, count) in [("promoid=3", "2"), ("notes=x", "2"), ("promoid=4", "0")] {
        api.sql("UPDATE tblhosting SET promoid = 3, promocount = 2 WHERE id = 1").await;
        api.reply(&format!("action=UpdateClientProduct&serviceid=1&{request}")).await;
        assert_eq!(api.rows("promocount", "tblhosting WHERE id = 1").await, [count], "{request}");
    }
}

/// Service 2 is two of product 3, of which seven are in stock; stock of product 1 is counted here, too.
#[tokio::test]
async fn what_ends_or_changes_is_counted_in_stock() {
    let api = with_orders().await;
    api.sql("UPDATE tblproducts SET stockcontrol = 1 WHERE id = 1").await;
    let stock = async || api.rows("qty", "tblproducts WHERE id IN (1, 3) ORDER BY id").await.join(" ");
    for (request, expected) in [
        ("status=Active", "9 7"),
        ("status=Cancelled", "9 9"),
        ("status=Fraud", "9 9"),
        ("status=Cancelled&pid=1", "9 9"),
        ("status=Pending", "7 9"),
        ("pid=3", "9 7"),
        ("pid=3&notes=x", "9 7"),
        ("pid=1&status=Terminated", "7 9"),
    ] {
        api.reply(&format!("action=UpdateClientProduct&serviceid=2&{request}")).await;
        assert_eq!(stock().await, expected, "{request}");
    }
    api.sql("UPDATE tblproducts SET qty = 1").await;
    api.refuse("action=UpdateClientProduct&serviceid=2&pid=3", "Product ID 3 is out of stock").await;
    api.reply("action=UpdateClientProduct&serviceid=2&status=Fraud").await;
    assert_eq!(stock().await, "3 1");
    // The service's product was deleted.
    api.reply("action=UpdateClientProduct&serviceid=5&status=Active").await;
    api.reply("action=UpdateClientProduct&serviceid=5&status=Cancelled").await;
    assert_eq!(stock().await, "3 1");
}

#[tokio::test]
async fn prices_are_those_of_the_clients_currency() {
    let api = with_orders().await;
    api.sql("UPDATE tblhosting SET userid = 2, promoid = 3 WHERE id = 1").await;
    for (request, expected) in
        [("configoptions[10]=102", "23.49"), ("billingcycle=Annually&configoptions[10]=102", "265.50")]
    {
        api.reply(&format!("action=UpdateClientProduct&serviceid=1&autorecalc=1&{request}")).await;
        assert_eq!(api.rows("amount", "tblhosting WHERE id = 1").await, [expected], "{request}");
    }
}

#[tokio::test]
async fn refuses_what_it_cannot_store() {
    let api = with_orders().await;
    let amount = "Amount must be in decimal format: ### or ###.##";
    let date = "Date Format is not Valid";
    let too_long = format!("serviceid=1&notes={}", "x".repeat(65_536));
    let unset = "unset can only name domain, serviceusername, servicepassword, subscriptionid, ns1, ns2, dedicatedip, \
                 assignedips, notes, suspendreason";
    let not_offered = "The product is not offered for this billing cycle in the client's currency";
    let megabytes = |name| format!("{name} must be a whole number of megabytes, at most 2147483647");
    let unfit = |option| format!("configoptions: option {option} cannot be set to this");
    for (request, message) in [
        ("pid=9", "Service ID Not Found"),
        ("serviceid=9", "Service ID Not Found"),
        ("serviceid=x&status=Lost", "Service ID Not Found"),
        ("serviceid=1&pid=9", "Product ID Not Found"),
        ("serviceid=1&pid=x", "Product ID Not Found"),
        ("serviceid=1&serverid=9", "Server ID Not Found"),
        ("serviceid=1&serverid=-1", "Server ID Not Found"),
        ("serviceid=1&promoid=9", "Promotion ID Not Found"),
        ("serviceid=1&regdate=2026-02-30", date),
        ("serviceid=1&nextduedate=tomorrow", date),
        ("serviceid=1&terminationdate=0000-00-01", date),
        ("serviceid=1&overidesuspenduntil=01/02/2026", date),
        ("serviceid=1&firstpaymentamount=ten", amount),
        ("serviceid=1&recurringamount=-1", amount),
        (
            "serviceid=1&paymentmethod=cash",
            "Invalid Payment Method. Valid options include paypal,stripe,banktransfer,mailin",
        ),
        ("serviceid=1&paymentmethod[]=paypal", "paymentmethod must be a text"),
        ("serviceid=1&billingcycle=Fortnightly", "Invalid Billing Cycle"),
        ("serviceid=1&status=Lost", "Invalid status Lost"),
        ("serviceid=1&diskusage=2147483648", &megabytes("diskusage")),
        ("serviceid=1&bwlimit=-1", &megabytes("bwlimit")),
        ("serviceid=1&unset=status", unset),
        ("serviceid=1&unset[]=notes&unset[]=x", unset),
        ("serviceid=1&unset=notes,x", unset),
        (&too_long, "notes is too long: at most 65535 bytes are allowed"),
        ("serviceid=1&customfields=x", "customfields: not base64"),
        ("serviceid=1&customfields[2][a]=x", "customfields: a value is an array"),
        ("serviceid=1&configoptions=aToxOw==", "configoptions: not an array"),
        ("serviceid=1&configoptions[10]=111", &unfit(10)),
        ("serviceid=1&configoptions[10]=Small", &unfit(10)),
        ("serviceid=1&configoptions[10][optionid][]=101", &unfit(10)),
        ("serviceid=1&configoptions[11]=0", &unfit(11)),
        ("serviceid=1&configoptions[11]=6", &unfit(11)),
        ("serviceid=1&configoptions[11][optionid]=101&configoptions[11][qty]=2", &unfit(11)),
        ("serviceid=1&configoptions[12]=2", &unfit(12)),
        ("serviceid=1&configoptions[12][qty]=2", &unfit(12)),
        ("serviceid=1&autorecalc=1&billingcycle=Quarterly", not_offered),
        ("serviceid=5&autorecalc=1", not_offered),
    ] {
        api.refuse(&format!("action=UpdateClientProduct&{request}"), message).await;
    }
}
