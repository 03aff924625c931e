//! Names of gateways: money that came in is booked under whatever name its gateway has, while orders, invoices and
//! defaults need the internal name of an active gateway.

use whmcs_api::actions::CATALOGUE;

use super::{base, pair, pairs, rewrite};
use crate::actions::CALLS;
use crate::support::{DOCUMENT, Replies, TestApi, all};

/// The parameters that hold a gateway's name.
const NAMES: [&str; 2] = ["gateway", "paymentmethod"];
/// The actions in which money comes in.
const PAYMENTS: [&str; 2] = ["AddInvoicePayment", "AddTransaction"];
/// The action that changes money which has come in.
const CHANGES: &str = "UpdateTransaction";
const DISPLAY_NAME: &str = "INSERT INTO tblpaymentgateways (gateway, setting, value, `order`) \
                            VALUES ('banktransfer', 'name', 'Bank Transfer', 3)";

#[tokio::test]
async fn only_payments_take_a_gateway_under_any_name() {
    for entry in CATALOGUE {
        let schema = &DOCUMENT["paths"][format!("/v1/{}", entry.name)]["post"]["requestBody"];
        let properties = schema["content"]["application/json"]["schema"]["properties"].as_object();
        let Some(name) = NAMES.into_iter().find(|name| properties.is_some_and(|all| all.contains_key(*name))) else {
            continue;
        };
        for (sent, booked) in [
            ("banktransfer", Some("banktransfer")),
            ("Bank Transfer", Some("banktransfer")),
            ("BANK TRANSFER", Some("banktransfer")),
            ("  bank  transfer ", Some("banktransfer")),
            ("BankTransfer", Some("banktransfer")),
            ("retired", Some("retired")),
            ("At the till", Some("At the till")),
            ("  ", None),
        ] {
            if entry.name == CHANGES {
                is_changed(name, sent, booked).await;
            } else if PAYMENTS.contains(&&*entry.name) {
                is_booked(&entry.name, name, sent, booked).await;
            } else if sent != "banktransfer" {
                is_refused(&entry.name, name, sent).await;
            }
        }
    }
}

/// Makes the declared calls of an action with this gateway, and returns the server and the action's own replies.
async fn call(action: &str, name: &str, sent: &str) -> (TestApi, Vec<String>) {
    let (_, calls) = CALLS.iter().find(|(other, _)| *other == action).unwrap();
    let api = TestApi::new().await;
    api.sql(calls.setup).await;
    api.sql(DISPLAY_NAME).await;
    let names = [name.to_owned()].into();
    let (mut earlier, mut replies) = (Replies::default(), Vec::new());
    for call in calls.writing {
        let call = earlier.fill_in(call);
        if call.split('&').next() != Some(action) {
            earlier.keep(&api.reply(&format!("action={call}")).await);
            continue;
        }
        let is_sent = pairs(&call).iter().any(|(parameter, _)| base(parameter) == name);
        let call = match is_sent {
            true => rewrite(&call, &names, &|name, _| pair(name, sent)),
            false => format!("{call}&{}", pair(name, sent)),
        };
        replies.push(api.send(&format!("action={call}")).await.1);
    }
    (api, replies)
}

async fn is_booked(action: &str, name: &str, sent: &str, booked: Option<&str>) {
    let (api, replies) = call(action, name, sent).await;
    let expected = match (booked, action) {
        (None, "AddTransaction") => r#"{"result":"error","message":"Payment Method is required"}"#,
        _ => r#"{"result":"success"}"#,
    };
    assert!(replies.iter().all(|reply| reply == expected), "{action} {name}={sent:?}: {replies:?}");
    let gateways = api.rows("gateway", "tblaccounts GROUP BY gateway").await;
    // A payment of an invoice came in through the invoice's gateway if no other is named.
    let by_default = if action == "AddTransaction" { vec![] } else { vec!["stripe"] };
    assert_eq!(gateways, booked.map_or(by_default, |booked| vec![booked]), "{action} {name}={sent:?}");
}

/// The gateway of a payment is changed to what a new one would have; blanks are no name.
async fn is_changed(name: &str, sent: &str, booked: Option<&str>) {
    let api = TestApi::new().await;
    api.sql(include_str!("../support/fixtures/payments.sql")).await;
    api.sql(DISPLAY_NAME).await;
    api.reply(&format!("action={CHANGES}&transactionid=931&{}", pair(name, sent))).await;
    let gateway = api.rows("gateway", "tblaccounts WHERE id = 931").await;
    assert_eq!(gateway, [booked.unwrap_or("stripe")], "{name}={sent:?}");
}

async fn is_refused(action: &str, name: &str, sent: &str) {
    let (_, replies) = call(action, name, sent).await;
    let refused = |reply: &String| reply.contains("Invalid Payment Method. Valid options include paypal,stripe,");
    assert!(replies.iter().all(refused), "{action} {name}={sent:?}: {replies:?}");
}

/// A gateway's callback and a script of the operator's tell of the same payment at once, under different names.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_told_under_two_names_is_booked_once() {
    use whmcs_api::config::{Compat, DuplicateTransid};
    for duplicate_transid in [DuplicateTransid::Gateway, DuplicateTransid::Invoice] {
        let api = TestApi::with(Compat { duplicate_transid, ..Compat::default() }).await;
        api.sql(DISPLAY_NAME).await;
        api.reply("action=CreateInvoice&userid=2&itemdescription1=x&itemamount1=100").await;
        for round in 0..5 {
            let names = ["banktransfer", "Bank+Transfer", "BANK+TRANSFER", "+bank++transfer", "BankTransfer"];
            let pay = |name| format!("action=AddInvoicePayment&invoiceid=1&amount=1&gateway={name}&transid=T{round}");
            let requests = names.map(pay);
            let answers = all(requests.iter().map(|request| api.send(request))).await;
            let booked = answers.iter().filter(|(_, body)| body.contains("success")).count();
            assert_eq!(booked, 1, "{answers:?}");
        }
        assert_eq!(api.rows("COUNT(*), COUNT(DISTINCT gateway)", "tblaccounts").await, ["5 | 1"]);
    }
}

/// Gateways that were deactivated have no rows any more, and others may be shown under their names. Each row: the display
/// name of another gateway, the call, and the gateway under which the payment is booked.
#[tokio::test]
async fn the_exact_internal_name_of_an_inactive_gateway_goes_before_the_display_name_of_another() {
    for (display_name, call, booked) in [
        ("retired", "AddInvoicePayment&invoiceid=4&amount=1&gateway=retired", "retired"),
        ("Retired", "AddInvoicePayment&invoiceid=4&amount=1&gateway=retired", "retired"),
        // The gateway of the invoice, which is the default.
        ("retired", "AddInvoicePayment&invoiceid=4&amount=1", "retired"),
        ("retired", "AddTransaction&invoiceid=4&amountin=1&paymentmethod=retired", "retired"),
        ("retired", "AddTransaction&userid=2&amountin=1&paymentmethod=retired", "retired"),
        // The default gateway of client 4, who has no invoice.
        ("retired", "AddTransaction&userid=4&amountin=1&paymentmethod=retired", "retired"),
        ("Retired", "AddTransaction&userid=4&amountin=1&paymentmethod=Retired", "mailin"),
        // Client 3 has paid through it.
        ("retired", "AddTransaction&userid=3&amountin=1&paymentmethod=retired", "retired"),
        // Nothing says that it was ever the name of a gateway.
        ("retired", "AddTransaction&userid=1&amountin=1&paymentmethod=retired", "mailin"),
        ("retired", "AddTransaction&currencyid=1&amountin=1&paymentmethod=retired", "mailin"),
        ("stripe", "AddTransaction&userid=2&amountin=1&paymentmethod=stripe", "stripe"),
    ] {
        let api = TestApi::new().await;
        api.sql(&format!(
            "INSERT INTO tblpaymentgateways (gateway, setting, value, `order`) VALUES ('mailin', 'name', '{display_name}', 4); \
             INSERT INTO tblinvoices (id, userid, status, total, paymentmethod) VALUES (4, 2, 'Unpaid', 9, 'retired'); \
             INSERT INTO tblaccounts (userid, gateway, description) VALUES (3, 'retired', 'x')"
        ))
        .await;
        api.reply(&format!("action={call}")).await;
        let gateways = api.rows("gateway", "tblaccounts ORDER BY id DESC LIMIT 1").await;
        assert_eq!(gateways, [booked], "{display_name}: {call}");
    }
}

/// Other programs, and this one before, have recorded payments under the display name.
#[tokio::test]
async fn a_payment_that_was_booked_under_the_display_name_is_not_booked_again() {
    let api = TestApi::new().await;
    api.sql(DISPLAY_NAME).await;
    api.reply("action=CreateInvoice&userid=2&itemdescription1=x&itemamount1=100").await;
    api.sql(
        "INSERT INTO tblaccounts (userid, gateway, description, transid, invoiceid) \
         VALUES (2, 'Bank Transfer', 'x', 'T1', 1), (2, 'Bank', 'x', 'T2', 1)",
    )
    .await;
    for name in ["banktransfer", "Bank+Transfer"] {
        let request = format!("action=AddInvoicePayment&invoiceid=1&amount=1&transid=T1&gateway={name}");
        api.refuse(&request, "Transaction ID must be Unique").await;
    }
    api.reply("action=AddInvoicePayment&invoiceid=1&amount=1&transid=T2&gateway=banktransfer").await;
}
