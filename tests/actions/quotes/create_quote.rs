use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["CreateQuote&subject=x&stage=Draft&validuntil=2026-12-31&userid=1&lineitems[0][desc]=x&lineitems[0][up]=5"],
    writing: &[
        "CreateQuote&subject=x&stage=Draft&validuntil=2026-12-31&userid=1&lineitems[0][desc]=x&lineitems[0][up]=5",
        "CreateQuote&subject=x&stage=Draft&validuntil=2026-12-31&email=ada@example.com&currency=2&country=PT",
    ],
    every_parameter: "CreateQuote&subject=x&stage=Draft&validuntil=2026-12-31&datecreated=2026-11-01&userid=1&firstname=a&lastname=b&companyname=c&email=a@example.com&address1=d&address2=e&city=f&state=g&postcode=h&country=PT&phonenumber=1&tax_id=i&currency=1&proposal=j&customernotes=k&adminnotes=l&lineitems[0][desc]=x&lineitems[0][qty]=1&lineitems[0][up]=5&lineitems[0][discount]=1&lineitems[0][taxable]=1",
    ..Calls::NONE
};

const QUOTE: &str = "subject, stage, validuntil, userid, firstname, email, country, currency, subtotal, tax1, tax2, total, \
     proposal, customernotes, adminnotes, datecreated, lastmodified, datesent, dateaccepted";
const ITEMS: &str = "quoteid, description, quantity, unitprice, discount, taxable";

/// The documented example: a serialized array, and a day in the operator's format.
#[tokio::test]
async fn stores_the_documented_example() {
    let api = TestApi::new().await;
    api.sql("INSERT INTO tblconfiguration (setting, value) VALUES ('DateFormat', 'DD/MM/YYYY')").await;
    let items = concat!(
        r#"a:2:{i:0;a:5:{s:4:"desc";s:18:"Test Description 1";s:3:"qty";i:1;s:2:"up";s:5:"10.00";s:8:"discount";s:5:"10.00";s:7:"taxable";b:1;}"#,
        r#"i:1;a:5:{s:4:"desc";s:18:"Test Description 2";s:3:"qty";i:4;s:2:"up";s:5:"15.00";s:8:"discount";s:4:"0.00";s:7:"taxable";b:0;}}"#
    );
    let items = BASE64.encode(items).replace('+', "%2B");
    api.check(
        &format!(
            "action=CreateQuote&subject=Test+Quote+Subject&stage=Draft&userid=3&validuntil=01/01/2027&lineitems={items}"
        ),
        r#"{"result":"success","quoteid":1}"#,
    )
    .await;
    // Client 3 pays 5 % and 9.975 % on 9.00.
    let stored = "Test Quote Subject | Draft | 2027-01-01 | 3 |  |  |  | 1 | 69.00 | 0.45 | 0.90 | 70.35 |  |  |  \
         | 2026-11-20 | 2026-11-20 | 0000-00-00 | 0000-00-00";
    assert_eq!(api.rows(QUOTE, "tblquotes").await, [stored]);
    assert_eq!(
        api.rows(ITEMS, "tblquoteitems ORDER BY id").await,
        ["1 | Test Description 1 | 1 | 10.00 | 10.00 | 1", "1 | Test Description 2 | 4 | 15.00 | 0.00 | 0"]
    );
    let log = api.rows("description, userid", "tblactivitylog").await;
    assert_eq!(log, ["Created Quote - Quote ID: 1 - Total: 70.35 | 3"]);
}

#[tokio::test]
async fn stores_what_is_asked_for() {
    let api = TestApi::new().await;
    for (request, stored, items) in [
        // A client's own name is not repeated.
        (
            "userid=1&firstname=Ada&country=PT&currency=2&proposal=p&customernotes=c&adminnotes=a&datecreated=2026-11-01",
            "1 |  |  |  | 1 | 0.00 | 0.00 | 0.00 | 0.00 | p | c | a | 2026-11-01",
            &[][..],
        ),
        (
            "userid=0&firstname=Ada&email=ada@example.com&country=PT&currency=2&lineitems[0][desc]=x&lineitems[0][up]=10\
             &lineitems[0][taxable]=1",
            "0 | Ada | ada@example.com | PT | 2 | 10.00 | 2.30 | 0.00 | 12.30 |  |  |  | 2026-11-20",
            &["x | 1 | 10.00 | 0.00 | 1"],
        ),
        ("", "0 |  |  |  | 1 | 0.00 | 0.00 | 0.00 | 0.00 |  |  |  | 2026-11-20", &[]),
        // Quantities and amounts as programs with floats write them; an exempt client; a row without a value.
        (
            "userid=4&lineitems[7][desc]=x&lineitems[7][qty]=2.50&lineitems[7][up]=9.999&lineitems[7][discount]=12.5\
             &lineitems[7][taxable]=1&lineitems[8][desc]=&lineitems[8][taxable]=1&lineitems[9][up]=-1&lineitems[9][qty]=0",
            "4 |  |  |  | 1 | 21.88 | 0.00 | 0.00 | 21.88 |  |  |  | 2026-11-20",
            &["x | 2.5 | 10.00 | 12.50 | 1", " | 0 | -1.00 | 0.00 | 0"],
        ),
    ] {
        let reply =
            api.reply(&format!("action=CreateQuote&subject=x&stage=on+hold&validuntil=2026-12-31&{request}")).await;
        let id = reply["quoteid"].to_string();
        let columns = "userid, firstname, email, country, currency, subtotal, tax1, tax2, total, proposal, customernotes, \
             adminnotes, datecreated";
        assert_eq!(api.rows(columns, &format!("tblquotes WHERE id = {id}")).await, [stored], "{request}");
        assert_eq!(api.rows("stage", &format!("tblquotes WHERE id = {id}")).await, ["On Hold"]);
        let columns = "description, quantity, unitprice, discount, taxable";
        assert_eq!(
            api.rows(columns, &format!("tblquoteitems WHERE quoteid = {id} ORDER BY id")).await,
            items,
            "{request}"
        );
    }
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = TestApi::new().await;
    let amount = "Amount must be in decimal format: ### or ###.##";
    let most = "99999999999999.99";
    for (request, message) in [
        ("stage=x", "Subject is required"),
        ("subject=&stage=Draft", "Subject is required"),
        ("subject=x", "Invalid Stage"),
        ("subject=x&stage=Sent", "Invalid Stage"),
        ("subject=x&stage=Draft", "Valid Until is required"),
        ("subject=x&stage=Draft&validuntil=0000-00-00", "Valid Until is required"),
        ("subject=x&stage=Draft&validuntil=soon&userid=9", "Date Format is not Valid"),
        ("subject=x&stage=Draft&validuntil=2026-12-31&datecreated=soon", "Date Format is not Valid"),
        ("subject=x&stage=Draft&validuntil=2026-12-31&userid=9", "Client ID Not Found"),
        ("subject=x&stage=Draft&validuntil=2026-12-31&userid=x", "Client ID Not Found"),
        ("subject=x&stage=Draft&validuntil=2026-12-31&currency=9", "Currency ID Not Found"),
        ("subject=x&stage=Draft&validuntil=2026-12-31&email=ada", "The email address entered is not valid"),
        ("subject=x&stage=Draft&validuntil=2026-12-31&lineitems=x", "lineitems: not base64"),
        ("subject=x&stage=Draft&validuntil=2026-12-31&lineitems[0]=x", "lineitems[0] must be an array"),
        ("subject=x&stage=Draft&validuntil=2026-12-31&lineitems[a][up]=much", amount),
        ("subject=x&stage=Draft&validuntil=2026-12-31&lineitems[a][qty]=many", "lineitems[a][qty] must be a number"),
        (
            "subject=x&stage=Draft&validuntil=2026-12-31&lineitems[0][discount]=half",
            "lineitems[0][discount] must be in decimal format: ### or ###.##",
        ),
        (&format!("subject=x&stage=Draft&validuntil=2026-12-31&lineitems[0][up]={most}&lineitems[0][qty]=2"), amount),
        (
            &format!("subject=x&stage=Draft&validuntil=2026-12-31&lineitems[0][up]={most}&lineitems[1][up]={most}"),
            amount,
        ),
    ] {
        api.refuse(&format!("action=CreateQuote&{request}"), message).await;
    }
}
