use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["AddCreditApi&userid=1&itemamount=50&paymentmethod=paypal"],
    writing: &["AddCreditApi&userid=1&itemamount=50&paymentmethod=paypal"],
    every_parameter: "AddCreditApi&userid=1&itemamount=50&paymentmethod=paypal",
    ..Calls::NONE
};

#[tokio::test]
async fn makes_an_invoice_and_says_how_to_pay_it() {
    let api = TestApi::new().await;
    for (request, reply) in [
        (
            "userid=1&itemamount=50&paymentmethod=paypal",
            r#"{"result":"success","invoiceid":1,"status":"Unpaid","paymentMethod":{"amount":"50.00","data":"https://www.example.com/whmcs/viewinvoice.php?id=1"}}"#,
        ),
        (
            "userid=2&itemamount=5&paymentmethod=stripe",
            r#"{"result":"success","invoiceid":2,"status":"Unpaid","paymentMethod":{"amount":"5.00","data":""}}"#,
        ),
        (
            "userid=3&itemamount=500.00&paymentmethod=banktransfer",
            r#"{"result":"success","invoiceid":3,"status":"Unpaid","paymentMethod":{"amount":"500.00","data":"IBAN: PT50 0001"}}"#,
        ),
        (
            "userid=4&itemamount=5.5&paymentmethod=mailin",
            r#"{"result":"success","invoiceid":4,"status":"Unpaid","paymentMethod":{"amount":"5.50","data":""}}"#,
        ),
    ] {
        api.check(&format!("action=AddCreditApi&{request}"), reply).await;
    }
    // Credit bears no tax, also where the client pays taxes.
    assert_eq!(
        api.rows(
            "userid, date, duedate, subtotal, tax, total, status, paymentmethod, notes",
            "tblinvoices WHERE id = 2"
        )
        .await,
        ["2 | 2026-11-20 | 2026-12-04 | 5.00 | 0.00 | 5.00 | Unpaid | stripe | Credit request via API"]
    );
    assert_eq!(
        api.rows("invoiceid, userid, type, relid, description, amount, taxed", "tblinvoiceitems WHERE invoiceid = 2")
            .await,
        ["2 | 2 | AddFunds | 0 | Add Credit | 5.00 | 0"]
    );
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["100.00"], "nothing was paid yet");
}

#[tokio::test]
async fn has_no_limits_where_none_are_set() {
    let api = TestApi::new().await;
    api.sql("UPDATE tblconfiguration SET value = '' WHERE setting LIKE 'AddFunds%'; DELETE FROM tblconfiguration WHERE setting = 'AddFundsMaximum'").await;
    for amount in ["0.01", "99999999999999.99"] {
        api.reply(&format!("action=AddCreditApi&userid=1&itemamount={amount}&paymentmethod=paypal")).await;
    }
}

#[tokio::test]
async fn sells_as_the_client_area_does_if_the_operator_chose_so() {
    use whmcs_api::config::Compat;
    let buy = "action=AddCreditApi&userid=1&itemamount=50.01&paymentmethod=paypal";
    for add_funds_rules in [false, true] {
        let api = TestApi::with(Compat { add_funds_rules, ..Compat::default() }).await;
        for (settings, refusal) in [
            ("('AddFundsEnabled', '')", Some("Adding funds is disabled")),
            ("('AddFundsEnabled', 'on'), ('AddFundsMaximumBalance', '')", None),
            ("('AddFundsMaximumBalance', '0.00')", None),
            ("('AddFundsMaximumBalance', '150.01')", None),
            ("('AddFundsMaximumBalance', '150.00')", Some("Amount would raise the balance above 150.00")),
        ] {
            api.sql(&format!(
                "DELETE FROM tblconfiguration WHERE setting IN ('AddFundsEnabled', 'AddFundsMaximumBalance'); \
                 INSERT INTO tblconfiguration (setting, value) VALUES {settings}"
            ))
            .await;
            match refusal.filter(|_| add_funds_rules) {
                Some(message) => api.refuse(buy, message).await,
                None => drop(api.reply(buy).await),
            }
        }
    }
}

#[tokio::test]
async fn sells_nothing_to_a_closed_client() {
    let api = TestApi::new().await;
    api.sql("UPDATE tblclients SET status = 'Closed' WHERE id = 1").await;
    let closed = "Unable to add credit when client status is Closed";
    api.refuse("action=AddCreditApi&userid=1&itemamount=50&paymentmethod=paypal", closed).await;
    assert!(api.rows("id", "tblinvoices").await.is_empty());
}

#[tokio::test]
async fn refuses_and_makes_no_invoice() {
    let api = TestApi::new().await;
    let amount = "Amount must be in decimal format: ### or ###.##";
    let gateways = "Invalid Payment Method. Valid options include paypal,stripe,banktransfer,mailin";
    for (request, message) in [
        ("itemamount=x&paymentmethod=cash", "Client ID Not Found"),
        ("userid=9&itemamount=50&paymentmethod=paypal", "Client ID Not Found"),
        ("userid=me&itemamount=50&paymentmethod=paypal", "Client ID Not Found"),
        ("userid=1&paymentmethod=cash", "No Amount Provided"),
        ("userid=1&itemamount=0&paymentmethod=paypal", "No Amount Provided"),
        ("userid=1&itemamount=-50&paymentmethod=paypal", amount),
        ("userid=1&itemamount=fifty&paymentmethod=paypal", amount),
        ("userid=1&itemamount=50,001&paymentmethod=paypal", amount),
        ("userid=1&itemamount=4.99&paymentmethod=paypal", "Amount must be at least 5.00"),
        ("userid=1&itemamount=500.01&paymentmethod=paypal", "Amount must be at most 500.00"),
        ("userid=1&itemamount=50", gateways),
        ("userid=1&itemamount=50&paymentmethod=", gateways),
        ("userid=1&itemamount=50&paymentmethod=cash", gateways),
        ("userid=1&itemamount=50&paymentmethod=PayPal", gateways),
    ] {
        api.refuse(&format!("action=AddCreditApi&{request}"), message).await;
    }
}
