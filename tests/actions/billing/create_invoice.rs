use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["CreateInvoice&userid=1&itemdescription1=x&itemamount1=2"],
    setup: concat!(
        include_str!("../../support/fixtures/mail.sql"),
        include_str!("../../support/fixtures/people/recipients.sql"),
        include_str!("../../support/fixtures/invoice_numbers.sql"),
        "INSERT INTO tblhosting (id, userid) VALUES (1000, 1); INSERT INTO tbldomains (id, userid) VALUES (1000, 1); \
         INSERT INTO tblhostingaddons (id, hostingid) VALUES (1000, 1000)",
    ),
    writing: &[
        "AddCredit&clientid=1&amount=50&description=x",
        "CreateInvoice&userid=1&itemdescription1=x&itemamount1=10&autoapplycredit=1&sendinvoice=1",
        "CreateInvoice&userid=2&itemdescription1=x&itemamount1=10&itemtaxed1=1&draft=1",
        "CreateInvoice&userid=1&itemdescription1=x&itemamount1=10",
        "CreateInvoice&userid=3&itemdescription1=x&itemamount1=10&sendinvoice=1",
        "CreateInvoice&userid=1&itemamount1=1&itemtype1=Hosting&itemrelid1=1000&itemamount2=1&itemtype2=Addon&itemrelid2=1000&itemamount3=1&itemtype3=Domain&itemrelid3=1000",
    ],
    every_parameter: "CreateInvoice&userid=1&status=Unpaid&draft=0&sendinvoice=0&paymentmethod=paypal&taxrate=10&taxrate2=5&date=2026-11-20&duedate=2026-12-20&notes=x&autoapplycredit=0&itemdescription1=Line&itemamount1=5&itemtaxed1=1&itemtype1=Item&itemrelid1=0",
};

const INVOICE: &str = "id, userid, date, duedate, datepaid, subtotal, credit, tax, tax2, total, taxrate, taxrate2, status, \
                       paymentmethod, notes";
const LINES: &str = "userid, type, description, amount, taxed, duedate, paymentmethod";

#[tokio::test]
async fn creates_the_documented_example() {
    let api = TestApi::new().await;
    api.check(
        "action=CreateInvoice&userid=1&status=Unpaid&sendinvoice=0&paymentmethod=mailin&taxrate=10.00&date=2016-01-01\
         &duedate=2016-01-08&itemdescription1=Sample+Invoice+Item&itemamount1=15.95&itemtaxed1=0\
         &itemdescription2=Sample+Second+Invoice+Item&itemamount2=1.00&itemtaxed2=1&autoapplycredit=0",
        r#"{"result":"success","invoiceid":1,"status":"Unpaid"}"#,
    )
    .await;
    assert_eq!(
        api.rows(INVOICE, "tblinvoices").await,
        [
            "1 | 1 | 2016-01-01 | 2016-01-08 | 0000-00-00 00:00:00 | 16.95 | 0.00 | 0.10 | 0.00 | 17.05 | 10.000 | 0.000 | \
          Unpaid | mailin | "
        ]
    );
    assert_eq!(
        api.rows(LINES, "tblinvoiceitems ORDER BY id").await,
        [
            "1 |  | Sample Invoice Item | 15.95 | 0 | 2016-01-08 | mailin",
            "1 |  | Sample Second Invoice Item | 1.00 | 1 | 2016-01-08 | mailin",
        ]
    );
    let log = api.rows("description, userid", "tblactivitylog").await;
    assert_eq!(log, ["Created Invoice - Invoice ID: 1 - Total: 17.05 | 1"]);
}

#[tokio::test]
async fn fills_in_what_is_not_given() {
    let api = TestApi::new().await;
    // The client's own gateway where it is active, else the first; today, and 14 days to pay; a line may have gaps.
    for (request, invoice) in [
        (
            "userid=1",
            "1 | 1 | 2026-11-20 | 2026-12-04 | 2026-11-20 12:30:00 | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | 0.000 | 0.000 | Paid | paypal | ",
        ),
        (
            "userid=2&notes=Thanks",
            "2 | 2 | 2026-11-20 | 2026-12-04 | 2026-11-20 12:30:00 | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | 23.000 | 0.000 | Paid | banktransfer | Thanks",
        ),
        (
            "userid=4&date=2026-01-31",
            "3 | 4 | 2026-01-31 | 2026-02-14 | 2026-11-20 12:30:00 | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | 0.000 | 0.000 | Paid | paypal | ",
        ),
    ] {
        api.reply(&format!("action=CreateInvoice&{request}")).await;
        assert_eq!(api.rows(INVOICE, "tblinvoices ORDER BY id DESC LIMIT 1").await, [invoice]);
    }
}

#[tokio::test]
async fn reads_lines_by_their_numbers() {
    let api = TestApi::new().await;
    api.reply(
        "action=CreateInvoice&userid=1&itemamount10=10&itemdescription10=Ten&itemdescription0=Zero&itemamount0=1\
         &itemdescription3=No+amount&itemdescription5=Five&itemamount5=-2.50&itemtaxed7=1&itemamountx=5&itemamount99999999999=1",
    )
    .await;
    assert_eq!(
        api.rows("description, amount", "tblinvoiceitems ORDER BY id").await,
        ["Zero | 1.00", "No amount | 0.00", "Five | -2.50", "Ten | 10.00"]
    );
    assert_eq!(api.rows("total", "tblinvoices").await, ["8.50"]);
}

#[tokio::test]
async fn taxes_by_place_unless_told_otherwise() {
    let api = TestApi::new().await;
    let line = "itemdescription1=x&itemamount1=100&itemtaxed1=on&itemdescription2=y&itemamount2=50";
    for (client, totals) in [
        ("userid=1", "150.00 | 0.00 | 0.00 | 150.00 | 0.000 | 0.000"),
        ("userid=2", "150.00 | 23.00 | 0.00 | 173.00 | 23.000 | 0.000"),
        ("userid=3", "150.00 | 5.00 | 9.98 | 164.98 | 5.000 | 9.975"),
        ("userid=4", "150.00 | 0.00 | 0.00 | 150.00 | 0.000 | 0.000"),
        ("userid=2&taxrate=10", "150.00 | 10.00 | 0.00 | 160.00 | 10.000 | 0.000"),
        ("userid=3&taxrate=0&taxrate2=1.125", "150.00 | 0.00 | 1.13 | 151.13 | 0.000 | 1.125"),
        ("userid=4&taxrate=10", "150.00 | 10.00 | 0.00 | 160.00 | 10.000 | 0.000"),
    ] {
        api.reply(&format!("action=CreateInvoice&{line}&{client}")).await;
        let written =
            api.rows("subtotal, tax, tax2, total, taxrate, taxrate2", "tblinvoices ORDER BY id DESC LIMIT 1").await;
        assert_eq!(written, [totals], "{client}");
    }
}

#[tokio::test]
async fn follows_the_operators_tax_settings() {
    let api = TestApi::new().await;
    let request = "action=CreateInvoice&userid=2&itemdescription1=x&itemamount1=123&itemtaxed1=1";
    for (setting, totals) in [
        ("UPDATE tblconfiguration SET value = 'Inclusive' WHERE setting = 'TaxType'", "100.00 | 23.00 | 123.00"),
        ("UPDATE tblconfiguration SET value = '' WHERE setting = 'TaxEnabled'", "123.00 | 0.00 | 123.00"),
        // Of several rules of a level, the oldest holds.
        (
            "UPDATE tblconfiguration SET value = 'on' WHERE setting = 'TaxEnabled'; \
          UPDATE tblconfiguration SET value = 'Exclusive' WHERE setting = 'TaxType'; \
          INSERT INTO tbltax (level, name, state, country, taxrate) VALUES (1, 'Newer', 'Lisboa', 'PT', 50)",
            "123.00 | 28.29 | 151.29",
        ),
        (
            "UPDATE tbltax SET country = 'ES' WHERE name = 'VAT'; UPDATE tbltax SET country = '', state = '' WHERE name = 'Newer'",
            "123.00 | 61.50 | 184.50",
        ),
    ] {
        api.sql(setting).await;
        api.reply(request).await;
        assert_eq!(
            api.rows("subtotal, tax, total", "tblinvoices ORDER BY id DESC LIMIT 1").await,
            [totals],
            "{setting}"
        );
    }
}

#[tokio::test]
async fn has_the_status_that_is_asked_for() {
    let api = TestApi::new().await;
    for (request, status, written) in [
        ("", "Unpaid", "Unpaid | 0000-00-00 00:00:00"),
        ("status=paid", "Paid", "Paid | 2026-11-20 12:30:00"),
        ("status=Payment+Pending", "Payment Pending", "Payment Pending | 0000-00-00 00:00:00"),
        ("status=Cancelled", "Cancelled", "Cancelled | 0000-00-00 00:00:00"),
        ("draft=1", "Draft", "Draft | 0000-00-00 00:00:00"),
        ("draft=true&status=Paid", "Draft", "Draft | 0000-00-00 00:00:00"),
        ("draft=0&status=", "Unpaid", "Unpaid | 0000-00-00 00:00:00"),
    ] {
        let reply = api.reply(&format!("action=CreateInvoice&userid=1&itemamount1=5&{request}")).await;
        assert_eq!(reply["status"], status, "{request}");
        assert_eq!(api.rows("status, datepaid", "tblinvoices ORDER BY id DESC LIMIT 1").await, [written], "{request}");
    }
}

#[tokio::test]
async fn applies_credit_when_asked_to() {
    let api = TestApi::new().await;
    for (request, status, invoice, balance) in [
        // Part of the balance pays all; all of the balance pays part; nothing is left.
        (
            "userid=1&itemamount1=60&autoapplycredit=1",
            "Paid",
            "60.00 | 60.00 | 0.00 | Paid | 2026-11-20 12:30:00",
            "40.00",
        ),
        (
            "userid=1&itemamount1=60&autoapplycredit=1",
            "Unpaid",
            "60.00 | 40.00 | 20.00 | Unpaid | 0000-00-00 00:00:00",
            "0.00",
        ),
        (
            "userid=1&itemamount1=60&autoapplycredit=1",
            "Unpaid",
            "60.00 | 0.00 | 60.00 | Unpaid | 0000-00-00 00:00:00",
            "0.00",
        ),
        ("userid=3&itemamount1=5", "Unpaid", "5.00 | 0.00 | 5.00 | Unpaid | 0000-00-00 00:00:00", "30.00"),
        (
            "userid=3&itemamount1=5&autoapplycredit=1&draft=1",
            "Draft",
            "5.00 | 0.00 | 5.00 | Draft | 0000-00-00 00:00:00",
            "30.00",
        ),
        (
            "userid=3&itemamount1=-5&autoapplycredit=1",
            "Paid",
            "-5.00 | 0.00 | -5.00 | Paid | 2026-11-20 12:30:00",
            "30.00",
        ),
        // Of 114.98 with both taxes, 30 are paid.
        (
            "userid=3&itemamount1=100&itemtaxed1=1&autoapplycredit=1",
            "Unpaid",
            "100.00 | 30.00 | 84.98 | Unpaid | 0000-00-00 00:00:00",
            "0.00",
        ),
    ] {
        let reply = api.reply(&format!("action=CreateInvoice&{request}")).await;
        assert_eq!(reply["status"], status, "{request}");
        let written = api
            .rows("i.subtotal, i.credit, i.total, i.status, i.datepaid", "tblinvoices i ORDER BY id DESC LIMIT 1")
            .await;
        assert_eq!(written, [invoice], "{request}");
        let client = &request[7..8];
        assert_eq!(api.rows("credit", &format!("tblclients WHERE id = {client}")).await, [balance], "{request}");
    }
    assert_eq!(
        api.rows("clientid, admin_id, date, description, amount, relid", "tblcredit WHERE id > 2 ORDER BY id").await,
        [
            "1 | 1 | 2026-11-20 | Credit Applied to Invoice #1 | -60.00 | 0",
            "1 | 1 | 2026-11-20 | Credit Applied to Invoice #2 | -40.00 | 0",
            "3 | 1 | 2026-11-20 | Credit Applied to Invoice #7 | -30.00 | 0",
        ]
    );
}

#[tokio::test]
async fn sends_the_mail_about_it_where_asked_to() {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/mail.sql")).await;
    api.check("action=CreateInvoice&userid=1&itemamount1=5", r#"{"result":"success","invoiceid":1,"status":"Unpaid"}"#)
        .await;
    assert_eq!(api.rows("id", "tblemails").await, [""; 0]);
    api.check(
        "action=CreateInvoice&userid=1&itemamount1=5&sendinvoice=1",
        r#"{"result":"success","invoiceid":2,"status":"Unpaid"}"#,
    )
    .await;
    let mails = api.rows("userid, subject, `to`, cc, bcc", "tblemails").await;
    assert_eq!(mails, ["1 | Invoice 2 | one@example.com | accountant@example.com | archive@atlantic.example"]);
    // One that is too long for a mail is an invoice all the same.
    let lines: Vec<String> = (0..3).map(|line| format!("&itemdescription{line}={}", "é".repeat(30_000))).collect();
    api.reply(&format!("action=CreateInvoice&userid=1&sendinvoice=1{}", lines.concat())).await;
    let kept = api.rows("subject, LENGTH(message)", "tblemails ORDER BY id DESC LIMIT 1").await;
    assert_eq!(kept, ["Invoice 3 | 65535"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = TestApi::new().await;
    let draft = "Cannot create and send a draft invoice in a single API request. Please create and send separately.";
    let amount = "Amount must be in decimal format: ### or ###.##";
    let rate = "Tax Rate must be in decimal format: ### or ###.###";
    let gateways = "Invalid Payment Method. Valid options include paypal,stripe,banktransfer,mailin";
    let too_long = format!("userid=1&itemamount1=1&itemdescription1={}", "x".repeat(65_536));
    for (request, message) in [
        ("draft=1&sendinvoice=1&itemamount1=x", "Client ID Not Found"),
        ("userid=9", "Client ID Not Found"),
        ("userid=one", "Client ID Not Found"),
        ("userid=1&draft=1&sendinvoice=1&itemamount1=x", draft),
        ("userid=1&status=Draft&sendinvoice=1", draft),
        ("userid=1&status=Lost", "Invalid status Lost"),
        ("userid=1&paymentmethod=cash", gateways),
        ("userid=1&paymentmethod=PayPal", gateways),
        ("userid=1&taxrate=-1", rate),
        ("userid=1&taxrate=ten", rate),
        ("userid=1&taxrate2=1,2345", rate),
        ("userid=1&date=2023-02-30", "Date Format is not Valid"),
        ("userid=1&date=9999-12-31", "Date Format is not Valid"),
        ("userid=1&duedate=tomorrow", "Date Format is not Valid"),
        ("userid=1&itemamount1=ten", amount),
        ("userid=1&itemdescription[a]=x&itemamount[a]=80", "Each item needs a number: itemdescription[a] has none"),
        ("userid=1&itemamount1=1,005", amount),
        ("userid=1&itemamount1=1&itemamount2=1,50", amount),
        ("userid=1&itemamount1=99999999999999.99&itemamount2=0.01", amount),
        ("userid=2&itemamount1=99999999999999.99&itemtaxed1=1", amount),
        (&too_long, "itemdescription is too long: at most 65535 bytes are allowed"),
    ] {
        api.refuse(&format!("action=CreateInvoice&{request}"), message).await;
    }
}

/// The documentation has the rate override that of the system, and names no exception.
#[tokio::test]
async fn an_explicit_rate_holds_for_an_exempt_client_as_in_update_invoice() {
    let api = TestApi::new().await;
    for (rates, stored) in [
        ("", "0.000 | 0.000 | 0.00 | 0.00 | 100.00"),
        ("&taxrate=10", "10.000 | 0.000 | 10.00 | 0.00 | 110.00"),
        ("&taxrate2=5", "0.000 | 5.000 | 0.00 | 5.00 | 105.00"),
        ("&taxrate=10&taxrate2=5", "10.000 | 5.000 | 10.00 | 5.00 | 115.00"),
        ("&taxrate=0&taxrate2=0", "0.000 | 0.000 | 0.00 | 0.00 | 100.00"),
    ] {
        let lines = "itemdescription1=x&itemamount1=100&itemtaxed1=1";
        let columns = "taxrate, taxrate2, tax, tax2, total";
        api.reply(&format!("action=CreateInvoice&userid=4&{lines}{rates}")).await;
        assert_eq!(api.rows(columns, "tblinvoices ORDER BY id DESC LIMIT 1").await, [stored], "created {rates}");
        let plain = api.reply(&format!("action=CreateInvoice&userid=4&{lines}")).await;
        api.reply(&format!("action=UpdateInvoice&invoiceid={}{rates}", plain["invoiceid"])).await;
        assert_eq!(api.rows(columns, "tblinvoices ORDER BY id DESC LIMIT 1").await, [stored], "updated {rates}");
    }
}

#[tokio::test]
async fn a_line_may_be_for_a_service_an_addon_a_domain_or_credit() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblhosting (id, userid) VALUES (7, 1), (8, 2); \
         INSERT INTO tblhostingaddons (id, hostingid) VALUES (7, 7), (8, 8); \
         INSERT INTO tbldomains (id, userid) VALUES (7, 1), (8, 2)",
    )
    .await;
    let create = "action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=5";
    for (line, stored) in [
        ("", " | 0"),
        ("&itemtype1=&itemrelid1=", " | 0"),
        ("&itemtype1=Item&itemrelid1=0", " | 0"),
        ("&itemtype1=addfunds", "AddFunds | 0"),
        ("&itemtype1=Hosting&itemrelid1=7", "Hosting | 7"),
        ("&itemtype1=SETUP&itemrelid1=7", "Setup | 7"),
        ("&itemtype1=Addon&itemrelid1=7", "Addon | 7"),
        ("&itemtype[1]=Domain&itemrelid[1]=7", "Domain | 7"),
        ("&itemtype1=DomainRegister&itemrelid1=7", "DomainRegister | 7"),
        ("&itemtype1=DomainTransfer&itemrelid1=7", "DomainTransfer | 7"),
    ] {
        let created = api.reply(&format!("{create}{line}")).await;
        let invoice = format!("tblinvoiceitems WHERE invoiceid = {}", created["invoiceid"]);
        assert_eq!(api.rows("type, relid", &invoice).await, [stored], "{line}");
    }
    let before = api.rows("COUNT(*)", "tblinvoices").await;
    let valid = "Item, AddFunds, Hosting, Setup, Addon, DomainRegister, DomainTransfer, Domain";
    let without_type = "itemrelid needs an itemtype of a service, addon or domain".to_owned();
    for (line, message) in [
        ("&itemtype1=Invoice&itemrelid1=1", format!("Invalid itemtype Invoice. Valid types are: {valid}")),
        ("&itemtype1=Gift", format!("Invalid itemtype Gift. Valid types are: {valid}")),
        ("&itemtype1=Hosting&itemrelid1=x", "itemrelid must be an ID".to_owned()),
        ("&itemtype1=Hosting&itemrelid1=8", "itemrelid: the client has no service with the ID 8".to_owned()),
        ("&itemtype1=Hosting", "itemrelid: the client has no service with the ID 0".to_owned()),
        ("&itemtype1=Setup&itemrelid1=99", "itemrelid: the client has no service with the ID 99".to_owned()),
        ("&itemtype1=Addon&itemrelid1=8", "itemrelid: the client has no addon with the ID 8".to_owned()),
        ("&itemtype1=Domain&itemrelid1=8", "itemrelid: the client has no domain with the ID 8".to_owned()),
        ("&itemrelid1=7", without_type.clone()),
        ("&itemtype1=AddFunds&itemrelid1=7", without_type),
        ("&itemtype2=AddFunds&itemamount2=0", "No Amount Provided".to_owned()),
        ("&itemtype2=AddFunds&itemamount2=-5", "Amount must be in decimal format: ### or ###.##".to_owned()),
    ] {
        api.refuse(&format!("{create}{line}"), &message).await;
    }
    assert_eq!(api.rows("COUNT(*)", "tblinvoices").await, before);
}

#[tokio::test]
async fn a_paid_line_of_type_add_funds_becomes_credit_once() {
    let api = TestApi::new().await;
    let create = "action=CreateInvoice&userid=2&itemamount1=5&itemamount2=20&itemtype2=AddFunds";
    api.reply(create).await;
    api.reply("action=AddInvoicePayment&invoiceid=1&transid=T1&amount=24").await;
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["0.00"]);
    api.reply("action=AddInvoicePayment&invoiceid=1&transid=T2").await;
    api.reply("action=UpdateInvoice&invoiceid=1&status=Unpaid").await;
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["20.00"]);
    // An invoice that is created as Paid has received nothing, so it gives nothing.
    api.reply(&format!("{create}&status=Paid")).await;
    assert_eq!(api.rows("credit", "tblclients WHERE id = 2").await, ["20.00"]);
    // Credit that pays for credit leaves the balance as it is.
    api.reply("action=CreateInvoice&userid=1&itemamount1=30&itemtype1=AddFunds&autoapplycredit=1").await;
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["100.00"]);
}
