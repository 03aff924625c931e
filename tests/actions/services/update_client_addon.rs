use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["UpdateClientAddon&id=1&notes=x"],
    setup: ADDONS,
    writing: &["UpdateClientAddon&id=31&addonid=6&autorecalc=1&status=Cancelled"],
    every_parameter: "UpdateClientAddon&id=31&status=Active&addonid=5&name=x&setupfee=1&recurring=1&billingcycle=Monthly&nextduedate=2027-01-01&terminationdate=2027-01-01&notes=x&autorecalc=0",
};

/// Addon 31 of client 2, who pays in euros; 32 has no client of its own, and 33 belongs to nobody.
const ADDONS: &str = include_str!("../../support/fixtures/addons.sql");

const ADDON: &str = "status, addonid, name, setupfee, recurring, billingcycle, nextduedate, nextinvoicedate, \
     termination_date, notes";

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(ADDONS).await;
    api
}

#[tokio::test]
async fn changes_what_is_given() {
    let stored = "Active | 5 | Mine | 1.00 | 5.00 | Monthly | 2026-12-01 | 2026-12-01 | 0000-00-00 | n";
    for (request, before, after) in [
        ("status=Terminated", "Active |", "Terminated |"),
        ("status=suspended", "Active |", "Suspended |"),
        ("addonid=6", "| 5 |", "| 6 |"),
        ("name=Yours", "| Mine |", "| Yours |"),
        ("name=", "| Mine |", "|  |"),
        ("setupfee=2", "| 1.00 |", "| 2.00 |"),
        ("setupfee=0", "| 1.00 |", "| 0.00 |"),
        ("recurring=7.5", "| 5.00 |", "| 7.50 |"),
        ("billingcycle=semiannually", "| Monthly |", "| Semi-Annually |"),
        ("nextduedate=2027-01-15", "2026-12-01 | 2026-12-01", "2027-01-15 | 2027-01-15"),
        ("nextduedate=0000-00-00", "2026-12-01 | 2026-12-01", "0000-00-00 | 0000-00-00"),
        ("terminationdate=2026-12-31", "| 0000-00-00 |", "| 2026-12-31 |"),
        ("status=Cancelled&terminationdate=2026-12-31", "| 0000-00-00 |", "| 2026-12-31 |"),
        ("notes=", "| n", "| "),
        // Two at 3.00 euros a month, at 30.00 a year, and at 4.00 in the only cycle.
        ("autorecalc=1", "| 5.00 |", "| 6.00 |"),
        ("autorecalc=1&recurring=9", "| 5.00 |", "| 6.00 |"),
        ("autorecalc=1&billingcycle=Annually", "| 5.00 | Monthly |", "| 60.00 | Annually |"),
        ("autorecalc=1&addonid=6", "| 5 | Mine | 1.00 | 5.00 |", "| 6 | Mine | 1.00 | 8.00 |"),
        ("autorecalc=1&billingcycle=One+Time", "| 5.00 | Monthly |", "| 0.00 | One Time |"),
        // What is stored may be written back.
        ("status=Active&addonid=5&billingcycle=Monthly", "", ""),
    ] {
        let api = api().await;
        api.check(&format!("action=UpdateClientAddon&id=31&{request}"), r#"{"result":"success","id":"31"}"#).await;
        assert!(stored.contains(before), "{request}");
        let mut expected = if before.is_empty() { stored.to_owned() } else { stored.replacen(before, after, 1) };
        if request == "status=Terminated" {
            expected = expected.replacen("0000-00-00", "2026-11-20", 1);
        }
        if request.starts_with("status=Cancelled") {
            expected = expected.replacen("Active", "Cancelled", 1);
        }
        assert_eq!(api.rows(ADDON, "tblhostingaddons WHERE id = 31").await, [expected], "{request}");
        let log = api.rows("description, userid", "tblactivitylog").await;
        assert_eq!(log, ["Modified Addon - Addon ID: 31 | 2"], "{request}");
        let others = api.rows("status, notes", "tblhostingaddons WHERE id <> 31").await;
        assert_eq!(others, ["Active | ", "Active | "], "{request}");
    }
}

#[tokio::test]
async fn an_addon_without_a_client_is_that_of_its_service() {
    let api = api().await;
    api.reply("action=UpdateClientAddon&id=32&notes=x").await;
    assert_eq!(api.rows("notes", "tblhostingaddons WHERE id = 32").await, ["x"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = api().await;
    let amount = "Amount must be in decimal format: ### or ###.##";
    let no_price = "The product is not offered for this billing cycle in the client's currency";
    for (request, message) in [
        ("", "Addon ID Not Found"),
        ("id=9", "Addon ID Not Found"),
        ("id=x&status=x", "Addon ID Not Found"),
        ("id=33&notes=x", "Addon ID Not Found"),
        ("id=31", "Nothing to Update"),
        ("id=31&status=&addonid=0&recurring=&nextduedate=&autorecalc=0", "Nothing to Update"),
        ("id=31&status=Lost", "Invalid status Lost"),
        ("id=31&addonid=9", "Addon ID invalid"),
        ("id=31&setupfee=much", amount),
        ("id=31&recurring=-1", amount),
        ("id=31&billingcycle=Weekly", "Invalid Billing Cycle"),
        ("id=31&nextduedate=soon", "Date Format is not Valid"),
        ("id=31&autorecalc=1&billingcycle=Quarterly", no_price),
    ] {
        api.refuse(&format!("action=UpdateClientAddon&{request}"), message).await;
    }
}
