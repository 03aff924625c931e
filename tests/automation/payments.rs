//! What the payment of each kind of line does: the next term begins, once.

use whmcs_api::config::Settings;

use crate::support::TestApi;

/// A service, an addon and a domain of client 1, each on an invoice of its own that is due today.
const ITEMS: &str = "\
    INSERT INTO tblproducts (id, gid, name, autosetup) VALUES (1, 1, 'Small', 'payment'); \
    INSERT INTO tbladdons (id, name, autoactivate) VALUES (1, 'Backup', 'payment'); \
    INSERT INTO tblhosting (id, userid, packageid, qty, regdate, amount, billingcycle, nextduedate, nextinvoicedate, domainstatus) \
      VALUES (1, 1, 1, 1, '2026-08-31', 10.00, 'Monthly', '2026-11-30', '2026-12-31', 'Active'); \
    INSERT INTO tblhostingaddons (id, hostingid, addonid, userid, recurring, billingcycle, status, regdate, nextduedate, nextinvoicedate) \
      VALUES (1, 1, 1, 1, 5.00, 'Quarterly', 'Pending', '2026-11-20', '2026-11-20', '2027-02-20'); \
    INSERT INTO tbldomains (id, userid, type, registrationdate, domain, recurringamount, registrationperiod, status, nextduedate, \
                            nextinvoicedate) \
      VALUES (1, 1, 'Register', '2024-02-29', 'one.example', 20.00, 1, 'Active', '2027-02-28', '2027-02-28'); \
    INSERT INTO tblinvoices (id, userid, status, subtotal, total) VALUES (1, 1, 'Unpaid', 10, 10), (2, 1, 'Unpaid', 5, 5), \
                                                                      (3, 1, 'Unpaid', 20, 20), \
                                                                      (4, 1, 'Paid', 10, 10); \
    INSERT INTO tblinvoiceitems (id, invoiceid, userid, type, relid, amount) VALUES (1, 1, 1, 'Hosting', 1, 10), \
      (2, 2, 1, 'Addon', 1, 5), (3, 3, 1, 'Domain', 1, 20), (4, 4, 1, 'Hosting', 1, 10);";

const DUE: &str = "(SELECT CONCAT_WS(' ', nextduedate, nextinvoicedate, domainstatus) FROM tblhosting), \
                   (SELECT CONCAT_WS(' ', nextduedate, nextinvoicedate, status) FROM tblhostingaddons), \
                   (SELECT CONCAT_WS(' ', nextduedate, nextinvoicedate, status) FROM tbldomains)";

async fn api_with(settings: Settings) -> TestApi {
    let api = TestApi::with_settings(settings).await;
    api.sql(ITEMS).await;
    api
}

#[tokio::test]
async fn a_payment_moves_the_due_date_once_from_its_own_value() {
    let before = "2026-11-30 2026-12-31 Active | 2026-11-20 2027-02-20 Pending | 2027-02-28 2027-02-28 Active";
    let service = "2026-12-31 2026-12-31 Active | 2026-11-20 2027-02-20 Pending | 2027-02-28 2027-02-28 Active";
    let addon = "2026-11-30 2026-12-31 Active | 2027-02-20 2027-02-20 Active | 2027-02-28 2027-02-28 Active";
    let domain = "2026-11-30 2026-12-31 Active | 2026-11-20 2027-02-20 Pending | 2028-02-29 2028-02-29 Active";
    let refund = "AddTransaction&userid=1&invoiceid=1&amountout=10&paymentmethod=paypal";
    for (calls, after) in [
        (&["AddInvoicePayment&invoiceid=1&amount=4&gateway=paypal"][..], before),
        (&["AddInvoicePayment&invoiceid=1&gateway=paypal"], service),
        (&["AddInvoicePayment&invoiceid=1&gateway=paypal&date=2027-09-01"], service),
        (&["AddInvoicePayment&invoiceid=2&gateway=paypal"], addon),
        (&["AddInvoicePayment&invoiceid=3&gateway=paypal"], domain),
        (&["ApplyCredit&invoiceid=1&amount=10"], service),
        (&["UpdateInvoice&invoiceid=1&status=Paid"], service),
        // Paid once more, and after a refund, it stays so.
        (
            &["AddInvoicePayment&invoiceid=1&gateway=paypal", "AddInvoicePayment&invoiceid=1&amount=10&gateway=paypal"],
            service,
        ),
        (
            &[
                "AddInvoicePayment&invoiceid=1&gateway=paypal",
                refund,
                "AddInvoicePayment&invoiceid=1&amount=10&gateway=paypal",
            ],
            service,
        ),
        // Another program has renewed it.
        (&["UpdateInvoice&invoiceid=4&status=Unpaid", "UpdateInvoice&invoiceid=4&status=Paid"], before),
        (
            &[
                "UpdateInvoice&invoiceid=1&status=Paid",
                "UpdateInvoice&invoiceid=1&status=Unpaid",
                "UpdateInvoice&invoiceid=1&status=Paid",
            ],
            service,
        ),
    ] {
        let api = api_with(Settings::default()).await;
        for call in calls {
            api.reply(&format!("action={call}")).await;
        }
        assert_eq!(api.rows(DUE, "tblclients WHERE id = 1").await, [after], "{calls:?}");
    }
}

#[tokio::test]
async fn an_invoice_that_is_paid_twice_renews_twice_if_the_operator_says_so() {
    let mut settings = Settings::default();
    settings.compat.paid_twice = true;
    let api = api_with(settings).await;
    for status in ["Paid", "Unpaid", "Paid"] {
        api.reply(&format!("action=UpdateInvoice&invoiceid=1&status={status}")).await;
    }
    assert_eq!(api.rows("nextduedate", "tblhosting").await, ["2027-01-31"]);
}

/// A service waits for its payment: new, or suspended. Each: its status and the reason, its product's set-up, the day on which it is
/// due, and its status after the payment.
#[tokio::test]
async fn a_payment_sets_up_and_unsuspends() {
    for (status, reason, set_up, due, after) in [
        ("Pending", "", "payment", "2026-11-20", "Active"),
        ("Pending", "", "order", "2026-11-20", "Pending"),
        ("Pending", "", "on", "2026-11-20", "Pending"),
        ("Pending", "", "", "2026-11-20", "Pending"),
        ("Suspended", "Overdue on Payment", "", "2026-11-01", "Active"),
        ("Suspended", "", "", "2026-11-01", "Active"),
        ("Suspended", "Spam", "", "2026-11-01", "Suspended"),
        // Another term is late.
        ("Suspended", "Overdue on Payment", "", "2026-09-30", "Suspended"),
        ("Terminated", "", "payment", "2026-11-01", "Terminated"),
    ] {
        let api = api_with(Settings::default()).await;
        let change = format!(
            "UPDATE tblhosting SET domainstatus = '{status}', suspendreason = '{reason}', nextduedate = '{due}'; \
             UPDATE tblproducts SET autosetup = '{set_up}'"
        );
        api.sql(&change).await;
        api.reply("action=AddInvoicePayment&invoiceid=1&gateway=paypal").await;
        assert_eq!(api.rows("domainstatus", "tblhosting").await, [after], "{status} {reason} {set_up} {due}");
    }
}

/// The module of a service gets the command, and the status follows its answer.
#[tokio::test]
async fn a_module_gets_the_command() {
    let mut settings = Settings::default();
    settings
        .modules
        .insert("cpanel".to_owned(), serde_json::from_str(r#"{"url": "http://127.0.0.1:1/", "secret": "x"}"#).unwrap());
    let first_term = "UPDATE tblhosting SET regdate = nextduedate";
    for (module, renews, status, change, commands) in [
        ("cpanel", false, "Pending", "", &["Create"][..]),
        ("cpanel", false, "Suspended", "", &["Unsuspend"]),
        ("cpanel", false, "Active", "", &[]),
        ("other", false, "Pending", "", &[]),
        // Modules that have the function are told of further terms.
        ("cpanel", true, "Active", "", &["Renew"]),
        ("cpanel", true, "Suspended", "", &["Unsuspend", "Renew"]),
        ("cpanel", true, "Pending", first_term, &["Create"]),
        ("cpanel", true, "Active", first_term, &[]),
        ("other", true, "Active", "", &[]),
    ] {
        settings.automation.renewing_modules = if renews { vec!["cpanel".to_owned()] } else { Vec::new() };
        let api = api_with(settings.clone()).await;
        api.sql(&format!(
            "UPDATE tblhosting SET domainstatus = '{status}'; UPDATE tblproducts SET servertype = '{module}'; {change}"
        ))
        .await;
        api.reply("action=AddInvoicePayment&invoiceid=1&gateway=paypal").await;
        api.reply("action=AddInvoicePayment&invoiceid=1&amount=1&gateway=paypal").await;
        let queued = api.rows("summary", "mod_whmcs_api_outbox_entries WHERE kind = 'module' ORDER BY id").await;
        assert_eq!(queued, commands, "{module} {renews} {status} {change}");
        assert_eq!(api.rows("domainstatus", "tblhosting").await, [status]);
    }
}
