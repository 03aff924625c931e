use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpdateQuote&quoteid=2&stage=On+Hold&lineitems[0][desc]=x&lineitems[0][up]=5"],
    setup: include_str!("../../support/fixtures/quotes.sql"),
    writing: &[
        "UpdateQuote&quoteid=1&lineitems[0][id]=1&lineitems[0][up]=5&lineitems[1][desc]=x",
        "UpdateQuote&quoteid=2&userid=1",
        "UpdateQuote&quoteid=2&userid=0&currency=2",
    ],
    every_parameter: "UpdateQuote&quoteid=1&subject=x&stage=Draft&validuntil=2026-12-31&datecreated=2026-11-01&userid=1&firstname=a&lastname=b&companyname=c&email=a@example.com&address1=d&address2=e&city=f&state=g&postcode=h&country=PT&phonenumber=1&tax_id=i&currency=1&proposal=j&customernotes=k&adminnotes=l&lineitems[0][id]=1&lineitems[0][desc]=x&lineitems[0][qty]=1&lineitems[0][up]=5&lineitems[0][discount]=1&lineitems[0][taxable]=1",
};

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/quotes.sql")).await;
    api
}

const QUOTE: &str = "subject, stage, validuntil, userid, firstname, country, currency, subtotal, tax1, total, proposal, \
     datecreated, lastmodified, datesent, dateaccepted";
const ITEMS: &str = "id, quoteid, description, quantity, unitprice, discount, taxable";

#[tokio::test]
async fn changes_what_is_given() {
    let api = api().await;
    // What stays as it is, as a whole.
    let client = "A website | Draft | 2026-12-31 | 2 |  |  | 2 | 200.00 | 46.00 | 246.00 | As you like it | 2026-11-01";
    let guest = "A logo | On Hold | 2026-12-01 | 0 | Ada | PT | 2 | 50.00 | 11.50 | 61.50 |  | 2026-11-03";
    for (request, quote, before, after) in [
        ("quoteid=1", 1, "", ""),
        ("quoteid=1&subject=&stage=&validuntil=&userid=", 1, "", ""),
        ("quoteid=1&stage=lost", 1, "| Draft |", "| Lost |"),
        ("quoteid=1&stage=Accepted", 1, "| Draft |", "| Accepted |"),
        ("quoteid=1&subject=A+shop", 1, "A website", "A shop"),
        ("quoteid=1&validuntil=31/01/2027", 1, "2026-12-31", "2027-01-31"),
        ("quoteid=1&datecreated=2026-10-31", 1, "2026-11-01", "2026-10-31"),
        ("quoteid=1&proposal=", 1, "| As you like it |", "|  |"),
        // A client's quote takes no name.
        ("quoteid=1&firstname=Ada&country=US&currency=1", 1, "", ""),
        ("quoteid=2&firstname=Bea", 2, "| Ada |", "| Bea |"),
        // Whoever it is for, and where they are, decides on the taxes.
        ("quoteid=2&country=US", 2, "PT | 2 | 50.00 | 11.50 | 61.50", "US | 2 | 50.00 | 0.00 | 50.00"),
        ("quoteid=2&currency=1", 2, "| PT | 2 |", "| PT | 1 |"),
        (
            "quoteid=1&userid=3",
            1,
            "| 2 |  |  | 2 | 200.00 | 46.00 | 246.00 |",
            "| 3 |  |  | 1 | 200.00 | 10.00 | 229.95 |",
        ),
        (
            "quoteid=2&userid=1",
            2,
            "| 0 | Ada | PT | 2 | 50.00 | 11.50 | 61.50 |",
            "| 1 | Ada | PT | 1 | 50.00 | 0.00 | 50.00 |",
        ),
        (
            "quoteid=1&userid=0&firstname=Cid",
            1,
            "| 2 |  |  | 2 | 200.00 | 46.00 | 246.00 |",
            "| 0 | Cid |  | 2 | 200.00 | 0.00 | 200.00 |",
        ),
    ] {
        api.sql("DELETE FROM tblquotes; DELETE FROM tblquoteitems; DELETE FROM tblemailtemplates; DELETE FROM tblactivitylog")
            .await;
        api.sql(include_str!("../../support/fixtures/quotes.sql")).await;
        api.sql("DELETE FROM tblconfiguration WHERE setting = 'DateFormat'").await;
        api.sql("INSERT INTO tblconfiguration (setting, value) VALUES ('DateFormat', 'DD/MM/YYYY')").await;
        api.check(&format!("action=UpdateQuote&{request}"), r#"{"result":"success"}"#).await;
        let expected = [client, guest][quote - 1];
        assert!(expected.contains(before), "{request}");
        let expected = match before {
            "" => expected.to_owned(),
            before => expected.replacen(before, after, 1),
        };
        let expected = format!("{expected} | 2026-11-20 | 0000-00-00 | 0000-00-00");
        assert_eq!(api.rows(QUOTE, &format!("tblquotes WHERE id = {quote}")).await, [expected], "{request}");
        let items = ["1 | 1 | Design | 2.5 | 100.00 | 20.00 | 1", "2 | 2 | Logo | 1 | 50.00 | 0.00 | 1"];
        assert_eq!(api.rows(ITEMS, "tblquoteitems ORDER BY id").await, items, "{request}");
        let line = format!("Modified Quote - Quote ID: {quote}");
        assert_eq!(api.rows("description", "tblactivitylog").await, [line], "{request}");
    }
}

#[tokio::test]
async fn changes_and_adds_items() {
    let api = api().await;
    let request = "action=UpdateQuote&quoteid=1&lineitems[0][id]=1&lineitems[0][qty]=1&lineitems[1][desc]=Hosting\
         &lineitems[1][up]=12&lineitems[2][id]=2&lineitems[2][desc]=Of+another+quote";
    api.reply(request).await;
    assert_eq!(
        api.rows(ITEMS, "tblquoteitems ORDER BY id").await,
        [
            "1 | 1 | Design | 1 | 100.00 | 20.00 | 1",
            "2 | 2 | Logo | 1 | 50.00 | 0.00 | 1",
            "3 | 1 | Hosting | 1 | 12.00 | 0.00 | 0"
        ]
    );
    let totals = "subtotal, tax1, tax2, total";
    assert_eq!(api.rows(totals, "tblquotes WHERE id = 1").await, ["92.00 | 18.40 | 0.00 | 110.40"]);
    api.reply("action=UpdateQuote&quoteid=1&lineitems[x][id]=1&lineitems[x][taxable]=0").await;
    assert_eq!(api.rows(totals, "tblquotes WHERE id = 1").await, ["92.00 | 0.00 | 0.00 | 92.00"]);
}

/// Other programs store quantities, clients and totals that this one would not.
#[tokio::test]
async fn what_others_have_stored_is_kept() {
    let api = api().await;
    api.sql("UPDATE tblquotes SET userid = 99, total = 1 WHERE id = 1; UPDATE tblquoteitems SET quantity = 'a few'")
        .await;
    api.reply("action=UpdateQuote&quoteid=1&subject=x").await;
    assert_eq!(api.rows("userid, total", "tblquotes WHERE id = 1").await, ["99 | 1.00"]);
    api.refuse(
        "action=UpdateQuote&quoteid=1&lineitems[0][desc]=x",
        "The quantity of the item with the ID 1 is not a number",
    )
    .await;
    api.reply("action=UpdateQuote&quoteid=1&lineitems[0][id]=1&lineitems[0][qty]=3").await;
    assert_eq!(api.rows("userid, total", "tblquotes WHERE id = 1").await, ["99 | 240.00"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = api().await;
    for (request, message) in [
        ("", "Quote ID Not Found"),
        ("quoteid=9&stage=x", "Quote ID Not Found"),
        ("quoteid=x", "Quote ID Not Found"),
        ("quoteid=1&stage=Sent&validuntil=x", "Invalid Stage"),
        ("quoteid=1&validuntil=soon", "Date Format is not Valid"),
        ("quoteid=1&datecreated=soon", "Date Format is not Valid"),
        ("quoteid=1&userid=9", "Client ID Not Found"),
        ("quoteid=1&userid=x", "Client ID Not Found"),
        ("quoteid=2&currency=9", "Currency ID Not Found"),
        ("quoteid=2&country=Atlantis", "Valid country required"),
        ("quoteid=1&lineitems[0][id]=x", "lineitems[0][id] must be an ID"),
        (
            "quoteid=1&lineitems[0][up]=99999999999999.99&lineitems[0][qty]=2",
            "Amount must be in decimal format: ### or ###.##",
        ),
    ] {
        api.refuse(&format!("action=UpdateQuote&{request}"), message).await;
    }
}
