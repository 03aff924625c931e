use whmcs_api::config::Compat;

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["CreateInvoice&userid=1&itemdescription1=x&itemamount1=2", "UpdateInvoice&invoiceid={invoiceid}&notes=x"],
    writing: &[
        "CreateInvoice&userid=2&itemdescription1=x&itemamount1=10&itemtaxed1=1&draft=1",
        "UpdateInvoice&invoiceid={invoiceid}&publish=1&paymentmethod=mailin&itemdescription[3]=x&itemamount[3]=20&itemtaxed[3]=1&newitemdescription[0]=y&newitemamount[0]=5",
        "UpdateInvoice&invoiceid={invoiceid}&deletelineids[]=3",
        "UpdateInvoice&invoiceid={invoiceid}&newitemdescription=x&newitemamount=1&newitemtype[0]=Hosting&newitemtype[1]=Addon&newitemtype[2]=Domain&newitemrelid=1000",
        "UpdateInvoice&invoiceid={invoiceid}&status=Paid",
    ],
    setup: concat!(
        include_str!("../../support/fixtures/invoice_numbers.sql"),
        "INSERT INTO tblhosting (id, userid) VALUES (1000, 2); INSERT INTO tbldomains (id, userid) VALUES (1000, 2); \
         INSERT INTO tblhostingaddons (id, hostingid) VALUES (1000, 1000)"
    ),
    every_parameter: "UpdateInvoice&invoiceid=22&status=Unpaid&paymentmethod=paypal&taxrate=1&taxrate2=1&credit=0&date=2026-11-20&duedate=2026-11-20&datepaid=2026-11-20&notes=x&publish=0&publishandsendemail=0&itemdescription[1]=x&itemamount[1]=1&itemtaxed[1]=1&newitemdescription[0]=x&newitemamount[0]=1&newitemtaxed[0]=1&newitemtype[0]=Item&newitemrelid[0]=0&deletelineids[0]=999",
};

const NEVER: &str = "0000-00-00 00:00:00";
const TOTALS: &str = "subtotal, tax, tax2, credit, total";

/// An invoice of a client in Portugal, with lines 1 and 2, of which the first is taxed.
async fn with_invoice(compat: Compat, more: &str) -> TestApi {
    let api = TestApi::with(compat).await;
    let lines = "itemdescription1=One&itemamount1=100&itemtaxed1=1&itemdescription2=Two&itemamount2=50";
    api.reply(&format!("action=CreateInvoice&userid=2&{lines}&{more}")).await;
    api
}

#[tokio::test]
async fn the_totals_follow_from_the_lines_and_rates() {
    let api = with_invoice(Compat::default(), "").await;
    assert_eq!(api.rows(TOTALS, "tblinvoices").await, ["150.00 | 23.00 | 0.00 | 0.00 | 173.00"]);
    for (request, totals) in [
        ("taxrate=10&taxrate2=5", "150.00 | 10.00 | 5.00 | 0.00 | 165.00"),
        ("itemdescription[2]=Two&itemamount[2]=60.50&itemtaxed[2]=1", "160.50 | 16.05 | 8.03 | 0.00 | 184.58"),
        (
            "newitemdescription[0]=Three&newitemamount[0]=10&newitemtaxed[0]=0&newitemdescription[1]=Four&newitemamount[1]=",
            "170.50 | 16.05 | 8.03 | 0.00 | 194.58",
        ),
        ("deletelineids[]=2&deletelineids[]=&deletelineids[]=4", "110.00 | 10.00 | 5.00 | 0.00 | 125.00"),
        (
            "itemdescription[1]=One&itemamount[1]=-3&itemtaxed[1]=false&itemdescription[99]=No&itemamount[99]=1&itemtaxed[99]=1",
            "7.00 | 0.00 | 0.00 | 0.00 | 7.00",
        ),
        ("notes=Nothing+else", "7.00 | 0.00 | 0.00 | 0.00 | 7.00"),
    ] {
        api.check(&format!("action=UpdateInvoice&invoiceid=1&{request}"), r#"{"result":"success","invoiceid":1}"#)
            .await;
        assert_eq!(api.rows(TOTALS, "tblinvoices").await, [totals], "{request}");
    }
    assert_eq!(
        api.rows("id, invoiceid, userid, type, description, amount, taxed, duedate", "tblinvoiceitems ORDER BY id")
            .await,
        ["1 | 1 | 2 |  | One | -3.00 | 0 | 2026-12-04", "3 | 1 | 2 |  | Three | 10.00 | 0 | 2026-12-04"]
    );
}

#[tokio::test]
async fn taxes_are_worked_out_as_the_operator_chose() {
    for (tax_compound, tax_per_line, tax_type, totals) in [
        (false, false, "Exclusive", "100.24 | 7.02 | 8.02 | 0.00 | 115.28"),
        (true, false, "Exclusive", "100.24 | 7.02 | 8.58 | 0.00 | 115.84"),
        (false, true, "Exclusive", "100.24 | 7.03 | 8.03 | 0.00 | 115.30"),
        (false, false, "Inclusive", "87.17 | 6.10 | 6.97 | 0.00 | 100.24"),
        (true, false, "Inclusive", "86.74 | 6.07 | 7.43 | 0.00 | 100.24"),
    ] {
        let api = TestApi::with(Compat { tax_compound, tax_per_line, ..Compat::default() }).await;
        api.sql(&format!("UPDATE tblconfiguration SET value = '{tax_type}' WHERE setting = 'TaxType'")).await;
        api.reply("action=CreateInvoice&userid=2&itemdescription1=x&itemamount1=1&itemtaxed1=1&taxrate=7&taxrate2=8")
            .await;
        let line = |number: u32, amount: &str| {
            format!("newitemdescription[{number}]=x&newitemamount[{number}]={amount}&newitemtaxed[{number}]=1&")
        };
        let lines = line(0, "100") + &line(1, "0.08") + &line(2, "0.08") + &line(3, "0.08");
        api.reply(&format!("action=UpdateInvoice&invoiceid=1&deletelineids[]=1&{lines}")).await;
        let row = api.rows(TOTALS, "tblinvoices").await;
        assert_eq!(row, [totals], "compound {tax_compound}, per line {tax_per_line}, {tax_type}");
    }
}

#[tokio::test]
async fn sets_what_is_named_and_leaves_the_rest() {
    let api = with_invoice(Compat::default(), "notes=Old&paymentmethod=paypal").await;
    let columns = "status, paymentmethod, date, duedate, datepaid, notes, date_cancelled";
    for (request, row) in [
        ("x=y", format!("Unpaid | paypal | 2026-11-20 | 2026-12-04 | {NEVER} | Old | {NEVER}")),
        ("status=Paid", format!("Paid | paypal | 2026-11-20 | 2026-12-04 | 2026-11-20 12:30:00 | Old | {NEVER}")),
        (
            "status=paid&datepaid=2026-11-01",
            format!("Paid | paypal | 2026-11-20 | 2026-12-04 | 2026-11-01 00:00:00 | Old | {NEVER}"),
        ),
        ("status=Unpaid", format!("Unpaid | paypal | 2026-11-20 | 2026-12-04 | {NEVER} | Old | {NEVER}")),
        (
            "status=Cancelled&paymentmethod=mailin&date=2026-01-02&duedate=2026-02-03&notes=New",
            format!("Cancelled | mailin | 2026-01-02 | 2026-02-03 | {NEVER} | New | 2026-11-20 12:30:00"),
        ),
    ] {
        api.reply(&format!("action=UpdateInvoice&invoiceid=1&{request}")).await;
        assert_eq!(api.rows(columns, "tblinvoices").await, [row], "{request}");
    }
    assert_eq!(api.rows("COUNT(*)", "tblaccounts").await, ["0"]);
    assert_eq!(api.rows("SUM(amount)", "tblinvoiceitems").await, ["150.00"]);
}

#[tokio::test]
async fn a_draft_is_published() {
    let api = with_invoice(Compat::default(), "draft=1").await;
    api.sql(include_str!("../../support/fixtures/mail.sql")).await;
    api.reply("action=UpdateInvoice&invoiceid=1&publish=1").await;
    assert_eq!(api.rows("status", "tblinvoices").await, ["Unpaid"]);
    api.reply("action=CreateInvoice&userid=2&itemamount1=5&draft=1").await;
    api.reply("action=UpdateInvoice&invoiceid=2&publishandsendemail=1").await;
    assert_eq!(api.rows("status", "tblinvoices WHERE id = 2").await, ["Unpaid"]);
    assert_eq!(api.rows("subject", "tblemails").await, ["Invoice 2"]);
}

#[tokio::test]
async fn credit_comes_from_the_balance_and_goes_back_to_it() {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=60").await;
    for (credit, totals, balance) in [
        ("40", "60.00 | 0.00 | 0.00 | 40.00 | 20.00", "60.00"),
        ("15.50", "60.00 | 0.00 | 0.00 | 15.50 | 44.50", "84.50"),
        ("0", "60.00 | 0.00 | 0.00 | 0.00 | 60.00", "100.00"),
    ] {
        api.reply(&format!("action=UpdateInvoice&invoiceid=1&credit={credit}")).await;
        assert_eq!(api.rows(TOTALS, "tblinvoices").await, [totals]);
        assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, [balance]);
    }
    assert_eq!(
        api.rows("description, amount", "tblcredit WHERE clientid = 1 AND id > 2 ORDER BY id").await,
        [
            "Credit Applied to Invoice #1 | -40.00",
            "Credit Removed from Invoice #1 | 24.50",
            "Credit Removed from Invoice #1 | 15.50",
        ]
    );
}

/// No more is taken from the balance than is left to pay, and only for an invoice that is to be paid.
#[tokio::test]
async fn credit_is_not_taken_for_what_is_paid() {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=60").await;
    api.reply("action=AddInvoicePayment&invoiceid=1&gateway=paypal&amount=40").await;
    api.refuse("action=UpdateInvoice&invoiceid=1&credit=20.01", "Amount Exceeds Invoice Balance").await;
    api.reply("action=UpdateInvoice&invoiceid=1&credit=20").await;
    assert_eq!(api.rows("status, credit, total", "tblinvoices").await, ["Paid | 20.00 | 40.00"]);
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["80.00"]);
    for status in ["Paid", "Cancelled"] {
        api.reply(&format!("action=UpdateInvoice&invoiceid=1&status={status}")).await;
        api.refuse("action=UpdateInvoice&invoiceid=1&credit=21", "Invoice Not in Unpaid Status").await;
    }
    api.reply("action=UpdateInvoice&invoiceid=1&credit=5").await;
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["95.00"]);
}

/// An invoice that was issued under other rules keeps what it came to, unless its lines or rates change.
#[tokio::test]
async fn what_an_invoice_came_to_is_not_worked_out_anew_for_its_notes() {
    let api = with_invoice(Compat::default(), "").await;
    api.sql("UPDATE tblconfiguration SET value = 'Inclusive' WHERE setting = 'TaxType'").await;
    for more in ["notes=x", "status=Cancelled", "duedate=2027-01-01&paymentmethod=mailin", "status=Unpaid"] {
        api.reply(&format!("action=UpdateInvoice&invoiceid=1&{more}")).await;
        assert_eq!(api.rows(TOTALS, "tblinvoices").await, ["150.00 | 23.00 | 0.00 | 0.00 | 173.00"], "{more}");
    }
    api.reply("action=UpdateInvoice&invoiceid=1&taxrate=23").await;
    assert_eq!(api.rows(TOTALS, "tblinvoices").await, ["131.30 | 18.70 | 0.00 | 0.00 | 150.00"]);
}

#[tokio::test]
async fn an_added_line_may_be_for_a_service_an_addon_a_domain_or_credit() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblhosting (id, userid) VALUES (7, 1), (8, 2); \
         INSERT INTO tblhostingaddons (id, hostingid) VALUES (7, 7); INSERT INTO tbldomains (id, userid) VALUES (7, 1)",
    )
    .await;
    api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=1").await;
    let update = "action=UpdateInvoice&invoiceid=1&newitemdescription[k]=x&newitemamount[k]=5";
    for (line, stored) in [
        ("", " | 0"),
        ("&newitemtype[k]=&newitemrelid[k]=", " | 0"),
        ("&newitemtype=item&newitemrelid=0", " | 0"),
        ("&newitemtype[k]=Hosting&newitemrelid[k]=7", "Hosting | 7"),
        ("&newitemtype=SETUP&newitemrelid=7", "Setup | 7"),
        ("&newitemtype[k]=Addon&newitemrelid=7", "Addon | 7"),
        ("&newitemtype[k]=DomainRegister&newitemrelid[k]=7", "DomainRegister | 7"),
        ("&newitemtype[k]=AddFunds", "AddFunds | 0"),
    ] {
        api.reply(&format!("{update}{line}")).await;
        assert_eq!(api.rows("type, relid", "tblinvoiceitems ORDER BY id DESC LIMIT 1").await, [stored], "{line}");
    }
    let before = api.checksums().await;
    let valid = "Item, AddFunds, Hosting, Setup, Addon, DomainRegister, DomainTransfer, Domain";
    for (line, message) in [
        ("&newitemtype[k]=Gift", &*format!("Invalid itemtype Gift. Valid types are: {valid}")),
        ("&newitemtype=Gift", &format!("Invalid itemtype Gift. Valid types are: {valid}")),
        ("&newitemrelid[k]=7", "itemrelid needs an itemtype of a service, addon or domain"),
        ("&newitemtype[k]=Hosting&newitemrelid[k]=8", "itemrelid: the client has no service with the ID 8"),
        ("&newitemtype[k]=Hosting&newitemrelid[k]=x", "itemrelid must be an ID"),
        ("&newitemtype[j]=Hosting", "Each new item needs the same key in all arrays: newitemdescription[j] is missing"),
        ("&newitemrelid[j]=7", "Each new item needs the same key in all arrays: newitemdescription[j] is missing"),
    ] {
        api.refuse(&format!("{update}{line}"), message).await;
    }
    assert_eq!(api.checksums().await, before);
    // It gives its credit once, when the invoice is paid.
    api.reply("action=AddInvoicePayment&invoiceid=1&amount=41").await;
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["105.00"]);
    let entries = "e.kind, e.amount, l.type";
    let of_lines = "mod_whmcs_api_settlements e JOIN tblinvoiceitems l ON l.id = e.line_id WHERE e.kind = 'AddFunds'";
    assert_eq!(api.rows(entries, of_lines).await, ["AddFunds | 5.00 | AddFunds"]);
    // Setting a status records no payment, so a line that is added to it gives nothing.
    api.reply(
        "action=UpdateInvoice&invoiceid=1&status=Paid&newitemdescription=More&newitemamount=3&newitemtype=AddFunds",
    )
    .await;
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["105.00"]);
    assert_eq!(api.rows("COUNT(*)", "tblinvoiceitems WHERE type = 'AddFunds'").await, ["2"]);
}

#[tokio::test]
async fn refuses_what_is_documented() {
    let api = with_invoice(Compat::default(), "").await;
    api.reply("action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=500").await;
    let incomplete =
        "Missing Variables: itemdescription, itemamount and itemtaxed are required for each item being changed";
    let not_an_amount = "Amount must be in decimal format: ### or ###.##";
    for (request, message) in [
        ("", "Invoice ID Not Found"),
        ("invoiceid=9", "Invoice ID Not Found"),
        ("invoiceid=1&publish=1", "Invoice must be in Draft status to be published"),
        ("invoiceid=1&publishandsendemail=1", "Invoice must be in Draft status to be published"),
        ("invoiceid=1&itemdescription[1]=x", incomplete),
        ("invoiceid=1&itemdescription[1]=x&itemamount[1]=1", incomplete),
        ("invoiceid=1&itemamount[1]=1&itemtaxed[1]=1", incomplete),
        ("invoiceid=1&itemdescription=x", incomplete),
        ("invoiceid=1&itemdescription[1]=x&itemamount[1]=1,234&itemtaxed[1]=1", not_an_amount),
        ("invoiceid=1&newitemdescription=x", "newitemdescription, newitemamount and newitemtaxed must be arrays"),
        ("invoiceid=1&newitemdescription[0]=x&newitemamount[0]=much", not_an_amount),
        ("invoiceid=1&deletelineids[]=x", "deletelineids must be a list of line IDs"),
        ("invoiceid=1&status=Lost", "Invalid status Lost"),
        (
            "invoiceid=1&paymentmethod=cash",
            "Invalid Payment Method. Valid options include paypal,stripe,banktransfer,mailin",
        ),
        ("invoiceid=1&taxrate=x", "Tax Rate must be in decimal format: ### or ###.###"),
        ("invoiceid=1&date=yesterday", "Date Format is not Valid"),
        ("invoiceid=1&duedate=2026-02-30", "Date Format is not Valid"),
        ("invoiceid=1&credit=-1", not_an_amount),
        ("invoiceid=1&credit=173.01", "Amount Exceeds Invoice Balance"),
        ("invoiceid=1&credit=1", "Amount exceeds customer credit balance"),
        ("invoiceid=2&credit=100.01", "Amount exceeds customer credit balance"),
    ] {
        api.refuse(&format!("action=UpdateInvoice&{request}"), message).await;
    }
    api.reply("action=UpdateInvoice&invoiceid=2&credit=100").await;
    // What the lines come to must not fall below what was applied.
    api.refuse(
        "action=UpdateInvoice&invoiceid=2&itemdescription[3]=x&itemamount[3]=99&itemtaxed[3]=0",
        "Amount Exceeds Invoice Balance",
    )
    .await;
}
