use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AddBillableItem&clientid=1&description=x&amount=1"],
    writing: &["AddBillableItem&clientid=1&description=x&amount=1"],
    every_parameter: "AddBillableItem&clientid=1&description=x&amount=1.00&unit=hours&quantity=1&hours=1&invoiceaction=recur&recur=1&recurcycle=Months&recurfor=12&duedate=2027-01-01",
    ..Calls::NONE
};

const ITEM: &str =
    "userid, description, hours, amount, recur, recurcycle, recurfor, invoiceaction, unit, duedate, invoicecount";

#[tokio::test]
async fn stores_the_documented_example() {
    let api = TestApi::new().await;
    api.check(
        "action=AddBillableItem&clientid=1&description=This+is+a+billable+item&amount=10.00&invoiceaction=recur&recur=1\
         &recurcycle=Months&recurfor=12&duedate=2021-01-01",
        r#"{"result":"success","billableid":1}"#,
    )
    .await;
    let stored = "1 | This is a billable item | 0.00 | 10.00 | 1 | Months | 12 | 4 | 0 | 2021-01-01 | 0";
    assert_eq!(api.rows(ITEM, "tblbillableitems").await, [stored]);
    let log = api.rows("description, userid", "tblactivitylog").await;
    assert_eq!(log, ["Created Billable Item - Billable Item ID: 1 - Amount: 10.00 | 1"]);
    assert_eq!(api.rows("COUNT(*)", "tblinvoices").await, ["0"], "nothing is invoiced by itself");
}

#[tokio::test]
async fn stores_what_is_asked_for() {
    let api = TestApi::new().await;
    for (request, stored) in [
        ("", "0.00 | 5.00 | 0 |  | 0 | 0 | 0 | 0000-00-00"),
        ("unit=hours&quantity=1.5&invoiceaction=noinvoice", "1.50 | 5.00 | 0 |  | 0 | 0 | 0 | 0000-00-00"),
        ("unit=quantity&quantity=999.99&invoiceaction=nextcron", "999.99 | 5.00 | 0 |  | 0 | 1 | 1 | 0000-00-00"),
        // As it was called before, and which of the two holds.
        ("hours=2&invoiceaction=NextInvoice", "2.00 | 5.00 | 0 |  | 0 | 2 | 0 | 0000-00-00"),
        ("hours=2&quantity=3&unit=Quantity", "3.00 | 5.00 | 0 |  | 0 | 0 | 1 | 0000-00-00"),
        ("invoiceaction=duedate&duedate=2026-12-24", "0.00 | 5.00 | 0 |  | 0 | 3 | 0 | 2026-12-24"),
        (
            "invoiceaction=recur&duedate=2026-12-24&recur=2&recurcycle=weeks&recurfor=3",
            "0.00 | 5.00 | 2 | Weeks | 3 | 4 | 0 | 2026-12-24",
        ),
        // What it is not asked to do is left out.
        ("recur=2&recurcycle=Fortnights&duedate=2026-12-24", "0.00 | 5.00 | 0 |  | 0 | 0 | 0 | 2026-12-24"),
        ("amount=-2.50", "0.00 | -2.50 | 0 |  | 0 | 0 | 0 | 0000-00-00"),
    ] {
        api.reply(&format!("action=AddBillableItem&clientid=2&description=x&amount=5&{request}")).await;
        let columns = "hours, amount, recur, recurcycle, recurfor, invoiceaction, unit, duedate";
        assert_eq!(api.rows(columns, "tblbillableitems ORDER BY id DESC LIMIT 1").await, [stored], "{request}");
    }
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = TestApi::new().await;
    let recurring = "Recurring must have a unit, cycle and limit";
    let unit = "Invalid Unit, please specify either 'hours' or 'quantity'";
    let date = "Invalid Date Format - Expected: 'YYYY-mm-dd'";
    let amount = "Amount must be in decimal format: ### or ###.##";
    let quantity = "Quantity must be in decimal format: ### or ###.##";
    let too_long = format!("clientid=1&amount=1&description={}", "x".repeat(65_536));
    for (request, message) in [
        ("description=&invoiceaction=x", "Client ID not Found"),
        ("clientid=9&description=x&amount=1", "Client ID not Found"),
        ("clientid=one&description=x&amount=1", "Client ID not Found"),
        ("clientid=1&amount=1&invoiceaction=x", "You must provide a description"),
        ("clientid=1&description=x&invoiceaction=tomorrow&unit=x", "Invalid Invoice Action"),
        ("clientid=1&description=x&invoiceaction=recur", recurring),
        ("clientid=1&description=x&invoiceaction=recur&recur=1&recurcycle=Months", recurring),
        ("clientid=1&description=x&invoiceaction=recur&recur=1&recurfor=1", recurring),
        ("clientid=1&description=x&invoiceaction=recur&recur=0&recurcycle=Months&recurfor=1", recurring),
        ("clientid=1&description=x&invoiceaction=recur&recur=1&recurcycle=Moons&recurfor=1", recurring),
        ("clientid=1&description=x&invoiceaction=recur&recur=1&recurcycle=Days&recurfor=2147483648", recurring),
        (
            "clientid=1&description=x&invoiceaction=recur&recur=1&recurcycle=Days&recurfor=2&unit=x",
            "Due date is required",
        ),
        ("clientid=1&description=x&invoiceaction=duedate&unit=x", "Due date is required"),
        ("clientid=1&description=x&invoiceaction=duedate&duedate=0000-00-00&unit=x", "Due date is required"),
        ("clientid=1&description=x&invoiceaction=duedate&duedate=soon&unit=x", unit),
        ("clientid=1&description=x&unit=days", unit),
        ("clientid=1&description=x&duedate=2023-02-30", date),
        ("clientid=1&description=x&invoiceaction=duedate&duedate=24/12/2026", date),
        ("clientid=1&description=x", "No Amount Provided"),
        ("clientid=1&description=x&amount=1,005", amount),
        ("clientid=1&description=x&amount=1&quantity=some", quantity),
        ("clientid=1&description=x&amount=1&quantity=1000", quantity),
        ("clientid=1&description=x&amount=1&hours=-1", quantity),
        (&too_long, "description is too long: at most 65535 bytes are allowed"),
    ] {
        api.refuse(&format!("action=AddBillableItem&{request}"), message).await;
    }
}
